//! What an operator's definition of a table means for an index, alias or data stream: its columns and its key, and which documents are rows.
//!
//! The columns that the mapping gives stand where no inferred ones are, and are overruled like them. A column whose defined type is that of
//! its field, or an array of it, is read and compared as the field is. One of another type is read from the documents as a cast would.

use serde_json::Value;
use spi::documents::{
    Column as Defined, ColumnCheck, Document, FieldType, InferredColumn, Part, Path, Sample, TableDefinition, decoder, definition, json,
};
use spi::options::invalid;
use spi::{Code, Error, Result};

use crate::SCHEMA;
use crate::catalog::{self, Column, Origin, Table, reserved};
use crate::client::{Client, Request};
use crate::cursor;
use crate::mapping::{Field, Kind};
use crate::options::Settings;
use crate::sample::{self, Sampled};
use crate::shown::{self, Shown};

/// The definition of a table as far as it fits, for a harvest, and what does not. Mappings change, and so does what the gateway takes; what
/// an operator once said of one table is no reason to show none.
#[derive(Debug, Default)]
pub(crate) struct Fitting {
    pub(crate) definition: Option<TableDefinition>,
    /// Which documents are rows, if not all are.
    pub(crate) query: Option<Value>,
    /// Why the definition, or a part of it, is left out.
    pub(crate) problem: Option<Error>,
}

impl Fitting {
    /// The definition, if it can be of a table here at all.
    pub(crate) fn new(definition: Option<&TableDefinition>) -> Self {
        let Some(given) = definition else { return Self::default() };
        match check(given).and_then(|()| query(definition)) {
            Ok(query) => Self { definition: definition.cloned(), query, problem: None },
            Err(problem) => Self { problem: Some(problem), ..Self::default() },
        }
    }

    /// The columns of a table whose mapping gives these, with the definition's unless these cannot be.
    pub(crate) fn columns(&mut self, mapped: Vec<Column>) -> Vec<Column> {
        let Some(given) = &mut self.definition else { return mapped };
        let key = std::mem::take(&mut given.key);
        let columns = columns(Some(given), mapped.clone()).unwrap_or_else(|problem| {
            (given.columns, given.only_these_columns) = (Vec::new(), false);
            self.problem = Some(problem);
            mapped
        });
        // Columns that are not the definition's own may be gone.
        match key.iter().find(|key| !columns.iter().any(|column| column.name == **key)) {
            None => given.key = key,
            Some(missing) => {
                self.problem = Some(invalid(format!("key column \"{missing}\" of the table definition is no column of the table")));
            }
        }
        columns
    }
}

/// The columns of a table whose mapping gives these.
pub(crate) fn columns(definition: Option<&TableDefinition>, mapped: Vec<Column>) -> Result<Vec<Column>> {
    let Some(given) = definition else { return Ok(mapped) };
    let known: Vec<InferredColumn> = mapped.iter().filter_map(sample::unseen).collect();
    let defined = definition::columns(Some(given), &known, &reserved())?;
    let column = |defined: Defined| {
        let path = defined.path.0.join(".");
        let field = mapped.iter().find(|column| column.field().is_some_and(|field| field.path == path));
        self::column(defined, path, field)
    };
    let mut fields: Vec<Column> = defined.into_iter().map(column).collect();
    let mut columns = Vec::with_capacity(fields.len() + 4);
    for own in mapped {
        match own.origin {
            // All of the fields stand where the first one stood, or in front of what follows them.
            Origin::Field(_) => columns.append(&mut fields),
            Origin::Error => {
                columns.append(&mut fields);
                columns.push(own);
            }
            Origin::Id | Origin::Index | Origin::Document => columns.push(own),
        }
    }
    Ok(columns)
}

/// A defined column, of the field at its path if there is one.
fn column(defined: Defined, path: String, mapped: Option<&Column>) -> Column {
    let Defined { name, field_type, comment, declared, .. } = defined;
    let (mut field, was_listed) = match mapped.and_then(|column| Some((column.field()?.clone(), column.listed))) {
        Some(known) => known,
        None => (Field::unsearchable(path, Kind::Defined(field_type.clone())), false),
    };
    field.comment = comment.or(field.comment);
    let of_value = field.kind.field_type();
    let listed = match declared {
        false => was_listed,
        true if field_type == of_value => false,
        true if field.kind.may_be_listed() && field_type == FieldType::list(of_value) => true,
        true => {
            (field.kind, field.searchable, field.keyword) = (Kind::Defined(field_type), false, None);
            false
        }
    };
    Column { name, origin: Origin::Field(Box::new(field)), listed }
}

/// Refuses what a definition cannot say of a table here.
pub(crate) fn check(definition: &TableDefinition) -> Result<()> {
    definition.refuse(Part::Format, "indices", "Documents have a format already.")?;
    definition.refuse(Part::RowPath, "indices", "Every document is one row. Unnest the column of the list.")?;
    query(Some(definition)).map(|_| ())
}

/// The query that finds the documents that are rows; `None` where all are.
pub(crate) fn query(definition: Option<&TableDefinition>) -> Result<Option<Value>> {
    let Some(text) = definition.and_then(|definition| definition.filter.as_deref()) else { return Ok(None) };
    let wrong = |detail: String| {
        invalid("the filter of the table definition is no query")
            .detail(detail)
            .hint("Write it in the server's language, for example {\"term\": {\"kind\": \"order\"}}.")
    };
    match serde_json::from_str(text) {
        Ok(query @ Value::Object(_)) => Ok(Some(query)),
        Ok(_) => Err(wrong("It is not an object of JSON.".to_owned())),
        Err(error) => Err(wrong(format!("It is not JSON: {error}."))),
    }
}

/// What a sample says of a table, and how a definition fits it.
pub(crate) async fn infer(
    client: &Client,
    settings: &Settings,
    schema: &str,
    table: &str,
    definition: Option<&TableDefinition>,
) -> Result<Sample> {
    definition.map_or(Ok(()), check)?;
    let purpose = format!("look at table \"{table}\"");
    let missing = || {
        let message = format!("table \"{schema}.{table}\" of data source \"{}\" does not exist", client.source);
        Error::source(Code::UndefinedTable, &client.source, message).detail("A definition says how an index, alias or data stream is read.")
    };
    if schema != SCHEMA {
        return Err(missing());
    }
    let mut indices = match client.ask(&Request::get(purpose.as_str(), &[table])).await {
        Ok(answer) => catalog::indices(answer),
        Err(failure) if failure.is_missing() => return Err(missing()),
        Err(failure) => return Err(failure.into_error(client, &purpose)),
    };
    let is_alias = indices.iter().any(|index| index.aliases.contains_key(table));
    let shown = if is_alias { Shown::ask(client, settings, table, &purpose).await? } else { None };
    indices.retain(|index| shown.as_ref().is_none_or(|shown| shown.contains(index)));
    // A pattern is no table.
    let tables = catalog::tables(&indices, true);
    let found: &Table<'_> = tables.get(table).ok_or_else(missing)?;
    let mut mapped = found.columns(settings.flatten);
    let query = shown::query(shown.as_ref(), query(definition)?);
    let sampled = Sampled { table, columns: &mapped, known: &[], query: query.as_ref(), documents_max: found.limits().documents };
    let answer = sample::of_one(client, &sampled, settings.sample_documents, &purpose).await?;
    let answer = json::read(&answer).map_err(|error| cursor::unexpected(&client.source, table, &error.to_string()))?;
    let documents = sample::hits(&answer);
    let inferred = sample::inferred(&documents, &mapped, &[]);
    sample::mark(&mut mapped, &inferred);
    let columns = columns(definition, mapped)?;
    let fields: Vec<&Column> = columns.iter().filter(|column| column.field().is_some()).collect();
    let checks = checks(&fields, &documents);
    let shown = fields.iter().filter_map(|column| {
        let field = column.field()?;
        Some(Defined {
            name: column.name.clone(),
            path: sample::path(&field.path),
            field_type: column.field_type(),
            native_type: field.native.clone(),
            nullable: true,
            comment: field.comment.clone(),
            declared: matches!(field.kind, Kind::Defined(_)),
        })
    });
    Ok(Sample { inferred, columns: shown.collect(), checks })
}

/// How defined columns fit the documents. Values of others are what the server has taken for its index.
fn checks(columns: &[&Column], documents: &[&Document<'_>]) -> Vec<ColumnCheck> {
    let rows = sample::values(documents, columns);
    let tried = columns.iter().filter_map(|column| {
        let kind = &column.field()?.kind;
        Some(Defined {
            name: column.name.clone(),
            path: Path::field(column.name.as_str()),
            field_type: if let Kind::Defined(field_type) = kind { field_type.clone() } else { FieldType::JSONB },
            native_type: String::new(),
            nullable: true,
            comment: None,
            declared: matches!(kind, Kind::Defined(_)),
        })
    });
    decoder::check(&tried.collect::<Vec<_>>(), &rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fitting(definition: Value) -> Fitting {
        Fitting::new(Some(&serde_json::from_value(definition).expect("a definition")))
    }

    fn names(fitting: &mut Fitting) -> Vec<String> {
        let indices = catalog::indices(json!({"t": {"aliases": {}, "mappings": {"properties": {"n": {"type": "long"}}}, "settings": {}}}));
        let mapped = catalog::tables(&indices, false)["t"].columns(false);
        fitting.columns(mapped).into_iter().map(|column| column.name).collect()
    }

    #[test]
    fn what_fits_no_more_is_left_out_and_told() {
        let mut whole = fitting(json!({"columns": [{"name": "m", "type": "bigint"}], "only_these_columns": true, "key": ["m"]}));
        assert_eq!(names(&mut whole), ["_id", "m", "_error", "_doc"]);
        assert!(whole.problem.is_none() && whole.definition.is_some_and(|definition| definition.key == ["m"]));
        let mut keyless = fitting(json!({"columns": [{"name": "m", "type": "bigint"}], "key": ["gone"], "comment": "c"}));
        assert_eq!(names(&mut keyless), ["_id", "n", "m", "_error", "_doc"]);
        assert!(keyless.problem.is_some_and(|problem| problem.message.contains("\"gone\"")));
        assert!(keyless.definition.is_some_and(|definition| definition.key.is_empty() && definition.comment.is_some()));
        let mut plain = fitting(json!({"columns": [{"name": "m", "type": "tree"}], "filter": "{}", "key": ["n"]}));
        assert_eq!(names(&mut plain), ["_id", "n", "_error", "_doc"]);
        assert!(plain.problem.is_some_and(|problem| problem.message.contains("\"tree\"")));
        assert!(plain.definition.is_some_and(|definition| definition.columns.is_empty() && definition.key == ["n"]));
        let mut nothing = fitting(json!({"filter": "n = 1", "columns": [{"name": "m"}]}));
        assert_eq!(names(&mut nothing), ["_id", "n", "_error", "_doc"]);
        assert!(nothing.definition.is_none() && nothing.problem.is_some());
    }
}

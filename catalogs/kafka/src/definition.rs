//! What operators say about topics: which columns their messages have, how they are written, and which columns tell them apart.

use spi::documents::{Column, Evidence, InferredColumn, Path, TableDefinition, TypeCount};
use spi::options::invalid;
use spi::{Error, Result};

use crate::csv::{self, Dialect};
use crate::layout::{Layout, OFFSET, PARTITION, RESERVED};
use crate::options::{Format, KafkaOptions, needs_registry};

/// How a topic's values are said to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Form {
    pub(crate) format: Format,
    /// If it is CSV.
    pub(crate) dialect: Dialect,
    /// If it is JSON: where in a value its rows are. Empty where a value is one row.
    pub(crate) row_path: Path,
}

/// The definition of a topic as far as it fits, for a harvest, and what does not. Topics change, and so does what the gateway takes; what
/// an operator once said of one topic is no reason to show none.
pub(crate) struct Fitting<'d> {
    pub(crate) definition: Option<&'d TableDefinition>,
    pub(crate) form: Form,
    /// Why the definition, or its key, is left out.
    pub(crate) problem: Option<Error>,
}

impl<'d> Fitting<'d> {
    /// The definition, if it can be of a topic at all.
    pub(crate) fn new(definition: Option<&'d TableDefinition>, options: &KafkaOptions) -> Self {
        match form(definition, options).and_then(|form| columns(definition, &[]).map(|_| form)) {
            Ok(form) => Self { definition, form, problem: None },
            Err(problem) => Self { definition: None, form: Form::of(options.format), problem: Some(problem) },
        }
    }

    /// The key, or else where a message is: columns of a key that are not the definition's own may be gone.
    pub(crate) fn key(&mut self, layout: &Layout) -> Vec<String> {
        key(self.definition, layout).unwrap_or_else(|problem| {
            self.problem = Some(problem);
            place()
        })
    }
}

/// The format of a topic's values: what the definition says, or else the options of the source. Columns are fields, which text has none of.
pub(crate) fn form(definition: Option<&TableDefinition>, options: &KafkaOptions) -> Result<Form> {
    let given = Form::of(options.format);
    let Some(definition) = definition else { return Ok(given) };
    if definition.filter.is_some() {
        return Err(invalid("the table definition has a filter, which topics cannot have")
            .hint("Kafka has no language for it. Filter in a view, or in the query."));
    }
    let mut form = match definition.format.as_deref() {
        None if definition.columns.is_empty() => given,
        None if matches!(given.format, Format::Text | Format::Raw) => Form::of(Format::Json),
        None => given,
        Some(words) => Form::parse(words)?,
    };
    form.row_path = definition.row_path()?;
    if !form.row_path.0.is_empty() {
        match form.format {
            Format::Json | Format::Auto => form.format = Format::Json,
            _ => {
                return Err(invalid("the table definition has a row path, which only values of JSON can have")
                    .hint("Where a value is one row, unnest the column of the list."));
            }
        }
    }
    match (form.format, form.format.kind()) {
        (Format::Text | Format::Raw, _) if !definition.columns.is_empty() => {
            Err(invalid("the table definition has columns, which values without fields have not").hint("Set its format to \"json\"."))
        }
        (_, Some(kind)) if options.schema_registry_url.is_none() => Err(needs_registry(kind)),
        _ => Ok(form),
    }
}

impl Form {
    fn of(format: Format) -> Self {
        Self { format, ..Self::default() }
    }

    /// Reads the format of a definition: a word, and behind `csv` its dialect.
    fn parse(words: &str) -> Result<Self> {
        let unknown = || {
            invalid(format!("the table definition has the unknown format \"{words}\""))
                .hint("Formats of topics: auto, avro, protobuf, json_schema, json, csv, text, raw.")
        };
        match words.split_once(' ') {
            Some(("csv", dialect)) => Ok(Self { dialect: Dialect::parse(dialect)?, ..Self::of(Format::Csv) }),
            _ => Format::of_word(words).map(Self::of).ok_or_else(unknown),
        }
    }
}

/// The columns of records of CSV. Those of a definition that have no path are the record's, in their order.
pub(crate) fn columns_of_csv(definition: Option<&TableDefinition>, inferred: &[InferredColumn]) -> Result<Vec<Column>> {
    let mut definition = definition.cloned();
    for (place, column) in definition.iter_mut().flat_map(|definition| &mut definition.columns).enumerate() {
        column.path.get_or_insert_with(|| csv::name(place));
    }
    columns(definition.as_ref(), inferred).map(csv::columns)
}

/// The columns that fields of the values are in.
pub(crate) fn columns(definition: Option<&TableDefinition>, inferred: &[InferredColumn]) -> Result<Vec<Column>> {
    match definition {
        None => Ok(inferred.iter().map(Column::from).collect()),
        // Its key may name columns that every topic has; `key` looks at it.
        Some(definition) => TableDefinition { key: Vec::new(), ..definition.clone() }.columns(inferred, &reserved()),
    }
}

/// The columns that a schema declares, overruled where the definition says otherwise. What it does not say, the schema does.
pub(crate) fn columns_over(definition: Option<&TableDefinition>, declared: &[Column]) -> Result<Vec<Column>> {
    if definition.is_none() {
        return Ok(declared.to_vec());
    }
    let known = |column: &Column| InferredColumn {
        name: column.name.clone(),
        path: column.path.clone(),
        field_type: column.field_type.clone(),
        confirmed: true,
        evidence: Evidence { types: vec![TypeCount { name: column.native_type.clone(), count: 0 }], ..Evidence::default() },
        fields: Vec::new(),
    };
    let mut columns = columns(definition, &declared.iter().map(known).collect::<Vec<_>>())?;
    for column in &mut columns {
        if let Some(own) = declared.iter().find(|own| own.path == column.path) {
            column.declared |= own.declared;
            column.comment = column.comment.take().or_else(|| own.comment.clone());
        }
    }
    Ok(columns)
}

/// The columns that tell rows apart: the definition's, or else where a message is, if it is one row.
pub(crate) fn key(definition: Option<&TableDefinition>, layout: &Layout) -> Result<Vec<String>> {
    let Some(definition) = definition.filter(|definition| !definition.key.is_empty()) else {
        return Ok(if layout.row_path.0.is_empty() { place() } else { Vec::new() });
    };
    let columns = layout.columns();
    match definition.key.iter().find(|key| !columns.iter().any(|column| column.name == **key)) {
        None => Ok(definition.key.clone()),
        Some(key) => Err(invalid(format!("key column \"{key}\" of the table definition is no column of the table"))),
    }
}

fn place() -> Vec<String> {
    [PARTITION, OFFSET].map(str::to_owned).into()
}

/// What no field of a value may be called.
pub(crate) fn reserved() -> Vec<String> {
    RESERVED.map(str::to_owned).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(more: &str) -> KafkaOptions {
        serde_json::from_str(&format!(r#"{{"bootstrap_servers": "h:1"{more}}}"#)).expect("options")
    }

    fn refusal(definition: TableDefinition) -> String {
        form(Some(&definition), &options("")).expect_err("refused").message
    }

    #[test]
    fn what_topics_cannot_have_is_refused() {
        let column = serde_json::from_str(r#"{"name": "n", "type": "bigint"}"#).expect("a column");
        let with_columns = TableDefinition { columns: vec![column], ..TableDefinition::default() };
        for (given, used) in [("", Format::Auto), (r#", "format": "text""#, Format::Json), (r#", "format": "json""#, Format::Json)] {
            assert_eq!(form(Some(&with_columns), &options(given)).expect("a format"), Form::of(used));
        }
        assert!(refusal(TableDefinition { format: Some("text".to_owned()), ..with_columns }).contains("without fields"));
        let avro = TableDefinition { format: Some("avro".to_owned()), ..TableDefinition::default() };
        let with_registry = options(r#", "schema_registry_url": "http://h:1""#);
        assert_eq!(form(Some(&avro), &with_registry).expect("a format"), Form::of(Format::Avro));
        assert!(refusal(avro).contains("schema_registry_url"));
        assert!(refusal(TableDefinition { format: Some("xml".to_owned()), ..TableDefinition::default() }).contains("\"xml\""));
        assert!(refusal(TableDefinition { filter: Some("x".to_owned()), ..TableDefinition::default() }).contains("filter"));
        let within = TableDefinition { row_path: Some("a.b".to_owned()), ..TableDefinition::default() };
        let path = spi::documents::Path::field("a").join("b");
        assert_eq!(form(Some(&within), &options("")).expect("a form"), Form { row_path: path, ..Form::of(Format::Json) });
        assert!(refusal(TableDefinition { format: Some("csv".to_owned()), ..within }).contains("row path"));
        assert!(refusal(TableDefinition { row_path: Some("a..b".to_owned()), ..TableDefinition::default() }).contains("is no path"));
    }

    #[test]
    fn what_fits_no_more_is_left_out_and_told() {
        let gone = TableDefinition { key: vec!["id".to_owned()], comment: Some("orders".to_owned()), ..TableDefinition::default() };
        let mut fitting = Fitting::new(Some(&gone), &options(""));
        assert!(fitting.problem.is_none());
        assert_eq!(fitting.key(&Layout::default()), ["_partition", "_offset"]);
        assert!(fitting.problem.is_some_and(|problem| problem.message.contains("\"id\"")));
        assert!(fitting.definition.is_some());
        let impossible = TableDefinition { format: Some("xml".to_owned()), ..TableDefinition::default() };
        let fitting = Fitting::new(Some(&impossible), &options(r#", "format": "text""#));
        assert_eq!((fitting.definition, fitting.form.format, fitting.problem.is_some()), (None, Format::Text, true));
    }

    #[test]
    fn what_a_definition_does_not_say_the_schema_does() {
        let column = |name: &str| Column {
            name: name.to_owned(),
            path: spi::documents::Path::field(name),
            field_type: spi::documents::FieldType::INT8,
            native_type: "long".to_owned(),
            nullable: true,
            comment: Some("own".to_owned()),
            declared: false,
        };
        let declared = [column("a"), column("b")];
        let other = serde_json::from_str(r#"{"columns": [{"name": "c", "path": "b", "type": "text"}]}"#).expect("a definition");
        let columns = columns_over(Some(&other), &declared).expect("columns");
        let told = columns.iter().map(|column| format!("{} {} {}", column.name, column.field_type, column.native_type));
        assert_eq!(told.collect::<Vec<_>>(), ["a bigint long", "c text long"]);
        assert_eq!((columns[1].comment.as_deref(), columns[1].declared, columns[0].declared), (Some("own"), true, false));
    }

    #[test]
    fn definitions_name_the_fields_of_csv() {
        let defined = serde_json::from_str(concat!(
            r#"{"format": "csv delimiter=;", "#,
            r#""columns": [{"name": "id", "type": "bigint"}, {"name": "x"}, {"name": "a", "path": "column_1"}]}"#
        ));
        let defined: TableDefinition = defined.expect("a definition");
        let dialect = Dialect::parse("delimiter=;").expect("a dialect");
        assert_eq!(form(Some(&defined), &options("")).expect("a format"), Form { dialect, ..Form::of(Format::Csv) });
        let columns = columns_of_csv(Some(&defined), &[]).expect("columns");
        let told = columns.iter().map(|column| format!("{} {} {}", column.name, column.path, column.field_type));
        assert_eq!(told.collect::<Vec<_>>(), ["id column_1 bigint", "x column_2 text", "a column_1 text"]);
        assert!(refusal(TableDefinition { format: Some("json x".to_owned()), ..defined }).contains("\"json x\""));
    }

    #[test]
    fn keys_are_columns() {
        let definition = |key: &str| TableDefinition { key: vec![key.to_owned()], ..TableDefinition::default() };
        let layout = Layout::default();
        assert_eq!(key(None, &layout).expect("a key"), ["_partition", "_offset"]);
        assert_eq!(key(Some(&definition("_key")), &layout).expect("a key"), ["_key"]);
        assert!(key(Some(&definition("id")), &layout).is_err());
    }
}

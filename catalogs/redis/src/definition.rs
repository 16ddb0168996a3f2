//! What an operator's definition of a table means for keys: which of them are in it, what they hold, and what its columns and its key are.

use spi::documents::{Column, Evidence, FieldType, InferredColumn, Part, Path, TableDefinition};
use spi::options::invalid;
use spi::{Error, Result};

use crate::glob::Glob;
use crate::kind::Kind;
use crate::layout::{Table, reserved};
use crate::members::Members;
use crate::metadata;

/// What the keys of a table hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// Whether strings are JSON objects, where somebody says it.
    pub(crate) json: Option<bool>,
}

/// The definition of a table as far as it fits, for a harvest, and what does not. Keys change, and so does what the gateway takes; what an
/// operator once said of one table is no reason to show none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fitting<'d> {
    definition: Option<&'d TableDefinition>,
    /// The keys that it says are in the table.
    pub(crate) members: Option<Members>,
    pub(crate) shape: Option<Shape>,
    /// Why the definition, or a part of it, is left out.
    problem: Option<Error>,
}

impl<'d> Fitting<'d> {
    pub(crate) fn new(definition: Option<&'d TableDefinition>) -> Self {
        let Some(given) = definition else { return Self::default() };
        match members(given).and_then(|members| Ok((members, shape(given)?))) {
            Ok((members, shape)) => Self { definition, members, shape, problem: None },
            Err(problem) => Self { problem: Some(problem), ..Self::default() },
        }
    }

    /// Whether the table is there because of it.
    pub(crate) fn makes_table(&self) -> bool {
        self.members.is_some()
    }

    /// Gives a table what the definition says of it.
    pub(crate) fn apply(self, table: &mut Table) {
        table.problem = self.problem.or(table.problem.take());
        let Some(definition) = self.definition else { return };
        if let Some(shape) = self.shape.filter(|shape| shape.kind != table.kind) {
            table.problem = Some(other_type(shape.kind, table.kind));
            return;
        }
        match columns(definition, table) {
            Ok(columns) => table.columns = columns,
            Err(problem) => table.problem = Some(problem),
        }
        table.comment.clone_from(&definition.comment);
        if !definition.key.is_empty() {
            let columns = metadata::columns(table);
            match definition.key.iter().find(|key| !columns.iter().any(|column| column.name == **key)) {
                None => table.key.clone_from(&definition.key),
                Some(key) => {
                    table.problem = Some(invalid(format!("key column \"{key}\" of the table definition is no column of the table")));
                }
            }
        }
    }

    /// The definition, or why it cannot be one.
    pub(crate) fn checked(self) -> Result<Self> {
        self.problem.clone().map_or(Ok(self), Err)
    }
}

/// The pattern of a definition says nothing any more, or nothing yet.
pub(crate) fn matches_nothing(members: &Members, shape: Option<Shape>) -> Error {
    let of_type = shape.map_or_else(String::new, |shape| format!(" of type {}", shape.kind.word()));
    invalid(format!("no key{of_type} matches the pattern \"{}\" of the table definition", members.text()))
}

/// Keys that were found hold something else than the definition says.
fn other_type(said: Kind, found: Kind) -> Error {
    invalid(format!("the table definition has the type \"{}\", and the keys of the table are of type {}", said.word(), found.word()))
        .hint("Say which keys are meant: {\"pattern\": \"user:*\"}.")
}

/// What is said to be JSON is none.
pub(crate) fn no_json() -> Error {
    invalid("none of the values of the table, whose definition has the type json, is a JSON object")
        .hint("The type \"string\" takes values as they are.")
}

fn members(definition: &TableDefinition) -> Result<Option<Members>> {
    definition.refuse(Part::RowPath, "tables of keys", "A hash or a string is one row, and so is each element of anything else.")?;
    let Some(pattern) = &definition.filter else { return Ok(None) };
    let glob = Glob::parse(pattern).ok_or_else(|| {
        invalid("the pattern of the table definition is empty or too long").hint("Write it as for SCAN, for example user:*.")
    })?;
    Ok(Some(Members::Defined(glob)))
}

fn shape(definition: &TableDefinition) -> Result<Option<Shape>> {
    let Some(word) = definition.format.as_deref() else { return Ok(None) };
    let shape = match word {
        "json" => Some(Shape { kind: Kind::String, json: Some(true) }),
        "string" => Some(Shape { kind: Kind::String, json: Some(false) }),
        word => Kind::of_word(word.as_bytes()).map(|kind| Shape { kind, json: None }),
    };
    shape.map(Some).ok_or_else(|| {
        invalid(format!("the table definition has the unknown type \"{word}\""))
            .hint("Types of keys: hash, string, json, list, set, zset, stream.")
    })
}

/// The columns of fields; else that of the values, if it is among the definition's.
fn columns(definition: &TableDefinition, table: &Table) -> Result<Vec<Column>> {
    let keyless = TableDefinition { key: Vec::new(), ..definition.clone() };
    let mut reserved = reserved(table.kind);
    let Some(value) = table.kind.value().filter(|_| !table.json) else {
        let mut columns = keyless.columns(&table.inferred, &reserved)?;
        if !table.json {
            columns.iter_mut().try_for_each(of_text)?;
        }
        return Ok(columns);
    };
    reserved.retain(|name| name != value);
    let (name, path) = (value.to_owned(), Path::field(value));
    let evidence = Evidence::default();
    let held = InferredColumn { name, path, field_type: table.value.clone(), confirmed: true, evidence, fields: Vec::new() };
    let mut columns = keyless.columns(std::slice::from_ref(&held), &reserved)?;
    match &mut columns[..] {
        [column] if column.name == held.name && column.path == held.path => {
            of_text(column)?;
            Ok(columns)
        }
        _ => Err(invalid(format!("the table definition has other columns than \"{value}\""))
            .detail(format!("A key of type {} has no fields.", table.kind.word()))
            .hint(format!("Define the type of \"{value}\", or give the table the type that its keys have."))),
    }
}

/// Makes a column one of text, as fields of hashes and streams are.
fn of_text(column: &mut Column) -> Result<()> {
    if column.path.0.len() > 1 {
        return Err(invalid(format!("the path of column \"{}\" of the table definition leads into a value", column.name))
            .detail("Only strings can be read as JSON objects, with the type \"json\".")
            .hint("Give the field as a whole a column of type jsonb. Put a field's name with dots in it in double quotes."));
    }
    "string".clone_into(&mut column.native_type);
    if column.field_type == FieldType::Unknown {
        column.field_type = FieldType::TEXT;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn definition(definition: Value) -> TableDefinition {
        serde_json::from_value(definition).expect("a definition")
    }

    fn applied(given: Value, kind: Kind) -> Table {
        let mut table = Table::new("t".to_owned(), Members::Defined(Glob::parse("t:*").expect("a pattern")), kind);
        Fitting::new(Some(&definition(given))).apply(&mut table);
        table
    }

    #[test]
    fn definitions_say_which_keys_and_what_they_hold() {
        let users = definition(json!({"pattern": "user:*", "type": "hash"}));
        let fitting = Fitting::new(Some(&users)).checked().expect("a definition of keys");
        assert!(fitting.members.is_some_and(|members| members.contain(b"user:1:friends") && !members.contain(b"users:1")));
        assert_eq!(fitting.shape, Some(Shape { kind: Kind::Hash, json: None }));
        for (word, kind, json) in
            [("json", Kind::String, Some(true)), ("string", Kind::String, Some(false)), ("zset", Kind::SortedSet, None)]
        {
            assert_eq!(shape(&definition(json!({"format": word}))).expect("a shape"), Some(Shape { kind, json }), "{word}");
        }
        for given in [json!({"pattern": ""}), json!({"type": "tree"}), json!({"pattern": "a*", "row_path": "b"})] {
            assert!(Fitting::new(Some(&definition(given.clone()))).checked().is_err(), "{given}");
        }
    }

    #[test]
    fn what_fits_no_more_is_left_out_and_told() {
        let column = |name: &str| json!({"name": name, "type": "integer"});
        let table = applied(json!({"columns": [column("n")], "key": ["m"], "comment": "c"}), Kind::Hash);
        assert!(table.problem.is_some_and(|problem| problem.message.contains("\"m\"")));
        assert_eq!((table.columns[0].name.as_str(), &table.key[..], table.comment.as_deref()), ("n", &["_key".to_owned()][..], Some("c")));
        let table = applied(json!({"columns": [column("n")]}), Kind::List);
        assert!(table.columns.is_empty() && table.problem.is_some_and(|problem| problem.message.contains("\"value\"")));
        let table = applied(json!({"columns": [{"name": "n", "path": "a.b"}]}), Kind::Hash);
        assert!(table.columns.is_empty() && table.problem.is_some_and(|problem| problem.message.contains("leads into a value")));
        let table = applied(json!({"type": "list"}), Kind::Hash);
        assert!(table.problem.is_some_and(|problem| problem.message.contains("\"list\"")));
        let table = applied(json!({"type": "tree", "columns": [column("n")]}), Kind::Hash);
        assert!(table.columns.is_empty() && table.problem.is_some());
    }

    #[test]
    fn values_can_have_another_type() {
        let table = applied(json!({"columns": [{"name": "member", "type": "uuid"}], "key": ["_key"]}), Kind::Set);
        assert!(table.problem.is_none() && table.columns[0].declared);
        assert_eq!(table.key, ["_key"]);
    }
}

//! The indexes of a collection.

use bson::{Bson, Document};
use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, IndexRow};

use crate::extended_json::write as json;

/// The name of the index of every collection over `_id`.
const PRIMARY: &str = "_id_";

/// What the key of a definition is called.
const DEFINED: &str = "defined_key";

/// What the `_id` of documents is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// The key of the table.
    Primary,
    /// A key beside the one that an operator has defined.
    Unique,
    /// A field like any other, as in a time series.
    Repeats,
}

/// Pushes the key that an operator has defined, where there is one.
pub(crate) fn push_key(harvest: &mut Harvest, schema: &str, table: &str, key: &[String]) -> Result<()> {
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    if key.is_empty() { Ok(()) } else { harvest.constraint(constraint(schema, table, DEFINED, ConstraintKind::PrimaryKey, &key)) }
}

/// Pushes the indexes, what they keep unique for columns of the table, and `_id` as its primary key, unless it has another. It needs no
/// index: a clustered collection has none, and the server keeps `_id` unique all the same, but for time series.
pub(crate) fn push(harvest: &mut Harvest, schema: &str, table: &str, indexes: &[Document], columns: &[String], id: Id) -> Result<()> {
    let has_column = |name: &str| columns.iter().any(|column| column == name);
    if id != Id::Repeats && has_column("_id") {
        let kind = if id == Id::Primary { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique };
        harvest.constraint(constraint(schema, table, PRIMARY, kind, &["_id"]))?;
    }
    for index in indexes {
        let (Ok(name), Ok(key)) = (index.get_str("name"), index.get_document("key")) else { continue };
        let parts: Vec<String> = key.iter().map(part).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let is_of_id = name == PRIMARY;
        let unique = is_of_id || index.get_bool("unique").unwrap_or(false);
        let condition = index.get_document("partialFilterExpression").ok().map(|condition| json(Bson::Document(condition.clone())));
        let definition = json(Bson::Document(index.clone()));
        harvest.index(IndexRow {
            schema,
            table,
            name,
            unique,
            primary: is_of_id && id == Id::Primary,
            method: method(key),
            columns: &parts,
            predicate: condition.as_deref(),
            definition: Some(&definition),
            comment: None,
        })?;
        // What a partial index leaves out may repeat.
        if unique && !is_of_id && condition.is_none() && key.iter().all(|(name, _)| has_column(name)) {
            let names: Vec<&str> = key.keys().map(String::as_str).collect();
            harvest.constraint(constraint(schema, table, name, ConstraintKind::Unique, &names))?;
        }
    }
    Ok(())
}

fn constraint<'a>(schema: &'a str, table: &'a str, name: &'a str, kind: ConstraintKind<'a>, columns: &'a [&'a str]) -> ConstraintRow<'a> {
    ConstraintRow { schema, table, name, kind, columns, deferrable: false, initially_deferred: false, comment: None }
}

/// A field of the key: its path, and its direction where it is not the usual one.
fn part((name, direction): (&String, &Bson)) -> String {
    match direction {
        Bson::Int32(..0) | Bson::Int64(..0) => format!("{name} DESC"),
        Bson::Double(direction) if *direction < 0.0 => format!("{name} DESC"),
        _ => name.clone(),
    }
}

/// The server's own word for an index that is no B-tree: `text`, `2dsphere`, `hashed`.
fn method(key: &Document) -> &str {
    key.values().find_map(Bson::as_str).unwrap_or("btree")
}

#[cfg(test)]
mod tests {
    use bson::doc;
    use spi::metadata::{Relation, SchemaRow, TableKind, TableRow};

    use super::*;

    #[test]
    fn an_id_is_a_key_where_it_is_unique() {
        let constraints = |id| {
            let mut harvest = Harvest::new();
            harvest.schema(SchemaRow { name: "s", ..SchemaRow::default() });
            let (kind, owner, comment, row_estimate, size_bytes) = (TableKind::Table, None, None, None, None);
            harvest.table(TableRow { schema: "s", name: "t", kind, owner, comment, row_estimate, size_bytes }).expect("a table");
            push(&mut harvest, "s", "t", &[], &["_id".to_owned()], id).expect("constraints");
            harvest.finish().expect("schemas").remove(0).relation(Relation::Constraints).num_rows()
        };
        assert_eq!([Id::Primary, Id::Unique, Id::Repeats].map(constraints), [1, 1, 0]);
    }

    #[test]
    fn keys_say_their_method_and_direction() {
        let key = doc! { "a": 1, "b.c": -1, "d": -1.0, "e": 1i64 };
        assert_eq!(key.iter().map(part).collect::<Vec<_>>(), ["a", "b.c DESC", "d DESC", "e"]);
        assert_eq!((method(&key), method(&doc! { "a": 1, "place": "2dsphere" })), ("btree", "2dsphere"));
    }
}

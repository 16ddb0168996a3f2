//! `pg_partitioned_table`: by what tables are partitioned, as their first partition says. `partexprs` is the text of the expressions.

use spi::metadata::Relation;

use super::columns::pg_partitioned_table as column;
use super::context::At;
use super::index_method;
use super::keys;
use super::layout::{Cells, columns, partitions};
use super::part::Part;
use super::pg_attribute::collation;
use super::quotes::unquoted;
use crate::relation::Row;
use crate::types::oid;
use crate::value::Value;

pub(crate) struct PartitionedTables(pub(crate) At);

/// A column, or an expression.
struct Key<'a> {
    text: &'a str,
    number: i16,
}

impl Part for PartitionedTables {
    fn count(&self) -> Row {
        self.0.schema().partitioned().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let first = schema.partitioned()[row as usize] as usize;
        let table = schema.batch(Relation::Partitions).number(partitions::TABLE, first) as usize;
        let strategy = self.strategy(first);
        let keys = self.keys(first, table);
        let vector = |element, numbers: Vec<i64>| Value::vector(element, numbers.into_iter().map(Value::Int).collect());
        match column {
            column::PARTRELID => Value::oid(schema.table_oid(table)),
            column::PARTSTRAT => strategy.into(),
            column::PARTNATTS => Value::Int(keys.len() as i64),
            column::PARTDEFID => Value::oid(self.default_partition(first, table).unwrap_or_default()),
            column::PARTATTRS => vector(oid::INT2, keys.iter().map(|key| key.number.into()).collect()),
            column::PARTCLASS => {
                let method = index_method::oid(if strategy == "h" { "hash" } else { "btree" });
                let class = |key: &Key<'_>| {
                    let used = keys::type_of(&self.0, table, key.number);
                    let category = used.and_then(|used| used.facts.category.as_str()?.bytes().next()).unwrap_or_default();
                    index_method::default_class(method, used.map_or(oid::TEXT, |used| used.base), category)
                };
                vector(oid::OID, keys.iter().map(|key| class(key).into()).collect())
            }
            column::PARTCOLLATION => {
                let of_key = |key: &Key<'_>| {
                    let cell = schema.attributes().column(schema, table, key.number)?;
                    let place = schema.batch(Relation::Columns).integer(columns::TYPE, cell) as usize;
                    Some(collation(schema, cell, &self.0.context.column_types(self.0.place)[place]))
                };
                vector(oid::OID, keys.iter().map(|key| of_key(key).unwrap_or_default().into()).collect())
            }
            _ => {
                let expressions: Vec<&str> = keys.iter().filter(|key| key.number == 0).map(|key| key.text).collect();
                if expressions.is_empty() { Value::Null } else { expressions.join(", ").into() }
            }
        }
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::PARTRELID).then_some(&self.0)
    }
}

impl PartitionedTables {
    /// The partition for whatever belongs into no other.
    fn default_partition(&self, first: usize, table: usize) -> Option<u32> {
        let batch = self.0.schema().batch(Relation::Partitions);
        let of_table = (first..batch.num_rows()).take_while(|row| batch.number(partitions::TABLE, *row) as usize == table);
        let default = of_table.into_iter().find(|row| batch.text(partitions::DESCRIPTION, *row) == Some("DEFAULT"))?;
        let (place, table) = self.0.context.partition_table(self.0.place, default)?;
        Some(self.0.context.schemas[place].table_oid(table))
    }

    /// Keys of MySQL's kind are hashed, and what is partitioned by a folder of each value is a list.
    fn strategy(&self, partition: usize) -> &'static str {
        match self.0.schema().batch(Relation::Partitions).word(partitions::METHOD, partition) {
            Some("range") => "r",
            Some("hash" | "key") => "h",
            _ => "l",
        }
    }

    fn keys(&self, partition: usize, table: usize) -> Vec<Key<'_>> {
        let schema = self.0.schema();
        let text = schema.batch(Relation::Partitions).name(partitions::EXPRESSION, partition).unwrap_or_default();
        let key = |text| {
            let name = unquoted(text);
            Key { text, number: schema.attribute_number(table, &name).unwrap_or_default() }
        };
        items(text).into_iter().map(key).collect()
    }
}

/// The items of a list, where commas in parentheses or quotes do not separate.
fn items(text: &str) -> Vec<&str> {
    let (mut quote, mut depth, mut start, mut items) = (None, 0, 0, Vec::new());
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                items.push(text[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim());
    items.retain(|item| !item.is_empty());
    items
}

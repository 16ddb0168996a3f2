//! What an index is on: columns and expressions, with their types and order.

use spi::metadata::Relation;
use spi::types::PgType;

use super::collations;
use super::context::{At, Used, used};
use super::index_definition::{IndexDefinition, ItemOptions};
use super::index_method;
use super::layout::{Cells, columns, indexes};
use super::pg_attribute::collation;
use super::quotes::unquoted;
use super::schema::Schema;
use crate::types::oid;

pub(crate) struct Key {
    /// The column's name, or the expression.
    pub(crate) text: String,
    /// The column's number; 0 for an expression.
    pub(crate) number: i16,
    pub(crate) used: Used,
    pub(crate) collation: u32,
    pub(crate) operator_class: u32,
    /// `pg_index.indoption`.
    pub(crate) option: i64,
    /// `name=value` of each parameter of the operator class.
    pub(crate) class_parameters: Vec<String>,
    /// Whether the index only carries it.
    pub(crate) is_carried: bool,
}

/// How many columns an index has, carried ones counted as well.
pub(crate) fn count(schema: &Schema, index: usize) -> usize {
    let batch = schema.batch(Relation::Indexes);
    batch.list_len(indexes::COLUMNS, index) + batch.text(indexes::DEFINITION, index).map_or(0, IndexDefinition::carried_count)
}

/// The columns of an index. The types of expressions are not known: they count as text.
pub(crate) fn keys(at: &At, index: usize) -> Vec<Key> {
    let batch = at.schema().batch(Relation::Indexes);
    let names = batch.list(indexes::COLUMNS, index);
    let definition = batch.text(indexes::DEFINITION, index).map(IndexDefinition::parse).unwrap_or_default();
    let (method, table) = (index_method::oid(batch.word(indexes::METHOD, index).unwrap_or_default()), at.schema().index_table(index));
    let mut keys: Vec<Key> = Vec::with_capacity(names.len() + definition.carried.len());
    for (place, name) in names.iter().enumerate() {
        let item = definition.items.get(place).filter(|_| definition.items.len() == names.len());
        let options = item.map(|item| ItemOptions::parse(item, name)).unwrap_or_default();
        let key = key(at, table, name);
        let category = key.used.facts.category.as_str().and_then(|category| category.bytes().next()).unwrap_or_default();
        let named = options.operator_class.and_then(|class| index_method::named_class(method, class));
        keys.push(Key {
            collation: options.collation.and_then(collations::named).unwrap_or(key.collation),
            operator_class: named.unwrap_or_else(|| index_method::default_class(method, key.used.base, category)),
            option: options.bits(),
            class_parameters: options.class_parameters(),
            ..key
        });
    }
    keys.extend(definition.carried.iter().map(|name| Key { is_carried: true, ..key(at, table, &unquoted(name)) }));
    keys
}

/// A column of a table; or the first letters of one, as `name(10)`; or an expression.
fn key(at: &At, table: usize, name: &str) -> Key {
    let schema = at.schema();
    let whole = name.strip_suffix(')').and_then(|name| name.rsplit_once('('));
    let whole = whole.filter(|(_, length)| length.bytes().all(|byte| byte.is_ascii_digit())).map(|(column, _)| column);
    let candidates = [Some(name), whole];
    let number = candidates.into_iter().flatten().find_map(|name| schema.attribute_number(table, name));
    let row = number.and_then(|number| schema.attributes().column(schema, table, number));
    let (used, collation) = match row {
        Some(row) => {
            let place = schema.batch(Relation::Columns).integer(columns::TYPE, row) as usize;
            let used = at.context.column_types(at.place)[place].clone();
            let collation = collation(schema, row, &used);
            (used, collation)
        }
        None => {
            let used = used(PgType::new(oid::TEXT), 0);
            let collation = used.facts.collation;
            (used, collation)
        }
    };
    let text = schema_name(schema, row).unwrap_or(name).to_owned();
    Key {
        text,
        number: number.unwrap_or_default(),
        used,
        collation,
        operator_class: 0,
        option: 0,
        class_parameters: Vec::new(),
        is_carried: false,
    }
}

fn schema_name(schema: &Schema, row: Option<usize>) -> Option<&str> {
    schema.batch(Relation::Columns).name(columns::NAME, row?)
}

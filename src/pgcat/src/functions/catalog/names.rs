//! Names of objects as statements can use them: quoted where needed, with the schema where the search path does not lead to them.

use std::sync::Arc;

use crate::catalog::{Catalog, CatalogRow, oid};
use crate::function::Context;
use crate::resolve::{self, Names, qualified_name, quote_identifier};
use crate::value::Value;

/// A kind of objects that have a schema, and whose names may hide others of later schemas.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The catalog that they are rows of.
    pub catalog: u32,
    /// Its column with their name.
    pub name: &'static str,
    /// Its column with their schema.
    pub namespace: &'static str,
    /// Its columns by which those of one name and schema are told apart.
    pub rest: &'static [&'static str],
}

pub(crate) const RELATION: Kind = Kind { catalog: oid::PG_CLASS, name: "relname", namespace: "relnamespace", rest: &[] };
pub(crate) const TYPE: Kind = Kind { catalog: oid::PG_TYPE, name: "typname", namespace: "typnamespace", rest: &[] };
pub(crate) const FUNCTION: Kind = Kind { catalog: oid::PG_PROC, name: "proname", namespace: "pronamespace", rest: &["proargtypes"] };
pub(crate) const OPERATOR: Kind =
    Kind { catalog: oid::PG_OPERATOR, name: "oprname", namespace: "oprnamespace", rest: &["oprleft", "oprright"] };
pub(crate) const OPERATOR_CLASS: Kind = Kind { catalog: oid::PG_OPCLASS, name: "opcname", namespace: "opcnamespace", rest: &["opcmethod"] };
pub(crate) const OPERATOR_FAMILY: Kind =
    Kind { catalog: oid::PG_OPFAMILY, name: "opfname", namespace: "opfnamespace", rest: &["opfmethod"] };
pub(crate) const COLLATION: Kind = Kind { catalog: oid::PG_COLLATION, name: "collname", namespace: "collnamespace", rest: &[] };
pub(crate) const CONVERSION: Kind = Kind { catalog: oid::PG_CONVERSION, name: "conname", namespace: "connamespace", rest: &[] };
pub(crate) const STATISTICS: Kind = Kind { catalog: 3381, name: "stxname", namespace: "stxnamespace", rest: &[] };
pub(crate) const TS_CONFIGURATION: Kind = Kind { catalog: 3602, name: "cfgname", namespace: "cfgnamespace", rest: &[] };
pub(crate) const TS_DICTIONARY: Kind = Kind { catalog: 3600, name: "dictname", namespace: "dictnamespace", rest: &[] };
pub(crate) const TS_PARSER: Kind = Kind { catalog: 3601, name: "prsname", namespace: "prsnamespace", rest: &[] };
pub(crate) const TS_TEMPLATE: Kind = Kind { catalog: 3764, name: "tmplname", namespace: "tmplnamespace", rest: &[] };

/// What names are made with: the catalog and the search path of the session.
pub(crate) struct Naming<'a> {
    pub catalog: &'a Catalog,
    pub search: Vec<u32>,
}

impl<'a> Naming<'a> {
    pub(crate) fn new(context: &Context<'a>) -> Self {
        let catalog = context.catalog;
        Self { catalog, search: catalog.search_namespaces(&context.host.search_path()) }
    }

    /// Whether the bare name of an object means it. `None` where there is no such object.
    pub(crate) fn is_visible(&self, kind: &Kind, object: u32) -> Option<bool> {
        let row = self.catalog.by_oid(kind.catalog, object)?;
        Some(self.is_row_visible(kind, &row))
    }

    fn is_row_visible(&self, kind: &Kind, row: &CatalogRow<'_>) -> bool {
        let namespace = row.oid(kind.namespace);
        let Some(place) = self.search.iter().position(|other| Some(*other) == namespace) else { return false };
        if place == 0 {
            return true;
        }
        let columns: Vec<&str> = [kind.name, kind.namespace].iter().chain(kind.rest).copied().collect();
        let mut key: Vec<Value> = columns.iter().map(|column| row.get(column)).collect();
        self.search[..place].iter().all(|namespace| {
            key[1] = Value::oid(*namespace);
            self.catalog.find_one(kind.catalog, &columns, &key).is_none()
        })
    }

    /// The name of an object, with its schema unless the bare name means it.
    pub(crate) fn name(&self, kind: &Kind, object: u32) -> Option<String> {
        let row = self.catalog.by_oid(kind.catalog, object)?;
        if self.is_row_visible(kind, &row) {
            return Some(quote_identifier(&row.text(kind.name)?));
        }
        self.qualify(kind, &row)
    }

    /// The name of an object with its schema.
    pub(crate) fn full_name(&self, kind: &Kind, object: u32) -> Option<String> {
        self.qualify(kind, &self.catalog.by_oid(kind.catalog, object)?)
    }

    fn qualify(&self, kind: &Kind, row: &CatalogRow<'_>) -> Option<String> {
        let name = row.text(kind.name)?;
        match self.schema(row.oid(kind.namespace)?) {
            Some(schema) => Some(qualified_name(&schema, &name)),
            None => Some(quote_identifier(&name)),
        }
    }

    /// The name of a relation, with its schema always or only where it must be.
    pub(crate) fn relation(&self, relation: u32, always_qualified: bool) -> Option<String> {
        if always_qualified { self.full_name(&RELATION, relation) } else { self.name(&RELATION, relation) }
    }

    pub(crate) fn schema(&self, namespace: u32) -> Option<Arc<str>> {
        self.catalog.by_oid(oid::PG_NAMESPACE, namespace)?.text("nspname")
    }

    /// The name of a type as `format_type` gives it.
    pub(crate) fn type_name(&self, type_oid: u32, typmod: Option<i32>) -> String {
        resolve::format_type(Names::new(self.catalog, &self.search), type_oid, typmod)
    }

    /// The row of a column.
    pub(crate) fn attribute(&self, relation: u32, number: i64) -> Option<CatalogRow<'a>> {
        self.catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &[Value::oid(relation), Value::Int(number)])
    }

    /// The name of a column, quoted where needed.
    pub(crate) fn column(&self, relation: u32, number: i64) -> Option<String> {
        Some(quote_identifier(&self.attribute(relation, number)?.text("attname")?))
    }

    /// The names of columns, separated by commas.
    pub(crate) fn columns(&self, relation: u32, numbers: &[i64]) -> String {
        let names: Vec<String> = numbers.iter().filter_map(|number| self.column(relation, *number)).collect();
        names.join(", ")
    }
}

/// The whole numbers in an array or vector; none for null.
pub(crate) fn integers(value: &Value) -> Vec<i64> {
    value.as_array().map(|array| array.values.iter().filter_map(Value::as_int).collect()).unwrap_or_default()
}

/// The texts in an array; none for null.
pub(crate) fn texts(value: &Value) -> Vec<Arc<str>> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    value.as_array().map(|array| array.values.iter().filter_map(text).collect()).unwrap_or_default()
}

//! The catalog of one database at one moment: its base relations, and what is looked up in them most.
//!
//! It is made when a source's metadata or the server's shared part changes, and shared by all statements until then.

mod memo;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

use crate::relation::{Relation, Row, Rows};
use crate::resolve::{FunctionRow, OperatorRow};
use crate::types::TypeInfo;
use crate::value::Value;
use memo::Memo;

/// OIDs of the catalogs that are looked up by name here. Source: PostgreSQL 16.
pub mod oid {
    pub const PG_DEFAULT_ACL: u32 = 826;
    pub const PG_TABLESPACE: u32 = 1213;
    pub const PG_TYPE: u32 = 1247;
    pub const PG_ATTRIBUTE: u32 = 1249;
    pub const PG_PROC: u32 = 1255;
    pub const PG_CLASS: u32 = 1259;
    pub const PG_AUTHID: u32 = 1260;
    pub const PG_AUTH_MEMBERS: u32 = 1261;
    pub const PG_DATABASE: u32 = 1262;
    pub const PG_FOREIGN_SERVER: u32 = 1417;
    pub const PG_FOREIGN_DATA_WRAPPER: u32 = 2328;
    pub const PG_AGGREGATE: u32 = 2600;
    pub const PG_AM: u32 = 2601;
    pub const PG_AMOP: u32 = 2602;
    pub const PG_AMPROC: u32 = 2603;
    pub const PG_ATTRDEF: u32 = 2604;
    pub const PG_CAST: u32 = 2605;
    pub const PG_CONSTRAINT: u32 = 2606;
    pub const PG_INIT_PRIVS: u32 = 3394;
    pub const PG_CONVERSION: u32 = 2607;
    pub const PG_DEPEND: u32 = 2608;
    pub const PG_DESCRIPTION: u32 = 2609;
    pub const PG_INDEX: u32 = 2610;
    pub const PG_INHERITS: u32 = 2611;
    pub const PG_LANGUAGE: u32 = 2612;
    pub const PG_NAMESPACE: u32 = 2615;
    pub const PG_OPCLASS: u32 = 2616;
    pub const PG_OPERATOR: u32 = 2617;
    pub const PG_REWRITE: u32 = 2618;
    pub const PG_TRIGGER: u32 = 2620;
    pub const PG_OPFAMILY: u32 = 2753;
    pub const PG_DB_ROLE_SETTING: u32 = 2964;
    pub const PG_SHDEPEND: u32 = 1214;
    pub const PG_SHDESCRIPTION: u32 = 2396;
    pub const PG_COLLATION: u32 = 3456;
    pub const PG_ENUM: u32 = 3501;
    pub const PG_RANGE: u32 = 3541;
    pub const PG_PARTITIONED_TABLE: u32 = 3350;
    pub const PG_SEQUENCE: u32 = 2224;
}

/// The namespace `pg_catalog`.
pub const PG_CATALOG: u32 = 11;
/// The namespace `public`.
pub const PUBLIC: u32 = 2200;

/// A database at one moment.
pub struct Catalog {
    relations: HashMap<u32, Arc<dyn Relation>>,
    /// `pg_database.oid` of this database.
    database: u32,
    /// Tells generations of this database's catalog apart: what is bound to one is bound again for another.
    generation: u64,
    definitions: Option<Arc<dyn Definitions>>,
    remembered: Remembered,
}

/// What binding asks for again and again, made of the rows once.
#[derive(Default)]
struct Remembered {
    /// Of types that every database has, by `pg_type.oid`.
    types: Memo<u32, TypeInfo>,
    /// By their names.
    operators: Memo<String, Arc<[OperatorRow]>>,
    functions: Memo<String, Arc<[Arc<FunctionRow>]>>,
}

/// The texts that a data source keeps of its objects, in its own dialect, beyond what the catalogs have a place for.
pub trait Definitions: Send + Sync {
    /// Of an object of a catalog: the statement that makes an index or routine, the query of a view, the condition of a check or the
    /// definition of an exclusion constraint, what a trigger does. `None` where the source keeps none.
    fn definition(&self, class: u32, object: u32) -> Option<Arc<str>>;
}

/// A row of a catalog, whose columns are read by their names.
#[derive(Clone)]
pub struct CatalogRow<'a> {
    relation: &'a Arc<dyn Relation>,
    row: Row,
}

impl Catalog {
    /// `relations` are all base relations, by `pg_class.oid`.
    pub fn new(database: u32, generation: u64, relations: Vec<Arc<dyn Relation>>) -> Self {
        let relations = relations.into_iter().map(|relation| (relation.oid(), relation)).collect();
        Self { relations, database, generation, definitions: None, remembered: Remembered::default() }
    }

    pub fn with_definitions(self, definitions: Arc<dyn Definitions>) -> Self {
        Self { definitions: Some(definitions), ..self }
    }

    /// The text that the source keeps of an object.
    pub fn definition(&self, class: u32, object: u32) -> Option<Arc<str>> {
        self.definitions.as_ref()?.definition(class, object)
    }

    pub fn database(&self) -> u32 {
        self.database
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// A base relation by its `pg_class.oid`; `None` for views and for tables of users, whose rows are not in the catalog.
    pub fn relation(&self, oid: u32) -> Option<&Arc<dyn Relation>> {
        self.relations.get(&oid)
    }

    /// The rows of a catalog whose columns have these values: by an index that begins with one of the columns, else by reading all.
    pub fn find<'a>(&'a self, relation: u32, columns: &[&str], key: &[Value]) -> Vec<CatalogRow<'a>> {
        let Some(relation) = self.relation(relation) else { return Vec::new() };
        let places: Vec<usize> = columns.iter().filter_map(|name| place(relation, name)).collect();
        if places.len() != columns.len() || key.iter().any(Value::is_null) {
            return Vec::new();
        }
        let matches = |row: Row| places.iter().zip(key).all(|(column, value)| relation.value(row, *column) == *value);
        let covered = |index: &crate::relation::Index| index.columns.iter().all(|column| places.contains(column));
        let best = relation.indexes().iter().enumerate().filter(|(_, index)| covered(index)).max_by_key(|(_, index)| index.columns.len());
        let rows = match best {
            Some((number, index)) => {
                let part = index.columns.iter().filter_map(|column| places.iter().position(|place| place == column));
                let part: Vec<Value> = part.map(|place| key[place].clone()).collect();
                relation.lookup(number, &part)
            }
            None => Rows::Range(0..relation.count()),
        };
        (0..rows.len()).filter_map(|place| rows.get(place)).filter(|row| matches(*row)).map(|row| CatalogRow { relation, row }).collect()
    }

    /// The first of [`Catalog::find`].
    pub fn find_one<'a>(&'a self, relation: u32, columns: &[&str], key: &[Value]) -> Option<CatalogRow<'a>> {
        self.find(relation, columns, key).into_iter().next()
    }

    /// All operators of a name.
    pub(crate) fn operators_named(&self, name: &str) -> Arc<[OperatorRow]> {
        let read = || {
            let rows = self.find(oid::PG_OPERATOR, &["oprname"], &[name.into()]);
            let rows: Vec<OperatorRow> = rows.iter().filter_map(OperatorRow::read).collect();
            (!rows.is_empty()).then(|| rows.into())
        };
        self.remembered.operators.get(name, read).unwrap_or_default()
    }

    /// All functions of a name.
    pub(crate) fn functions_named(&self, name: &str) -> Arc<[Arc<FunctionRow>]> {
        let read = || {
            let rows = self.find(oid::PG_PROC, &["proname"], &[name.into()]);
            let rows: Vec<Arc<FunctionRow>> = rows.iter().filter_map(FunctionRow::read).map(Arc::new).collect();
            (!rows.is_empty()).then(|| rows.into())
        };
        self.remembered.functions.get(name, read).unwrap_or_default()
    }

    /// The row of a catalog with an OID.
    pub fn by_oid(&self, relation: u32, oid: u32) -> Option<CatalogRow<'_>> {
        self.find_one(relation, &["oid"], &[Value::oid(oid)])
    }

    /// The OID of a namespace.
    pub fn namespace(&self, name: &str) -> Option<u32> {
        self.find_one(oid::PG_NAMESPACE, &["nspname"], &[name.into()])?.oid("oid")
    }

    /// The row of `pg_class` of a relation in a namespace.
    pub fn class(&self, namespace: u32, name: &str) -> Option<CatalogRow<'_>> {
        self.find_one(oid::PG_CLASS, &["relname", "relnamespace"], &[name.into(), Value::oid(namespace)])
    }

    /// The namespaces in which unqualified names are looked for, in order, of the schemas of `search_path`: those that exist, behind
    /// `pg_catalog` unless that is named.
    pub fn search_namespaces(&self, path: &[String]) -> Vec<u32> {
        let mut found: Vec<u32> = path.iter().filter_map(|name| self.namespace(name)).collect();
        if !found.contains(&PG_CATALOG) {
            found.insert(0, PG_CATALOG);
        }
        found
    }
}

impl CatalogRow<'_> {
    /// The value of a column; null where there is no such column.
    pub fn get(&self, column: &str) -> Value {
        place(self.relation, column).map_or(Value::Null, |place| self.relation.value(self.row, place))
    }

    pub fn oid(&self, column: &str) -> Option<u32> {
        self.get(column).as_oid()
    }

    pub fn int(&self, column: &str) -> Option<i64> {
        self.get(column).as_int()
    }

    pub fn bool(&self, column: &str) -> Option<bool> {
        self.get(column).as_bool()
    }

    pub fn text(&self, column: &str) -> Option<Arc<str>> {
        match self.get(column) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The only byte of a `"char"`.
    pub fn char(&self, column: &str) -> Option<u8> {
        self.get(column).as_str().and_then(|text| text.bytes().next())
    }

    /// The OIDs in an array or vector.
    pub fn oids(&self, column: &str) -> Vec<u32> {
        match self.get(column) {
            Value::Array(array) => array.values.iter().filter_map(Value::as_oid).collect(),
            _ => Vec::new(),
        }
    }
}

fn place(relation: &Arc<dyn Relation>, column: &str) -> Option<usize> {
    relation.columns().iter().position(|other| &*other.name == column)
}

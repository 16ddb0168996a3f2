//! What the schemas of a database know of each other. It lives as long as none of them changes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use spi::metadata::Relation;
use spi::types::PgType;

use super::facts::{self, Facts};
use super::homes::Homes;
use super::ids::{Dependent, dependent};
use super::layout::{Cells, constraints, partitions, types};
use super::lookup::{CatalogLookups, Lookups};
use super::pg_depend::Dependency;
use super::roles::Roles;
use super::schema::Schema;
use super::type_name::TypeName;
use crate::types::oid;

pub(crate) struct Context {
    pub(crate) schemas: Vec<Arc<Schema>>,
    /// The places of the schemas by the OID of the source and the source's own name.
    places: HashMap<(u32, String), usize>,
    homes: OnceLock<Homes>,
    /// What was found out of each schema with the help of others.
    found: Vec<Found>,
    referenced: OnceLock<HashSet<(usize, usize)>>,
    parents: OnceLock<HashMap<(usize, usize), Child>>,
}

#[derive(Default)]
struct Found {
    /// The types of its columns, parameters and sequences.
    column_types: OnceLock<Vec<Used>>,
    /// The same types as routines have them.
    routine_types: OnceLock<Vec<Used>>,
    dependencies: OnceLock<Vec<Dependency>>,
    /// The rows of the partitions that are no tables.
    plain_partitions: OnceLock<Vec<u32>>,
    lookups: CatalogLookups,
}

/// A type as something uses it.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    pub(crate) oid: u32,
    /// Of a domain the type below it, else the type itself.
    pub(crate) base: u32,
    pub(crate) typmod: i32,
    /// Of an array as it was declared.
    pub(crate) dimensions: i64,
    pub(crate) facts: Arc<Facts>,
}

/// A table that is a partition: a row of the partitions of its parent's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) schema: usize,
    pub(crate) row: usize,
}

/// One schema of the context, which is what most parts are made of.
#[derive(Clone)]
pub(crate) struct At {
    pub(crate) context: Arc<Context>,
    pub(crate) roles: Arc<Roles>,
    pub(crate) place: usize,
}

impl At {
    pub(crate) fn schema(&self) -> &Schema {
        &self.context.schemas[self.place]
    }
}

impl Context {
    pub(crate) fn new(schemas: Vec<Arc<Schema>>) -> Self {
        let places = schemas.iter().enumerate().map(|(place, schema)| ((schema.source, schema.metadata.name.clone()), place)).collect();
        let found = schemas.iter().map(|_| Found::default()).collect();
        Self { schemas, places, homes: OnceLock::new(), found, referenced: OnceLock::new(), parents: OnceLock::new() }
    }

    /// The schemas of objects.
    pub(crate) fn homes(&self) -> &Homes {
        self.homes.get_or_init(|| Homes::new(&self.schemas))
    }

    /// Whether it is about these schemas.
    pub(crate) fn is_of(&self, schemas: &[Arc<Schema>]) -> bool {
        self.schemas.len() == schemas.len() && self.schemas.iter().zip(schemas).all(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// What finds rows of a catalog's part by what depends on other schemas.
    pub(crate) fn lookups(&self, place: usize, catalog: u32) -> &Lookups {
        self.found[place].lookups.of(catalog)
    }

    /// What depends on what in a schema.
    pub(crate) fn dependencies(&self, place: usize, make: impl FnOnce() -> Vec<Dependency>) -> &[Dependency] {
        self.found[place].dependencies.get_or_init(make)
    }

    /// The rows of a schema's partitions that are no tables.
    pub(crate) fn plain_partitions(&self, place: usize) -> &[u32] {
        self.found[place].plain_partitions.get_or_init(|| {
            let all = 0..self.schemas[place].len(Relation::Partitions) as u32;
            all.filter(|row| self.partition_table(place, *row as usize).is_none()).collect()
        })
    }

    /// Another schema of the same source.
    pub(crate) fn sibling(&self, place: usize, name: &str) -> Option<usize> {
        if self.schemas[place].metadata.name == name {
            return Some(place);
        }
        self.places.get(&(self.schemas[place].source, name.to_owned())).copied()
    }

    /// A table of the same source: its schema and its row.
    pub(crate) fn table(&self, place: usize, schema: &str, table: &str) -> Option<(usize, usize)> {
        let place = self.sibling(place, schema)?;
        Some((place, self.schemas[place].metadata.table(table)?))
    }

    /// The types of a schema's columns, parameters and sequences.
    pub(crate) fn column_types(&self, place: usize) -> &[Used] {
        self.found[place].column_types.get_or_init(|| {
            let types = &self.schemas[place].metadata.column_types;
            types.iter().map(|column_type| self.column_type(place, &column_type.native, column_type.pg)).collect()
        })
    }

    /// The types of a schema's parameters. No value of theirs ever comes through here, so one that a column would be seen as text for is
    /// what the source calls it.
    pub(crate) fn routine_types(&self, place: usize) -> &[Used] {
        self.found[place].routine_types.get_or_init(|| {
            let types = self.schemas[place].metadata.column_types.iter().zip(self.column_types(place));
            let named = |native: &str, seen: &Used| self.known_type(place, native).filter(|_| seen.oid == oid::TEXT);
            types.map(|(written, seen)| named(&written.native, seen).unwrap_or_else(|| seen.clone())).collect()
        })
    }

    /// A type of users' where the native name is that of one; else the built-in one that clients see, with the precision that the
    /// source's own word for it has.
    fn column_type(&self, place: usize, native: &str, seen: PgType) -> Used {
        let name = TypeName::parse(native);
        if let Some(used) = name.as_ref().and_then(|name| self.user_type(place, name)) {
            return used;
        }
        let element = seen.element().map_or(seen.oid, |element| element.oid);
        let precise = name.as_ref().and_then(TypeName::builtin).filter(|builtin| builtin.oid == element && seen.typmod < 0);
        let dimensions = if seen.element().is_some() { name.map_or(1, |name| name.dimensions.max(1)) } else { 0 };
        used(precise.map_or(seen, |precise| PgType { oid: seen.oid, ..precise }), dimensions)
    }

    /// The type of a name that is all that is known; `text` where it is no type of PostgreSQL's or of the source's users.
    pub(crate) fn named_type(&self, place: usize, native: &str) -> Used {
        self.known_type(place, native).unwrap_or_else(|| used(PgType::new(oid::TEXT), 0))
    }

    /// The same, if the name is known.
    pub(crate) fn known_type(&self, place: usize, native: &str) -> Option<Used> {
        let name = TypeName::parse(native)?;
        if let Some(used) = self.user_type(place, &name) {
            return Some(used);
        }
        let builtin = name.builtin()?;
        if name.dimensions == 0 {
            return Some(used(builtin, 0));
        }
        let array = facts::builtin(builtin.oid)?.array;
        (array != 0).then(|| used(PgType { oid: array, ..builtin }, name.dimensions))
    }

    fn user_type(&self, place: usize, name: &TypeName) -> Option<Used> {
        let element = self.candidates(place, name).find_map(|place| self.type_in(place, &name.name))?;
        if name.dimensions == 0 {
            return Some(element);
        }
        let (array, facts) = (element.facts.array, Arc::new(Facts::of_array(&element.facts)));
        Some(Used { oid: array, base: array, typmod: -1, dimensions: name.dimensions, facts })
    }

    /// A user's type, or the row type of a table.
    fn type_in(&self, place: usize, name: &str) -> Option<Used> {
        let schema = &self.schemas[place];
        let Some(row) = schema.user_type(name) else {
            let table = schema.table_oid(schema.metadata.table(name)?);
            let facts = Arc::new(Facts::of_row(dependent(table, Dependent::Array)));
            let oid = dependent(table, Dependent::RowType);
            return Some(Used { oid, base: oid, typmod: -1, dimensions: 0, facts });
        };
        let oid = schema.object(Relation::Types, row);
        let base = if schema.type_kind(row) == "domain" { self.domain_base(place, row).base } else { oid };
        Some(Used { oid, base, typmod: -1, dimensions: 0, facts: self.user_facts(place, row) })
    }

    /// The facts of a user's type.
    pub(crate) fn user_facts(&self, place: usize, row: usize) -> Arc<Facts> {
        let schema = &self.schemas[place];
        let array = dependent(schema.object(Relation::Types, row), Dependent::Array);
        match schema.type_kind(row) {
            "enum" => Arc::new(Facts::of_enum(array)),
            "domain" => Arc::new(Facts { array, ..(*self.domain_base(place, row).facts).clone() }),
            _ => Arc::new(Facts::of_row(array)),
        }
    }

    /// The type below a domain.
    pub(crate) fn domain_base(&self, place: usize, row: usize) -> Used {
        match self.schemas[place].batch(Relation::Types).list(types::MEMBERS, row)[..] {
            [base, ..] if self.domain_ends(place, row) => self.named_type(place, base),
            _ => used(PgType::new(oid::TEXT), 0),
        }
    }

    /// Whether the domains below a domain end, as they do wherever metadata is as it should be.
    fn domain_ends(&self, mut place: usize, mut row: usize) -> bool {
        const DEPTH_MAX: usize = 32;
        for _ in 0..DEPTH_MAX {
            let schema = &self.schemas[place];
            let members = schema.batch(Relation::Types).list(types::MEMBERS, row);
            let below = members.first().and_then(|base| TypeName::parse(base)).and_then(|name| self.user_type_row(place, &name));
            match below {
                Some((below, type_row)) if self.schemas[below].type_kind(type_row) == "domain" => (place, row) = (below, type_row),
                _ => return true,
            }
        }
        false
    }

    /// Where a name is looked for: one without schema may be of the same one, or of `public`.
    fn candidates(&self, place: usize, name: &TypeName) -> impl Iterator<Item = usize> + use<> {
        let candidates = match &name.schema {
            Some(schema) => [self.sibling(place, schema), None],
            None => [Some(place), self.sibling(place, "public")],
        };
        candidates.into_iter().flatten()
    }

    fn user_type_row(&self, place: usize, name: &TypeName) -> Option<(usize, usize)> {
        self.candidates(place, name).find_map(|place| Some((place, self.schemas[place].user_type(&name.name)?)))
    }

    /// Name and type of a field of a composite type, which the metadata has as `name type`; names may hold blanks.
    pub(crate) fn field<'a>(&self, place: usize, member: &'a str) -> (&'a str, Used) {
        // A name may end with a blank, a type does not begin with one.
        let splits = member.match_indices(' ').map(|(blank, _)| (&member[..blank], &member[blank + 1..]));
        let mut splits = splits.filter(|(_, native)| !native.starts_with(' '));
        let known = splits.clone().find_map(|(name, native)| Some((name, self.known_type(place, native)?)));
        known.unwrap_or_else(|| (splits.next().map_or(member, |(name, _)| name), used(PgType::new(oid::TEXT), 0)))
    }

    /// Whether a foreign key refers to a table.
    pub(crate) fn is_referenced(&self, place: usize, table: usize) -> bool {
        let referenced = self.referenced.get_or_init(|| {
            let of_schema = |(place, schema): (usize, &Arc<Schema>)| {
                let batch = schema.batch(Relation::Constraints);
                let rows = (0..batch.num_rows()).filter_map(move |row| {
                    let schema = batch.name(constraints::REFERENCED_SCHEMA, row)?;
                    self.table(place, schema, batch.name(constraints::REFERENCED_TABLE, row)?)
                });
                rows.collect::<HashSet<_>>()
            };
            self.schemas.iter().enumerate().flat_map(of_schema).collect()
        });
        referenced.contains(&(place, table))
    }

    /// What a table is as a partition, if it is one.
    pub(crate) fn child(&self, place: usize, table: usize) -> Option<Child> {
        let parents = self.parents.get_or_init(|| {
            let of_schema = |(schema, of): (usize, &Arc<Schema>)| {
                let rows =
                    (0..of.len(Relation::Partitions)).filter_map(|row| Some((self.partition_table(schema, row)?, Child { schema, row })));
                rows.collect::<Vec<_>>()
            };
            self.schemas.iter().enumerate().flat_map(of_schema).collect()
        });
        parents.get(&(place, table)).copied()
    }

    /// The table that a partition is; `None` where partitions are no tables. They are in PostgreSQL, whose words for the bounds of one
    /// tell them from a partition elsewhere that has the name of some table.
    pub(crate) fn partition_table(&self, place: usize, row: usize) -> Option<(usize, usize)> {
        let schema = &self.schemas[place];
        let batch = schema.batch(Relation::Partitions);
        let bounds = batch.text(partitions::DESCRIPTION, row)?;
        if !bounds.starts_with("FOR VALUES ") && bounds != "DEFAULT" {
            return None;
        }
        let name = batch.text(partitions::NAME, row)?;
        if let Some(table) = schema.metadata.table(name) {
            return Some((place, table));
        }
        name.match_indices('.').find_map(|(dot, _)| self.table(place, &name[..dot], &name[dot + 1..]))
    }
}

/// A type that every database has.
pub(crate) fn used(pg_type: PgType, dimensions: i64) -> Used {
    let facts = facts::builtin(pg_type.oid).cloned().unwrap_or_else(facts::text);
    Used { oid: pg_type.oid, base: pg_type.oid, typmod: pg_type.typmod, dimensions, facts }
}

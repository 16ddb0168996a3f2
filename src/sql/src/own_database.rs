//! The gateway's own database, `metagate`, as metadata like that of any data source: its relations are views, its procedures
//! routines. It is made once and needs no harvest.
//!
//! Its objects have OIDs that PostgreSQL keeps for its own and gives to none of its catalogs' objects by hand, in the order of
//! the objects' names: the same on every node of one version.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use domain::catalog::Database;
use domain::data_sources::{DataSource, State};
use spi::Result;
use spi::metadata::{
    ColumnRow, Harvest, ParameterRow, Relation, RoutineKind, RoutineRow, SchemaMetadata, SchemaRow, Snapshot, TableKind, TableRow, ViewRow,
};

use crate::procedures;
use crate::tables::{self, Table};

pub(crate) const NAME: &str = "metagate";

const DATABASE_OID: u32 = 14_000;
const FIRST_SCHEMA_OID: u32 = 14_001;
/// The gateway's relations are numbered from here.
pub(crate) const FIRST_RELATION_OID: u32 = 14_100;
const FIRST_ROUTINE_OID: u32 = 15_000;

/// The language of the gateway's procedures, as PostgreSQL calls functions that are built in.
const LANGUAGE: &str = "internal";

/// The gateway's own database.
pub(crate) fn get() -> &'static Arc<Database> {
    static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
        // Everything in it is known when the program is built, and the tests build it.
        let schemas = harvest().and_then(identify).expect("the gateway's own relations are described");
        let snapshot = Snapshot { number: 0, observed_at: None, schemas: schemas.into_iter().map(Arc::new).collect() };
        Arc::new(Database { source: Arc::new(source()), default_schema: procedures::SCHEMA.to_owned(), snapshot: Arc::new(snapshot) })
    });
    &DATABASE
}

/// What stands in for the registration that it has not.
fn source() -> DataSource {
    DataSource {
        oid: DATABASE_OID,
        name: NAME.to_owned(),
        kind: NAME.to_owned(),
        state: State::Published,
        comment: Some("The gateway's own database.".to_owned()),
        labels: BTreeMap::new(),
        member_of: None,
        current_version: 0,
        published_version: None,
        expires_at: None,
        paused: false,
        dropped_at: None,
        created_at: 0,
        created_by: String::new(),
        changed_at: 0,
        changed_by: String::new(),
        revision: 0,
    }
}

fn harvest() -> Result<Vec<SchemaMetadata>> {
    let mut harvest = Harvest::new();
    for (name, comment) in tables::SCHEMAS {
        harvest.schema(SchemaRow { name, owner: None, comment: Some(comment) });
    }
    for table in tables::all() {
        harvest_relation(&mut harvest, table)?;
    }
    for procedure in procedures::ALL {
        harvest_procedure(&mut harvest, *procedure)?;
    }
    harvest.finish()
}

fn harvest_relation(harvest: &mut Harvest, table: &dyn Table) -> Result<()> {
    let (schema, name, comment) = (table.schema(), table.name(), table.summary());
    let kind = TableKind::View;
    harvest.table(TableRow { schema, name, kind, owner: None, comment: Some(&comment), row_estimate: None, size_bytes: None })?;
    harvest.view(ViewRow { schema, name, definition: "", query: None, updatable: false })?;
    for (ordinal, column) in (1..).zip(table.columns()) {
        harvest.column(ColumnRow {
            schema,
            table: name,
            name: &column.name,
            ordinal,
            data_type: &column.arrow,
            pg_type: column.pg_type,
            native_type: &column.pg_type.format(),
            nullable: true,
            default: None,
            generated: None,
            collation: None,
            comment: Some(&column.description),
        })?;
    }
    Ok(())
}

fn harvest_procedure(harvest: &mut Harvest, procedure: &dyn procedures::AnyProcedure) -> Result<()> {
    let (schema, name, comment) = (procedures::SCHEMA, procedure.name(), procedure.summary());
    // There is one procedure of each name, so the name alone tells them apart.
    let specific_name = name;
    harvest.routine(RoutineRow {
        schema,
        name,
        specific_name,
        kind: RoutineKind::Procedure,
        language: LANGUAGE,
        return_type: None,
        definition: None,
        comment: Some(&comment),
    })?;
    for (ordinal, argument) in (1..).zip(procedure.arguments()) {
        let default = (!argument.required).then(|| argument.default_sql());
        harvest.parameter(ParameterRow {
            schema,
            specific_name,
            ordinal,
            mode: "IN",
            name: Some(&argument.name),
            native_type: &argument.pg_type.format(),
            pg_type: argument.pg_type,
            default: default.as_deref(),
        })?;
    }
    Ok(())
}

/// Gives schemas, relations and routines their OIDs. Both lists are in the order of names, like those of [`tables::all`].
fn identify(mut schemas: Vec<SchemaMetadata>) -> Result<Vec<SchemaMetadata>> {
    let (mut relations, mut routines) = (FIRST_RELATION_OID, FIRST_ROUTINE_OID);
    for (oid, schema) in (FIRST_SCHEMA_OID..).zip(&mut schemas) {
        schema.oid = oid;
        number(&mut schema.relations[Relation::Tables as usize], &mut relations)?;
        number(&mut schema.relations[Relation::Routines as usize], &mut routines)?;
    }
    Ok(schemas)
}

/// Fills the column of OIDs, which is the first.
fn number(relation: &mut RecordBatch, next: &mut u32) -> Result<()> {
    let oids = UInt32Array::from_iter_values((*next..).take(relation.num_rows()));
    *next += relation.num_rows() as u32;
    let mut columns = relation.columns().to_vec();
    columns[0] = Arc::new(oids) as ArrayRef;
    *relation = RecordBatch::try_new(relation.schema(), columns)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_is_listed_with_its_oid() {
        let snapshot = &get().snapshot;
        for table in tables::all() {
            let schema = snapshot.schema(table.schema()).expect("a listed schema");
            let row = schema.table(table.name()).expect("a listed relation");
            assert_eq!(schema.table_oid(row), table.oid(), "{}.{}", table.schema(), table.name());
            assert_eq!(schema.columns_of(row).len(), table.columns().len(), "{}.{}", table.schema(), table.name());
        }
        assert_eq!(snapshot.schemas.len(), tables::SCHEMAS.len());
    }

    #[test]
    fn oids_stay_out_of_each_others_way() {
        assert!(FIRST_SCHEMA_OID as usize + tables::SCHEMAS.len() <= FIRST_RELATION_OID as usize);
        assert!(FIRST_RELATION_OID as usize + tables::all().count() <= FIRST_ROUTINE_OID as usize);
        assert!(FIRST_ROUTINE_OID as usize + procedures::ALL.len() <= 16_384);
    }

    /// What is shown to clients must be explained to them.
    #[test]
    fn everything_is_documented() {
        let mut undocumented = Vec::new();
        for table in tables::all() {
            let name = format!("{}.{}", table.schema(), table.name());
            let columns = table.columns().iter().map(|column| (format!("{name}.{}", column.name), column.description.clone()));
            let documented = columns.chain([(name.clone(), table.summary())]);
            undocumented.extend(documented.filter(|(_, text)| text.trim().is_empty()).map(|(name, _)| name));
        }
        for procedure in procedures::ALL {
            let name = procedure.name();
            let arguments = procedure.arguments().into_iter().map(|argument| (format!("{name}({})", argument.name), argument.description));
            let columns = procedure.columns().into_iter().map(|column| (format!("{name}: {}", column.name), column.description));
            let documented = arguments.chain(columns).chain([(name.to_owned(), procedure.summary())]);
            undocumented.extend(documented.filter(|(_, text)| text.trim().is_empty()).map(|(name, _)| name));
        }
        assert_eq!(undocumented, Vec::<String>::new());
    }

    #[test]
    fn procedures_are_routines_with_parameters() {
        let schema = get().snapshot.schema(procedures::SCHEMA).expect("the schema of procedures");
        assert_eq!(schema.relation(Relation::Routines).num_rows(), procedures::ALL.len());
        let arguments: usize = procedures::ALL.iter().map(|procedure| procedure.arguments().len()).sum();
        assert_eq!(schema.relation(Relation::Parameters).num_rows(), arguments);
    }
}

//! Where a connector pushes what it finds: typed rows in, columnar schemas out.

mod builders;
mod inferred;
mod kept;
mod primary_key;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayBuilder, ArrayRef, RecordBatch, StringArray, UInt32Array, UInt32Builder};
use arrow::compute::{SortColumn, cast, lexsort_to_indices, take};
use arrow::datatypes::DataType;

use builders::*;
use kept::{Kept, with_kept, with_kept_tables};

use super::layout::Relation;
use super::rows::*;
use super::snapshot::{ColumnType, SchemaMetadata};
use crate::documents::{InferredColumn, TableDefinitions};
use crate::error::{Code, Error, Result};
use crate::types::PgType;

/// The most objects of one kind in one schema: their rows are counted in 32 bits.
const ROWS_MAX: usize = u32::MAX as usize;

/// Collects the metadata of a source. Rows may come in any order, but a table before what belongs to it.
#[derive(Default)]
pub struct Harvest {
    schemas: BTreeMap<String, SchemaBuilder>,
    earlier: Vec<Arc<SchemaMetadata>>,
    since: Option<String>,
    keeps_tables: bool,
    definitions: Arc<TableDefinitions>,
}

impl Harvest {
    pub fn new() -> Self {
        Self::default()
    }

    /// A harvest of a source of which these schemas are known, and some of whose tables operators have defined.
    pub fn after(earlier: Vec<Arc<SchemaMetadata>>, definitions: Arc<TableDefinitions>) -> Self {
        Self { earlier, definitions, ..Self::default() }
    }

    /// What operators say about tables. Connectors whose kind has [`Capabilities::definitions`](crate::connector::Capabilities) obey.
    pub fn definitions(&self) -> Arc<TableDefinitions> {
        Arc::clone(&self.definitions)
    }

    /// What an earlier harvest found in the documents of a table.
    pub fn known(&self, schema: &str, table: &str) -> Result<Vec<InferredColumn>> {
        let earlier = self.earlier.iter().find(|earlier| earlier.name == schema);
        earlier.map_or(Ok(Vec::new()), |earlier| inferred::known(earlier, table))
    }

    /// The columns of a table as its documents have them, and the evidence for it. The columns themselves are pushed as those of any table.
    pub fn inferred(&mut self, schema: &str, table: &str, columns: &[InferredColumn]) -> Result<()> {
        let schema_builder = self.schema_of(schema);
        let table = schema_builder.table_row(schema, table)?;
        inferred::push(&mut schema_builder.inferred_columns, table, columns)
    }

    /// What [`ReadRequest::recipe`](crate::connector::ReadRequest) of the table is to be. It changes only when reading has to.
    pub fn recipe(&mut self, schema: &str, table: &str, recipe: String) -> Result<()> {
        let schema_builder = self.schema_of(schema);
        let table = schema_builder.table_row(schema, table)?;
        schema_builder.recipes.insert(table, recipe);
        Ok(())
    }

    /// A schema. A schema that only tables name needs no row of its own.
    pub fn schema(&mut self, row: SchemaRow<'_>) {
        let schema = self.schemas.entry(row.name.to_owned()).or_default();
        schema.owner = row.owner.map(str::to_owned);
        schema.comment = row.comment.map(str::to_owned);
    }

    pub fn table(&mut self, row: TableRow<'_>) -> Result<()> {
        let TableRow { schema, name, kind, owner, comment, row_estimate, size_bytes } = row;
        self.push_table(TableCells { schema, name, kind: kind.name(), owner, comment, row_estimate, size_bytes }).map(|_| ())
    }

    /// Gives the place at which the table was pushed.
    fn push_table(&mut self, row: TableCells<'_>) -> Result<u32> {
        let schema = self.schema_of(row.schema);
        let index = schema.tables.oid.len();
        check_limit(index, row.schema)?;
        if schema.table_rows.insert(row.name.to_owned(), index as u32).is_some() {
            return Err(Error::new(Code::BadData, format!("the source lists table \"{}.{}\" twice", row.schema, row.name)));
        }
        let tables = &mut schema.tables;
        tables.oid.append_value(0);
        tables.name.append_value(row.name);
        tables.kind.append_value(row.kind);
        tables.first_column.append_value(0);
        tables.owner.append_option(row.owner);
        tables.comment.append_option(row.comment);
        tables.row_estimate.append_option(row.row_estimate);
        tables.size_bytes.append_option(row.size_bytes);
        Ok(index as u32)
    }

    pub fn column(&mut self, row: ColumnRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.table)?;
        check_limit(schema.columns.ordinal.len(), row.schema)?;
        let column_type = schema.type_row(row.data_type, row.pg_type, row.native_type);
        schema.column_tables.append_value(table);
        let columns = &mut schema.columns;
        columns.name.append_value(row.name);
        columns.ordinal.append_value(row.ordinal);
        columns.column_type.append_value(column_type);
        columns.nullable.append_value(row.nullable);
        columns.default.append_option(row.default);
        columns.generated.append_option(row.generated.map(Generated::name));
        columns.collation.append_option(row.collation);
        columns.comment.append_option(row.comment);
        Ok(())
    }

    pub fn view(&mut self, row: ViewRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.name)?;
        schema.views.table.append_value(table);
        schema.views.definition.append_value(row.definition);
        schema.views.query.append_option(row.query);
        schema.views.updatable.append_value(row.updatable);
        Ok(())
    }

    pub fn constraint(&mut self, row: ConstraintRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.table)?;
        let constraints = &mut schema.constraints;
        constraints.oid.append_value(0);
        constraints.table.append_value(table);
        constraints.name.append_value(row.name);
        constraints.kind.append_value(row.kind.name());
        constraints.columns.append(row.columns);
        let (mut referenced, mut condition) = (None, None);
        match row.kind {
            ConstraintKind::ForeignKey { referenced_schema, referenced_table, referenced_columns, on_update, on_delete } => {
                constraints.referenced_columns.append(referenced_columns);
                referenced = Some((referenced_schema, referenced_table, on_update.name(), on_delete.name()));
            }
            ConstraintKind::Check { expression } => {
                constraints.referenced_columns.append_null();
                condition = Some(expression);
            }
            ConstraintKind::Exclusion { definition } => {
                constraints.referenced_columns.append_null();
                condition = Some(definition);
            }
            ConstraintKind::PrimaryKey | ConstraintKind::Unique => constraints.referenced_columns.append_null(),
        }
        constraints.referenced_schema.append_option(referenced.map(|one| one.0));
        constraints.referenced_table.append_option(referenced.map(|one| one.1));
        constraints.on_update.append_option(referenced.map(|one| one.2));
        constraints.on_delete.append_option(referenced.map(|one| one.3));
        constraints.expression.append_option(condition);
        constraints.deferrable.append_value(row.deferrable);
        constraints.initially_deferred.append_value(row.initially_deferred);
        constraints.comment.append_option(row.comment);
        Ok(())
    }

    pub fn index(&mut self, row: IndexRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.table)?;
        let indexes = &mut schema.indexes;
        indexes.oid.append_value(0);
        indexes.table.append_value(table);
        indexes.name.append_value(row.name);
        indexes.unique.append_value(row.unique);
        indexes.primary.append_value(row.primary);
        indexes.method.append_value(row.method);
        indexes.columns.append(row.columns);
        indexes.predicate.append_option(row.predicate);
        indexes.definition.append_option(row.definition);
        indexes.comment.append_option(row.comment);
        Ok(())
    }

    pub fn trigger(&mut self, row: TriggerRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.table)?;
        let triggers = &mut schema.triggers;
        triggers.oid.append_value(0);
        triggers.table.append_value(table);
        triggers.name.append_value(row.name);
        triggers.timing.append_value(row.timing.name());
        triggers.events.append(row.events);
        triggers.columns.append(row.columns);
        triggers.for_each_row.append_value(row.for_each_row);
        triggers.condition.append_option(row.condition);
        triggers.action.append_value(row.action);
        triggers.enabled.append_value(row.enabled);
        triggers.comment.append_option(row.comment);
        Ok(())
    }

    pub fn sequence(&mut self, row: SequenceRow<'_>) {
        let schema = self.schema_of(row.schema);
        let sequence_type = schema.type_row(&crate::types::to_arrow(row.pg_type), row.pg_type, row.native_type);
        let sequences = &mut schema.sequences;
        sequences.oid.append_value(0);
        sequences.name.append_value(row.name);
        sequences.owner.append_option(row.owner);
        sequences.comment.append_option(row.comment);
        sequences.sequence_type.append_value(sequence_type);
        sequences.start.append_value(row.start);
        sequences.minimum.append_value(row.minimum);
        sequences.maximum.append_value(row.maximum);
        sequences.increment.append_value(row.increment);
        sequences.cycle.append_value(row.cycle);
        sequences.owner_table.append_option(row.owned_by.map(|owner| owner.0));
        sequences.owner_column.append_option(row.owned_by.map(|owner| owner.1));
    }

    pub fn routine(&mut self, row: RoutineRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let index = schema.routines.oid.len() as u32;
        if schema.routine_rows.insert(row.specific_name.to_owned(), index).is_some() {
            return Err(Error::new(Code::BadData, format!("the source lists routine \"{}.{}\" twice", row.schema, row.specific_name)));
        }
        let routines = &mut schema.routines;
        routines.oid.append_value(0);
        routines.name.append_value(row.name);
        routines.specific_name.append_value(row.specific_name);
        routines.kind.append_value(row.kind.name());
        routines.language.append_value(row.language);
        routines.return_type.append_option(row.return_type);
        routines.definition.append_option(row.definition);
        routines.comment.append_option(row.comment);
        Ok(())
    }

    pub fn parameter(&mut self, row: ParameterRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let Some(routine) = schema.routine_rows.get(row.specific_name).copied() else {
            return Err(orphan("routine", row.schema, row.specific_name));
        };
        let parameter_type = schema.type_row(&crate::types::to_arrow(row.pg_type), row.pg_type, row.native_type);
        let parameters = &mut schema.parameters;
        parameters.routine.append_value(routine);
        parameters.ordinal.append_value(row.ordinal);
        parameters.mode.append_value(row.mode);
        parameters.name.append_option(row.name);
        parameters.parameter_type.append_value(parameter_type);
        parameters.default.append_option(row.default);
        Ok(())
    }

    pub fn user_type(&mut self, row: TypeRow<'_>) {
        let types = &mut self.schema_of(row.schema).types;
        types.oid.append_value(0);
        types.name.append_value(row.name);
        types.kind.append_value(row.kind.name());
        types.members.append(row.members);
        types.comment.append_option(row.comment);
    }

    pub fn partition(&mut self, row: PartitionRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.table)?;
        let partitions = &mut schema.partitions;
        partitions.table.append_value(table);
        partitions.name.append_value(row.name);
        partitions.method.append_value(row.method);
        partitions.expression.append_value(row.expression);
        partitions.description.append_value(row.description);
        partitions.location.append_option(row.location);
        partitions.row_estimate.append_option(row.row_estimate);
        partitions.size_bytes.append_option(row.size_bytes);
        Ok(())
    }

    pub fn table_option(&mut self, row: TableOptionRow<'_>) -> Result<()> {
        let schema = self.schema_of(row.schema);
        let table = schema.table_row(row.schema, row.table)?;
        schema.table_options.table.append_value(table);
        schema.table_options.name.append_value(row.name);
        schema.table_options.value.append_value(row.value);
        Ok(())
    }

    /// The schemas, without ids, sorted by name, each sorted within. Equal metadata gives equal batches, whatever the order of the pushes.
    pub fn finish(self) -> Result<Vec<SchemaMetadata>> {
        self.schemas.into_iter().map(|(name, schema)| schema.finish(name)).collect()
    }

    fn schema_of(&mut self, name: &str) -> &mut SchemaBuilder {
        if !self.schemas.contains_key(name) {
            self.schemas.insert(name.to_owned(), SchemaBuilder::default());
        }
        // Inserted right above where it was missing.
        self.schemas.get_mut(name).expect("the schema's builder")
    }
}

/// A row of the relation of tables, its kind as a word.
struct TableCells<'a> {
    schema: &'a str,
    name: &'a str,
    kind: &'a str,
    owner: Option<&'a str>,
    comment: Option<&'a str>,
    row_estimate: Option<i64>,
    size_bytes: Option<i64>,
}

/// Builders of one schema. A column `table` holds the place at which the table was pushed until `finish` sorts.
#[derive(Default)]
struct SchemaBuilder {
    owner: Option<String>,
    comment: Option<String>,
    table_rows: HashMap<String, u32>,
    routine_rows: HashMap<String, u32>,
    type_rows: HashMap<ColumnType, i32>,
    column_types: Vec<ColumnType>,
    tables: TablesBuilder,
    /// The column `recipe` of the tables, by the place at which they were pushed.
    recipes: HashMap<u32, String>,
    /// The table of each column. Not part of the layout: there, the columns of a table are a range.
    column_tables: UInt32Builder,
    columns: ColumnsBuilder,
    views: ViewsBuilder,
    constraints: ConstraintsBuilder,
    indexes: IndexesBuilder,
    routines: RoutinesBuilder,
    parameters: ParametersBuilder,
    types: TypesBuilder,
    partitions: PartitionsBuilder,
    table_options: TableOptionsBuilder,
    triggers: TriggersBuilder,
    sequences: SequencesBuilder,
    inferred_columns: InferredColumnsBuilder,
    /// Rows that were taken over; they follow those of the builders.
    kept: Vec<Kept>,
}

impl SchemaBuilder {
    fn table_row(&self, schema: &str, table: &str) -> Result<u32> {
        self.table_rows.get(table).copied().ok_or_else(|| orphan("table", schema, table))
    }

    fn type_row(&mut self, arrow: &DataType, pg: PgType, native: &str) -> i32 {
        let column_type = ColumnType { arrow: arrow.clone(), pg, native: native.to_owned() };
        if let Some(row) = self.type_rows.get(&column_type) {
            return *row;
        }
        let row = self.column_types.len() as i32;
        self.column_types.push(column_type.clone());
        self.type_rows.insert(column_type, row);
        row
    }

    fn finish(mut self, name: String) -> Result<SchemaMetadata> {
        let mut tables = self.tables.finish();
        let recipes = (0..tables[0].len() as u32).map(|table| self.recipes.remove(&table));
        tables.push(Arc::new(StringArray::from_iter(recipes)));
        let table_order = lexsort_to_indices(&[ascending(&tables[1])], None)?;
        let table_places = places(&table_order);
        tables = reorder(&tables, &table_order)?;

        let all = |relation, pushed| with_kept(&self.kept, relation, pushed);
        let column_tables = with_kept_tables(&self.kept, Arc::new(self.column_tables.finish()))?;
        let column_tables: ArrayRef = take(&table_places, &column_tables, None)?;
        let mut columns = all(Relation::Columns, self.columns.finish())?;
        let column_order = lexsort_to_indices(&[ascending(&column_tables), ascending(&columns[1])], None)?;
        columns = reorder(&columns, &column_order)?;
        tables[3] = first_columns(&take(&column_tables, &column_order, None)?, tables[0].len());

        let routines = self.routines.finish();
        let routine_order = lexsort_to_indices(&[ascending(&routines[1]), ascending(&routines[2])], None)?;
        let routine_places = places(&routine_order);

        let mut parameters = self.parameters.finish();
        parameters = belonging(parameters, 0, &routine_places, 1)?;
        let mut sequences = sorted(self.sequences.finish(), &[1])?;
        let mut column_types = self.column_types;
        renumber_types(&mut column_types, &mut [&mut columns[2], &mut parameters[4], &mut sequences[4]])?;

        let relations = [
            (Relation::Tables, tables),
            (Relation::Columns, columns),
            (Relation::Views, belonging(all(Relation::Views, self.views.finish())?, 0, &table_places, 0)?),
            (Relation::Constraints, belonging(all(Relation::Constraints, self.constraints.finish())?, 1, &table_places, 2)?),
            (Relation::Indexes, belonging(all(Relation::Indexes, self.indexes.finish())?, 1, &table_places, 2)?),
            (Relation::Routines, reorder(&routines, &routine_order)?),
            (Relation::Parameters, parameters),
            (Relation::Types, sorted(self.types.finish(), &[1])?),
            (Relation::Partitions, belonging(all(Relation::Partitions, self.partitions.finish())?, 0, &table_places, 1)?),
            (Relation::TableOptions, belonging(all(Relation::TableOptions, self.table_options.finish())?, 0, &table_places, 1)?),
            (Relation::Triggers, belonging(all(Relation::Triggers, self.triggers.finish())?, 1, &table_places, 2)?),
            (Relation::Sequences, sequences),
            (Relation::InferredColumns, belonging(all(Relation::InferredColumns, self.inferred_columns.finish())?, 0, &table_places, 1)?),
        ];
        let relations = relations.map(|(relation, arrays)| batch(relation, arrays));
        let [a, b, c, d, e, f, g, h, i, j, k, l, m] = relations;
        let relations = [a?, b?, c?, d?, e?, f?, g?, h?, i?, j?, k?, l?, m?];
        Ok(SchemaMetadata { name, oid: 0, owner: self.owner, comment: self.comment, column_types, relations })
    }
}

/// The relation's batch, its text packed into dictionaries in order of first appearance.
fn batch(relation: Relation, arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
    let layout = relation.layout();
    let arrays = arrays.iter().zip(layout.fields()).map(|(array, field)| cast(array, field.data_type()));
    Ok(RecordBatch::try_new(Arc::clone(&layout), arrays.collect::<Result<_, _>>()?)?)
}

fn ascending(array: &ArrayRef) -> SortColumn {
    SortColumn { values: Arc::clone(array), options: None }
}

fn reorder(arrays: &[ArrayRef], order: &UInt32Array) -> Result<Vec<ArrayRef>> {
    Ok(arrays.iter().map(|array| take(array, order, None)).collect::<Result<_, _>>()?)
}

fn sorted(arrays: Vec<ArrayRef>, by: &[usize]) -> Result<Vec<ArrayRef>> {
    let order = lexsort_to_indices(&by.iter().map(|column| ascending(&arrays[*column])).collect::<Vec<_>>(), None)?;
    reorder(&arrays, &order)
}

/// Rows that belong to an owner (a table or routine), sorted by the owner's new place and then by a column of their own.
fn belonging(mut arrays: Vec<ArrayRef>, owner: usize, places: &UInt32Array, by: usize) -> Result<Vec<ArrayRef>> {
    arrays[owner] = take(places, &arrays[owner], None)?;
    sorted(arrays, &[owner, by])
}

/// Where each row of the unsorted relation stands in the sorted one.
fn places(order: &UInt32Array) -> UInt32Array {
    let mut places = vec![0; order.len()];
    for (place, row) in order.values().iter().enumerate() {
        places[*row as usize] = place as u32;
    }
    places.into()
}

/// For every table the row of its first column, from the sorted tables of all columns.
fn first_columns(column_tables: &ArrayRef, tables: usize) -> ArrayRef {
    let column_tables = arrow::array::cast::as_primitive_array::<arrow::datatypes::UInt32Type>(column_tables).values();
    let mut first = 0;
    let firsts = (0..tables as u32).map(|table| {
        first += column_tables[first..].partition_point(|other| *other < table);
        first as u32
    });
    Arc::new(UInt32Array::from_iter_values(firsts))
}

/// Numbers the types in the order in which the sorted rows meet them, so that the order of the pushes leaves no trace.
fn renumber_types(column_types: &mut Vec<ColumnType>, uses: &mut [&mut ArrayRef]) -> Result<()> {
    let mut numbers: Vec<Option<i32>> = vec![None; column_types.len()];
    let mut renumbered = Vec::with_capacity(column_types.len());
    for array in uses {
        let old = arrow::array::cast::as_primitive_array::<arrow::datatypes::Int32Type>(array.as_ref());
        let new = old.values().iter().map(|number| {
            *numbers[*number as usize].get_or_insert_with(|| {
                renumbered.push(column_types[*number as usize].clone());
                renumbered.len() as i32 - 1
            })
        });
        let new: ArrayRef = Arc::new(arrow::array::Int32Array::from_iter_values(new));
        **array = new;
    }
    *column_types = renumbered;
    Ok(())
}

fn check_limit(rows: usize, schema: &str) -> Result<()> {
    if rows < ROWS_MAX {
        Ok(())
    } else {
        Err(Error::new(Code::Limit, format!("schema \"{schema}\" has more than {ROWS_MAX} objects of one kind")))
    }
}

/// A defect of a connector: something was pushed before what it belongs to.
fn orphan(kind: &str, schema: &str, name: &str) -> Error {
    Error::internal(format!("metadata was pushed for {kind} \"{schema}.{name}\" before the {kind} itself"))
}

//! The metadata of a data source: what a connector pushes, and the immutable snapshot that everything is served from.
//!
//! Both are columnar: one [`SchemaMetadata`] holds all tables and columns of a schema as Arrow batches, so that ten million
//! columns fit in memory, are compared as bytes, and are read without building an object per table.

mod harvest;
mod layout;
mod rows;
mod snapshot;

pub use harvest::Harvest;
pub use layout::Relation;
pub use rows::{
    ColumnRow, ConstraintKind, ConstraintRow, Generated, IndexRow, ParameterRow, PartitionRow, ReferentialAction, RoutineKind, RoutineRow,
    SchemaRow, SequenceRow, TableKind, TableOptionRow, TableRow, TriggerRow, TriggerTiming, TypeKind, TypeRow, ViewRow,
};
pub use snapshot::{ColumnType, SchemaMetadata, Snapshot};

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;
    use crate::types::{PgType, oid};

    fn harvest(tables: &[&str]) -> SchemaMetadata {
        let mut harvest = Harvest::new();
        for table in tables {
            let row = TableRow {
                schema: "s",
                name: table,
                kind: TableKind::Table,
                owner: None,
                comment: None,
                row_estimate: None,
                size_bytes: None,
            };
            harvest.table(row).expect("a new table");
        }
        for (ordinal, name, data_type, pg_type) in
            [(2, "b", DataType::Utf8, PgType::varchar(9)), (1, "a", DataType::Int32, PgType::new(oid::INT4))]
        {
            for table in tables {
                let (schema, native_type) = ("s", pg_type.format());
                harvest
                    .column(ColumnRow {
                        schema,
                        table,
                        name,
                        ordinal,
                        data_type: &data_type,
                        pg_type,
                        native_type: &native_type,
                        nullable: true,
                        default: None,
                        generated: None,
                        collation: None,
                        comment: None,
                    })
                    .expect("a column of a known table");
            }
        }
        for table in tables {
            let kind = ConstraintKind::PrimaryKey;
            let (deferrable, initially_deferred) = (false, false);
            let row =
                ConstraintRow { schema: "s", table, name: "pk", kind, columns: &["a"], deferrable, initially_deferred, comment: None };
            harvest.constraint(row).expect("a constraint of a known table");
        }
        harvest.finish().expect("a harvest").remove(0)
    }

    #[test]
    fn the_order_of_pushes_leaves_no_trace() {
        assert_eq!(harvest(&["x", "y", "z"]), harvest(&["z", "x", "y"]));
    }

    #[test]
    fn tables_and_what_belongs_to_them_are_found() {
        let schema = harvest(&["z", "x", "y"]);
        assert_eq!((schema.table("y"), schema.table("w")), (Some(1), None));
        let names: Vec<_> =
            schema.columns_of(1).map(|column| (schema.column_name(column), schema.column_type(column).native.as_str())).collect();
        assert_eq!(names, [("a", "integer"), ("b", "character varying(9)")]);
        assert_eq!(schema.rows_of(Relation::Constraints, 2), 2..3);
    }

    #[test]
    fn a_column_needs_its_table() {
        let error = Harvest::new().view(ViewRow { schema: "s", name: "v", definition: "", updatable: false }).expect_err("no such view");
        assert_eq!(error.message, "metadata was pushed for table \"s.v\" before the table itself");
    }
}

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
    use std::sync::Arc;

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
    fn what_is_taken_over_is_as_it_was() {
        let earlier = Arc::new(harvest(&["x", "y", "z"]));
        let mut kept = Harvest::after(vec![Arc::clone(&earlier)], Arc::default()).since("1".to_owned());
        assert_eq!(kept.earlier_fingerprint(), Some("1"));
        kept.keep_tables("s", &["z", "x"]).expect("known tables");
        assert!(kept.keeps_tables());
        let error = kept.keep_tables("s", &["w"]).expect_err("no such table");
        assert_eq!(error.message, "metadata was pushed for table \"s.w\" before the table itself");
        assert_eq!(kept.finish().expect("a harvest").remove(0), harvest(&["x", "z"]));
    }

    #[test]
    fn partitions_are_taken_over_by_themselves() {
        let table = |harvest: &mut Harvest, name: &str| {
            let kind = TableKind::PartitionedTable;
            let row = TableRow { schema: "s", name, kind, owner: None, comment: None, row_estimate: None, size_bytes: None };
            harvest.table(row).expect("a new table");
        };
        let partition = |harvest: &mut Harvest, table: &str, name: &str| {
            let (method, expression, location) = ("list", "day", None);
            let row = PartitionRow {
                schema: "s",
                table,
                name,
                method,
                expression,
                description: name,
                location,
                row_estimate: None,
                size_bytes: Some(1),
            };
            harvest.partition(row).expect("a partition of a known table");
        };
        let mut first = Harvest::new();
        for name in ["a", "b"] {
            table(&mut first, name);
            partition(&mut first, name, &format!("{name}1"));
        }
        let earlier = Arc::new(first.finish().expect("a harvest").remove(0));
        let mut second = Harvest::after(vec![earlier], Arc::default());
        for name in ["new", "b"] {
            table(&mut second, name);
            second.keep_partitions("s", name).expect("a pushed table");
        }
        partition(&mut second, "new", "n1");
        let schema = second.finish().expect("a harvest").remove(0);
        assert_eq!(schema.text(Relation::Partitions, "description").iter().flatten().collect::<Vec<_>>(), ["b1", "n1"]);
        assert_eq!(schema.rows_of(Relation::Partitions, 0), 0..1);
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
        let error = Harvest::new()
            .view(ViewRow { schema: "s", name: "v", definition: "", query: None, updatable: false })
            .expect_err("no such view");
        assert_eq!(error.message, "metadata was pushed for table \"s.v\" before the table itself");
    }
}

//! The Arrow layout of a schema's metadata: which relations there are, and their columns.
//!
//! Rows of a relation are sorted, so that equal metadata has equal bytes: tables by name, and everything that belongs to a
//! table by the table's place. Names repeat far more often than not, which is why most text is dictionary-encoded.

use std::sync::Arc;
use std::sync::LazyLock;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// The relations of a schema's metadata. Their order is that of the stored form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    Tables,
    Columns,
    Views,
    Constraints,
    Indexes,
    Routines,
    Parameters,
    Types,
    Partitions,
    TableOptions,
    Triggers,
    Sequences,
    InferredColumns,
}

impl Relation {
    /// How many relations there are.
    pub const COUNT: usize = 13;

    pub const ALL: [Relation; Relation::COUNT] = [
        Relation::Tables,
        Relation::Columns,
        Relation::Views,
        Relation::Constraints,
        Relation::Indexes,
        Relation::Routines,
        Relation::Parameters,
        Relation::Types,
        Relation::Partitions,
        Relation::TableOptions,
        Relation::Triggers,
        Relation::Sequences,
        Relation::InferredColumns,
    ];

    /// The columns of the relation.
    ///
    /// `oid` is the object's persistent id, 0 in a harvest that has not met a snapshot yet. `table` is the row of the table
    /// in [`Relation::Tables`]. `type` is a place in [`SchemaMetadata::column_types`](super::SchemaMetadata::column_types).
    pub fn layout(self) -> SchemaRef {
        static LAYOUTS: LazyLock<[SchemaRef; Relation::COUNT]> =
            LazyLock::new(|| Relation::ALL.map(|relation| Arc::new(Schema::new(relation.fields()))));
        Arc::clone(&LAYOUTS[self as usize])
    }

    fn fields(self) -> Vec<Field> {
        let required = |name: &str, data_type: DataType| Field::new(name, data_type, false);
        let optional = |name: &str, data_type: DataType| Field::new(name, data_type, true);
        let word = || DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        let name = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let names = || DataType::new_list(DataType::Utf8, false);
        match self {
            Relation::Tables => vec![
                required("oid", DataType::UInt32),
                required("name", DataType::Utf8),
                required("kind", word()),
                // The first row of the table in `Columns`; its columns end where those of the next table begin.
                required("first_column", DataType::UInt32),
                optional("owner", name()),
                optional("comment", DataType::Utf8),
                optional("row_estimate", DataType::Int64),
                optional("size_bytes", DataType::Int64),
                // How its rows are read, in words of the connector.
                optional("recipe", DataType::Utf8),
            ],
            Relation::Columns => vec![
                required("name", name()),
                required("ordinal", DataType::Int32),
                required("type", DataType::Int32),
                required("nullable", DataType::Boolean),
                optional("default", name()),
                optional("generated", word()),
                optional("collation", name()),
                optional("comment", DataType::Utf8),
            ],
            Relation::Views => {
                vec![
                    required("table", DataType::UInt32),
                    required("definition", DataType::Utf8),
                    optional("query", DataType::Utf8),
                    required("updatable", DataType::Boolean),
                ]
            }
            Relation::Constraints => vec![
                required("oid", DataType::UInt32),
                required("table", DataType::UInt32),
                required("name", DataType::Utf8),
                required("kind", word()),
                required("columns", names()),
                optional("referenced_schema", name()),
                optional("referenced_table", name()),
                optional("referenced_columns", names()),
                optional("on_update", word()),
                optional("on_delete", word()),
                optional("expression", DataType::Utf8),
                required("deferrable", DataType::Boolean),
                required("initially_deferred", DataType::Boolean),
                optional("comment", DataType::Utf8),
            ],
            Relation::Indexes => vec![
                required("oid", DataType::UInt32),
                required("table", DataType::UInt32),
                required("name", DataType::Utf8),
                required("unique", DataType::Boolean),
                required("primary", DataType::Boolean),
                required("method", word()),
                required("columns", names()),
                optional("predicate", DataType::Utf8),
                optional("definition", DataType::Utf8),
                optional("comment", DataType::Utf8),
            ],
            Relation::Routines => vec![
                required("oid", DataType::UInt32),
                required("name", DataType::Utf8),
                required("specific_name", DataType::Utf8),
                required("kind", word()),
                required("language", name()),
                optional("return_type", DataType::Utf8),
                optional("definition", DataType::Utf8),
                optional("comment", DataType::Utf8),
            ],
            Relation::Parameters => vec![
                // The row of the routine in `Routines`.
                required("routine", DataType::UInt32),
                required("ordinal", DataType::Int32),
                required("mode", word()),
                optional("name", DataType::Utf8),
                required("type", DataType::Int32),
                optional("default", DataType::Utf8),
            ],
            Relation::Types => vec![
                required("oid", DataType::UInt32),
                required("name", DataType::Utf8),
                required("kind", word()),
                required("members", names()),
                optional("comment", DataType::Utf8),
            ],
            Relation::Partitions => vec![
                required("table", DataType::UInt32),
                required("name", DataType::Utf8),
                required("method", word()),
                required("expression", name()),
                required("description", DataType::Utf8),
                optional("location", DataType::Utf8),
                optional("row_estimate", DataType::Int64),
                optional("size_bytes", DataType::Int64),
            ],
            Relation::TableOptions => {
                vec![required("table", DataType::UInt32), required("name", name()), required("value", DataType::Utf8)]
            }
            Relation::Triggers => vec![
                required("oid", DataType::UInt32),
                required("table", DataType::UInt32),
                required("name", DataType::Utf8),
                required("timing", word()),
                required("events", names()),
                required("columns", names()),
                required("for_each_row", DataType::Boolean),
                optional("condition", DataType::Utf8),
                required("action", DataType::Utf8),
                required("enabled", DataType::Boolean),
                optional("comment", DataType::Utf8),
            ],
            Relation::Sequences => vec![
                required("oid", DataType::UInt32),
                required("name", DataType::Utf8),
                optional("owner", name()),
                optional("comment", DataType::Utf8),
                required("type", DataType::Int32),
                required("start", name()),
                required("minimum", name()),
                required("maximum", name()),
                required("increment", name()),
                required("cycle", DataType::Boolean),
                // The table of the schema whose column it belongs to.
                optional("owner_table", name()),
                optional("owner_column", name()),
            ],
            // Of tables whose columns were found in a sample: each column, followed by the fields within it.
            Relation::InferredColumns => vec![
                required("table", DataType::UInt32),
                // Counts the rows of the table.
                required("ordinal", DataType::Int32),
                required("column", name()),
                required("path", DataType::Utf8),
                required("data_type", name()),
                required("sampled", DataType::Int64),
                required("present", DataType::Int64),
                required("nulls", DataType::Int64),
                // A JSON object: how many values had which of the source's types.
                required("types", DataType::Utf8),
                optional("conflict", DataType::Utf8),
                required("confidence", DataType::Float64),
                required("confirmed", DataType::Boolean),
                // Of a column itself: all that the next inference wants to know of it, as JSON.
                optional("known", DataType::Utf8),
            ],
        }
    }
}

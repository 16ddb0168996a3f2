//! Builders of the relations of a schema, each in the order of its layout.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, UInt32Builder};
use arrow::datatypes::{DataType, Field};

/// Builders of one relation, in the order of its layout.
macro_rules! relation_builder {
    ($builder:ident { $($column:ident: $type:ty),* $(,)? }) => {
        #[derive(Default)]
        pub(super) struct $builder { $(pub(super) $column: $type,)* }

        impl $builder {
            pub(super) fn finish(mut self) -> Vec<ArrayRef> {
                vec![$(Arc::new(self.$column.finish()),)*]
            }
        }
    };
}

relation_builder!(TablesBuilder {
    oid: UInt32Builder,
    name: StringBuilder,
    kind: StringBuilder,
    first_column: UInt32Builder,
    owner: StringBuilder,
    comment: StringBuilder,
    row_estimate: Int64Builder,
    size_bytes: Int64Builder,
});
relation_builder!(ColumnsBuilder {
    name: StringBuilder,
    ordinal: Int32Builder,
    column_type: Int32Builder,
    nullable: BooleanBuilder,
    default: StringBuilder,
    generated: StringBuilder,
    collation: StringBuilder,
    comment: StringBuilder,
});
relation_builder!(ViewsBuilder { table: UInt32Builder, definition: StringBuilder, query: StringBuilder, updatable: BooleanBuilder });
relation_builder!(ConstraintsBuilder {
    oid: UInt32Builder,
    table: UInt32Builder,
    name: StringBuilder,
    kind: StringBuilder,
    columns: NamesBuilder,
    referenced_schema: StringBuilder,
    referenced_table: StringBuilder,
    referenced_columns: NamesBuilder,
    on_update: StringBuilder,
    on_delete: StringBuilder,
    expression: StringBuilder,
    deferrable: BooleanBuilder,
    initially_deferred: BooleanBuilder,
    comment: StringBuilder,
});
relation_builder!(IndexesBuilder {
    oid: UInt32Builder,
    table: UInt32Builder,
    name: StringBuilder,
    unique: BooleanBuilder,
    primary: BooleanBuilder,
    method: StringBuilder,
    columns: NamesBuilder,
    predicate: StringBuilder,
    definition: StringBuilder,
    comment: StringBuilder,
});
relation_builder!(RoutinesBuilder {
    oid: UInt32Builder,
    name: StringBuilder,
    specific_name: StringBuilder,
    kind: StringBuilder,
    language: StringBuilder,
    return_type: StringBuilder,
    definition: StringBuilder,
    comment: StringBuilder,
});
relation_builder!(ParametersBuilder {
    routine: UInt32Builder,
    ordinal: Int32Builder,
    mode: StringBuilder,
    name: StringBuilder,
    parameter_type: Int32Builder,
    default: StringBuilder,
});
relation_builder!(TypesBuilder {
    oid: UInt32Builder,
    name: StringBuilder,
    kind: StringBuilder,
    members: NamesBuilder,
    comment: StringBuilder
});
relation_builder!(PartitionsBuilder {
    table: UInt32Builder,
    name: StringBuilder,
    method: StringBuilder,
    expression: StringBuilder,
    description: StringBuilder,
    location: StringBuilder,
    row_estimate: Int64Builder,
    size_bytes: Int64Builder,
});
relation_builder!(TriggersBuilder {
    oid: UInt32Builder,
    table: UInt32Builder,
    name: StringBuilder,
    timing: StringBuilder,
    events: NamesBuilder,
    columns: NamesBuilder,
    for_each_row: BooleanBuilder,
    condition: StringBuilder,
    action: StringBuilder,
    enabled: BooleanBuilder,
    comment: StringBuilder,
});
relation_builder!(SequencesBuilder {
    oid: UInt32Builder,
    name: StringBuilder,
    owner: StringBuilder,
    comment: StringBuilder,
    sequence_type: Int32Builder,
    start: StringBuilder,
    minimum: StringBuilder,
    maximum: StringBuilder,
    increment: StringBuilder,
    cycle: BooleanBuilder,
    owner_table: StringBuilder,
    owner_column: StringBuilder,
});
relation_builder!(InferredColumnsBuilder {
    table: UInt32Builder,
    ordinal: Int32Builder,
    column: StringBuilder,
    path: StringBuilder,
    data_type: StringBuilder,
    sampled: Int64Builder,
    present: Int64Builder,
    nulls: Int64Builder,
    types: StringBuilder,
    conflict: StringBuilder,
    confidence: Float64Builder,
    confirmed: BooleanBuilder,
    known: StringBuilder,
});
relation_builder!(TableOptionsBuilder { table: UInt32Builder, name: StringBuilder, value: StringBuilder });

/// Builds lists of names that are never null, which a plain `ListBuilder` does not.
pub(super) struct NamesBuilder(ListBuilder<StringBuilder>);

impl Default for NamesBuilder {
    fn default() -> Self {
        Self(ListBuilder::new(StringBuilder::new()).with_field(Arc::new(Field::new_list_field(DataType::Utf8, false))))
    }
}

impl NamesBuilder {
    pub(super) fn append(&mut self, names: &[&str]) {
        for name in names {
            self.0.values().append_value(name);
        }
        self.0.append(true);
    }

    pub(super) fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> arrow::array::ListArray {
        self.0.finish()
    }
}

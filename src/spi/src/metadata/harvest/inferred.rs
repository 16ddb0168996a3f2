//! What was found in documents, as rows of a snapshot.

use arrow::array::{Array, AsArray};
use serde_json::{Map, Value};

use super::builders::InferredColumnsBuilder;
use crate::documents::{Evidence, FieldType, InferredColumn};
use crate::error::{Code, Error, Result};
use crate::metadata::{Relation, SchemaMetadata};

/// A row for each column, followed by one for each field within it.
pub(super) fn push(builder: &mut InferredColumnsBuilder, table: u32, columns: &[InferredColumn]) -> Result<()> {
    let mut ordinal = 0;
    for column in columns {
        let mut row = |path: &str, field_type: &FieldType, evidence: &Evidence, known: Option<String>| {
            ordinal += 1;
            builder.table.append_value(table);
            builder.ordinal.append_value(ordinal);
            builder.column.append_value(&column.name);
            builder.path.append_value(path);
            builder.data_type.append_value(field_type.to_string());
            builder.sampled.append_value(count(evidence.sampled));
            builder.present.append_value(count(evidence.present));
            builder.nulls.append_value(count(evidence.nulls));
            builder.types.append_value(types(evidence));
            builder.conflict.append_option(evidence.conflict.as_deref());
            builder.confidence.append_value(evidence.confidence);
            builder.confirmed.append_value(column.confirmed);
            builder.known.append_option(known);
        };
        let known = serde_json::to_string(column).map_err(|error| Error::internal("an inferred column could not be kept").cause(error))?;
        row(&column.path.to_string(), &column.field_type, &column.evidence, Some(known));
        column.fields.iter().for_each(|field| row(&field.path, &field.field_type, &field.evidence, None));
    }
    Ok(())
}

/// The columns of a table as they were pushed.
pub(super) fn known(schema: &SchemaMetadata, table: &str) -> Result<Vec<InferredColumn>> {
    let Some(table) = schema.table(table) else { return Ok(Vec::new()) };
    let known = schema.column(Relation::InferredColumns, "known").as_string::<i32>();
    let rows = schema.rows_of(Relation::InferredColumns, table).filter(|row| known.is_valid(*row));
    let read = |row| {
        serde_json::from_str(known.value(row))
            .map_err(|error| Error::new(Code::BadData, "what was known of inferred columns could not be read").cause(error))
    };
    rows.map(read).collect()
}

fn types(evidence: &Evidence) -> String {
    let counts: Map<String, Value> = evidence.types.iter().map(|seen| (seen.name.clone(), seen.count.into())).collect();
    Value::Object(counts).to_string()
}

fn count(rows: u64) -> i64 {
    rows.try_into().unwrap_or(i64::MAX)
}

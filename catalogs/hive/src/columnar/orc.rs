//! ORC files: their stripes one after the other, of each only the wanted columns.
//!
//! `tail.rs` reads what a file says of itself, `pruning.rs` tells the stripes that cannot hold a wanted row, and `stripe.rs` reads one.
//!
//! Deliberately absent: the predicates of the library that decodes. They take statistics that are missing for zeros.

mod pruning;
mod stripe;
mod tail;

use arrow::array::ArrayRef;
use arrow::datatypes::Schema;
use orc_rust::projection::ProjectionMask;
use orc_rust::schema::{ArrowSchemaOptions, RootDataType, TimestampPrecision};
use spi::Result;

use super::assembly::{Assembly, FileColumn};
use super::conversion::Writer;
use super::remote_file::RemoteFile;
use super::{Wanted, count};
use crate::format::OrcFormat;

/// Sends the wanted rows of a file. False where nobody wants more.
pub(super) async fn read(file: &RemoteFile<'_>, format: &OrcFormat, wanted: &mut Wanted<'_>) -> Result<bool> {
    let tail = tail::read(file).await?;
    let root = tail.metadata.root_data_type();
    let columns = columns(root);
    let is_positional = format.is_positional || has_no_names(&columns);
    let writer = Writer { is_hybrid: tail.is_hybrid, zone: None, has_logical_types: false };
    let assembly = Assembly::new(file, &columns, is_positional, &writer, wanted)?;
    let indices = assembly.needed.iter().map(|place| root.children()[*place].data_type().column_index());
    let projected = root.project(&ProjectionMask::roots(root, indices.collect::<Vec<_>>()));
    let conditions = pruning::Conditions::new(root, &columns, is_positional, &tail, wanted);
    for stripe in tail.metadata.stripe_metadatas() {
        if stripe.number_of_rows() == 0 || !conditions.may_hold(stripe) {
            continue;
        }
        let is_wanted = match assembly.needed.is_empty() {
            true => count(file, &assembly, stripe.number_of_rows(), wanted).await?,
            false => {
                let mut batches = stripe::batches(file, &tail, &projected, stripe).await?;
                send(file, &assembly, &mut batches, wanted).await?
            }
        };
        if !is_wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The columns of a file.
fn columns(root: &RootDataType) -> Vec<FileColumn> {
    let schema = arrow_schema(root);
    let column = |(place, child): (usize, &orc_rust::schema::NamedColumn)| FileColumn {
        name: child.name().to_owned(),
        data_type: schema.field(place).data_type().clone(),
        // Of a nested type, the first line.
        native_type: child.data_type().to_string().lines().next().unwrap_or_default().to_lowercase(),
    };
    root.children().iter().enumerate().map(column).collect()
}

/// What a root type is decoded as: moments in microseconds, as the gateway has them.
fn arrow_schema(root: &RootDataType) -> Schema {
    let options = ArrowSchemaOptions::new().with_timestamp_precision(TimestampPrecision::Microsecond);
    root.create_arrow_schema_with_options(&Default::default(), options)
}

/// Old versions of Hive wrote `_col0`, `_col1` and so on. Source: `SchemaEvolution.hasColumnNames` of ORC.
fn has_no_names(columns: &[FileColumn]) -> bool {
    let is_number = |column: &FileColumn| {
        let number = column.name.strip_prefix("_col").unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    !columns.is_empty() && columns.iter().all(is_number)
}

async fn send(file: &RemoteFile<'_>, assembly: &Assembly, batches: &mut stripe::Batches, wanted: &mut Wanted<'_>) -> Result<bool> {
    while let Some(decoded) = file.decode(|| batches.next().transpose())? {
        let needed: &[ArrayRef] = decoded.columns();
        let batch = file.decode(|| assembly.batch(needed, decoded.num_rows()))?;
        if !wanted.send(batch).await {
            return Ok(false);
        }
    }
    Ok(true)
}

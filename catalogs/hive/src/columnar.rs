//! Files of columns, of ORC and Avro: their batches, brought to the columns that the table declares.
//!
//! - `orc.rs` and `avro.rs` read a file, by parts that `remote_file.rs` fetches.
//! - `assembly.rs` finds a table's columns in a file; `conversion.rs` makes values of the table's types of those of the file's, which may
//!   be older than the table's declaration; `calendar.rs` moves old dates.

mod assembly;
mod avro;
mod calendar;
mod conversion;
mod orc;
mod remote_file;

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use hive_metastore::Table;
use spi::Result;
use spi::connector::{ReadRequest, RowStream};
use spi::predicate::Predicate;
use spi::rows::BatchSender;

use crate::client::Client;
use crate::format::{ColumnarFormat, OrcFormat};
use crate::listing;
use crate::options::Settings;
use crate::read::{self, Reading};
use crate::storage::Storage;
use assembly::Assembly;
use remote_file::RemoteFile;

/// Enough rows to hide the cost of a batch, and few enough that those of long values fit in memory.
const ROWS_PER_BATCH: usize = 8192;

/// How much a batch may have of the bytes of a file: values compress to a fifth of their size, or less.
const BYTES_PER_BATCH: u64 = 2 << 20;

/// A table whose files are of columns.
pub(crate) struct ColumnarTable {
    pub(crate) client: Arc<Client>,
    pub(crate) storage: Arc<Storage>,
    pub(crate) settings: Settings,
    pub(crate) table: Table,
    pub(crate) format: ColumnarFormat,
}

/// A wanted column, and where its values are.
struct Column {
    field: FieldRef,
    place: Place,
    /// As the metastore writes it; of some types it says more than the field does.
    native_type: String,
}

#[derive(Clone, Copy)]
enum Place {
    /// In files, where the table declares its column so far from the first.
    File(usize),
    /// Among the values of a folder, from 0.
    Folder(usize),
}

/// What is wanted of every file, and who is given it.
struct Wanted<'a> {
    columns: &'a [Column],
    schema: SchemaRef,
    /// They are applied by the gateway; here they only leave out what cannot hold a row.
    predicates: &'a [Predicate],
    /// So many rows more.
    left: usize,
    sender: BatchSender,
}

impl Wanted<'_> {
    /// Sends rows, as many as are left. False where nobody wants more.
    async fn send(&mut self, batch: RecordBatch) -> bool {
        let rows = batch.num_rows().min(self.left);
        self.left -= rows;
        (rows == 0 || self.sender.send(batch.slice(0, rows)).await) && self.left > 0
    }
}

/// The rows of a table, one file after the other. Nothing is asked before the first poll.
pub(crate) fn rows(of: ColumnarTable, request: ReadRequest) -> RowStream {
    spi::rows::rows(move |sender| async move {
        let reading = read::reading(&of.client, &of.storage, &of.settings, &of.table, &request).await?;
        let columns = columns(&of.table, &reading, &request);
        let columns = columns.map_err(|why| read::unreadable(&of.client, &request, &why))?;
        // Predicates only left out partitions, so that a limit may count every row only where there are none.
        let left = request.limit.filter(|_| request.predicates.is_empty()).unwrap_or(usize::MAX);
        let schema = Arc::new(Schema::new(request.columns.clone()));
        let mut wanted = Wanted { columns: &columns, schema, predicates: &request.predicates, left, sender };
        let rules = match &of.format {
            ColumnarFormat::Orc(format) => Rules::Orc(format),
            ColumnarFormat::Avro(format) => Rules::Avro { schema: avro::schema(&of.storage, &format.schema).await? },
        };
        let mut files = 0;
        for folder in &reading.folders {
            for object in listing::files(&of.storage, &of.settings, &folder.location).await? {
                files += 1;
                if files > of.settings.files_max {
                    return Err(listing::too_many(&of.storage, &of.settings));
                }
                let file = RemoteFile { storage: &of.storage, folder, object };
                if wanted.left == 0 || !read_file(&file, &rules, &mut wanted).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

/// How the files of a table are read, one like the other.
enum Rules<'a> {
    Orc(&'a OrcFormat),
    Avro { schema: Option<Cow<'a, str>> },
}

/// Sends the wanted rows of a file. False where nobody wants more.
async fn read_file(file: &RemoteFile<'_>, rules: &Rules<'_>, wanted: &mut Wanted<'_>) -> Result<bool> {
    match rules {
        Rules::Orc(format) => orc::read(file, format, wanted).await,
        Rules::Avro { schema } => avro::read(file, schema.as_deref(), wanted).await,
    }
}

/// The wanted columns in their order; why they cannot be read, as a sentence.
fn columns(table: &Table, reading: &Reading, request: &ReadRequest) -> Result<Vec<Column>, String> {
    let declared: Vec<_> = table.sd.iter().flat_map(|storage| storage.cols.iter().flatten()).collect();
    let column = |field: &FieldRef| {
        if let Some(place) = reading.partition_columns.iter().position(|column| column.name() == field.name()) {
            return Ok(Column { field: Arc::clone(field), place: Place::Folder(place), native_type: String::new() });
        }
        let place = declared.iter().position(|column| column.name.as_deref() == Some(field.name().as_str()));
        let place = place.ok_or_else(|| format!("It has no column \"{}\" any more.", field.name()))?;
        let native_type = declared[place].r#type.as_deref().unwrap_or_default().to_owned();
        Ok(Column { field: Arc::clone(field), place: Place::File(place), native_type })
    };
    request.columns.iter().map(column).collect()
}

/// Sends so many rows of which no column is needed. False where nobody wants more.
async fn count(file: &RemoteFile<'_>, assembly: &Assembly, rows: u64, wanted: &mut Wanted<'_>) -> Result<bool> {
    let mut left = rows;
    while left > 0 {
        // Never more than a batch may have.
        let rows = left.min(ROWS_PER_BATCH as u64) as usize;
        left -= rows as u64;
        let batch = file.decode(|| assembly.batch(&[], rows))?;
        if !wanted.send(batch).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many of the rows that have so many bytes make a batch.
fn rows_per_batch(bytes: u64, rows: u64) -> usize {
    let rows = u128::from(rows) * u128::from(BYTES_PER_BATCH) / u128::from(bytes.max(1));
    usize::try_from(rows).unwrap_or(usize::MAX).clamp(1, ROWS_PER_BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_long_rows_are_short() {
        assert_eq!(rows_per_batch(64 << 20, 5_000_000), ROWS_PER_BATCH);
        assert_eq!(rows_per_batch(64 << 20, 6400), 200);
        assert_eq!(rows_per_batch(64 << 20, 3), 1);
        assert_eq!(rows_per_batch(0, 10), ROWS_PER_BATCH);
    }
}

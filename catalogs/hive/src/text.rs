//! Lines of text as rows, as Hive's LazySimpleSerDe, OpenCSVSerde and JsonSerDe read them.
//!
//! A value that is not of its column's type is NULL, as mostly in Hive: files are written before their tables are declared. So are columns
//! that a line is too short for.

mod delimited;
mod fields;
mod json;
mod lines;
mod nested;
mod quoted;
mod values;

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use futures::StreamExt;
use hive_metastore::Table;
use object_store::{ObjectMeta, ObjectStoreExt};
use spi::connector::{ReadRequest, RowStream};
use spi::rows::BatchSender;
use spi::{Code, Result};

use crate::client::Client;
use crate::format::{self, LineFormat, RowFormat};
use crate::listing;
use crate::options::Settings;
use crate::read::{self, Folder, Reading};
use crate::storage::Storage;
use lines::Lines;

pub(crate) use quoted::Marks;
pub(crate) use values::{ColumnBuilder, decimal, timestamp};

/// Enough rows to hide the cost of a batch, and few enough that those of long lines fit in memory.
const ROWS_PER_BATCH: usize = 8192;

/// A batch of long lines is given before it is full of rows.
const BYTES_PER_BATCH: usize = 8 << 20;

/// How long a store may take for the next part of a file.
const PART_TIMEOUT: Duration = Duration::from_secs(60);

/// A table whose files are lines.
pub(crate) struct TextTable {
    pub(crate) client: Arc<Client>,
    pub(crate) storage: Arc<Storage>,
    pub(crate) settings: Settings,
    pub(crate) table: Table,
    pub(crate) format: LineFormat,
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
    /// In lines, from 0.
    Line(usize),
    /// Among the values of a folder, from 0.
    Folder(usize),
}

/// The rows of a table, one file after the other. Nothing is asked before the first poll.
pub(crate) fn rows(of: TextTable, request: ReadRequest) -> RowStream {
    spi::rows::rows(move |mut sender| async move {
        let reading = read::reading(&of.client, &of.storage, &of.settings, &of.table, &request).await?;
        let columns = columns(&of.table, &of.format, &reading, &request);
        let columns = columns.map_err(|why| read::unreadable(&of.client, &request, &why))?;
        let schema = Arc::new(Schema::new(request.columns.clone()));
        // Predicates only left out partitions, so that a limit may count every row only where there are none.
        let mut left = request.limit.filter(|_| request.predicates.is_empty()).unwrap_or(usize::MAX);
        let mut files = 0;
        for folder in &reading.folders {
            for object in listing::files(&of.storage, &of.settings, &folder.location).await? {
                files += 1;
                if files > of.settings.files_max {
                    return Err(listing::too_many(&of.storage, &of.settings));
                }
                let reader = FileReader { storage: &of.storage, format: &of.format, columns: &columns, schema: &schema, folder };
                if left == 0 || !reader.read(&object, &mut left, &mut sender).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

/// The wanted columns in their order; why they cannot be read, as a sentence.
fn columns(table: &Table, format: &LineFormat, reading: &Reading, request: &ReadRequest) -> Result<Vec<Column>, String> {
    let declared: Vec<_> = table.sd.iter().flat_map(|storage| storage.cols.iter().flatten()).collect();
    let column = |field: &FieldRef| {
        if let Some(place) = reading.partition_columns.iter().position(|column| column.name() == field.name()) {
            return Ok(Column { field: Arc::clone(field), place: Place::Folder(place), native_type: String::new() });
        }
        let place = declared.iter().position(|column| column.name.as_deref() == Some(field.name().as_str()));
        let place = place.ok_or_else(|| format!("It has no column \"{}\" any more.", field.name()))?;
        if format.has_timestamp_formats && holds_timestamp(field.data_type()) {
            return Err(format!("Its property timestamp.formats says how column \"{}\" is written, which is not obeyed.", field.name()));
        }
        let native_type = format::native_type(table, declared[place].r#type.as_deref().unwrap_or_default()).to_owned();
        Ok(Column { field: Arc::clone(field), place: Place::Line(place), native_type })
    };
    request.columns.iter().map(column).collect()
}

fn holds_timestamp(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(..) => true,
        DataType::List(item) | DataType::Map(item, _) => holds_timestamp(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| holds_timestamp(field.data_type())),
        _ => false,
    }
}

/// One file, and how it is read.
struct FileReader<'a> {
    storage: &'a Storage,
    format: &'a LineFormat,
    columns: &'a [Column],
    schema: &'a SchemaRef,
    folder: &'a Folder,
}

impl FileReader<'_> {
    /// Sends the rows of the file, as many as are left. False where nobody wants more.
    async fn read(&self, object: &ObjectMeta, left: &mut usize, sender: &mut BatchSender) -> Result<bool> {
        let place = format!("{}/{}", self.folder.location.store_name, object.location);
        let mut lines = Lines::new(&place, object.location.extension()).map_err(|why| self.storage.error(Code::Unsupported, why))?;
        let mut batch = Batch::new(self)?;
        self.storage.context.remote_calls.count();
        let opened = self.within(&place, self.folder.location.store.get(&object.location)).await?;
        let mut parts = opened.map_err(|error| self.storage.failure(&place, error))?.into_stream();
        let mut skipped = 0;
        loop {
            let part = self.within(&place, parts.next()).await?;
            let is_last = part.is_none();
            match part {
                Some(part) => lines.push(&part.map_err(|error| self.storage.failure(&place, error))?),
                None => lines.finish(),
            }
            .map_err(|why| self.storage.error(Code::BadData, why))?;
            while let Some(line) = lines.next() {
                if skipped < self.format.header_lines {
                    skipped += 1;
                    continue;
                }
                if *left == 0 {
                    break;
                }
                batch.append(line)?;
                *left -= 1;
                if batch.is_full() && !sender.send(batch.take(self)?).await {
                    return Ok(false);
                }
            }
            if is_last || *left == 0 {
                break;
            }
        }
        Ok(batch.rows == 0 || sender.send(batch.take(self)?).await)
    }

    async fn within<T>(&self, place: &str, step: impl Future<Output = T>) -> Result<T> {
        tokio::time::timeout(PART_TIMEOUT, step).await.map_err(|_| {
            let late = format!("{place} gave nothing for {} s.", PART_TIMEOUT.as_secs());
            self.storage.error(Code::Io, late).retryable()
        })
    }
}

/// Rows that are being collected.
struct Batch<'a> {
    values: Values<'a>,
    rows: usize,
    bytes: usize,
}

/// The values of the lines, as their format has them.
enum Values<'a> {
    Delimited(delimited::Delimited<'a>),
    Json(json::Json<'a>),
}

impl<'a> Batch<'a> {
    fn new(reader: &FileReader<'a>) -> Result<Self> {
        let FileReader { storage, format, columns, folder, .. } = reader;
        let values = match &format.row {
            RowFormat::Text(format) => delimited::Delimited::new(format, columns, &folder.values).map(Values::Delimited),
            RowFormat::Json => json::Json::new(&storage.context.source, columns, &folder.values).map(Values::Json),
        };
        let values = values.map_err(|why| storage.error(Code::Unsupported, why))?;
        Ok(Self { values, rows: 0, bytes: 0 })
    }

    fn append(&mut self, line: &[u8]) -> Result<()> {
        self.rows += 1;
        self.bytes += line.len();
        match &mut self.values {
            Values::Delimited(values) => values.append(line),
            Values::Json(values) => values.append(line)?,
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= ROWS_PER_BATCH || self.bytes >= BYTES_PER_BATCH
    }

    fn take(&mut self, reader: &FileReader<'_>) -> Result<RecordBatch> {
        let arrays = match &mut self.values {
            Values::Delimited(values) => values.finish()?,
            Values::Json(values) => values.finish(self.rows)?,
        };
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        Ok(RecordBatch::try_new_with_options(Arc::clone(reader.schema), arrays, &options)?)
    }
}

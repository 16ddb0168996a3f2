//! Lines of text as rows, as Hive's LazySimpleSerDe, OpenCSVSerde and JsonSerDe read them.
//!
//! A value that is not of its column's type is NULL, as mostly in Hive: files are written before their tables are declared. So are columns
//! that a line is too short for.

mod delimited;
mod fields;
mod json;
mod lines;
mod moments;
mod nested;
mod quoted;
mod scan;
mod values;

use std::num::NonZero;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use futures::{StreamExt, TryStreamExt, stream};
use hive_metastore::Table;
use spi::connector::{ReadRequest, RowStream};
use spi::{Code, Error, Result};

use crate::client::Client;
use crate::format::{self, LineFormat, RowFormat};
use crate::options::Settings;
use crate::read::{self, Folder, Reading};
use crate::storage::Storage;
use lines::Block;
use scan::Scan;

pub(crate) use moments::{date, timestamp_or_date};
pub(crate) use quoted::Marks;
pub(crate) use values::{ColumnBuilder, decimal};

/// How many blocks of lines become values at a time, on as many cores. Each may be as long as the longest line.
const DECODERS_MAX: usize = 8;

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

/// The rows of a table, file by file, in the order of their lines. Nothing is asked before the first poll.
///
/// Files are read and cut into lines one after the other; what takes longer, making values of lines, is done by tasks of their own. One
/// whose reader has left ends with its block.
pub(crate) fn rows(of: TextTable, request: ReadRequest) -> RowStream {
    let batches = async move {
        let reading = read::reading(&of.client, &of.storage, &of.settings, &of.table, &request).await?;
        let columns = columns(&of.table, &of.format, &reading, &request);
        let columns = columns.map_err(|why| read::unreadable(&of.client, &request, &why))?;
        let schema = Arc::new(Schema::new(request.columns.clone()));
        // Predicates only left out partitions, so that a limit may count every row only where there are none.
        let left = request.limit.filter(|_| request.predicates.is_empty()).unwrap_or(usize::MAX);
        let scan = Scan::new(Arc::clone(&of.storage), of.settings, of.format.header_lines, reading.folders, left);
        let decoder = Arc::new(Decoder { storage: of.storage, format: of.format, columns, schema });
        let blocks = stream::try_unfold(scan, async |mut scan| Ok(scan.next().await?.map(|found| (found, scan))));
        let decode = move |found: Result<(Arc<Folder>, Block)>| {
            let decoder = Arc::clone(&decoder);
            let task = found.map(|(folder, block)| tokio::spawn(async move { decoder.decode(&folder, &block) }));
            async { task?.await.map_err(|error| Error::internal(format!("lines could not be decoded: {error}")))? }
        };
        Ok::<_, Error>(blocks.map(decode).buffered(decoders()))
    };
    stream::once(batches).try_flatten().boxed()
}

fn decoders() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(DECODERS_MAX)
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

/// Makes rows of a table's lines.
struct Decoder {
    storage: Arc<Storage>,
    format: LineFormat,
    columns: Vec<Column>,
    schema: SchemaRef,
}

/// The values of the lines, as their format has them.
enum Values<'a> {
    Delimited(delimited::Delimited<'a>),
    Json(json::Json<'a>),
}

impl Decoder {
    /// The rows of a block of lines of a folder.
    fn decode(&self, folder: &Folder, block: &Block) -> Result<RecordBatch> {
        let mut values = self.values(folder).map_err(|why| self.storage.error(Code::Unsupported, why))?;
        for line in block.lines() {
            match &mut values {
                Values::Delimited(values) => values.append(line),
                Values::Json(values) => values.append(line)?,
            }
        }
        let arrays = match values {
            Values::Delimited(mut values) => values.finish()?,
            Values::Json(mut values) => values.finish(block.len())?,
        };
        let options = RecordBatchOptions::new().with_row_count(Some(block.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }

    fn values<'a>(&'a self, folder: &'a Folder) -> Result<Values<'a>, String> {
        match &self.format.row {
            RowFormat::Text(format) => delimited::Delimited::new(format, &self.columns, &folder.values).map(Values::Delimited),
            RowFormat::Json => json::Json::new(&self.storage.context.source, &self.columns, &folder.values).map(Values::Json),
        }
    }
}

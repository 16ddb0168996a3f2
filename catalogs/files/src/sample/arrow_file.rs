//! The columns of an Arrow IPC file: its footer says them. Counting its rows would mean to read every batch's header.

use arrow::datatypes::Fields;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::read_footer_length;
use arrow::ipc::root_as_footer;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::{Columns, Sample};
use crate::source::Source;

/// What is read from the end of a file at first: the footer of most files, in one request.
const FOOTER_BYTES: u64 = 64 << 10;
/// A footer names each batch of the file in 24 bytes. More is not a footer, but a file that is damaged.
const FOOTER_BYTES_MAX: u64 = 64 << 20;
/// The length of the footer and the magic word after it.
const TRAILER_BYTES: u64 = 10;

pub(crate) async fn sample(source: &Source, store: &dyn ObjectStore, object: &ObjectMeta) -> spi::Result<Sample> {
    let path = &object.location;
    let size = object.size;
    let tail = async |bytes: u64| {
        let range = size.saturating_sub(bytes)..size;
        store.get_range(path, range).await.map_err(|error| source.failure(path, error))
    };
    let mut bytes = tail(FOOTER_BYTES).await?;
    let trailer = bytes.last_chunk::<{ TRAILER_BYTES as usize }>().ok_or_else(|| source.bad_data(path, "it is too short"))?;
    let length = read_footer_length(*trailer).map_err(|error| source.bad_data(path, error))? as u64 + TRAILER_BYTES;
    if length > size.min(FOOTER_BYTES_MAX) {
        return Err(source.bad_data(path, "its footer says a length that cannot be"));
    }
    if length > bytes.len() as u64 {
        bytes = tail(length).await?;
    }
    // The tail has at least `length` bytes: either it had them, or they were just read.
    let footer = bytes.slice(bytes.len() - length as usize..bytes.len() - TRAILER_BYTES as usize);
    // In a task of its own, because the conversion of a damaged schema panics.
    let fields = tokio::task::spawn_blocking(move || fields(&footer)).await.unwrap_or_else(|_| Err("its schema is damaged".to_owned()));
    let fields = fields.map_err(|why| source.bad_data(path, why))?;
    Ok(Sample { columns: Columns::Typed(fields), rows: None })
}

fn fields(footer: &[u8]) -> Result<Fields, String> {
    let footer = root_as_footer(footer).map_err(|error| error.to_string())?;
    let schema = footer.schema().ok_or("its footer has no schema")?;
    Ok(fb_to_schema(schema).fields)
}

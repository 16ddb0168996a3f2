//! Arrow batches as bytes: one IPC stream, its buffers compressed with LZ4.
//!
//! LZ4 and not zstd: a start reads everything and writes nothing, and LZ4 is read several times as fast.

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use spi::{Code, Error, Origin, Result};

/// A schema without rows.
pub(super) fn write_schema(schema: &Schema) -> Result<Vec<u8>> {
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), schema, options()?)?;
    writer.finish()?;
    Ok(writer.into_inner()?)
}

/// A batch with its schema. Equal batches of one layout have equal bytes.
pub(super) fn write_batch(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), batch.schema_ref(), options()?)?;
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner()?)
}

fn options() -> Result<IpcWriteOptions> {
    Ok(IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?)
}

pub(super) fn read_schema(bytes: &[u8]) -> Result<SchemaRef> {
    Ok(StreamReader::try_new(bytes, None).map_err(unreadable)?.schema())
}

/// The one batch of a stream, if its columns are those of `layout`.
pub(super) fn read_batch(bytes: &[u8], layout: SchemaRef) -> Result<RecordBatch> {
    let mut reader = StreamReader::try_new(bytes, None).map_err(unreadable)?;
    if reader.schema().fields() != layout.fields() {
        return Err(damaged("Its columns are not those of this version of metagate."));
    }
    let batch = reader.next().ok_or_else(|| damaged("It ends before its rows."))?.map_err(unreadable)?;
    // Every batch then shares the one schema of its layout.
    RecordBatch::try_new(layout, batch.columns().to_vec()).map_err(unreadable)
}

fn unreadable(error: ArrowError) -> Error {
    damaged(format!("{error}.")).cause(error)
}

/// Stored metadata that cannot be read although its digest is right. Whoever knows the blob names it.
pub(super) fn damaged(detail: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, "stored metadata is damaged").detail(detail).origin(Origin::Gateway)
}

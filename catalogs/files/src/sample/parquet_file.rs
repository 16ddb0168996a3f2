//! The columns of a Parquet file: its footer says them, and how many rows there are.

use std::ops::Range;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::arrow::async_reader::MetadataFetch;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;
use spi::{Error, Result};

use super::{Columns, Sample};
use crate::source::Source;

/// What is read from the end of a file at first: the footer of most files, in one request.
const FOOTER_BYTES: usize = 64 << 10;

pub(crate) async fn sample(source: &Source, store: &dyn ObjectStore, object: &ObjectMeta) -> Result<Sample> {
    let path = &object.location;
    let reader = ParquetMetaDataReader::new().with_prefetch_hint(Some(FOOTER_BYTES));
    let metadata = reader.load_and_finish(Fetch { store, path }, object.size).await.map_err(|error| failure(source, path, error))?;
    let metadata = metadata.file_metadata();
    let schema =
        parquet_to_arrow_schema(metadata.schema_descr(), metadata.key_value_metadata()).map_err(|error| failure(source, path, error))?;
    Ok(Sample { columns: Columns::Typed(schema.fields), rows: u64::try_from(metadata.num_rows()).ok() })
}

/// Gives the metadata reader the parts of the file that it asks for.
struct Fetch<'a> {
    store: &'a dyn ObjectStore,
    path: &'a Path,
}

impl MetadataFetch for Fetch<'_> {
    fn fetch(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.store.get_range(self.path, range).map(|bytes| bytes.map_err(|error| ParquetError::External(Box::new(error)))).boxed()
    }
}

/// A file that could not be fetched, or one that is not Parquet.
fn failure(source: &Source, path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(error) => match error.downcast::<object_store::Error>() {
            Ok(error) => source.failure(path, *error),
            Err(error) => source.bad_data(path, error),
        },
        error => source.bad_data(path, error),
    }
}

//! The schema that a table's rows are read with, where the table has one: in its properties, or in a file of the storage.

use std::borrow::Cow;

use spi::Result;

use super::super::remote_file::RemoteFile;
use crate::format::AvroSchema;
use crate::read::Folder;
use crate::storage::Storage;

/// Schemas are some kilobytes. As for those in the headers of files.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The schema in Avro's JSON; `None` where files are read with their own.
pub(in crate::columnar) async fn schema<'a>(storage: &Storage, schema: &'a AvroSchema) -> Result<Option<Cow<'a, str>>> {
    match schema {
        AvroSchema::OfFiles => Ok(None),
        AvroSchema::Given(text) => Ok(Some(Cow::Borrowed(text))),
        AvroSchema::InFile(place) => fetch(storage, place).await.map(|text| Some(Cow::Owned(text))),
    }
}

async fn fetch(storage: &Storage, place: &str) -> Result<String> {
    let location = storage.locate(place).await?;
    let path = location.folder.clone();
    let folder = Folder { location, values: Vec::new() };
    let file = RemoteFile::find(storage, &folder, path).await?;
    if file.size() > FILE_BYTES_MAX {
        return Err(file.too_large("The schema", file.size(), FILE_BYTES_MAX));
    }
    let bytes = file.bytes(0..file.size()).await?;
    String::from_utf8(bytes.to_vec()).map_err(|_| file.damaged("It is no text, and the table's property avro.schema.url names it."))
}

//! HDFS as a store of objects, for reading.
//!
//! `services.rs` reads the options, `namenodes.rs` asks who knows where files are, and this file lists and reads them. Every step has a
//! deadline here, as the query engine, which reads Parquet files through this, has none.
//!
//! Deliberately absent: writing, and files in encryption zones.

mod namenodes;
mod services;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use hdfs_native::HdfsError;
use hdfs_native::client::{FileStatus, ListStatusIterator};
use hdfs_native::file::FileReader;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, OBJECT_STORE_COALESCE_DEFAULT, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, coalesce_ranges,
};
use spi::Code;

use namenodes::{ANSWER_TIMEOUT, Namenodes, wrapped};

pub(crate) use namenodes::Manner;
pub(crate) use services::{Service, Services};

/// How long the next part of a file may take: three datanodes of a block, one after the other.
const PART_TIMEOUT: Duration = Duration::from_secs(60);

/// One file system.
#[derive(Clone, Debug)]
pub(crate) struct Hdfs(Arc<Namenodes>);

impl Hdfs {
    /// Nothing is asked yet.
    pub(crate) fn new(service: Service, manner: Manner) -> Self {
        Self(Arc::new(Namenodes::new(service, manner)))
    }

    async fn open(&self, path: &str) -> Result<FileReader> {
        self.0.ask(path, |client| async move { client.read(path).await }).await
    }

    /// Some bytes of a file. A file that was replaced by a shorter one while it was read has fewer than it was said to have.
    fn parts(&self, path: String, reader: &FileReader, range: Range<u64>) -> Result<BoxStream<'static, Result<Bytes>>> {
        if range.end > reader.file_length() as u64 {
            let detail = format!("{}{path} became shorter while it was read.", self.0.name);
            return Err(wrapped(self.0.error(Code::Io, detail).retryable()));
        }
        let parts = reader.read_range_stream(range.start as usize, (range.end - range.start) as usize).boxed();
        let namenodes = Arc::clone(&self.0);
        let parts = stream::try_unfold((parts, namenodes, path), |(mut parts, namenodes, path)| async move {
            match tokio::time::timeout(PART_TIMEOUT, parts.next()).await {
                Ok(Some(Ok(part))) => Ok(Some((part, (parts, namenodes, path)))),
                Ok(Some(Err(error))) => Err(namenodes.failure(&path, error)),
                Ok(None) => Ok(None),
                Err(_) => {
                    let detail = format!("{}{path} gave nothing for {} s.", namenodes.name, PART_TIMEOUT.as_secs());
                    Err(wrapped(namenodes.error(Code::Io, detail).retryable()))
                }
            }
        });
        Ok(parts.boxed())
    }

    async fn range(&self, path: &str, reader: &FileReader, range: Range<u64>) -> Result<Bytes> {
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        let mut parts = self.parts(path.to_owned(), reader, range)?;
        while let Some(part) = parts.next().await {
            bytes.extend_from_slice(&part?);
        }
        Ok(bytes.into())
    }
}

/// The files below a folder, which are still to be listed.
struct Listing {
    namenodes: Arc<Namenodes>,
    /// Folders that were found and not looked into yet.
    folders: Vec<String>,
    open: Option<ListStatusIterator>,
}

impl Listing {
    async fn next(&mut self) -> Result<Option<ObjectMeta>> {
        loop {
            let Some(found) = self.found().await? else { return Ok(None) };
            match found {
                // Those that Hive hides are for the work of others, who may not let everybody in.
                status if status.isdir && is_hidden(&status.path) => {}
                status if status.isdir => self.folders.push(status.path),
                status => return object(&status).map(Some),
            }
        }
    }

    /// The next file or folder. A folder that is gone meanwhile has none.
    async fn found(&mut self) -> Result<Option<FileStatus>> {
        loop {
            if let Some(open) = &self.open {
                match tokio::time::timeout(ANSWER_TIMEOUT, open.next()).await {
                    Ok(Some(Ok(status))) => return Ok(Some(status)),
                    Ok(Some(Err(HdfsError::FileNotFound(_))) | None) => self.open = None,
                    Ok(Some(Err(error))) => return Err(self.failure(error)),
                    Err(_) => return Err(self.failure(HdfsError::IOError(std::io::ErrorKind::TimedOut.into()))),
                }
            }
            let Some(folder) = self.folders.pop() else { return Ok(None) };
            let opened = self.namenodes.ask(&folder, |client| {
                let folder = folder.as_str();
                async move {
                    let entries = client.list_status_iter(folder, false);
                    let first = entries.next().await.transpose()?;
                    Ok((entries, first))
                }
            });
            match opened.await {
                Ok((entries, Some(first))) => {
                    self.open = Some(entries);
                    return Ok(Some(first));
                }
                Ok((_, None)) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What a namenode says instead of the rest of a folder. No other one goes on where it has ended.
    fn failure(&self, error: HdfsError) -> Error {
        match error {
            HdfsError::IOError(error) => {
                let detail = format!("The namenode of {} did not answer to the end: {error}.", self.namenodes.name);
                wrapped(self.namenodes.error(Code::Io, detail).retryable())
            }
            error => self.namenodes.failure("/", error),
        }
    }
}

#[async_trait]
impl ObjectStore for Hdfs {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let path = absolute(location);
        let place = path.as_str();
        let status = self.0.ask(place, |client| async move { client.get_file_info(place).await }).await?;
        if status.isdir {
            return Err(self.0.failure(place, HdfsError::IsADirectoryError(path.clone())));
        }
        let meta = object(&status)?;
        options.check_preconditions(&meta)?;
        let wanted = options.range.map(|range| range.as_range(meta.size)).transpose();
        let range = wanted.map_err(|error| Error::Generic { store: "HDFS", source: Box::new(error) })?.unwrap_or(0..meta.size);
        let (range, parts) = match options.head {
            true => (0..0, stream::empty().boxed()),
            false => (range.clone(), self.parts(path.clone(), &self.open(place).await?, range)?),
        };
        Ok(GetResult { payload: GetResultPayload::Stream(parts), meta, range, attributes: Default::default() })
    }

    /// The blocks of the file are asked for once.
    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let path = absolute(location);
        let reader = self.open(&path).await?;
        coalesce_ranges(ranges, |range| self.range(&path, &reader, range), OBJECT_STORE_COALESCE_DEFAULT).await
    }

    /// In no order, without what is in hidden folders.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let root = prefix.map_or_else(|| "/".to_owned(), absolute);
        let listing = Listing { namenodes: Arc::clone(&self.0), folders: vec![root], open: None };
        stream::try_unfold(listing, |mut listing| async move { Ok(listing.next().await?.map(|object| (object, listing))) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(only_read("list_with_delimiter"))
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(only_read("put_opts"))
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(only_read("put_multipart_opts"))
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(only_read("delete_stream")) }).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(only_read("copy_opts"))
    }
}

impl fmt::Display for Hdfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

/// A table is read by getting and listing, and by nothing else.
fn only_read(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.to_owned(), implementer: "HDFS".to_owned() }
}

fn absolute(path: &Path) -> String {
    format!("/{path}")
}

fn is_hidden(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(['_', '.']))
}

fn object(status: &FileStatus) -> Result<ObjectMeta> {
    Ok(ObjectMeta {
        location: Path::parse(&status.path)?,
        last_modified: DateTime::from_timestamp_millis(status.modification_time as i64).unwrap_or_default(),
        size: status.length as u64,
        e_tag: None,
        version: None,
    })
}

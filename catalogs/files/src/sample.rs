//! Looking at one file: which columns it has, and how many rows if that is said or seen.

mod arrow_file;
mod columns;
mod csv;
mod json_lines;
mod parquet_file;
mod text;

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use spi::Result;

pub(crate) use self::columns::Columns;
use crate::format::Format;
use crate::source::Source;

/// The longest that looking at one file may take: a few megabytes at most are read.
const SAMPLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many files are looked at at once: enough to hide the way to S3, and 256 MB of samples at the very worst.
const SAMPLES_AT_ONCE: usize = 16;
/// A header is one line, unless its names have line breaks in them.
const HEADER_LINES_MAX: usize = 64;

/// What a look at a file found.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) columns: Columns,
    /// Known where the file says it, and where the sample was the whole file.
    pub(crate) rows: Option<u64>,
}

/// How much of a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// As much as option `sample_rows` says, to find types.
    Rows,
    /// Only what names the columns.
    Header,
}

/// Looks at files, several at once, and gives what was found in their order.
pub(crate) fn take_each<K: Send + 'static>(
    source: &Arc<Source>,
    store: &Arc<dyn ObjectStore>,
    files: Vec<(K, ObjectMeta, Format)>,
    extent: Extent,
) -> impl Stream<Item = (K, Path, Result<Sample>)> + Send + 'static {
    let (source, store) = (Arc::clone(source), Arc::clone(store));
    let samples = stream::iter(files).map(move |(key, object, format)| {
        let (source, store, path) = (Arc::clone(&source), Arc::clone(&store), object.location.clone());
        async move { (key, path, take(source, store, object, format, extent).await) }
    });
    samples.buffered(SAMPLES_AT_ONCE)
}

/// Looks at a file. It owns what it needs, so that many can be on their way at once.
pub(crate) async fn take(
    source: Arc<Source>,
    store: Arc<dyn ObjectStore>,
    object: ObjectMeta,
    format: Format,
    extent: Extent,
) -> Result<Sample> {
    if object.size == 0 {
        return Ok(Sample { columns: Columns::Inferred(Vec::new()), rows: Some(0) });
    }
    source.remote_calls.count();
    let lines = match extent {
        Extent::Rows => source.sample_rows + usize::from(source.csv.header),
        Extent::Header => HEADER_LINES_MAX,
    };
    let sample = async {
        let (source, path) = (&*source, &object.location);
        match format {
            Format::Csv(compression) | Format::Tsv(compression) => {
                let text = text::read(source, &*store, &object, compression, lines).await?;
                csv::sample(&text, format.dialect(source.csv)).map_err(|why| source.bad_data(path, why))
            }
            Format::JsonLines(compression) => {
                let text = text::read(source, &*store, &object, compression, lines).await?;
                json_lines::sample(&text).map_err(|why| source.bad_data(path, why))
            }
            Format::Parquet => parquet_file::sample(source, &*store, &object).await,
            Format::Arrow => arrow_file::sample(source, &*store, &object).await,
        }
    };
    source.within(SAMPLE_TIMEOUT, &object.location, sample).await?
}

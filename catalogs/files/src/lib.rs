//! Files as a data source: a folder, local or in S3, of CSV, JSON lines, Parquet and Arrow files.
//!
//! Which table a file belongs to follows from its path below the folder, and from nothing else:
//!
//! | path | table |
//! | --- | --- |
//! | `orders.csv` | `public.orders` |
//! | `shop/orders.csv` | `shop.orders` |
//! | `shop/orders/…/part-1.csv` | `shop.orders`; every `key=value` folder on the way is a partition column |
//! | `orders/year=2024/part-1.csv` | `public.orders`, if nothing but `key=value` folders is directly in `orders` |
//!
//! All files that belong to one table must have one format and compression, the same partition keys, and columns that fit
//! together. A table that breaks this is listed without columns, and its table option `error` says why; other tables are
//! not affected. The file name's ending says the format: `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json`, `.parquet`, `.arrow`,
//! `.ipc`, the textual ones optionally followed by `.gz` or `.zst`. Files with another ending, files and folders whose name
//! begins with `.` or `_`, and empty files of formats that are never empty are no part of the source.
//!
//! Nothing outside the folder can be listed or read, whatever links there are inside it.

mod confined;
mod format;
mod inference;
mod layout;
mod listing;
mod location;
mod metadata;
mod read;
mod sample;
mod source;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::connector::{Connector, ConnectorKind, OpenContext};
use spi::{Result, Secret};

use crate::source::Source;

/// A folder or an S3 prefix of files.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Options {
    /// The folder: an absolute path on the gateway's machine, or `s3://bucket/prefix`. Its sub-folders are schemas; files
    /// directly in it are tables of the schema `public`. A folder in a schema is one table of all files below it, and
    /// `key=value` folders below it are partition columns. A sub-folder that has only `key=value` folders in it is such a
    /// table in `public`.
    path: String,
    /// URL of an S3-compatible service. Without it the bucket is looked for at Amazon.
    endpoint: Option<String>,
    /// Region of the bucket.
    #[serde(default = "default_region")]
    region: String,
    /// Access key of S3. Needed for `s3://` paths unless `anonymous` is set: no credentials are taken from the machine.
    access_key_id: Option<String>,
    /// Secret of the S3 access key.
    secret_access_key: Option<Secret<String>>,
    /// Whether an S3 endpoint may be spoken to without TLS.
    #[serde(default)]
    allow_http: bool,
    /// Whether S3 is read without credentials, as public buckets allow.
    #[serde(default)]
    anonymous: bool,
    /// Whether the first line of every CSV file names the columns. Without it they are `column_1`, `column_2` and so on.
    #[serde(default = "default_csv_header")]
    csv_header: bool,
    /// The character between the values of `.csv` files. In `.tsv` files it is always the tabulator.
    #[serde(default = "default_csv_delimiter")]
    csv_delimiter: String,
    /// The character around CSV values that hold a delimiter, a line break or the character itself, which is then doubled.
    #[serde(default = "default_csv_quote")]
    csv_quote: String,
    /// How many lines of each CSV and JSON lines file are looked at to find its columns and their types, 1 to 100000.
    #[serde(default = "default_sample_rows")]
    sample_rows: u32,
    /// The most files that the folder may hold, 1 to 1000000. A folder with more is refused, not shown in part.
    #[serde(default = "default_files_max")]
    files_max: u32,
    /// Types of columns that are not what the samples suggest: an object like `{"public.orders.zip": "text"}`. It holds for
    /// columns of CSV and JSON lines files and for partition columns. Known types: boolean, smallint, integer, bigint,
    /// real, double precision, numeric(p,s), date, time, timestamp, timestamptz and text.
    #[serde(default)]
    types: BTreeMap<String, String>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

fn default_csv_header() -> bool {
    true
}

fn default_csv_delimiter() -> String {
    ",".to_owned()
}

fn default_csv_quote() -> String {
    "\"".to_owned()
}

/// Enough to meet the odd value in most files, and still a small part of a file that is worth sampling.
fn default_sample_rows() -> u32 {
    1000
}

/// A hundred S3 listing pages, and a minute or so of samples.
fn default_files_max() -> u32 {
    100_000
}

/// The kind of data source that this crate is.
pub struct Files;

impl ConnectorKind for Files {
    type Options = Options;

    const KIND: &'static str = "files";
    const SUMMARY: &'static str = "A folder of CSV, JSON lines, Parquet and Arrow files, local or in S3.";
    const TESTED_VERSIONS: Option<&'static [&'static str]> = None;

    async fn open(&self, options: Options, context: OpenContext) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(source::Files(Arc::new(Source::new(options, context)?))))
    }
}

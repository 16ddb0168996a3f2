//! An open source: its options, understood, and the connector over them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::datatypes::DataType;
use async_trait::async_trait;
use object_store::ObjectStore;
use object_store::path::Path;
use spi::connector::{Connector, OpenContext, ReadPlan, ReadRequest, RemoteCalls, Scope, Stage, TestStage};
use spi::metadata::Harvest;
use spi::predicate::Predicate;
use spi::{Code, Error, Result};

use crate::format::CsvDialect;
use crate::layout::PUBLIC;
use crate::location::Location;
use crate::{Options, listing, metadata, read, sample, types};

/// A local folder answers at once; one that does not is on a network that is down.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// More lines than this make a sample a scan.
const SAMPLE_ROWS_MAX: u32 = 100_000;
/// The metadata of so many files is still held in memory without thought.
const FILES_MAX: u32 = 1_000_000;

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) csv: CsvDialect,
    pub(crate) sample_rows: usize,
    pub(crate) files_max: usize,
    /// Types that the operator gave, by `schema.table.column`.
    pub(crate) types: BTreeMap<String, DataType>,
    pub(crate) remote_calls: RemoteCalls,
}

impl Source {
    pub(crate) fn new(options: Options, context: OpenContext) -> Result<Self> {
        Ok(Self {
            name: context.source,
            location: Location::new(&options)?,
            csv: CsvDialect::new(options.csv_header, &options.csv_delimiter, &options.csv_quote)?,
            sample_rows: bounded("sample_rows", options.sample_rows, SAMPLE_ROWS_MAX)?,
            files_max: bounded("files_max", options.files_max, FILES_MAX)?,
            types: types::parse(&options.types)?,
            remote_calls: context.remote_calls,
        })
    }

    /// The object store over the folder.
    pub(crate) async fn open(&self) -> Result<Arc<dyn ObjectStore>> {
        let opened = self.within(OPEN_TIMEOUT, &Path::default(), self.location.open()).await?;
        opened.map_err(|error| self.failure(&Path::default(), error))
    }

    /// What a future gives, if it does so in time.
    pub(crate) async fn within<T>(&self, timeout: Duration, path: &Path, future: impl Future<Output = T>) -> Result<T> {
        tokio::time::timeout(timeout, future).await.map_err(|_| {
            let code = if self.location.is_remote() { Code::Unreachable } else { Code::Io };
            self.error(code, format!("{} did not answer within {} s.", self.location.text(path), timeout.as_secs())).retryable()
        })
    }

    /// An error of the object store, in our words.
    pub(crate) fn failure(&self, path: &Path, error: object_store::Error) -> Error {
        use object_store::Error as Failure;
        let place = self.location.text(path);
        let failed = match &error {
            Failure::NotFound { .. } => self
                .error(Code::Io, format!("{place} does not exist."))
                .hint(format!("Bring it back, or change the path option; CALL refresh_metadata('{}') if it is gone for good.", self.name)),
            Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => self
                .error(Code::Io, format!("Access to {place} was refused: {}.", innermost(&error)))
                .hint("Check the permissions of the gateway's user, or the access key options."),
            _ if self.location.is_remote() => self
                .error(Code::Unreachable, format!("{place} could not be reached: {}.", innermost(&error)))
                .hint("Check the path and endpoint options, and that the service is up.")
                .retryable(),
            _ => self.error(Code::Io, format!("Reading {place} failed: {}.", innermost(&error))),
        };
        failed.cause(error)
    }

    /// A file whose content is not what its name promises.
    pub(crate) fn bad_data(&self, path: &Path, what: impl std::fmt::Display) -> Error {
        let what = what.to_string();
        self.error(Code::BadData, format!("{}: {}.", self.location.text(path), what.trim_end_matches('.')))
    }

    /// The one message of this connector, with what happened.
    pub(crate) fn error(&self, code: Code, detail: impl Into<String>) -> Error {
        Error::source(code, &self.name, format!("could not read data source \"{}\"", self.name)).detail(detail)
    }
}

/// The last error in the chain: the one that says what happened, without the layers around it. Of an answer of S3 only the
/// status is kept: the XML after it names keys and accounts.
fn innermost(error: &object_store::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    text.split(['\n', '<']).next().unwrap_or_default().trim_end_matches([' ', ':', '.']).to_owned()
}

fn bounded(option: &str, value: u32, max: u32) -> Result<usize> {
    if (1..=max).contains(&value) {
        return Ok(value as usize);
    }
    Err(Error::new(Code::InvalidArgument, format!("option \"{option}\" must be between 1 and {max}")))
}

/// The connector over an open source.
pub(crate) struct Files(pub(crate) Arc<Source>);

impl Files {
    /// Runs one stage and notes it. The result is there if the stage went well.
    async fn stage<T>(&self, stages: &mut Vec<TestStage>, stage: Stage, work: impl Future<Output = Result<(T, String)>>) -> Option<T> {
        let started = Instant::now();
        let (result, outcome) = match work.await {
            Ok((result, found)) => (Some(result), Ok(found)),
            Err(error) => (None, Err(error)),
        };
        stages.push(TestStage { stage, latency: started.elapsed(), outcome });
        result
    }

    async fn test_stages(&self, stages: &mut Vec<TestStage>) -> Option<()> {
        let source = &self.0;
        let resolve = async { Ok((source.open().await?, source.location.text(&Path::default()))) };
        let store = self.stage(stages, Stage::Resolve, resolve).await?;
        let connect = async { Ok((listing::probe(source, &*store).await?, "The folder can be listed.".to_owned())) };
        self.stage(stages, Stage::Connect, connect).await?;
        let query = async { Ok(((), self.read_first(&store).await?)) };
        self.stage(stages, Stage::Query, query).await
    }

    /// Reads a sample of the first file.
    async fn read_first(&self, store: &Arc<dyn ObjectStore>) -> Result<String> {
        let tables = listing::all(&self.0, &**store).await?;
        let Some((table, file)) = tables.iter().find_map(|table| Some((table, table.files.first()?))) else {
            return Ok("There are no data files yet.".to_owned());
        };
        sample::take(Arc::clone(&self.0), Arc::clone(store), file.object.clone(), table.format, sample::Extent::Rows).await?;
        Ok(format!("{} tables; {} can be read.", tables.len(), file.object.location))
    }
}

#[async_trait]
impl Connector for Files {
    fn default_schema(&self) -> &str {
        PUBLIC
    }

    /// Never: the query engine's own scan of the files prunes and filters.
    fn applies(&self, _: &Predicate) -> bool {
        false
    }

    fn reads_files(&self) -> bool {
        true
    }

    async fn test(&self) -> Vec<TestStage> {
        let mut stages = Vec::new();
        self.test_stages(&mut stages).await;
        stages
    }

    /// One listing for all tables, and one small read per file: the columns of a file are said nowhere else.
    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.0, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        read::plan(&self.0, request).await
    }
}

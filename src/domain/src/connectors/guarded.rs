//! A connector whose errors cannot carry a secret of its options, whatever its driver puts into them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use spi::connector::{Connector, QueryColumn, ReadPlan, ReadRequest, RowStream, RunRequest, Scope, TestStage, WriteRequest};
use spi::documents::{Sample, TableDefinition};
use spi::metadata::Harvest;
use spi::options::{OptionSpec, Options};
use spi::predicate::Predicate;
use spi::query::Dialect;
use spi::secret::MASK;
use spi::{Error, Result};

/// The secrets of one set of options.
#[derive(Clone)]
pub(super) struct Guarded {
    secrets: Arc<[String]>,
}

impl Guarded {
    pub(super) fn new(specs: &[OptionSpec], options: &Options) -> Self {
        let secret = specs.iter().filter(|spec| spec.secret).filter_map(|spec| options.get(&spec.name)?.as_str());
        Self { secrets: secret.filter(|secret| !secret.is_empty()).map(str::to_owned).collect() }
    }

    pub(super) fn around(&self, connector: Arc<dyn Connector>) -> Arc<dyn Connector> {
        if self.secrets.is_empty() {
            return connector;
        }
        Arc::new(GuardedConnector { guard: self.clone(), connector })
    }

    /// The error without a secret. Its cause goes too: what a driver says there cannot be cleaned.
    pub(super) fn cleaned(&self, mut error: Error) -> Error {
        if self.secrets.is_empty() {
            return error;
        }
        error.message = self.cleaned_text(&error.message);
        error.detail = error.detail.map(|detail| self.cleaned_text(&detail));
        error.hint = error.hint.map(|hint| self.cleaned_text(&hint));
        error.cause = None;
        error
    }

    fn cleaned_text(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

struct GuardedConnector {
    guard: Guarded,
    connector: Arc<dyn Connector>,
}

impl GuardedConnector {
    fn cleaned_rows(&self, rows: RowStream) -> RowStream {
        let guard = self.guard.clone();
        rows.map(move |batch| batch.map_err(|error| guard.cleaned(error))).boxed()
    }
}

#[async_trait]
impl Connector for GuardedConnector {
    fn default_schema(&self) -> &str {
        self.connector.default_schema()
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        self.connector.applies(predicate)
    }

    fn reads_files(&self) -> bool {
        self.connector.reads_files()
    }

    async fn test(&self) -> Vec<TestStage> {
        let mut stages = self.connector.test().await;
        for stage in &mut stages {
            stage.outcome = match &stage.outcome {
                Ok(found) => Ok(self.guard.cleaned_text(found)),
                Err(error) => Err(self.guard.cleaned(error.clone())),
            };
        }
        stages
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        self.connector.harvest(scope, harvest).await.map_err(|error| self.guard.cleaned(error))
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        self.connector.explain(request).map(|text| self.guard.cleaned_text(&text))
    }

    fn dialect(&self) -> Option<&dyn Dialect> {
        self.connector.dialect()
    }

    fn run(&self, request: RunRequest) -> RowStream {
        self.cleaned_rows(self.connector.run(request))
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        self.connector.fingerprint().await.map_err(|error| self.guard.cleaned(error))
    }

    async fn infer(&self, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        self.connector.infer(schema, table, definition).await.map_err(|error| self.guard.cleaned(error))
    }

    async fn databases(&self) -> Result<Option<Vec<String>>> {
        self.connector.databases().await.map_err(|error| self.guard.cleaned(error))
    }

    fn is_read_only(&self) -> bool {
        self.connector.is_read_only()
    }

    async fn write(&self, request: WriteRequest, rows: RowStream) -> Result<u64> {
        self.connector.write(request, rows).await.map_err(|error| self.guard.cleaned(error))
    }

    async fn describe(&self, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
        self.connector.describe(query, user).await.map_err(|error| self.guard.cleaned(error))
    }

    async fn execute(&self, statement: &str, user: &str) -> Result<u64> {
        self.connector.execute(statement, user).await.map_err(|error| self.guard.cleaned(error))
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        match self.connector.read(request).await.map_err(|error| self.guard.cleaned(error))? {
            ReadPlan::Rows(rows) => Ok(ReadPlan::Rows(self.cleaned_rows(rows))),
            files => Ok(files),
        }
    }
}

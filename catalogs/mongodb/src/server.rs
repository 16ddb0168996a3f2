//! The driver's client of one server or cluster: opened with the first call, with a deadline for every call, and spared while the
//! server is down.
//!
//! The client keeps the connections itself, and asks each member every ten seconds whether it is there, for as long as the source is open.
//! A connection is busy only while somebody waits for an answer: the server keeps what is left of a cursor, ten minutes long.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{Document, doc};
use futures::TryStreamExt;
use mongodb::Client;
use mongodb::options::{ClientOptions, SelectionCriteria};
use spi::breaker::Breaker;
use spi::connector::OpenContext;
use spi::turns::Turns;
use spi::{Code, Error, Result};
use tokio::sync::OnceCell;

use crate::failure::failure;
use crate::options::MongoOptions;

/// What names without a schema mean, where the options name no database: what the shell calls its own.
const DEFAULT_DATABASE: &str = "test";

/// Commands about metadata are answered from memory, but on a busy cluster by several members.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// A silence that is worth a question. Few batches take longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// The question is answered from memory.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest silence: a scan that finds nothing for so long had better have an index.
const SILENCE_MAX: Duration = Duration::from_secs(15 * 60);

/// Connections beyond the limit, for questions about those that are waited for.
const CONNECTIONS_EXTRA: u32 = 1;

/// A connection that nobody uses is closed after this.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// A server or cluster, and who we are to it.
pub(crate) struct Server {
    pub(crate) context: OpenContext,
    pub(crate) options: MongoOptions,
    client: OnceCell<Client>,
    product: OnceCell<Product>,
    breaker: Breaker,
    turns: Arc<Turns>,
}

/// What the server says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    /// For a message: `MongoDB 7.0.5`.
    pub(crate) text: String,
    /// Whether it knows all that MongoDB 4.4 does in filters, and can take a sample. The first FerretDB does not.
    pub(crate) is_complete: bool,
}

impl Server {
    /// Checks the options. Nothing remote is asked.
    pub(crate) fn new(options: MongoOptions, context: OpenContext) -> Result<Self> {
        options.check()?;
        let turns = Turns::new(&context.source, options.connections_max);
        Ok(Self { context, options, client: OnceCell::new(), product: OnceCell::new(), breaker: Breaker::default(), turns })
    }

    pub(crate) fn default_database(&self) -> &str {
        self.options.databases.first().map_or(DEFAULT_DATABASE, String::as_str)
    }

    /// The server for a message: `db1:27017`.
    pub(crate) fn address(&self) -> String {
        match self.options.addresses() {
            Ok(addresses) if !self.options.srv => addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            _ => self.options.host.clone(),
        }
    }

    /// A client of its own, for whoever wants to see how opening one goes.
    pub(crate) async fn open(&self) -> Result<Client, mongodb::error::Error> {
        let mut options = if self.options.srv {
            self.context.remote_calls.count();
            // The name was checked: it has no character that means something in a URL.
            ClientOptions::parse(format!("mongodb+srv://{}/", self.options.host)).await?
        } else {
            let addresses = self.options.addresses().map_err(mongodb::error::Error::custom)?;
            ClientOptions::builder().hosts(addresses).build()
        };
        let credential = self.options.credential().map_err(mongodb::error::Error::custom)?;
        let read_preference = self.options.read_preference().map_err(mongodb::error::Error::custom)?;
        options.app_name = Some("metagate".to_owned());
        options.tls = Some(self.options.tls());
        options.credential = credential;
        // Of an SRV record the DNS may say it as well.
        options.repl_set_name = self.options.replica_set.clone().or(options.repl_set_name);
        options.direct_connection = Some(self.options.direct_connection);
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(read_preference));
        options.connect_timeout = Some(self.options.connect_timeout());
        options.server_selection_timeout = Some(self.options.connect_timeout());
        options.max_pool_size = Some(self.options.connections_max + CONNECTIONS_EXTRA);
        options.max_idle_time = Some(IDLE_MAX);
        Client::with_options(options)
    }

    /// The client that serves everybody.
    async fn client(&self) -> Result<&Client> {
        let timeout = self.options.connect_timeout();
        // Only looking up the records of `srv` takes its time.
        let opened = tokio::time::timeout(timeout, self.client.get_or_try_init(|| self.open())).await;
        opened.map_err(|_| self.unresolved())?.map_err(|error| failure(self, self.unreached(), error))
    }

    /// One call, with a deadline. It counts. `purpose` says what for, to whoever waits for a connection; `message` what it means that
    /// it failed.
    pub(crate) async fn ask<T, F>(&self, purpose: String, message: String, timeout: Duration, call: impl FnOnce(Client) -> F) -> Result<T>
    where
        F: Future<Output = mongodb::error::Result<T>>,
    {
        self.breaker.check(Instant::now())?;
        let answered = self.ask_now(purpose, message, timeout, call).await;
        match &answered {
            Err(error) if matches!(error.code, Code::Unreachable | Code::Password | Code::Authorization) => {
                self.breaker.failed(Instant::now(), error);
            }
            // Nobody was asked, or nobody has answered.
            Err(error) if matches!(error.code, Code::TooManyConnections | Code::ConnectionLost | Code::Unavailable) => {}
            _ => self.breaker.succeeded(),
        }
        answered
    }

    async fn ask_now<T, F>(&self, purpose: String, message: String, timeout: Duration, call: impl FnOnce(Client) -> F) -> Result<T>
    where
        F: Future<Output = mongodb::error::Result<T>>,
    {
        let client = self.client().await?.clone();
        let _turn = self.turns.take(purpose).await?;
        self.context.remote_calls.count();
        match tokio::time::timeout(timeout, self.watched(call(client))).await {
            Ok(answer) => answer?.map_err(|error| failure(self, message, error)),
            Err(_) => Err(Error::source(Code::Unavailable, &self.context.source, message)
                .detail(format!("{} had not answered after {} s.", self.address(), timeout.as_secs()))
                .retryable()),
        }
    }

    /// One call for rows, which may take as long as the server works on it.
    pub(crate) async fn ask_for_rows<T, F>(&self, message: String, call: impl FnOnce(Client) -> F) -> Result<T>
    where
        F: Future<Output = mongodb::error::Result<T>>,
    {
        self.ask("read rows".to_owned(), message, SILENCE_MAX, call).await
    }

    /// The reply of a command.
    pub(crate) async fn command(&self, database: &str, command: Document, message: String) -> Result<Document> {
        let database = database.to_owned();
        let run = |client: Client| async move { client.database(&database).run_command(command).await };
        self.ask("read metadata".to_owned(), message, COMMAND_TIMEOUT, run).await
    }

    /// All documents that a command answers with, where they are few.
    pub(crate) async fn list(&self, database: &str, command: Document, message: String) -> Result<Vec<Document>> {
        let database = database.to_owned();
        let run = |client: Client| async move {
            let answers = client.database(&database).run_cursor_command(command).await?;
            answers.try_collect().await
        };
        self.ask("read metadata".to_owned(), message, COMMAND_TIMEOUT, run).await
    }

    /// What the server is. It is asked once.
    pub(crate) async fn product(&self) -> Result<&Product> {
        let ask = || async {
            let message = format!("could not ask data source \"{}\" for its version", self.context.source);
            Ok(Product::of(&self.command("admin", doc! { "buildInfo": 1 }, message).await?))
        };
        self.product.get_or_try_init(ask).await
    }

    /// The same, where it was asked before.
    pub(crate) fn known_product(&self) -> Option<&Product> {
        self.product.get()
    }

    /// The driver's answer, or the error that there will be none: a server that is gone, or a way to it that is cut, sends nothing for
    /// ever. So when it is silent for long it is asked, on another connection, whether it is still there.
    async fn watched<T>(&self, answer: impl Future<Output = T>) -> Result<T> {
        let mut answer = pin!(answer);
        loop {
            match tokio::time::timeout(PATIENCE, &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) => Box::pin(self.question()).await?,
            }
        }
    }

    async fn question(&self) -> Result<()> {
        let database = self.client().await?.database("admin");
        self.context.remote_calls.count();
        let asked = tokio::time::timeout(QUESTION_TIMEOUT, database.run_command(doc! { "ping": 1 })).await;
        match asked {
            // An error of the server is an answer.
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if matches!(*error.kind, mongodb::error::ErrorKind::Command(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                let source = &self.context.source;
                Err(Error::source(Code::ConnectionLost, source, format!("the connection to data source \"{source}\" was lost"))
                    .detail(format!("{} had sent nothing for {} s, and does not answer.", self.address(), PATIENCE.as_secs()))
                    .retryable())
            }
        }
    }

    /// The error of a name server that is silent.
    pub(crate) fn unresolved(&self) -> Error {
        Error::source(Code::Unreachable, &self.context.source, self.unreached())
            .detail(format!("The name server had not answered after {} ms.", self.options.connect_timeout))
            .hint("Check the options \"host\" and \"srv\".")
            .retryable()
    }

    pub(crate) fn unreached(&self) -> String {
        format!("could not reach data source \"{}\"", self.context.source)
    }
}

impl Product {
    pub(crate) fn of(build_info: &Document) -> Self {
        let version = build_info.get_str("version").unwrap_or("of unknown version");
        let nested = build_info.get_document("ferretdb").and_then(|ferretdb| ferretdb.get_str("version"));
        match build_info.get_str("ferretdbVersion").or(nested) {
            Ok(own) => Self { text: format!("FerretDB {own}"), is_complete: !own.trim_start_matches('v').starts_with("1.") },
            Err(_) => Self { text: format!("MongoDB {version}"), is_complete: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_say_what_they_are() {
        for (build_info, text, is_complete) in [
            (doc! { "version": "7.0.5" }, "MongoDB 7.0.5", true),
            (doc! { "version": "7.0.42", "ferretdbVersion": "v1.24.0" }, "FerretDB v1.24.0", false),
            (doc! { "version": "7.0.77", "ferretdb": { "version": "v2.1.0" } }, "FerretDB v2.1.0", true),
            (doc! {}, "MongoDB of unknown version", true),
        ] {
            assert_eq!(Product::of(&build_info), Product { text: text.to_owned(), is_complete });
        }
    }
}

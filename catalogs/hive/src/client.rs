//! Questions to the metastore: over at most so many connections at a time, each question with a deadline.
//!
//! A connection on which an answer is awaited when nobody wants it any more is closed. Questions change nothing, so that one which an
//! idle connection did not survive is asked once more on a new one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hive_metastore::ThriftHiveMetastoreClient;
use spi::Result;
use spi::breaker::Breaker;
use spi::connector::OpenContext;
use spi::turns::Turns;

use crate::dial::Endpoint;
use crate::failure::{Failure, late};
use crate::kerberos::Identity;
use crate::options::{self, HiveOptions};
use crate::questions;

/// The metastore keeps a thread for each connection; these save the next query the way in.
const IDLE_MAX: usize = 4;

/// Servers and what is between them close connections that are silent for longer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The metastore of one data source.
pub(crate) struct Client {
    pub(crate) endpoint: Endpoint,
    username: Option<String>,
    request_timeout: Duration,
    breaker: Breaker,
    turns: Arc<Turns>,
    /// Never locked across an await.
    idle: Mutex<Vec<(ThriftHiveMetastoreClient, Instant)>>,
}

impl Client {
    /// Checks the options. Nothing remote is asked.
    pub(crate) fn new(options: &HiveOptions, identity: Option<&Arc<Identity>>, context: OpenContext) -> Result<Self> {
        let turns = Turns::new(&context.source, options::connections_max(options)?);
        Ok(Self {
            endpoint: Endpoint::new(options, identity, context)?,
            username: options.username.clone(),
            request_timeout: options::request_timeout(options)?,
            breaker: Breaker::default(),
            turns,
            idle: Mutex::default(),
        })
    }

    pub(crate) fn source(&self) -> &str {
        self.endpoint.source()
    }

    /// The answer to a question. `what` says what it is for: `list the tables`.
    pub(crate) async fn ask<T, A>(&self, what: &str, question: impl Fn(ThriftHiveMetastoreClient) -> A) -> Result<T, Failure>
    where
        A: Future<Output = Result<T, Failure>>,
    {
        let _turn = self.turns.take(what.to_owned()).await?;
        if let Some(connection) = self.take_idle() {
            match self.ask_over(connection, &question).await {
                Err(Failure::Lost(_)) => {}
                outcome => return outcome,
            }
        }
        let connection = self.open().await?;
        self.ask_over(connection, &question).await
    }

    /// A new connection, on which the metastore knows who we are.
    pub(crate) async fn open(&self) -> Result<ThriftHiveMetastoreClient, Failure> {
        self.breaker.check(Instant::now())?;
        let opened = async {
            let channel = self.endpoint.open().await?;
            self.introduce(self.endpoint.speak(channel)).await
        };
        let opened = opened.await.map_err(|failure| failure.into_error(self, "log in to"));
        match &opened {
            Ok(_) => self.breaker.succeeded(),
            Err(error) => self.breaker.failed(Instant::now(), error),
        }
        Ok(opened?)
    }

    /// Says who we are, if the options do and it was not proved.
    pub(crate) async fn introduce(&self, connection: ThriftHiveMetastoreClient) -> Result<ThriftHiveMetastoreClient, Failure> {
        if let Some(username) = self.username.as_ref().filter(|_| self.endpoint.login().is_none()) {
            self.within(questions::introduce(connection.clone(), username)).await?;
        }
        Ok(connection)
    }

    /// The answer over a connection, which is kept if it came.
    pub(crate) async fn ask_over<T, A>(
        &self,
        connection: ThriftHiveMetastoreClient,
        question: impl Fn(ThriftHiveMetastoreClient) -> A,
    ) -> Result<T, Failure>
    where
        A: Future<Output = Result<T, Failure>>,
    {
        let outcome = self.within(question(connection.clone())).await;
        if matches!(outcome, Ok(_) | Err(Failure::Refused(_))) {
            self.keep(connection);
        }
        outcome
    }

    async fn within<T>(&self, question: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.endpoint.context.remote_calls.count();
        match tokio::time::timeout(self.request_timeout, question).await {
            Ok(outcome) => outcome,
            Err(_) => Err(late(self, self.request_timeout).into()),
        }
    }

    /// The newest idle connection; those that are too old are closed.
    fn take_idle(&self) -> Option<ThriftHiveMetastoreClient> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE_TIMEOUT);
        idle.pop().map(|(connection, _)| connection)
    }

    fn keep(&self, connection: ThriftHiveMetastoreClient) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push((connection, Instant::now()));
        }
    }
}

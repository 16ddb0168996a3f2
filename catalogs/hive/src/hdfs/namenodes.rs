//! Questions to the namenodes of one file system.
//!
//! The client library would wait for a namenode for as long as its machine is silent, and try again for minutes. Here each question to each
//! namenode has a deadline, and one that is not answered, or left to another namenode, is put to the next: a machine that is gone without a
//! word costs one deadline, and after that the others are asked first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdfs_native::{Client, ClientBuilder, HdfsError};
use spi::{Code, Error};

use super::services::Service;
use crate::dial::Address;
use crate::kerberos::Identity;
use crate::storage;

/// How long a namenode may take for one answer. Busy ones take seconds while they collect garbage.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// A datanode that says nothing for so long is taken for gone: the next one that holds the block is asked.
const DATANODE_TIMEOUT_MS: &str = "20000";

/// How often each namenode is asked: a second time, as none may be active for a moment while they change places.
const ROUNDS: usize = 2;

/// Between the two.
const PAUSE: Duration = Duration::from_millis(500);

/// The folder of Hadoop's configuration, which has none: only what operators say of the data source counts, not what the gateway's own
/// environment does.
const NO_CONFIGURATION: &str = "/dev/null";

/// What a namenode says when another is to be asked, or the same one later.
const ELSEWHERE: [&str; 2] = ["StandbyException", "RetriableException"];

/// How the servers of HDFS are spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// The data source, for errors.
    pub(crate) source: String,
    /// The user as whom files are read; without one, that of the gateway's process.
    pub(crate) username: Option<String>,
    /// With Kerberos, who reads: this principal, or whom the environment of the gateway's process names.
    pub(crate) kerberos: Option<Option<Arc<Identity>>>,
    /// What datanodes ask for where there is Kerberos.
    pub(crate) data_protection: Option<String>,
    pub(crate) datanodes_by_name: bool,
}

/// The namenodes of one file system.
#[derive(Debug)]
pub(super) struct Namenodes {
    pub(super) manner: Manner,
    /// As locations name the file system: `hdfs://lake`.
    pub(super) name: String,
    /// A client of each one alone: whom to ask next is decided here. Never locked across an await.
    namenodes: Vec<(Address, Mutex<Option<Client>>)>,
    /// Which one answered last.
    active: AtomicUsize,
}

impl Namenodes {
    pub(super) fn new(service: Service, manner: Manner) -> Self {
        let namenodes = service.namenodes.into_iter().map(|address| (address, Mutex::default())).collect();
        Self { manner, name: format!("hdfs://{}", service.name), namenodes, active: AtomicUsize::new(0) }
    }

    /// The answer to a question about a path, of the first namenode that gives one.
    pub(super) async fn ask<T, A>(&self, path: &str, question: impl Fn(Client) -> A) -> object_store::Result<T>
    where
        A: Future<Output = hdfs_native::Result<T>>,
    {
        let first = self.active.load(Ordering::Relaxed);
        let mut problems = Vec::new();
        for turn in 0..self.namenodes.len() * ROUNDS {
            if turn == self.namenodes.len() {
                problems.clear();
                tokio::time::sleep(PAUSE).await;
            }
            let place = (first + turn) % self.namenodes.len();
            let (address, client) = &self.namenodes[place];
            let asked = question(self.client(address, client).map_err(|error| self.failure(path, error))?);
            let problem = match tokio::time::timeout(ANSWER_TIMEOUT, asked).await {
                Ok(Ok(answer)) => {
                    self.active.store(place, Ordering::Relaxed);
                    return Ok(answer);
                }
                Ok(Err(error)) => match elsewhere(&error) {
                    Some(problem) => problem,
                    None => return Err(self.failure(path, error)),
                },
                Err(_) => {
                    // The connection may be dead without knowing it: the next question opens another.
                    *client.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    format!("had not answered after {} s", ANSWER_TIMEOUT.as_secs())
                }
            };
            problems.push(format!("{address} {problem}"));
        }
        let error = self.error(Code::Unreachable, format!("Of the namenodes of {}, {}.", self.name, problems.join("; ")));
        let hint = "Check the option \"hadoop_options\", that a namenode is active, and whether it wants Kerberos.";
        Err(wrapped(error.hint(hint).retryable()))
    }

    fn client(&self, address: &Address, client: &Mutex<Option<Client>>) -> hdfs_native::Result<Client> {
        let mut client = client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = client.as_ref() {
            return Ok(client.clone());
        }
        let Manner { username, kerberos, data_protection, datanodes_by_name, .. } = &self.manner;
        let options = [
            ("dfs.client.failover.max.attempts", "0"),
            ("dfs.client.socket-timeout", DATANODE_TIMEOUT_MS),
            ("dfs.client.use.datanode.hostname", if *datanodes_by_name { "true" } else { "false" }),
            ("hadoop.security.authentication", if kerberos.is_some() { "kerberos" } else { "simple" }),
        ];
        let options = options.into_iter().chain(data_protection.as_deref().map(|protection| ("dfs.data.transfer.protection", protection)));
        let builder = ClientBuilder::new().with_url(format!("hdfs://{address}")).with_config_dir(NO_CONFIGURATION).with_config(options);
        let opened = match (kerberos, username) {
            (Some(Some(identity)), _) => builder
                .with_kerberos_principal(identity.principal())
                .with_kerberos_keytab(identity.keytab())
                .with_kerberos_cache(identity.cache("hdfs")),
            (None, Some(username)) => builder.with_user(username),
            (Some(None), _) | (None, None) => builder,
        }
        .build()?;
        Ok(client.insert(opened).clone())
    }

    /// An answer that is none, in our words.
    pub(super) fn failure(&self, path: &str, error: HdfsError) -> object_store::Error {
        let place = format!("{}{path}", self.name);
        let error = match &error {
            HdfsError::FileNotFound(_) => return object_store::Error::NotFound { path: path.to_owned(), source: Box::new(error) },
            HdfsError::RPCError(kind, _) if kind.ends_with("FileNotFoundException") => {
                return object_store::Error::NotFound { path: path.to_owned(), source: Box::new(error) };
            }
            HdfsError::RPCError(kind, said) if kind.ends_with("AccessControlException") => self
                .error(Code::Io, format!("Access to {place} was refused: {}.", first_line(said)))
                .hint("Check the permissions of the user whom the option \"username\" names."),
            HdfsError::RPCError(kind, said) | HdfsError::FatalRPCError(kind, said) => {
                self.error(Code::Io, format!("{place} could not be read. The namenode says: {} ({kind}).", first_line(said)))
            }
            HdfsError::DataTransferError(_) | HdfsError::IOError(_) => self
                .error(Code::Io, format!("{place} could not be read: no datanode that holds a block of it gave it."))
                .hint(
                    "Check that the datanodes are up, and that the gateway can reach them at the addresses that the namenode has of them, or \
                     at their names, which \"dfs.client.use.datanode.hostname\" in the option \"hadoop_options\" asks for.",
                )
                .retryable(),
            HdfsError::UnsupportedFeature(_) | HdfsError::UnsupportedErasureCodingPolicy(_) => {
                self.error(Code::Unsupported, format!("{place} is not read: {error}."))
            }
            _ => self.error(Code::Io, format!("{place} could not be read: {}.", first_line(&error.to_string()))),
        };
        wrapped(error)
    }

    pub(super) fn error(&self, code: Code, detail: String) -> Error {
        storage::unread(&self.manner.source, code, detail)
    }
}

/// An error of ours as one of a store: whoever reads takes it out again.
pub(super) fn wrapped(error: Error) -> object_store::Error {
    object_store::Error::Generic { store: "HDFS", source: Box::new(error) }
}

/// What an answer says if it is none, and another namenode may give one.
fn elsewhere(error: &HdfsError) -> Option<String> {
    match error {
        HdfsError::IOError(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Some("refuses connections".to_owned()),
        HdfsError::IOError(error) => Some(format!("could not be asked: {}", first_line(&error.to_string()))),
        HdfsError::RPCError(kind, said) | HdfsError::FatalRPCError(kind, said) if ELSEWHERE.iter().any(|one| kind.ends_with(one)) => {
            Some(format!("says: {}", first_line(said)))
        }
        _ => None,
    }
}

/// What a server says, without the trace of where in its code it says so.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

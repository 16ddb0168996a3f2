//! What an operator can set: flags, `METAGATE_*` environment variables and a TOML file, in this order of precedence.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use spi::{Code, Error, Result};

/// One server that speaks PostgreSQL's wire protocol and shows every data source as a database.
#[derive(Debug, Parser)]
#[command(name = "metagate", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway. This is what happens without a command, too.
    Serve(Box<Options>),
    /// Look after the store while no gateway runs on it.
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Look after roles while no gateway runs.
    Role {
        #[command(subcommand)]
        command: RoleCommand,
    },
    /// Write the reference pages of this very program into a folder.
    #[command(hide = true)]
    Reference {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Check every change and record against their hashes, and name what is damaged.
    Verify(Box<Options>),
}

#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// Give a role a new password, which is printed once.
    ResetPassword {
        /// The role.
        name: String,
        #[command(flatten)]
        options: Box<Options>,
    },
}

/// Options of every command. A field that is not set on the command line or in the environment is taken from the file.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Options {
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:5450].
    #[arg(long, env = "METAGATE_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Folder of a Unix-domain socket to listen on as well; its name is that of PostgreSQL's.
    #[arg(long, env = "METAGATE_UNIX_SOCKET", value_name = "FOLDER")]
    pub unix_socket: Option<PathBuf>,
    /// Data folder: the store, its journal, blobs, keys and the sample data [default: metagate-data].
    #[arg(long, env = "METAGATE_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Store of the configuration: `sqlite:FILE`, or `memory:` for a gateway that forgets [default: sqlite:<data>/store.db].
    #[arg(long, env = "METAGATE_STORE", value_name = "STORE")]
    pub store: Option<String>,
    /// Certificate chain for TLS, PEM.
    #[arg(long, env = "METAGATE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Private key for TLS, PEM.
    #[arg(long, env = "METAGATE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Refuse connections over TCP that do not use TLS.
    #[arg(long, env = "METAGATE_TLS_REQUIRED", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub tls_required: Option<bool>,
    /// Connections served at the same time; one more is refused with 53300 [default: 500].
    #[arg(long, env = "METAGATE_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<usize>,
    /// Memory for queries in MiB; what does not fit spills to disk [default: 2048].
    #[arg(long, env = "METAGATE_QUERY_MEMORY", value_name = "MIB")]
    pub query_memory: Option<usize>,
    /// What to log, for example `info` or `warn,domain=debug` [default: info].
    #[arg(long, env = "METAGATE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Form of the log [default: text].
    #[arg(long, env = "METAGATE_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// TOML file with these options, named as here.
    #[arg(long, env = "METAGATE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// The options with the file read and the defaults filled in.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: String,
    pub unix_socket: Option<PathBuf>,
    pub data: PathBuf,
    pub store: StoreLocation,
    pub tls: Option<Tls>,
    pub tls_required: bool,
    pub max_connections: usize,
    pub query_memory_bytes: usize,
    pub log: String,
    pub log_format: LogFormat,
}

/// Certificate and key for TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// A SQLite file on this machine.
    Sqlite(PathBuf),
    /// Nothing outlives the process.
    Memory,
}

impl std::fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreLocation::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            StoreLocation::Memory => f.write_str("memory:"),
        }
    }
}

impl Config {
    /// Reads the file, if one is named, and fills in the defaults.
    pub fn new(options: Options) -> Result<Config> {
        let file = match &options.config {
            Some(path) => read_file(path)?,
            None => Options::default(),
        };
        let data = options.data.or(file.data).unwrap_or_else(|| "metagate-data".into());
        let store = match options.store.or(file.store) {
            Some(location) => parse_store(&location)?,
            None => StoreLocation::Sqlite(data.join("store.db")),
        };
        let tls = match (options.tls_cert.or(file.tls_cert), options.tls_key.or(file.tls_key)) {
            (Some(cert), Some(key)) => Some(Tls { cert, key }),
            (None, None) => None,
            _ => return Err(Error::new(Code::InvalidArgument, "tls-cert and tls-key are needed together")),
        };
        let tls_required = options.tls_required.or(file.tls_required).unwrap_or(false);
        if tls_required && tls.is_none() {
            return Err(Error::new(Code::InvalidArgument, "tls-required needs tls-cert and tls-key"));
        }
        Ok(Config {
            listen: options.listen.or(file.listen).unwrap_or_else(|| "127.0.0.1:5450".to_owned()),
            unix_socket: options.unix_socket.or(file.unix_socket),
            data,
            store,
            tls,
            tls_required,
            max_connections: options.max_connections.or(file.max_connections).unwrap_or(500),
            query_memory_bytes: options.query_memory.or(file.query_memory).unwrap_or(2048) << 20,
            log: options.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: options.log_format.or(file.log_format).unwrap_or_default(),
        })
    }
}

fn read_file(path: &Path) -> Result<Options> {
    let failed = |detail: String| {
        Error::new(Code::InvalidArgument, format!("could not read configuration file \"{}\"", path.display())).detail(detail)
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(format!("{error}.")))?;
    toml::from_str(&text).map_err(|error| failed(error.to_string()))
}

fn parse_store(location: &str) -> Result<StoreLocation> {
    match location.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(StoreLocation::Sqlite(path.into())),
        Some(("memory", "")) => Ok(StoreLocation::Memory),
        _ => Err(Error::new(Code::InvalidArgument, format!("store \"{location}\" is not one that metagate knows"))
            .hint("Use sqlite:FILE or memory:.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("metagate.toml");
        std::fs::write(&path, "listen = \"0.0.0.0:1\"\nmax-connections = 7\nlog-format = \"json\"\n").expect("a file");
        let options = Options { listen: Some("[::1]:2".to_owned()), config: Some(path), ..Options::default() };
        let config = Config::new(options).expect("a configuration");
        assert_eq!((config.listen.as_str(), config.max_connections, config.log_format), ("[::1]:2", 7, LogFormat::Json));
        assert_eq!(config.store, StoreLocation::Sqlite("metagate-data/store.db".into()));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let message = |options| Config::new(options).expect_err("a bad configuration").message;
        assert_eq!(
            message(Options { store: Some("oracle:x".to_owned()), ..Options::default() }),
            "store \"oracle:x\" is not one that metagate knows"
        );
        assert_eq!(message(Options { tls_required: Some(true), ..Options::default() }), "tls-required needs tls-cert and tls-key");
        assert_eq!(message(Options { tls_key: Some("k".into()), ..Options::default() }), "tls-cert and tls-key are needed together");
    }
}

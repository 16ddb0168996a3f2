//! Where the files of tables are: folders of the gateway's machine that the options allow, HDFS, and S3.

use std::collections::HashMap;
use std::path::{Component, Path as LocalPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use spi::connector::OpenContext;
use spi::options::invalid;
use spi::{Code, Error, Result, Secret};
use url::Url;

use crate::hdfs::{Hdfs, Manner, Services};
use crate::kerberos::Identity;
use crate::metadata::without_login;
use crate::options::HiveOptions;

/// How long a disk may take to say what a folder's files are. Those of other machines hang when these are away.
const DISK_TIMEOUT: Duration = Duration::from_secs(60);

/// A service that takes longer to accept a connection is taken for unreachable.
const S3_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that one request may take, its body included: a scan streams a whole file through one.
const S3_REQUEST_TIMEOUT: Duration = Duration::from_secs(600);

/// Hiccups are retried, outages reported: no request is tried again after this.
const S3_RETRY_TIMEOUT: Duration = Duration::from_secs(15);
const S3_RETRIES_MAX: usize = 2;

/// The stores of one data source.
pub(crate) struct Storage {
    pub(crate) context: OpenContext,
    folders: Vec<PathBuf>,
    s3: S3,
    hdfs: Services,
    username: Option<String>,
    identity: Option<Arc<Identity>>,
    /// Buckets and file systems, by their names. Never locked across an await.
    stores: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

struct S3 {
    endpoint: Option<String>,
    region: String,
    /// Identity and secret; without them public buckets can be read.
    key: Option<(String, Secret<String>)>,
    allow_http: bool,
}

/// Where a table or partition has its files.
#[derive(Clone)]
pub(crate) struct Location {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Names the store: two locations of one store have the same.
    pub(crate) store_name: String,
    /// The folder, in the store.
    pub(crate) folder: Path,
    /// The allowed folder in which the files have to be, all links followed.
    pub(crate) confined_to: Option<PathBuf>,
}

impl Storage {
    /// Checks the options. Neither disk nor network is touched.
    pub(crate) fn new(options: &HiveOptions, identity: Option<Arc<Identity>>, context: OpenContext) -> Result<Self> {
        let folders: Vec<PathBuf> = options.local_folders.iter().map(PathBuf::from).collect();
        if folders.iter().any(|folder| !folder.is_absolute()) {
            return Err(invalid("option \"local_folders\" must be a list of absolute paths").hint("For example [\"/data/warehouse\"]."));
        }
        let key = match (&options.s3_access_key_id, &options.s3_secret_access_key) {
            (Some(id), Some(secret)) => Some((id.clone(), secret.clone())),
            (None, None) => None,
            _ => return Err(invalid("options \"s3_access_key_id\" and \"s3_secret_access_key\" go together")),
        };
        if let Some(endpoint) = &options.s3_endpoint {
            let scheme = Url::parse(endpoint).map(|url| url.scheme().to_owned()).unwrap_or_default();
            if scheme != "https" && !(scheme == "http" && options.s3_allow_http) {
                return Err(invalid("option \"s3_endpoint\" is no https:// URL").hint("Use https, or set option s3_allow_http for http."));
            }
        }
        let s3 = S3 { endpoint: options.s3_endpoint.clone(), region: options.s3_region.clone(), key, allow_http: options.s3_allow_http };
        let hdfs = Services::new(&options.hadoop_options)?;
        Ok(Self { context, folders, s3, hdfs, username: options.username.clone(), identity, stores: Mutex::default() })
    }

    /// Whether HDFS is shown tickets.
    pub(crate) fn has_kerberos(&self) -> bool {
        self.hdfs.has_kerberos
    }

    /// Where a location of the metastore is: `file:/…`, `hdfs://host/…`, `s3://bucket/…` or Hadoop's `s3a://bucket/…`.
    pub(crate) async fn locate(&self, location: &str) -> Result<Location> {
        // A login in it is not the gateway's, and nobody is to see it.
        let location = without_login(location);
        let location = location.as_str();
        let (scheme, rest) = location.split_once(':').unwrap_or(("", location));
        match scheme {
            "file" => self.local(location, rest).await,
            "hdfs" => self.file_system(location, rest),
            "s3" | "s3a" | "s3n" => self.bucket(location, rest.trim_start_matches('/')),
            "" => Err(self.unsupported(location, "It names no file system.")),
            other => Err(self.unsupported(location, &format!("Files of {other}:// are not read, only those of file:, hdfs: and s3://."))),
        }
    }

    async fn local(&self, location: &str, rest: &str) -> Result<Location> {
        // `file:/a`, `file:///a` and `file://localhost/a` are the same.
        let path = rest.strip_prefix("//").map_or(rest, |rest| rest.find('/').map_or(rest, |slash| &rest[slash..]));
        let (path, folders) = (PathBuf::from(path), self.folders.clone());
        let allowed = self.on_disk(location, move || allowed(&path, &folders)).await?;
        let (folder, confined_to) = allowed.ok_or_else(|| {
            self.error(Code::Privilege, format!("The folder {location} is in none that the option \"local_folders\" allows."))
                .hint("Add the warehouse's folder to the option \"local_folders\", if the gateway may read it.")
        })?;
        let folder = folder.to_str().and_then(|folder| Path::parse(folder.trim_start_matches('/')).ok());
        let folder = folder.ok_or_else(|| self.unsupported(location, "It is no path."))?;
        let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
        Ok(Location { store, store_name: "file".to_owned(), folder, confined_to: Some(confined_to) })
    }

    /// What a look at the disk finds; a place that does not answer in time is given up.
    pub(crate) async fn on_disk<T: Send + 'static>(&self, place: &str, look: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let looked = tokio::time::timeout(DISK_TIMEOUT, tokio::task::spawn_blocking(look)).await;
        let late = || self.error(Code::Io, format!("{place} had not been looked at after {} s.", DISK_TIMEOUT.as_secs())).retryable();
        looked.map_err(|_| late())?.map_err(|error| Error::internal(format!("looking at {place} did not end: {error}")))
    }

    fn bucket(&self, location: &str, rest: &str) -> Result<Location> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let folder = Path::parse(key.trim_matches('/')).map_err(|_| self.unsupported(location, "It is no path."))?;
        let store_name = format!("s3://{bucket}");
        let store = self.store(&store_name, || self.open_bucket(bucket))?;
        Ok(Location { store, store_name, folder, confined_to: None })
    }

    fn file_system(&self, location: &str, rest: &str) -> Result<Location> {
        // `hdfs:/a` and `hdfs:///a` are the same.
        let (authority, path) = rest.strip_prefix("//").map_or(("", rest), |rest| rest.split_once('/').unwrap_or((rest, "")));
        let service = self.hdfs.find(authority).ok_or_else(|| {
            let why = match authority {
                "" => "The option \"hadoop_options\" has no \"fs.defaultFS\".".to_owned(),
                authority => format!("The option \"hadoop_options\" names no namenode of hdfs://{authority}."),
            };
            self.unsupported(location, &why).hint(
                "Set the option \"hadoop_options\" to {\"fs.defaultFS\": \"hdfs://namenode:8020\"}, or to Hadoop's \"dfs.nameservices\" and \
                 what goes with it.",
            )
        })?;
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let folder = Path::parse(parts.join("/")).map_err(|_| self.unsupported(location, "It is no path."))?;
        let store_name = format!("hdfs://{}", service.name);
        let manner = || Manner {
            source: self.context.source.clone(),
            username: self.username.clone(),
            kerberos: self.hdfs.has_kerberos.then(|| self.identity.clone()),
            data_protection: self.hdfs.data_protection.clone(),
            datanodes_by_name: self.hdfs.datanodes_by_name,
        };
        let store = self.store(&store_name, || Ok(Arc::new(Hdfs::new(service, manner()))))?;
        Ok(Location { store, store_name, folder, confined_to: None })
    }

    /// The store of this name, which is opened the first time.
    fn store(&self, name: &str, open: impl FnOnce() -> Result<Arc<dyn ObjectStore>>) -> Result<Arc<dyn ObjectStore>> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.get(name) {
            return Ok(Arc::clone(store));
        }
        let store = open()?;
        stores.insert(name.to_owned(), Arc::clone(&store));
        Ok(store)
    }

    fn open_bucket(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>> {
        let S3 { endpoint, region, key, allow_http } = &self.s3;
        let client =
            ClientOptions::new().with_allow_http(*allow_http).with_connect_timeout(S3_CONNECT_TIMEOUT).with_timeout(S3_REQUEST_TIMEOUT);
        let retry = RetryConfig { max_retries: S3_RETRIES_MAX, retry_timeout: S3_RETRY_TIMEOUT, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(region).with_client_options(client).with_retry(retry);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder = match key {
            Some((id, secret)) => builder.with_access_key_id(id).with_secret_access_key(secret.expose()),
            None => builder.with_skip_signature(true),
        };
        let store = builder.build();
        Ok(Arc::new(store.map_err(|error| self.error(Code::InvalidArgument, "The S3 options do not fit together.").cause(error))?))
    }

    fn unsupported(&self, location: &str, why: &str) -> Error {
        self.error(Code::Unsupported, format!("The location is {location}. {why}"))
    }

    /// An error of a store, in our words.
    pub(crate) fn failure(&self, place: &str, error: object_store::Error) -> Error {
        use object_store::Error as Failure;
        if let Failure::Generic { source, .. } = &error
            && let Some(said) = source.downcast_ref::<Error>()
        {
            return said.clone();
        }
        match &error {
            Failure::NotFound { .. } => self.gone(place),
            Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => self
                .error(Code::Io, format!("Access to {place} was refused."))
                .hint("Check the permissions of the gateway's user, or the options \"s3_access_key_id\" and \"s3_secret_access_key\"."),
            _ => self.error(Code::Io, format!("{place} could not be read.")).hint("Check that the storage is up.").retryable(),
        }
        .cause(error)
    }

    /// A file that is there no more.
    pub(crate) fn gone(&self, place: &str) -> Error {
        self.error(Code::Io, format!("{place} does not exist."))
            .hint(format!("Somebody may be writing the table: try again. If not, CALL refresh_metadata('{}').", self.context.source))
            .retryable()
    }

    /// The one message for files, with what happened.
    pub(crate) fn error(&self, code: Code, detail: impl Into<String>) -> Error {
        unread(&self.context.source, code, detail)
    }
}

/// The one message for files of a data source, with what happened.
pub(crate) fn unread(source: &str, code: Code, detail: impl Into<String>) -> Error {
    Error::source(code, source, format!("could not read the files of data source \"{source}\"")).detail(detail)
}

/// The path and the allowed folder that it is in, without links. Of a path that is not there, its nearest folder that is counts.
fn allowed(path: &LocalPath, folders: &[PathBuf]) -> Option<(PathBuf, PathBuf)> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    let mut resolved = there.canonicalize().ok()?;
    resolved.push(path.strip_prefix(there).ok()?);
    if resolved.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let mut folders = folders.iter().filter_map(|folder| folder.canonicalize().ok());
    let folder = folders.find(|folder| resolved.starts_with(folder))?;
    Some((resolved, folder))
}

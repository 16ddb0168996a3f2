//! Where the files are: the option `path`, understood, and the object store over it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use spi::{Code, Error, Result};
use url::Url;

use crate::Options;
use crate::confined::ConfinedFolder;

/// A service that takes longer to accept a connection is taken for unreachable.
const S3_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that one request may take, its body included: a scan streams a whole file through one.
const S3_REQUEST_TIMEOUT: Duration = Duration::from_secs(600);
/// Hiccups are retried, outages reported: no request is tried again after this.
const S3_RETRY_TIMEOUT: Duration = Duration::from_secs(15);
const S3_RETRIES_MAX: usize = 2;

/// A folder. Object paths are relative to it.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    Local(PathBuf),
    S3 {
        /// `s3://bucket/prefix`, without a slash at the end.
        url: String,
        store: Arc<PrefixStore<AmazonS3>>,
    },
}

impl Location {
    /// Understands the options. Touches neither disk nor network.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        if !options.path.contains("://") {
            let folder = PathBuf::from(&options.path);
            return match folder.is_absolute() {
                true => Ok(Location::Local(folder)),
                false => Err(invalid_path("a local path must be absolute")
                    .hint("Give the path from the root of the file system, for example /data/shop.")),
            };
        }
        let url =
            Url::parse(&options.path).map_err(|error| invalid_path("it is not a URL").detail(format!("Reading it failed: {error}.")))?;
        let bucket = url.host_str().filter(|_| url.scheme() == "s3").unwrap_or_default();
        if bucket.is_empty() || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid_path("it is not an s3:// URL").hint("Give a local path or s3://bucket/prefix."));
        }
        let prefix = Path::from_url_path(url.path().trim_matches('/'))
            .map_err(|error| invalid_path("the prefix is not one").detail(format!("Reading it failed: {error}.")))?;
        let url = format!("s3://{bucket}/{prefix}").trim_end_matches('/').to_owned();
        Ok(Location::S3 { url, store: Arc::new(PrefixStore::new(s3(bucket, options)?, prefix)) })
    }

    /// The object store over the folder. Fails if there is no local folder; whether a bucket is there, the first request tells.
    pub(crate) async fn open(&self) -> object_store::Result<Arc<dyn ObjectStore>> {
        match self {
            Location::Local(folder) => {
                let folder = folder.clone();
                Ok(Arc::new(tokio::task::spawn_blocking(move || ConfinedFolder::open(&folder)).await??))
            }
            Location::S3 { store, .. } => Ok(Arc::clone(store) as Arc<dyn ObjectStore>),
        }
    }

    /// A path below the folder, as people know it.
    pub(crate) fn text(&self, path: &Path) -> String {
        let folder = match self {
            Location::Local(folder) => folder.display().to_string(),
            Location::S3 { url, .. } => url.clone(),
        };
        if path.is_root() { folder } else { format!("{}/{path}", folder.trim_end_matches('/')) }
    }

    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Location::S3 { .. })
    }
}

fn s3(bucket: &str, options: &Options) -> Result<AmazonS3> {
    let client =
        ClientOptions::new().with_allow_http(options.allow_http).with_connect_timeout(S3_CONNECT_TIMEOUT).with_timeout(S3_REQUEST_TIMEOUT);
    let retry = RetryConfig { max_retries: S3_RETRIES_MAX, retry_timeout: S3_RETRY_TIMEOUT, ..RetryConfig::default() };
    let mut builder =
        AmazonS3Builder::new().with_bucket_name(bucket).with_region(&options.region).with_client_options(client).with_retry(retry);
    if let Some(endpoint) = &options.endpoint {
        check_endpoint(endpoint, options.allow_http)?;
        builder = builder.with_endpoint(endpoint);
    }
    builder = match (&options.access_key_id, &options.secret_access_key, options.anonymous) {
        (None, None, true) => builder.with_skip_signature(true),
        (Some(id), Some(key), false) => builder.with_access_key_id(id).with_secret_access_key(key.expose()),
        _ => {
            return Err(Error::new(Code::InvalidArgument, "an s3:// path needs either an access key or option \"anonymous\"")
                .hint("Give access_key_id and secret_access_key, or \"anonymous\": true."));
        }
    };
    builder.build().map_err(|error| Error::new(Code::InvalidArgument, "the S3 options do not fit together").cause(error))
}

fn check_endpoint(endpoint: &str, allow_http: bool) -> Result<()> {
    let invalid = |why: &str| Error::new(Code::InvalidArgument, format!("option \"endpoint\" is not valid: {why}"));
    let url = Url::parse(endpoint).map_err(|_| invalid("it is not a URL").hint("Give for example https://s3.example.com."))?;
    match url.scheme() {
        "https" => Ok(()),
        "http" if allow_http => Ok(()),
        "http" => Err(invalid("it is without TLS").hint("Use https, or set option allow_http.")),
        _ => Err(invalid("it must begin with https:// or http://")),
    }
}

fn invalid_path(why: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("option \"path\" is not valid: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn location(options: serde_json::Value) -> Result<Location> {
        Location::new(&serde_json::from_value(options).expect("options"))
    }

    #[test]
    fn refuses_what_is_not_a_folder() {
        for (options, message) in [
            (json!({"path": "data"}), "option \"path\" is not valid: a local path must be absolute"),
            (json!({"path": "ftp://host/x"}), "option \"path\" is not valid: it is not an s3:// URL"),
            (json!({"path": "s3:///x", "anonymous": true}), "option \"path\" is not valid: it is not an s3:// URL"),
            (json!({"path": "s3://b/x?y", "anonymous": true}), "option \"path\" is not valid: it is not an s3:// URL"),
            (json!({"path": "s3://b/x"}), "an s3:// path needs either an access key or option \"anonymous\""),
            (json!({"path": "s3://b", "anonymous": true, "endpoint": "http://h"}), "option \"endpoint\" is not valid: it is without TLS"),
        ] {
            assert_eq!(location(options.clone()).expect_err("refused").message, message, "{options}");
        }
    }

    #[test]
    fn names_what_is_below_it() {
        let s3 = location(json!({"path": "s3://bucket/a/b/", "anonymous": true})).expect("a location");
        assert_eq!((s3.text(&Path::default()).as_str(), s3.text(&"c.csv".into()).as_str()), ("s3://bucket/a/b", "s3://bucket/a/b/c.csv"));
        let local = location(json!({"path": "/data"})).expect("a location");
        assert_eq!(local.text(&"c.csv".into()), "/data/c.csv");
    }
}

//! A schema registry: what harvests and reads ask of it. Each schema is asked for once and kept, as it never changes.
//!
//! It speaks the REST API of Confluent's, which others have too. A registry that is down is an error of the harvest, so that the metadata
//! of the last one goes on being served, and of a query only if that needs a schema that is not kept.

mod http;
mod kept;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use spi::connector::OpenContext;
use spi::{Code, Error, Result};

use crate::options::KafkaOptions;
use crate::schema::{Kind, Schema, Text};
use http::Http;
use kept::{Kept, Weighed};

/// Requests of a harvest at a time. A registry is one process as a rule, which serves producers too.
const REQUESTS_AT_ONCE: usize = 8;

/// How long a harvest asks for schemas, all together.
const HARVEST_MAX: Duration = Duration::from_secs(60);

/// Subjects of which a harvest asks for the schema. Topics beyond them go by the schemas that their messages name.
const SUBJECTS_MAX: usize = 10_000;

/// Schemas that one schema may refer to, directly or not.
const REFERENCES_MAX: usize = 100;

/// A longer schema, or one of more with all that it refers to, is not read.
const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// A schema as far as it can be used.
pub(crate) struct Prepared {
    /// None if it is not known.
    pub(crate) kind: Option<Kind>,
    /// Or why it cannot be used, in a sentence without its end.
    pub(crate) schema: Result<Schema, String>,
}

/// The way to a registry.
pub(crate) struct Registry {
    http: Http,
    kept: Kept,
}

/// The latest schema of a subject.
#[derive(Clone)]
pub(crate) struct Latest {
    pub(crate) id: u32,
    pub(crate) version: u32,
    pub(crate) prepared: Arc<Prepared>,
}

/// A schema as a registry writes it: of a subject, or by its number.
#[derive(Deserialize)]
struct Registered {
    #[serde(default)]
    id: u32,
    #[serde(default)]
    version: u32,
    schema: String,
    #[serde(default, rename = "schemaType")]
    schema_type: Option<String>,
    #[serde(default)]
    references: Option<Vec<Reference>>,
}

#[derive(Clone, Deserialize)]
struct Reference {
    name: String,
    subject: String,
    version: u32,
}

impl Registry {
    /// The registry of the options, if they name one. Nothing is asked yet.
    pub(crate) fn new(options: &KafkaOptions, context: &OpenContext) -> Result<Option<Self>> {
        Ok(Http::new(options, context)?.map(|http| Self { http, kept: Kept::default() }))
    }

    /// The names of all subjects.
    pub(crate) async fn subjects(&self) -> Result<HashSet<String>> {
        let what = "list the subjects";
        let subjects = self.http.get(what, &["subjects"]).await?;
        // It has a list, even if nothing is in it.
        subjects.ok_or_else(|| self.http.is_none(what))
    }

    /// The latest schemas of these subjects, some at a time. One that is gone meanwhile is left out.
    pub(crate) async fn latest(&self, subjects: Vec<String>) -> Result<HashMap<String, Latest>> {
        let latest = |subject: String| async move {
            let found = self.latest_of(&subject).await?;
            Ok::<_, Error>(found.map(|latest| (subject, latest)))
        };
        let all = stream::iter(subjects.into_iter().take(SUBJECTS_MAX)).map(latest).buffer_unordered(REQUESTS_AT_ONCE);
        let found: Vec<Option<(String, Latest)>> = self.within_harvest(all.try_collect()).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The schemas of these numbers, some at a time. One that the registry does not know is left out.
    pub(crate) async fn schemas(&self, ids: impl IntoIterator<Item = u32>) -> Result<HashMap<u32, Arc<Prepared>>> {
        let schema = |id: u32| async move { Ok::<_, Error>(self.schema(id).await?.map(|schema| (id, schema))) };
        let all = stream::iter(ids).map(schema).buffer_unordered(REQUESTS_AT_ONCE);
        let found: Vec<Option<(u32, Arc<Prepared>)>> = self.within_harvest(all.try_collect()).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The schema of a number; none if the registry does not know it. Of several who want the same, one asks.
    pub(crate) async fn schema(&self, id: u32) -> Result<Option<Arc<Prepared>>> {
        let ask = async {
            let number = id.to_string();
            let found: Option<Registered> = self.http.get(&format!("read schema {id}"), &["schemas", "ids", &number]).await?;
            match found {
                Some(registered) => self.prepared(registered).await.map(Some),
                None => Ok(None),
            }
        };
        self.kept.get_or_ask(id, ask).await
    }

    async fn latest_of(&self, subject: &str) -> Result<Option<Latest>> {
        let what = format!("read the schema of subject \"{subject}\"");
        let found: Option<Registered> = match self.http.get(&what, &["subjects", subject, "versions", "latest"]).await {
            // Other topics are not concerned.
            Err(error) if error.code == Code::Privilege => {
                let problem = format!("the schema registry does not let the gateway read subject \"{subject}\"");
                let prepared = Arc::new(Prepared { kind: None, schema: Err(problem) });
                return Ok(Some(Latest { id: 0, version: 0, prepared }));
            }
            found => found?,
        };
        let Some(registered) = found else { return Ok(None) };
        let (id, version) = (registered.id, registered.version);
        let prepared = self.kept.get_or_ask(id, async { self.prepared(registered).await.map(Some) }).await?;
        Ok(prepared.map(|prepared| Latest { id, version, prepared }))
    }

    /// Makes a schema of its text, and of those that it refers to.
    async fn prepared(&self, registered: Registered) -> Result<Weighed> {
        let Registered { schema: text, schema_type, references, .. } = registered;
        let unusable = |kind, problem| Ok((Arc::new(Prepared { kind, schema: Err(problem) }), 0));
        let Some(kind) = Kind::of_registry(schema_type.as_deref()) else {
            return unusable(None, format!("schemas of the type \"{}\" are not known here", schema_type.unwrap_or_default()));
        };
        let references = match self.references(references.unwrap_or_default(), text.len()).await? {
            Ok(references) => references,
            Err(problem) => return unusable(Some(kind), problem),
        };
        let bytes = text.len() + references.iter().map(|(_, text)| text.len()).sum::<usize>();
        let text = Text { kind, text, references };
        // A compiler may take its time.
        let parsed = tokio::task::spawn_blocking(move || Schema::parse(&text)).await;
        let schema = parsed.unwrap_or_else(|_| Err("reading the schema has failed".to_owned()));
        Ok((Arc::new(Prepared { kind: Some(kind), schema }), bytes))
    }

    /// What a schema refers to, and what that refers to.
    async fn references(&self, open: Vec<Reference>, bytes: usize) -> Result<Result<Vec<(String, String)>, String>> {
        let (mut open, mut seen, mut found, mut bytes) = (VecDeque::from(open), HashSet::new(), Vec::new(), bytes);
        while bytes <= SCHEMA_BYTES_MAX {
            let Some(Reference { name, subject, version }) = open.pop_front() else { return Ok(Ok(found)) };
            if !seen.insert((subject.clone(), version)) {
                continue;
            }
            if seen.len() > REFERENCES_MAX {
                return Ok(Err(format!("the schema refers to more than {REFERENCES_MAX} others")));
            }
            let what = format!("read version {version} of subject \"{subject}\"");
            let registered: Option<Registered> = self.http.get(&what, &["subjects", &subject, "versions", &version.to_string()]).await?;
            let Some(registered) = registered else {
                return Ok(Err(format!("version {version} of subject \"{subject}\", which the schema refers to, is not in the registry")));
            };
            bytes += registered.schema.len();
            found.push((name, registered.schema));
            open.extend(registered.references.unwrap_or_default());
        }
        Ok(Err(format!("the schema has more than {SCHEMA_BYTES_MAX} bytes, with all that it refers to")))
    }

    async fn within_harvest<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(HARVEST_MAX, work).await.unwrap_or_else(|_| {
            let source = &self.http.source;
            Err(Error::source(Code::Unavailable, source, format!("could not read the schemas of data source \"{source}\""))
                .detail(format!("The schema registry had not given all of them after {} s.", HARVEST_MAX.as_secs()))
                .hint("CALL refresh_metadata again: what was read by now is kept.")
                .retryable())
        })
    }
}

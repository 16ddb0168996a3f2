//! What operators say about tables whose source says too little: definitions that are kept, versioned, and obeyed by every harvest.
//!
//! Each change is a record `ds/<oid>/table_definitions/<n>`, counted for the whole source: names of tables are longer than keys may be.
//! Records never change. The newest one of a table holds; one without a definition says that it was dropped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use spi::connector::Scope;
use spi::documents::{Sample, TableDefinition, TableDefinitions};
use spi::{Code, Error, Result};
use store::{Op, Record, Replica};

use crate::audit::Actor;
use crate::data_sources::{self, DataSource};
use crate::services::Services;
use crate::{access, change, record, time};

const KIND: &str = "table_definition";
/// How long a look at a sample may take.
const SAMPLE_DEADLINE: Duration = Duration::from_secs(60);
/// The record holds names and a comment too.
const DEFINITION_BYTES_MAX: usize = 48 * 1024;
/// The longest name of a schema or a table of any source, in bytes.
const NAME_BYTES_MAX: usize = 1024;
/// How many tables of one source may be defined: every harvest reads them all.
const TABLES_MAX: usize = 10_000;

/// One version of the definition of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub schema: String,
    pub table: String,
    /// Counts the versions of the table's definition from 1.
    pub number: u64,
    /// Whether it is the newest one of its table.
    pub current: bool,
    /// `None` for one that was dropped.
    pub definition: Option<TableDefinition>,
    pub comment: Option<String>,
    /// In microseconds since 1970 UTC.
    pub created_at: i64,
    pub created_by: String,
}

/// A version as its record holds it.
#[derive(Serialize, Deserialize)]
struct Body {
    schema: String,
    table: String,
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<TableDefinition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    created_at: i64,
    created_by: String,
}

/// A table of a data source, and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Subject {
    pub data_source: String,
    pub schema: String,
    pub table: String,
}

/// A definition that is kept, or dropped.
pub struct Outcome {
    /// The version that holds now.
    pub version: u64,
    /// Whether it is a new one.
    pub changed: bool,
    /// The revision of the store that shows it.
    pub revision: u64,
}

/// All versions of all definitions of a source, by schema, table and number.
pub fn versions(replica: &Replica, source_oid: u32) -> Vec<Version> {
    let mut versions: Vec<Version> = replica.scan(&prefix(source_oid)).filter_map(decode).collect();
    versions.sort_unstable_by(|left, right| (&left.schema, &left.table, left.number).cmp(&(&right.schema, &right.table, right.number)));
    for place in 0..versions.len() {
        let (version, next) = (&versions[place], versions.get(place + 1));
        let current = next.is_none_or(|next| (&next.schema, &next.table) != (&version.schema, &version.table));
        versions[place].current = current;
    }
    versions
}

/// The definitions that hold.
pub(crate) fn current(replica: &Replica, source_oid: u32) -> TableDefinitions {
    let mut definitions: BTreeMap<String, BTreeMap<String, Arc<TableDefinition>>> = BTreeMap::new();
    for version in versions(replica, source_oid).into_iter().filter(|version| version.current) {
        if let Some(definition) = version.definition {
            definitions.entry(version.schema).or_default().insert(version.table, Arc::new(definition));
        }
    }
    TableDefinitions(definitions)
}

/// How many changes there were. A harvest that began before the last of them does not show it.
pub(crate) fn changes(replica: &Replica, source_oid: u32) -> u64 {
    replica.scan(&prefix(source_oid)).filter_map(|record| number(&record.key)).max().unwrap_or(0)
}

/// What would be inferred of a table, and how a definition would fit; the one that holds, if none is given. Nothing is kept.
pub async fn infer(services: &Services, actor: &Actor, subject: &Subject, definition: Option<TableDefinition>) -> Result<Sample> {
    let source = access::require_usage(&services.store.replica(), actor, &subject.data_source)?;
    let held = || current(&services.store.replica(), source.oid).get(&subject.schema, &subject.table).cloned();
    let definition = definition.map(Arc::new).or_else(held);
    sample(services, &source, subject, definition.as_deref()).await
}

/// Keeps a definition that fits a sample of the table, and harvests the table anew. Answers with the sample too.
pub async fn define(
    services: &Services,
    actor: &Actor,
    subject: &Subject,
    definition: TableDefinition,
    comment: Option<String>,
) -> Result<(Outcome, Sample)> {
    access::require_superuser(actor, "define tables")?;
    let source = data_sources::get(&services.store.replica(), &subject.data_source)?;
    check_size(subject, &definition)?;
    let sample = sample(services, &source, subject, Some(&definition)).await?;
    check_fit(subject, &sample)?;
    let outcome = keep(services, actor, &source, subject, Some(definition), comment).await?;
    Ok((outcome, sample))
}

/// Drops the definition of a table, and harvests the table anew, as the source itself has it.
pub async fn drop(services: &Services, actor: &Actor, subject: &Subject) -> Result<Outcome> {
    access::require_superuser(actor, "drop table definitions")?;
    let source = data_sources::get(&services.store.replica(), &subject.data_source)?;
    keep(services, actor, &source, subject, None, None).await
}

async fn sample(services: &Services, source: &DataSource, subject: &Subject, definition: Option<&TableDefinition>) -> Result<Sample> {
    let name = &source.name;
    if !services.factories.get(&source.kind)?.capabilities().definitions {
        return Err(Error::new(Code::Unsupported, format!("tables of data source \"{name}\" cannot be defined"))
            .detail(format!("Sources of type {} say themselves what columns their tables have.", source.kind))
            .hint("admin.data_source_types shows which types take definitions."));
    }
    let connector = services.connectors.get(&services.store.replica(), source.oid).await?;
    let looked = tokio::time::timeout(SAMPLE_DEADLINE, connector.infer(&subject.schema, &subject.table, definition));
    looked.await.unwrap_or_else(|_| {
        Err(Error::source(Code::Unreachable, name, format!("could not look at a sample of table {}", subject.name()))
            .detail(format!("It took longer than {} s.", SAMPLE_DEADLINE.as_secs()))
            .retryable())
    })
}

impl Subject {
    /// As messages write it.
    fn name(&self) -> String {
        format!("\"{}.{}\" of data source \"{}\"", self.schema, self.table, self.data_source)
    }
}

fn check_size(subject: &Subject, definition: &TableDefinition) -> Result<()> {
    if subject.schema.len() > NAME_BYTES_MAX || subject.table.len() > NAME_BYTES_MAX {
        return Err(Error::new(Code::Limit, "the name of a schema or a table is too long")
            .detail(format!("Such a name has at most {NAME_BYTES_MAX} bytes.")));
    }
    let bytes =
        serde_json::to_vec(definition).map_err(|error| Error::internal("a table definition could not be written").cause(error))?.len();
    if bytes > DEFINITION_BYTES_MAX {
        return Err(Error::new(Code::Limit, format!("the definition of table {} is too large", subject.name()))
            .detail(format!("It has {bytes} bytes; a definition has at most {DEFINITION_BYTES_MAX}.")));
    }
    Ok(())
}

/// Refuses columns of which no sampled value has the type.
fn check_fit(subject: &Subject, sample: &Sample) -> Result<()> {
    let declared = sample.checks.iter().zip(&sample.columns).filter(|(_, column)| column.declared);
    match declared.map(|(check, _)| check).find(|check| check.present > 0 && check.misfits >= check.present) {
        None => Ok(()),
        Some(check) => {
            let detail = check.example.as_ref().map_or_else(String::new, |example| format!(" The first: {example}."));
            let message = format!("column \"{}\" of the table definition fits none of its values", check.column);
            Err(Error::new(Code::InvalidArgument, message)
                .detail(format!(
                    "Of {} sampled records of table {}, {} have a value.{detail}",
                    check.sampled,
                    subject.name(),
                    check.present
                ))
                .hint("CALL infer_table shows the types of the values. Give the column one of them, or another path."))
        }
    }
}

/// Commits a version, unless the newest one says the same, and waits for metadata that obeys it.
async fn keep(
    services: &Services,
    actor: &Actor,
    source: &DataSource,
    subject: &Subject,
    definition: Option<TableDefinition>,
    comment: Option<String>,
) -> Result<Outcome> {
    let (oid, wanted, role) = (source.oid, subject.clone(), actor.role.clone());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        data_sources::require_readable(&data_sources::by_oid(replica, oid)?)?;
        let all = versions(replica, oid);
        let newest = all.iter().rfind(|version| (&version.schema, &version.table) == (&wanted.schema, &wanted.table));
        let number = newest.map_or(0, |newest| newest.number);
        let holds = newest.and_then(|newest| newest.definition.as_ref());
        match (&definition, holds) {
            (None, None) => return Err(undefined(&wanted)),
            (Some(new), Some(old)) if new == old && newest.is_some_and(|newest| newest.comment == comment) => {
                return Ok((Vec::new(), (number, false)));
            }
            (Some(_), None) if all.iter().filter(|version| version.current && version.definition.is_some()).count() >= TABLES_MAX => {
                return Err(Error::new(Code::Limit, format!("data source \"{}\" has too many table definitions", wanted.data_source))
                    .detail(format!("It has {TABLES_MAX}, which is the most.")));
            }
            _ => {}
        }
        let body = Body {
            schema: wanted.schema.clone(),
            table: wanted.table.clone(),
            version: number + 1,
            definition: definition.clone(),
            comment: comment.clone(),
            created_at: time::now(),
            created_by: role.clone(),
        };
        let op: Op = record::put(format!("{}{}", prefix(oid), changes(replica, oid) + 1), KIND, &body)?;
        Ok((vec![op], (number + 1, true)))
    });
    let done = done.await?;
    let (version, changed) = done.decision;
    let scope = Scope { schema: Some(subject.schema.clone()), table: Some(subject.table.clone()) };
    services.refreshes.refresh(actor, source.oid, scope, true).await.map_err(|error| {
        let saved =
            format!("Version {version} of the definition of table {} is saved, but the metadata could not be refreshed", subject.name());
        let detail = error.detail.as_ref().map_or_else(|| format!("{saved}."), |detail| format!("{saved}. {detail}"));
        error.detail(detail)
    })?;
    Ok(Outcome { version, changed, revision: done.revision })
}

fn undefined(subject: &Subject) -> Error {
    Error::new(Code::UndefinedObject, format!("table {} has no definition", subject.name()))
        .hint("metadata.table_definitions shows those that there are.")
}

fn prefix(source_oid: u32) -> String {
    format!("ds/{source_oid}/table_definitions/")
}

fn number(key: &str) -> Option<u64> {
    key.rsplit_once('/')?.1.parse().ok()
}

fn decode(record: &Record) -> Option<Version> {
    let Body { schema, table, version, definition, comment, created_at, created_by } = record::read(record)?;
    Some(Version { schema, table, number: version, current: false, definition, comment, created_at, created_by })
}

#[cfg(test)]
mod tests;

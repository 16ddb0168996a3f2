//! Which schema of the registry says what a topic's values are: the latest one of the subject that is called like the topic, or else the
//! newest that its sampled messages name.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use spi::Result;
use spi::documents::Column;

use crate::cluster::Cluster;
use crate::options::Format;
use crate::registry::{Latest, Prepared};
use crate::sample::{JSON_SHARE, Seen};
use crate::schema::{Kind, field};

/// What the registry says of a topic.
pub(crate) struct Declared {
    /// None where it has a schema that nobody can use, and nothing else says how values are written.
    pub(crate) kind: Option<Kind>,
    pub(crate) columns: Vec<Column>,
    /// Name and value, for who looks at the table.
    pub(crate) options: Vec<(&'static str, String)>,
}

/// A topic of which schemas may be asked.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'t> {
    pub(crate) topic: &'t str,
    pub(crate) format: Format,
    pub(crate) seen: &'t Seen,
}

/// A schema, and why it is one of the topic.
struct Chosen {
    subject: Option<String>,
    id: u32,
    version: Option<u32>,
    prepared: Arc<Prepared>,
}

/// What the registry says of topics, by their names: of those whose values have schemas. It is one request for the list of its subjects,
/// and one for each topic that has one.
pub(crate) async fn of(cluster: &Cluster, topics: &[Asked<'_>]) -> Result<HashMap<String, Declared>> {
    let asked: Vec<Asked<'_>> =
        topics.iter().copied().filter(|asked| asked.format == Format::Auto || asked.format.kind().is_some()).collect();
    let Some(registry) = cluster.registry.as_ref().filter(|_| !asked.is_empty()) else { return Ok(HashMap::new()) };
    let mut subjects = registry.subjects().await?;
    let wanted = asked.iter().filter_map(|asked| subjects.take(&subject(asked.topic))).collect();
    let mut latest = registry.latest(wanted).await?;
    let named = |asked: &Asked<'_>| match latest.get(&subject(asked.topic)) {
        Some(latest) if asked.format != Format::Auto || asked.seen.framed.contains_key(&latest.id) => Vec::new(),
        _ => asked.seen.framed.keys().copied().collect(),
    };
    let ids: BTreeSet<u32> = asked.iter().flat_map(named).collect();
    let known = registry.schemas(ids).await?;
    let mut declared = HashMap::new();
    for asked in asked {
        let subject = subject(asked.topic);
        let latest = latest.remove(&subject).map(|latest| of_subject(subject, latest));
        if let Some(chosen) = choose(asked, latest, &known) {
            declared.insert(asked.topic.to_owned(), describe(asked, chosen, cluster.options.flatten));
        }
    }
    Ok(declared)
}

/// The subject of a topic's values, as clients call it unless they are told otherwise.
fn subject(topic: &str) -> String {
    format!("{topic}-value")
}

fn of_subject(subject: String, latest: Latest) -> Chosen {
    Chosen { subject: Some(subject), id: latest.id, version: Some(latest.version), prepared: latest.prepared }
}

/// The schema of a topic, if it has one.
fn choose(asked: Asked<'_>, latest: Option<Chosen>, known: &HashMap<u32, Arc<Prepared>>) -> Option<Chosen> {
    let seen = asked.seen;
    let is_known = |id: &u32| known.contains_key(id) || latest.as_ref().is_some_and(|latest| latest.id == *id);
    let framed: u64 = seen.framed.iter().filter(|(id, _)| is_known(id)).map(|(_, count)| count).sum();
    let newest = seen.framed.keys().rev().find_map(|id| Some((*id, known.get(id)?)));
    let newest = newest.map(|(id, prepared)| Chosen { subject: None, id, version: None, prepared: Arc::clone(prepared) });
    match (asked.format, latest) {
        (Format::Auto, Some(latest)) => (seen.values() == 0 || framed > 0).then_some(latest),
        // No subject says so, so that most messages have to.
        (Format::Auto, None) => newest.filter(|_| (seen.values() - framed) * JSON_SHARE <= seen.values()),
        (_, latest) => latest.or(newest),
    }
}

fn describe(asked: Asked<'_>, chosen: Chosen, flatten: bool) -> Declared {
    let Chosen { subject, id, version, prepared } = chosen;
    let kind = asked.format.kind().or(prepared.kind);
    let fields = match &prepared.schema {
        Ok(schema) if kind != Some(schema.kind()) => Err(format!("the schema is one of {}", schema.kind().word())),
        Ok(schema) => schema.fields(asked.seen.message.as_deref()).map(|fields| field::columns(&fields, flatten, schema.is_converted())),
        Err(problem) => Err(problem.clone()),
    };
    let mut options: Vec<(&str, String)> = subject.into_iter().map(|subject| ("schema_subject", subject)).collect();
    options.push(("schema_id", id.to_string()));
    options.extend(version.map(|version| ("schema_version", version.to_string())));
    let columns = fields.unwrap_or_else(|problem| {
        options.push(("schema_problem", problem));
        Vec::new()
    });
    Declared { kind, columns, options }
}

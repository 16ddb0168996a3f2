//! A look at one topic, for operators who decide about its definition.

use std::sync::Arc;

use spi::Result;
use spi::documents::{Document, Sample, TableDefinition, json};

use crate::cluster::Cluster;
use crate::definition;
use crate::failure::vanished;
use crate::sample::{self, Seen};
use crate::{SCHEMA, topics};

/// What would be inferred of a topic, and how the columns fit its last messages. Nothing is kept.
pub(crate) async fn infer(cluster: &Arc<Cluster>, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
    let format = definition::format(definition, cluster.options.format)?;
    let missing = vanished(&cluster.source, &format!("table \"{schema}.{table}\""));
    if schema != SCHEMA {
        return Err(missing);
    }
    let what = format!("look at table \"{schema}.{table}\"");
    let (purpose, table) = (what.clone(), table.to_owned());
    let look = move |client: &crate::client::Client| {
        let mut topic = topics::list(client, Some(&table), &what)?.pop().ok_or(missing)?;
        topic.seen = Seen::keeping(client.cluster.options.flatten);
        sample::look(client, std::slice::from_mut(&mut topic), &what)?;
        Ok(topic.seen)
    };
    let mut seen = cluster.with_client(purpose, look).await?;
    let values = seen.take_kept();
    let (layout, inferred) = seen.layout(format, definition, &[])?;
    definition::key(definition, &layout)?;
    let documents: Vec<Document<'_>> = values.iter().filter_map(|value| json::read(value).ok()).collect();
    Ok(Sample::new(inferred, layout.json.unwrap_or_default(), &documents))
}

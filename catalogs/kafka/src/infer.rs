//! A look at one topic, for operators who decide about its definition.

use std::collections::HashMap;
use std::sync::Arc;

use spi::Result;
use spi::documents::json::{self, Wanted};
use spi::documents::{Document, Inference, Sample, TableDefinition, rows};

use crate::cluster::Cluster;
use crate::declared::{self, Asked};
use crate::definition;
use crate::failure::vanished;
use crate::layout::Values;
use crate::registry::Prepared;
use crate::sample::{self, Seen};
use crate::schema::frame;
use crate::{SCHEMA, schemas, topics};

/// What would be inferred of a topic, and how the columns fit its last messages. Nothing is kept.
pub(crate) async fn infer(cluster: &Arc<Cluster>, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
    let form = definition::form(definition, &cluster.options)?;
    let missing = vanished(&cluster.source, &format!("table \"{schema}.{table}\""));
    if schema != SCHEMA {
        return Err(missing);
    }
    let what = format!("look at table \"{schema}.{table}\"");
    let (purpose, topic, looked_for) = (what.clone(), table.to_owned(), form.clone());
    let look = move |client: &crate::client::Client| {
        let mut topic = topics::list(client, Some(&topic), &what)?.pop().ok_or(missing)?;
        topic.seen = Seen::keeping(client.cluster.options.flatten).of_form(&looked_for);
        sample::look(client, std::slice::from_mut(&mut topic), &what)?;
        Ok(topic.seen)
    };
    let mut seen = cluster.with_client(purpose, look).await?;
    let values = seen.take_kept();
    let declared = declared::of(cluster, &[Asked { topic: table, format: form.format, seen: &seen }]).await?.remove(table);
    let schemas = match &cluster.registry {
        Some(registry) if declared.is_some() => registry.schemas(seen.framed.keys().copied()).await?,
        _ => HashMap::new(),
    };
    let (layout, mut inferred) = seen.layout(&form, definition, &[], declared.as_ref())?;
    definition::key(definition, &layout)?;
    let values = values.iter().filter_map(|value| document(value, &layout.values, &schemas));
    let documents: Vec<Document<'_>> =
        values.flat_map(|value| rows(&value, &layout.row_path).map_or_else(|_| Vec::new(), <[_]>::to_vec)).collect();
    if let Values::Schema(_) = layout.values {
        // The columns are those of the schema; this is what there is in them.
        let mut found = Inference::new(sample::inference_options(cluster.options.flatten));
        documents.iter().for_each(|document| found.add(document));
        inferred = found.finish(&[]).columns;
    }
    Ok(Sample::new(inferred, layout.columns, &documents))
}

/// The document that a value is, if it is one.
fn document<'v>(value: &'v [u8], written: &Values, schemas: &'v HashMap<u32, Arc<Prepared>>) -> Option<Document<'v>> {
    match written {
        Values::Text | Values::Raw => None,
        Values::Json => json::read(value).ok(),
        Values::Csv(dialect) => dialect.read(value, &Wanted::All).ok(),
        Values::Schema(kind) => {
            let (id, payload) = frame::split(value)?;
            schemas::read(*kind, id, schemas.get(&id).map(Arc::as_ref), payload, &Wanted::All).ok()
        }
    }
}

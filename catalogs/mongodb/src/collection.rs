//! What a database says of its collections and views.

use bson::{Bson, Document, doc};
use spi::{Code, Result};

use crate::extended_json::write as json;
use crate::recipe::TextOrder;
use crate::server::Server;

/// Collections of the server itself begin so.
const SYSTEM_PREFIX: &str = "system.";

/// One collection or view.
pub(crate) struct Collection {
    pub(crate) name: String,
    pub(crate) is_view: bool,
    /// Whether each document has an `_id` that no other has. Those of a view, or of a time series, may share one or have none.
    pub(crate) has_unique_ids: bool,
    /// As it was created.
    pub(crate) options: Document,
    /// Whether the server has told these, and not only the name.
    is_described: bool,
    /// The collection's own, for life.
    pub(crate) uuid: Option<String>,
}

/// The collections of a database, or the one of this name, without the server's own, sorted by name.
pub(crate) async fn collections(server: &Server, database: &str, only: Option<&str>) -> Result<Vec<Collection>> {
    let message = format!("could not list the collections of database \"{database}\" of data source \"{}\"", server.context.source);
    let filter = only.map_or_else(Document::new, |name| doc! { "name": name });
    let command = doc! { "listCollections": 1, "filter": filter };
    let (listed, is_described) = match server.list(database, command.clone(), message.clone()).await {
        // A login that may read single collections, but not list all, is told the names of its own.
        Err(error) if error.code == Code::Privilege => {
            let mut names = command;
            names.extend(doc! { "nameOnly": true, "authorizedCollections": true });
            (server.list(database, names, message).await?, false)
        }
        answer => (answer?, true),
    };
    // Not every server filters.
    let wanted = |collection: &Collection| only.is_none_or(|only| only == collection.name) && !collection.name.starts_with(SYSTEM_PREFIX);
    let mut collections: Vec<Collection> = listed.iter().filter_map(|listed| Collection::of(listed, is_described)).filter(wanted).collect();
    collections.sort_by(|one, other| one.name.cmp(&other.name));
    collections.dedup_by(|one, other| one.name == other.name);
    Ok(collections)
}

impl Collection {
    fn of(listed: &Document, is_described: bool) -> Option<Self> {
        let name = listed.get_str("name").ok()?.to_owned();
        let kind = listed.get_str("type").unwrap_or("collection");
        let (is_view, has_unique_ids) = (kind == "view", kind == "collection");
        let options = listed.get_document("options").cloned().unwrap_or_default();
        let uuid = listed.get_document("info").ok().and_then(|info| match info.get("uuid") {
            Some(Bson::Binary(binary)) => binary.to_uuid().ok().map(|uuid| uuid.to_string()),
            _ => None,
        });
        Some(Self { name, is_view, has_unique_ids, options, is_described, uuid })
    }

    pub(crate) fn text_order(&self) -> TextOrder {
        let locale = self.options.get_document("collation").ok().and_then(|collation| collation.get_str("locale").ok());
        match locale {
            None | Some("simple") if self.is_described => TextOrder::Bytes,
            // Of one of which nothing is known, it may be any collation.
            _ if self.is_view => TextOrder::CollatedView,
            _ => TextOrder::Collated,
        }
    }

    /// What `db.createView` was given, as extended JSON.
    pub(crate) fn view_definition(&self) -> String {
        let of_view = ["viewOn", "pipeline", "collation"].into_iter();
        let parts: Document = of_view.filter_map(|name| self.options.get(name).map(|value| (name.to_owned(), value.clone()))).collect();
        json(Bson::Document(parts))
    }

    /// The options with which it was created, one by one: `timeseries.timeField`, `capped`. The validator is a constraint instead.
    pub(crate) fn table_options(&self) -> Vec<(String, String)> {
        let mut options: Vec<(String, String)> = self.uuid.iter().map(|uuid| ("uuid".to_owned(), uuid.clone())).collect();
        let own = self.options.iter().filter(|(name, _)| !matches!(name.as_str(), "validator" | "viewOn" | "pipeline"));
        own.for_each(|(name, value)| flatten(name.clone(), value, &mut options));
        options
    }
}

fn flatten(name: String, value: &Bson, options: &mut Vec<(String, String)>) {
    match value {
        Bson::Document(parts) => parts.iter().for_each(|(part, value)| flatten(format!("{name}.{part}"), value, options)),
        Bson::String(text) => options.push((name, text.clone())),
        other => options.push((name, json(other.clone()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_understood() {
        let uuid = bson::Uuid::parse_str("123e4567-e89b-12d3-a456-426614174000").expect("a UUID");
        let listed = doc! { "name": "c", "type": "collection", "info": { "uuid": uuid }, "options": {
            "capped": true, "size": 4096i64, "validator": { "a": 1 }, "collation": { "locale": "de", "strength": 2 },
        } };
        let collection = Collection::of(&listed, true).expect("a collection");
        assert_eq!((collection.is_view, collection.text_order()), (false, TextOrder::Collated));
        let options: Vec<String> = collection.table_options().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let uuid = "uuid=123e4567-e89b-12d3-a456-426614174000";
        assert_eq!(options, [uuid, "capped=true", "size=4096", "collation.locale=de", "collation.strength=2"]);

        let listed = doc! { "name": "v", "type": "view", "options": { "viewOn": "c", "pipeline": [{ "$sort": { "b": -1, "a": 1 } }] } };
        let view = Collection::of(&listed, true).expect("a view");
        assert_eq!((view.is_view, view.text_order(), view.table_options().len()), (true, TextOrder::Bytes, 0));
        let is_unique = |listed| Collection::of(&listed, true).expect("a collection").has_unique_ids;
        assert!(is_unique(doc! { "name": "c" }) && is_unique(doc! { "name": "c", "type": "collection" }) && !view.has_unique_ids);
        assert!(!is_unique(doc! { "name": "t", "type": "timeseries" }));
        assert_eq!(view.view_definition(), r#"{"viewOn":"c","pipeline":[{"$sort":{"b":-1,"a":1}}]}"#);
        assert!(Collection::of(&doc! { "type": "view" }, true).is_none());
    }

    #[test]
    fn of_a_name_alone_the_collation_is_not_known() {
        let order = |kind: &str| Collection::of(&doc! { "name": "c", "type": kind }, false).expect("a collection").text_order();
        assert_eq!((order("collection"), order("view")), (TextOrder::Collated, TextOrder::CollatedView));
    }
}

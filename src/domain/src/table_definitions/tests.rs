use serde_json::json;

use super::*;
use crate::data_sources;
use crate::testing::{self, actor, failure, superuser};

fn subject(table: &str) -> Subject {
    Subject { data_source: "shop".to_owned(), schema: "main".to_owned(), table: table.to_owned() }
}

fn definition(data_type: &str) -> TableDefinition {
    serde_json::from_value(json!({"columns": [{"name": "price", "type": data_type}]})).expect("a definition")
}

async fn services() -> Arc<Services> {
    let services = testing::start().await;
    testing::create(&services, "shop", "{}").await;
    services
}

async fn defined(services: &Services, data_type: &str) -> Result<(Outcome, Sample)> {
    define(services, &superuser(), &subject("t"), definition(data_type), Some("as the shop says".to_owned())).await
}

/// The types of the columns that the newest snapshot has.
fn columns(services: &Services) -> Vec<String> {
    let catalog = services.catalogs.current();
    let schema = catalog.database("shop").and_then(|shop| shop.snapshot.schema("main").cloned()).expect("the schema");
    let table = schema.table("t").expect("the table");
    schema.columns_of(table).map(|column| schema.column_type(column).pg.format()).collect()
}

#[tokio::test]
async fn a_definition_is_obeyed_from_the_next_harvest_on_until_it_is_dropped() {
    let services = services().await;
    assert_eq!(columns(&services), ["bigint"]);
    let (first, sample) = defined(&services, "numeric(10,2)").await.expect("defined");
    assert_eq!((first.version, first.changed, sample.checks[0].present), (1, true, 1));
    assert_eq!(columns(&services), ["numeric(10,2)"]);
    assert!(!defined(&services, "numeric(10,2)").await.expect("as it is").0.changed);
    assert_eq!(defined(&services, "text").await.expect("defined").0.version, 2);
    assert_eq!(columns(&services), ["text"]);
    let dropped = drop(&services, &superuser(), &subject("t")).await.expect("dropped");
    assert_eq!((dropped.version, columns(&services)), (3, vec!["bigint".to_owned()]));

    let oid = data_sources::get(&services.store.replica(), "shop").expect("the source").oid;
    let versions = versions(&services.store.replica(), oid);
    let shown: Vec<_> = versions.iter().map(|version| (version.number, version.current, version.definition.is_some())).collect();
    assert_eq!(shown, [(1, false, true), (2, false, true), (3, true, false)]);
    assert_eq!((versions[0].comment.as_deref(), versions[0].created_by.as_str()), (Some("as the shop says"), "admin"));
}

#[tokio::test]
async fn what_fits_no_value_is_refused_and_nothing_kept() {
    let services = services().await;
    let (state, message, detail, _) = failure(defined(&services, "uuid").await);
    assert_eq!((state, message.as_str()), ("22023", "column \"price\" of the table definition fits none of its values"));
    assert!(
        detail.starts_with("Of 1 sampled records of table \"main.t\" of data source \"shop\", 1 have a value. The first: "),
        "{detail}"
    );
    let oid = data_sources::get(&services.store.replica(), "shop").expect("the source").oid;
    assert_eq!(versions(&services.store.replica(), oid), []);
    assert_eq!(failure(drop(&services, &superuser(), &subject("t")).await).0, "42704");
    assert_eq!(failure(define(&services, &actor("bob"), &subject("t"), definition("text"), None).await).0, "42501");
}

#[tokio::test]
async fn inferring_tells_what_would_be_and_keeps_nothing() {
    let services = services().await;
    let plain = infer(&services, &superuser(), &subject("t"), None).await.expect("a sample");
    assert_eq!(plain.columns[0].field_type.to_string(), "bigint");
    let tried = infer(&services, &superuser(), &subject("t"), Some(definition("uuid"))).await.expect("a sample");
    assert_eq!((tried.inferred, tried.checks[0].misfits), (plain.inferred, 1));
    assert_eq!(columns(&services), ["bigint"]);
    assert_eq!(failure(infer(&services, &actor("bob"), &subject("t"), None).await).0, "42704");
}

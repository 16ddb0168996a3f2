//! A harvest covers its scope, the schemas that the options name, and what the login may read.

use serde_json::json;
use spi::connector::Scope;
use spi::metadata::Relation;

use crate::fixture::{database, harvest, open, options, relation, run, with};
use crate::snapshot::OBJECTS;

#[tokio::test]
async fn a_scope_covers_its_schema_or_its_table_only() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let scope = Scope { schema: Some("crm".to_owned()), table: None };
    let whole: Vec<_> = fixture.harvest().await.into_iter().filter(|schema| schema.name == "crm").collect();
    assert_eq!(harvest(&*fixture.connector, &scope).await.expect("a harvest"), whole);
    let scope = Scope { schema: Some("crm".to_owned()), table: Some("orders".to_owned()) };
    let table = harvest(&*fixture.connector, &scope).await.expect("a harvest");
    assert_eq!(relation(&table, Relation::Tables, &["name"]), ["crm|orders"]);
    assert_eq!(table[0].column_count(), 19);
    assert_eq!(relation(&table, Relation::Triggers, &["name"]), ["crm|orders|emptied", "crm|orders|odd EXECUTE tr", "crm|orders|tr"]);
    for without_table in [Relation::Routines, Relation::Types, Relation::Sequences] {
        assert_eq!(table[0].relation(without_table).num_rows(), 0, "{without_table:?}");
    }
    assert_eq!(relation(&table, Relation::Constraints, &["kind"]), ["crm|orders|FOREIGN KEY", "crm|orders|PRIMARY KEY"]);
}

#[tokio::test]
async fn schemas_are_included_and_excluded_by_name() {
    let Some(fixture) = database(OBJECTS).await else { return };
    for (more, expected) in [
        (json!({"schemas": ["crm", "public"]}), &["crm", "public"][..]),
        (json!({"exclude_schemas": ["public"]}), &["Mixed Case", "crm"]),
        (json!({"schemas": ["crm"], "exclude_schemas": ["crm"]}), &[]),
    ] {
        let connector = open(with(options(fixture.server, &fixture.name), more)).await.expect("a connector");
        let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
        assert_eq!(schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn what_the_login_may_not_read_is_absent() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let role = &fixture.name;
    let mut admin = crate::fixture::login(fixture.server, &fixture.name).await;
    let grants = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA crm TO {role}; GRANT SELECT ON crm.orders TO {role}; \
         GRANT SELECT (id, name) ON crm.customers TO {role}; REVOKE EXECUTE ON FUNCTION crm.add(int, int) FROM PUBLIC; \
         GRANT SELECT ON public.t1 TO {role}; \
         GRANT USAGE ON SEQUENCE crm.owned, crm.seq1 TO {role}; \
         REVOKE USAGE ON SCHEMA public FROM PUBLIC"
    );
    run(&mut admin, &grants).await;
    let connector = open(with(options(fixture.server, role), json!({"user": role, "password": "secret"}))).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    assert_eq!(relation(&schemas, Relation::Tables, &["name"]), ["crm|customers", "crm|orders"]);
    assert_eq!(schemas[0].columns_of(0).map(|column| schemas[0].column_name(column)).collect::<Vec<_>>(), ["id", "name"]);
    assert_eq!(
        relation(&schemas, Relation::Routines, &["name"]),
        ["crm|add", "crm|found", "crm|listed", "crm|noop", "crm|total", "crm|trg"]
    );
    // What column the first of them belongs to may not be known either.
    assert_eq!(relation(&schemas, Relation::Sequences, &["name", "owner_table"]), ["crm|owned|NULL", "crm|seq1|NULL"]);
}

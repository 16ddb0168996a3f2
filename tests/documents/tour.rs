//! What README's tour shows of sources without a schema: one of each kind registered, browsed, and joined with a PostgreSQL table.

use libtest_mimic::Failed;

use super::hive::Hive;
use super::servers::{Elasticsearch, Kafka, MongoDb, Redis};
use crate::gateway::Gateway;
use crate::relational::servers::{PostgreSql, register, rows};

pub async fn one_source_of_each_kind_is_browsed_and_joined() -> Result<(), Failed> {
    let (redis, mongodb) = (Redis::start().await, MongoDb::start().await);
    let (elasticsearch, hive, kafka) = (Elasticsearch::shared(), Hive::shared(), Kafka::shared());
    let postgresql = PostgreSql::create("documents").await;
    postgresql
        .client
        .batch_execute("CREATE TABLE invoices (customer bigint, total numeric(10,2)); INSERT INTO invoices VALUES (1, 9.5), (2, 3)")
        .await?;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "billing", "postgresql", &postgresql.options()).await;
    register(&client, "cache", "redis", &redis.options()).await;
    register(&client, "lake", "hive", &hive.options()).await;
    register(&client, "events", "kafka", &kafka.options()).await;
    register(&client, "search", "elasticsearch", &elasticsearch.options()).await;
    register(&client, "profiles", "ferretdb", &mongodb.options()).await;

    // A harvest that is still under way, or is tried again, asks the source too.
    for source in ["billing", "cache", "lake", "events", "search", "profiles"] {
        rows(&client, &format!("CALL refresh_metadata('{source}')")).await?;
    }
    let calls = "SELECT data_source, remote_calls_total FROM metadata.freshness ORDER BY 1";
    let before = rows(&client, calls).await?;
    let columns = "SELECT table_catalog, table_schema, table_name, column_name, data_type, native_type
        FROM information_schema.columns WHERE (table_name, column_name) IN (('session', 'pages'), ('reviews', 'stars'), ('profiles', 'name'), ('profiles', 'score'))
        ORDER BY 1, 3, 4";
    assert_eq!(
        rows(&client, columns).await?,
        [
            "cache|db0|session|pages|bigint|string",
            "profiles|shop|profiles|name|jsonb|object",
            "profiles|shop|profiles|score|text|double|string|int",
            "search|public|reviews|stars|smallint|byte",
        ]
    );
    let keys = "SELECT table_catalog, table_name, column_name FROM information_schema.key_column_usage WHERE table_catalog IN ('cache', 'search', 'profiles') AND table_name IN ('session', 'reviews', 'profiles') ORDER BY 1";
    assert_eq!(rows(&client, keys).await?, ["cache|session|_key", "profiles|profiles|_id", "search|reviews|_id"]);
    let evidence =
        "SELECT sampled_rows, present_rows, conflict FROM metadata.inferred_columns WHERE data_source = 'profiles' AND path = 'score'";
    assert_eq!(rows(&client, evidence).await?, ["3|3|double 1.5, but string \"n/a\""]);
    assert_eq!(rows(&client, calls).await?, before, "the catalog asks no source");

    let joined = "SELECT s.country, p.name->>'first', r.product, r.stars, c.page, v.seconds, i.total
        FROM cache.db0.session s
        JOIN profiles.shop.profiles p ON p._id = s.customer
        JOIN search.public.reviews r ON r.customer = s.customer AND r.stars >= 4
        JOIN events.public.clicks c ON c.customer = s.customer AND c.ms > 50
        JOIN lake.web.visits v ON v.customer = s.customer AND v.day = '2026-01-05'
        JOIN billing.public.invoices i ON i.customer = s.customer
        ORDER BY 1";
    assert_eq!(rows(&client, joined).await?, ["DE|Ann|tea|5|/|40|9.50", "PL|Bob|tea|4|/|7|3.00"]);
    Ok(())
}

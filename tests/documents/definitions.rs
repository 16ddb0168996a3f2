//! What operators say about tables: versions, checked against a sample, obeyed by harvests and reads.

use libtest_mimic::Failed;

use super::servers::{MongoDb, Redis};
use crate::gateway::Gateway;
use crate::relational::servers::{register, rows};
use crate::wire::raw::Raw;

pub async fn a_definition_overrules_what_is_inferred() -> Result<(), Failed> {
    let mongodb = MongoDb::start().await;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "m", "ferretdb", &mongodb.options()).await;

    let score = "SELECT _id, score FROM m.shop.profiles ORDER BY _id";
    assert_eq!(rows(&client, score).await?, ["1|1.5", "2|n/a", "3|2"]);
    let inferred = "CALL infer_table('m', 'shop', 'profiles', '{\"columns\": [{\"name\": \"score\", \"type\": \"numeric(6,2)\"}]}')";
    let shown = rows(&client, inferred).await?;
    assert!(shown.iter().any(|row| row.starts_with("score|numeric(6,2)|score|t|3|3|1|")), "{shown:?}");
    assert_eq!(rows(&client, "SELECT count(*) FROM metadata.table_definitions").await?, ["0"]);

    let refused = "CALL define_table('m', 'shop', 'profiles', '{\"columns\": [{\"name\": \"joined\", \"type\": \"uuid\"}]}')";
    assert_eq!(rows(&client, refused).await, Err("22023: column \"joined\" of the table definition fits none of its values".to_owned()));

    let define = "CALL define_table('m', 'shop', 'profiles', '{\"columns\": [{\"name\": \"score\", \"type\": \"numeric(6,2)\"},
        {\"name\": \"first\", \"type\": \"text\", \"path\": \"name.first\", \"comment\": \"as they call themselves\"}]}', comment => 'scores are money')";
    rows(&client, define).await?;
    assert_eq!(rows(&client, score).await?, ["1|1.50", "2|∅", "3|2.00"]);
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    for statement in [score, "SELECT score FROM m.shop.profiles LIMIT 3"] {
        let answer = raw.query(statement).await?;
        let warning =
            "Notice WARNING 01000: 1 row of table \"shop.profiles\" of data source \"m\" has values that do not fit their columns";
        assert_eq!(answer[answer.len() - 3..], [warning, "Complete SELECT 3", "Ready I"]);
    }
    assert_eq!(rows(&client, "SELECT first, _error FROM m.shop.profiles WHERE first = 'Bob'").await?.len(), 1);
    assert_eq!(rows(&client, "SELECT first FROM m.shop.profiles WHERE score > 1.6").await?, ["Cyd"]);
    rows(&client, "CALL refresh_metadata('m')").await?;
    let comment = "SELECT data_type, comment FROM information_schema.columns WHERE table_name = 'profiles' AND column_name IN ('first', 'score') ORDER BY 1";
    assert_eq!(rows(&client, comment).await?, ["numeric|∅", "text|as they call themselves"]);

    rows(&client, "CALL drop_table_definition('m', 'shop', 'profiles')").await?;
    assert_eq!(rows(&client, score).await?, ["1|1.5", "2|n/a", "3|2"]);
    let versions = "SELECT version, current, definition IS NULL, comment FROM metadata.table_definitions ORDER BY 1";
    assert_eq!(rows(&client, versions).await?, ["1|f|f|scores are money", "2|t|t|∅"]);
    Ok(())
}

pub async fn a_definition_makes_a_table_of_keys() -> Result<(), Failed> {
    let redis = Redis::start().await;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "cache", "redis", &redis.options()).await;
    let nothing = "CALL define_table('cache', 'db0', 'queues', '{\"pattern\": \"que:*\", \"type\": \"list\"}')";
    let refused = "22023: no key of type list matches the pattern \"que:*\" of the table definition";
    assert_eq!(rows(&client, nothing).await, Err(refused.to_owned()));
    let define = "CALL define_table('cache', 'db0', 'queues', '{\"pattern\": \"queue:*\", \"type\": \"list\"}')";
    rows(&client, define).await?;
    assert_eq!(rows(&client, "SELECT _key, value FROM cache.db0.queues ORDER BY 2").await?, ["queue:mail|first", "queue:mail|second"]);
    Ok(())
}

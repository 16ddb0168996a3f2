//! The newest messages of a topic, which are read back from its end, are those that reading all of it finds.

use libtest_mimic::Failed;

use super::servers::Kafka;
use crate::gateway::Gateway;
use crate::relational::servers::{register, rows};

/// What is asked of the clicks, each with one right answer.
const ASKED: [&str; 10] = [
    "SELECT * FROM clicks ORDER BY _offset DESC, _partition LIMIT 4",
    "SELECT _offset FROM clicks ORDER BY _offset LIMIT 5",
    "SELECT _partition, _offset AS o, upper(page) FROM clicks ORDER BY o DESC NULLS LAST, 1 DESC LIMIT 3 OFFSET 5",
    "SELECT page FROM clicks WHERE _partition = 0 ORDER BY _offset DESC LIMIT 1",
    "SELECT page FROM clicks WHERE _timestamp < '2026-01-05 10:00:00.1+00' AND _partition = 1 ORDER BY _offset LIMIT 2",
    "SELECT page FROM clicks WHERE _partition = 1 AND page <> '/bot' ORDER BY _offset DESC LIMIT 2",
    "SELECT count(*), min(_offset) FROM (SELECT _offset FROM clicks ORDER BY _offset DESC LIMIT 6) AS newest",
    "SELECT (SELECT page FROM clicks WHERE _partition = 1 ORDER BY _offset LIMIT 1), max(_offset) FROM clicks",
    "SELECT _offset FROM clicks UNION ALL SELECT 5 ORDER BY 1 DESC LIMIT 4",
    "SELECT _partition, _offset FROM clicks ORDER BY _offset DESC, _partition LIMIT 100",
];

pub async fn the_newest_messages_are_those_of_the_whole_topic() -> Result<(), Failed> {
    let kafka = Kafka::shared();
    let gateway = Gateway::start();
    register(&gateway.connect("metagate").await, "events", "kafka", &kafka.options()).await;
    let client = gateway.connect("events").await;
    for asked in ASKED {
        let found = rows(&client, asked).await?;
        rows(&client, "SET metagate.enable_pushdown = off").await?;
        let expected = rows(&client, asked).await?;
        rows(&client, "RESET metagate.enable_pushdown").await?;
        assert_eq!(found, expected, "{asked}");
        assert!(!expected.is_empty(), "{asked}");
    }
    // Two of each partition, of eleven messages.
    let newest = "EXPLAIN ANALYZE SELECT page FROM clicks ORDER BY _offset DESC LIMIT 2";
    let plan = rows(&client, newest).await?;
    let scan = plan.iter().find(|line| line.contains("SourceScan")).expect("a scan");
    assert!(scan.contains("the last 2 rows of each partition") && scan.contains("output_rows=4"), "{scan}");
    Ok(())
}

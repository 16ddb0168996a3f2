//! GROUP BY in a source that speaks no SQL but makes groups.

use bson::{Document, doc};
use libtest_mimic::Failed;

use super::servers::MongoDb;
use crate::gateway::Gateway;
use crate::relational::servers::{register, rows};

/// What is asked of a table of orders.
const ASKED: [&str; 9] = [
    "SELECT city, count(*) FROM {orders} GROUP BY city ORDER BY city",
    "SELECT o.city AS c, count(total) AS n, sum(pieces) AS s, min(total), max(placed) FROM {orders} o GROUP BY o.city ORDER BY c",
    "SELECT count(*), count(city), sum(pieces), min(city), max(city) FROM {orders}",
    "SELECT count(*), sum(pieces), min(pieces) FROM {orders} WHERE city = 'nowhere'",
    "SELECT DISTINCT city FROM {orders} ORDER BY 1",
    "SELECT city, paid, count(*) FROM {orders} GROUP BY 1, 2 HAVING count(*) > 3 ORDER BY 1, 2",
    "SELECT city, avg(pieces), count(DISTINCT paid), sum(total) FROM {orders} GROUP BY city ORDER BY 1",
    "SELECT pieces % 3, count(*) FROM {orders} WHERE paid GROUP BY 1 ORDER BY 1",
    "SELECT city, count(*) FILTER (WHERE paid), 2 * sum(pieces) FROM {orders} WHERE paid = true GROUP BY city ORDER BY 1",
];

pub async fn groups_of_a_source_are_those_of_its_rows() -> Result<(), Failed> {
    let mongodb = MongoDb::start_complete();
    for collection in ["orders", "odd"] {
        mongodb.insert(collection, &orders()).await;
    }
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "m", "mongodb", &mongodb.options()).await;
    // The columns are known: these do not fit.
    mongodb.insert("odd", &[doc! { "city": "Berlin", "pieces": "unknown" }, doc! { "city": ["Berlin", "Malmö"], "pieces": 2.5 }]).await;
    for collection in ["orders", "odd"] {
        for asked in ASKED {
            let of = |table: &str| asked.replace("{orders}", table);
            let found = rows(&client, &of(&format!("m.shop.{collection}"))).await?;
            // Of rows that a limit chose no source makes groups.
            let expected = rows(&client, &of(&format!("(SELECT * FROM m.shop.{collection} LIMIT 1000000)"))).await?;
            assert_eq!(found, expected, "{collection}: {asked}");
        }
    }
    let explained = rows(&client, "EXPLAIN SELECT city, sum(pieces) FROM m.shop.orders WHERE paid = true GROUP BY city").await?.join("\n");
    assert!(explained.contains("SourceGroups: source=m, table=shop.orders, keys=[city]"), "{explained}");
    assert!(explained.contains(r#"request={"aggregate":"orders","pipeline":[{"$match":"#), "{explained}");

    let calls = "SELECT remote_calls_total FROM metadata.freshness WHERE data_source = 'm'";
    let count = async || -> Result<u64, Failed> { Ok(rows(&client, calls).await?[0].parse()?) };
    let before = count().await?;
    rows(&client, "SELECT city, count(*) FROM m.shop.orders GROUP BY city").await?;
    assert_eq!(count().await? - before, 1, "one call for the groups");
    rows(&client, "SELECT city, sum(pieces) FROM m.shop.odd GROUP BY city").await?;
    assert!(count().await? - before > 2, "one call for groups that are not taken, and then the rows");
    Ok(())
}

fn orders() -> Vec<Document> {
    let moment = |day: i64| bson::DateTime::from_millis(1_767_225_600_000 + day * 86_400_000);
    let order = |number: i64| {
        let mut order = doc! {
            "_id": number, "pieces": number % 7, "total": number as f64 / 4.0, "paid": number % 3 == 0, "placed": moment(number % 28),
        };
        match number % 5 {
            0 => {}
            1 => drop(order.insert("city", bson::Bson::Null)),
            place => drop(order.insert("city", ["Berlin", "Kraków", "Malmö"][place as usize - 2])),
        }
        order
    };
    (0..60).map(order).collect()
}

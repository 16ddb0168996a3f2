//! Sources are told which rows are enough where nothing else could be asked for, and answers are the same whatever they leave out.

use super::*;

const ROWS: i64 = 40;

/// Orders of accounts, some of none. The source leaves out whatever it may.
fn world(leaves_out: bool) -> World {
    let ids: Vec<i64> = (0..ROWS).map(|number| number * 17 % ROWS).collect();
    let accounts = ids.iter().map(|id| (id % 7 > 1).then_some((id % 5) as i32));
    let orders = batch(vec![
        ("account", Arc::new(accounts.collect::<Int32Array>()) as ArrayRef),
        ("id", Arc::new(Int64Array::from(ids.clone())) as ArrayRef),
    ]);
    World::with(|_, shop| {
        let halves = [orders.slice(0, 15), orders.slice(15, ROWS as usize - 15)];
        shop.tables.insert("orders".to_owned(), halves.into());
        shop.leaves_out = leaves_out;
    })
}

/// What reads of the source were told.
fn told(source: &Memory) -> Vec<String> {
    let reads = std::mem::take(&mut *source.reads.lock().expect("unpoisoned"));
    let shown = |request: spi::connector::ReadRequest| {
        request.top_n.map_or("all".to_owned(), |top_n| {
            assert!(request.columns.iter().any(|column| *column.name() == top_n.column) && request.limit.is_none(), "{top_n:?}");
            let (order, nulls) = (if top_n.descending { "desc" } else { "asc" }, if top_n.nulls_first { "first" } else { "last" });
            format!("{} {} {order} {nulls}", top_n.rows, top_n.column)
        })
    };
    reads.into_iter().map(shown).collect()
}

#[tokio::test]
async fn a_sort_with_a_limit_tells_what_is_enough() {
    let world = world(true);
    let values = || vec![ScalarValue::Int64(Some(2)), ScalarValue::Int64(Some(1))];
    for (sql, expected) in [
        ("SELECT * FROM orders ORDER BY id DESC LIMIT 10", "10 id desc first"),
        ("SELECT id FROM orders ORDER BY account LIMIT 3", "3 account asc last"),
        ("SELECT id FROM orders ORDER BY account NULLS FIRST, id DESC LIMIT 3 OFFSET 2", "5 account asc first"),
        ("SELECT id FROM orders ORDER BY account DESC NULLS LAST, id + 1 FETCH FIRST 3 ROWS ONLY", "3 account desc last"),
        ("SELECT id FROM orders WHERE account = 1 AND id > 10 ORDER BY id LIMIT 3", "3 id asc last"),
        ("SELECT account + 1, id FROM orders ORDER BY id LIMIT 2", "2 id asc last"),
        ("SELECT o.n + 1 FROM (SELECT id AS n, account FROM orders) o ORDER BY n LIMIT 3", "3 id asc last"),
        ("WITH o AS (SELECT id AS account, account AS id FROM orders) SELECT * FROM o ORDER BY id LIMIT 3", "3 account asc last"),
        ("SELECT id FROM (SELECT id, account FROM orders ORDER BY id LIMIT 3) o WHERE account > 0", "3 id asc last"),
        ("SELECT * FROM (SELECT id FROM orders ORDER BY account, id LIMIT 9 OFFSET 1) o ORDER BY id + 0 LIMIT 3", "10 account asc last"),
        ("SELECT name, (SELECT id FROM orders ORDER BY id DESC LIMIT 1) FROM accounts", "1 id desc first"),
        ("SELECT id FROM orders UNION ALL SELECT id::bigint + 1 FROM accounts ORDER BY 1 LIMIT 4", "4 id asc last"),
        ("SELECT id FROM orders ORDER BY id LIMIT $1 OFFSET $2", "3 id asc last"),
    ] {
        let values = if sql.contains('$') { values() } else { Vec::new() };
        world.rows(sql, values).await.expect(sql);
        assert_eq!(told(&world.shop), [expected], "{sql}");
    }
}

#[tokio::test]
async fn nothing_is_told_where_more_could_be_needed() {
    let world = world(true);
    // Of a source that applies no condition.
    world.rows("SELECT id FROM accounts WHERE id > 1 ORDER BY id LIMIT 1", Vec::new()).await.expect("rows");
    assert_eq!(told(&world.bank), ["all"]);
    for sql in [
        // No limit.
        "SELECT id FROM orders ORDER BY id",
        "SELECT id FROM orders ORDER BY id LIMIT ALL",
        "SELECT id FROM orders ORDER BY id OFFSET 2",
        "SELECT id FROM orders ORDER BY id LIMIT $1",
        // Conditions that stay here.
        "SELECT id FROM orders WHERE id % 2 = 0 ORDER BY id LIMIT 3",
        "SELECT id FROM orders WHERE account = 1 AND id + account > 10 ORDER BY id LIMIT 3",
        "SELECT id FROM (SELECT id, account + 1 AS a FROM orders) o WHERE a = 2 ORDER BY id LIMIT 3",
        // No column of the table.
        "SELECT id FROM orders ORDER BY -id LIMIT 3",
        "SELECT id FROM orders ORDER BY id::text LIMIT 3",
        "SELECT id % 3 AS id, account FROM orders ORDER BY 1, 2 LIMIT 3",
        // Other rows than those of the table.
        "SELECT o.id FROM orders o JOIN accounts a ON a.id = o.account ORDER BY o.id LIMIT 3",
        "SELECT o.id FROM orders o LEFT JOIN accounts a ON a.id = o.account ORDER BY o.id LIMIT 3",
        "SELECT id FROM orders WHERE account IN (SELECT id FROM accounts) ORDER BY id LIMIT 3",
        "SELECT DISTINCT account FROM orders ORDER BY account LIMIT 3",
        "SELECT DISTINCT ON (account) account, id FROM orders ORDER BY account, id DESC LIMIT 3",
        "SELECT account, count(*) FROM orders GROUP BY account ORDER BY account LIMIT 3",
        "SELECT id, lag(id) OVER (ORDER BY id) FROM orders ORDER BY id DESC LIMIT 3",
        "SELECT id, unnest(ARRAY[1, 2]) FROM orders ORDER BY id LIMIT 3",
        "SELECT id FROM orders UNION SELECT 1 ORDER BY id LIMIT 3",
    ] {
        let values = if sql.contains('$') { vec![ScalarValue::Int64(None)] } else { Vec::new() };
        world.rows(sql, values).await.expect(sql);
        assert_eq!(told(&world.shop), ["all"], "{sql}");
    }
    world.rows("SELECT id FROM (SELECT id FROM orders LIMIT 5) o ORDER BY id LIMIT 3", Vec::new()).await.expect("rows");
    let reads = std::mem::take(&mut *world.shop.reads.lock().expect("unpoisoned"));
    assert_eq!((reads[0].limit, &reads[0].top_n), (Some(5), &None));
}

/// A small generator of numbers, so that what failed once fails again.
struct Random(u64);

impl Random {
    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[tokio::test]
async fn what_is_left_out_changes_no_answer() {
    let (least, all) = (world(true), world(false));
    let mut random = Random(11);
    for _ in 0..150 {
        let condition = random.of(&["", "", "WHERE account > 1", "WHERE account = 9", "WHERE id >= 5"]);
        let order = [random.of(&["", "ASC", "DESC"]), random.of(&["", "NULLS FIRST", "NULLS LAST"])].join(" ");
        let (limit, offset) = (random.below(ROWS as u64 + 5), random.below(8));
        // Which of the rows that tie are taken is the query's to say, or nobody's.
        let columns = random.of(&["account", "account, id"]);
        let further = if columns == "account" { "" } else { random.of(&[", id", ", id DESC", ", id % 3, id"]) };
        let sql = format!("SELECT {columns} FROM orders {condition} ORDER BY account {order}{further} LIMIT {limit} OFFSET {offset}");
        let (found, expected) = (least.rows(&sql, Vec::new()).await.expect(&sql), all.rows(&sql, Vec::new()).await.expect(&sql));
        assert_eq!(found, expected, "{sql}");
    }
    assert!(told(&least.shop).iter().all(|told| told != "all"));
}

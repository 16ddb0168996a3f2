//! 5,000,000 lines of a delimited text table, beside a loop that splits lines and parses their fields.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{Bench, order};
use crate::Result;
use crate::metastore::server::{self, Server};
use crate::metastore::{options, warehouse};

const LINES: usize = 5_000_000;
const FILES: usize = 4;

pub async fn run() -> Result<()> {
    if let Some(missing) = server::missing() {
        return Err(format!("{missing} is not installed: run tests/services/hive-metastore").into());
    }
    let source = Server::start(server::ANNOUNCING);
    let folder = warehouse::database(&source, "shop").await;
    let columns = ["id bigint", "customer string", "total double", "paid boolean", "city string", "placed string"];
    warehouse::create(&source, &warehouse::table(&folder, "shop", "orders", warehouse::TEXT, &columns, &[])).await;
    for file in 0..FILES {
        let lines = LINES / FILES;
        warehouse::write(&folder, &format!("orders/{file}"), text(file * lines..(file + 1) * lines).as_bytes());
    }
    let bench = Bench::start("hive", &options(&source), LINES).await?;
    let theirs = bench.peer(async || {
        let mut count = 0;
        for file in 0..FILES {
            count += read(&folder.join(format!("orders/{file}")))?;
        }
        Ok(count)
    });
    let theirs = theirs.await?;
    bench.report("5,000,000 lines of text decoded", bench.decode("shop.orders").await?, &[("split and parse", theirs)])
}

fn text(numbers: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for number in numbers {
        let order = order(number);
        let field = |name: &str| order[name].as_str().map_or_else(|| order[name].to_string(), str::to_owned);
        // Writing into a string does not fail.
        let _ = writeln!(text, "{}", super::FIELDS.map(field).join("\u{1}"));
    }
    text
}

fn read(path: &Path) -> Result<usize> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut line, mut count) = (String::new(), 0);
    while file.read_line(&mut line)? > 0 {
        let mut fields = line.trim_end().split('\u{1}');
        let mut field = || fields.next().ok_or("a short line");
        let parsed: (i64, String, f64, bool, String, String) =
            (field()?.parse()?, field()?.to_owned(), field()?.parse()?, field()?.parse()?, field()?.to_owned(), field()?.to_owned());
        std::hint::black_box(parsed);
        line.clear();
        count += 1;
    }
    Ok(count)
}

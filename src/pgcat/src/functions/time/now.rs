//! What time it is: of the transaction, of the statement, and right now.

use crate::function::ScalarEntry;
use crate::io::calendar::{DAY, DAY_2000, Local, weekday};
use crate::io::zone::Zone;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("now", |context, _, _| Ok(Value::Timestamp(context.host.transaction_started_at()))),
    ScalarEntry::new("statement_timestamp", |context, _, _| Ok(Value::Timestamp(context.host.statement_started_at()))),
    ScalarEntry::new("clock_timestamp", |context, _, _| Ok(Value::Timestamp(context.host.clock()))),
    ScalarEntry::new("timeofday", |context, _, _| Ok(in_words(context.host.clock(), &Zone::of(context.host)).into())),
];

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sat Nov 21 13:06:07.677053 2026 UTC`.
fn in_words(moment: i64, zone: &Zone) -> String {
    let timestamp = zone.to_local(moment);
    let local = Local::of(timestamp);
    let day = WEEKDAYS[weekday(timestamp.div_euclid(DAY) as i32 + DAY_2000)];
    let month = MONTHS[(local.month - 1) as usize];
    let time = format!("{:02}:{:02}:{:02}.{:06}", local.hour, local.minute, local.second, local.micros);
    format!("{day} {month} {:02} {time} {:04} {}", local.day, local.year, zone.name_at(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn the_clock_is_written_in_words() {
        let local = Local { year: 2026, month: 11, day: 21, hour: 13, minute: 6, second: 7, micros: 677_053 };
        assert_eq!(in_words(local.timestamp().unwrap(), &Zone::Utc), "Sat Nov 21 13:06:07.677053 2026 UTC");
    }
}

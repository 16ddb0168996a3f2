//! `pg_sleep`, which sees every few milliseconds whether the statement is to stop.

use std::time::{Duration, Instant};

use spi::Result;

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("pg_sleep", |context, _, arguments| sleep(context, arguments.float(0)?))];

/// How long it may take until a cancelled statement stops.
const STEP: Duration = Duration::from_millis(20);

fn sleep(context: &Context<'_>, seconds: f64) -> Result<Value> {
    let begin = Instant::now();
    loop {
        context.host.check_cancelled()?;
        let left = seconds - begin.elapsed().as_secs_f64();
        if left.is_nan() || left <= 0.0 {
            return Ok("".into());
        }
        std::thread::sleep(STEP.min(Duration::from_secs_f64(left.min(1.0))));
    }
}

//! `isfinite`.

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::is_infinite;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("date_finite", |_, _, arguments| Ok((!matches!(arguments.date(0)?, i32::MIN | i32::MAX)).into())),
    ScalarEntry::new("timestamp_finite", |_, _, arguments| Ok((!is_infinite(arguments.timestamp(0)?)).into())),
    // An interval has no infinity.
    ScalarEntry::new("interval_finite", |_, _, _| Ok(true.into())),
];

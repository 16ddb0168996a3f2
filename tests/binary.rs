//! PostgreSQL's binary values as its text, so that one expectation serves both formats.
//!
//! Written apart from the gateway's own encoder on purpose: the two check each other.

use std::error::Error;

use tokio_postgres::types::{Kind, Type};

type Result<T> = std::result::Result<T, Box<dyn Error + Sync + Send>>;

/// The text of a binary value, as PostgreSQL prints it with its default settings in UTC.
pub fn to_text(kind: &Type, raw: &[u8]) -> Result<String> {
    if let Kind::Array(element) = kind.kind() {
        return array(element, raw);
    }
    Ok(match *kind {
        Type::BOOL => if raw[0] == 0 { "f" } else { "t" }.to_owned(),
        Type::INT2 => i16::from_be_bytes(raw.try_into()?).to_string(),
        Type::INT4 => i32::from_be_bytes(raw.try_into()?).to_string(),
        Type::INT8 => i64::from_be_bytes(raw.try_into()?).to_string(),
        Type::OID => u32::from_be_bytes(raw.try_into()?).to_string(),
        Type::FLOAT4 => float(f32::from_be_bytes(raw.try_into()?).into(), &format!("{:e}", f32::from_be_bytes(raw.try_into()?)), 6),
        Type::FLOAT8 => float(f64::from_be_bytes(raw.try_into()?), &format!("{:e}", f64::from_be_bytes(raw.try_into()?)), 15),
        Type::NUMERIC => numeric(raw)?,
        Type::BYTEA => raw.iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}")),
        Type::DATE => date(i64::from(i32::from_be_bytes(raw.try_into()?))),
        Type::TIME => time(i64::from_be_bytes(raw.try_into()?)),
        Type::TIMESTAMP => timestamp(i64::from_be_bytes(raw.try_into()?)),
        Type::TIMESTAMPTZ => timestamp(i64::from_be_bytes(raw.try_into()?)) + "+00",
        Type::INTERVAL => interval(raw)?,
        Type::JSONB => String::from_utf8(raw[1..].to_vec())?,
        Type::UUID => {
            let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
            [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
        }
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::JSON | Type::UNKNOWN => {
            String::from_utf8(raw.to_vec())?
        }
        _ => return Err(format!("the tests cannot read binary values of type {kind}").into()),
    })
}

/// The shortest digits that bring back the number, given as `d.ddde-7`: shown with an exponent where it is below -4 or at least `wide`.
fn float(value: f64, shortest: &str, wide: i32) -> String {
    let Some((digits, exponent)) = shortest.split_once('e') else {
        let text = match value {
            _ if value.is_nan() => "NaN",
            _ if value > 0.0 => "Infinity",
            _ => "-Infinity",
        };
        return text.to_owned();
    };
    let exponent: i32 = exponent.parse().expect("an exponent");
    if (-4..wide).contains(&exponent) {
        return moved(digits, exponent);
    }
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// Digits with a point after the first, without their exponent.
fn moved(digits: &str, exponent: i32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    if whole == 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    match digits.split_at_checked(whole) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{digits:0<whole$}"),
    }
}

/// Groups of four decimal digits with a weight, a sign and a display scale (`numeric_send`).
fn numeric(raw: &[u8]) -> Result<String> {
    let word =
        |at: usize| Ok::<_, Box<dyn Error + Sync + Send>>(i16::from_be_bytes(raw.get(at..at + 2).ok_or("a short numeric")?.try_into()?));
    let (groups, weight, sign, scale) = (word(0)?, word(2)?, word(4)? as u16, word(6)?);
    if sign == 0xC000 {
        return Ok("NaN".to_owned());
    }
    let group = |index: i16| if (0..groups).contains(&index) { word(8 + 2 * index as usize) } else { Ok(0) };
    let mut text = String::new();
    for index in 0..=weight.max(0) {
        let digits = if weight < 0 { 0 } else { group(index)? };
        text += &if text.is_empty() { digits.to_string() } else { format!("{digits:04}") };
        if text == "0" && index < weight {
            text.clear();
        }
    }
    if scale > 0 {
        // A weight below -1 means groups of zeros before the first one.
        let mut fraction = "0000".repeat((-1 - weight).max(0) as usize);
        let mut index = (weight + 1).max(0);
        while fraction.len() < scale as usize {
            fraction += &format!("{:04}", group(index)?);
            index += 1;
        }
        text = format!("{text}.{}", &fraction[..scale as usize]);
    }
    Ok(if sign == 0x4000 { format!("-{text}") } else { text })
}

/// Days since 2000-01-01 as a date (the civil-from-days algorithm of Howard Hinnant's "chrono-compatible low-level date algorithms").
fn date(days: i64) -> String {
    match days {
        _ if days == i64::from(i32::MAX) => return "infinity".to_owned(),
        _ if days == i64::from(i32::MIN) => return "-infinity".to_owned(),
        _ => {}
    }
    let days = days + 10_957 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if year > 0 { format!("{year:04}-{month:02}-{day:02}") } else { format!("{:04}-{month:02}-{day:02} BC", 1 - year) }
}

fn time(microseconds: i64) -> String {
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    let text = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { text } else { format!("{text}.{fraction:06}").trim_end_matches('0').to_owned() }
}

fn timestamp(microseconds: i64) -> String {
    match microseconds {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        _ => format!("{} {}", date(microseconds.div_euclid(86_400_000_000)), time(microseconds.rem_euclid(86_400_000_000))),
    }
}

/// Microseconds, days and months (`interval_send`), each shown where it is not 0.
fn interval(raw: &[u8]) -> Result<String> {
    let (time_of_day, rest) = raw.split_at_checked(8).ok_or("a short interval")?;
    let (days, months) = rest.split_at_checked(4).ok_or("a short interval")?;
    let (microseconds, days) = (i64::from_be_bytes(time_of_day.try_into()?), i32::from_be_bytes(days.try_into()?));
    let months = i32::from_be_bytes(months.try_into()?);
    let (mut parts, mut negative) = (Vec::new(), false);
    for (count, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if count != 0 {
            // A positive part after a negative one says so.
            let sign = if negative && count > 0 { "+" } else { "" };
            parts.push(format!("{sign}{count} {unit}{}", if count == 1 { "" } else { "s" }));
            negative = count < 0;
        }
    }
    if microseconds != 0 || parts.is_empty() {
        let sign = match negative {
            _ if microseconds < 0 => "-",
            true => "+",
            false => "",
        };
        parts.push(format!("{sign}{}", time(microseconds.abs())));
    }
    Ok(parts.join(" "))
}

/// One-dimensional arrays, which are all that the tests read.
fn array(element: &Type, raw: &[u8]) -> Result<String> {
    let word =
        |at: usize| Ok::<_, Box<dyn Error + Sync + Send>>(i32::from_be_bytes(raw.get(at..at + 4).ok_or("a short array")?.try_into()?));
    if word(0)? == 0 {
        return Ok("{}".to_owned());
    }
    let (mut at, mut items) = (20, Vec::new());
    for _ in 0..word(12)? {
        let length = word(at)?;
        at += 4;
        if length < 0 {
            items.push("NULL".to_owned());
            continue;
        }
        let text = to_text(element, &raw[at..at + length as usize])?;
        at += length as usize;
        let plain = !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(['{', '}', ',', '"', '\\', ' ']);
        items.push(if plain { text } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) });
    }
    Ok(format!("{{{}}}", items.join(",")))
}

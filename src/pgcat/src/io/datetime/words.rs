//! The words that dates and times are written with.

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    Now,
    Today,
    Tomorrow,
    Yesterday,
    /// `allballs`: midnight UTC.
    Zulu,
    Epoch,
    Infinity,
    NegativeInfinity,
    Month(i32),
    Weekday,
    /// Summer time of the zone that is named before it, in seconds.
    DaylightModifier(i32),
    /// PM, or AM.
    Afternoon(bool),
    /// BC, or AD.
    BeforeChrist(bool),
    /// A Julian day follows.
    Julian,
    /// Another unit, which nothing can follow.
    OtherUnit,
    /// The time follows.
    IsoTime,
    Ignored,
}

/// Words are told apart by so many characters.
const LENGTH_MAX: usize = 10;

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

const WEEKDAYS: [&str; 18] = [
    "sun",
    "sunday",
    "mon",
    "monday",
    "tue",
    "tues",
    "tuesday",
    "wed",
    "weds",
    "wednesday",
    "thu",
    "thur",
    "thurs",
    "thursday",
    "fri",
    "friday",
    "sat",
    "saturday",
];

/// A word in lower case.
pub fn special(word: &str) -> Option<Special> {
    let word = word.get(..LENGTH_MAX).unwrap_or(word);
    if let Some(month) = MONTHS.iter().position(|month| *month == word || (word.len() == 3 && month.starts_with(word))) {
        return Some(Special::Month(month as i32 + 1));
    }
    if WEEKDAYS.contains(&word) {
        return Some(Special::Weekday);
    }
    Some(match word {
        "sept" => Special::Month(9),
        "now" => Special::Now,
        "today" => Special::Today,
        "tomorrow" => Special::Tomorrow,
        "yesterday" => Special::Yesterday,
        "allballs" => Special::Zulu,
        "epoch" => Special::Epoch,
        "infinity" | "+infinity" => Special::Infinity,
        "-infinity" => Special::NegativeInfinity,
        "dst" => Special::DaylightModifier(3600),
        "am" => Special::Afternoon(false),
        "pm" => Special::Afternoon(true),
        "ad" => Special::BeforeChrist(false),
        "bc" => Special::BeforeChrist(true),
        "j" | "jd" | "julian" => Special::Julian,
        "d" | "dow" | "doy" | "h" | "isodow" | "isoyear" | "m" | "mm" | "s" | "y" => Special::OtherUnit,
        "t" => Special::IsoTime,
        "at" | "on" => Special::Ignored,
        _ => return None,
    })
}

//! Templates of moments, `YYYY-MM-DD HH24:MI:SS`: their keywords, how they are written (`to_char`) and read (`to_date`, `to_timestamp`).

mod fields;
mod read;
mod write;

pub use fields::read_moment;
pub use write::{Moment, write};

use super::node::{Node, parse};

/// A part of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Era {
        dotted: bool,
    },
    HalfOfDay {
        dotted: bool,
    },
    Century,
    DayName,
    DayOfYear,
    DayOfMonth,
    ShortDayName,
    Weekday,
    /// So many digits of the second's fraction.
    Fraction(u8),
    /// Not a part: what is read must have the lengths of the template.
    Exact,
    Hour24,
    Hour12,
    IsoDayOfYear,
    IsoWeekday,
    IsoWeek,
    /// Its last digits, so many.
    IsoYear(u8),
    Julian,
    Minute,
    Month,
    MonthName,
    ShortMonthName,
    Millisecond,
    Offset,
    Quarter,
    RomanMonth,
    SecondOfDay,
    Second,
    ZoneHour,
    ZoneMinute,
    Zone,
    Microsecond,
    Week,
    WeekOfMonth,
    YearWithComma,
    /// Its last digits, so many.
    Year(u8),
}

/// How the letters of a keyword are written, and so what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    Capital,
}

/// A keyword as it stands in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Keyword<'a> {
    name: &'a str,
    part: Part,
    case: Case,
}

/// Which calendar a date is told by: they must not be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Convention {
    Gregorian,
    IsoWeek,
}

type Nodes<'a> = Vec<Node<Keyword<'a>>>;

/// Those that begin like another one come before it. Each may also be written in small letters.
const KEYWORDS: &[(&str, Part)] = &[
    ("A.D.", Part::Era { dotted: true }),
    ("A.M.", Part::HalfOfDay { dotted: true }),
    ("AD", Part::Era { dotted: false }),
    ("AM", Part::HalfOfDay { dotted: false }),
    ("B.C.", Part::Era { dotted: true }),
    ("BC", Part::Era { dotted: false }),
    ("CC", Part::Century),
    ("DAY", Part::DayName),
    ("DDD", Part::DayOfYear),
    ("DD", Part::DayOfMonth),
    ("DY", Part::ShortDayName),
    ("Day", Part::DayName),
    ("Dy", Part::ShortDayName),
    ("D", Part::Weekday),
    ("FF1", Part::Fraction(1)),
    ("FF2", Part::Fraction(2)),
    ("FF3", Part::Fraction(3)),
    ("FF4", Part::Fraction(4)),
    ("FF5", Part::Fraction(5)),
    ("FF6", Part::Fraction(6)),
    ("FX", Part::Exact),
    ("HH24", Part::Hour24),
    ("HH12", Part::Hour12),
    ("HH", Part::Hour12),
    ("IDDD", Part::IsoDayOfYear),
    ("ID", Part::IsoWeekday),
    ("IW", Part::IsoWeek),
    ("IYYY", Part::IsoYear(4)),
    ("IYY", Part::IsoYear(3)),
    ("IY", Part::IsoYear(2)),
    ("I", Part::IsoYear(1)),
    ("J", Part::Julian),
    ("MI", Part::Minute),
    ("MM", Part::Month),
    ("MONTH", Part::MonthName),
    ("MON", Part::ShortMonthName),
    ("MS", Part::Millisecond),
    ("Month", Part::MonthName),
    ("Mon", Part::ShortMonthName),
    ("OF", Part::Offset),
    ("P.M.", Part::HalfOfDay { dotted: true }),
    ("PM", Part::HalfOfDay { dotted: false }),
    ("Q", Part::Quarter),
    ("RM", Part::RomanMonth),
    ("SSSSS", Part::SecondOfDay),
    ("SSSS", Part::SecondOfDay),
    ("SS", Part::Second),
    ("TZH", Part::ZoneHour),
    ("TZM", Part::ZoneMinute),
    ("TZ", Part::Zone),
    ("US", Part::Microsecond),
    ("WW", Part::Week),
    ("W", Part::WeekOfMonth),
    ("Y,YYY", Part::YearWithComma),
    ("YYYY", Part::Year(4)),
    ("YYY", Part::Year(3)),
    ("YY", Part::Year(2)),
    ("Y", Part::Year(1)),
];

fn nodes(template: &str) -> Nodes<'_> {
    parse(template, true, keyword)
}

fn keyword(text: &str) -> Option<(Keyword<'_>, usize)> {
    KEYWORDS.iter().find_map(|(name, part)| {
        let written = text.get(..name.len())?;
        let case = if written == *name {
            if name.ends_with(char::is_lowercase) { Case::Capital } else { Case::Upper }
        } else if written.eq_ignore_ascii_case(name) && !written.contains(char::is_uppercase) {
            Case::Lower
        } else {
            return None;
        };
        Some((Keyword { name: written, part: *part, case }, name.len()))
    })
}

impl Part {
    /// Whether it begins with a digit, so that the number before it does not reach into it.
    fn is_digit(self) -> bool {
        use Part::*;
        let is_word = matches!(self, Era { .. } | HalfOfDay { .. } | DayName | ShortDayName | MonthName | ShortMonthName | RomanMonth);
        !is_word && !matches!(self, Fraction(_) | Exact | Offset | ZoneHour | Zone)
    }

    fn convention(self) -> Option<Convention> {
        use Part::*;
        match self {
            IsoDayOfYear | IsoWeekday | IsoWeek | IsoYear(_) => Some(Convention::IsoWeek),
            DayOfYear | DayOfMonth | Weekday | Month | MonthName | ShortMonthName | RomanMonth | Week | WeekOfMonth | YearWithComma
            | Year(_) => Some(Convention::Gregorian),
            _ => None,
        }
    }
}

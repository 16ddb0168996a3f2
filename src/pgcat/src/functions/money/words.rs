//! An amount as it is written on a cheque.

const SMALL: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The groups of three digits above the last, with what each counts in hundredths. The blank behind each name is PostgreSQL's.
const GROUPS: [(u64, &str); 5] = [
    (100_000_000_000_000_000, " quadrillion "),
    (100_000_000_000_000, " trillion "),
    (100_000_000_000, " billion "),
    (100_000_000, " million "),
    (100_000, " thousand "),
];

pub fn words(hundredths: i64) -> String {
    let amount = hundredths.unsigned_abs();
    let mut words = String::new();
    for (unit, name) in GROUPS {
        let group = amount / unit % 1000;
        if group > 0 {
            words.push_str(&number(group));
            words.push_str(name);
        }
    }
    let (last, cents) = (amount / 100 % 1000, amount % 100);
    if last > 0 {
        words.push_str(&number(last));
    }
    if words.is_empty() {
        words.push_str("zero");
    }
    let sign = if hundredths < 0 { "minus " } else { "" };
    let dollars = if amount / 100 == 1 { "dollar" } else { "dollars" };
    let unit = if cents == 1 { "cent" } else { "cents" };
    let mut text = format!("{sign}{words} {dollars} and {} {unit}", number(cents));
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A number below a thousand.
fn number(number: u64) -> String {
    let (hundreds, rest) = (number as usize / 100, number as usize % 100);
    let small = match rest {
        0..=20 => SMALL[rest].to_owned(),
        _ if rest.is_multiple_of(10) => TENS[rest / 10].to_owned(),
        _ => format!("{} {}", TENS[rest / 10], SMALL[rest % 10]),
    };
    match (hundreds, rest) {
        (0, _) => small,
        (_, 0) => format!("{} hundred", SMALL[hundreds]),
        (_, 1..20) => format!("{} hundred and {small}", SMALL[hundreds]),
        _ => format!("{} hundred {small}", SMALL[hundreds]),
    }
}

//! Documents of all kinds of values, always the same for the same seed.

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, doc};

/// Numbers without a pattern that would matter (xorshift64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// The fields whose types the first documents decide, with a value of each.
pub(crate) fn clean(id: i64) -> Document {
    let decimal: bson::Decimal128 = "12.50".parse().expect("a number");
    doc! {
        "_id": id, "n": id, "d": 0.5, "c": decimal, "s": "text", "b": true, "t": DateTime::from_millis(id), "o": { "n": id },
    }
}

/// A document whose fields have values of any type, or are missing.
pub(crate) fn any(id: i64, random: &mut Random) -> Document {
    let mut document = doc! { "_id": id };
    for name in ["n", "d", "c", "s", "b", "t"] {
        if let Some(value) = value(random, 0) {
            document.insert(name, value);
        }
    }
    match random.below(4) {
        0 => {}
        1 => drop(document.insert("o", value(random, 0).unwrap_or(Bson::Null))),
        _ => {
            let inner = value(random, 0).map_or_else(Document::new, |value| doc! { "n": value });
            document.insert("o", inner);
        }
    }
    document
}

/// A document whose fields have values of few kinds each, those of this choice.
pub(crate) fn some(id: i64, choice: &[Vec<usize>], random: &mut Random) -> Document {
    let mut document = doc! { "_id": id };
    for (name, kinds) in ["n", "d", "c", "s", "b", "t", "o"].into_iter().zip(choice) {
        let kind = kinds[random.below(kinds.len())];
        let value = value_of(kind, random, 0);
        match name {
            "o" => drop(document.insert("o", value.map_or_else(Document::new, |value| doc! { "n": value }))),
            name => drop(value.map(|value| document.insert(name, value))),
        }
    }
    document
}

/// The kinds of values that fit the fields, in their order; a missing one, and null, always does.
pub(crate) const FITTING: [&[usize]; 7] =
    [&[0, 1, 3, 20, 10], &[0, 1, 5, 9, 21, 7], &[0, 1, 8], &[0, 1, 11, 12, 22], &[0, 1, 13], &[0, 1, 14, 15], &[0, 1, 3, 20]];

/// How many kinds of values there are.
pub(crate) const KINDS: usize = 28;
/// How many of them hold no other values.
const FLAT_KINDS: usize = 24;

/// Any value; `None` for a missing one.
fn value(random: &mut Random, depth: usize) -> Option<Bson> {
    let kind = random.below(if depth > 0 { FLAT_KINDS } else { KINDS });
    value_of(kind, random, depth)
}

fn value_of(kind: usize, random: &mut Random, depth: usize) -> Option<Bson> {
    let decimal = |text: &str| Bson::Decimal128(text.parse().expect("a number"));
    Some(match kind {
        0 => return None,
        1 => Bson::Null,
        2 => Bson::Int32(5),
        3 => Bson::Int64(random.below(7) as i64 - 3),
        4 => Bson::Double(5.0),
        5 => Bson::Double(5.5),
        6 => Bson::Double(-0.0),
        7 => Bson::Double([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300][random.below(4)]),
        8 => decimal(["5", "5.50", "0.10", "12.5"][random.below(4)]),
        9 => Bson::Double(0.1),
        // Not the least number of all, which mongo-java-server takes for minus infinity.
        10 => Bson::Int64([i64::MAX, -i64::MAX, 1 << 53][random.below(3)]),
        11 => Bson::String(["5", "true", "", "text", "Text", "té"][random.below(6)].to_owned()),
        12 => Bson::String("65f000000000000000000001".to_owned()),
        13 => Bson::Boolean(random.below(2) == 0),
        14 => Bson::DateTime(DateTime::from_millis([0, 1, -1, 1_709_208_000_000][random.below(4)])),
        15 => Bson::DateTime(DateTime::from_millis([i64::MAX / 1000, i64::MAX, i64::MIN, -300_000_000_000_000][random.below(4)])),
        16 => Bson::ObjectId(ObjectId::parse_str("65f000000000000000000001").expect("an id")),
        17 => Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 255] }),
        18 => Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: vec![0xab; 16] }),
        19 => Bson::String("abababab-abab-abab-abab-abababababab".to_owned()),
        20 => Bson::Int32(random.below(100) as i32 - 50),
        21 => Bson::Double(random.below(100) as f64 / 4.0),
        22 => Bson::String(["a", "b", "z", "NaN"][random.below(4)].to_owned()),
        23 => Bson::Document(doc! {}),
        24 => Bson::Document(doc! { "n": value(random, depth + 1).unwrap_or(Bson::Null) }),
        25 => Bson::Array(Vec::new()),
        _ => Bson::Array((0..=random.below(2)).map(|_| value(random, depth + 1).unwrap_or(Bson::Null)).collect()),
    })
}

//! How a value says with which schema it was written: a zero, the schema's number in four bytes, the highest first, and what was written.
//! With Protobuf the place of the message's type in its file stands between. It is the wire format of Confluent's serializers.

/// Messages nest no deeper in each other's definitions; compilers of Protobuf refuse more than 32.
const INDEXES_MAX: i64 = 32;

/// The number of a value's schema, and what follows it; none where the value has another form.
pub(crate) fn split(value: &[u8]) -> Option<(u32, &[u8])> {
    let (number, payload) = value.strip_prefix(&[0])?.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), payload))
}

/// The place of a Protobuf message's type, and what follows it: the number of the message in the file, the number of the one within that,
/// and so on. For the first message of the file a single zero stands.
pub(crate) fn message_indexes(payload: &[u8]) -> Option<(Vec<i32>, &[u8])> {
    let (count, mut rest) = zigzag(payload)?;
    if count == 0 {
        return Some((vec![0], rest));
    }
    let mut indexes = Vec::new();
    for _ in 0..(1..=INDEXES_MAX).contains(&count).then_some(count)? {
        let (index, behind) = zigzag(rest)?;
        indexes.push(i32::try_from(index).ok().filter(|index| *index >= 0)?);
        rest = behind;
    }
    Some((indexes, rest))
}

/// A whole number as Avro and Protobuf write signed ones: seven bits to a byte, the lowest first, with the sign in the lowest bit.
pub(crate) fn zigzag(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut number: u64 = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        // Of the tenth byte only one bit is left.
        if place == 9 && bits > 1 {
            return None;
        }
        number |= bits << (7 * place);
        if byte & 0x80 == 0 {
            return Some(((number >> 1) as i64 ^ -((number & 1) as i64), &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_name_their_schema() {
        assert_eq!(split(&[0, 0, 0, 1, 2, 9]), Some((258, &[9][..])));
        assert_eq!(split(&[0, 0, 0, 1, 2]), Some((258, &[][..])));
        assert_eq!((split(&[0, 0, 0, 1]), split(&[1, 0, 0, 1, 2]), split(b"")), (None, None, None));
    }

    #[test]
    fn messages_have_a_place_in_their_file() {
        assert_eq!(message_indexes(&[0, 7]), Some((vec![0], &[7][..])));
        assert_eq!(message_indexes(&[4, 2, 0, 7]), Some((vec![1, 0], &[7][..])));
        for wrong in [&[][..], &[1], &[2], &[2, 1], &[0x80], &[0xfe, 0xff, 0x03, 0]] {
            assert_eq!(message_indexes(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn numbers_have_signs() {
        for (bytes, number) in
            [(&[0][..], 0), (&[1], -1), (&[2], 1), (&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], i64::MAX)]
        {
            assert_eq!(zigzag(bytes), Some((number, &[][..])));
        }
        assert_eq!(zigzag(&[0xff; 11]), None);
        assert_eq!(zigzag(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Some((i64::MIN, &[][..])));
        assert_eq!(zigzag(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None);
    }
}

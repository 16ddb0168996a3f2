//! Arrays of every kind, in both formats, against what PostgreSQL sends.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::*;
use spi::types::oid;

use super::*;

/// A row in text; none for a null.
fn text_as(array: ArrayRef, pg_type: PgType, row: usize) -> Option<String> {
    let mut out = BytesMut::new();
    let cell = cell(&array, pg_type, Format::Text, &Style::default()).expect("a writer");
    cell.put(row, &mut out).expect("a value").then(|| String::from_utf8(out.to_vec()).expect("UTF-8"))
}

/// All rows in text, under the type that the array has by itself.
fn texts(array: impl Array + 'static) -> Vec<String> {
    let array: ArrayRef = Arc::new(array);
    let pg_type = PgType::from_arrow(array.data_type());
    (0..array.len()).map(|row| text_as(Arc::clone(&array), pg_type, row).unwrap_or_else(|| "NULL".to_owned())).collect()
}

fn binary_as(array: impl Array + 'static, type_oid: u32) -> Result<Vec<u8>> {
    let array: ArrayRef = Arc::new(array);
    let mut out = BytesMut::new();
    cell(&array, PgType::new(type_oid), Format::Binary, &Style::default())?.put(0, &mut out)?;
    Ok(out.to_vec())
}

/// The first row in binary, under the type that the array has by itself.
fn binary(array: impl Array + 'static) -> Vec<u8> {
    let type_oid = PgType::from_arrow(array.data_type()).oid;
    binary_as(array, type_oid).expect("a value")
}

#[test]
fn scalars_in_text() {
    assert_eq!(texts(BooleanArray::from(vec![Some(true), Some(false), None])), ["t", "f", "NULL"]);
    assert_eq!(texts(Int8Array::from(vec![i8::MIN])), ["-128"]);
    assert_eq!(texts(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    assert_eq!(texts(Float32Array::from(vec![0.1, f32::NAN])), ["0.1", "NaN"]);
    assert_eq!(texts(Float64Array::from(vec![1e20, f64::NEG_INFINITY])), ["1e+20", "-Infinity"]);
    assert_eq!(texts(Decimal128Array::from(vec![-1, 0]).with_precision_and_scale(10, 3).expect("valid")), ["-0.001", "0.000"]);
    assert_eq!(texts(Decimal32Array::from(vec![12]).with_precision_and_scale(5, -2).expect("valid")), ["1200"]);
    assert_eq!(texts(Decimal64Array::from(vec![-12]).with_precision_and_scale(5, 1).expect("valid")), ["-1.2"]);
    assert_eq!(texts(Decimal256Array::from(vec![i256::from_i128(-5)]).with_precision_and_scale(50, 2).expect("valid")), ["-0.05"]);
    assert_eq!(texts(StringArray::from(vec!["", "é"])), ["", "é"]);
    assert_eq!(texts(StringViewArray::from(vec!["a string longer than twelve bytes"])), ["a string longer than twelve bytes"]);
    assert_eq!(texts(LargeStringArray::from(vec!["x"])), ["x"]);
    assert_eq!(texts(BinaryArray::from(vec![&b"\0\xff"[..]])), ["\\x00ff"]);
    assert_eq!(texts(BinaryViewArray::from(vec![&b""[..]])), ["\\x"]);
    assert_eq!(texts(Date32Array::from(vec![-1, i32::MAX])), ["1969-12-31", "infinity"]);
    assert_eq!(texts(Date64Array::from(vec![-1, 86_400_000])), ["1969-12-31", "1970-01-02"]);
    assert_eq!(texts(Time32SecondArray::from(vec![3661])), ["01:01:01"]);
    assert_eq!(texts(Time64NanosecondArray::from(vec![1_999])), ["00:00:00.000001"]);
    assert_eq!(texts(TimestampSecondArray::from(vec![-1])), ["1969-12-31 23:59:59"]);
    assert_eq!(texts(TimestampMillisecondArray::from(vec![1])), ["1970-01-01 00:00:00.001"]);
    assert_eq!(texts(TimestampNanosecondArray::from(vec![-1])), ["1969-12-31 23:59:59.999999"]);
    assert_eq!(texts(TimestampMicrosecondArray::from(vec![0, i64::MIN]).with_timezone("+05:00")), ["1970-01-01 00:00:00+00", "-infinity"]);
    assert_eq!(texts(IntervalYearMonthArray::from(vec![25])), ["2 years 1 mon"]);
    assert_eq!(texts(IntervalDayTimeArray::from(vec![IntervalDayTime::new(1, 1500)])), ["1 day 00:00:01.5"]);
    assert_eq!(texts(DurationNanosecondArray::from(vec![90_000_000_000])), ["00:01:30"]);
    assert_eq!(texts(NullArray::new(1)), ["NULL"]);
}

#[test]
fn scalars_in_binary() {
    assert_eq!(binary(BooleanArray::from(vec![true])), [1]);
    assert_eq!(binary(Int8Array::from(vec![-2])), [0xff, 0xfe]);
    assert_eq!(binary(UInt16Array::from(vec![u16::MAX])), [0, 0, 0xff, 0xff]);
    assert_eq!(binary(UInt32Array::from(vec![u32::MAX])), [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(binary(Float32Array::from(vec![1.0])), [0x3f, 0x80, 0, 0]);
    assert_eq!(binary(Float64Array::from(vec![-2.0])), [0xc0, 0, 0, 0, 0, 0, 0, 0]);
    // 18446744073709551615 in groups of four digits.
    let expected: Vec<u8> = [5_u16, 4, 0, 0, 1844, 6744, 737, 955, 1615].iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(binary(UInt64Array::from(vec![u64::MAX])), expected);
    assert_eq!(binary(StringArray::from(vec!["é"])), "é".as_bytes());
    assert_eq!(binary(FixedSizeBinaryArray::try_from_iter([[1, 2]].iter()).expect("valid")), [1, 2]);
    assert_eq!(binary(Date32Array::from(vec![10_957])), [0; 4]);
    assert_eq!(binary(Date32Array::from(vec![i32::MIN])), i32::MIN.to_be_bytes());
    assert_eq!(binary(Time32MillisecondArray::from(vec![1])), 1000_i64.to_be_bytes());
    assert_eq!(binary(TimestampSecondArray::from(vec![946_684_801])), 1_000_000_i64.to_be_bytes());
    assert_eq!(binary(TimestampMicrosecondArray::from(vec![i64::MAX]).with_timezone("UTC")), i64::MAX.to_be_bytes());
    let interval = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(2, -3, 4_000)]);
    assert_eq!(binary(interval), [&4_i64.to_be_bytes()[..], &(-3_i32).to_be_bytes(), &2_i32.to_be_bytes()].concat());
}

#[test]
fn the_declared_type_decides() {
    assert_eq!(binary_as(Int64Array::from(vec![7]), oid::INT4).expect("it fits"), [0, 0, 0, 7]);
    assert_eq!(binary_as(Int64Array::from(vec![i64::from(u32::MAX)]), oid::OID).expect("it fits"), [0xff; 4]);
    assert_eq!(binary_as(UInt32Array::from(vec![7]), 28).expect("xid"), [0, 0, 0, 7]);
    assert_eq!(binary_as(Int64Array::from(vec![i64::MAX]), oid::INT4).expect_err("too large").code, Code::OutOfRange);
    assert_eq!(binary_as(Int64Array::from(vec![-1]), oid::OID).expect_err("negative").code, Code::OutOfRange);
    assert_eq!(binary_as(Float32Array::from(vec![0.5]), oid::FLOAT8).expect("wider"), 0.5_f64.to_be_bytes());
    assert_eq!(binary_as(StringArray::from(vec!["r"]), oid::CHAR).expect("one byte"), b"r");
    assert_eq!(binary_as(StringArray::from(vec![""]), oid::CHAR).expect("one byte"), b"\0");
    assert_eq!(binary_as(StringArray::from(vec!["{}"]), oid::JSONB).expect("a version"), b"\x01{}");
    assert_eq!(binary_as(StringArray::from(vec!["{}"]), oid::JSON).expect("no version"), b"{}");
    assert_eq!(binary_as(StringArray::from(vec!["-1.5"]), oid::NUMERIC).expect("a number"), [0, 2, 0, 0, 0x40, 0, 0, 1, 0, 1, 0x13, 0x88]);
    assert_eq!(binary_as(StringArray::from(vec!["abc"]), oid::NUMERIC).expect_err("no number").code, Code::InvalidText);
    assert_eq!(binary_as(StringArray::from(vec!["127.0.0.1"]), oid::INET).expect("an address"), [2, 32, 0, 4, 127, 0, 0, 1]);
    let uuid = "00000000-0000-0000-0000-0000000000ff";
    assert_eq!(binary_as(StringArray::from(vec![uuid]), oid::UUID).expect("a uuid")[15], 0xff);
    assert_eq!(
        text_as(Arc::new(FixedSizeBinaryArray::try_from_iter([[0_u8; 16]].iter()).expect("valid")), PgType::new(oid::UUID), 0)
            .expect("a value"),
        uuid.replace('f', "0")
    );
    // What does not hold the declared type is cast, and what cannot be cast is refused.
    assert_eq!(binary_as(StringArray::from(vec!["2000-01-02"]), oid::DATE).expect("a date"), [0, 0, 0, 1]);
    assert_eq!(binary_as(StringArray::from(vec!["x"]), oid::DATE).expect_err("no date").code, Code::BadData);
    assert_eq!(binary_as(Int32Array::from(vec![42]), oid::TEXT).expect("text"), b"42");
    const XID8: u32 = 5069;
    assert_eq!(binary_as(UInt32Array::from(vec![42]), XID8).expect("a number"), 42_i64.to_be_bytes());
}

#[test]
fn arrays_in_text() {
    let numbers = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None, Some(vec![])]);
    assert_eq!(texts(numbers), ["{1,NULL}", "NULL", "{}"]);
    let mut builder = ListBuilder::new(StringBuilder::new());
    builder.append_value(["plain", "", "null", "NULLS", "a b", "a,b", "{}", "say \"x\"", "back\\slash", "tab\t"].map(Some));
    let quoted = "{plain,\"\",\"null\",NULLS,\"a b\",\"a,b\",\"{}\",\"say \\\"x\\\"\",\"back\\\\slash\",\"tab\t\"}";
    assert_eq!(texts(builder.finish()), [quoted]);
    let times = ListArray::new(
        Arc::new(Field::new("item", DataType::Timestamp(TimeUnit::Second, None), true)),
        OffsetBuffer::from_lengths([1]),
        Arc::new(TimestampSecondArray::from(vec![0])),
        None,
    );
    assert_eq!(texts(times), ["{\"1970-01-01 00:00:00\"}"]);
    let fixed = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), Some(2)])], 2);
    assert_eq!(texts(fixed), ["{1,2}"]);
}

/// A list of lists of numbers, in one row.
fn nested(lists: &[&[i32]]) -> ListArray {
    let mut builder = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
    for list in lists {
        builder.values().append_value(list.iter().map(|&number| Some(number)));
    }
    builder.append(true);
    builder.finish()
}

#[test]
fn arrays_of_arrays_have_dimensions() {
    assert_eq!(texts(nested(&[&[1, 2], &[3, 4]])), ["{{1,2},{3,4}}"]);
    assert_eq!(texts(nested(&[&[1], &[2, 3]])), ["{{1},{2,3}}"]);
    assert_eq!(texts(nested(&[&[], &[]])), ["{}"]);
    let words: Vec<u8> = [2_i32, 0, 23, 2, 1, 1, 1, 4, 7, 4, 8].iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(binary(nested(&[&[7], &[8]])), words);
    assert_eq!(binary_as(nested(&[&[1], &[2, 3]]), 1007).expect_err("ragged").code, Code::BadData);
    let empty: Vec<u8> = [0_i32, 0, 23].iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(binary(nested(&[])), empty);
    assert_eq!(binary(nested(&[&[]])), empty);
}

#[test]
fn arrays_in_binary() {
    let numbers = ListArray::from_iter_primitive::<Int16Type, _, _>(vec![Some(vec![Some(5), None])]);
    let mut expected = BytesMut::new();
    [1, 1, 21, 2, 1, 2].into_iter().for_each(|word| expected.put_i32(word));
    expected.put_i16(5);
    expected.put_i32(-1);
    assert_eq!(binary(numbers), expected);
    let mut builder = ListBuilder::new(StringBuilder::new());
    builder.append_value([Some("ab")]);
    assert_eq!(binary(builder.finish()), b"\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0\x01\0\0\0\x01\0\0\0\x02ab");
}

#[test]
fn vectors_are_older_than_arrays() {
    const INT2VECTOR: u32 = 22;
    let numbers = ListArray::from_iter_primitive::<Int16Type, _, _>(vec![Some(vec![Some(1), Some(2)]), Some(vec![])]);
    let array: ArrayRef = Arc::new(numbers.clone());
    assert_eq!(text_as(Arc::clone(&array), PgType::new(INT2VECTOR), 0).as_deref(), Some("1 2"));
    assert_eq!(text_as(array, PgType::new(INT2VECTOR), 1).as_deref(), Some(""));
    // Element type 21, two elements, counted from 0.
    let binary = binary_as(numbers, INT2VECTOR).expect("a vector");
    assert_eq!(binary[8..20], [0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 0]);
}

#[test]
fn dictionaries_and_runs_are_read_through() {
    let dictionary: DictionaryArray<Int8Type> = vec![Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    assert_eq!(texts(dictionary), ["a", "NULL", "b", "a"]);
    let nothing: DictionaryArray<Int8Type> = vec![None::<&str>, None].into_iter().collect();
    assert_eq!(texts(nothing), ["NULL", "NULL"]);
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![2, 3]), &Int64Array::from(vec![Some(7), None])).expect("valid");
    assert_eq!(texts(runs.slice(1, 2)), ["7", "NULL"]);
    let keys = DictionaryArray::<Int8Type>::new(Int8Array::from(vec![1]), Arc::new(Int32Array::from(vec![4, 5])));
    assert_eq!(binary_as(keys, oid::INT4).expect("a number"), [0, 0, 0, 5]);
}

#[test]
fn nested_values_are_json() {
    let when: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0, 0]).with_timezone("UTC"));
    let members: Vec<(FieldRef, ArrayRef)> = vec![
        (Arc::new(Field::new("n\"", DataType::Float64, true)), Arc::new(Float64Array::from(vec![Some(1.5), Some(f64::NAN)]))),
        (Arc::new(Field::new("s", DataType::Utf8, true)), Arc::new(StringArray::from(vec![Some("a\n\u{1}\"\\é"), None]))),
        (Arc::new(Field::new("b", DataType::Boolean, true)), Arc::new(BooleanArray::from(vec![true, false]))),
        (Arc::new(Field::new("t", when.data_type().clone(), true)), when),
        (
            Arc::new(Field::new_list("l", Field::new("item", DataType::Int32, true), true)),
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None])),
        ),
    ];
    let array: ArrayRef = Arc::new(StructArray::from(members));
    let first = "{\"n\\\"\": 1.5, \"s\": \"a\\n\\u0001\\\"\\\\é\", \"b\": true, \"t\": \"1970-01-01T00:00:00+00:00\", \"l\": [1, null]}";
    let second = "{\"n\\\"\": \"NaN\", \"s\": null, \"b\": false, \"t\": \"1970-01-01T00:00:00+00:00\", \"l\": null}";
    let jsonb = PgType::new(oid::JSONB);
    assert_eq!(text_as(Arc::clone(&array), jsonb, 0).as_deref(), Some(first));
    assert_eq!(text_as(Arc::clone(&array), jsonb, 1).as_deref(), Some(second));
    let mut out = BytesMut::new();
    cell(&array, jsonb, Format::Binary, &Style::default()).expect("a writer").put(0, &mut out).expect("a value");
    assert_eq!(out, [&[1], first.as_bytes()].concat());

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    map.append(true).expect("valid");
    assert_eq!(texts(map.finish()), ["{\"k\": 1}"]);

    let fields =
        UnionFields::try_new([0, 1], [Field::new("i", DataType::Int32, true), Field::new("s", DataType::Utf8, true)]).expect("valid");
    let children: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(vec![5])), Arc::new(StringArray::from(vec!["x"]))];
    let (ids, offsets) = (ScalarBuffer::from(vec![1_i8, 0]), ScalarBuffer::from(vec![0, 0]));
    assert_eq!(texts(UnionArray::try_new(fields, ids, Some(offsets), children).expect("valid")), ["\"x\"", "5"]);
}

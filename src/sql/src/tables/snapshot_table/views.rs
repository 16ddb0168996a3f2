//! Text of a snapshot as Arrow's text views, which is what all relations give.
//!
//! A batch that shares a buffer is accounted for the whole buffer, by every operator that holds it. So only small buffers are
//! shared (words, types, constants); of larger ones the text of the batch's own rows is copied, which costs less than a
//! microsecond for a hundred names and lets a sort of ten million rows hold what it really holds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{ArrowDictionaryKeyType, ArrowNativeType, DataType, Int8Type, Int32Type};

/// Up to which size text is shared rather than copied.
const SHARED_BYTES_MAX: usize = 16 << 10;
/// Up to how many values: making views of all of them must not cost more than the rows that are asked for.
const SHARED_VALUES_MAX: usize = 1 << 10;

/// The values of some rows of a text column: plain text, dictionary or views. A row may be missing.
pub(super) fn text_of(values: &dyn Array, rows: &UInt32Array) -> ArrayRef {
    match values.data_type() {
        DataType::Utf8 => text_views(values.as_string::<i32>(), rows),
        DataType::Dictionary(key, _) if **key == DataType::Int8 => dictionary_views::<Int8Type>(values, rows),
        DataType::Dictionary(_, _) => dictionary_views::<Int32Type>(values, rows),
        // Rows are numbers of existing rows: whoever chose them read them off the same snapshot.
        _ => take(values, rows, None).expect("rows of the array"),
    }
}

fn dictionary_views<K: ArrowDictionaryKeyType>(values: &dyn Array, rows: &UInt32Array) -> ArrayRef {
    let dictionary = values.as_dictionary::<K>();
    let keys = dictionary.keys();
    let key = |row: Option<u32>| row.map(|row| row as usize).filter(|row| keys.is_valid(*row)).map(|row| keys.value(row).as_usize() as u32);
    text_views(dictionary.values().as_string::<i32>(), &rows.iter().map(key).collect())
}

fn text_views(values: &StringArray, rows: &UInt32Array) -> ArrayRef {
    if values.len() <= SHARED_VALUES_MAX && values.value_data().len() <= SHARED_BYTES_MAX {
        return take(&StringViewArray::from(values), rows, None).expect("rows of the array");
    }
    let mut views = StringViewBuilder::with_capacity(rows.len());
    for row in rows {
        match row.map(|row| row as usize).filter(|row| values.is_valid(*row)) {
            Some(row) => views.append_value(values.value(row)),
            None => views.append_null(),
        }
    }
    Arc::new(views.finish())
}

#[cfg(test)]
mod tests {
    use arrow::array::DictionaryArray;

    use super::*;

    fn shown(array: &ArrayRef) -> Vec<Option<&str>> {
        array.as_string_view().iter().collect()
    }

    #[test]
    fn text_arrives_whole_however_it_is_kept() {
        let rows = UInt32Array::from(vec![Some(2), None, Some(0), Some(1)]);
        let (short, long) = ("a", "text that does not fit into a view itself");
        let expected = [Some(long), None, Some(short), None];
        let few: StringArray = [Some(short), None, Some(long)].into_iter().collect();
        assert_eq!(shown(&text_of(&few, &rows)), expected);
        let dictionary: DictionaryArray<Int8Type> = [Some(short), None, Some(long)].into_iter().collect();
        assert_eq!(shown(&text_of(&dictionary, &rows)), expected);
        let many: StringArray = [Some(short), None, Some(long)].into_iter().cycle().take(5_000).collect();
        assert_eq!(shown(&text_of(&many, &rows)), expected);
    }

    #[test]
    fn a_batch_holds_its_own_text_only() {
        let many: StringArray = (0..100_000).map(|number| Some(format!("a name of some length: {number}"))).collect();
        let one = text_of(&many, &UInt32Array::from(vec![5]));
        assert!(one.get_array_memory_size() < 100_000, "{}", one.get_array_memory_size());
    }
}

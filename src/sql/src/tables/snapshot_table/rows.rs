//! Some rows of a relation over a snapshot, and how their values are gathered.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringViewArray, TimestampMicrosecondArray, UInt32Array, new_null_array};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;
use domain::catalog::Database;
use spi::metadata::{ColumnType, Relation, SchemaMetadata};

use super::Kind;
use super::grain::Source;
use super::views::text_of;

/// Rows of one schema of one database.
pub(crate) struct Rows<'a> {
    pub database: &'a Database,
    pub schema: &'a SchemaMetadata,
    /// For each row the row in `Tables`; of a parameter, the row in `Routines`.
    pub tables: UInt32Array,
    /// For each row the row in the grain's own relation.
    pub items: UInt32Array,
    /// For each row the place in the item's list of columns or events, from 0.
    pub positions: UInt32Array,
}

impl<'a> Rows<'a> {
    pub(super) fn new(database: &'a Database, schema: &'a SchemaMetadata, sources: &[Source]) -> Self {
        Self {
            database,
            schema,
            tables: sources.iter().map(|source| source.table).collect::<Vec<_>>().into(),
            items: sources.iter().map(|source| source.item).collect::<Vec<_>>().into(),
            positions: sources.iter().map(|source| source.position).collect::<Vec<_>>().into(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// The name of the data source.
    pub(crate) fn catalog(&self) -> ArrayRef {
        self.constant(&self.database.source.name)
    }

    /// The name of the schema.
    pub(crate) fn schema_name(&self) -> ArrayRef {
        self.constant(&self.schema.name)
    }

    /// The name of each row's table.
    pub(crate) fn table_name(&self) -> ArrayRef {
        self.table_text("name")
    }

    /// When the source was last seen to be like this.
    pub(crate) fn observed_at(&self) -> ArrayRef {
        let observed_at = self.database.snapshot.observed_at;
        Arc::new(TimestampMicrosecondArray::from(vec![observed_at; self.len()]).with_timezone("UTC"))
    }

    /// The same text in every row.
    pub(crate) fn constant(&self, text: &str) -> ArrayRef {
        let values = StringViewArray::from_iter_values([text]);
        text_of(&values, &UInt32Array::from(vec![0; self.len()]))
    }

    pub(crate) fn constant_number(&self, number: i32) -> ArrayRef {
        Arc::new(Int32Array::from(vec![number; self.len()]))
    }

    pub(crate) fn null_text(&self) -> ArrayRef {
        new_null_array(&DataType::Utf8View, self.len())
    }

    pub(crate) fn null_cardinal(&self) -> ArrayRef {
        new_null_array(&DataType::Int32, self.len())
    }

    pub(crate) fn null_timestamp(&self) -> ArrayRef {
        new_null_array(&Kind::TimestampTz.arrow(), self.len())
    }

    /// `YES` or `NO`.
    pub(crate) fn yes_or_no(&self, yes: bool) -> ArrayRef {
        self.constant(if yes { "YES" } else { "NO" })
    }

    /// A text column of `Tables`.
    pub(crate) fn table_text(&self, column: &str) -> ArrayRef {
        self.text(Relation::Tables, column, &self.tables)
    }

    /// A text column of the grain's own relation.
    pub(crate) fn item_text(&self, relation: Relation, column: &str) -> ArrayRef {
        self.text(relation, column, &self.items)
    }

    /// A text column of any relation, for given rows of it.
    pub(crate) fn text(&self, relation: Relation, column: &str, rows: &UInt32Array) -> ArrayRef {
        text_of(self.schema.column(relation, column), rows)
    }

    /// A column of the grain's own relation as it is.
    pub(crate) fn item(&self, relation: Relation, column: &str) -> ArrayRef {
        take(self.schema.column(relation, column), &self.items, None).expect("rows of the relation")
    }

    /// A boolean column of the grain's own relation as `YES` and `NO`.
    pub(crate) fn item_yes_or_no(&self, relation: Relation, column: &str) -> ArrayRef {
        let values = self.item(relation, column);
        let words = StringViewArray::from_iter_values(["NO", "YES"]);
        text_of(&words, &values.as_boolean().iter().map(|yes| yes.map(u32::from)).collect())
    }

    /// A text for each row, chosen by the row's word in a column of few words.
    pub(crate) fn word(
        &self,
        relation: Relation,
        column: &str,
        rows: &UInt32Array,
        text: impl Fn(&str) -> Option<&'static str>,
    ) -> ArrayRef {
        self.chosen(relation, column, rows, |word| word.and_then(&text))
    }

    /// A text for each row of the grain's own relation, chosen by the row's word, which may be missing.
    pub(crate) fn optional_word(&self, relation: Relation, column: &str, text: impl Fn(Option<&str>) -> Option<&'static str>) -> ArrayRef {
        self.chosen(relation, column, &self.items, text)
    }

    fn chosen(
        &self,
        relation: Relation,
        column: &str,
        rows: &UInt32Array,
        text: impl Fn(Option<&str>) -> Option<&'static str>,
    ) -> ArrayRef {
        let words = self.schema.words(relation, column);
        let known = words.values().as_string::<i32>();
        // One text for each known word, then the one for no word at all.
        let texts: StringViewArray = known.iter().map(&text).chain([text(None)]).collect();
        let missing = known.len();
        let keys: Vec<u32> = rows.values().iter().map(|row| words.key(*row as usize).unwrap_or(missing) as u32).collect();
        text_of(&texts, &keys.into())
    }

    /// A text column of the grain's own relation, null in rows whose word in another column does not qualify.
    pub(crate) fn item_text_where(
        &self,
        relation: Relation,
        column: &str,
        word: &str,
        qualifies: impl Fn(Option<&str>) -> bool,
    ) -> ArrayRef {
        let words = self.schema.words(relation, word);
        let known = words.values().as_string::<i32>();
        let verdicts: Vec<bool> = known.iter().chain([None]).map(qualifies).collect();
        let qualifying = |row: &u32| verdicts[words.key(*row as usize).unwrap_or(known.len())].then_some(*row);
        let rows: UInt32Array = self.items.values().iter().map(qualifying).collect();
        text_of(self.schema.column(relation, column), &rows)
    }

    /// The place of each column or parameter as text.
    pub(crate) fn ordinal_text(&self, relation: Relation) -> ArrayRef {
        cast(&self.item(relation, "ordinal"), &DataType::Utf8View).expect("numbers as text")
    }

    /// A text for each row, made once for each distinct type of the schema.
    pub(crate) fn type_text(&self, relation: Relation, text: impl Fn(&ColumnType) -> Option<String>) -> ArrayRef {
        let texts: StringViewArray = self.schema.column_types.iter().map(text).collect();
        text_of(&texts, &self.type_keys(relation))
    }

    /// A number for each row, made once for each distinct type of the schema.
    pub(crate) fn type_number(&self, relation: Relation, number: impl Fn(&ColumnType) -> Option<i32>) -> ArrayRef {
        let numbers: Int32Array = self.schema.column_types.iter().map(number).collect();
        take(&numbers, &self.type_keys(relation), None).expect("types of the schema")
    }

    fn type_keys(&self, relation: Relation) -> UInt32Array {
        let types = self.schema.integers(relation, "type").values();
        self.items.values().iter().map(|item| types[*item as usize] as u32).collect::<Vec<_>>().into()
    }

    /// For each row one of the names in a list column of the grain's own relation: the one at the row's position.
    pub(crate) fn listed_name(&self, relation: Relation, column: &str) -> ArrayRef {
        let lists = self.schema.lists(relation, column);
        let rows = self.items.values().iter().zip(self.positions.values());
        let keys: UInt32Array = rows
            .map(|(item, position)| {
                let item = *item as usize;
                let listed = lists.is_valid(item) && (*position as i32) < lists.value_length(item);
                listed.then(|| lists.value_offsets()[item] as u32 + position)
            })
            .collect();
        text_of(lists.values().as_ref(), &keys)
    }

    /// A text for each row, made from the row of the grain's own relation.
    pub(crate) fn made_text<T: AsRef<str>>(&self, text: impl Fn(usize) -> Option<T>) -> ArrayRef {
        let texts: StringViewArray = self.items.values().iter().map(|item| text(*item as usize)).collect();
        Arc::new(texts)
    }

    /// The position of each row in its list, from 1.
    pub(crate) fn position(&self) -> ArrayRef {
        Arc::new(Int32Array::from_iter_values(self.positions.values().iter().map(|position| *position as i32 + 1)))
    }
}

//! The rows of a relation by the hashes of some columns.

use crate::relation::{Relation, Row, Rows, keys};
use crate::value::Value;

/// Hashes of keys with their rows, sorted: a search is a binary one, and a row takes 16 bytes.
pub(super) struct HashIndex(Vec<(u64, Row)>);

impl HashIndex {
    /// Rows with a null in one of the columns equal no key, and are left out.
    pub(super) fn new(relation: &dyn Relation, columns: &[usize]) -> Self {
        let key = |row| columns.iter().map(move |column| relation.value(row, *column));
        let mut hashes: Vec<(u64, Row)> = (0..relation.count()).filter_map(|row| Some((keys::hash(key(row))?, row))).collect();
        hashes.sort_unstable();
        HashIndex(hashes)
    }

    /// The rows whose columns equal the key, in the order of their numbers.
    pub(super) fn lookup(&self, relation: &dyn Relation, columns: &[usize], key: &[Value]) -> Rows {
        let same = keys::hash(key).into_iter().flat_map(|hash| keys::find(&self.0, hash));
        let equal = |row: &Row| columns.iter().zip(key).all(|(column, value)| relation.value(*row, *column) == *value);
        let mut found = same.filter(equal);
        let Some(first) = found.next() else { return Rows::NONE };
        let Some(second) = found.next() else { return Rows::one(first) };
        let mut rows = vec![first, second];
        rows.extend(found);
        let neighbours = first..first + rows.len() as Row;
        if rows.last() == Some(&(neighbours.end - 1)) { Rows::Range(neighbours) } else { Rows::List(rows) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::{StaticRelation, relation_named, relations};
    use super::*;

    #[test]
    fn lookups_find_what_reading_all_rows_finds() {
        let mut lookups = 0;
        for relation in relations() {
            for (number, index) in relation.indexes().iter().enumerate() {
                let mut expected: HashMap<String, (Vec<Value>, Vec<Row>)> = HashMap::new();
                for row in 0..relation.count() {
                    let key: Vec<Value> = index.columns.iter().map(|column| relation.value(row, *column)).collect();
                    assert!(!key.iter().any(Value::is_null), "{}: {key:?}", index.name);
                    expected.entry(format!("{key:?}")).or_insert_with(|| (key, Vec::new())).1.push(row);
                }
                for (key, expected) in expected.values() {
                    let found = relation.lookup(number, key);
                    let rows: Vec<Row> = (0..found.len()).filter_map(|place| found.get(place)).collect();
                    assert_eq!(&rows, expected, "{} {key:?}", index.name);
                    assert!(!index.unique || rows.len() == 1, "{} {key:?}", index.name);
                    lookups += 1;
                }
            }
        }
        assert!(lookups > 20_000, "{lookups} lookups");
    }

    #[test]
    fn a_key_that_is_not_there_finds_nothing() {
        let pg_class = relation("pg_class");
        assert_eq!(pg_class.lookup(index(pg_class, &["oid"]), &[Value::Int(1)]), Rows::NONE);
        assert_eq!(pg_class.lookup(index(pg_class, &["relname"]), &[Value::from("pg_classes")]), Rows::NONE);
    }

    #[test]
    fn the_columns_of_a_table_are_neighbours() {
        let pg_attribute = relation("pg_attribute");
        let found = pg_attribute.lookup(index(pg_attribute, &["attrelid"]), &[Value::Int(1259)]);
        // 33 and six of the system.
        assert!(matches!(&found, Rows::Range(rows) if rows.end - rows.start == 39), "{found:?}");
    }

    #[test]
    fn functions_are_found_by_name_and_arguments() {
        let pg_proc = relation("pg_proc");
        let key = [Value::from("lower"), Value::vector(26, vec![Value::Int(25)]), Value::Int(11)];
        let found = pg_proc.lookup(index(pg_proc, &["proname", "proargtypes", "pronamespace"]), &key);
        assert_eq!(found.first().map(|row| pg_proc.value(row, 0)), Some(Value::Int(870)));
        // Of texts, of ranges and of multiranges.
        assert_eq!(pg_proc.lookup(index(pg_proc, &["proname"]), &key[..1]).len(), 3);
    }

    fn relation(name: &str) -> &'static StaticRelation {
        relation_named("pg_catalog", name).expect("a relation")
    }

    fn index(relation: &StaticRelation, columns: &[&str]) -> usize {
        let columns: Vec<usize> = columns.iter().map(|name| relation.column(name).expect("a column")).collect();
        relation.indexes().iter().position(|index| index.columns == columns).expect("an index")
    }
}

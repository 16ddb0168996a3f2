//! How columns fit a sample of documents.

use super::builder::ColumnBuilder;
use super::place::Place;
use super::plan::{Found, Plan};
use super::{BYTES_LIMIT, Column};
use crate::documents::value::Document;

/// How one column fits. It holds data: the example quotes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnCheck {
    pub column: String,
    /// How many documents there were.
    pub sampled: u64,
    /// How many had a value that is not null at the column's path. Nothing found in any is most likely a wrong path.
    pub present: u64,
    /// How many had a value that does not fit, in whole or in part.
    pub misfits: u64,
    /// The first of these, and why.
    pub example: Option<String>,
}

/// Tries columns on documents, as a read would decode them. The caller bounds how many documents there are.
pub fn check<'d, 'a: 'd>(columns: &[Column], documents: impl IntoIterator<Item = &'d Document<'a>>) -> Vec<ColumnCheck> {
    let mut plan = Plan::default();
    let mut builders: Vec<ColumnBuilder> = Vec::with_capacity(columns.len());
    let mut checks = Vec::with_capacity(columns.len());
    for column in columns {
        plan.add(&column.path);
        builders.push(ColumnBuilder::new(&column.field_type, column.declared));
        checks.push(ColumnCheck { column: column.name.clone(), sampled: 0, present: 0, misfits: 0, example: None });
    }
    for document in documents {
        for (target, found) in plan.find(document).into_iter().enumerate() {
            let (check, builder) = (&mut checks[target], &mut builders[target]);
            check.sampled += 1;
            let mut place = Place::new(BYTES_LIMIT, None);
            match found {
                Found::Nothing => {}
                Found::Value(value) => {
                    check.present += u64::from(!value.is_null());
                    place.of(|| plan.path(target).to_string(), |place| builder.append(Some(value), place));
                }
                Found::Blocked(value, depth) => plan.block(target, depth, value, &mut place),
            }
            if let Some(error) = place.error() {
                check.misfits += 1;
                check.example.get_or_insert(error);
            }
        }
    }
    checks
}

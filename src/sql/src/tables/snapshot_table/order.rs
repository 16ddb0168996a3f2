//! The order in which a scan gives its rows: that of the snapshot. Whoever wants them in this order need not sort them.

use std::sync::Arc;

use arrow::compute::SortOptions;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{AcrossPartitions, ConstExpr, EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};

use super::filter::key_of;
use super::lookup::{Lookup, lookup};
use super::provider::ScanRequest;
use super::{Grain, Key};

/// What the snapshot is ordered by.
const KEYS: [Key; 3] = [Key::Catalog, Key::Schema, Key::Table];

/// The column by which the columns of a table are ordered.
const PLACE: &str = "ordinal_position";

const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: false };

/// The wanted columns with what is known of their order. A key that the conditions fix to one name is the same in every row.
pub(super) fn of(request: &ScanRequest) -> Result<EquivalenceProperties> {
    let mut properties = EquivalenceProperties::new(request.schema()?);
    let mut fixed = Vec::new();
    for key in KEYS {
        if is_fixed(request, key)? {
            fixed.push(key);
        }
    }
    let key_columns = request.projection.iter().enumerate().filter_map(|(place, column)| {
        let column = &request.table.columns[*column];
        Some((column.key?, expression(column.name, place)))
    });
    let key_columns: Vec<(Key, Arc<dyn PhysicalExpr>)> = key_columns.collect();
    let same = key_columns.iter().filter(|(key, _)| fixed.contains(key));
    properties.add_constants(same.map(|(_, column)| ConstExpr::new(Arc::clone(column), AcrossPartitions::Uniform(None))))?;

    let mut ordering = Vec::new();
    for key in KEYS.into_iter().filter(|key| !fixed.contains(key)) {
        let Some((_, column)) = key_columns.iter().find(|(one, _)| *one == key) else {
            // What comes after a key that is not there is not in order.
            properties.add_ordering(ordering);
            return Ok(properties);
        };
        ordering.push(PhysicalSortExpr::new(Arc::clone(column), ASCENDING));
    }
    let place = request.projection.iter().position(|column| request.table.columns[*column].name == PLACE);
    if let Some(place) = place.filter(|_| request.table.grain == Grain::Column) {
        ordering.push(PhysicalSortExpr::new(expression(PLACE, place), ASCENDING));
    }
    properties.add_ordering(ordering);
    Ok(properties)
}

fn expression(name: &str, place: usize) -> Arc<dyn PhysicalExpr> {
    Arc::new(Column::new(name, place))
}

/// Whether all rows have the same name there.
fn is_fixed(request: &ScanRequest, key: Key) -> Result<bool> {
    if key == Key::Catalog && request.databases.len() <= 1 {
        return Ok(true);
    }
    for condition in request.conditions.iter().filter(|condition| key_of(request.table, condition) == Some(key)) {
        if names(condition)?.is_some_and(|names| names <= 1) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many names a condition looks up, whatever its parameters are; `None` where it is no lookup.
pub(super) fn names(condition: &Expr) -> Result<Option<usize>> {
    let example = condition.clone().transform(|part| match part {
        Expr::Placeholder(_) => Ok(Transformed::yes(datafusion::logical_expr::lit("name"))),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(match lookup(&example.data) {
        Some(Lookup::Names(names)) => Some(names.len()),
        _ => None,
    })
}

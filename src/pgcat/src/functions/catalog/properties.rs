//! What access methods and indexes can do: `pg_indexam_has_property` and its kin. Null where the question makes no sense.

use spi::Result;

use super::names::integers;
use crate::catalog::{Catalog, CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_indexam_has_property", pg_indexam_has_property),
    ScalarEntry::new("pg_index_has_property", pg_index_has_property),
    ScalarEntry::new("pg_index_column_has_property", pg_index_column_has_property),
    ScalarEntry::new("pg_indexam_progress_phasename", pg_indexam_progress_phasename),
];

/// What an access method can do. Source: PostgreSQL 16.
struct Method {
    oid: u32,
    can_order: bool,
    can_unique: bool,
    can_multi_col: bool,
    can_exclude: bool,
    can_include: bool,
    clusterable: bool,
    index_scan: bool,
    backward_scan: bool,
    search_array: bool,
    search_nulls: bool,
}

const BTREE: Method = Method {
    oid: 403,
    can_order: true,
    can_unique: true,
    can_multi_col: true,
    can_exclude: true,
    can_include: true,
    clusterable: true,
    index_scan: true,
    backward_scan: true,
    search_array: true,
    search_nulls: true,
};
/// One that can do nothing.
const NONE: Method = Method {
    oid: 0,
    can_order: false,
    can_unique: false,
    can_multi_col: false,
    can_exclude: false,
    can_include: false,
    clusterable: false,
    index_scan: false,
    backward_scan: false,
    search_array: false,
    search_nulls: false,
};
const METHODS: [Method; 6] = [
    BTREE,
    Method { oid: 405, can_exclude: true, index_scan: true, backward_scan: true, ..NONE },
    Method {
        oid: GIST,
        can_multi_col: true,
        can_exclude: true,
        can_include: true,
        clusterable: true,
        index_scan: true,
        search_nulls: true,
        ..NONE
    },
    Method { oid: 2742, can_multi_col: true, ..NONE },
    Method { oid: 3580, can_multi_col: true, search_nulls: true, ..NONE },
    Method { oid: SPGIST, can_exclude: true, can_include: true, index_scan: true, search_nulls: true, ..NONE },
];
const GIST: u32 = 783;
const SPGIST: u32 = 4000;

fn method(row: Option<u32>) -> Option<&'static Method> {
    METHODS.iter().find(|method| Some(method.oid) == row)
}

fn pg_indexam_has_property(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let Some(method) = method(Some(arguments.oid(0)?)) else { return Ok(Value::Null) };
    let property = match arguments.text(1)?.to_ascii_lowercase().as_str() {
        "can_order" => method.can_order,
        "can_unique" => method.can_unique,
        "can_multi_col" => method.can_multi_col,
        "can_exclude" => method.can_exclude,
        "can_include" => method.can_include,
        _ => return Ok(Value::Null),
    };
    Ok(property.into())
}

/// The access method of an index.
fn method_of(catalog: &Catalog, index: u32) -> Option<&'static Method> {
    let row = catalog.by_oid(oid::PG_CLASS, index)?;
    matches!(row.char("relkind"), Some(b'i' | b'I')).then(|| method(row.oid("relam"))).flatten()
}

fn pg_index_has_property(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let Some(method) = method_of(context.catalog, arguments.oid(0)?) else { return Ok(Value::Null) };
    let property = match arguments.text(1)?.to_ascii_lowercase().as_str() {
        "clusterable" => method.clusterable,
        "index_scan" => method.index_scan,
        "bitmap_scan" => true,
        "backward_scan" => method.backward_scan,
        _ => return Ok(Value::Null),
    };
    Ok(property.into())
}

/// Bits of `pg_index.indoption`.
const DESCENDING: i64 = 1;
const NULLS_FIRST: i64 = 2;

/// Columns that an index only carries are neither searched nor ordered by.
fn pg_index_column_has_property(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (index, number, property) = (arguments.oid(0)?, arguments.int(1)?, arguments.text(2)?.to_ascii_lowercase());
    let row = context.catalog.find_one(oid::PG_INDEX, &["indexrelid"], &[Value::oid(index)]);
    let (Some(method), Some(row)) = (method_of(context.catalog, index), row) else { return Ok(Value::Null) };
    let (columns, keys) = (integers(&row.get("indkey")).len() as i64, row.int("indnkeyatts").unwrap_or_default());
    if !(1..=columns).contains(&number) {
        return Ok(Value::Null);
    }
    let place = (number - 1) as usize;
    Ok(if number > keys { of_carried(method, &property) } else { of_key(context.catalog, method, &row, place, &property) }.into())
}

fn of_carried(method: &Method, property: &str) -> Option<bool> {
    match property {
        "orderable" | "distance_orderable" => Some(false),
        "returnable" => Some(method.can_include),
        _ => None,
    }
}

fn of_key(catalog: &Catalog, method: &Method, index: &CatalogRow<'_>, place: usize, property: &str) -> Option<bool> {
    let options = integers(&index.get("indoption")).get(place).copied().unwrap_or_default();
    let is_ordered = |holds: bool| method.can_order && holds;
    Some(match property {
        "asc" => is_ordered(options & DESCENDING == 0),
        "desc" => is_ordered(options & DESCENDING != 0),
        "nulls_first" => is_ordered(options & NULLS_FIRST != 0),
        "nulls_last" => is_ordered(options & NULLS_FIRST == 0),
        "orderable" => method.can_order,
        "distance_orderable" => orders_by_distance(catalog, method, index, place),
        "returnable" => is_returnable(catalog, method, index, place),
        "search_array" => method.search_array,
        "search_nulls" => method.search_nulls,
        _ => return None,
    })
}

/// The operator family and input type of a column's operator class.
fn class_of(catalog: &Catalog, index: &CatalogRow<'_>, place: usize) -> Option<(Value, Value)> {
    let class = integers(&index.get("indclass")).get(place).copied()?;
    let row = catalog.by_oid(oid::PG_OPCLASS, class as u32)?;
    Some((row.get("opcfamily"), row.get("opcintype")))
}

/// Whether the operator class has an operator to order by, as those of places have for distances.
fn orders_by_distance(catalog: &Catalog, method: &Method, index: &CatalogRow<'_>, place: usize) -> bool {
    let Some((family, input)) = class_of(catalog, index, place).filter(|_| matches!(method.oid, GIST | SPGIST)) else { return false };
    let operators = catalog.find(oid::PG_AMOP, &["amopfamily"], &[family]);
    operators.iter().any(|row| row.char("amoppurpose") == Some(b'o') && row.get("amoplefttype") == input)
}

/// Whether the value of a column can be read from the index. GiST needs a function for it, unless it keeps values as they are.
fn is_returnable(catalog: &Catalog, method: &Method, index: &CatalogRow<'_>, place: usize) -> bool {
    /// Numbers of support functions of GiST.
    const COMPRESS: i64 = 3;
    const FETCH: i64 = 9;
    match method.oid {
        403 | SPGIST => true,
        GIST => class_of(catalog, index, place).is_some_and(|(family, input)| {
            let functions = catalog.find(oid::PG_AMPROC, &["amprocfamily", "amproclefttype"], &[family, input]);
            let has = |number| functions.iter().any(|row| row.int("amprocnum") == Some(number));
            has(FETCH) || !has(COMPRESS)
        }),
        _ => false,
    }
}

/// The steps in which a B-tree is built.
fn pg_indexam_progress_phasename(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    const PHASES: [&str; 5] = ["initializing", "scanning table", "sorting live tuples", "sorting dead tuples", "loading tuples in tree"];
    if arguments.oid(0)? != BTREE.oid {
        return Ok(Value::Null);
    }
    let place = usize::try_from(arguments.int(1)? - 1).ok();
    Ok(place.and_then(|place| PHASES.get(place)).copied().into())
}

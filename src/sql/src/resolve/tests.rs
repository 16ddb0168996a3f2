//! Names against a catalog of two data sources.

use domain::catalog::Catalog;

use super::*;
use crate::source_table::testing::{catalog, database};

fn two_sources() -> Arc<Catalog> {
    catalog(vec![
        database(16_384, "bank", "main", &[("main", "accounts", &["id"]), ("public", "accounts", &["id"]), ("odd", "Mixed", &["x"])]),
        database(16_400, "shop", "main", &[("main", "orders", &["id"]), ("main", "customers", &["id"])]),
    ])
}

/// The table that a name means, as `database.schema.table`.
#[track_caller]
fn resolved(database: &str, path: &[&str], visible: &Visible, name: &str) -> Result<String> {
    let catalog = two_sources();
    let search_path: Vec<String> = path.iter().map(|&schema| schema.to_owned()).collect();
    let scope = Scope { catalog: &catalog, visible, database, search_path: &search_path };
    let parts: Vec<String> = name.split('|').map(str::to_owned).collect();
    find(scope, &parts).map(|found| match found {
        Found::Source(found) => {
            format!("{}.{}.{}", found.database.source.name, found.schema.name, found.schema.table_names().value(found.table))
        }
        Found::Own { table, database } => format!("{database}.{}.{}", table.schema(), table.name()),
    })
}

#[track_caller]
fn check(database: &str, path: &[&str], name: &str, meant: &str) {
    assert_eq!(resolved(database, path, &Visible::All, name).expect("a table"), meant);
}

#[track_caller]
fn refuse(database: &str, visible: &Visible, name: &str, sqlstate: &str, message: &str, hint: Option<&str>) {
    let error = resolved(database, &["public"], visible, name).expect_err("no table");
    assert_eq!((error.code.sqlstate(), error.message.as_str(), error.hint.as_deref()), (sqlstate, message, hint));
}

#[test]
fn a_bare_name_follows_the_search_path_and_then_the_default_schema() {
    check("bank", &["admin", "public"], "accounts", "bank.public.accounts");
    check("bank", &["nobody"], "accounts", "bank.main.accounts");
    check("bank", &["odd"], "Mixed", "bank.odd.Mixed");
    check("shop", &["public"], "orders", "shop.main.orders");
    check("metagate", &["shop.main"], "orders", "shop.main.orders");
}

#[test]
fn two_parts_stay_in_the_database() {
    check("shop", &[], "main|orders", "shop.main.orders");
    check("metagate", &[], "shop.main|orders", "shop.main.orders");
    check("postgres", &[], "shop.main|orders", "shop.main.orders");
}

#[test]
fn three_parts_reach_any_source() {
    check("shop", &[], "bank|main|accounts", "bank.main.accounts");
    check("metagate", &[], "shop|main|orders", "shop.main.orders");
    check("shop", &[], "shop|main|orders", "shop.main.orders");
    check("shop", &[], "metagate|bank.odd|Mixed", "bank.odd.Mixed");
}

#[test]
fn what_does_not_exist_is_named_with_what_may_be_meant() {
    let all = Visible::All;
    refuse("shop", &all, "ordres", "42P01", "relation \"ordres\" does not exist", Some("Perhaps you meant \"main\".\"orders\"."));
    refuse("shop", &all, "nosuch|t", "42P01", "relation \"nosuch.t\" does not exist", None);
    refuse(
        "metagate",
        &all,
        "shop|orders",
        "42P01",
        "relation \"shop.orders\" does not exist",
        Some("To read data source \"shop\", name the schema too: shop.main.orders."),
    );
    refuse("shop", &all, "main|Orders", "42P01", "relation \"main.Orders\" does not exist", Some("Perhaps you meant \"main\".\"orders\"."));
    refuse("shop", &all, "bnk|main|t", "3D000", "database \"bnk\" does not exist", Some("Perhaps you meant \"bank\"."));
    refuse("shop", &all, "a|b|c|d", "42601", "improper relation name (too many dotted names): a.b.c.d", None);
}

#[test]
fn what_a_role_may_not_see_does_not_exist() {
    let shop_only = Visible::Only([16_400].into());
    assert!(resolved("metagate", &[], &shop_only, "shop|main|orders").is_ok());
    refuse("metagate", &shop_only, "bank|main|accounts", "3D000", "database \"bank\" does not exist", None);
    refuse("metagate", &shop_only, "bank.main|accounts", "42P01", "relation \"bank.main.accounts\" does not exist", None);
    refuse("metagate", &shop_only, "bank|accounts", "42P01", "relation \"bank.accounts\" does not exist", None);
}

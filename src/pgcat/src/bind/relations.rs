//! Relations in FROM: base relations, views and queries of WITH.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::from::{Side, rename_columns};
use super::scope::{Item, ItemColumn, Scanned};
use super::{Binder, fold};
use crate::catalog::{CatalogRow, oid as catalog_oid};
use crate::value::Value;

/// Words that are functions without parentheses, also where they stand in FROM.
const VALUE_FUNCTIONS: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
];

impl Binder<'_> {
    /// What a name in FROM stands for.
    pub(super) fn named(&mut self, name: &ast::ObjectName, alias: Option<&ast::TableAlias>) -> Result<Side> {
        let idents: Vec<&ast::Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        let parts: Vec<String> = idents.iter().map(|ident| fold(ident)).collect();
        if let ([ident], [word]) = (idents.as_slice(), parts.as_slice()) {
            if let Some((scope, cte)) = self.find_cte(word) {
                return self.cte(scope, cte, alias);
            }
            if ident.quote_style.is_none() && VALUE_FUNCTIONS.contains(&word.as_str()) {
                return self.value_function(ident, alias);
            }
        }
        let (namespace, class) = self.find_relation(&parts).map_err(|error| self.error_at(error, name.span()))?;
        let relation = class.oid("oid").unwrap_or_default();
        let relation_name = class.text("relname").unwrap_or_default().to_string();
        let row_type = class.oid("reltype").unwrap_or_default();
        check_kind(&class, &relation_name).map_err(|error| self.error_at(error, name.span()))?;
        let (columns, scanned, has_system) = match self.catalog.relation(relation) {
            Some(base) => {
                let columns = base.columns().iter().zip(1..);
                let columns = columns.map(|(column, number)| ItemColumn::new(&*column.name, column.type_, Some((relation, number))));
                (columns.collect(), Scanned::Relation(base.clone()), true)
            }
            None => {
                let query = self.view(relation, &parts.join(".")).map_err(|error| self.error_at(error, name.span()))?;
                let columns = self.columns_of_view(relation, &query);
                (columns, Scanned::Query(query), false)
            }
        };
        let mut item = Item::new(relation_name, columns, Some(scanned));
        item.namespace = Some(namespace);
        item.row_type = row_type;
        item.relation = has_system.then_some(relation);
        if let Some(alias) = alias {
            item.hidden_name = Some(std::mem::replace(&mut item.name, fold(&alias.name)));
            item.namespace = None;
            rename_columns(&mut item, alias, "table")?;
        }
        Ok(self.whole(item))
    }

    /// The relation of a name: its namespace and its row of `pg_class`.
    fn find_relation(&self, parts: &[String]) -> Result<(u32, CatalogRow<'_>)> {
        let undefined = || Error::new(Code::UndefinedTable, format!("relation \"{}\" does not exist", parts.join(".")));
        match parts {
            [name] => {
                let found = self.search.iter().find_map(|namespace| Some((*namespace, self.catalog.class(*namespace, name)?)));
                found.ok_or_else(undefined)
            }
            [schema, name] => {
                let namespace = self.catalog.namespace(schema).ok_or_else(undefined)?;
                Ok((namespace, self.catalog.class(namespace, name).ok_or_else(undefined)?))
            }
            [database, rest @ ..] if rest.len() == 2 => match database == self.host.database() {
                true => self.find_relation(rest),
                false => {
                    Err(Error::new(Code::Unsupported, format!("cross-database references are not implemented: \"{}\"", parts.join("."))))
                }
            },
            _ => Err(Error::new(Code::Syntax, format!("improper relation name (too many dotted names): {}", parts.join(".")))),
        }
    }

    /// The columns of a view, which have its names and not those of its query.
    fn columns_of_view(&self, relation: u32, query: &Arc<crate::query::Query>) -> Vec<ItemColumn> {
        let columns = query.columns.iter().zip(1i16..);
        columns
            .map(|(column, number)| {
                let key = [Value::oid(relation), Value::Int(i64::from(number))];
                let attribute = self.catalog.find_one(catalog_oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &key);
                let name = attribute.and_then(|attribute| attribute.text("attname"));
                ItemColumn::new(name.map_or_else(|| column.name.clone(), |name| name.to_string()), column.type_, Some((relation, number)))
            })
            .collect()
    }
}

/// Refuses what has no rows to read.
fn check_kind(class: &CatalogRow<'_>, name: &str) -> Result<()> {
    let kind = match class.char("relkind") {
        Some(b'i' | b'I') => "indexes",
        Some(b'c') => "composite types",
        _ => return Ok(()),
    };
    Err(Error::new(Code::WrongObject, format!("cannot open relation \"{name}\""))
        .detail(format!("This operation is not supported for {kind}.")))
}

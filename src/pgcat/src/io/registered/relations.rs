//! `regclass`.

use spi::{Code, Error, Result};

use super::{place, search, shown};
use crate::catalog::oid as relation;
use crate::function::Context;
use crate::io::identifier;

pub fn find(context: &Context<'_>, text: &str) -> Result<u32> {
    let names = identifier::parse(text)?;
    let (namespaces, name) = place(context, &names, "relation")?;
    let found = namespaces.iter().find_map(|namespace| context.catalog.class(*namespace, &name)?.oid("oid"));
    found.ok_or_else(|| Error::new(Code::UndefinedTable, format!("relation \"{}\" does not exist", names.join("."))))
}

pub fn name(context: &Context<'_>, oid: u32) -> Option<String> {
    let row = context.catalog.by_oid(relation::PG_CLASS, oid)?;
    let (name, namespace) = (row.text("relname")?, row.oid("relnamespace")?);
    let first = search(context).into_iter().find_map(|namespace| context.catalog.class(namespace, &name)?.oid("oid"));
    shown(context, namespace, &name, first == Some(oid))
}

//! Objects as messages name them, in words of people.

use super::super::names::{self, Naming};
use super::{Address, sorts};
use crate::catalog::{CatalogRow, oid};
use crate::function::Context;
use crate::io::registered;
use crate::types::oid as type_oid;

pub(super) fn of(context: &Context<'_>, naming: &Naming<'_>, address: Address) -> Option<String> {
    let row = context.catalog.by_oid(address.class, address.object)?;
    if let Some(named) = sorts::NAMED.iter().find(|named| named.catalog == address.class) {
        return Some(format!("{} {}", named.sort, row.text(named.column)?));
    }
    if let Some((kind, sort)) = sorts::QUALIFIED.iter().find(|(kind, _)| kind.catalog == address.class) {
        return Some(format!("{sort} {}", naming.name(kind, address.object)?));
    }
    let registered = |type_oid| {
        let mut name = String::new();
        registered::write(context, type_oid, address.object, &mut name);
        name
    };
    Some(match address.class {
        oid::PG_CLASS => {
            let relation = relation(naming, &row)?;
            match address.column {
                0 => relation,
                number => format!("column {} of {relation}", naming.attribute(address.object, number)?.text("attname")?),
            }
        }
        oid::PG_TYPE => format!("type {}", naming.type_name(address.object, None)),
        oid::PG_PROC => format!("function {}", registered(type_oid::REGPROCEDURE)),
        oid::PG_OPERATOR => format!("operator {}", registered(type_oid::REGOPERATOR)),
        oid::PG_CONSTRAINT => match row.oid("conrelid")? {
            0 => format!("constraint {}", row.text("conname")?),
            table => format!("constraint {} on {}", row.text("conname")?, relation_of(naming, table)?),
        },
        oid::PG_ATTRDEF => {
            let table = row.oid("adrelid")?;
            let column = naming.attribute(table, row.int("adnum")?)?.text("attname")?;
            format!("default value for column {column} of {}", relation_of(naming, table)?)
        }
        oid::PG_REWRITE => format!("rule {} on {}", row.text("rulename")?, relation_of(naming, row.oid("ev_class")?)?),
        oid::PG_TRIGGER => format!("trigger {} on {}", row.text("tgname")?, relation_of(naming, row.oid("tgrelid")?)?),
        oid::PG_CAST => {
            let type_name = |column| Some(naming.type_name(row.oid(column)?, None));
            format!("cast from {} to {}", type_name("castsource")?, type_name("casttarget")?)
        }
        oid::PG_OPCLASS => {
            let name = naming.name(&names::OPERATOR_CLASS, address.object)?;
            format!("operator class {name} for access method {}", method(naming, &row, "opcmethod")?)
        }
        oid::PG_OPFAMILY => {
            let name = naming.name(&names::OPERATOR_FAMILY, address.object)?;
            format!("operator family {name} for access method {}", method(naming, &row, "opfmethod")?)
        }
        _ => return None,
    })
}

fn method(naming: &Naming<'_>, row: &CatalogRow<'_>, column: &str) -> Option<String> {
    Some(naming.catalog.by_oid(oid::PG_AM, row.oid(column)?)?.text("amname")?.to_string())
}

fn relation_of(naming: &Naming<'_>, table: u32) -> Option<String> {
    relation(naming, &naming.catalog.by_oid(oid::PG_CLASS, table)?)
}

fn relation(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<String> {
    Some(format!("{} {}", sorts::relation(row.char("relkind")?), naming.relation(row.oid("oid")?, false)?))
}

//! Objects as programs name them: always with their schemas, whatever the search path is.

use super::super::names::{self, Kind, Naming};
use super::{Address, sorts};
use crate::catalog::{CatalogRow, oid};
use crate::function::Context;
use crate::resolve::quote_identifier;

pub(super) struct Identity {
    /// The schema, of objects that have one.
    pub schema: Option<String>,
    /// The name, of objects that it tells apart from others of their schema.
    pub name: Option<String>,
    pub identity: String,
    /// The parts of the identity, without quotes.
    pub names: Vec<String>,
    pub arguments: Vec<String>,
}

pub(super) fn of(context: &Context<'_>, address: Address) -> Option<Identity> {
    let naming = Naming { catalog: context.catalog, search: Vec::new() };
    let row = context.catalog.by_oid(address.class, address.object)?;
    if let Some(named) = sorts::NAMED.iter().find(|named| named.catalog == address.class) {
        let name = row.text(named.column)?.to_string();
        let quoted = quote_identifier(&name);
        return Some(Identity { schema: None, name: Some(quoted.clone()), identity: quoted, names: vec![name], arguments: Vec::new() });
    }
    if let Some((kind, _)) = sorts::QUALIFIED.iter().find(|(kind, _)| kind.catalog == address.class) {
        return qualified(&naming, kind, &row);
    }
    match address.class {
        oid::PG_CLASS => relation(&naming, &row, address.column),
        oid::PG_TYPE => type_(&naming, &row),
        oid::PG_PROC => with_arguments(&naming, &names::FUNCTION, &row, &row.oids("proargtypes")),
        oid::PG_OPERATOR => operator(&naming, &row),
        oid::PG_OPCLASS => of_method(&naming, &names::OPERATOR_CLASS, &row, "opcmethod"),
        oid::PG_OPFAMILY => of_method(&naming, &names::OPERATOR_FAMILY, &row, "opfmethod"),
        oid::PG_CONSTRAINT => constraint(&naming, &row),
        oid::PG_ATTRDEF => {
            let column = relation(&naming, &context.catalog.by_oid(oid::PG_CLASS, row.oid("adrelid")?)?, row.int("adnum")?)?;
            Some(Identity { schema: None, name: None, identity: format!("for {}", column.identity), ..column })
        }
        oid::PG_REWRITE => on_relation(&naming, &row.text("rulename")?, row.oid("ev_class")?),
        oid::PG_TRIGGER => on_relation(&naming, &row.text("tgname")?, row.oid("tgrelid")?),
        oid::PG_CAST => cast(&naming, &row),
        _ => None,
    }
}

/// An object that its schema and name tell apart.
fn qualified(naming: &Naming<'_>, kind: &Kind, row: &CatalogRow<'_>) -> Option<Identity> {
    let (schema, name) = (naming.schema(row.oid(kind.namespace)?)?.to_string(), row.text(kind.name)?.to_string());
    Some(Identity {
        schema: Some(quote_identifier(&schema)),
        name: Some(quote_identifier(&name)),
        identity: naming.full_name(kind, row.oid("oid")?)?,
        names: vec![schema, name],
        arguments: Vec::new(),
    })
}

/// A relation, or with a number its column.
fn relation(naming: &Naming<'_>, row: &CatalogRow<'_>, column: i64) -> Option<Identity> {
    let mut found = qualified(naming, &names::RELATION, row)?;
    if column != 0 {
        let name = naming.attribute(row.oid("oid")?, column)?.text("attname")?;
        found.identity += &format!(".{}", quote_identifier(&name));
        found.names.push(name.to_string());
    }
    Some(found)
}

fn type_(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<Identity> {
    let identity = naming.type_name(row.oid("oid")?, None);
    Some(Identity { names: vec![identity.clone()], identity, ..qualified(naming, &names::TYPE, row)? })
}

fn with_arguments(naming: &Naming<'_>, kind: &Kind, row: &CatalogRow<'_>, types: &[u32]) -> Option<Identity> {
    let found = qualified(naming, kind, row)?;
    let arguments: Vec<String> = types.iter().map(|type_oid| naming.type_name(*type_oid, None)).collect();
    Some(Identity { name: None, identity: format!("{}({})", found.identity, arguments.join(",")), arguments, ..found })
}

/// The name of an operator is not quoted. What has no left side says so.
fn operator(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<Identity> {
    let side = |column| match row.oid(column) {
        None | Some(0) => "NONE".to_owned(),
        Some(type_oid) => naming.type_name(type_oid, None),
    };
    let (left, right) = (side("oprleft"), side("oprright"));
    let (schema, name) = (naming.schema(row.oid("oprnamespace")?)?.to_string(), row.text("oprname")?.to_string());
    let identity = format!("{}.{name}({left},{right})", quote_identifier(&schema));
    Some(Identity {
        schema: Some(quote_identifier(&schema)),
        name: None,
        identity,
        names: vec![schema, name],
        arguments: vec![left, right],
    })
}

fn of_method(naming: &Naming<'_>, kind: &Kind, row: &CatalogRow<'_>, column: &str) -> Option<Identity> {
    let mut found = qualified(naming, kind, row)?;
    let method = naming.catalog.by_oid(oid::PG_AM, row.oid(column)?)?.text("amname")?;
    found.identity += &format!(" USING {}", quote_identifier(&method));
    found.names.insert(0, method.to_string());
    Some(found)
}

/// A constraint is named by what it is on.
fn constraint(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<Identity> {
    let (name, table) = (row.text("conname")?, row.oid("conrelid")?);
    if table != 0 {
        let schema = naming.schema(row.oid("connamespace")?)?;
        return Some(Identity { schema: Some(quote_identifier(&schema)), ..on_relation(naming, &name, table)? });
    }
    let domain = type_(naming, &naming.catalog.by_oid(oid::PG_TYPE, row.oid("contypid")?)?)?;
    let identity = format!("{} on {}", quote_identifier(&name), domain.identity);
    Some(Identity { name: None, identity, arguments: vec![name.to_string()], ..domain })
}

fn on_relation(naming: &Naming<'_>, name: &str, table: u32) -> Option<Identity> {
    let mut found = relation(naming, &naming.catalog.by_oid(oid::PG_CLASS, table)?, 0)?;
    found.names.push(name.to_owned());
    Some(Identity { schema: None, name: None, identity: format!("{} on {}", quote_identifier(name), found.identity), ..found })
}

fn cast(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<Identity> {
    let type_name = |column| Some(naming.type_name(row.oid(column)?, None));
    let (source, target) = (type_name("castsource")?, type_name("casttarget")?);
    let identity = format!("({source} AS {target})");
    Some(Identity { schema: None, name: None, identity, names: vec![source], arguments: vec![target] })
}

//! The kinds of objects that privileges are on.

use spi::{Code, Error, Result};

use super::{PUBLIC, acl, member, words};
use crate::catalog::{CatalogRow, oid};
use crate::function::Context;
use crate::functions::catalog::lookup;
use crate::host::Object;
use crate::io::{acl::parsed, registered};
use crate::statics;
use crate::types::oid as type_oid;
use crate::value::Value;
use words::Wanted;

/// A kind of objects.
pub(super) struct Kind {
    /// The letter by which `acldefault` knows it.
    pub letter: u8,
    pub catalog: u32,
    pub owner: &'static str,
    pub acl: &'static str,
    pub words: &'static [&'static str],
    /// The object of a name.
    pub find: fn(&Context<'_>, &str) -> Result<u32>,
    /// Refuses rows that are no such object.
    pub check: fn(&CatalogRow<'_>) -> Result<()>,
    /// How the host knows it.
    pub object: fn(u32) -> Object,
}

fn anything(_: &CatalogRow<'_>) -> Result<()> {
    Ok(())
}

impl Kind {
    /// A kind whose `columns` are those of the owner and of the access list, and all rows of whose catalog are such objects.
    const fn of(
        letter: u8,
        catalog: u32,
        columns: [&'static str; 2],
        words: &'static [&'static str],
        find: fn(&Context<'_>, &str) -> Result<u32>,
        object: fn(u32) -> Object,
    ) -> Self {
        let [owner, acl] = columns;
        Self { letter, catalog, owner, acl, words, find, check: anything, object }
    }

    /// Whether an object belongs to PostgreSQL itself: neither to a data source nor to the server.
    pub(super) fn is_postgresqls(&self, object: u32) -> bool {
        statics::has_object(self.catalog, object)
    }
}

pub(super) const TABLE: Kind = Kind::of(b'r', oid::PG_CLASS, ["relowner", "relacl"], words::TABLE, lookup::relation, Object::Relation);

pub(super) const SEQUENCE: Kind = Kind {
    letter: b's',
    words: words::SEQUENCE,
    check: |row| match row.char("relkind") {
        Some(b'S') => Ok(()),
        _ => {
            let name = row.text("relname").unwrap_or_default();
            Err(Error::new(Code::WrongObject, format!("\"{name}\" is not a sequence")))
        }
    },
    ..TABLE
};

pub(super) const DATABASE: Kind =
    Kind::of(b'd', oid::PG_DATABASE, ["datdba", "datacl"], words::DATABASE, lookup::database, Object::Database);

pub(super) const SCHEMA: Kind = Kind::of(b'n', oid::PG_NAMESPACE, ["nspowner", "nspacl"], words::SCHEMA, lookup::namespace, Object::Schema);

pub(super) const FUNCTION: Kind = Kind::of(
    b'f',
    oid::PG_PROC,
    ["proowner", "proacl"],
    words::EXECUTE,
    |context, name| registered::read(context, type_oid::REGPROCEDURE, name),
    Object::Function,
);

pub(super) const TYPE: Kind = Kind::of(
    b'T',
    oid::PG_TYPE,
    ["typowner", "typacl"],
    words::USAGE,
    |context, name| registered::read(context, type_oid::REGTYPE, name),
    Object::Type,
);

pub(super) const LANGUAGE: Kind =
    Kind::of(b'l', oid::PG_LANGUAGE, ["lanowner", "lanacl"], words::USAGE, lookup::language, |_| Object::Other);

pub(super) const TABLESPACE: Kind =
    Kind::of(b't', oid::PG_TABLESPACE, ["spcowner", "spcacl"], words::CREATE, lookup::tablespace, |_| Object::Other);

pub(super) const SERVER: Kind =
    Kind::of(b'S', oid::PG_FOREIGN_SERVER, ["srvowner", "srvacl"], words::USAGE, lookup::server, |_| Object::Other);

pub(super) const FOREIGN_DATA_WRAPPER: Kind =
    Kind::of(b'F', oid::PG_FOREIGN_DATA_WRAPPER, ["fdwowner", "fdwacl"], words::USAGE, lookup::foreign_data_wrapper, |_| Object::Other);

/// Roles whose members may read, or change, all data.
const PG_READ_ALL_DATA: u32 = 6181;
const PG_WRITE_ALL_DATA: u32 = 6182;

/// A role with what is asked of it again and again.
pub(super) struct Holder<'a> {
    context: &'a Context<'a>,
    role: u32,
    is_superuser: bool,
}

impl<'a> Holder<'a> {
    pub(super) fn new(context: &'a Context<'a>, role: u32) -> Self {
        Self { context, role, is_superuser: member::is_superuser(context, role) }
    }

    /// Whether the role has a privilege on an object, whose row this is.
    pub(super) fn holds(&self, kind: &Kind, object: u32, row: &CatalogRow<'_>, wanted: Wanted) -> bool {
        // The obsolete RULE is a word for nothing.
        if words::bit(wanted.privilege).is_none() {
            return false;
        }
        if self.is_superuser {
            return true;
        }
        if !kind.is_postgresqls(object) {
            // What sources let a role do is not the role's to grant on.
            return !wanted.with_grant_option && self.context.host.has_privilege(self.role, (kind.object)(object), wanted.privilege);
        }
        let is_catalog = kind.catalog == oid::PG_CLASS && row.char("relkind") != Some(b'v');
        if is_catalog && matches!(wanted.privilege, "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE") {
            return false;
        }
        self.holds_by_list(kind, row, wanted) || self.holds_by_role(kind, wanted)
    }

    fn holds_by_list(&self, kind: &Kind, row: &CatalogRow<'_>, wanted: Wanted) -> bool {
        let owner = row.oid(kind.owner).unwrap_or_default();
        match row.get(kind.acl) {
            Value::Null => self.is_granted(&acl::by_default(self.context, kind.letter, owner), owner, wanted),
            list => self.is_granted(&list, owner, wanted),
        }
    }

    /// Whether an access list gives the privilege to the role, to one that it inherits from, or to everybody.
    pub(super) fn is_granted(&self, list: &Value, owner: u32, wanted: Wanted) -> bool {
        let Some(bit) = words::bit(wanted.privilege) else { return false };
        if wanted.with_grant_option && self.role != PUBLIC && member::inherits(self.context, self.role, owner) {
            return true;
        }
        let items = list.as_array().map(|array| array.values.as_slice()).unwrap_or_default();
        items.iter().filter_map(Value::as_str).filter_map(parsed).any(|item| {
            let granted = if wanted.with_grant_option { item.options } else { item.privileges };
            granted & bit != 0 && (item.grantee.is_empty() || self.acts_as(&item.grantee))
        })
    }

    fn acts_as(&self, name: &str) -> bool {
        let role = lookup::role(self.context, name);
        self.role != PUBLIC && role.is_ok_and(|role| member::inherits(self.context, self.role, role))
    }

    fn holds_by_role(&self, kind: &Kind, wanted: Wanted) -> bool {
        let is_relation = matches!(kind.letter, b'r' | b's');
        let by = match wanted.privilege {
            _ if wanted.with_grant_option || self.role == PUBLIC => return false,
            "SELECT" if is_relation => [PG_READ_ALL_DATA, PG_READ_ALL_DATA],
            "INSERT" | "UPDATE" | "DELETE" if is_relation => [PG_WRITE_ALL_DATA, PG_WRITE_ALL_DATA],
            "USAGE" if kind.letter == b'n' => [PG_READ_ALL_DATA, PG_WRITE_ALL_DATA],
            _ => return false,
        };
        by.iter().any(|role| member::inherits(self.context, self.role, *role))
    }
}

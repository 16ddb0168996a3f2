//! The kinds of objects that privileges are on.

use spi::{Code, Error, Result};

use super::{FIRST_OF_USERS, PUBLIC, acl, member, words};
use crate::catalog::{CatalogRow, oid};
use crate::function::Context;
use crate::functions::catalog::lookup;
use crate::host::Object;
use crate::io::{acl::parsed, registered};
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

pub(super) const TABLE: Kind = Kind {
    letter: b'r',
    catalog: oid::PG_CLASS,
    owner: "relowner",
    acl: "relacl",
    words: words::TABLE,
    find: lookup::relation,
    check: anything,
    object: Object::Relation,
};

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

pub(super) const DATABASE: Kind = Kind {
    letter: b'd',
    catalog: oid::PG_DATABASE,
    owner: "datdba",
    acl: "datacl",
    words: words::DATABASE,
    find: lookup::database,
    check: anything,
    object: Object::Database,
};

pub(super) const SCHEMA: Kind = Kind {
    letter: b'n',
    catalog: oid::PG_NAMESPACE,
    owner: "nspowner",
    acl: "nspacl",
    words: words::SCHEMA,
    find: lookup::namespace,
    check: anything,
    object: Object::Schema,
};

pub(super) const FUNCTION: Kind = Kind {
    letter: b'f',
    catalog: oid::PG_PROC,
    owner: "proowner",
    acl: "proacl",
    words: words::EXECUTE,
    find: |context, name| registered::read(context, type_oid::REGPROCEDURE, name),
    check: anything,
    object: Object::Function,
};

pub(super) const TYPE: Kind = Kind {
    letter: b'T',
    catalog: oid::PG_TYPE,
    owner: "typowner",
    acl: "typacl",
    words: words::USAGE,
    find: |context, name| registered::read(context, type_oid::REGTYPE, name),
    check: anything,
    object: Object::Type,
};

pub(super) const LANGUAGE: Kind = Kind {
    letter: b'l',
    catalog: oid::PG_LANGUAGE,
    owner: "lanowner",
    acl: "lanacl",
    words: words::USAGE,
    find: lookup::language,
    check: anything,
    object: |_| Object::Other,
};

pub(super) const TABLESPACE: Kind = Kind {
    letter: b't',
    catalog: oid::PG_TABLESPACE,
    owner: "spcowner",
    acl: "spcacl",
    words: words::CREATE,
    find: lookup::tablespace,
    check: anything,
    object: |_| Object::Other,
};

pub(super) const SERVER: Kind = Kind {
    letter: b'S',
    catalog: oid::PG_FOREIGN_SERVER,
    owner: "srvowner",
    acl: "srvacl",
    words: words::USAGE,
    find: lookup::server,
    check: anything,
    object: |_| Object::Other,
};

pub(super) const FOREIGN_DATA_WRAPPER: Kind = Kind {
    letter: b'F',
    catalog: oid::PG_FOREIGN_DATA_WRAPPER,
    owner: "fdwowner",
    acl: "fdwacl",
    words: words::USAGE,
    find: lookup::foreign_data_wrapper,
    check: anything,
    object: |_| Object::Other,
};

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
        if self.is_superuser {
            return true;
        }
        if object >= FIRST_OF_USERS {
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

//! The records about the databases of a server. They are gone with the server's source.
//!
//! | key | holds |
//! | --- | --- |
//! | `ds/<oid>/databases` | the names of the databases as they were last seen |
//! | `ds/<oid>/members/<oid>` | nothing: there is a member that is not dropped |

use serde::{Deserialize, Serialize};
use spi::{Code, Error, Result};
use store::{Op, Replica};

use crate::data_sources::{DataSource, records};
use crate::record;

/// The most databases of one server that are data sources: each of them is harvested by itself, and a list of names of 63 bytes
/// must fit into one record.
const DATABASES_MAX: usize = 1000;

#[derive(Serialize, Deserialize, PartialEq)]
struct Body {
    databases: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct MemberBody {}

/// The databases of a server as they were last seen; `None` where a source does not stand for a server.
pub(crate) fn listed(replica: &Replica, source_oid: u32) -> Option<Vec<String>> {
    record::read::<Body>(replica.get(&list_key(source_oid))?).map(|body| body.databases)
}

/// What keeps the databases that a refresh has found, `None` where a source does not stand for a server; nothing if they are known.
pub(crate) fn noted(replica: &Replica, source: &DataSource, found: Option<&[String]>) -> Result<Vec<Op>> {
    let known = listed(replica, source.oid);
    let found = found.map(|found| {
        let mut found = found.to_vec();
        found.sort_unstable();
        found.dedup();
        found
    });
    match found {
        found if found == known => Ok(Vec::new()),
        None => Ok(vec![Op::delete(list_key(source.oid))]),
        Some(databases) if databases.len() > DATABASES_MAX => {
            Err(Error::new(Code::Limit, format!("the server of data source \"{}\" has too many databases", source.name))
                .detail(format!("It has {}; at most {DATABASES_MAX} of one server are data sources.", databases.len()))
                .hint("Let the role that logs in connect to fewer databases, or register those that matter one by one."))
        }
        Some(databases) => Ok(vec![record::put(list_key(source.oid), "databases", &Body { databases })?]),
    }
}

/// The members of a server that are not dropped. Reads keys only.
pub(crate) fn members(replica: &Replica, server_oid: u32) -> impl Iterator<Item = u32> {
    let prefix = members_prefix(server_oid);
    let oids: Vec<u32> = replica.scan(&prefix).filter_map(|record| record.key[prefix.len()..].parse().ok()).collect();
    oids.into_iter()
}

pub(super) fn put_member(server_oid: u32, oid: u32) -> Result<Op> {
    record::put(member_key(server_oid, oid), "member", &MemberBody {})
}

pub(super) fn delete_member(server_oid: u32, oid: u32) -> Op {
    Op::delete(member_key(server_oid, oid))
}

fn list_key(source_oid: u32) -> String {
    format!("{}/databases", records::source_key(source_oid))
}

fn member_key(server_oid: u32, oid: u32) -> String {
    format!("{}{oid}", members_prefix(server_oid))
}

fn members_prefix(server_oid: u32) -> String {
    format!("{}/members/", records::source_key(server_oid))
}

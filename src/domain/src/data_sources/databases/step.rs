//! What is to be done for the members of a server: a function of the state of the store alone.

use std::collections::{BTreeMap, BTreeSet};

use spi::{Error, Result};
use store::Replica;

use super::list;
use crate::data_sources::{DataSource, Membership, check, records};

/// Shortcomings that are told one by one; the rest is counted.
const SHORTCOMINGS_TOLD_MAX: usize = 10;

/// One step on the way to members that are what they are to be.
pub(super) enum Step {
    /// A database gets a source.
    Create { name: String, database: String },
    /// A member becomes what the server's source is now; one that is dropped comes back.
    Follow { name: String, member: DataSource },
    /// A database is gone, or the server's source is.
    Drop(DataSource),
    /// The server's source was purged.
    Purge(DataSource),
}

/// A server's source and its members.
pub(super) struct Server {
    /// `None` after a purge.
    pub source: Option<DataSource>,
    /// The databases that are to be sources.
    databases: BTreeSet<String>,
    /// By database, dropped ones too.
    members: BTreeMap<String, DataSource>,
}

impl Server {
    /// All servers by the OIDs of their sources, purged ones that left members behind too.
    pub(super) fn all(replica: &Replica) -> BTreeMap<u32, Self> {
        let mut members: BTreeMap<u32, BTreeMap<String, DataSource>> = BTreeMap::new();
        for source in records::list(replica) {
            match source.member_of.clone() {
                Some(Membership { server_oid, database, .. }) => _ = members.entry(server_oid).or_default().insert(database, source),
                None if list::listed(replica, source.oid).is_some() => _ = members.entry(source.oid).or_default(),
                None => {}
            }
        }
        members.into_iter().map(|(server_oid, members)| (server_oid, Self::of(replica, server_oid, members))).collect()
    }

    pub(super) fn at(replica: &Replica, server_oid: u32) -> Self {
        let of_server = |member: DataSource| {
            let membership = member.member_of.as_ref().filter(|membership| membership.server_oid == server_oid)?;
            Some((membership.database.clone(), member))
        };
        Self::of(replica, server_oid, records::list(replica).into_iter().filter_map(of_server).collect())
    }

    fn of(replica: &Replica, server_oid: u32, members: BTreeMap<String, DataSource>) -> Self {
        let source = records::by_oid(replica, server_oid).ok();
        let is_live = source.as_ref().is_some_and(|source| source.dropped_at.is_none());
        let databases = if is_live { list::listed(replica, server_oid).unwrap_or_default() } else { Vec::new() };
        Self { source, databases: databases.into_iter().collect(), members }
    }

    /// What is to be done and can be done now; nothing once all is as it is to be.
    pub(super) fn steps(&self, replica: &Replica) -> Vec<Step> {
        let members = self.members.iter().filter_map(|(database, member)| self.step(replica, database, member));
        let created = self.without_source().filter(|(name, _)| usable(replica, name).is_ok());
        members.chain(created.map(|(name, database)| Step::Create { name, database: database.to_owned() })).collect()
    }

    fn step(&self, replica: &Replica, database: &str, member: &DataSource) -> Option<Step> {
        match &self.source {
            Some(source) if self.databases.contains(database) => step_to_follow(replica, source, database, member),
            _ if member.dropped_at.is_none() => Some(Step::Drop(member.clone())),
            Some(_) => None,
            None => Some(Step::Purge(member.clone())),
        }
    }

    /// The names that sources are to have, and their databases, which never had one.
    fn without_source(&self) -> impl Iterator<Item = (String, &str)> {
        // Without a published version there is nothing that a member's version could be made of.
        let source = self.source.iter().filter(|source| source.published_version.is_some());
        let new = |database: &&String| !self.members.contains_key(*database);
        source.flat_map(move |source| self.databases.iter().filter(new).map(|database| (member_name(source, database), database.as_str())))
    }

    /// What cannot be done now, in words.
    pub(super) fn shortcomings(&self, replica: &Replica) -> Vec<String> {
        let Some(source) = &self.source else { return Vec::new() };
        let missing = |database: &str, error: Error| format!("no data source for database \"{database}\": {error}");
        let of_member = |(database, member): (&String, &DataSource)| {
            let name = member_name(source, database);
            if !self.databases.contains(database) || (member.dropped_at.is_none() && member.name == name) {
                return None;
            }
            let error = usable(replica, &name).err()?;
            Some(match member.dropped_at {
                Some(_) => missing(database, error),
                None => format!("data source \"{}\" keeps its name: {error}", member.name),
            })
        };
        let new = self.without_source().filter_map(|(name, database)| Some(missing(database, usable(replica, &name).err()?)));
        let mut found: Vec<String> = self.members.iter().filter_map(of_member).chain(new).collect();
        if found.len() > SHORTCOMINGS_TOLD_MAX {
            let rest = found.split_off(SHORTCOMINGS_TOLD_MAX).len();
            found.push(format!("{rest} more databases like these"));
        }
        found
    }
}

fn step_to_follow(replica: &Replica, source: &DataSource, database: &str, member: &DataSource) -> Option<Step> {
    let name = member_name(source, database);
    if member.dropped_at.is_none() && (name == member.name || usable(replica, &name).is_err()) {
        return (!is_like(source, member)).then(|| Step::Follow { name: member.name.clone(), member: member.clone() });
    }
    usable(replica, &name).is_ok().then(|| Step::Follow { name, member: member.clone() })
}

/// Whether a member is what the server's source is now, but for its name.
fn is_like(source: &DataSource, member: &DataSource) -> bool {
    let followed = member.member_of.as_ref().map(|membership| membership.server_version);
    let is_published = match source.published_version {
        Some(version) => followed == Some(version) && member.published_version.is_some(),
        None => member.published_version.is_none(),
    };
    is_published
        && (&source.comment, &source.labels) == (&member.comment, &member.labels)
        && (source.paused, source.expires_at) == (member.paused, member.expires_at)
}

fn member_name(source: &DataSource, database: &str) -> String {
    format!("{}_{database}", source.name)
}

/// Why no source can get a name.
fn usable(replica: &Replica, name: &str) -> Result<()> {
    check::name(name)?;
    match records::named(replica, name) {
        Some(_) => Err(Error::exists("data source", name)),
        None => Ok(()),
    }
}

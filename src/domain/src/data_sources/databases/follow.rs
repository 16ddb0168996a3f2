//! What the steps of a server's members write.

use spi::connector::{DATABASE_OPTION, DATABASES_OPTION};
use spi::options::Options;
use spi::{Error, Result};
use store::{Op, Replica};

use super::ACTOR;
use super::list::{delete_member, put_member};
use super::step::{Server, Step};
use crate::data_sources::drop::REVOCATIONS_MAX;
use crate::data_sources::edit::with_source;
use crate::data_sources::options::SealedOptions;
use crate::data_sources::{DataSource, Membership, PublicationAction, Version, opened_options, purge, records};
use crate::factories::Factories;
use crate::keyring::Keyring;
use crate::{access, time};

/// Records of one change. It may write 100, and the counter of OIDs is one.
const OPS_MAX: usize = 99;
/// Bytes of one change, which may have 512 KiB: the largest member takes less than what is left.
const BYTES_MAX: usize = 256 * 1024;

/// What it takes to save secrets.
#[derive(Clone)]
pub(super) struct Sealing {
    pub factories: Factories,
    pub keyring: Keyring,
}

/// The ops of as many steps as one change can hold; none if there is nothing to do.
pub(super) fn next_ops(replica: &Replica, sealing: &Sealing, server_oid: u32) -> Result<Vec<Op>> {
    let server = Server::at(replica, server_oid);
    let first_oid = records::first_free_oid(replica)?;
    let mut writer = Writer { replica, sealing, source: server.source.as_ref(), next_oid: first_oid, options: None };
    let mut ops = Vec::new();
    for step in server.steps(replica) {
        let more = writer.ops(&step)?;
        if !ops.is_empty() && (ops.len() + more.len() > OPS_MAX || bytes(&ops) + bytes(&more) > BYTES_MAX) {
            break;
        }
        ops.extend(more);
        writer.next_oid += u32::from(matches!(step, Step::Create { .. }));
    }
    if writer.next_oid != first_oid {
        ops.push(records::put_first_free_oid(writer.next_oid)?);
    }
    Ok(ops)
}

fn bytes(ops: &[Op]) -> usize {
    let bytes = |op: &Op| match op {
        Op::Put { key, kind, body } => key.len() + kind.len() + body.len(),
        Op::Delete { key } => key.len(),
    };
    ops.iter().map(bytes).sum()
}

struct Writer<'a> {
    replica: &'a Replica,
    sealing: &'a Sealing,
    /// The server's source; `None` after a purge.
    source: Option<&'a DataSource>,
    next_oid: u32,
    /// The options of the server's published version, opened when the first step needs them.
    options: Option<Options>,
}

impl<'a> Writer<'a> {
    fn ops(&mut self, step: &Step) -> Result<Vec<Op>> {
        match step {
            Step::Create { name, database } => {
                let source = self.source()?;
                self.follow(source, unborn(source, self.next_oid, name, database), name)
            }
            Step::Follow { name, member } => self.follow(self.source()?, member.clone(), name),
            Step::Drop(member) => self.drop(member),
            Step::Purge(member) => Ok(vec![Op::delete(records::source_key(member.oid)), purge::mark(member.oid)?]),
        }
    }

    fn follow(&mut self, source: &DataSource, member: DataSource, name: &str) -> Result<Vec<Op>> {
        let mut next = DataSource {
            name: name.to_owned(),
            comment: source.comment.clone(),
            labels: source.labels.clone(),
            paused: source.paused,
            expires_at: source.expires_at,
            dropped_at: None,
            ..member.clone()
        };
        let mut ops = Vec::new();
        let has_name = member.dropped_at.is_none() && member.current_version > 0;
        if !has_name {
            ops.push(put_member(source.oid, member.oid)?);
        }
        if !has_name || member.name != name {
            ops.extend(has_name.then(|| records::delete_name(&member.name)));
            ops.push(records::put_name(name, member.oid)?);
        }
        ops.extend(self.publish(source, &mut next)?);
        with_source(next, ACTOR, ops)
    }

    /// What publishes of the member what is published of the server's source.
    fn publish(&mut self, source: &DataSource, member: &mut DataSource) -> Result<Vec<Op>> {
        let publication = |action, version| records::put_publication(self.replica, member.oid, action, version, ACTOR);
        let membership = member.member_of.as_ref().ok_or_else(|| Error::internal("a member of no server was to follow one"))?;
        match (source.published_version, member.published_version) {
            (Some(version), _) if version != membership.server_version => {
                let number = member.current_version + 1;
                let mut ops = publication(PublicationAction::Publish, number)?.to_vec();
                let membership = Membership { server_version: version, ..membership.clone() };
                ops.extend(records::put_version(member.oid, self.version(source, version, member, number, &membership.database)?)?);
                member.member_of = Some(membership);
                Ok(ops)
            }
            (Some(_), None) => Ok(publication(PublicationAction::Publish, member.current_version)?.into()),
            (None, Some(version)) => Ok(publication(PublicationAction::Unpublish, version)?.into()),
            (Some(_), Some(_)) | (None, None) => Ok(Vec::new()),
        }
    }

    fn version(&mut self, source: &DataSource, published: u64, member: &DataSource, number: u64, database: &str) -> Result<Version> {
        let opened = match self.options.take() {
            Some(options) => options,
            None => opened_options(&self.sealing.keyring, self.replica, source.oid, published)?,
        };
        let options = self.options.insert(opened);
        options.remove(DATABASES_OPTION);
        options.insert(DATABASE_OPTION.to_owned(), database.into());
        let key = records::version_key(member.oid, number);
        Ok(Version {
            number,
            options: SealedOptions::seal(&self.sealing.keyring, &key, self.sealing.factories.options(&source.kind)?, options)?,
            comment: source.comment.clone(),
            labels: source.labels.clone(),
            created_at: time::now(),
            created_by: ACTOR.to_owned(),
            published: true,
        })
    }

    /// Drops a member, and before it what was granted on it alone: but only where its server's source was dropped. A database that is
    /// not listed may only be out of reach for a while, and nobody has said that its grants should go.
    fn drop(&self, member: &DataSource) -> Result<Vec<Op>> {
        let granted = match self.source {
            Some(source) if source.dropped_at.is_none() => Vec::new(),
            _ => access::revocations(self.replica, &[member.oid]),
        };
        let is_dropped = granted.len() <= REVOCATIONS_MAX;
        let mut ops: Vec<Op> = granted.into_iter().take(REVOCATIONS_MAX).map(|(_, revocation)| revocation).collect();
        let mut next = member.clone();
        if is_dropped {
            ops.push(records::delete_name(&member.name));
            ops.extend(member.member_of.as_ref().map(|membership| delete_member(membership.server_oid, member.oid)));
            next.dropped_at = Some(time::now());
        }
        with_source(next, ACTOR, ops)
    }

    fn source(&self) -> Result<&'a DataSource> {
        self.source.ok_or_else(|| Error::internal("a member was to follow a data source that was purged"))
    }
}

/// A member before its first version.
fn unborn(source: &DataSource, oid: u32, name: &str, database: &str) -> DataSource {
    DataSource {
        oid,
        name: name.to_owned(),
        member_of: Some(Membership { server_oid: source.oid, database: database.to_owned(), server_version: 0 }),
        current_version: 0,
        published_version: None,
        dropped_at: None,
        created_at: time::now(),
        created_by: ACTOR.to_owned(),
        revision: 0,
        ..source.clone()
    }
}

//! Sources of whole servers: each database of the server is a source of its own then, a *member* of the server's source.
//!
//! A refresh of the server's source lists the databases, and keeps the list as a record beside the source. A reconciler makes the
//! members what that record and the server's source say, the same after a refresh as after a restart: a new database gets a source,
//! that of one which is gone is dropped, and restored when the database is back; a version that is published for the server becomes a
//! version of every member. They are paused, expire, are renamed, unpublished, dropped, restored and purged with the server's source.
//! By itself a member can be read, tested, refreshed and granted, but not changed.
//!
//! What one change of the store cannot hold comes with the next one. Two gateways that do the same at once find it done.

use std::collections::HashMap;
use std::time::Duration;

use spi::{Error, Result};
use store::{Replica, Store};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::state::wrong_state;
use super::{DataSource, records};
use crate::change;
use crate::factories::Factories;
use crate::keyring::Keyring;

mod follow;
mod list;
mod step;

use follow::Sealing;
pub(crate) use list::{listed, members, noted};
use step::Server;

/// Who makes members what they are to be, as the log says.
const ACTOR: &str = "databases";
/// How long a verb waits for the members of its source. They follow without it, too.
const SETTLE_DEADLINE: Duration = Duration::from_secs(10);
/// When to try again what failed, such as a change that the store did not take. Most of it succeeds with the next change anyway.
const RETRY: Duration = Duration::from_secs(10);
/// The longest sleep without a change: nothing else wakes the reconciler, and nothing else has to.
const SLEEP_MAX: Duration = Duration::from_secs(60 * 60);

/// Makes members what they are to be, until `stop`.
pub(crate) async fn reconcile(store: Store, factories: Factories, keyring: Keyring, stop: CancellationToken) {
    let sealing = Sealing { factories, keyring };
    let mut complaints: HashMap<u32, Vec<String>> = HashMap::new();
    let mut replicas = store.watch();
    loop {
        let replica = replicas.borrow_and_update().clone();
        let (mut found, mut pause) = (HashMap::new(), SLEEP_MAX);
        for (server_oid, server) in Server::all(&replica) {
            let mut complaints = server.shortcomings(&replica);
            if !server.steps(&replica).is_empty()
                && let Err(error) = follow(&store, &sealing, server_oid).await
            {
                complaints.push(error.to_string());
                pause = RETRY;
            }
            found.insert(server_oid, complaints);
        }
        warn_of_new(&complaints, &found);
        complaints = found;
        tokio::select! {
            () = stop.cancelled() => return,
            changed = replicas.changed() => if changed.is_err() { return },
            () = sleep(pause) => {}
        }
    }
}

/// Makes the members of one server what they are to be on the state at the head of the log.
async fn follow(store: &Store, sealing: &Sealing, server_oid: u32) -> Result<()> {
    loop {
        let sealing = sealing.clone();
        let done = change::commit(store, ACTOR, move |replica| {
            let ops = follow::next_ops(replica, &sealing, server_oid)?;
            let is_done = ops.is_empty();
            Ok((ops, is_done))
        });
        if done.await?.decision {
            return Ok(());
        }
    }
}

/// Logs what keeps members from being what they are to be, once for as long as it stays the same.
fn warn_of_new(before: &HashMap<u32, Vec<String>>, found: &HashMap<u32, Vec<String>>) {
    for (source_oid, complaints) in found {
        let is_new = |complaint: &&String| !before.get(source_oid).is_some_and(|before| before.contains(complaint));
        for complaint in complaints.iter().filter(is_new) {
            warn!(source_oid, complaint, "a database does not follow its server's data source");
        }
    }
}

/// What keeps databases of a server from having the data sources that they are to have, in words.
pub(crate) fn shortcomings(replica: &Replica, server_oid: u32) -> Vec<String> {
    match has_members(replica, server_oid) {
        true => Server::at(replica, server_oid).shortcomings(replica),
        false => Vec::new(),
    }
}

/// Waits until the members of a source are what they are to be, and gives the revision then; nothing for a source that stands for no
/// server. Late is no failure: they follow nevertheless.
pub(crate) async fn settled(store: &Store, source_oid: u32) -> Option<u64> {
    let mut replicas = store.watch();
    if !has_members(&replicas.borrow().clone(), source_oid) {
        return None;
    }
    let settled = async {
        loop {
            let replica = replicas.borrow_and_update().clone();
            if Server::at(&replica, source_oid).steps(&replica).is_empty() || replicas.changed().await.is_err() {
                return;
            }
        }
    };
    // Nothing is lost with the deadline: it only says how long the answer waits.
    let _ = timeout(SETTLE_DEADLINE, settled).await;
    Some(store.replica().revision())
}

fn has_members(replica: &Replica, source_oid: u32) -> bool {
    listed(replica, source_oid).is_some() || members(replica, source_oid).next().is_some()
}

/// Refuses a source that is what its server's source says.
pub(super) fn require_independent(replica: &Replica, source: &DataSource) -> Result<()> {
    let Some(membership) = &source.member_of else { return Ok(()) };
    let refused = |server: &str| -> Error {
        wrong_state(source, &format!("is a database of {server}"))
            .detail("Whatever is done to the data source of a server is done to all of its databases, and to none of them alone.")
    };
    match records::by_oid(replica, membership.server_oid) {
        Ok(server) => {
            Err(refused(&format!("data source \"{}\"", server.name)).hint(format!("Name data source \"{}\" instead.", server.name)))
        }
        Err(_) => Err(refused("a data source that was purged")),
    }
}

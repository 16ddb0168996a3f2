//! `purge_datasource`: removes a dropped source and everything about it, for ever. Its OID stays used.
//!
//! A source can have more records than one change may remove. So the call removes the source itself and leaves a mark, and
//! whoever sees the mark removes the rest: the call at once, and a reconciler what a crash left behind.

use std::time::Instant;

use spi::Result;
use store::{Op, Replica, Store};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::drop::require_dropped;
use super::{Outcome, State, records};
use crate::audit::Actor;
use crate::services::Services;
use crate::{access, change, record};

const MARKS: &str = "purge/";
/// Records that one change removes. It may write 100.
const REMOVALS_MAX: usize = 90;
/// Who removes the rest, as the log says.
const ACTOR: &str = "purge";

/// Purges the source that was dropped last under a name.
pub async fn purge(services: &Services, actor: &Actor, name: &str) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "purge data sources")?;
    let wanted = name.to_owned();
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let source = require_dropped(replica, &wanted)?;
        Ok((vec![Op::delete(records::source_key(source.oid)), mark(source.oid)?], (source.oid, source.current_version)))
    })
    .await?;
    let (oid, version) = done.decision;
    sweep(&services.store, oid).await?;
    Ok(Outcome {
        name: name.to_owned(),
        version,
        state: State::Dropped,
        revision: done.revision,
        changed: true,
        objects: 0,
        remote_calls: 0,
        elapsed_ms: started.elapsed().as_millis() as u64,
    })
}

/// What lets everything under a source be removed that is no more.
pub(super) fn mark(oid: u32) -> Result<Op> {
    record::put(format!("{MARKS}{oid}"), "purge", &oid)
}

/// Removes what purged sources left behind, until `stop`.
pub(crate) async fn reconcile(store: Store, stop: CancellationToken) {
    let mut replicas = store.watch();
    loop {
        let replica = replicas.borrow_and_update().clone();
        for oid in marked(&replica) {
            if let Err(error) = sweep(&store, oid).await {
                // The next change wakes this task again, and so does a restart: a mark is not forgotten.
                warn!(source_oid = oid, %error, "purged data source could not be removed whole");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = replicas.changed() => if changed.is_err() { return },
        }
    }
}

/// Removes all records under a purged source, then its mark. May run twice at once.
async fn sweep(store: &Store, oid: u32) -> Result<()> {
    loop {
        let done = change::commit(store, ACTOR, move |replica| {
            let prefix = format!("{}/", records::source_key(oid));
            let mut ops: Vec<Op> = replica.scan(&prefix).take(REMOVALS_MAX).map(|record| Op::delete(&*record.key)).collect();
            let last_round = ops.len() < REMOVALS_MAX;
            let mark = format!("{MARKS}{oid}");
            if last_round && replica.get(&mark).is_some() {
                ops.push(Op::delete(mark));
            }
            Ok((ops, last_round))
        });
        if done.await?.decision {
            return Ok(());
        }
    }
}

fn marked(replica: &Replica) -> Vec<u32> {
    replica.scan(MARKS).filter_map(|record| record.key[MARKS.len()..].parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::MemoryBackend;

    use super::*;
    use crate::data_sources::{Alter, alter, drop, list};
    use crate::testing::{self, actor, failure, options, superuser};

    #[tokio::test]
    async fn a_purged_source_is_gone_but_its_oid_stays_used() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let (code, message, ..) = failure(purge(&services, &superuser(), "shop").await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" is not dropped"));
        drop(&services, &superuser(), "shop", false).await.expect("dropped");
        assert_eq!(failure(purge(&services, &actor("bob"), "shop").await).0, "42501");
        purge(&services, &superuser(), "shop").await.expect("purged");
        assert_eq!(traces(&services, 16384), 0);
        assert_eq!(failure(purge(&services, &superuser(), "shop").await).0, "42704");
        testing::create(&services, "shop", "{}").await;
        assert_eq!(list(&services.store.replica())[0].oid, 16385);
    }

    #[tokio::test]
    async fn a_source_with_more_records_than_one_change_removes_is_purged_whole() {
        let services = testing::start().await;
        with_versions(&services, 120).await;
        drop(&services, &superuser(), "shop", false).await.expect("dropped");
        purge(&services, &superuser(), "shop").await.expect("purged");
        assert_eq!(traces(&services, 16384), 0);
    }

    #[tokio::test]
    async fn what_a_crash_left_behind_is_removed_after_a_restart() {
        let backend = Arc::new(MemoryBackend::new());
        let services = testing::start_on(backend.clone(), testing::keyring(1)).await;
        with_versions(&services, 3).await;
        services.stop().await;
        // The mark is set and the source is gone; the crash came before the rest was removed.
        let cut = change::commit(&services.store, "admin", |_| {
            Ok((vec![Op::delete(records::source_key(16384)), record::put(format!("{MARKS}16384"), "purge", &16384)?], ()))
        });
        cut.await.expect("a change");
        assert!(traces(&services, 16384) > 3);

        let services = testing::start_on(backend, testing::keyring(1)).await;
        testing::eventually("the rest of the purge", || traces(&services, 16384) == 0).await;
    }

    async fn with_versions(services: &Services, count: usize) {
        testing::create(services, "shop", "{}").await;
        for i in 1..count {
            let request = Alter { options: Some(options(&format!(r#"{{"path": "{i}"}}"#))), ..Alter::default() };
            alter(services, &superuser(), "shop", request).await.expect("a version");
        }
    }

    fn traces(services: &Services, oid: u32) -> usize {
        let replica = services.store.replica();
        let own = |key: &str| key.starts_with(&format!("ds/{oid}")) || key == format!("{MARKS}{oid}");
        replica.scan("").filter(|record| own(&record.key)).count()
    }
}

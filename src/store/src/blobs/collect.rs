//! Removes blobs that nobody points to.
//!
//! What points to a blob is found by looking for digests, not by knowing the records: any 64 hexadecimal digits in any
//! record are a pointer, and so they are in a JSON object that a record points to. A new kind of record needs no mention
//! here and cannot be forgotten; a text that only looks like a digest keeps at most a blob that could go.
//!
//! What is young is left alone: a harvest writes its blobs first and the record that points to them last.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStoreExt, PutMode};
use spi::{Code, Error, Origin, Result};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Blobs, Digest, WRITES_AT_ONCE, failed};
use crate::errors;
use crate::replica::Replica;

/// No younger blob is removed. A harvest is over within minutes; this leaves room for clocks that differ, and for a person
/// who has just restored the store.
const GRACE: TimeDelta = TimeDelta::hours(24);
/// Most blobs that one run removes, so that no run keeps a disk busy for long: 10,000 files take a second or two.
const REMOVALS_MAX: usize = 10_000;
/// How many blobs are read at once for what they point to.
const READS_AT_ONCE: usize = 8;
/// How long one request may take. A blob that points to others has a few MB at most.
const REQUEST_DEADLINE: Duration = Duration::from_secs(30);
/// The file that says whose blobs these are. Without it a gateway that was started on another store would take all of them
/// for garbage.
const OWNER: &str = "owner";

/// What a collection came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Blobs that were looked at.
    pub found: usize,
    /// Blobs that were removed.
    pub removed: usize,
    /// Their size.
    pub removed_bytes: u64,
}

impl Blobs {
    /// Removes blobs that were written a day before `now` or earlier and that nothing in `head`, the state at the head of
    /// the log, points to. Dropping it at any point is safe.
    pub async fn collect(&self, head: Arc<Replica>, now: DateTime<Utc>) -> Result<Collected> {
        self.require_owner(head.store_id()).await?;
        let kept = self.pointed_to(head).await?;
        let cutoff = now - GRACE;
        let mut collected = Collected::default();
        let mut listed = self.objects.list(Some(&ObjectPath::from("sha256")));
        while let Some(object) = within("list blobs in", "sha256", listed.next()).await? {
            let object = object.map_err(|error| failed("list blobs in", &"sha256", error))?;
            // A file that is no blob is somebody else's.
            let Some(digest) = digest_of(&object) else { continue };
            collected.found += 1;
            let may_go = object.last_modified < cutoff && !kept.contains(&digest);
            if !may_go || !self.remove_if_old(&digest, cutoff).await? {
                continue;
            }
            collected.removed += 1;
            collected.removed_bytes += object.size;
            if collected.removed == REMOVALS_MAX {
                break;
            }
        }
        Ok(collected)
    }

    /// Refuses to judge the blobs of another store. Those that nobody has judged yet are this one's.
    async fn require_owner(&self, store_id: Uuid) -> Result<()> {
        let path = ObjectPath::from(OWNER);
        let claim = self.objects.put_opts(&path, store_id.to_string().into_bytes().into(), PutMode::Create.into());
        match within("write", OWNER, claim).await? {
            Ok(_) => return Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(failed("write", &OWNER, error)),
        }
        let owner = within("read", OWNER, async { self.objects.get(&path).await?.bytes().await }).await?;
        let owner = owner.map_err(|error| failed("read", &OWNER, error))?;
        if owner == store_id.to_string() {
            return Ok(());
        }
        Err(Error::new(Code::WrongState, "the blobs belong to another store")
            .origin(Origin::Gateway)
            .detail(format!("This is store {store_id}; they are those of {}.", String::from_utf8_lossy(&owner)))
            .hint(format!("If that store is gone for good, remove the file \"{OWNER}\" from the blob folder.")))
    }

    /// Everything that the records point to, directly or through a blob.
    async fn pointed_to(&self, head: Arc<Replica>) -> Result<HashSet<Digest>> {
        let scan = tokio::task::spawn_blocking(move || head.scan("").flat_map(|record| digests_in(&record.body)).collect());
        let mut kept: HashSet<Digest> =
            scan.await.map_err(|error| Error::internal("the search for blobs in use ended early").cause(error))?;
        let reads: Vec<_> = kept.iter().map(|digest| self.pointers_in(*digest)).collect();
        let mut further = stream::iter(reads).buffer_unordered(READS_AT_ONCE);
        while let Some(digests) = further.try_next().await? {
            kept.extend(digests);
        }
        drop(further);
        Ok(kept)
    }

    /// What a blob points to. One that is missing points nowhere, and one that is damaged to what can still be read: whoever
    /// needs it tells an operator.
    async fn pointers_in(&self, digest: Digest) -> Result<Vec<Digest>> {
        let object = within("read blob", &digest, self.read_object(&digest)).await?;
        let object = object.map_err(|error| failed("read blob", &digest, error))?;
        Ok(object.map_or_else(Vec::new, |object| digests_in(&object).collect()))
    }

    /// The bytes of a blob that is a JSON object. Of any other, only the beginning is read.
    async fn read_object(&self, digest: &Digest) -> object_store::Result<Option<Vec<u8>>> {
        let mut parts = match self.objects.get(&digest.path()).await {
            Ok(found) => found.into_stream(),
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut whole = Vec::new();
        while let Some(part) = parts.try_next().await? {
            whole.extend_from_slice(&part);
            if whole.first().is_some_and(|byte| *byte != b'{') {
                return Ok(None);
            }
        }
        Ok(Some(whole))
    }

    /// Removes a blob unless it has become young again; whether it did. Nobody can be writing it meanwhile.
    async fn remove_if_old(&self, digest: &Digest, cutoff: DateTime<Utc>) -> Result<bool> {
        // Not awaited: writers come first, and the next run finds the blob again.
        let Ok(_all_turns) = self.turns.try_acquire_many(WRITES_AT_ONCE) else { return Ok(false) };
        let path = digest.path();
        match within("look for blob", digest, self.objects.head(&path)).await? {
            Ok(object) if object.last_modified < cutoff => {}
            Ok(_) | Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(failed("look for blob", digest, error)),
        }
        within("remove blob", digest, self.objects.delete(&path)).await?.map_err(|error| failed("remove blob", digest, error))?;
        Ok(true)
    }
}

/// One request, with a deadline.
async fn within<T>(action: &str, object: impl fmt::Display, request: impl Future<Output = T>) -> Result<T> {
    timeout(REQUEST_DEADLINE, request).await.map_err(|_| {
        errors::unavailable(format!("could not {action} \"{object}\""))
            .detail(format!("It took longer than {} s.", REQUEST_DEADLINE.as_secs()))
    })
}

/// The digest of a listed blob, if it is where it would have been stored.
fn digest_of(object: &ObjectMeta) -> Option<Digest> {
    let digest: Digest = object.location.filename()?.parse().ok()?;
    (digest.path() == object.location).then_some(digest)
}

/// All digests in a text: 64 hexadecimal digits that are not part of a longer number.
fn digests_in(text: &[u8]) -> impl Iterator<Item = Digest> + '_ {
    let numbers = text.split(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    numbers.filter(|number| number.len() == 64).filter_map(|number| std::str::from_utf8(number).ok()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use object_store::memory::InMemory;

    use super::*;
    use crate::MemoryBackend;
    use crate::change::Op;
    use crate::store::Store;

    #[tokio::test]
    async fn only_what_nobody_points_to_goes() {
        let blobs = Blobs::remote(Arc::new(InMemory::new()));
        let put = async |content: &str| blobs.put(content.to_owned().into()).await.unwrap();
        let [leaf, package, garbage, other] = [put("leaf").await, put("package").await, put("garbage").await, put("no pointer").await];
        let index = put(&format!("{{\"parts\": [\"{leaf}\"]}}")).await;
        // This one is no JSON object, so that what it holds is content and no pointer.
        let text = put(&format!("see {other}")).await;
        let head = state(&[format!("{{\"manifest\": \"{index}\"}}"), format!("any form at all: {package},{text}")]).await;

        let collected = blobs.collect(head, tomorrow()).await.unwrap();
        assert_eq!(collected, Collected { found: 6, removed: 2, removed_bytes: 17 });
        for (digest, stays) in [(leaf, true), (package, true), (index, true), (text, true), (garbage, false), (other, false)] {
            assert_eq!(blobs.exists(&digest).await.unwrap(), stays, "{digest}");
        }
    }

    #[tokio::test]
    async fn what_is_young_stays() {
        let blobs = Blobs::remote(Arc::new(InMemory::new()));
        let digest = blobs.put("a harvest under way".into()).await.unwrap();
        let head = state(&[]).await;
        let almost = Utc::now() + GRACE - TimeDelta::minutes(1);
        assert_eq!(blobs.collect(head.clone(), almost).await.unwrap().removed, 0);
        assert!(blobs.exists(&digest).await.unwrap());
        assert_eq!(blobs.collect(head, tomorrow()).await.unwrap().removed, 1);
    }

    #[tokio::test]
    async fn what_is_stored_again_is_young_again() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(folder.path()).unwrap();
        let digest = blobs.put("as it was a week ago".into()).await.unwrap();
        age(folder.path(), &digest);
        blobs.put("as it was a week ago".into()).await.unwrap();
        let head = state(&[]).await;
        assert_eq!(blobs.collect(head.clone(), Utc::now()).await.unwrap().removed, 0);
        age(folder.path(), &digest);
        assert_eq!(blobs.collect(head, Utc::now()).await.unwrap().removed, 1);
    }

    #[tokio::test]
    async fn while_blobs_are_written_none_is_removed() {
        let blobs = Blobs::remote(Arc::new(InMemory::new()));
        blobs.put("garbage".into()).await.unwrap();
        let head = state(&[]).await;
        let writer = blobs.turns.acquire().await.unwrap();
        assert_eq!(blobs.collect(head.clone(), tomorrow()).await.unwrap().removed, 0);
        drop(writer);
        assert_eq!(blobs.collect(head, tomorrow()).await.unwrap().removed, 1);
    }

    #[tokio::test]
    async fn the_blobs_of_another_store_are_left_alone() {
        let blobs = Blobs::remote(Arc::new(InMemory::new()));
        blobs.put("garbage".into()).await.unwrap();
        blobs.collect(state(&[]).await, Utc::now()).await.unwrap();
        let error = blobs.collect(state(&[]).await, tomorrow()).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::WrongState, "the blobs belong to another store"));
        assert!(blobs.exists(&Digest::of(b"garbage")).await.unwrap());
    }

    #[tokio::test]
    async fn files_that_are_no_blobs_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(folder.path()).unwrap();
        let misplaced = format!("sha256/00/{}", Digest::of(b"abc"));
        std::fs::create_dir_all(folder.path().join("sha256/00")).unwrap();
        for name in ["sha256/README", &misplaced] {
            std::fs::write(folder.path().join(name), "abc").unwrap();
        }
        assert_eq!(blobs.collect(state(&[]).await, tomorrow()).await.unwrap(), Collected::default());
        assert!(folder.path().join("sha256/README").exists() && folder.path().join(misplaced).exists());
    }

    #[tokio::test]
    async fn a_lost_or_damaged_index_stops_nothing_and_keeps_what_it_still_names() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(folder.path()).unwrap();
        let leaf = blobs.put("leaf".into()).await.unwrap();
        let index = blobs.put(format!("{{\"parts\": [\"{leaf}\"]}}").into()).await.unwrap();
        let path = folder.path().join(index.path().as_ref());
        let head = state(&[index.to_string(), Digest::of(b"never stored").to_string()]).await;
        std::fs::write(&path, format!("{{\"pXrts\": [\"{leaf}\"]}}")).unwrap();
        assert_eq!(blobs.collect(head.clone(), tomorrow()).await.unwrap().removed, 0);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(blobs.collect(head, tomorrow()).await.unwrap().removed, 1);
    }

    #[test]
    fn digests_are_found_wherever_they_stand() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let found = |text: String| digests_in(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found(format!("{one}")), [one]);
        assert_eq!(found(format!("{{\"a\":\"{one}\",\"b\":[\"sha256:{two}\"]}}")), [one, two]);
        assert_eq!(found(format!("{one}0 0{two} {one}{two} {}", &one.to_string()[1..])), []);
        assert_eq!(found(one.to_string().to_uppercase()), []);
    }

    fn tomorrow() -> DateTime<Utc> {
        Utc::now() + GRACE + TimeDelta::minutes(1)
    }

    /// A store with these bodies as its records.
    async fn state(bodies: &[String]) -> Arc<Replica> {
        let store = Store::open(Arc::new(MemoryBackend::new()), "node").await.unwrap();
        let ops: Vec<Op> = bodies.iter().enumerate().map(|(i, body)| Op::put(format!("k/{i}"), "word", body.as_bytes())).collect();
        store.commit("admin", Uuid::now_v7(), move |_| Ok(ops.clone())).await.unwrap().replica
    }

    /// Makes a blob a week old.
    fn age(folder: &Path, digest: &Digest) {
        let file = std::fs::File::options().write(true).open(folder.join(digest.path().as_ref())).unwrap();
        file.set_modified((Utc::now() - GRACE * 7).into()).unwrap();
    }
}

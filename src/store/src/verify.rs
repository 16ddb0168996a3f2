//! Checks a whole store: every entry of the log, the chain between them, the roots, the records, the change markers.
//!
//! A gateway checks what it loads and what it applies; this also checks what nobody has read for long. It reports all that
//! it finds instead of stopping at the first, because what else is damaged decides which backup to take.

use std::collections::BTreeMap;
use std::fmt;

use spi::{Code, Result};
use uuid::Uuid;

use crate::backend::{Backend, Head, LOG_PAGE_ROWS, Log};
use crate::change::{Entry, EntryHash, GENESIS, LogRow, Op};
use crate::record::{Record, RecordHash, Root};

/// What was read, and what of it is damaged.
#[derive(Clone, Debug)]
pub struct Report {
    pub head: Head,
    pub entries: u64,
    pub records: u64,
    pub damage: Vec<Damage>,
}

/// One thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub place: Place,
    /// A sentence.
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Head,
    Entry(u64),
    Record(String),
    Change(Uuid),
    /// The backend could not read on; the sentence names the place.
    Backend,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Head => f.write_str("head")?,
            Place::Entry(rev) => write!(f, "change log entry {rev}")?,
            Place::Record(key) => write!(f, "record \"{key}\"")?,
            Place::Change(change_id) => write!(f, "marker of change {change_id}")?,
            Place::Backend => f.write_str("backend")?,
        }
        write!(f, ": {}", self.what)
    }
}

/// Checks everything. An error means that the store could not be read at all; damage is in the report.
///
/// Meant for a store that nobody writes to: changes made meanwhile may be reported as damage.
pub async fn verify(backend: &dyn Backend) -> Result<Report> {
    let head = backend.head().await?;
    let mut walk = Walk::new(&head);
    let read = walk.log(backend, &head).await;
    walk.note(read)?;
    let read = walk.records(backend, &head).await;
    walk.note(read)?;
    Ok(Report { head, entries: walk.entries, records: walk.records, damage: walk.damage })
}

struct Walk {
    entries: u64,
    records: u64,
    damage: Vec<Damage>,
    /// The last entry that was read: its revision, its hash and the root that it names.
    last: Option<(u64, EntryHash, Root)>,
    /// What the log says about each key that it names: the record's revision and hash, or that it was removed.
    folded: BTreeMap<String, Option<(u64, RecordHash)>>,
    /// Whether the log was readable from its first entry, so that `folded` is the whole state.
    complete: bool,
    /// Whether every entry since the floor was readable, so that `folded` is right about the keys in it.
    unbroken: bool,
}

impl Walk {
    fn new(head: &Head) -> Self {
        let last = (head.floor == 0).then_some((0, GENESIS, Root::EMPTY));
        Self { entries: 0, records: 0, damage: Vec::new(), last, folded: BTreeMap::new(), complete: head.floor == 0, unbroken: true }
    }

    async fn log(&mut self, backend: &dyn Backend, head: &Head) -> Result<()> {
        let mut after = head.floor;
        while after < head.rev {
            let rows = match backend.log(after, LOG_PAGE_ROWS).await? {
                Log::Entries(rows) => rows,
                Log::Compacted { floor } => {
                    self.found(Place::Head, format!("The floor moved from {} to {floor} while the log was read.", head.floor));
                    return Ok(());
                }
            };
            if rows.is_empty() {
                break;
            }
            for row in rows {
                self.missing(after + 1, row.rev);
                after = row.rev;
                self.entry(backend, &row).await?;
            }
        }
        self.missing(after + 1, head.rev + 1);
        if let Some((rev, hash, root)) = self.last
            && (rev, hash, root) != (head.rev, head.entry_hash, head.root)
        {
            self.found(Place::Head, format!("It names revision {}, but the log ends with another entry, {rev}.", head.rev));
        }
        Ok(())
    }

    async fn entry(&mut self, backend: &dyn Backend, row: &LogRow) -> Result<()> {
        self.entries += 1;
        let entry = match row.open() {
            Ok(entry) => entry,
            Err(error) => {
                self.found(Place::Entry(row.rev), error.detail.unwrap_or(error.message));
                self.broken();
                return Ok(());
            }
        };
        if let Some((rev, hash, _)) = self.last
            && rev + 1 == row.rev
            && hash != entry.prev
        {
            self.found(Place::Entry(row.rev), format!("It does not follow entry {rev}: it names another one before it."));
        }
        if backend.find_change(entry.change_id).await? != Some(row.rev) {
            self.found(Place::Change(entry.change_id), format!("It does not lead to entry {}, which holds the change.", row.rev));
        }
        let root = self.fold(&entry);
        if self.complete && root != entry.root {
            self.found(Place::Entry(row.rev), format!("Its root is {}, but the state after it adds up to {root}.", entry.root));
        }
        self.last = Some((row.rev, row.hash, entry.root));
        Ok(())
    }

    /// Applies an entry to `folded`. The root after it is only right while `complete`.
    fn fold(&mut self, entry: &Entry) -> Root {
        let mut root = self.last.map_or(Root::EMPTY, |(_, _, root)| root);
        for op in &entry.ops {
            let after = match op {
                Op::Put { key, kind, body } => Some((entry.rev, Record::new(key.as_str(), entry.rev, kind.as_str(), body.clone()).hash)),
                Op::Delete { .. } => None,
            };
            let before = self.folded.insert(op.key().to_owned(), after).flatten();
            root = after.map_or(root, |(_, hash)| root.plus(hash));
            root = before.map_or(root, |(_, hash)| root.minus(hash));
        }
        root
    }

    async fn records(&mut self, backend: &dyn Backend, head: &Head) -> Result<()> {
        let records = backend.snapshot().await?.records;
        self.records = records.len() as u64;
        let mut root = Root::EMPTY;
        let mut expected = std::mem::take(&mut self.folded);
        for record in &records {
            root = root.plus(record.hash);
            let folded = expected.remove(record.key.as_ref());
            if !record.is_intact() {
                self.found(Place::Record(record.key.to_string()), "Its content does not have the hash that was stored with it.".to_owned());
            } else if let Some(difference) = self.difference(record, folded) {
                self.found(Place::Record(record.key.to_string()), difference);
            }
        }
        for (key, folded) in expected {
            if let (true, Some((rev, _))) = (self.unbroken, folded) {
                self.found(Place::Record(key), format!("It is missing; entry {rev} wrote it."));
            }
        }
        if root != head.root {
            self.found(Place::Head, format!("Its root is {}, but the records add up to {root}.", head.root));
        }
        Ok(())
    }

    fn difference(&self, record: &Record, folded: Option<Option<(u64, RecordHash)>>) -> Option<String> {
        match folded {
            _ if !self.unbroken => None,
            Some(Some(written)) if written == (record.rev, record.hash) => None,
            Some(Some((rev, _))) => Some(format!("It is not what entry {rev} wrote.")),
            Some(None) => Some("It is left over: the log removed it.".to_owned()),
            None if self.complete => Some("It is in no entry of the log.".to_owned()),
            None => None,
        }
    }

    fn missing(&mut self, from: u64, to: u64) {
        if from < to {
            let what = if from + 1 == to { "It is missing.".to_owned() } else { format!("It is missing, as are all up to {}.", to - 1) };
            self.found(Place::Entry(from), what);
            self.broken();
        }
    }

    fn broken(&mut self) {
        self.last = None;
        self.complete = false;
        self.unbroken = false;
    }

    fn found(&mut self, place: Place, what: String) {
        self.damage.push(Damage { place, what });
    }

    /// Damage that the backend itself found goes into the report, too.
    fn note(&mut self, read: Result<()>) -> Result<()> {
        match read {
            Err(error) if error.code == Code::Corrupt => {
                self.broken();
                self.found(Place::Backend, format!("{}: reading stopped there.", error.message));
                Ok(())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use sqlx::ConnectOptions;

    use super::*;
    use crate::{SqliteBackend, Store, sqlite_file};

    #[tokio::test]
    async fn a_whole_store_has_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).await;
        let report = check(folder.path()).await;
        assert_eq!((report.entries, report.records, report.damage), (5, 2, vec![]));
    }

    #[tokio::test]
    async fn every_kind_of_damage_is_found_and_named() {
        for (damage, found) in [
            (
                "UPDATE log SET content = zeroblob(length(content)) WHERE rev = 3",
                &["change log entry 3: Its content does not have the hash that was stored with it."][..],
            ),
            ("DELETE FROM log WHERE rev IN (2, 3)", &["change log entry 2: It is missing, as are all up to 3."]),
            ("DELETE FROM log WHERE rev = 5", &["change log entry 5: It is missing."]),
            (
                "UPDATE record SET body = x'00' WHERE key = 'b'",
                &["record \"b\": Its content does not have the hash that was stored with it."],
            ),
            (
                "DELETE FROM record WHERE key = 'b'",
                &["record \"b\": It is missing; entry 4 wrote it.", "head: Its root is ROOT, but the records add up to ROOT."],
            ),
            (
                "INSERT INTO record SELECT 'z', rev, kind, body, hash FROM record WHERE key = 'b'",
                &[
                    "record \"z\": Its content does not have the hash that was stored with it.",
                    "head: Its root is ROOT, but the records add up to ROOT.",
                ],
            ),
            ("UPDATE change SET rev = 1 WHERE rev = 2", &["marker of change ID: It does not lead to entry 2, which holds the change."]),
            ("DELETE FROM change WHERE rev = 4", &["marker of change ID: It does not lead to entry 4, which holds the change."]),
            ("UPDATE head SET rev = 6", &["change log entry 6: It is missing."]),
            ("UPDATE head SET entry_hash = zeroblob(32)", &["head: It names revision 5, but the log ends with another entry, 5."]),
            ("UPDATE log SET hash = x'00' WHERE rev = 3", &["backend: change log entry 3 is damaged: reading stopped there."]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            make(folder.path()).await;
            let path = folder.path().join("store.db");
            let mut connection = sqlite_file::options(&path).connect().await.unwrap();
            sqlx::raw_sql(damage).execute(&mut connection).await.unwrap();
            let report = check(folder.path()).await;
            let named: Vec<String> = report.damage.iter().map(|damage| without_hashes(&damage.to_string())).collect();
            assert_eq!(named, found, "{damage}");
        }
    }

    /// Five entries; records "a" and "b" are left.
    async fn make(folder: &Path) {
        let store = Store::open(Arc::new(SqliteBackend::open(folder.join("store.db")).await.unwrap()), "node").await.unwrap();
        for ops in [
            vec![Op::put("a", "word", "1")],
            vec![Op::put("b", "word", "1"), Op::put("c", "word", "1")],
            vec![Op::put("a", "word", "2")],
            vec![Op::put("b", "word", "2")],
            vec![Op::delete("c")],
        ] {
            store.commit("admin", Uuid::now_v7(), move |_| Ok(ops.clone())).await.unwrap();
        }
        store.close().await;
    }

    async fn check(folder: &Path) -> Report {
        verify(&SqliteBackend::open(folder.join("store.db")).await.unwrap()).await.unwrap()
    }

    fn without_hashes(text: &str) -> String {
        let words = text.split_inclusive([' ', ',', '.', ':']).map(|word| {
            let (name, end) = word.split_at(word.trim_end_matches([' ', ',', '.', ':']).len());
            match name {
                _ if name.len() == 32 => format!("ROOT{end}"),
                _ if name.parse::<Uuid>().is_ok() => format!("ID{end}"),
                _ => word.to_owned(),
            }
        });
        words.collect()
    }
}

//! The state at one revision, in memory: what every read of the gateway is served from.
//!
//! A replica never changes. Applying an entry makes the next one, which shares all but a few tree nodes with it, so a
//! session can pin one for as long as a transaction lasts and a change costs the same at 100 records and at 100,000.

use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;
use spi::Result;
use uuid::Uuid;

use crate::backend::{Append, Head, Snapshot};
use crate::change::{Entry, EntryHash, LogRow, Op};
use crate::errors;
use crate::record::{Record, Root};

/// All records at one revision.
#[derive(Clone, Debug)]
pub struct Replica {
    head: Head,
    at: i64,
    records: OrdMap<Arc<str>, Arc<Record>>,
}

impl Replica {
    /// The number of the last change in it.
    pub fn revision(&self) -> u64 {
        self.head.rev
    }

    /// What all records add up to.
    pub fn root(&self) -> Root {
        self.head.root
    }

    /// The hash of the last change in it, and through the chain of all before.
    pub fn entry_hash(&self) -> EntryHash {
        self.head.entry_hash
    }

    /// Which store this is, for ever.
    pub fn store_id(&self) -> Uuid {
        self.head.store_id
    }

    /// When the last change was made, in microseconds since 1970; 0 in an empty store.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub fn get(&self, key: &str) -> Option<&Record> {
        self.records.get(key).map(Arc::as_ref)
    }

    /// The records whose key starts with `prefix`, in key order.
    pub fn scan<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Record> + 'a {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.records.range::<_, str>(from).map(|(_, record)| record.as_ref()).take_while(move |record| record.key.starts_with(prefix))
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The state of a snapshot, once its records are known to be those that were written.
    pub(crate) fn load(snapshot: Snapshot) -> Result<Self> {
        let Snapshot { head, last, records } = snapshot;
        let at = check_last(&head, last.as_ref())?;
        let mut root = Root::EMPTY;
        for record in &records {
            if !record.is_intact() {
                return Err(errors::corrupt(format!("record \"{}\" is damaged", record.key))
                    .detail(format!("Its content of revision {} does not have the hash that was stored with it.", record.rev)));
            }
            root = root.plus(record.hash);
        }
        if root != head.root {
            return Err(errors::corrupt(format!("the records of revision {} are damaged", head.rev))
                .detail("They do not add up to the root of that revision: some are missing, left over or old."));
        }
        let records = records.into_iter().map(|record| (record.key.clone(), Arc::new(record))).collect();
        Ok(Self { head, at, records })
    }

    /// The state after `row`, once it is known to follow this one.
    pub(crate) fn apply(&self, row: &LogRow) -> Result<Self> {
        let entry = row.open()?;
        if entry.rev != self.head.rev + 1 {
            return Err(errors::corrupt(format!("change log entry {} is missing", self.head.rev + 1))
                .detail(format!("Entry {} was found in its place.", entry.rev)));
        }
        if entry.prev != self.head.entry_hash {
            return Err(errors::corrupt(format!("change log entry {} does not follow entry {}", entry.rev, self.head.rev))
                .detail("It names another entry before it: this node and the store have different histories."));
        }
        let (records, root) = self.with(entry.rev, &entry.ops);
        if root != entry.root {
            return Err(errors::corrupt(format!("the state diverged at revision {}", entry.rev))
                .detail(format!("This node's records add up to {root}, those of the writer to {}.", entry.root)));
        }
        let head = Head { rev: entry.rev, entry_hash: row.hash, root, ..self.head.clone() };
        Ok(Self { head, at: entry.at, records })
    }

    /// `ops` as the next change on this state. Removing a record that does not exist is nothing to write.
    pub(crate) fn draft(&self, change_id: Uuid, actor: &str, node: &str, now: i64, ops: Vec<Op>) -> Append {
        let rev = self.head.rev + 1;
        let ops: Vec<Op> = ops.into_iter().filter(|op| matches!(op, Op::Put { .. }) || self.records.contains_key(op.key())).collect();
        let (_, root) = self.with(rev, &ops);
        let entry = Entry {
            rev,
            prev: self.head.entry_hash,
            root,
            change_id,
            at: now.max(self.at),
            actor: actor.to_owned(),
            node: node.to_owned(),
            ops,
        };
        let row = entry.seal();
        let (mut puts, mut deletes) = (Vec::new(), Vec::new());
        for op in entry.ops {
            match op {
                Op::Put { key, kind, body } => puts.push(Record::new(key, rev, kind, body)),
                Op::Delete { key } => deletes.push(key),
            }
        }
        Append { expected: self.head.clone(), row, root, change_id, puts, deletes }
    }

    /// A copy in which a record is not what the log has made it.
    #[cfg(test)]
    pub(crate) fn with_record(&self, record: Record) -> Self {
        let mut records = self.records.clone();
        records.insert(record.key.clone(), Arc::new(record));
        Self { records, ..self.clone() }
    }

    fn with(&self, rev: u64, ops: &[Op]) -> (OrdMap<Arc<str>, Arc<Record>>, Root) {
        let mut records = self.records.clone();
        let mut root = self.head.root;
        for op in ops {
            let before = match op {
                Op::Put { key, kind, body } => {
                    let record = Record::new(key.as_str(), rev, kind.as_str(), body.clone());
                    root = root.plus(record.hash);
                    records.insert(record.key.clone(), Arc::new(record))
                }
                Op::Delete { key } => records.remove(key.as_str()),
            };
            if let Some(before) = before {
                root = root.minus(before.hash);
            }
        }
        (records, root)
    }
}

/// The time of the head's entry, once that is known to be the entry that the head names.
fn check_last(head: &Head, last: Option<&LogRow>) -> Result<i64> {
    let Some(row) = last else {
        return match head.rev {
            0 => Ok(0),
            rev => Err(errors::corrupt(format!("change log entry {rev} is missing")).detail("The head of the store names it.")),
        };
    };
    let entry = row.open()?;
    if (entry.rev, row.hash, entry.root) != (head.rev, head.entry_hash, head.root) {
        return Err(errors::corrupt(format!("the head of the store does not fit change log entry {}", entry.rev))
            .detail(format!("The head is at revision {}.", head.rev)));
    }
    Ok(entry.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scan_gives_a_prefix_in_key_order() {
        let replica = after(&empty(), vec![put("b/2"), put("a"), put("b/1"), put("b"), put("bb"), put("b~")]);
        let keys = |prefix: &str| replica.scan(prefix).map(|record| record.key.to_string()).collect::<Vec<_>>();
        assert_eq!(keys("b/"), ["b/1", "b/2"]);
        assert_eq!(keys("b"), ["b", "b/1", "b/2", "bb", "b~"]);
        assert_eq!(keys("").len(), 6);
        assert_eq!(keys("c"), Vec::<String>::new());
    }

    #[test]
    fn a_replica_stays_as_it_was_while_its_successors_change() {
        let first = after(&empty(), vec![put("a"), put("b")]);
        let second = after(&first, vec![Op::delete("a"), Op::put("b", "word", "new")]);
        assert!(first.get("a").is_some() && second.get("a").is_none());
        assert_eq!((first.get("b").unwrap().rev, second.get("b").unwrap().rev), (1, 2));
        let gone = after(&second, vec![Op::delete("b")]);
        assert_eq!((gone.root(), gone.len(), gone.revision()), (Root::EMPTY, 0, 3));
    }

    #[test]
    fn an_entry_applies_only_where_it_was_made() {
        let (first, other) = (after(&empty(), vec![put("a")]), after(&empty(), vec![put("b")]));
        let second = draft(&first, vec![put("c")]).row;
        assert_eq!(empty().apply(&second).unwrap_err().message, "change log entry 1 is missing");
        assert_eq!(other.apply(&second).unwrap_err().message, "change log entry 2 does not follow entry 1");
    }

    #[test]
    fn a_state_that_differs_is_noticed_at_the_next_entry() {
        let first = after(&empty(), vec![put("a"), put("b")]);
        let row = draft(&first, vec![Op::delete("a")]).row;
        let damaged = first.with_record(Record::new("a", 1, "word", "flipped"));
        assert!(first.apply(&row).is_ok());
        assert_eq!(damaged.apply(&row).unwrap_err().message, "the state diverged at revision 2");
    }

    #[test]
    fn time_never_falls_along_the_log() {
        let first = empty().apply(&empty().draft(Uuid::nil(), "admin", "n", 1000, vec![put("a")]).row).unwrap();
        let second = first.draft(Uuid::nil(), "admin", "n", 900, vec![put("a")]).row.open().unwrap();
        assert_eq!(second.at, 1000);
    }

    #[test]
    fn removing_what_does_not_exist_is_not_written() {
        let append = draft(&empty(), vec![Op::delete("a"), put("b")]);
        assert_eq!((append.deletes.len(), append.puts.len(), append.row.open().unwrap().ops.len()), (0, 1, 1));
    }

    #[test]
    fn a_damaged_snapshot_is_refused_and_named() {
        let append = draft(&empty(), vec![put("a"), put("b")]);
        let whole =
            Snapshot { head: empty().apply(&append.row).unwrap().head, last: Some(append.row.clone()), records: append.puts.clone() };
        assert!(Replica::load(whole.clone()).is_ok());

        let message = |snapshot: Snapshot| Replica::load(snapshot).unwrap_err().message;
        let mut body = whole.clone();
        body.records[1].body = "flipped".into();
        assert_eq!(message(body), "record \"b\" is damaged");
        let mut missing = whole.clone();
        missing.records.pop();
        assert_eq!(message(missing), "the records of revision 1 are damaged");
        assert_eq!(message(Snapshot { last: None, ..whole.clone() }), "change log entry 1 is missing");
        let other = draft(&empty(), vec![put("c")]).row;
        assert_eq!(message(Snapshot { last: Some(other), ..whole }), "the head of the store does not fit change log entry 1");
    }

    fn empty() -> Replica {
        let head = Head { store_id: Uuid::nil(), history_id: Uuid::nil(), ..Head::genesis() };
        Replica::load(Snapshot { head, last: None, records: Vec::new() }).unwrap()
    }

    fn put(key: &str) -> Op {
        Op::put(key, "word", "body")
    }

    fn draft(replica: &Replica, ops: Vec<Op>) -> Append {
        replica.draft(Uuid::now_v7(), "admin", "node", 1, ops)
    }

    fn after(replica: &Replica, ops: Vec<Op>) -> Replica {
        replica.apply(&draft(replica, ops).row).unwrap()
    }
}

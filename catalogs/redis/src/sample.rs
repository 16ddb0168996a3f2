//! Finds out which tables a logical database has, of a bounded sample of its keys and of their values.
//!
//! How many requests that takes depends on the options `sample_keys` and `sample_values`, and not on how many tables there are. Only tables
//! that were asked for by name, or that are new and defined, may take more: their keys are looked for if the sample shows none.

mod keys;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use spi::Result;
use spi::documents::{Column, Document, TableDefinition};

use crate::clustering;
use crate::definition::{self, Fitting};
use crate::kind::Kind;
use crate::layout::{self, TABLES_MAX, Table};
use crate::members::Members;
use crate::pattern::Pattern;
use crate::pool::Session;
use crate::scan::PAGE_KEYS;
use keys::{Keys, Sampling, Typed};
use values::Seen;

/// Pages of keys that are looked at to find those of tables that a sample did not meet: a million keys, in a second or a few.
const SEARCH_PAGES: usize = 1_000;

/// The same in keys.
pub(crate) const KEYS_SEARCHED: usize = SEARCH_PAGES * PAGE_KEYS;

/// How much is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) keys: usize,
    pub(crate) values: usize,
    pub(crate) delimiter: String,
}

/// What is known of a database before a sample of it is taken.
#[derive(Default)]
pub(crate) struct Known<'k> {
    /// Its tables, as an earlier harvest has found them.
    pub(crate) tables: Vec<Table>,
    /// What somebody has said of tables, by their names.
    pub(crate) definitions: BTreeMap<&'k str, &'k TableDefinition>,
    /// The only table that is wanted.
    pub(crate) only: Option<&'k str>,
}

/// A table that there may be.
struct Draft<'k> {
    name: String,
    members: Members,
    /// `None` where nothing tells it yet.
    kind: Option<Kind>,
    fitting: Fitting<'k>,
    /// The table as it was.
    before: Option<&'k Table>,
    /// Keys whose values are to be looked at, and how many there are, about.
    keys: Vec<Vec<u8>>,
    estimate: f64,
    /// Whether it is known to have none.
    is_gone: bool,
}

/// A table that was looked at, and the rows that were seen of it.
pub(crate) struct Looked {
    pub(crate) table: Table,
    held: Vec<values::Held>,
}

/// The tables of a database. Where not all of its keys were looked at, those of an earlier sample are among them.
pub(crate) async fn tables(session: &mut Session, database: u16, bounds: &Bounds, known: &Known<'_>) -> Result<Vec<Table>> {
    let mut sampling = Sampling::new(session, database, bounds).await?;
    let keys = sampling.keys().await?;
    let mut drafts = found(&keys, bounds, known);
    define(&mut drafts, &keys, bounds, known);
    if let Some(only) = known.only {
        drafts.retain(|draft| draft.name == only);
    }
    if !keys.are_all {
        search(&mut sampling, &mut drafts, known.only.is_some()).await?;
    }
    drafts.retain(|draft| draft.kind.is_some());
    // Of too many, those that somebody has defined, and those with most keys.
    drafts.sort_by(|one, other| {
        let makes_table = other.fitting.makes_table().cmp(&one.fitting.makes_table());
        makes_table.then(other.estimate.total_cmp(&one.estimate))
    });
    drafts.truncate(TABLES_MAX);
    let seen = look(&mut sampling, &drafts, false).await?;
    Ok(drafts.into_iter().zip(seen).filter_map(|(draft, seen)| draft.into_table(seen)).collect())
}

/// One table as a sample shows it now, and rows of it; with the keys that the definition says, or else those that a sample makes a table of
/// this name of. `None` where there is no such key.
pub(crate) async fn one(session: &mut Session, database: u16, bounds: &Bounds, name: &str, fitting: Fitting<'_>) -> Result<Option<Looked>> {
    let mut sampling = Sampling::new(session, database, bounds).await?;
    let unknown = Known::default();
    let draft = match &fitting.members {
        Some(members) => {
            let kind = fitting.shape.map(|shape| shape.kind);
            let searched = sampling.search(members, kind, SEARCH_PAGES).await?;
            let mut draft = Draft::new(name.to_owned(), members.clone(), kind);
            draft.take(searched.keys.iter().collect(), searched.factor, bounds);
            Some(draft)
        }
        None => {
            let keys = sampling.keys().await?;
            found(&keys, bounds, &unknown).into_iter().find(|draft| draft.name == name)
        }
    };
    let Some(draft) = draft.filter(|draft| !draft.keys.is_empty()) else { return Ok(None) };
    let drafts = [Draft { fitting, ..draft }];
    let mut seen = look(&mut sampling, &drafts, true).await?;
    let [draft] = drafts;
    let Some(mut seen) = seen.pop() else { return Ok(None) };
    let held = seen.take_held();
    Ok(draft.into_table(seen).map(|table| Looked { table, held }))
}

/// The tables that the sampled keys make; and, where there may be others, those of earlier samples.
fn found<'k>(keys: &Keys, bounds: &Bounds, known: &'k Known<'_>) -> Vec<Draft<'k>> {
    let mut clusters: BTreeMap<(Pattern, Kind), Vec<&Typed>> = BTreeMap::new();
    for (key, pattern) in keys.keys.iter().zip(clustering::patterns(&keys.keys, &bounds.delimiter)) {
        clusters.entry((pattern, key.1)).or_default().push(key);
    }
    let mut names = BTreeMap::new();
    let mut before = BTreeMap::new();
    for table in &known.tables {
        if let Members::Found { pattern, .. } = &table.members {
            let cluster = (pattern.clone(), table.kind);
            if !keys.are_all {
                clusters.entry(cluster.clone()).or_default();
            }
            names.insert(cluster, table.name.clone());
            before.insert(table.name.as_str(), table);
        }
    }
    let named = layout::names(clusters, &bounds.delimiter, &names).into_iter();
    let draft = |(name, pattern, kind, of_table): (String, Pattern, Kind, Vec<&Typed>)| {
        let members = Members::Found { pattern, delimiter: bounds.delimiter.clone() };
        let before = before.get(name.as_str()).copied();
        let mut draft = Draft { before, ..Draft::new(name, members, Some(kind)) };
        draft.take(of_table, keys.factor(), bounds);
        draft
    };
    named.map(draft).collect()
}

/// Gives tables their definitions. One that says which keys it means makes a table, in the place of a found one of the same name.
fn define<'k>(drafts: &mut Vec<Draft<'k>>, keys: &Keys, bounds: &Bounds, known: &'k Known<'_>) {
    let mut made = Vec::new();
    let mut overruled = BTreeSet::new();
    for (name, definition) in &known.definitions {
        let fitting = Fitting::new(Some(definition));
        let Some(members) = &fitting.members else {
            if let Some(draft) = drafts.iter_mut().find(|draft| draft.name == **name) {
                draft.fitting = fitting;
            }
            continue;
        };
        let before = known.tables.iter().find(|table| table.name == **name && table.members == *members);
        let before = before.filter(|before| fitting.shape.is_none_or(|shape| shape.kind == before.kind));
        let met: Vec<&Typed> = keys.keys.iter().filter(|(key, _)| members.contain(key)).collect();
        let kind = fitting.shape.map(|shape| shape.kind).or_else(|| kind(&met, before));
        let mut draft = Draft { before, ..Draft::new((*name).to_owned(), members.clone(), kind) };
        draft.take(met, keys.factor(), bounds);
        draft.is_gone = keys.are_all && draft.keys.is_empty();
        made.push(Draft { fitting, ..draft });
        overruled.insert(*name);
    }
    drafts.retain(|draft| !overruled.contains(draft.name.as_str()));
    drafts.append(&mut made);
}

/// What a table holds whose definition does not say it: what it held before, as long as any of its keys does, or else what most of them do.
fn kind(met: &[&Typed], before: Option<&Table>) -> Option<Kind> {
    let count = |kind: Kind| met.iter().filter(|(_, of_key)| *of_key == kind).count();
    let before = before.map(|before| before.kind);
    match before.filter(|before| met.is_empty() || count(*before) > 0) {
        Some(before) => Some(before),
        None => Kind::ALL.into_iter().filter(|kind| count(*kind) > 0).max_by_key(|kind| count(*kind)),
    }
}

/// Looks for keys of tables that the sample did not meet: of the only one that is wanted, and of those that nobody has seen yet.
async fn search(sampling: &mut Sampling<'_>, drafts: &mut [Draft<'_>], is_wanted: bool) -> Result<()> {
    let is_missed = |draft: &&mut Draft<'_>| draft.keys.is_empty() && (is_wanted || draft.before.is_none());
    let mut missed: Vec<&mut Draft<'_>> = drafts.iter_mut().filter(is_missed).collect();
    let pages_max = (SEARCH_PAGES / missed.len().max(1)).max(1);
    for draft in missed.iter_mut().take(SEARCH_PAGES) {
        let searched = sampling.search(&draft.members, draft.kind, pages_max).await?;
        draft.take(searched.keys.iter().collect(), searched.factor, sampling.bounds);
        draft.is_gone = searched.are_all && draft.keys.is_empty();
        // Nobody says that there is such a table, and no key does.
        if draft.is_gone && !draft.fitting.makes_table() {
            draft.kind = None;
        }
    }
    Ok(())
}

/// Looks at what keys of the tables hold. Whoever wants to see the rows themselves says so.
async fn look(sampling: &mut Sampling<'_>, drafts: &[Draft<'_>], is_kept: bool) -> Result<Vec<Seen>> {
    // A draft without a kind has no keys.
    let mut seen: Vec<Seen> = drafts.iter().map(|draft| Seen::new(draft.kind.unwrap_or(Kind::String), is_kept)).collect();
    let keys = drafts.iter().enumerate().flat_map(|(table, draft)| draft.keys.iter().map(move |key| (table, key.as_slice())));
    let sampled: Vec<(usize, &[u8])> = keys.collect();
    for node in &sampling.nodes {
        let of_node: Vec<_> = sampled.iter().filter(|(_, key)| sampling.nodes.len() == 1 || node.holds(key)).copied().collect();
        if !of_node.is_empty() {
            let mut lease = sampling.session.lease(&node.address, sampling.database).await?;
            values::look(&mut lease, &of_node, &mut seen, &sampling.what).await?;
            lease.finish();
        }
    }
    Ok(seen)
}

impl<'k> Draft<'k> {
    fn new(name: String, members: Members, kind: Option<Kind>) -> Self {
        Self { name, members, kind, fitting: Fitting::default(), before: None, keys: Vec::new(), estimate: 0.0, is_gone: false }
    }

    /// Takes keys of its kind, each of which stands for so many, and keeps those whose values are to be looked at.
    fn take(&mut self, met: Vec<&Typed>, factor: f64, bounds: &Bounds) {
        self.kind = self.kind.or_else(|| kind(&met, None));
        let of_kind = || met.iter().filter(|(_, kind)| Some(*kind) == self.kind);
        self.estimate = of_kind().count() as f64 * factor;
        self.keys = of_kind().take(bounds.values).map(|(key, _)| key.clone()).collect();
    }

    fn into_table(self, seen: Seen) -> Option<Table> {
        let table = Table::new(self.name, self.members, self.kind?);
        let as_json = self.fitting.shape.and_then(|shape| shape.json);
        let mut table = seen.into_table(table, self.estimate, as_json, self.before);
        if self.is_gone {
            (table.rows, table.bytes) = (0, None);
            table.problem = Some(definition::matches_nothing(&table.members, self.fitting.shape));
        }
        self.fitting.apply(&mut table);
        Some(table)
    }
}

impl Looked {
    /// The rows that were seen, as documents: those that the values are, or else with the names of the columns.
    pub(crate) fn rows(&self, columns: &[Column]) -> Vec<Document<'_>> {
        self.held.iter().map(|held| held.document(columns, self.table.json)).collect()
    }
}

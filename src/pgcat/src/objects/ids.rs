//! The OIDs of objects that have none of their own in a source's metadata, and of the objects of many sources side by side.
//!
//! A source numbers its objects densely from 16384, and never gives a number twice; 2^28 of them are more than fit in memory. What
//! belongs to an object is therefore the object's number with a mark above it, and as persistent as that:
//!
//! | from | what |
//! | --- | --- |
//! | 0 | objects |
//! | 1 · 2^28 | the row type of a relation |
//! | 2 · 2^28 | the array type over a row type or a user's type |
//! | 3 · 2^28 | the relation of a composite type |
//! | 4 · 2^28 to 8 · 2^28 | what is told apart by a hash: partitions that are no tables |
//!
//! Numbers need to be unique in one catalog only, so a rule has that of its view. Defaults and labels of enumerations are named by
//! two things, an object and a part of it, which do not always fit: see [`default`] and [`label`].

use std::sync::Arc;

/// Where the marks begin.
const MARK_BITS: u32 = 28;
/// Where hashes begin.
const HASHES: u32 = 4 << MARK_BITS;
/// Attribute numbers end below 2^11 in PostgreSQL.
const ATTRIBUTE_BITS: u32 = 11;
/// The objects of a source are moved in pages of 2^14, which is also where the numbers of users' objects begin.
const PAGE_BITS: u32 = 14;
/// The first OID of a source's objects; those below are PostgreSQL's and the server's own.
pub(crate) const FIRST: u32 = 1 << PAGE_BITS;
/// Pages are numbered from 1 to this; the first half is for the first page of each source.
const PAGES: u32 = (1 << (MARK_BITS - PAGE_BITS)) - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dependent {
    RowType = 1,
    Array = 2,
    Relation = 3,
}

/// The OID of what belongs to an object.
pub(crate) fn dependent(object: u32, dependent: Dependent) -> u32 {
    match object >> MARK_BITS {
        0 => object | (dependent as u32) << MARK_BITS,
        _ => HASHES | hash(object, &[dependent as u8]) >> 2,
    }
}

/// What an OID belongs to, and as what; `None` where that is not told by a mark.
pub(crate) fn owner(oid: u32) -> (u32, Option<Dependent>) {
    let dependent = match oid >> MARK_BITS {
        1 => Some(Dependent::RowType),
        2 => Some(Dependent::Array),
        3 => Some(Dependent::Relation),
        _ => return (oid, None),
    };
    (oid & ((1 << MARK_BITS) - 1), dependent)
}

/// Whether an OID is a hash, so that nothing can be told from it.
pub(crate) fn is_hash(oid: u32) -> bool {
    oid >= HASHES
}

/// Whether an OID is none of an object's own: it has a mark, or more objects were numbered than fit below the marks.
pub(crate) fn is_marked(oid: u32) -> bool {
    oid >> MARK_BITS != 0
}

/// The OID of a partition that is no table.
pub(crate) fn partition(table: u32, name: &str) -> u32 {
    HASHES | hash(table, name.as_bytes()) >> 2
}

/// The OID of a column's default. The numbers of the first million objects hold it exactly; beyond, a hash stands for both, and two of
/// 100,000 defaults may have the same.
pub(crate) fn default(table: u32, attribute: i16) -> u32 {
    match attribute {
        1.. if table >> (31 - ATTRIBUTE_BITS) == 0 && attribute >> ATTRIBUTE_BITS == 0 => table << ATTRIBUTE_BITS | attribute as u32,
        _ => hash(table, &attribute.to_le_bytes()) >> 1,
    }
}

/// The OID of a label: a hash of the type and the label, which no other label that comes or goes changes.
pub(crate) fn label(type_oid: u32, label: &str) -> u32 {
    (hash(type_oid, label.as_bytes()) >> 1).max(1)
}

/// FNV-1a, and a last mixing because the high bits are used.
fn hash(object: u32, part: &[u8]) -> u32 {
    let bytes = object.to_le_bytes();
    let hash =
        bytes.iter().chain(part).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    ((hash ^ hash >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

/// Under which OIDs a database shows the objects of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// As the source's snapshot numbers them.
    Own,
    /// Moved page by page: the place is the page in the snapshot, the value that in the database; 0 where none was left.
    Moved(Arc<[u32]>),
}

impl Ids {
    pub(crate) fn object(&self, oid: u32) -> u32 {
        let Ids::Moved(pages) = self else { return oid };
        let page = oid >> PAGE_BITS;
        // Below the numbers of users' objects are those of the server's own, which no other source has.
        if page == 0 {
            return oid;
        }
        match pages.get(page as usize) {
            Some(page @ 1..) => page << PAGE_BITS | oid & ((1 << PAGE_BITS) - 1),
            _ => HASHES | hash(oid, b"") >> 2,
        }
    }

    /// Whether some objects found no place, and have a hash as their OID.
    pub(crate) fn is_crowded(&self) -> bool {
        matches!(self, Ids::Moved(pages) if pages.iter().skip(1).any(|page| *page == 0))
    }

    /// The pages of the database in which the objects are that were moved.
    fn pages(&self) -> &[u32] {
        match self {
            Ids::Own => &[],
            Ids::Moved(pages) => pages,
        }
    }

    /// The number that an object has in the snapshot, if its OID tells.
    pub(crate) fn in_snapshot(&self, oid: u32) -> Option<u32> {
        let Ids::Moved(pages) = self else { return Some(oid) };
        let (page, rest) = (oid >> PAGE_BITS, oid & ((1 << PAGE_BITS) - 1));
        if page == 0 {
            return Some(oid);
        }
        let place = pages.iter().position(|other| *other == page)?;
        Some((place as u32) << PAGE_BITS | rest)
    }
}

/// Gives the objects of many sources OIDs in one database.
///
/// Each source is given with its own OID and the largest OID of its objects. A source's first 16,384 objects lie where its own OID
/// says, and never move as long as there are not more than 8,191 sources. Further pages lie where a hash of source and page says, or
/// behind that where an older source is already; so they move only when an older source grows or goes. Beyond 8,192 such pages, which
/// are 134 million objects, objects have hashed OIDs.
pub(crate) fn side_by_side(sources: &[(u32, u32)]) -> Vec<Ids> {
    let mut taken = vec![false; PAGES as usize + 1];
    let mut pages: Vec<Vec<u32>> = sources.iter().map(|_| vec![0]).collect();
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by_key(|source| sources[*source].0);
    for source in &order {
        let home = sources[*source].0 % (PAGES / 2);
        pages[*source].push(free(&mut taken, 0, PAGES / 2, home));
    }
    for source in order {
        let (oid, last) = sources[source];
        for page in 2..=last >> PAGE_BITS {
            let size = PAGES - PAGES / 2;
            pages[source].push(free(&mut taken, PAGES / 2, size, hash(oid, &page.to_le_bytes()) % size));
        }
    }
    pages.into_iter().map(|pages| Ids::Moved(pages.into())).collect()
}

/// Whose the OIDs of one database are.
#[derive(Clone, Debug)]
pub(crate) enum Owners {
    /// All are of one source.
    One(u32),
    /// Pages of the database with the sources that have them, sorted.
    Pages(Arc<[(u32, u32)]>),
}

/// What an OID tells about the source that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Source(u32),
    /// It is of none: PostgreSQL's, or the server's own.
    Nobody,
    /// It is a hash, so that nothing can be told from it.
    Unknown,
}

impl Owners {
    /// Of the sources of a database with their numberings.
    pub(crate) fn of_many<'a>(sources: impl IntoIterator<Item = (u32, &'a Ids)>) -> Self {
        let pages = |(source, ids): (u32, &'a Ids)| ids.pages().iter().filter(|page| **page != 0).map(move |page| (*page, source));
        let mut pages: Vec<(u32, u32)> = sources.into_iter().flat_map(pages).collect();
        pages.sort_unstable();
        pages.dedup();
        Owners::Pages(pages.into())
    }

    /// The source of an object, or of what the object belongs to.
    pub(crate) fn of(&self, oid: u32) -> Owner {
        let page = owner(oid).0 >> PAGE_BITS;
        match self {
            _ if page == 0 => Owner::Nobody,
            Owners::One(source) => Owner::Source(*source),
            Owners::Pages(_) if is_hash(oid) => Owner::Unknown,
            Owners::Pages(pages) => match pages.binary_search_by_key(&page, |(page, _)| *page) {
                Ok(place) => Owner::Source(pages[place].1),
                Err(_) => Owner::Nobody,
            },
        }
    }
}

/// Takes the first free one of some pages, from `home` on.
fn free(taken: &mut [bool], before: u32, size: u32, home: u32) -> u32 {
    let mut candidates = (0..size).map(|step| before + 1 + (home + step) % size);
    let page = candidates.find(|page| !taken[*page as usize]).unwrap_or(0);
    taken[page as usize] = true;
    page
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn dependents_of_all_kinds_differ_and_stay_below_two_to_the_31() {
        let kinds = [Dependent::RowType, Dependent::Array, Dependent::Relation];
        let oids: HashSet<u32> = [16384, 16385, (1 << 28) - 1, 1 << 28, 1 << 30]
            .into_iter()
            .flat_map(|oid| kinds.map(|kind| dependent(oid, kind)).into_iter().chain([oid]))
            .collect();
        assert_eq!(oids.len(), 20);
        assert!(kinds.iter().all(|kind| owner(dependent(16385, *kind)) == (16385, Some(*kind))));
        assert!(oids.iter().all(|oid| *oid < 1 << 31));
    }

    #[test]
    fn defaults_of_the_first_million_objects_differ() {
        assert_eq!(default(16384, 1), 16384 << 11 | 1);
        assert_eq!(default((1 << 20) - 1, 1600), i32::MAX as u32 & !2047 | 1600);
        let beyond: HashSet<u32> = (0..1000).map(|table| default((1 << 20) + table, 7)).collect();
        assert!(beyond.len() == 1000 && beyond.iter().all(|oid| *oid < 1 << 31));
    }

    #[test]
    fn sources_keep_their_places_when_others_come_and_grow() {
        let before = side_by_side(&[(16400, 16384 * 3), (16401, 20_000)]);
        let after = side_by_side(&[(16402, 16384 * 40), (16401, 16384 * 9), (16400, 16384 * 3)]);
        for oid in [16384, 16384 * 2 + 5, 16384 * 3] {
            assert_eq!(before[0].object(oid), after[2].object(oid));
        }
        assert_eq!(before[1].object(16999), after[1].object(16999));
    }

    #[test]
    fn objects_of_two_sources_never_meet() {
        let sources: Vec<(u32, u32)> = (0..300).map(|source| (16384 + source * 7, 16384 * (1 + source % 20))).collect();
        let ids = side_by_side(&sources);
        let mut seen = HashSet::new();
        for (ids, (_, last)) in ids.iter().zip(&sources) {
            for oid in (16384..=*last).step_by(1000) {
                let moved = ids.object(oid);
                assert!((16384..1 << 28).contains(&moved) && seen.insert(moved), "{oid} as {moved}");
                assert_eq!(ids.in_snapshot(moved), Some(oid));
            }
        }
    }
}

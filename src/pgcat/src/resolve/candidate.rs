//! The best of several functions or operators that could be meant: `func_match_argtypes` and `func_select_candidate` of PostgreSQL.

use super::{Coercion, Names};
use crate::types::oid;

/// Something that takes arguments of these types, as many as are given.
pub(super) trait Candidate {
    fn arguments(&self) -> &[u32];
}

/// What came out of choosing.
pub(super) enum Chosen<T> {
    One(T),
    None,
    Several,
}

/// The best for arguments of these types.
pub(super) fn choose<T: Candidate>(names: Names<'_>, candidates: Vec<T>, given: &[u32]) -> Chosen<T> {
    let matches = |candidate: &T| names.can_coerce(given, &candidate.arguments()[..given.len()], Coercion::Implicit);
    let mut fitting: Vec<T> = candidates.into_iter().filter(matches).collect();
    match fitting.len() {
        0 => return Chosen::None,
        1 => {}
        _ => {
            let Some(best) = select(names, &fitting, given) else { return Chosen::Several };
            fitting.swap(0, best);
        }
    }
    fitting.into_iter().next().map_or(Chosen::None, Chosen::One)
}

/// The place of the best of several that fit.
fn select<T: Candidate>(names: Names<'_>, candidates: &[T], given: &[u32]) -> Option<usize> {
    let bases: Vec<u32> = given.iter().map(|oid| if *oid == oid::UNKNOWN { *oid } else { names.base(*oid) }).collect();
    let argument = |place: usize, number: usize| candidates[place].arguments()[number];
    let mut left: Vec<usize> = (0..candidates.len()).collect();

    // Those with the most exact matches, a domain counting as its base type.
    keep_best(&mut left, |place| {
        (0..bases.len()).filter(|number| bases[*number] != oid::UNKNOWN && argument(place, *number) == bases[*number]).count()
    });
    if let [only] = left[..] {
        return Some(only);
    }

    // Those with the most exact matches or preferred types where there is none.
    let categories: Vec<u8> = bases.iter().map(|base| names.category(*base)).collect();
    let prefers = |oid: u32, category: u8| names.category(oid) == category && names.is_preferred(oid);
    keep_best(&mut left, |place| {
        let counts = |number: &usize| {
            let oid = argument(place, *number);
            bases[*number] != oid::UNKNOWN && (oid == bases[*number] || prefers(oid, categories[*number]))
        };
        (0..bases.len()).filter(counts).count()
    });
    if let [only] = left[..] {
        return Some(only);
    }

    // Unknown literals take the category that the candidates agree on, text before all others.
    let unknown: Vec<usize> = (0..bases.len()).filter(|number| bases[*number] == oid::UNKNOWN).collect();
    if unknown.is_empty() {
        return None;
    }
    if let Some(kept) = by_categories(names, &left, &unknown, &argument) {
        left = kept;
        if let [only] = left[..] {
            return Some(only);
        }
    }

    // Where all known arguments are of one type, unknown ones are taken to be of it too.
    if unknown.len() < bases.len() {
        let mut known = bases.iter().copied().filter(|base| *base != oid::UNKNOWN);
        let first = known.next()?;
        if known.all(|other| other == first) {
            let assumed = vec![first; bases.len()];
            let mut fitting = left
                .iter()
                .copied()
                .filter(|place| names.can_coerce(&assumed, &candidates[*place].arguments()[..bases.len()], Coercion::Implicit));
            if let (Some(only), None) = (fitting.next(), fitting.next()) {
                return Some(only);
            }
        }
    }
    None
}

fn keep_best(places: &mut Vec<usize>, score: impl Fn(usize) -> usize) {
    let scores: Vec<usize> = places.iter().map(|place| score(*place)).collect();
    let best = scores.iter().copied().max().unwrap_or_default();
    let mut scores = scores.into_iter();
    places.retain(|_| scores.next() == Some(best));
}

/// The candidates whose types at the unknown places are of the categories chosen for them; `None` where no category can be chosen.
fn by_categories(names: Names<'_>, left: &[usize], unknown: &[usize], argument: &impl Fn(usize, usize) -> u32) -> Option<Vec<usize>> {
    let mut slots = Vec::with_capacity(unknown.len());
    for number in unknown {
        let mut categories = left.iter().map(|place| names.category(argument(*place, *number)));
        let first = categories.next()?;
        let mut has_text = first == b'S';
        let mut agree = true;
        for category in categories {
            has_text |= category == b'S';
            agree &= category == first;
        }
        let category = match (has_text, agree) {
            (true, _) => b'S',
            (false, true) => first,
            (false, false) => return None,
        };
        let prefers = |place: &usize| {
            let oid = argument(*place, *number);
            names.category(oid) == category && names.is_preferred(oid)
        };
        slots.push((*number, category, left.iter().any(prefers)));
    }
    let keeps = |place: &usize| {
        slots.iter().all(|(number, category, has_preferred)| {
            let oid = argument(*place, *number);
            names.category(oid) == *category && (!has_preferred || names.is_preferred(oid))
        })
    };
    let kept: Vec<usize> = left.iter().copied().filter(keeps).collect();
    // If none is left, all stay.
    Some(if kept.is_empty() { left.to_vec() } else { kept })
}

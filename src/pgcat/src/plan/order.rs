//! In which order the items of a group are joined.
//!
//! Each item is tried as the first; the others follow in the order of what each adds to the cost, which is counted in rows touched. What
//! is looked up by constants in a unique index so comes first, then what is looked up by what is known, and cross products come last.

use std::collections::HashMap;

use super::Estimate;
use super::access;
use super::group::{Expected, Group, Item, ItemKind};
use super::registers::Registers;
use crate::query::Register;

/// With more items than this, only the best few of them are tried as the first.
const ITEMS_TRIED: usize = 6;
const STARTS_TRIED: usize = 3;
/// How many items and conditions are looked at on the way from one start. Behind that the items follow as they are written: so many are
/// never joined by hand, and nobody should wait for their order.
const WORK_MAX: usize = 1_000_000;

/// How much of the rows is thought to fulfil an equality, and any other condition.
const EQUALITY_SELECTIVITY: f64 = 0.05;
const OTHER_SELECTIVITY: f64 = 0.5;

/// What a function in FROM is thought to return.
const FUNCTION_ROWS: f64 = 10.0;

/// What it costs to begin a scan anew, and to keep a row for a hash join, in rows touched.
const OPEN_COST: f64 = 0.5;
const KEEP_COST: f64 = 3.0;

/// An item in its turn.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub item: usize,
    /// Whether its rows are kept in a hash table, instead of being looked for anew for each row before it.
    pub is_hashed: bool,
}

/// The order of the items of a group, with what is expected of the whole.
pub(super) struct Order {
    pub steps: Vec<Step>,
    pub estimate: Estimate,
}

/// The best order with what is available from outside the group.
pub(super) fn order(group: &Group, available: &Registers) -> Order {
    let search = Search::new(group, available);
    let mut starts: Vec<(usize, f64)> = Vec::new();
    for (place, item) in group.items.iter().enumerate() {
        if !item.is_optional && item.needs.is_within(available) {
            starts.push((place, estimate(group, item, available).cost));
        }
    }
    if group.items.len() > ITEMS_TRIED {
        starts.sort_by(|left, right| left.1.total_cmp(&right.1));
        starts.truncate(STARTS_TRIED);
    }
    let orders = starts.into_iter().map(|(start, _)| search.order_from(start));
    let best = orders.min_by(|left, right| left.estimate.cost.total_cmp(&right.estimate.cost));
    best.unwrap_or(Order { steps: Vec::new(), estimate: Estimate::new(1.0, 0.0) })
}

/// The search for the order of one group.
struct Search<'a> {
    group: &'a Group,
    available: &'a Registers,
    /// For each item whose rows can be kept, what is expected of it alone.
    kept: Vec<Option<Estimate>>,
    /// For each item, how many registers are missing before it can be read.
    missing: Vec<usize>,
    /// For each of these registers, the items that need it.
    needed_by: HashMap<Register, Vec<usize>>,
}

impl<'a> Search<'a> {
    fn new(group: &'a Group, available: &'a Registers) -> Self {
        let alone = |item: &Item| item.can_be_kept(available).then(|| estimate(group, item, &Registers::default()));
        let mut needed_by: HashMap<Register, Vec<usize>> = HashMap::new();
        for (place, item) in group.items.iter().enumerate() {
            let missing = item.needs.iter().filter(|register| !available.contains(*register));
            missing.for_each(|register| needed_by.entry(register).or_default().push(place));
        }
        let mut missing = vec![0; group.items.len()];
        needed_by.values().flatten().for_each(|item| missing[*item] += 1);
        Self { group, available, kept: group.items.iter().map(alone).collect(), missing, needed_by }
    }

    fn order_from(&self, start: usize) -> Order {
        let items = &self.group.items;
        let mut filled = self.available.clone();
        let mut estimate = Estimate::new(1.0, 0.0);
        let mut steps = Vec::with_capacity(items.len());
        let mut rest: Vec<usize> = (0..items.len()).collect();
        let mut missing = self.missing.clone();
        // What is expected of each item changes only when something is filled that its conditions read.
        let mut expected: Vec<Option<Estimate>> = vec![None; items.len()];
        let mut work = 0;
        let mut next = Some((Step { item: start, is_hashed: false }, self.looped(start, &filled, &mut expected, estimate)));
        while let Some((step, after)) = next {
            steps.push(step);
            filled.add(&items[step.item].fills);
            rest.retain(|item| *item != step.item);
            let needed_by = items[step.item].fills.iter().filter_map(|register| self.needed_by.get(&register));
            needed_by.flatten().for_each(|item| missing[*item] -= 1);
            estimate = after;
            if work < WORK_MAX {
                for item in self.group.related(step.item) {
                    work += items[item].work();
                    expected[item] = None;
                }
            } else {
                expected.fill(None);
            }
            let possible = rest.iter().copied().filter(|item| missing[*item] == 0);
            let tried = possible.take(if work < WORK_MAX { usize::MAX } else { 1 });
            let choices = tried.flat_map(|item| {
                work += 1;
                self.choices(item, self.looped(item, &filled, &mut expected, estimate), estimate)
            });
            next = choices.min_by(|left, right| weight(&left.1).total_cmp(&weight(&right.1)));
        }
        Order { steps, estimate }
    }

    /// The ways to join an item to rows, with what comes of each: in a loop, or with its rows kept.
    fn choices(&self, item: usize, looped: Estimate, before: Estimate) -> impl Iterator<Item = (Step, Estimate)> + use<> {
        let hashed = self.kept[item].map(|alone| {
            let cost = alone.cost + alone.rows * KEEP_COST + before.rows + looped.rows;
            (Step { item, is_hashed: true }, Estimate::new(looped.rows, before.cost + cost))
        });
        std::iter::once((Step { item, is_hashed: false }, looped)).chain(hashed)
    }

    /// What comes of looking for an item's rows anew for each row before it.
    fn looped(&self, item: usize, filled: &Registers, expected: &mut [Option<Estimate>], before: Estimate) -> Estimate {
        let each = *expected[item].get_or_insert_with(|| estimate(self.group, &self.group.items[item], filled));
        let rows = before.rows * if self.group.items[item].is_optional { each.rows.max(1.0) } else { each.rows };
        Estimate::new(rows, before.cost + before.rows * (each.cost + OPEN_COST))
    }
}

/// What decides between next items: what it costs, and with how many rows the others will have to deal.
fn weight(after: &Estimate) -> f64 {
    after.cost + after.rows
}

/// What is expected of an item with what is filled.
fn estimate(group: &Group, item: &Item, filled: &Registers) -> Estimate {
    let base = match &item.kind {
        ItemKind::Relation(scan) => {
            let all = scan.relation.count() as f64;
            let rows = access::choose(&*scan.relation, &item.keys, filled).map_or(all, |choice| choice.rows.min(all));
            Estimate::new(rows, rows)
        }
        ItemKind::Function(_) => Estimate::new(FUNCTION_ROWS, FUNCTION_ROWS),
        ItemKind::Query(scan) => scan.query.estimate,
        ItemKind::Cte(_, rows) => Estimate::new(*rows, *rows),
        // Its conditions are its own, so that those of this group say nothing of it.
        ItemKind::Group { expected, .. } => return expected.with(&item.needs, filled),
        ItemKind::Full { expected, .. } => expected.with(&item.needs, filled),
    };
    let conditions = item.conditions.iter().map(|place| &group.conditions[*place]);
    let conditions = conditions.filter(|condition| !condition.is_volatile && condition.needs.is_within_either(filled, &item.fills));
    // What an index finds is not asked again: its keys are among the equalities, and have already made the rows few.
    let is_looked_up = base.rows < whole(item);
    let selectivity: f64 = conditions
        .map(|condition| match (&condition.sides, is_looked_up) {
            (Some(_), true) => 1.0,
            (Some(_), false) => EQUALITY_SELECTIVITY,
            (None, _) => OTHER_SELECTIVITY,
        })
        .product();
    Estimate::new((base.rows * selectivity).max(0.1), base.cost)
}

fn whole(item: &Item) -> f64 {
    match &item.kind {
        ItemKind::Relation(scan) => scan.relation.count() as f64,
        _ => 0.0,
    }
}

impl Expected {
    pub fn of_group(group: &Group, needs: &Registers) -> Self {
        Self::of(needs, |available| order(group, available).estimate)
    }

    /// Of a full join.
    pub fn of_full(left: &Group, right: &Group, needs: &Registers) -> Self {
        Self::of(needs, |available| {
            let (left, right) = (order(left, available).estimate, order(right, available).estimate);
            Estimate::new(left.rows + right.rows, left.cost + right.cost * KEEP_COST)
        })
    }

    fn of(needs: &Registers, estimate: impl Fn(&Registers) -> Estimate) -> Self {
        let with_needs = estimate(needs);
        Self { with_needs, alone: if needs.is_empty() { with_needs } else { estimate(&Registers::default()) } }
    }

    fn with(&self, needs: &Registers, filled: &Registers) -> Estimate {
        if needs.is_within(filled) { self.with_needs } else { self.alone }
    }
}

impl Item {
    /// Whether its rows are the same for all rows before it, but for conditions, so that they can be kept.
    fn can_be_kept(&self, available: &Registers) -> bool {
        match &self.kind {
            ItemKind::Group { group, .. } => {
                let known = group.fills().union(available);
                group.items.iter().all(|item| item.needs.is_within(&known))
            }
            _ => self.needs.is_within(available),
        }
    }

    /// How much there is to look at for an estimate of it.
    fn work(&self) -> usize {
        1 + self.conditions.len() + self.keys.len()
    }
}

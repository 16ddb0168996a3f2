//! In which order the items of a group are joined.
//!
//! Each item is tried as the first; the others follow in the order of what each adds to the cost, which is counted in rows touched. What
//! is looked up by constants in a unique index so comes first, then what is looked up by what is known, and cross products come last.

use super::Estimate;
use super::access;
use super::group::{Group, Item, ItemKind};
use super::registers::Registers;

/// With more items than this, only the best few of them are tried as the first.
const ITEMS_TRIED: usize = 6;
const STARTS_TRIED: usize = 3;

/// How much of the rows is thought to fulfil an equality, and any other condition.
const EQUALITY_SELECTIVITY: f64 = 0.05;
const OTHER_SELECTIVITY: f64 = 0.5;

/// What a function in FROM is thought to return.
const FUNCTION_ROWS: f64 = 10.0;
const CTE_ROWS: f64 = 100.0;

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
    let orders = starts.into_iter().map(|(start, _)| order_from(group, available, start));
    let best = orders.min_by(|left, right| left.estimate.cost.total_cmp(&right.estimate.cost));
    best.unwrap_or(Order { steps: Vec::new(), estimate: Estimate::new(1.0, 0.0) })
}

fn order_from(group: &Group, available: &Registers, start: usize) -> Order {
    let mut filled = available.clone();
    let mut estimate = Estimate::new(1.0, 0.0);
    let mut steps: Vec<Step> = Vec::new();
    let mut next = Some((Step { item: start, is_hashed: false }, joined(group, start, &filled, estimate, false)));
    while let Some((step, after)) = next {
        steps.push(step);
        filled.add(&group.items[step.item].fills);
        estimate = after;
        let rest = (0..group.items.len()).filter(|item| steps.iter().all(|step| step.item != *item));
        let possible = rest.filter(|item| group.items[*item].needs.is_within(&filled));
        let tried = possible.flat_map(|item| {
            let looped = Some((Step { item, is_hashed: false }, joined(group, item, &filled, estimate, false)));
            let can_hash = group.items[item].can_be_kept(available);
            let hashed = can_hash.then(|| (Step { item, is_hashed: true }, joined(group, item, &filled, estimate, true)));
            looped.into_iter().chain(hashed)
        });
        next = tried.min_by(|left, right| weight(&left.1).total_cmp(&weight(&right.1)));
    }
    Order { steps, estimate }
}

/// What decides between next items: what it costs, and with how many rows the others will have to deal.
fn weight(after: &Estimate) -> f64 {
    after.cost + after.rows
}

/// What comes of joining an item to rows.
fn joined(group: &Group, item: usize, filled: &Registers, before: Estimate, is_hashed: bool) -> Estimate {
    let item = &group.items[item];
    let looped = estimate(group, item, filled);
    let rows = if item.is_optional { before.rows * looped.rows.max(1.0) } else { before.rows * looped.rows };
    let cost = if is_hashed {
        let alone = estimate(group, item, &Registers::default());
        alone.cost + alone.rows * KEEP_COST + before.rows + rows
    } else {
        before.rows * (looped.cost + OPEN_COST)
    };
    Estimate::new(rows, before.cost + cost)
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
        ItemKind::Cte(_) => Estimate::new(CTE_ROWS, CTE_ROWS),
        // Its conditions are its own, so that those of this group say nothing of it.
        ItemKind::Group(inner) => return order(inner, filled).estimate,
        ItemKind::Full { left, right, .. } => {
            let (left, right) = (order(left, filled).estimate, order(right, filled).estimate);
            Estimate::new(left.rows + right.rows, left.cost + right.cost * KEEP_COST)
        }
    };
    let conditions = group.conditions.iter().filter(|condition| {
        !condition.is_volatile && condition.needs.is_within_either(filled, &item.fills) && !condition.needs.is_within(filled)
    });
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

impl Item {
    /// Whether its rows are the same for all rows before it, but for conditions, so that they can be kept.
    fn can_be_kept(&self, available: &Registers) -> bool {
        match &self.kind {
            ItemKind::Group(group) => group.items.iter().all(|item| item.needs.is_within(&group.fills().union(available))),
            _ => self.needs.is_within(available),
        }
    }
}

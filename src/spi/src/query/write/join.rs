//! Joins.

use super::Writer;
use crate::query::select::Select;
use crate::query::{Expr, ExprKind, Function, JoinKind, Query};

impl Writer<'_> {
    pub(super) fn join(&mut self, left: &Query, right: &Query, kind: JoinKind, condition: Option<&Expr>) -> Option<Select> {
        let (left, right) = (self.select(left)?, self.select(right)?);
        if kind == JoinKind::Full && !(self.dialect.has_full_join() && condition.is_some_and(|on| equates(on, left.columns.len()))) {
            return None;
        }
        let left = self.side(left, matches!(kind, JoinKind::Right | JoinKind::Full));
        let right = self.side(right, matches!(kind, JoinKind::Left | JoinKind::Full));
        let columns = [left.columns.clone(), right.columns.clone()].concat();
        let on = match condition {
            Some(condition) => self.condition(condition, &columns)?,
            None => self.dialect.boolean(true),
        };
        let word = match kind {
            JoinKind::Semi | JoinKind::Anti | JoinKind::Mark => {
                let matching = Select { conditions: [right.conditions, vec![on]].concat(), ..right }.exists();
                return Some(match kind {
                    JoinKind::Mark => {
                        let mark = self.dialect.truth(format!("({matching})"));
                        Select { columns: [left.columns, vec![mark]].concat(), plain: false, ..left }
                    }
                    JoinKind::Anti => Select { conditions: [left.conditions, vec![format!("NOT {matching}")]].concat(), ..left },
                    _ => Select { conditions: [left.conditions, vec![matching]].concat(), ..left },
                });
            }
            JoinKind::Inner => "INNER",
            JoinKind::Left => "LEFT",
            JoinKind::Right => "RIGHT",
            JoinKind::Full => "FULL",
        };
        let conditions = [left.conditions, right.conditions].concat();
        let from = format!("({} {word} JOIN {} ON {on})", left.from, right.from);
        Some(Select { from, columns, conditions, plain: left.plain && right.plain, ..Select::default() })
    }

    /// A SELECT as it may stand on a side of a join. Where its rows can be absent, conditions and computed columns stay inside.
    fn side(&mut self, select: Select, absent: bool) -> Select {
        let fits = select.is_open() && (!absent || select.plain && select.conditions.is_empty());
        let select = Select { order: if select.limit.is_some() { select.order } else { Vec::new() }, ..select };
        if fits { select } else { self.wrap(select) }
    }
}

/// Whether a condition says nothing but that columns of the left side, of which there are so many, are equal to columns of the right.
/// Servers have FULL JOIN for such conditions only.
fn equates(condition: &Expr, left: usize) -> bool {
    let ExprKind::Call(function, arguments) = &condition.kind else { return false };
    match (function, arguments.as_slice()) {
        (Function::And, parts) => parts.iter().all(|part| equates(part, left)),
        (Function::Equal, [one, other]) => match (&one.kind, &other.kind) {
            (ExprKind::Column(one_place), ExprKind::Column(other_place)) => {
                (*one_place < left) != (*other_place < left) && one.data_type == other.data_type
            }
            _ => false,
        },
        _ => false,
    }
}

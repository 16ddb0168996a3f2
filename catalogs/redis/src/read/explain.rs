//! What a read asks of the servers, for EXPLAIN: the commands for the first key, or those of the walk with `<key>` for each key that it
//! finds. Nobody is asked.

use spi::connector::ReadRequest;

use super::commands;
use super::wanted::{Question, Wanted};
use crate::layout::{self, Table};
use crate::predicate::{self, Keys};
use crate::recipe;
use crate::scan::Scan;

/// Stands for each key that a walk finds.
const KEY: &[u8] = b"<key>";

/// The commands with semicolons between them; `None` where nothing is asked.
pub(crate) fn explain(delimiter: &str, sees_all: bool, request: &ReadRequest) -> Option<String> {
    let table = recipe::read(&request.table, request.recipe.as_deref()?).ok()?;
    let database = layout::database(&request.schema)?;
    let wanted = Wanted::new(&table, &request.columns);
    let mut shown: Vec<String> = (database != 0).then(|| format!("SELECT {database}")).into_iter().collect();
    match predicate::wanted(&request.predicates)?.of(&table.pattern, delimiter) {
        Keys::All => {
            shown.push(commands::shown(&Scan::of(table.kind, table.pattern.glob(delimiter)).command()?));
            of_key(&table, &wanted, KEY, sees_all, &mut shown);
        }
        Keys::These(keys) => {
            let first = keys.first()?;
            of_key(&table, &wanted, first, false, &mut shown);
            if keys.len() > 1 {
                shown.push(format!("and for {} more keys", keys.len() - 1));
            }
        }
    }
    Some(shown.join("; "))
}

fn of_key(table: &Table, wanted: &Wanted, key: &[u8], is_seen: bool, shown: &mut Vec<String>) {
    let names = wanted.names();
    let asked = match wanted.question(table.kind, is_seen) {
        Question::Nothing => Vec::new(),
        Question::Fields => vec![commands::fields(key, &names), commands::ttl(key)],
        Question::Length => vec![commands::length(table.kind, key), commands::ttl(key)],
        Question::Whole => {
            vec![commands::length(table.kind, key), commands::ttl(key), commands::whole(table.kind, key, None)]
        }
    };
    shown.extend(asked.iter().map(commands::shown));
}

//! What a read asks of the servers, for EXPLAIN: the commands for the first key, or those of the walk with `<key>` for each key that it
//! finds. Nobody is asked.

use spi::connector::ReadRequest;

use super::commands;
use super::held::SHORT_BYTES;
use super::wanted::{Question, Wanted};
use crate::kind::Kind;
use crate::layout::{self, Table};
use crate::predicate::{self, Keys};
use crate::recipe;
use crate::scan::Scan;

/// Stands for each key that a walk finds.
const KEY: &[u8] = b"<key>";

/// The commands with semicolons between them; `None` where nothing is asked.
pub(crate) fn explain(sees_all: bool, request: &ReadRequest) -> Option<String> {
    let table = recipe::read(&request.table, request.recipe.as_deref()?).ok()?;
    let database = layout::database(&request.schema)?;
    let wanted = Wanted::new(&table, &request.columns);
    let mut shown: Vec<String> = (database != 0).then(|| format!("SELECT {database}")).into_iter().collect();
    match predicate::wanted(&request.predicates)?.of(&table.members) {
        Keys::All => {
            shown.push(commands::shown(&Scan::of(Some(table.kind), table.members.glob()).command()?));
            of_key(&table, &wanted, KEY, Some(sees_all), &mut shown);
        }
        Keys::These(keys) => {
            let first = keys.first()?;
            of_key(&table, &wanted, first, None, &mut shown);
            if keys.len() > 1 {
                shown.push(format!("and for {} more keys", keys.len() - 1));
            }
        }
    }
    Some(shown.join("; "))
}

/// What is asked of a key. Of one that a walk has found it is said whether walks show the login every key.
fn of_key(table: &Table, wanted: &Wanted, key: &[u8], scanned: Option<bool>, shown: &mut Vec<String>) {
    let question = wanted.question(table.kind, scanned == Some(true));
    let length = || commands::length(table.kind, key);
    let mut asked = match question {
        Question::Nothing => return,
        Question::Fields => vec![commands::fields(key, wanted.names())],
        Question::Beginning => vec![commands::beginning(key, SHORT_BYTES)],
        Question::Length | Question::Whole => vec![length()],
    };
    let may_be_empty = match question {
        Question::Fields | Question::Beginning => scanned.is_none(),
        _ => table.kind == Kind::String,
    };
    if may_be_empty && !wanted.ttl {
        asked.push(commands::exists(key));
    }
    if wanted.ttl {
        asked.push(commands::ttl(key));
    }
    if question == Question::Whole {
        asked.push(commands::whole(table.kind, key, None));
    }
    shown.extend(asked.iter().map(commands::shown));
    if question == Question::Beginning {
        shown.push("and for longer values STRLEN, EXISTS and GET".to_owned());
    }
}

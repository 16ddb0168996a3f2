//! Which tables have changed since an earlier harvest, by the metastore's own log of changes.
//!
//! What the log does not say for certain counts as changed. Tables that are there no more, or under another name, need no word of it: a
//! harvest lists the names of all tables anyway.

use std::collections::BTreeSet;

use hive_metastore::NotificationEvent;
use spi::Result;

use crate::client::Client;
use crate::questions;

/// After more changes everything is asked for: each is told with the whole table, so that a thousand of them are some megabytes.
const CHANGES_MAX: usize = 1000;

/// A database's and a table's name.
pub(crate) type Name = (String, String);

/// Changes that concern no metadata of tables.
const UNRELATED: [&str; 5] = ["OPEN_TXN", "COMMIT_TXN", "ABORT_TXN", "CREATE_FUNCTION", "DROP_FUNCTION"];

/// Changes that concern the keys of other tables too.
const OF_KEYS: [&str; 3] = ["ADD_PRIMARYKEY", "ADD_FOREIGNKEY", "DROP_CONSTRAINT"];

/// The tables that have changed since the harvest with this fingerprint; `None` where any may have.
pub(crate) async fn since(client: &Client, fingerprint: &str) -> Result<Option<BTreeSet<Name>>> {
    let Ok(last) = fingerprint.parse() else { return Ok(None) };
    match questions::events_since(client, last, CHANGES_MAX as i32 + 1).await {
        Ok(events) => Ok(tables(last, events)),
        // A user who may not see the changes, or a server that has forgotten them.
        Err(failure) if failure.is_refusal() => Ok(None),
        Err(failure) => Err(failure.into_error(client, "read the changes of")),
    }
}

/// The tables that the events after the last one concern; `None` if some events are missing, or concern more than tables.
fn tables(last: i64, mut events: Vec<NotificationEvent>) -> Option<BTreeSet<Name>> {
    if events.is_empty() || events.len() > CHANGES_MAX {
        return None;
    }
    events.sort_unstable_by_key(|event| event.event_id);
    // The metastore numbers without gaps, and deletes what is old.
    if events.iter().zip(1..).any(|(event, place)| event.event_id.checked_sub(last) != Some(place)) {
        return None;
    }
    let mut tables = BTreeSet::new();
    for event in &events {
        let kind = event.event_type.as_str();
        if UNRELATED.contains(&kind) {
            continue;
        }
        match (&event.db_name, &event.table_name) {
            (Some(database), Some(table)) if !OF_KEYS.contains(&kind) => {
                // Told as somebody wrote them, and kept in lower case.
                tables.insert((database.to_lowercase(), table.to_lowercase()));
            }
            _ => return None,
        }
    }
    Some(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_id: i64, event_type: &'static str, table: Option<&'static str>) -> NotificationEvent {
        let (db_name, table_name) = (Some("Shop".into()), table.map(Into::into));
        NotificationEvent { event_id, event_type: event_type.into(), db_name, table_name, ..NotificationEvent::default() }
    }

    #[test]
    fn events_say_which_tables_have_changed() {
        let events = vec![event(8, "ADD_PARTITION", Some("T")), event(7, "OPEN_TXN", None), event(9, "CREATE_TABLE", Some("u"))];
        let name = |table: &str| ("shop".to_owned(), table.to_owned());
        assert_eq!(tables(6, events), Some(BTreeSet::from([name("t"), name("u")])));
    }

    #[test]
    fn what_is_not_certain_is_everything() {
        for (events, why) in [
            (vec![], "the log was begun anew"),
            (vec![event(8, "CREATE_TABLE", Some("t"))], "an event is missing"),
            (vec![event(7, "ALTER_DATABASE", None)], "not a table"),
            (vec![event(7, "ADD_FOREIGNKEY", Some("t"))], "two tables"),
            ((0..1001).map(|place| event(7 + place, "ALTER_TABLE", Some("t"))).collect(), "too many"),
        ] {
            assert_eq!(tables(6, events), None, "{why}");
        }
    }
}

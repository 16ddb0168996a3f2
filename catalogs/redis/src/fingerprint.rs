//! Says whether any key may have changed, by the counters that the servers keep: one INFO for each server.
//!
//! A server counts its changes since it last saved its data, and how often it has done that; keys that it drops by itself are counted
//! apart. Caches change all the time, and are then sampled at every refresh.

use redis::Value;
use spi::Result;

use crate::failure::is_forbidden;
use crate::info;
use crate::nodes;
use crate::pool::Pool;
use crate::reply;

/// What is another one after a restart, or after a change.
const FIELDS: [&str; 6] = ["run_id", "rdb_saves", "rdb_last_save_time", "rdb_changes_since_last_save", "expired_keys", "evicted_keys"];

/// Without these two nothing is known of changes: what speaks the protocol does not always count them.
const NEEDED: [&str; 2] = ["run_id", "rdb_changes_since_last_save"];

/// The fingerprint of all servers; `None` where one does not tell it, or not to this user.
pub(crate) async fn fingerprint(pool: &std::sync::Arc<Pool>) -> Result<Option<String>> {
    let what = "look for changes";
    let mut session = pool.session(what.to_owned()).await?;
    let mut fingerprint = String::new();
    for node in nodes::nodes(&mut session).await? {
        let mut lease = session.lease(&node.address, 0).await?;
        let mut pipeline = redis::pipe();
        pipeline.cmd("INFO");
        let text = match lease.ask(&pipeline, what).await?.pop() {
            Some(Value::ServerError(error)) if is_forbidden(&error) => return Ok(None),
            Some(Value::ServerError(error)) => return Err(lease.refusal(&error, what)),
            answer => answer.and_then(reply::bytes).ok_or_else(|| lease.unexpected("INFO"))?,
        };
        lease.finish();
        let text = String::from_utf8_lossy(&text);
        let Some(values) = counters(&text) else { return Ok(None) };
        fingerprint.push_str(&format!("{}={values};", node.address));
    }
    Ok(Some(fingerprint))
}

/// The counters of one server, if it has those that are needed.
fn counters(text: &str) -> Option<String> {
    let known: Vec<(&str, &str)> = info::fields(text).filter(|(name, _)| FIELDS.contains(name)).collect();
    let has = |needed: &&str| known.iter().any(|(name, _)| name == needed);
    NEEDED.iter().all(has).then(|| known.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_count_changes_says_nothing() {
        assert_eq!(counters("run_id:a\r\nrdb_changes_since_last_save:3\r\nother:1\r\nexpired_keys:2\r\n").as_deref(), Some("a,3,2"));
        assert_eq!(counters("run_id:a\r\nexpired_keys:2\r\n"), None);
    }
}

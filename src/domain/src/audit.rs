//! Who did what: the actor of a change, and its entry in the audit journal.

use std::time::Instant;

use spi::Result;
use store::journal::JournalEntry;
use tracing::error;

use crate::services::Services;
use crate::time;

/// Who makes a change, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub role: String,
    pub superuser: bool,
    pub session_pid: i32,
    pub client_addr: String,
    /// The database that the session is connected to.
    pub database: String,
}

/// Writes one entry to the audit journal: what was asked for, and the revision that it became or the error that it met.
///
/// `arguments` is JSON in which the caller has masked every secret. A journal that cannot be written does not undo what
/// was done and does not hide its result: the log says so, as somebody must act.
pub async fn record(
    services: &Services,
    actor: &Actor,
    action: &str,
    object: Option<&str>,
    arguments: Option<String>,
    started: Instant,
    outcome: &Result<Option<u64>>,
) {
    let (revision, failure) = match outcome {
        Ok(revision) => (*revision, None),
        Err(error) => (None, Some(error)),
    };
    let entry = JournalEntry {
        seq: 0,
        at: time::now(),
        role_name: actor.role.clone(),
        session_pid: Some(actor.session_pid),
        client_addr: Some(actor.client_addr.clone()),
        database: Some(actor.database.clone()),
        action: action.to_owned(),
        object: object.map(str::to_owned),
        arguments,
        sqlstate: failure.map(|error| error.code.sqlstate().to_owned()),
        message: failure.map(|error| error.to_string()),
        revision,
        change_id: None,
        elapsed_ms: started.elapsed().as_secs_f64() * 1000.0,
    };
    if let Err(error) = services.journal.append(&entry).await {
        error!(action, role = %actor.role, %error, "audit entry could not be written");
    }
}

#[cfg(test)]
mod tests {
    use spi::Error;
    use store::journal::JournalFilter;

    use super::*;
    use crate::testing::{self, superuser};

    #[tokio::test]
    async fn what_was_done_and_what_was_refused_is_written_down() {
        let services = testing::start().await;
        let arguments = Some(r#"{"name": "shop"}"#.to_owned());
        let (started, admin) = (Instant::now(), superuser());
        record(&services, &admin, "create_datasource", Some("shop"), arguments.clone(), started, &Ok(Some(7))).await;
        let refused = Err(Error::exists("data source", "shop").detail("There is one."));
        record(&services, &admin, "create_datasource", Some("shop"), arguments.clone(), started, &refused).await;

        let entries = services.journal.read(&JournalFilter::default()).await.expect("the journal");
        let [done, refused] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!((done.role_name.as_str(), done.session_pid, done.revision), ("admin", Some(1), Some(7)));
        assert_eq!((done.action.as_str(), done.object.as_deref(), &done.arguments), ("create_datasource", Some("shop"), &arguments));
        assert_eq!((done.sqlstate.as_deref(), refused.sqlstate.as_deref(), refused.revision), (None, Some("42710"), None));
        assert_eq!(refused.message.as_deref(), Some("data source \"shop\" already exists (There is one.)"));
    }
}

//! Whether anything may have changed since the last harvest: one question, whose cost does not grow with the tables.
//!
//! A metastore that runs Hive's `DbNotificationListener` numbers its changes. One that does not says 0, and every refresh harvests.

use spi::Result;

use crate::client::Client;
use crate::questions;

pub(crate) async fn fingerprint(client: &Client) -> Result<Option<String>> {
    match questions::latest_event(client).await {
        Ok(0) => Ok(None),
        Ok(event) => Ok(Some(event.to_string())),
        // A user who may not see the changes.
        Err(failure) if failure.is_refusal() => Ok(None),
        Err(failure) => Err(failure.into_error(client, "look for changes of")),
    }
}

//! `metagate role reset-password NAME`: the way back in, for whoever may read the data folder.

use domain::access;
use spi::{Result, Secret};
use store::{DataLock, Store};

use crate::config::Config;
use crate::password;
use crate::serve::open_backend;

/// Gives a role a new random password. Works only while no gateway holds the data folder.
pub async fn reset_password(config: &Config, role: &str) -> Result<Secret<String>> {
    let _lock = DataLock::acquire(&config.data)?;
    let store = Store::open(open_backend(&config.store).await?, "reset-password").await?;
    let password = password::random();
    access::reset_password(&store, role, &password).await?;
    store.close().await;
    Ok(password)
}

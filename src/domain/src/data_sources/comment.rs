//! `comment`: what a source is for. It holds at once and makes no version.

use std::time::Instant;

use spi::Result;

use super::edit::{Edited, apply};
use super::state::require_not_dropped;
use super::{Outcome, check};
use crate::access;
use crate::audit::Actor;
use crate::services::Services;

/// Sets the comment, or removes it.
pub async fn comment(services: &Services, actor: &Actor, name: &str, text: Option<String>) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "comment on data sources")?;
    check::comment(text.as_deref())?;
    let applied = apply(services, actor, name, move |_, source| {
        require_not_dropped(source)?;
        let changed = source.comment != text;
        source.comment = text.clone();
        Ok(Edited::source(source, changed))
    });
    applied.await?.outcome(services, started, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::get;
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn a_comment_is_set_and_removed_without_a_version() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let now = || get(&services.store.replica(), "shop").expect("the source");
        let text = || Some("orders".to_owned());
        assert!(comment(&services, &superuser(), "shop", text()).await.expect("set").changed);
        assert_eq!((now().comment, now().current_version), (text(), 1));
        assert!(!comment(&services, &superuser(), "shop", text()).await.expect("as it is").changed);
        assert!(comment(&services, &superuser(), "shop", None).await.expect("removed").changed);
        assert_eq!(now().comment, None);
        assert_eq!(failure(comment(&services, &superuser(), "shop", Some("x".repeat(20_000))).await).0, "54000");
        assert_eq!(failure(comment(&services, &actor("bob"), "shop", None).await).0, "42501");
    }
}

//! Named places at which a test can make the process die, as a kill or a power cut would.
//!
//! "Nothing is lost and nothing is half done" is about the moments between two writes. A test cannot hit those with a
//! signal, so it starts a gateway with `METAGATE_FAILPOINT=store.append.after` and lets it abort right there: no
//! destructor runs, no buffer is flushed, no reply is sent. A release build has no fail-points at all.

/// Aborts the process if the environment variable `METAGATE_FAILPOINT` holds `name`. Nothing in a release build.
#[inline]
pub fn reach(name: &str) {
    if cfg!(debug_assertions) && std::env::var_os("METAGATE_FAILPOINT").is_some_and(|chosen| chosen == name) {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;

    use spi::Result;
    use uuid::Uuid;

    use crate::change::Op;
    use crate::committer::Committed;
    use crate::verify::verify;
    use crate::{SqliteBackend, Store};

    /// Set for the process that is to die.
    const FOLDER: &str = "METAGATE_TEST_FOLDER";
    const CHANGE_ID: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);

    #[tokio::test]
    async fn a_change_is_whole_or_never_was_wherever_the_process_dies() {
        for (point, survives) in [("store.append.before", false), ("store.append.after", true), ("store.apply.before", true)] {
            let folder = tempfile::tempdir().unwrap();
            let died = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "failpoint::tests::commits_where_it_is_told_to"])
                .env(FOLDER, folder.path())
                .env("METAGATE_FAILPOINT", point)
                .output()
                .unwrap();
            assert!(!died.status.success(), "{point} is reached");

            let store = open(folder.path()).await;
            let state = store.replica();
            assert_eq!([state.get("a").is_some(), state.get("b").is_some()], [survives; 2], "{point}");
            assert_eq!(put(&store).await.unwrap().revision, 1, "{point}: the same id is the same change");
            assert_eq!(store.history(0, 10).await.unwrap().len(), 1, "{point}");
            store.close().await;
            let backend = SqliteBackend::open(folder.path().join("store.db")).await.unwrap();
            assert_eq!(verify(&backend).await.unwrap().damage, [], "{point}");
        }
    }

    /// Does nothing unless the test above has started it in a process of its own.
    #[tokio::test]
    async fn commits_where_it_is_told_to() {
        if let Some(folder) = std::env::var_os(FOLDER) {
            put(&open(Path::new(&folder)).await).await.unwrap();
        }
    }

    async fn open(folder: &Path) -> Store {
        Store::open(Arc::new(SqliteBackend::open(folder.join("store.db")).await.unwrap()), "node").await.unwrap()
    }

    async fn put(store: &Store) -> Result<Committed> {
        store.commit("admin", CHANGE_ID, |_| Ok(vec![Op::put("a", "word", "1"), Op::put("b", "word", "1")])).await
    }
}

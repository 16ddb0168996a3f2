//! Notices commits of anyone, this process included, by asking SQLite whether the file has changed.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqlitePool};

/// How often to ask while changes come. `PRAGMA data_version` reads one number in shared memory.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// How often to ask when nothing has changed for [`BUSY_ROUNDS`].
const IDLE_PAUSE: Duration = Duration::from_millis(20);
const BUSY_ROUNDS: u32 = 200;
/// How long to wait before opening the file again when it could not be asked.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A stream that ends never and fails never: without a connection it is silent, and the listener's own poll goes on.
pub(super) fn wakeups(readers: SqlitePool) -> BoxStream<'static, ()> {
    let watcher = Watcher { readers, connection: None, version: None, quiet_rounds: 0 };
    stream::unfold(watcher, |mut watcher| async move {
        watcher.changed().await;
        Some(((), watcher))
    })
    .boxed()
}

/// The number counts per connection and does not move for a connection's own commits, so this one only ever asks.
struct Watcher {
    readers: SqlitePool,
    connection: Option<PoolConnection<Sqlite>>,
    version: Option<i64>,
    quiet_rounds: u32,
}

impl Watcher {
    async fn changed(&mut self) {
        loop {
            let pause = if self.quiet_rounds < BUSY_ROUNDS { BUSY_PAUSE } else { IDLE_PAUSE };
            tokio::time::sleep(pause).await;
            let Ok(version) = self.ask().await else {
                if let Some(mut connection) = self.connection.take() {
                    connection.close_on_drop();
                }
                tokio::time::sleep(RETRY_PAUSE).await;
                continue;
            };
            if self.version.replace(version) != Some(version) {
                self.quiet_rounds = 0;
                return;
            }
            self.quiet_rounds = self.quiet_rounds.saturating_add(1);
        }
    }

    async fn ask(&mut self) -> sqlx::Result<i64> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.readers.acquire().await?),
        };
        sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut **connection).await
    }
}

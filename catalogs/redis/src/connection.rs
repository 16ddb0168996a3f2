//! One connection: pipelines of commands go out together, and their answers come back together.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, RedisError, Value};
use spi::connector::RemoteCalls;
use tokio::task::JoinHandle;

use crate::endpoint::Address;

/// A connection is given up after this, so that a changed address, certificate or privilege is noticed.
const LIFETIME_MAX: Duration = Duration::from_secs(30 * 60);

/// An open connection. Dropping it closes the socket, whatever the server is still about to answer.
pub(crate) struct Connection {
    redis: MultiplexedConnection,
    /// Reads and writes the socket.
    driver: JoinHandle<()>,
    pub(crate) address: Address,
    opened: Instant,
    remote_calls: RemoteCalls,
}

impl Connection {
    pub(crate) fn new(redis: MultiplexedConnection, driver: JoinHandle<()>, address: Address, remote_calls: RemoteCalls) -> Self {
        Self { redis, driver, address, opened: Instant::now(), remote_calls }
    }

    /// The answers to the commands, in their order: one request. What the server says against a single command is its answer.
    pub(crate) async fn ask(&mut self, pipeline: &Pipeline) -> Result<Vec<Value>, RedisError> {
        if pipeline.is_empty() {
            return Ok(Vec::new());
        }
        self.remote_calls.count();
        self.redis.send_packed_commands(pipeline, 0, pipeline.len()).await
    }

    /// Sends the commands with the first poll. The answers wait for whoever polls again.
    pub(crate) fn send(&self, pipeline: Pipeline) -> impl Future<Output = Result<Vec<Value>, RedisError>> + Send + 'static {
        self.remote_calls.count();
        let mut redis = self.redis.clone();
        async move { redis.send_packed_commands(&pipeline, 0, pipeline.len()).await }
    }

    /// The answer to one command.
    pub(crate) async fn ask_one(&mut self, command: Cmd) -> Result<Value, RedisError> {
        self.remote_calls.count();
        self.redis.send_packed_command(&command).await
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.opened.elapsed() < LIFETIME_MAX && !self.driver.is_finished()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

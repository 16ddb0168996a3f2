//! The types of data sources that this connector serves. They differ in their name.

use std::sync::Arc;

use spi::Result;
use spi::connector::{Capabilities, Connector, ConnectorKind, OpenContext};

use crate::RedisConnector;
use crate::options::RedisOptions;

/// Commands are run as they are written, a refresh finds out at once that no key has changed, and operators may say what tables there are.
const CAPABILITIES: Capabilities = Capabilities { native_statements: true, fingerprint: true, definitions: true, ..Capabilities::NONE };

/// Data sources of type `redis`.
pub struct Redis;

/// Data sources of type `valkey`.
pub struct Valkey;

impl ConnectorKind for Redis {
    type Options = RedisOptions;
    const KIND: &'static str = "redis";
    const SUMMARY: &'static str = "A Redis server, cluster or group of sentinels, whose keys are tables by what they begin with.";
    const CAPABILITIES: Capabilities = CAPABILITIES;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&["7.0"]);

    async fn open(&self, options: RedisOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(options, context)
    }
}

impl ConnectorKind for Valkey {
    type Options = RedisOptions;
    const KIND: &'static str = "valkey";
    const SUMMARY: &'static str = "A Valkey server, by the protocol that it shares with Redis. Not tested against a server of its own.";
    const CAPABILITIES: Capabilities = CAPABILITIES;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&[]);

    async fn open(&self, options: RedisOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(options, context)
    }
}

fn open(options: RedisOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
    Ok(Arc::new(RedisConnector::new(options, context)?))
}

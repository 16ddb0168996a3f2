//! `inet_client_addr()`.

use std::net::{IpAddr, SocketAddr};

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::SessionFunction;
use crate::plan_context::PlanContext;

/// The IP address of the client; NULL over a Unix socket.
pub(super) struct InetClientAddr;

impl SessionFunction for InetClientAddr {
    const NAME: &'static str = "inet_client_addr";
    const RETURNS: PgType = PgType::new(oid::INET);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(ScalarValue::Utf8(ip(&ctx.client_addr).map(|ip| ip.to_string())))
    }
}

fn ip(address: &str) -> Option<IpAddr> {
    address.parse::<SocketAddr>().map(|address| address.ip()).or_else(|_| address.parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_no_port() {
        assert_eq!(ip("10.0.0.1:4711").map(|ip| ip.to_string()).as_deref(), Some("10.0.0.1"));
        assert_eq!(ip("[::1]:4711").map(|ip| ip.to_string()).as_deref(), Some("::1"));
        assert_eq!(ip("local"), None);
    }
}

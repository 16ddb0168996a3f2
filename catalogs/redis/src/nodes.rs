//! Which servers hold the keys: the server itself, the primary that sentinels name, or the primaries of a cluster.

use redis::Value;
use spi::{Code, Error, Result};

use crate::endpoint::{Address, Endpoint};
use crate::failure::{lost, said_no, unexpected, unreachable};
use crate::options::Mode;
use crate::pool::Session;
use crate::reply;

/// A cluster has so many slots, and every key is in one of them.
const SLOTS: u16 = 16_384;

/// A server that is to be asked, and for which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) address: Address,
    /// First and last slot of each range.
    slots: Vec<(u16, u16)>,
}

impl Node {
    fn with_all(address: Address) -> Self {
        Self { address, slots: vec![(0, SLOTS - 1)] }
    }

    /// Whether the key is kept there.
    pub(crate) fn holds(&self, key: &[u8]) -> bool {
        let slot = slot(key);
        self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

/// The servers to read from, which together hold every key once.
pub(crate) async fn nodes(session: &mut Session) -> Result<Vec<Node>> {
    let endpoint = session.endpoint();
    match endpoint.mode {
        Mode::Standalone => Ok(endpoint.addresses.iter().take(1).cloned().map(Node::with_all).collect()),
        Mode::Sentinel => Ok(vec![Node::with_all(session.primary().await?)]),
        Mode::Cluster => primaries(session).await,
    }
}

/// Asks the first server of a cluster that answers.
async fn primaries(session: &mut Session) -> Result<Vec<Node>> {
    let mut failed = None;
    for address in session.endpoint().addresses.clone() {
        let mut lease = match session.lease(&address, 0).await {
            Ok(lease) => lease,
            Err(error) => {
                failed = Some(error);
                continue;
            }
        };
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        let answer = lease.ask_one(command, "find the servers").await?;
        let nodes = cluster(answer, &address).ok_or_else(|| lease.unexpected("CLUSTER SLOTS"))?;
        lease.finish();
        if nodes.is_empty() {
            return Err(unreachable(session.endpoint(), format!("The cluster of {address} has no server with slots.")));
        }
        return Ok(nodes);
    }
    Err(failed.unwrap_or_else(|| Error::internal("a data source has no address")))
}

/// Reads the answer to CLUSTER SLOTS: first and last slot, the primary, its replicas.
fn cluster(answer: Value, asked: &Address) -> Option<Vec<Node>> {
    let mut nodes: Vec<Node> = Vec::new();
    for range in reply::list(answer)? {
        let mut range = reply::list(range)?.into_iter();
        let (first, last) = (reply::integer(&range.next()?)?, reply::integer(&range.next()?)?);
        let mut primary = reply::list(range.next()?)?.into_iter();
        let host = reply::bytes(primary.next()?).and_then(|host| String::from_utf8(host).ok());
        // A server that does not know its own address leaves it out.
        let host = host.filter(|host| !host.is_empty() && host != "?").unwrap_or_else(|| asked.host.clone());
        let port = u16::try_from(reply::integer(&primary.next()?)?).ok()?;
        let slots = (u16::try_from(first).ok()?, u16::try_from(last).ok()?);
        let address = Address { host, port };
        match nodes.iter_mut().find(|node| node.address == address) {
            Some(node) => node.slots.push(slots),
            None => nodes.push(Node { address, slots: vec![slots] }),
        }
    }
    Some(nodes)
}

/// Asks the sentinels, one after the other, for the address of the primary.
pub(crate) async fn ask_sentinels(endpoint: &Endpoint) -> Result<Address> {
    let name = endpoint.master_name.as_deref().unwrap_or_default();
    let mut failed = None;
    for address in &endpoint.addresses {
        let mut connection = match endpoint.open(address, &endpoint.sentinel_login).await {
            Ok(connection) => connection,
            Err(error) => {
                failed = Some(error);
                continue;
            }
        };
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
        match connection.ask_one(command).await {
            Ok(Value::ServerError(error)) => failed = Some(said_no(endpoint, address, "find the primary", &error)),
            // This sentinel does not know it; another one may.
            Ok(Value::Nil) => {
                let error = Error::source(Code::Unreachable, endpoint.source(), format!("could not find the primary \"{name}\""))
                    .detail(format!("Sentinel {address} does not know it."))
                    .hint("Check the option \"master_name\".");
                failed = Some(error);
            }
            Ok(answer) => match primary(answer) {
                Some(address) => return Ok(address),
                None => failed = Some(unexpected(endpoint, address, "SENTINEL GET-MASTER-ADDR-BY-NAME")),
            },
            Err(error) => failed = Some(lost(endpoint, address, "find the primary", error)),
        }
    }
    Err(failed.unwrap_or_else(|| Error::internal("a data source has no address")))
}

fn primary(answer: Value) -> Option<Address> {
    let mut parts = reply::list(answer)?.into_iter();
    let host = String::from_utf8(reply::bytes(parts.next()?)?).ok()?;
    let port = String::from_utf8(reply::bytes(parts.next()?)?).ok()?.parse().ok()?;
    Some(Address { host, port })
}

/// The slot of a key. Of a key with something between braces, only that counts, so that keys can be kept together.
///
/// Source: Redis Cluster specification, "Hash tags".
fn slot(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        rest.iter().position(|byte| *byte == b'}').filter(|length| *length > 0).map(|length| &rest[..length])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        // As CLUSTER KEYSLOT answers.
        for (key, expected) in [("foo", 12_182), ("{user1000}.following", 3_443), ("{user1000}.followers", 3_443), ("foo{}{bar}", 8_363)] {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
    }

    #[test]
    fn a_cluster_is_its_primaries() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let range = |first, last, host: Value, port| {
            Value::Array(vec![Value::Int(first), Value::Int(last), Value::Array(vec![host, Value::Int(port), text("id")])])
        };
        let answer = Value::Array(vec![
            range(0, 99, text("a"), 1),
            range(100, 16_383, text("b"), 2),
            range(200, 300, text("a"), 1),
            range(400, 400, Value::Nil, 3),
        ]);
        let asked = Address { host: "seed".to_owned(), port: 9 };
        let nodes = cluster(answer, &asked).expect("nodes");
        let shown: Vec<_> = nodes.iter().map(|node| (node.address.to_string(), node.slots.clone())).collect();
        assert_eq!(
            shown,
            [
                ("a:1".to_owned(), vec![(0, 99), (200, 300)]),
                ("b:2".to_owned(), vec![(100, 16_383)]),
                ("seed:3".to_owned(), vec![(400, 400)])
            ]
        );
        assert!(cluster(Value::Int(5), &asked).is_none());
    }
}

//! Names of servers, as connection tests look them up.

use std::net::SocketAddr;
use std::time::Duration;

/// The addresses of a host, at least one; or why there is none, as a sentence.
pub async fn look_up(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    let found: Vec<SocketAddr> = match tokio::time::timeout(limit, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Err(format!("The name \"{host}\" was not found: {error}.")),
        Err(_) => return Err(format!("The name server had not answered after {} ms.", limit.as_millis())),
    };
    if found.is_empty() { Err(format!("The name \"{host}\" has no address.")) } else { Ok(found) }
}

/// Addresses without their ports, each once, for people.
pub fn shown(addresses: &[SocketAddr]) -> String {
    let mut shown: Vec<String> = Vec::new();
    for address in addresses.iter().map(|address| address.ip().to_string()) {
        if !shown.contains(&address) {
            shown.push(address);
        }
    }
    shown.join(", ")
}

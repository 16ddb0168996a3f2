//! `inet` and `cidr`. Their values are kept as text in the form that they are printed in, with their order.

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::invalid;
use super::wire::Input;
use crate::value::Value;

/// PostgreSQL's `PGSQL_AF_INET` and `PGSQL_AF_INET6`, which are the same on every platform.
const FAMILY_4: u8 = 2;
const FAMILY_6: u8 = 3;

/// An address and how many bits of it are the network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub is_v6: bool,
    /// The first 4 or all 16.
    pub bytes: [u8; 16],
    pub bits: u8,
}

impl Network {
    pub fn address(&self) -> &[u8] {
        if self.is_v6 { &self.bytes } else { &self.bytes[..4] }
    }

    pub fn bits_max(&self) -> u8 {
        if self.is_v6 { 128 } else { 32 }
    }

    fn new(address: &[u8], bits: u8) -> Self {
        let mut bytes = [0; 16];
        bytes[..address.len()].copy_from_slice(address);
        Self { is_v6: address.len() == 16, bytes, bits }
    }

    /// Whether all bits behind the network's are zero, as a `cidr` has them.
    pub fn is_network(&self) -> bool {
        self.masked() == *self
    }

    /// The network's bits only.
    pub fn masked(mut self) -> Self {
        let bits = usize::from(self.bits);
        for (place, byte) in self.bytes.iter_mut().enumerate() {
            *byte &= match bits.saturating_sub(place * 8) {
                0 => 0,
                kept @ 1..8 => 0xff << (8 - kept),
                _ => 0xff,
            };
        }
        self
    }

    /// The address without its bits.
    pub fn host(&self) -> String {
        match <[u8; 4]>::try_from(self.address()) {
            Ok(bytes) => Ipv4Addr::from(bytes).to_string(),
            Err(_) => v6_text(self.bytes),
        }
    }

    /// As a value of type `inet`.
    pub fn inet(&self) -> Value {
        if self.bits == self.bits_max() { Value::ordered(self.key(), self.host()) } else { self.cidr() }
    }

    /// As a value of type `cidr`.
    pub fn cidr(&self) -> Value {
        Value::ordered(self.key(), self.text())
    }

    /// The address with its bits.
    pub fn text(&self) -> String {
        format!("{}/{}", self.host(), self.bits)
    }

    /// By family, then by the bits that both networks have, then by how many these are, then by the address. Of two networks whose common
    /// bits are the same the one with more bits is never before the other if all others are zeros.
    fn key(&self) -> Vec<u8> {
        let masked = self.masked();
        [&[self.is_v6.into()], masked.address(), &[self.bits], self.address()].concat()
    }
}

/// As PostgreSQL prints it: addresses that embed one of version 4 show it.
fn v6_text(bytes: [u8; 16]) -> String {
    let address = Ipv6Addr::from(bytes);
    let segments = address.segments();
    let embeds = segments[..5] == [0; 5] && (segments[5] == 0xffff || segments[5] == 0 && segments[6] != 0);
    match embeds {
        true => {
            let prefix = if segments[5] == 0 { "::" } else { "::ffff:" };
            format!("{prefix}{}", Ipv4Addr::new(bytes[12], bytes[13], bytes[14], bytes[15]))
        }
        false => address.to_string(),
    }
}

pub fn read_inet(text: &str) -> Result<Network> {
    let (address, bits) = split(text);
    let network = match full_address(address) {
        Some(bytes) => with_bits(&bytes, bits),
        // Bytes that are left out must not be the network's.
        None if bits.is_some() => {
            short_network(address, bits).filter(|network| usize::from(network.bits / 8) <= address.split('.').count())
        }
        None => None,
    };
    network.ok_or_else(|| invalid("inet", text))
}

/// A network; of version 4, trailing bytes that are zero may be left out.
pub fn read_cidr(text: &str) -> Result<Network> {
    let (address, bits) = split(text);
    let network = match full_address(address) {
        Some(bytes) => with_bits(&bytes, bits),
        None => short_network(address, bits),
    };
    let network = network.ok_or_else(|| invalid("cidr", text))?;
    match network.is_network() {
        true => Ok(network),
        false => {
            let error = Error::new(Code::InvalidText, format!("invalid cidr value: \"{text}\""));
            Err(error.detail("Value has bits set to right of mask."))
        }
    }
}

fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)))
}

fn full_address(text: &str) -> Option<Vec<u8>> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|address| address.octets().to_vec());
    }
    let parts: Vec<u8> = parts(text)?;
    (parts.len() == 4).then_some(parts)
}

fn parts(text: &str) -> Option<Vec<u8>> {
    let part = |digits: &str| {
        let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        if plain { digits.parse().ok() } else { None }
    };
    text.split('.').map(part).collect()
}

fn with_bits(address: &[u8], bits: Option<&str>) -> Option<Network> {
    let most = address.len() as u8 * 8;
    let bits = match bits {
        None => most,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            digits.parse().ok().filter(|bits| *bits <= most)?
        }
        Some(_) => return None,
    };
    Some(Network::new(address, bits))
}

/// `10.1/16`, or without bits as many as the class of the address has and its bytes need.
fn short_network(text: &str, bits: Option<&str>) -> Option<Network> {
    let parts = parts(text).filter(|parts| parts.len() < 4)?;
    let mut address = [0; 4];
    address[..parts.len()].copy_from_slice(&parts);
    if bits.is_some() {
        return with_bits(&address, bits);
    }
    let class = match parts[0] {
        240.. => 32,
        224.. => 8,
        192.. => 24,
        128.. => 16,
        _ => 8,
    };
    let bits = class.max(parts.len() as u8 * 8);
    // A multicast address alone has its four bits.
    let bits = if class == 8 && bits == 8 && parts[0] == 224 { 4 } else { bits };
    Some(Network::new(&address, bits))
}

/// Family, bits, whether it is a `cidr`, length, address.
pub fn send(network: &Network, is_cidr: bool, out: &mut BytesMut) {
    let address = network.address();
    out.extend_from_slice(&[if network.is_v6 { FAMILY_6 } else { FAMILY_4 }, network.bits, is_cidr.into(), address.len() as u8]);
    out.put_slice(address);
}

pub fn receive(bytes: &[u8], type_name: &str) -> Result<Network> {
    let wrong = |what: &str| Error::new(Code::InvalidBinary, format!("invalid {what} in external \"{type_name}\" value"));
    let mut input = Input::new(bytes);
    let [family, bits, _is_cidr, length] = input.fixed()?;
    let expected = match family {
        FAMILY_4 => 4,
        FAMILY_6 => 16,
        _ => return Err(wrong("address family")),
    };
    if bits > expected * 8 {
        return Err(wrong("bits"));
    }
    if length != expected {
        return Err(wrong("length"));
    }
    let network = Network::new(input.take(length.into())?, bits);
    input.end()?;
    if type_name == "cidr" && !network.is_network() {
        return Err(Error::new(Code::InvalidBinary, "invalid external \"cidr\" value").detail("Value has bits set to right of mask."));
    }
    Ok(network)
}

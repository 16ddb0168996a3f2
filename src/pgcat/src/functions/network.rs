//! Parts of `inet` and `cidr`, and what can be made of them.

mod abbreviate;
pub mod hardware;

use abbreviate::abbreviated;
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::network::{Network, read_inet};
use crate::value::Value;
use crate::value::compare::compare;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("network_host", |_, _, a| Ok(Value::from(of(a)?.host()))),
    ScalarEntry::new("network_family", |_, _, a| Ok(Value::Int(if of(a)?.is_v6 { 6 } else { 4 }))),
    ScalarEntry::new("network_masklen", |_, _, a| Ok(Value::Int(of(a)?.bits.into()))),
    ScalarEntry::new("network_network", |_, _, a| Ok(of(a)?.masked().cidr())),
    ScalarEntry::new("network_broadcast", |_, _, a| {
        let network = of(a)?;
        Ok(Network { bytes: with_mask(network, |byte, mask| byte | !mask), ..network }.inet())
    }),
    ScalarEntry::new("network_netmask", |_, _, a| Ok(address(of(a)?, |_, mask| mask))),
    ScalarEntry::new("network_hostmask", |_, _, a| Ok(address(of(a)?, |_, mask| !mask))),
    ScalarEntry::new("inet_abbrev", |_, _, a| {
        let network = of(a)?;
        Ok(Value::from(if network.bits == network.bits_max() { network.host() } else { network.text() }))
    }),
    ScalarEntry::new("cidr_abbrev", |_, _, a| Ok(Value::from(abbreviated(of(a)?)))),
    ScalarEntry::new("inet_set_masklen", |_, _, a| Ok(with_bits(of(a)?, a.int(1)?)?.inet())),
    ScalarEntry::new("cidr_set_masklen", |_, _, a| Ok(with_bits(of(a)?, a.int(1)?)?.masked().cidr())),
    ScalarEntry::new("inet_same_family", |_, _, a| Ok(Value::Bool(of(a)?.is_v6 == read_inet(a.text(1)?)?.is_v6))),
    ScalarEntry::new("inet_merge", |_, _, a| merged(of(a)?, read_inet(a.text(1)?)?)),
    ScalarEntry::new("network_cmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
    ScalarEntry::new("network_larger", |_, _, a| Ok(if compare(&a[0], &a[1]).is_gt() { a[0].clone() } else { a[1].clone() })),
    ScalarEntry::new("network_smaller", |_, _, a| Ok(if compare(&a[0], &a[1]).is_lt() { a[0].clone() } else { a[1].clone() })),
];

fn of(arguments: &[Value]) -> Result<Network> {
    read_inet(arguments.text(0)?)
}

/// Each byte of the address with the byte of the network's mask. What an address of version 4 does not have stays zero.
fn with_mask(network: Network, with: fn(u8, u8) -> u8) -> [u8; 16] {
    let mask = Network { bytes: [0xff; 16], ..network }.masked().bytes;
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().enumerate().take(network.address().len()) {
        *byte = with(network.bytes[place], mask[place]);
    }
    bytes
}

/// One address, which is no network.
fn address(network: Network, with: fn(u8, u8) -> u8) -> Value {
    Network { bytes: with_mask(network, with), bits: network.bits_max(), ..network }.inet()
}

/// With another number of bits; -1 is all of them.
fn with_bits(network: Network, bits: i64) -> Result<Network> {
    let most = network.bits_max();
    let bits = match bits {
        -1 => most,
        bits => u8::try_from(bits)
            .ok()
            .filter(|bits| *bits <= most)
            .ok_or_else(|| Error::new(Code::InvalidArgument, format!("invalid mask length: {bits}")))?,
    };
    Ok(Network { bits, ..network })
}

/// The smallest network that has both in it.
fn merged(left: Network, right: Network) -> Result<Value> {
    if left.is_v6 != right.is_v6 {
        return Err(Error::new(Code::InvalidArgument, "cannot merge addresses from different families"));
    }
    let differing = left.bytes.iter().zip(right.bytes).position(|(left, right)| *left != right);
    let common = differing.map_or(128, |place| place as u32 * 8 + (left.bytes[place] ^ right.bytes[place]).leading_zeros());
    let bits = common.min(left.bits.min(right.bits).into()) as u8;
    Ok(Network { bits, ..left }.masked().cidr())
}

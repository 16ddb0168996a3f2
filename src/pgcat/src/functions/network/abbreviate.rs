//! Networks in their shortest form, `10.1/16`.

use crate::io::network::Network;

/// The network with its bits, without what is behind these.
pub fn abbreviated(network: Network) -> String {
    let address = if network.is_v6 { short_v6(network) } else { short_v4(network) };
    format!("{address}/{}", network.bits)
}

/// Bytes that the network does not have are left out.
fn short_v4(network: Network) -> String {
    let bytes = usize::from(network.bits.div_ceil(8)).max(1);
    network.address()[..bytes].iter().map(u8::to_string).collect::<Vec<_>>().join(".")
}

/// Words that the network does not have are left out, and the longest run of zeros among the others.
fn short_v6(network: Network) -> String {
    if network.bits == 0 {
        return "::".to_owned();
    }
    let bytes = network.masked().bytes;
    let words: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let shown = usize::from(network.bits.div_ceil(16)).max(2);
    let (zeros_from, zeros) = longest_zeros(&words[..shown]);
    // Addresses that embed one of version 4 show it.
    let embeds = zeros != shown
        && zeros_from == 0
        && (zeros == 6 || zeros == 5 && words[5] == 0xffff || zeros == 7 && bytes[14] != 0 && bytes[15] != 1);
    let mut text = String::new();
    for (place, word) in words.iter().enumerate().take(shown) {
        if (zeros_from..zeros_from + zeros).contains(&place) {
            if place == zeros_from {
                text.push(':');
            }
            if place == shown - 1 {
                text.push(':');
            }
        } else if embeds && place > 5 {
            text.push(if place == 6 { ':' } else { '.' });
            text.push_str(&bytes[2 * place].to_string());
            if place != 7 || network.bits > 120 {
                text.push_str(&format!(".{}", bytes[2 * place + 1]));
            }
        } else {
            if !text.is_empty() {
                text.push(':');
            }
            text.push_str(&format!("{word:x}"));
        }
    }
    text
}

/// Where the longest run of zeros begins, the first of several, and how long it is.
fn longest_zeros(words: &[u16]) -> (usize, usize) {
    let (mut best, mut current) = ((0, 0), (0, 0));
    for (place, word) in words.iter().enumerate() {
        current = match (word, current) {
            (0, (_, 0)) => (place, 1),
            (0, (start, length)) => (start, length + 1),
            _ => (0, 0),
        };
        if current.1 > best.1 {
            best = current;
        }
    }
    best
}

//! `tls-server-end-point` (RFC 5929): the hash of a certificate, made with the hash function of its own signature.

use ring::digest;

/// The hash, or none if the signature is one that names no hash function, or none that the RFC allows.
pub(super) fn hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match signature_algorithm(certificate)? {
        // MD5 and SHA-1 with RSA, and SHA-1 with ECDSA: the RFC replaces these hashes by SHA-256.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 4 | 5] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => &digest::SHA256,
        // sha…WithRSAEncryption and ecdsa-with-SHA…
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 11] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 2] => &digest::SHA256,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 12] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 3] => &digest::SHA384,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 13] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 4] => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(algorithm, certificate).as_ref().to_vec())
}

/// The object identifier of `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, … }, signature }`.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (contents, _) = element(certificate, SEQUENCE)?;
    let (_, after_tbs) = element(contents, SEQUENCE)?;
    let (algorithm, _) = element(after_tbs, SEQUENCE)?;
    element(algorithm, OBJECT_IDENTIFIER).map(|(identifier, _)| identifier)
}

/// The contents of the first DER element, if it has that tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        // The long form: how many bytes the length has, and they.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
        }
        _ => return None,
    };
    (first == tag).then_some(())?;
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate in outline: its first part is long enough to need the long form of lengths.
    fn certificate(identifier: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, contents: &[u8]| match contents.len() {
            length @ 0..128 => [&[tag, length as u8][..], contents].concat(),
            length => [&[tag, 0x82, (length >> 8) as u8, length as u8][..], contents].concat(),
        };
        let algorithm = wrap(0x30, &[wrap(0x06, identifier), vec![5, 0]].concat());
        wrap(0x30, &[wrap(0x30, &[7; 300]), algorithm, wrap(0x03, &[0; 20])].concat())
    }

    #[test]
    fn the_signature_chooses_the_hash() {
        for (identifier, length) in [
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 5][..], Some(32)),
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 11], Some(32)),
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 13], Some(64)),
            (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 3], Some(48)),
            // Ed25519.
            (&[0x2b, 0x65, 0x70], None),
        ] {
            assert_eq!(hash(&certificate(identifier)).map(|hash| hash.len()), length);
        }
    }

    #[test]
    fn broken_certificates_have_none() {
        let whole = certificate(&[0x2b, 0x65, 0x70]);
        assert_eq!(signature_algorithm(&whole), Some(&[0x2b, 0x65, 0x70][..]));
        for length in 0..whole.len() {
            assert_eq!(signature_algorithm(&whole[..length]), None);
        }
    }
}

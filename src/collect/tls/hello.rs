//! `ClientHello` messages, written by hand: a TLS library offers only what it would accept itself, and the question here is what
//! a server accepts. Nothing is ever completed, so no key is needed: the shares are the generators of their groups.
//! Shapes: RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2.

use std::net::IpAddr;

use super::version::TlsVersion;
use super::{group, suite};

/// Kinds of keys that certificates may hold, each with the schemes that its signatures may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyKind {
    /// RSA.
    Rsa,
    /// A curve of ECDSA.
    Ecdsa,
    /// Ed25519 or Ed448.
    Eddsa,
}

impl KeyKind {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Ecdsa, Self::Rsa, Self::Eddsa];

    /// Signature schemes, those of TLS 1.3 first, SHA-1 last: old servers ask for it.
    const fn schemes(self) -> &'static [u16] {
        match self {
            Self::Ecdsa => &[0x0403, 0x0503, 0x0603, 0x081a, 0x081b, 0x081c, 0x0203],
            Self::Rsa => &[0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0201],
            Self::Eddsa => &[0x0807, 0x0808],
        }
    }
}

/// DSA, for servers of the age of DSS suites.
const DSA_SCHEMES: [u16; 2] = [0x0402, 0x0202];

/// What a hello offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The newest version it admits; up to 1.2 a server may choose an older one, while the hello of 1.3 admits nothing else.
    pub(super) version: TlsVersion,
    /// Cipher suites, in order of preference.
    pub(super) suites: Vec<u16>,
    /// Key exchange groups, in order of preference.
    pub(super) groups: Vec<u16>,
    /// Kinds of keys that the server's certificate may hold.
    pub(super) keys: Vec<KeyKind>,
}

impl Offer {
    /// All there is.
    pub(super) fn everything(version: TlsVersion) -> Self {
        Self {
            version,
            suites: suite::every(version).to_vec(),
            groups: group::every(version),
            keys: KeyKind::ALL.to_vec(),
        }
    }
}

/// The base point of P-256, uncompressed: a valid public key.
const P256_SHARE: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

const P256: u16 = 23;
const X25519: u16 = 29;

/// A `ClientHello` in one record.
pub(super) fn client_hello(host: &str, offer: &Offer) -> Vec<u8> {
    let mut body = offer.version.min(TlsVersion::V12).wire().to_be_bytes().to_vec();
    // Random and session id: nothing is kept secret by them here, and equal hellos make equal answers.
    body.extend([0x5a; 32]);
    body.extend(prefixed8(&[0xa5; 32]));
    body.extend(prefixed16(&wire(&offer.suites)));
    body.extend(prefixed8(&[0]));
    body.extend(prefixed16(&extensions(host, offer)));
    let message = [&[1, 0], prefixed16(&body).as_slice()].concat();
    [&[22, 3, 1], prefixed16(&message).as_slice()].concat()
}

fn extensions(host: &str, offer: &Offer) -> Vec<u8> {
    let mut all = server_name(host);
    all.extend(extension(10, &prefixed16(&wire(&offer.groups))));
    all.extend(extension(13, &prefixed16(&wire(&schemes(&offer.keys)))));
    if offer.version == TlsVersion::V13 {
        all.extend(extension(43, &prefixed8(&wire(&[TlsVersion::V13.wire()]))));
        all.extend(extension(45, &prefixed8(&[1])));
        all.extend(extension(51, &prefixed16(&shares(&offer.groups))));
    } else {
        all.extend(extension(11, &prefixed8(&[0])));
        all.extend(extension(23, &[]));
        all.extend(extension(0xff01, &prefixed8(&[])));
    }
    all
}

/// RFC 6066 section 3: a literal address is not a server name, and neither is nothing.
fn server_name(host: &str) -> Vec<u8> {
    if host.is_empty() || host.parse::<IpAddr>().is_ok() {
        return Vec::new();
    }
    let name = [&[0], prefixed16(host.as_bytes()).as_slice()].concat();
    extension(0, &prefixed16(&name))
}

fn schemes(keys: &[KeyKind]) -> Vec<u16> {
    let of_keys = keys.iter().flat_map(|key| key.schemes().iter().copied());
    let dsa = DSA_SCHEMES.iter().copied().filter(|_| keys.len() == KeyKind::ALL.len());
    of_keys.chain(dsa).collect()
}

/// Shares for the groups that have a short one; a share for a group that is not offered is an error to servers, and for the other
/// groups a server asks again (`HelloRetryRequest`), which says as much.
fn shares(groups: &[u16]) -> Vec<u8> {
    let mut all = Vec::new();
    for group in groups {
        match *group {
            P256 => all.extend([wire(&[P256]), prefixed16(&P256_SHARE)].concat()),
            X25519 => all.extend([wire(&[X25519]), prefixed16(&x25519_share())].concat()),
            _ => {}
        }
    }
    all
}

/// The base point 9 of X25519.
fn x25519_share() -> [u8; 32] {
    let mut share = [0; 32];
    if let Some(first) = share.first_mut() {
        *first = 9;
    }
    share
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), &prefixed16(content)].concat()
}

fn wire(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Content behind its length in one byte. Only constants come here.
fn prefixed8(content: &[u8]) -> Vec<u8> {
    [&[u8::try_from(content.len()).unwrap_or(u8::MAX)], content].concat()
}

/// Content behind its length in two bytes. The longest content is the suites and a host name, far below the limit.
fn prefixed16(content: &[u8]) -> Vec<u8> {
    [u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes().as_slice(), content].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tls_parser::{
        TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions, parse_tls_plaintext,
    };

    use super::TlsVersion::{V10, V11, V12, V13};
    use super::*;

    /// What a server reads: legacy version, suites, extensions.
    fn read_back(bytes: &[u8], check: impl FnOnce(u16, Vec<u16>, Vec<TlsExtension<'_>>)) {
        let (rest, record) = parse_tls_plaintext(bytes).unwrap();
        assert!(rest.is_empty());
        let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = record.msg.as_slice() else {
            panic!("not one ClientHello");
        };
        let (rest, extensions) = parse_tls_client_hello_extensions(hello.ext.unwrap()).unwrap();
        assert!(rest.is_empty());
        check(hello.version.0, hello.ciphers.iter().map(|suite| suite.0).collect(), extensions);
    }

    fn groups_of(extensions: &[TlsExtension<'_>]) -> Vec<u16> {
        let groups = extensions.iter().find_map(|extension| match extension {
            TlsExtension::EllipticCurves(groups) => Some(groups.iter().map(|group| group.0).collect()),
            _ => None,
        });
        groups.unwrap()
    }

    #[test]
    fn hellos_say_which_version_they_admit() {
        for (version, legacy, suites) in [(V10, 0x0301, 330), (V11, 0x0302, 330), (V12, 0x0303, 330), (V13, 0x0303, 9)]
        {
            let bytes = client_hello("db.example", &Offer::everything(version));
            read_back(&bytes, |number, offered, extensions| {
                assert_eq!(number, legacy, "{version:?}");
                assert!(offered.len() >= suites, "{version:?}: {}", offered.len());
                let versions = extensions.iter().any(|it| matches!(it, TlsExtension::SupportedVersions(_)));
                assert_eq!(versions, version == V13, "{version:?}");
            });
            assert!(bytes.len() < 1500, "{version:?}: one segment of most networks, {} bytes", bytes.len());
        }
    }

    #[test]
    fn names_are_sent_and_addresses_are_not() {
        for (host, sent) in [("db.example", true), ("10.0.0.1", false), ("::1", false), ("", false)] {
            let bytes = client_hello(host, &Offer::everything(V12));
            read_back(&bytes, |_, _, extensions| {
                assert_eq!(extensions.iter().any(|it| matches!(it, TlsExtension::SNI(_))), sent, "{host}");
            });
        }
    }

    #[test]
    fn shares_are_of_groups_that_are_offered() {
        for (groups, shares) in [(vec![23, 24, 29], 2), (vec![24], 0), (vec![29], 1)] {
            let offer = Offer { groups: groups.clone(), ..Offer::everything(V13) };
            read_back(&client_hello("db.example", &offer), |_, _, extensions| {
                assert_eq!(groups_of(&extensions), groups);
                let sent = extensions.iter().find_map(|it| match it {
                    TlsExtension::KeyShare(bytes) => Some(bytes.len()),
                    _ => None,
                });
                let lengths = [2, 2 + 36, 2 + 36 + 69];
                assert_eq!(sent, lengths.get(shares).copied(), "{groups:?}");
            });
        }
    }

    #[test]
    fn keys_decide_the_schemes() {
        assert_eq!(schemes(&[KeyKind::Eddsa]), [0x0807, 0x0808]);
        assert!(schemes(&KeyKind::ALL).ends_with(&DSA_SCHEMES));
        assert!(!schemes(&[KeyKind::Ecdsa]).contains(&0x0804));
    }

    proptest! {
        #[test]
        fn every_hello_can_be_read_back(
            suites in prop::collection::vec(any::<u16>(), 1..400),
            groups in prop::collection::vec(1_u16..600, 1..40),
            host in "[a-z0-9.-]{0,63}",
        ) {
            for version in TlsVersion::ALL {
                let offer = Offer { suites: suites.clone(), groups: groups.clone(), ..Offer::everything(version) };
                read_back(&client_hello(&host, &offer), |_, offered, extensions| {
                    assert_eq!(offered, suites);
                    assert_eq!(groups_of(&extensions), groups);
                });
            }
        }
    }
}

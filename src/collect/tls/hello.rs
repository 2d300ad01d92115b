//! `ClientHello` messages, written by hand: a TLS library offers only what it would accept itself, and the question here is what
//! a server accepts. Nothing is ever completed, so no key is needed: the shares are the generators of their groups.
//! Shapes: RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// A protocol version, in the order of their age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0.
    V10,
    /// TLS 1.1.
    V11,
    /// TLS 1.2.
    V12,
    /// TLS 1.3.
    V13,
}

impl TlsVersion {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::V10, Self::V11, Self::V12, Self::V13];

    /// The number on the wire.
    pub(super) const fn wire(self) -> u16 {
        match self {
            Self::V10 => 0x0301,
            Self::V11 => 0x0302,
            Self::V12 => 0x0303,
            Self::V13 => 0x0304,
        }
    }

    /// The version with this number.
    pub(super) fn from_wire(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.wire() == number)
    }

    /// The name in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V10 => "TLS 1.0",
            Self::V11 => "TLS 1.1",
            Self::V12 => "TLS 1.2",
            Self::V13 => "TLS 1.3",
        }
    }
}

/// Suites of TLS 1.3, all there are.
const SUITES_13: [u16; 5] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];

/// The suites that servers of these ages have, likeliest first, the authenticated before the anonymous: yaSSL reads no more than
/// 64.
const COMMON: [u16; 52] = [
    0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xc027, 0xc028, 0xc023, 0xc024, 0xc013, 0xc014, 0xc009, 0xc00a,
    0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0x000a,
    0x0016, 0xc012, 0xc008, 0x0005, 0x0004, 0xc011, 0xc007, 0x0009, 0x0015, 0x0041, 0x0084, 0x0045, 0x0088, 0xc09c,
    0xc09d, 0xc0ac, 0xc0ad, 0x0032, 0x0038, 0x0013, 0x0040, 0x006a, 0x0096, 0x009a,
];

/// `TLS_EMPTY_RENEGOTIATION_INFO_SCSV` and `TLS_FALLBACK_SCSV`: signals, not suites; the second one turns answers into refusals.
const SIGNALS: [u16; 2] = [0x00ff, 0x5600];

/// X25519, P-256, P-384, P-521, X448, ffdhe2048, ffdhe3072.
const GROUPS: [u16; 7] = [29, 23, 24, 25, 30, 256, 257];

/// ECDSA, RSA-PSS, RSA PKCS#1, `EdDSA`, then SHA-1 and DSA, which old servers ask for.
const SIGNATURES: [u16; 18] = [
    0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0807, 0x0808,
    0x0203, 0x0201, 0x0402, 0x0202,
];

/// The base point of P-256, uncompressed: a valid public key.
const P256_SHARE: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// A `ClientHello` in one record. `newest` is the newest version it admits; up to 1.2 a server may choose an older one, while the
/// hello of 1.3 admits nothing else.
pub(super) fn client_hello(host: &str, newest: TlsVersion) -> Vec<u8> {
    let tls13 = newest == TlsVersion::V13;
    let mut body = newest.min(TlsVersion::V12).wire().to_be_bytes().to_vec();
    // Random and session id: nothing is kept secret by them here, and equal hellos make equal answers.
    body.extend([0x5a; 32]);
    body.extend(prefixed8(&[0xa5; 32]));
    body.extend(prefixed16(&wire(&if tls13 { SUITES_13.to_vec() } else { every_suite() })));
    body.extend(prefixed8(&[0]));
    body.extend(prefixed16(&extensions(host, tls13)));
    let message = [&[1, 0], prefixed16(&body).as_slice()].concat();
    [&[22, 3, 1], prefixed16(&message).as_slice()].concat()
}

/// Every suite up to TLS 1.2 that has a number: only then does "no common suite" say something about the version.
pub(super) fn every_suite() -> Vec<u16> {
    let known: BTreeSet<u16> = tls_parser::CIPHERS.keys().copied().collect();
    let rest = known.into_iter().filter(|suite| {
        *suite != 0 && !COMMON.contains(suite) && !SUITES_13.contains(suite) && !SIGNALS.contains(suite)
    });
    COMMON.into_iter().chain(rest).collect()
}

fn extensions(host: &str, tls13: bool) -> Vec<u8> {
    let mut all = Vec::new();
    // RFC 6066 section 3: a literal address is not a server name.
    if host.parse::<IpAddr>().is_err() {
        let name = [&[0], prefixed16(host.as_bytes()).as_slice()].concat();
        all.extend(extension(0, &prefixed16(&name)));
    }
    all.extend(extension(10, &prefixed16(&wire(&GROUPS))));
    all.extend(extension(13, &prefixed16(&wire(&SIGNATURES))));
    if tls13 {
        let p256 = [wire(&[23]), prefixed16(&P256_SHARE)].concat();
        let x25519 = [wire(&[29]), prefixed16(&x25519_share())].concat();
        all.extend(extension(43, &prefixed8(&wire(&[TlsVersion::V13.wire()]))));
        all.extend(extension(45, &prefixed8(&[1])));
        all.extend(extension(51, &prefixed16(&[p256, x25519].concat())));
    } else {
        all.extend(extension(11, &prefixed8(&[0])));
        all.extend(extension(23, &[]));
        all.extend(extension(0xff01, &prefixed8(&[])));
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
    use tls_parser::{
        TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions, parse_tls_plaintext,
    };

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

    #[test]
    fn a_parser_reads_what_was_meant() {
        for (newest, legacy, suites) in [
            (TlsVersion::V10, 0x0301, every_suite().len()),
            (TlsVersion::V11, 0x0302, every_suite().len()),
            (TlsVersion::V12, 0x0303, every_suite().len()),
            (TlsVersion::V13, 0x0303, 5),
        ] {
            read_back(&client_hello("db.example", newest), |version, offered, extensions| {
                assert_eq!((version, offered.len()), (legacy, suites));
                assert!(extensions.iter().any(|found| matches!(found, TlsExtension::SNI(names)
                    if names.iter().any(|(_, name)| *name == b"db.example"))));
                let only_13 = extensions.iter().any(|found| {
                    matches!(found, TlsExtension::SupportedVersions(versions)
                    if versions.iter().map(|version| version.0).eq([0x0304]))
                });
                assert_eq!(only_13, newest == TlsVersion::V13);
            });
        }
    }

    #[test]
    fn an_address_is_no_server_name() {
        read_back(&client_hello("127.0.0.1", TlsVersion::V12), |_, _, extensions| {
            assert!(!extensions.iter().any(|found| matches!(found, TlsExtension::SNI(_))));
        });
    }

    #[test]
    fn offers_every_suite_once() {
        let suites = every_suite();
        assert_eq!(suites.iter().collect::<BTreeSet<_>>().len(), suites.len());
        assert!(suites.len() > 300 && !suites.contains(&0x5600) && !suites.contains(&0x1301), "{}", suites.len());
    }
}

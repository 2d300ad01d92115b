//! Cipher suites: which are offered, in what order, and what they are called. Names are those of IANA's registry.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use tls_parser::{TlsCipherAu, TlsCipherKx, TlsCipherSuite};

use super::version::TlsVersion;

/// yaSSL, the TLS library of MySQL 5.6, reads no more suites of a hello than this.
pub(super) const FEW: usize = 64;

/// The suites up to TLS 1.2 that servers of these ages have, likeliest first, the authenticated before the anonymous: the first
/// [`FEW`] must be enough for yaSSL.
const COMMON: [u16; 61] = [
    0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xc027, 0xc028, 0xc023, 0xc024, 0xc013, 0xc014, 0xc009, 0xc00a,
    0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0x000a,
    0x0016, 0xc012, 0xc008, 0x0005, 0x0004, 0xc011, 0xc007, 0x0009, 0x0015, 0x0041, 0x0084, 0x0045, 0x0088, 0xc09c,
    0xc09d, 0xc0ac, 0xc0ad, 0x0032, 0x0038, 0x0013, 0x0040, 0x006a, 0x0096, 0x009a, 0x0072, 0x0073, 0x0074, 0x0077,
    0x0078, 0x0079, 0x007c, 0x007d, 0x007e,
];

/// Suites with RIPEMD-160 that yaSSL has and no registry: draft-ietf-tls-openpgp-keys-05.
const UNREGISTERED: [(u16, &str); 9] = [
    (0x0072, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_RMD"),
    (0x0073, "TLS_DHE_DSS_WITH_AES_128_CBC_RMD"),
    (0x0074, "TLS_DHE_DSS_WITH_AES_256_CBC_RMD"),
    (0x0077, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_RMD"),
    (0x0078, "TLS_DHE_RSA_WITH_AES_128_CBC_RMD"),
    (0x0079, "TLS_DHE_RSA_WITH_AES_256_CBC_RMD"),
    (0x007c, "TLS_RSA_WITH_3DES_EDE_CBC_RMD"),
    (0x007d, "TLS_RSA_WITH_AES_128_CBC_RMD"),
    (0x007e, "TLS_RSA_WITH_AES_256_CBC_RMD"),
];

/// The suites of TLS 1.3 that are in use.
const COMMON_13: [u16; 5] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];

/// `TLS_NULL_WITH_NULL_NULL` is what a connection has before it has anything; `TLS_EMPTY_RENEGOTIATION_INFO_SCSV` and
/// `TLS_FALLBACK_SCSV` are signals, and the second one turns answers into refusals.
const NO_SUITES: [u16; 3] = [0x0000, 0x00ff, 0x5600];

static UP_TO_12: LazyLock<Vec<u16>> = LazyLock::new(|| with_the_rest(&COMMON, |suite| !is_of_13(suite)));
static OF_13: LazyLock<Vec<u16>> = LazyLock::new(|| with_the_rest(&COMMON_13, is_of_13));

fn with_the_rest(common: &[u16], which: fn(&TlsCipherSuite) -> bool) -> Vec<u16> {
    let registered: BTreeSet<u16> =
        tls_parser::CIPHERS.values().filter(|suite| which(suite)).map(|suite| suite.id.0).collect();
    let rest = registered.into_iter().filter(|suite| !common.contains(suite) && !NO_SUITES.contains(suite));
    common.iter().copied().chain(rest).collect()
}

fn is_of_13(suite: &TlsCipherSuite) -> bool {
    matches!(suite.kx, TlsCipherKx::Tls13)
}

/// Every suite of a version, likeliest first: only when all were offered does "no common suite" say something about the version.
pub(super) fn every(version: TlsVersion) -> &'static [u16] {
    if version == TlsVersion::V13 { &OF_13 } else { &UP_TO_12 }
}

fn registered(number: u16) -> Option<&'static TlsCipherSuite> {
    TlsCipherSuite::from_id(number)
}

/// The name of a suite, or its number where it has none.
pub(super) fn name(number: u16) -> String {
    let unregistered = || UNREGISTERED.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    let name = registered(number).map(|suite| suite.name).or_else(unregistered);
    name.map_or_else(|| format!("0x{number:04X}"), str::to_owned)
}

/// How the form of the key exchange message follows from a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyExchange {
    /// Over an elliptic curve.
    Ecdhe,
    /// Over a prime field.
    Dhe,
    /// None that is looked into.
    Other,
}

/// How keys are exchanged under a suite.
pub(super) fn key_exchange(number: u16) -> KeyExchange {
    match registered(number).map(|suite| (suite.kx, suite.au)) {
        // Theirs begins with a hint.
        Some((_, TlsCipherAu::Psk)) => KeyExchange::Other,
        Some((TlsCipherKx::Ecdhe | TlsCipherKx::Ecdh | TlsCipherKx::Aecdh, _)) => KeyExchange::Ecdhe,
        Some((TlsCipherKx::Dhe | TlsCipherKx::Dh, _)) => KeyExchange::Dhe,
        None if (0x0072..=0x0079).contains(&number) => KeyExchange::Dhe,
        _ => KeyExchange::Other,
    }
}

/// Whether every curve may be taken away from a suite without taking the certificate's own.
pub(super) fn leaves_curves_free(number: u16) -> bool {
    registered(number).is_some_and(|suite| {
        matches!(
            (suite.kx, suite.au),
            (TlsCipherKx::Ecdhe, TlsCipherAu::Rsa) | (TlsCipherKx::Ecdh | TlsCipherKx::Aecdh, TlsCipherAu::Null)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_every_suite_once_and_no_signal() {
        for (version, least) in [(TlsVersion::V12, 330), (TlsVersion::V13, 9)] {
            let suites = every(version);
            let distinct: BTreeSet<_> = suites.iter().collect();
            assert!(suites.len() >= least && distinct.len() == suites.len(), "{} of {version:?}", suites.len());
            assert!(NO_SUITES.iter().all(|number| !suites.contains(number)));
        }
        assert!(COMMON.len() <= FEW && every(TlsVersion::V10).starts_with(&COMMON));
        assert!(every(TlsVersion::V12).iter().all(|suite| !every(TlsVersion::V13).contains(suite)));
    }

    #[test]
    fn names_suites() {
        for (number, expected) in [
            (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            (0x1301, "TLS_AES_128_GCM_SHA256"),
            (0x1304, "TLS_AES_128_CCM_SHA256"),
            (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
            (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
            (0x0079, "TLS_DHE_RSA_WITH_AES_256_CBC_RMD"),
            (0xfafa, "0xFAFA"),
        ] {
            assert_eq!(name(number), expected);
        }
        let nameless: Vec<_> = every(TlsVersion::V12).iter().filter(|suite| name(**suite).starts_with("0x")).collect();
        assert!(nameless.is_empty(), "{nameless:x?}");
    }

    #[test]
    fn knows_how_keys_are_exchanged() {
        for (number, expected, free) in [
            (0xc02f, KeyExchange::Ecdhe, true),
            (0xc02b, KeyExchange::Ecdhe, false),
            (0xc018, KeyExchange::Ecdhe, true),
            (0x009e, KeyExchange::Dhe, false),
            (0x0034, KeyExchange::Dhe, false),
            (0x0078, KeyExchange::Dhe, false),
            (0x002f, KeyExchange::Other, false),
            (0x1301, KeyExchange::Other, false),
        ] {
            assert_eq!((key_exchange(number), leaves_curves_free(number)), (expected, free), "{number:x}");
        }
    }
}

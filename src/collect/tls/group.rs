//! Key exchange groups: which are offered, and what they are called. Names are those of IANA's registry *TLS Supported Groups*.

use super::version::TlsVersion;

/// Number, name, and whether TLS 1.3 may use it (RFC 8446 section 4.2.7, RFC 8734, draft-ietf-tls-ecdhe-mlkem); likeliest first.
const GROUPS: [(u16, &str, bool); 48] = [
    (23, "secp256r1", true),
    (29, "x25519", true),
    (24, "secp384r1", true),
    (25, "secp521r1", true),
    (30, "x448", true),
    (4588, "X25519MLKEM768", true),
    (4587, "SecP256r1MLKEM768", true),
    (4589, "SecP384r1MLKEM1024", true),
    (256, "ffdhe2048", true),
    (257, "ffdhe3072", true),
    (258, "ffdhe4096", true),
    (259, "ffdhe6144", true),
    (260, "ffdhe8192", true),
    (31, "brainpoolP256r1tls13", true),
    (32, "brainpoolP384r1tls13", true),
    (33, "brainpoolP512r1tls13", true),
    (512, "MLKEM512", true),
    (513, "MLKEM768", true),
    (514, "MLKEM1024", true),
    (41, "curveSM2", true),
    (26, "brainpoolP256r1", false),
    (27, "brainpoolP384r1", false),
    (28, "brainpoolP512r1", false),
    (22, "secp256k1", false),
    (21, "secp224r1", false),
    (20, "secp224k1", false),
    (19, "secp192r1", false),
    (18, "secp192k1", false),
    (17, "secp160r2", false),
    (16, "secp160r1", false),
    (15, "secp160k1", false),
    (14, "sect571r1", false),
    (13, "sect571k1", false),
    (12, "sect409r1", false),
    (11, "sect409k1", false),
    (10, "sect283r1", false),
    (9, "sect283k1", false),
    (8, "sect239k1", false),
    (7, "sect233r1", false),
    (6, "sect233k1", false),
    (5, "sect193r2", false),
    (4, "sect193r1", false),
    (3, "sect163r2", false),
    (2, "sect163r1", false),
    (1, "sect163k1", false),
    (34, "GC256A", false),
    (35, "GC256B", false),
    (36, "GC256C", false),
];

/// Groups that only TLS 1.3 has.
const ONLY_13: [u16; 10] = [4588, 4587, 4589, 31, 32, 33, 512, 513, 514, 41];

/// Every group that a version may use, likeliest first.
pub(super) fn every(version: TlsVersion) -> Vec<u16> {
    let usable = |(number, _, in_13): &(u16, &str, bool)| {
        if version == TlsVersion::V13 { *in_13 } else { !ONLY_13.contains(number) }
    };
    GROUPS.iter().filter(|group| usable(group)).map(|(number, ..)| *number).collect()
}

/// The name of a group, or its number where it has none.
pub(super) fn name(number: u16) -> String {
    let known = GROUPS.iter().find(|(known, ..)| *known == number);
    known.map_or_else(|| number.to_string(), |(_, name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_version_has_its_groups() {
        let (old, new) = (every(TlsVersion::V12), every(TlsVersion::V13));
        assert!(old.contains(&22) && !old.contains(&4588) && new.contains(&4588) && !new.contains(&22));
        assert!(old.starts_with(&[23, 29]) && new.starts_with(&[23, 29]));
        assert_eq!(GROUPS.iter().map(|(number, ..)| number).collect::<BTreeSet<_>>().len(), GROUPS.len());
    }

    #[test]
    fn names_groups() {
        for (number, expected) in [(23, "secp256r1"), (29, "x25519"), (256, "ffdhe2048"), (65281, "65281")] {
            assert_eq!(name(number), expected);
        }
    }
}

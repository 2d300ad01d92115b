//! Public keys and signature algorithms by the names that X.509 tools print, and how strong they are.

use x509_parser::oid_registry::{self as registry, Oid};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::RSAPublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::model::{Fact, Why};

vocabulary! {
    /// Algorithm of a public key.
    enum KeyAlgorithm = "key_algorithm" {
        /// RSA (RFC 8017), for any use.
        Rsa = "rsa",
        /// RSA, for RSASSA-PSS signatures only (RFC 4055).
        RsassaPss = "rsassaPss",
        /// A point on an elliptic curve (RFC 5480).
        Ec = "ec",
        /// Edwards curve 25519 (RFC 8410).
        Ed25519 = "ed25519",
        /// Edwards curve 448 (RFC 8410).
        Ed448 = "ed448",
        /// DSA (RFC 3279).
        Dsa = "dsa",
    }
}

vocabulary! {
    /// Hash function of a signature.
    enum Digest = "digest" {
        /// Broken.
        Md2 = "md2",
        /// Broken.
        Md5 = "md5",
        /// Broken.
        Sha1 = "sha1",
        /// SHA-224.
        Sha224 = "sha224",
        /// SHA-256.
        Sha256 = "sha256",
        /// SHA-384.
        Sha384 = "sha384",
        /// SHA-512.
        Sha512 = "sha512",
        /// SHAKE256, in Ed448 signatures.
        Shake256 = "shake256",
    }
}

/// A public key.
#[derive(Debug, PartialEq)]
pub(super) struct Key {
    /// As in `rsa2048`, `p256`, `ed25519`; the object identifier when this version has no name for it.
    pub name: String,
    pub algorithm: KeyAlgorithm,
    /// Bits of the modulus or of the curve.
    pub bits: Fact<i64>,
}

/// Curves by object identifier: name and bits (RFC 5480 section 2.1.1.1, SEC 2, RFC 5639).
const CURVES: [(&str, &str, i64); 9] = [
    ("1.2.840.10045.3.1.1", "p192", 192),
    ("1.3.132.0.33", "p224", 224),
    ("1.2.840.10045.3.1.7", "p256", 256),
    ("1.3.132.0.34", "p384", 384),
    ("1.3.132.0.35", "p521", 521),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];

/// Keys of one size only.
const FIXED: [(&str, KeyAlgorithm, i64); 2] =
    [("1.3.101.112", KeyAlgorithm::Ed25519, 256), ("1.3.101.113", KeyAlgorithm::Ed448, 456)];

/// The key of a certificate.
pub(super) fn key(spki: &SubjectPublicKeyInfo<'_>) -> Key {
    let oid = &spki.algorithm.algorithm;
    if *oid == registry::OID_PKCS1_RSAENCRYPTION {
        return rsa(KeyAlgorithm::Rsa, spki);
    }
    if *oid == registry::OID_PKCS1_RSASSAPSS {
        return rsa(KeyAlgorithm::RsassaPss, spki);
    }
    if *oid == registry::OID_KEY_TYPE_EC_PUBLIC_KEY {
        return curve(&spki.algorithm);
    }
    let id = oid.to_id_string();
    if let Some((_, algorithm, bits)) = FIXED.iter().find(|(known, ..)| *known == id) {
        return Key { name: algorithm.as_str().to_owned(), algorithm: algorithm.clone(), bits: Fact::Known(*bits) };
    }
    let algorithm =
        if *oid == registry::OID_KEY_TYPE_DSA { KeyAlgorithm::Dsa } else { KeyAlgorithm::Other(id.clone()) };
    Key { name: algorithm.as_str().to_owned(), algorithm, bits: nameless("key", &id) }
}

fn rsa(algorithm: KeyAlgorithm, spki: &SubjectPublicKeyInfo<'_>) -> Key {
    let bits = RSAPublicKey::from_der(&spki.subject_public_key.data).ok().and_then(|(_, key)| bits(key.modulus));
    Key {
        name: bits.map_or_else(|| algorithm.as_str().to_owned(), |bits| format!("{}{bits}", algorithm.as_str())),
        algorithm,
        bits: bits.map_or_else(|| unreadable("the RSA key cannot be parsed"), Fact::Known),
    }
}

/// Bits of an unsigned number, leading zeros left out.
fn bits(number: &[u8]) -> Option<i64> {
    let start = number.iter().position(|byte| *byte != 0)?;
    let (first, rest) = number.get(start..)?.split_first()?;
    let rest = i64::try_from(rest.len()).ok()?.checked_mul(8)?;
    rest.checked_add(i64::from(u8::BITS - first.leading_zeros()))
}

fn curve(algorithm: &AlgorithmIdentifier<'_>) -> Key {
    let oid = algorithm.parameters.as_ref().and_then(|it| it.as_oid().ok()).map(|oid| oid.to_id_string());
    let oid = oid.unwrap_or_else(|| "explicit parameters".to_owned());
    let known = CURVES.iter().find(|(known, ..)| *known == oid);
    Key {
        name: known.map_or_else(|| format!("ec:{oid}"), |(_, name, _)| (*name).to_owned()),
        algorithm: KeyAlgorithm::Ec,
        bits: known.map_or_else(|| nameless("curve", &oid), |(.., bits)| Fact::Known(*bits)),
    }
}

/// Signature algorithms by object identifier: name and digest (RFC 8017, 5758, 3279, 8410).
const SIGNATURES: [(&str, &str, Digest); 18] = [
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption", Digest::Md2),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", Digest::Md5),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", Digest::Sha1),
    ("1.3.14.3.2.29", "sha1WithRSA", Digest::Sha1),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", Digest::Sha224),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", Digest::Sha256),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", Digest::Sha384),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", Digest::Sha512),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", Digest::Sha1),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", Digest::Sha224),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", Digest::Sha256),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", Digest::Sha384),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", Digest::Sha512),
    ("1.2.840.10040.4.3", "dsaWithSHA1", Digest::Sha1),
    ("2.16.840.1.101.3.4.3.1", "dsa_with_SHA224", Digest::Sha224),
    ("2.16.840.1.101.3.4.3.2", "dsa_with_SHA256", Digest::Sha256),
    ("1.3.101.112", "ed25519", Digest::Sha512),
    ("1.3.101.113", "ed448", Digest::Shake256),
];

/// Name of the signature algorithm (its object identifier when this version has no name for it) and the digest it uses.
pub(super) fn signature(certificate: &X509Certificate<'_>) -> (String, Fact<Digest>) {
    let algorithm = &certificate.signature_algorithm;
    if algorithm.algorithm == registry::OID_PKCS1_RSASSAPSS {
        return ("rsassaPss".to_owned(), pss_digest(algorithm));
    }
    let id = algorithm.algorithm.to_id_string();
    match SIGNATURES.iter().find(|(known, ..)| *known == id) {
        Some((_, name, digest)) => ((*name).to_owned(), Fact::Known(digest.clone())),
        None => (id.clone(), nameless("signature algorithm", &id)),
    }
}

/// RFC 4055 section 3.1: without parameters it is SHA-1.
fn pss_digest(algorithm: &AlgorithmIdentifier<'_>) -> Fact<Digest> {
    let Some(parameters) = &algorithm.parameters else { return Fact::Known(Digest::Sha1) };
    let Ok(parameters) = RsaSsaPssParams::try_from(parameters) else {
        return unreadable("the parameters of its RSASSA-PSS signature cannot be parsed");
    };
    let named: [(Oid<'_>, Digest); 4] = [
        (registry::OID_HASH_SHA1, Digest::Sha1),
        (registry::OID_NIST_HASH_SHA256, Digest::Sha256),
        (registry::OID_NIST_HASH_SHA384, Digest::Sha384),
        (registry::OID_NIST_HASH_SHA512, Digest::Sha512),
    ];
    let oid = parameters.hash_algorithm_oid();
    let found = named.into_iter().find(|(known, _)| known == oid).map(|(_, digest)| digest);
    found.map_or_else(|| nameless("digest", &oid.to_id_string()), Fact::Known)
}

fn nameless<T>(what: &str, id: &str) -> Fact<T> {
    unreadable(&format!("this version does not know the {what} {id}"))
}

fn unreadable<T>(detail: &str) -> Fact<T> {
    Fact::Unknown(Why::Unreadable { detail: detail.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::anchors;

    #[test]
    fn counts_the_bits_of_a_modulus() {
        for (number, expected) in [
            (&[0, 0x80, 0][..], Some(16)),
            (&[0x80, 0], Some(16)),
            (&[0x7f, 0], Some(15)),
            (&[0, 0, 1], Some(1)),
            (&[0, 0], None),
            (&[], None),
        ] {
            assert_eq!(bits(number), expected, "{number:?}");
        }
    }

    #[test]
    fn names_every_kind_of_key_and_signature_of_the_bundles() {
        let mut seen = std::collections::BTreeSet::new();
        for der in anchors::built_in().unwrap() {
            let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
            let (name, digest) = signature(&certificate);
            seen.insert((key(certificate.public_key()).name, name, digest.known().unwrap().as_str().to_owned()));
        }
        let seen: Vec<_> =
            seen.iter().map(|(key, name, digest)| (key.as_str(), name.as_str(), digest.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("p256", "ecdsa-with-SHA256", "sha256"),
                ("p384", "ecdsa-with-SHA384", "sha384"),
                ("rsa2048", "sha256WithRSAEncryption", "sha256"),
                ("rsa4096", "sha384WithRSAEncryption", "sha384"),
            ]
        );
    }
}

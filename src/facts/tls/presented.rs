//! The certificates that one server presents, judged outside of any snapshot: what the commands `probe` and `certificate` print.
//! Every field answers its own question, so that an expired certificate of the wrong name says both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::anchors::Authorities;
use super::certificate::{Certificate, Validity, parse};
use super::chain::ChainState;
use super::name::NameMatch;
use crate::model::{Fact, Place, RecordRef, Why};

/// What a server presents, with the fields of its own certificate.
#[derive(Debug, Serialize)]
pub struct Presented {
    /// Certificates presented, the server's own among them.
    pub chain_len: usize,
    /// Whether they lead to a trust anchor; none when that cannot be told.
    pub trust: Option<ChainState>,
    /// Field → why it cannot be told.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<&'static str, String>,
    /// The authorities it was judged by.
    pub trusted_authorities: String,
    /// Where the moment lies in its dates.
    pub validity: Validity,
    /// As in `rsa2048`, `p256`, `ed25519`.
    pub key: String,
    /// X.509 name of the signature algorithm, as in `sha256WithRSAEncryption`.
    pub signature: String,
    /// What it may be used for; none when it does not say.
    pub extended_key_usage: Option<Vec<String>>,
    /// Common name of the subject, the last one of several.
    pub subject_common_name: Option<String>,
    /// All subject alternative names; none when they cannot be read.
    pub subject_alternative_names: Option<Vec<String>>,
    /// Distinguished name of the issuer.
    pub issuer: String,
    /// Serial number, in hexadecimal.
    pub serial_number: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint_sha256: String,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// Whole days to the end; negative once expired.
    pub days_left: i64,
    /// Basic constraints: whether it may sign other certificates.
    pub is_ca: bool,
    /// Name asked for → what in the certificate covers it: `san`, `ip`, `cn` or none.
    pub names: BTreeMap<String, Option<NameMatch>>,
}

/// Whether clients accept a certificate for a name; none when its names cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Matches {
    /// Clients that look at the subject alternative names alone (RFC 9525).
    pub san_only: Option<bool>,
    /// Clients that look at the common name where there is no dNSName.
    pub cn_fallback: Option<bool>,
}

impl Presented {
    /// Judges certificates in DER, leaf first, at a moment. `region` is that of the server, if it is known.
    ///
    /// # Errors
    /// When the leaf is not a certificate.
    pub fn new(
        sent: &[Vec<u8>],
        names: &[String],
        authorities: &Authorities,
        region: Option<&str>,
        at: Timestamp,
    ) -> Result<Self, Why> {
        let leaf = sent.first().ok_or_else(|| Why::Unreadable { detail: "there is no certificate".into() })?;
        let certificate = Certificate::new(leaf, at, Place::data_of(RecordRef { file: 0, line: 0 }))?;
        let mut unknown = BTreeMap::new();
        let trust = authorities.judge(sent, region, at).map_or_else(Fact::Unknown, Fact::Known);
        Ok(Self {
            chain_len: sent.len(),
            trust: known("trust", trust, &mut unknown),
            trusted_authorities: authorities.edition(at),
            validity: certificate.validity,
            key: certificate.key,
            signature: certificate.signature,
            extended_key_usage: known("extended_key_usage", certificate.extended_key_usage, &mut unknown),
            subject_common_name: known("subject_common_name", certificate.subject_common_name, &mut unknown),
            subject_alternative_names: known(
                "subject_alternative_names",
                certificate.subject_alternative_names,
                &mut unknown,
            ),
            issuer: certificate.issuer,
            serial_number: certificate.serial_number,
            fingerprint_sha256: certificate.fingerprint_sha256,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            days_left: certificate.days_left,
            is_ca: certificate.is_ca,
            names: names.iter().map(|name| (name.clone(), covering(leaf, name))).collect(),
            unknown,
        })
    }
}

impl Matches {
    /// Compares the names of a certificate in DER with one that clients use.
    ///
    /// # Errors
    /// When it is not a certificate.
    pub fn new(der: &[u8], name: &str) -> Result<Self, Why> {
        let certificate = parse(der)?;
        let covering = NameMatch::new(&certificate, name).ok();
        Ok(Self {
            san_only: covering.as_ref().map(NameMatch::san_only),
            cn_fallback: covering.as_ref().map(NameMatch::cn_fallback),
        })
    }
}

/// What covers a name; a name that nothing covers, or of which that cannot be told, has none.
fn covering(leaf: &[u8], name: &str) -> Option<NameMatch> {
    let found = parse(leaf).and_then(|certificate| NameMatch::new(&certificate, name)).ok()?;
    (found != NameMatch::None).then_some(found)
}

fn known<T>(field: &'static str, fact: Fact<T>, unknown: &mut BTreeMap<&'static str, String>) -> Option<T> {
    match fact {
        Fact::Known(value) => Some(value),
        Fact::Absent => None,
        Fact::Unknown(why) => {
            unknown.insert(field, why.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::anchors::TrustStore;
    use super::super::fixture::sent;
    use super::super::host::Issuer;
    use super::*;

    const I1: &str = "lab-1.c0ffee.us-east-1.rds.amazonaws.com";
    const W: &str = "lab.cluster-c0ffee.us-east-1.rds.amazonaws.com";
    const CUSTOM: &str = "x.cluster-custom-c0ffee.us-east-1.rds.amazonaws.com";

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn judge(anchors: &str, sent: &[Vec<u8>], names: &[&str]) -> Result<Presented, Why> {
        let given = TrustStore::given("given.pem".to_owned(), self::sent(anchors));
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Presented::new(sent, &names, given.of(Issuer::Rds), None, now())
    }

    #[test]
    fn trust_and_dates_are_told_apart() {
        use ChainState::{CaExpired, Incomplete, Ok, SelfSigned, Untrusted};
        let rows = [
            ("aurora", "root", Some(Ok), Validity::Ok, 2),
            ("chain-with-root", "root", Some(Ok), Validity::Ok, 3),
            ("chain-disorder", "root", Some(Ok), Validity::Ok, 3),
            ("no-intermediate", "root", Some(Incomplete), Validity::Ok, 1),
            ("expired", "root", Some(Ok), Validity::Expired, 2),
            ("not-yet-valid", "root", Some(Ok), Validity::NotYetValid, 2),
            ("sub-expired", "root", Some(CaExpired), Validity::Ok, 2),
            ("root-expired", "root-expired", Some(Ok), Validity::Ok, 2),
            ("rogue", "root", Some(Untrusted), Validity::Ok, 2),
            ("rogue-alone", "root", Some(Incomplete), Validity::Ok, 1),
            ("forged", "root", Some(Untrusted), Validity::Ok, 1),
            ("forged-chain", "root", Some(Untrusted), Validity::Ok, 2),
            ("self-signed", "root", Some(SelfSigned), Validity::Ok, 1),
            ("self-signed", "self-signed", Some(Ok), Validity::Ok, 1),
            ("too-deep", "root", Some(Untrusted), Validity::Ok, 3),
            ("no-ca", "root", Some(Untrusted), Validity::Ok, 2),
            ("no-sign", "root", Some(Untrusted), Validity::Ok, 2),
            ("aurora", "rogue", Some(Untrusted), Validity::Ok, 2),
            // What this program cannot evaluate is neither good nor bad.
            ("constrained", "root", None, Validity::Ok, 2),
            ("critical-unknown", "root", None, Validity::Ok, 2),
        ];
        for (name, anchors, trust, validity, chain_len) in rows {
            let it = judge(anchors, &sent(name), &[]).unwrap();
            assert_eq!((&it.trust, &it.validity, it.chain_len), (&trust, &validity, chain_len), "{name} {anchors}");
            assert_eq!(it.unknown.contains_key("trust"), trust.is_none(), "{name}");
        }
    }

    #[test]
    fn anchors_of_other_kinds_end_a_chain() {
        use ChainState::{CaExpired, Ok};
        for (name, trust) in [
            ("sha1", Some(Ok)),
            ("v1-root", Some(Ok)),
            ("root-expired", Some(CaExpired)),
            ("short-root", None),
            ("p521-root", None),
        ] {
            let chain = sent(name);
            let given = TrustStore::given("given.pem".to_owned(), chain[1..].to_vec());
            let judged = given.of(Issuer::Rds).judge(&chain[..1], None, now());
            assert_eq!(judged.ok(), trust, "{name}");
        }
    }

    #[test]
    fn a_maze_of_certificates_is_left() {
        let chain = sent("aurora");
        let maze: Vec<_> = chain[..1].iter().chain(std::iter::repeat_n(&chain[1], 1000)).cloned().collect();
        let it = judge("rogue", &maze, &[]).unwrap();
        assert!(it.unknown["trust"].contains("maze"));
    }

    #[test]
    fn keys_and_signatures_have_their_names() {
        for (name, key, signature) in [
            ("aurora", "p256", "ecdsa-with-SHA256"),
            ("rsa2048", "rsa2048", "ecdsa-with-SHA256"),
            ("rsa1024", "rsa1024", "ecdsa-with-SHA256"),
            ("p384", "p384", "ecdsa-with-SHA384"),
            ("p521", "p521", "ecdsa-with-SHA256"),
            ("secp256k1", "secp256k1", "ecdsa-with-SHA256"),
            ("c2tnb191v1", "ec:1.2.840.10045.3.0.5", "ecdsa-with-SHA256"),
            ("ed25519", "ed25519", "ecdsa-with-SHA256"),
            ("ed448", "ed448", "ecdsa-with-SHA256"),
            ("dsa", "dsa", "ecdsa-with-SHA256"),
            ("pss2048", "rsassaPss2048", "ecdsa-with-SHA256"),
            ("sha1", "p256", "sha1WithRSAEncryption"),
            ("short-root", "p256", "sha256WithRSAEncryption"),
            ("p521-root", "p256", "ecdsa-with-SHA512"),
        ] {
            let it = judge("root", &sent(name), &[]).unwrap();
            assert_eq!((it.key.as_str(), it.signature.as_str()), (key, signature), "{name}");
        }
    }

    #[test]
    fn usage_is_a_field_of_its_own() {
        for (name, expected) in [
            ("aurora", Some(vec!["serverAuth"])),
            ("no-intermediate", Some(vec!["serverAuth"])),
            ("client-usage", Some(vec!["clientAuth", "1.2.3.4"])),
            ("any-usage", Some(vec!["anyExtendedKeyUsage"])),
            ("rogue", None),
        ] {
            let it = judge("root", &sent(name), &[]).unwrap();
            let expected: Option<Vec<_>> = expected.map(|list| list.into_iter().map(str::to_owned).collect());
            assert_eq!(it.extended_key_usage, expected, "{name}");
        }
    }

    #[test]
    fn names_are_keyed_as_they_were_asked() {
        use NameMatch::{Cn, Ip, San};
        for (certificate, name, covered, san_only, cn_fallback) in [
            ("aurora", I1, Some(San), true, true),
            ("aurora", W, Some(San), true, true),
            ("aurora", CUSTOM, None, false, false),
            ("cn-only", I1, Some(Cn), false, true),
            ("cn-only", W, None, false, false),
            ("cn-beside-ip", I1, Some(Cn), false, true),
            ("cn-beside-ip", "127.0.0.1", Some(Ip), true, true),
            ("cn-beside-ip", "2001:DB8:0::1", Some(Ip), true, true),
            ("cn-beside-ip", "[2001:db8::1]", None, false, false),
            ("dns-looks-like-ip", "127.0.0.1", None, false, false),
            ("wildcard", I1, Some(San), true, true),
            ("wildcard", W, None, false, false),
            ("aurora", "", None, false, false),
            ("aurora", "--help", None, false, false),
            ("aurora", "ü*\u{202e}", None, false, false),
        ] {
            let chain = sent(certificate);
            let it = judge("root", &chain, &[name]).unwrap();
            assert_eq!(it.names, BTreeMap::from([(name.to_owned(), covered)]), "{certificate} {name}");
            let expected = Matches { san_only: Some(san_only), cn_fallback: Some(cn_fallback) };
            assert_eq!(Matches::new(&chain[0], name), Ok(expected), "{certificate} {name}");
        }
    }

    #[test]
    fn all_alternative_names_are_shown() {
        let it = judge("root", &sent("all-names"), &[]).unwrap();
        let expected = [I1, "10.0.0.1", "URI:spiffe://lab/db", "email:dba@lab.example", "RID:1.2.3", "otherName:1.2.3"];
        assert_eq!(it.subject_alternative_names.unwrap(), expected);
    }

    #[test]
    fn what_is_printed_is_stable() {
        let it = judge("root", &sent("aurora"), &[I1, "other"]).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&it).unwrap());
    }

    proptest! {
        #[test]
        fn random_bytes_are_judged_or_refused(der in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(judge("root", &[der], &["x"]).is_err());
        }

        /// Whatever a hostile server changes in a certificate: it is judged or refused, and never trusted.
        #[test]
        fn changed_certificates_are_never_trusted(
            name in proptest::sample::select(&["aurora", "all-names", "cn-beside-ip", "pss2048", "critical-unknown", "sha1"][..]),
            which in 0_usize..2,
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
            cut in any::<Option<proptest::sample::Index>>(),
        ) {
            let original = sent(name);
            let mut chain = original.clone();
            for (at, byte) in changes {
                let at = at.index(chain[which].len());
                chain[which][at] = byte;
            }
            if let Some(cut) = cut {
                let keep = cut.index(chain[which].len());
                chain[which].truncate(keep);
            }
            let Ok(it) = judge("root", &chain, &[I1]) else { return Ok(()) };
            prop_assert!(serde_json::to_string(&it).is_ok());
            if chain != original {
                prop_assert_ne!(it.trust, Some(ChainState::Ok));
            }
        }
    }
}

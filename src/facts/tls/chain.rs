//! Whether the certificates that a server sent lead to a trust anchor: a path builder for the few certificates that one
//! endpoint sends, that says what is wrong rather than only that something is. Names, dates of the leaf and its usage are other
//! questions, so that no defect hides another.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use jiff::Timestamp;
use x509_parser::oid_registry as oid;
use x509_parser::prelude::{X509Certificate, X509Error, X509Version};
use x509_parser::public_key::PublicKey;

use super::anchors::AnchorSet;
use super::certificate::{parse, unreadable};
use crate::model::Why;

/// Most CA certificates considered between leaf and anchor. Aurora's chains have one.
const MAX_DEPTH: u32 = 7;

/// Signatures checked for one endpoint: a hostile server may send certificates that sign each other in circles.
const MAX_SIGNATURES: u32 = 100;

vocabulary! {
    /// What the chain of a server proves.
    enum ChainState = "chain_state" {
        /// It leads to a trust anchor.
        Ok = "ok",
        /// The server sent no CA certificate, and the leaf's issuer is not among the anchors.
        Incomplete = "incomplete",
        /// CA certificates were sent, and they lead to no anchor; or an anchor is named that did not sign.
        Untrusted = "untrusted",
        /// The leaf is its own issuer.
        SelfSigned = "self-signed",
        /// It leads to an anchor only by way of a CA certificate that is outside of its dates.
        CaExpired = "ca-expired",
    }
}

impl ChainState {
    /// Judges the certificates that a server sent, leaf first, at the time of the observation.
    ///
    /// # Errors
    /// When the leaf cannot be parsed, there is none, or the certificates sent cannot be told apart in a bounded search.
    pub fn new(sent: &[Vec<u8>], anchors: &AnchorSet, observed: Timestamp) -> Result<Self, Why> {
        let Some((leaf_der, others)) = sent.split_first() else {
            return Err(Why::Unreadable { detail: "the server sent no certificate".into() });
        };
        let leaf = parse(leaf_der)?;
        // What cannot be read proves nothing, neither that the chain is good nor that it is bad.
        let (others, bad_other) = readable(others);
        let issuers: BTreeSet<&[u8]> =
            others.iter().chain([&leaf]).map(|certificate| certificate.issuer().as_raw()).collect();
        let named: Vec<_> = issuers.into_iter().flat_map(|issuer| readable(anchors.named(issuer)).0).collect();
        let search = Search::new(&named, &others, observed);
        if anchors.holds(&leaf) {
            return Ok(search.validity(&leaf).state());
        }
        let best = search.best(&leaf, 0);
        let self_signed = search.issued(&leaf, &leaf);
        if best == Some(Dates::Current) {
            return not_understood(&leaf).map_or(Ok(Self::Ok), |what| Err(unreadable(&what)));
        }
        search.doubt().or_else(|| anchors.unreadable.clone()).or(bad_other).map_or(Ok(()), Err)?;
        Ok(match best {
            Some(dates) => dates.state(),
            None if self_signed => Self::SelfSigned,
            None if named.is_empty() && !others.iter().any(is_authority) => Self::Incomplete,
            None => Self::Untrusted,
        })
    }
}

/// The certificates that can be parsed, and why one cannot.
fn readable(der: &[Vec<u8>]) -> (Vec<X509Certificate<'_>>, Option<Why>) {
    let mut bad = None;
    let parsed = der.iter().filter_map(|der| parse(der).map_err(|why| bad = Some(why)).ok()).collect();
    (parsed, bad)
}

/// Whether it may sign certificates: it says so (RFC 5280 section 4.2.1.9), or is of the first version, which cannot say.
fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    let signs = certificate.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.key_cert_sign()));
    let old = certificate.version() == X509Version::V1 && certificate.subject() == certificate.issuer();
    (certificate.is_ca() || old) && signs
}

/// A critical extension that is not taken into account here (RFC 5280 section 4.2), or name constraints, which never are.
fn not_understood(certificate: &X509Certificate<'_>) -> Option<String> {
    let understood = [
        oid::OID_X509_EXT_BASIC_CONSTRAINTS,
        oid::OID_X509_EXT_KEY_USAGE,
        oid::OID_X509_EXT_EXTENDED_KEY_USAGE,
        oid::OID_X509_EXT_SUBJECT_ALT_NAME,
        oid::OID_X509_EXT_CERTIFICATE_POLICIES,
    ];
    let constrains = |id: &oid::Oid<'_>| *id == oid::OID_X509_EXT_NAME_CONSTRAINTS;
    let extension = certificate
        .extensions()
        .iter()
        .find(|it| constrains(&it.oid) || (it.critical && !understood.contains(&it.oid)))?;
    Some(format!("its chain rests on extension {}, which is not evaluated", extension.oid.to_id_string()))
}

/// Whether every CA certificate on a path is within its dates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Dates {
    Past,
    Current,
}

impl Dates {
    const fn state(self) -> ChainState {
        match self {
            Self::Past => ChainState::CaExpired,
            Self::Current => ChainState::Ok,
        }
    }
}

struct Search<'a> {
    anchors: &'a [X509Certificate<'a>],
    others: &'a [X509Certificate<'a>],
    /// Seconds since 1970.
    at: i64,
    /// Signatures that may still be checked.
    left: Cell<u32>,
    /// Why a step that was not taken might have led on.
    doubt: RefCell<Option<String>>,
}

impl<'a> Search<'a> {
    fn new(anchors: &'a [X509Certificate<'a>], others: &'a [X509Certificate<'a>], observed: Timestamp) -> Self {
        let (left, doubt) = (Cell::new(MAX_SIGNATURES), RefCell::new(None));
        Self { anchors, others, at: observed.as_second(), left, doubt }
    }

    /// The best path from `child` to an anchor, when `below` CA certificates are under it already.
    fn best(&self, child: &X509Certificate<'_>, below: u32) -> Option<Dates> {
        let may_sign = |issuer: &&X509Certificate<'_>| self.may_sign(issuer, child, below);
        let ends = self.anchors.iter().filter(may_sign).map(|anchor| self.validity(anchor));
        // The sent copy of an anchor is skipped: the step to the anchor itself is the same.
        let steps = self.others.iter().filter(|_| below < MAX_DEPTH).filter(may_sign).filter(|it| !self.is_root(it));
        let paths = steps.filter_map(|issuer| Some(self.best(issuer, below + 1)?.min(self.validity(issuer))));
        ends.chain(paths).max()
    }

    /// Whether `issuer` signed `child` and was allowed to.
    fn may_sign(&self, issuer: &X509Certificate<'_>, child: &X509Certificate<'_>, below: u32) -> bool {
        if !is_authority(issuer) || !has_room(issuer, below) || !self.issued(child, issuer) {
            return false;
        }
        not_understood(issuer).is_none_or(|doubt| {
            self.doubt.borrow_mut().get_or_insert(doubt);
            false
        })
    }

    fn validity(&self, certificate: &X509Certificate<'_>) -> Dates {
        let dates = certificate.validity();
        let current = dates.not_before.timestamp() <= self.at && self.at <= dates.not_after.timestamp();
        if current { Dates::Current } else { Dates::Past }
    }

    /// Whether `issuer` signed `child`: names first, because a signature costs a thousand times more.
    fn issued(&self, child: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
        if child.issuer().as_raw() != issuer.subject().as_raw() || self.left.get() == 0 {
            return false;
        }
        self.left.set(self.left.get() - 1);
        // RFC 5280 section 4.1.1.2: the algorithm stands twice, and only the inner one is signed.
        if child.signature_algorithm != child.tbs_certificate.signature {
            return false;
        }
        match child.verify_signature(Some(issuer.public_key())) {
            Ok(()) => true,
            Err(error) => {
                if matches!(error, X509Error::SignatureUnsupportedAlgorithm) || has_short_rsa_key(issuer) {
                    let doubt = "a signature in its chain is of a kind that cannot be checked".to_owned();
                    self.doubt.borrow_mut().get_or_insert(doubt);
                }
                false
            }
        }
    }

    /// Whether a certificate that is its own issuer by name has its own signature, or one that nobody here can tell.
    fn is_root(&self, certificate: &X509Certificate<'_>) -> bool {
        self.left.set(self.left.get().saturating_sub(1));
        certificate.subject().as_raw() == certificate.issuer().as_raw()
            && !matches!(certificate.verify_signature(None), Err(X509Error::SignatureVerificationError))
    }

    /// Why no verdict against the chain would be sure.
    fn doubt(&self) -> Option<Why> {
        if self.left.get() == 0 {
            return Some(Why::Unreadable { detail: "the chain is a maze".into() });
        }
        self.doubt.borrow().as_deref().map(unreadable)
    }
}

/// RFC 5280 section 4.2.1.9: how many CA certificates may follow.
fn has_room(issuer: &X509Certificate<'_>, below: u32) -> bool {
    let constraint = issuer.basic_constraints().ok().flatten().and_then(|it| it.value.path_len_constraint);
    constraint.is_none_or(|most| below <= most)
}

/// Below what the verifier takes.
fn has_short_rsa_key(certificate: &X509Certificate<'_>) -> bool {
    matches!(certificate.public_key().parsed(), Ok(PublicKey::RSA(key)) if key.key_size() < 2048)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::anchors;

    #[test]
    fn what_cannot_be_read_proves_nothing_bad() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let is_good = |root: &Vec<u8>| {
            ChainState::new(std::slice::from_ref(root), &AnchorSet::new(vec![root.clone()]), now) == Ok(ChainState::Ok)
        };
        let all = anchors::built_in().unwrap();
        let roots: Vec<_> = all.iter().filter(|root| is_good(root)).collect();
        let (one, other, broken) = (roots[0].clone(), roots[1].clone(), vec![0x30, 0]);
        for (sent, anchors, expected) in [
            (vec![one.clone()], vec![one.clone(), broken.clone()], Some(ChainState::Ok)),
            (vec![one.clone()], vec![other.clone()], Some(ChainState::SelfSigned)),
            (vec![one.clone()], vec![other.clone(), broken.clone()], None),
            (vec![one, broken.clone()], vec![other.clone()], None),
            (vec![broken], vec![other], None),
            (vec![], vec![], None),
        ] {
            let text = format!("{} {}", sent.len(), anchors.len());
            assert_eq!(ChainState::new(&sent, &AnchorSet::new(anchors), now).ok(), expected, "{text}");
        }
    }
}

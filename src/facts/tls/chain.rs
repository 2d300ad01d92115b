//! Whether the certificates that a server sent lead to a trust anchor: a path builder for the few certificates that one
//! endpoint sends, that says what is wrong rather than only that something is.

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use x509_parser::prelude::{X509Certificate, X509Error};

use super::anchors::AnchorSet;
use super::certificate::{parse, unreadable};
use crate::model::Why;

/// Longest path considered, the leaf included. Aurora's has three.
const MAX_DEPTH: usize = 8;

/// Signatures checked for one endpoint: a hostile server may send certificates that sign each other in circles.
const MAX_SIGNATURES: u32 = 100;

vocabulary! {
    /// What the chain of a server proves.
    enum ChainState = "chain_state" {
        /// It leads to a trust anchor.
        Ok = "ok",
        /// The server sent no CA certificate, and the leaf's issuer is not among the anchors.
        Incomplete = "incomplete",
        /// CA certificates were sent, and they lead to no anchor.
        Untrusted = "untrusted",
        /// The leaf is its own issuer.
        SelfSigned = "self-signed",
        /// It leads to an anchor only by way of an expired CA certificate.
        CaExpired = "ca-expired",
    }
}

impl ChainState {
    /// Judges the certificates that a server sent, leaf first, at the time of the observation.
    ///
    /// # Errors
    /// When the leaf cannot be parsed, there is none, or the certificates sent cannot be told apart in a bounded search.
    pub fn new(sent: &[Vec<u8>], anchors: &AnchorSet, observed: Timestamp) -> Result<Self, Why> {
        let Some((leaf, others)) = sent.split_first() else {
            return Err(Why::Unreadable { detail: "the server sent no certificate".into() });
        };
        let leaf = parse(leaf)?;
        // What cannot be read proves nothing, neither that the chain is good nor that it is bad.
        let (others, bad_other) = readable(others);
        let bad_anchor = anchors.unreadable.clone();
        let issuers: BTreeSet<&[u8]> =
            others.iter().chain([&leaf]).map(|certificate| certificate.issuer().as_raw()).collect();
        let anchors: Vec<_> = issuers.into_iter().flat_map(|issuer| readable(anchors.named(issuer)).0).collect();
        let (left, unsupported) = (Cell::new(MAX_SIGNATURES), Cell::new(false));
        let search = Search {
            anchors: &anchors,
            others: &others,
            at: observed.as_second(),
            left: &left,
            unsupported: &unsupported,
        };
        let best = search.best(&leaf, MAX_DEPTH);
        let self_signed = search.issued(&leaf, &leaf);
        if best != Some(Validity::Current) {
            if unsupported.get() {
                return Err(unreadable("a signature in its chain is of a kind that cannot be checked"));
            }
            bad_anchor.or(bad_other).map_or(Ok(()), Err)?;
        }
        Ok(match best {
            Some(Validity::Current) => Self::Ok,
            _ if left.get() == 0 => return Err(Why::Unreadable { detail: "the chain is a maze".into() }),
            Some(Validity::Expired) => Self::CaExpired,
            None if self_signed => Self::SelfSigned,
            None if others.iter().any(|other| other.is_ca()) => Self::Untrusted,
            None => Self::Incomplete,
        })
    }
}

/// The certificates that can be parsed, and why one cannot.
fn readable(der: &[Vec<u8>]) -> (Vec<X509Certificate<'_>>, Option<Why>) {
    let mut bad = None;
    let parsed = der.iter().filter_map(|der| parse(der).map_err(|why| bad = Some(why)).ok()).collect();
    (parsed, bad)
}

/// Whether every CA certificate on a path is within its dates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Validity {
    Expired,
    Current,
}

struct Search<'a> {
    anchors: &'a [X509Certificate<'a>],
    others: &'a [X509Certificate<'a>],
    /// Seconds since 1970.
    at: i64,
    /// Signatures that may still be checked.
    left: &'a Cell<u32>,
    /// Whether there was a signature whose algorithm is not known here.
    unsupported: &'a Cell<bool>,
}

impl Search<'_> {
    /// The best path from `child` to an anchor.
    fn best(&self, child: &X509Certificate<'_>, depth: usize) -> Option<Validity> {
        let issued_by = |issuer: &&X509Certificate<'_>| issuer.is_ca() && self.issued(child, issuer);
        let ends = self.anchors.iter().filter(issued_by).map(|anchor| self.validity(anchor));
        // The sent copy of an anchor is skipped: the step to the anchor itself is the same.
        let steps = self.others.iter().filter(issued_by).filter(|issuer| depth > 1 && !self.issued(issuer, issuer));
        let paths = steps.filter_map(|issuer| Some(self.best(issuer, depth - 1)?.min(self.validity(issuer))));
        ends.chain(paths).max()
    }

    fn validity(&self, certificate: &X509Certificate<'_>) -> Validity {
        let dates = certificate.validity();
        let current = dates.not_before.timestamp() <= self.at && self.at <= dates.not_after.timestamp();
        if current { Validity::Current } else { Validity::Expired }
    }

    /// Whether `issuer` signed `child`: names first, because a signature costs a thousand times more.
    fn issued(&self, child: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
        if child.issuer().as_raw() != issuer.subject().as_raw() || self.left.get() == 0 {
            return false;
        }
        self.left.set(self.left.get() - 1);
        match child.verify_signature(Some(issuer.public_key())) {
            Ok(()) => true,
            Err(X509Error::SignatureUnsupportedAlgorithm) => {
                self.unsupported.set(true);
                false
            }
            Err(_) => false,
        }
    }
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

//! What a probe asks next: the facts in the order of their worth, as long as there are connections left.

use std::fmt;

use super::finding::Finding;
use super::hello::{KeyKind, Offer};
use super::version::TlsVersion;
use super::{group, suite};

/// A light probe makes no more connections than this: broken handshakes add up over runs until a server blocks the address.
pub(super) const LIGHT: u16 = 4;

/// A connection to make.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A hello whose newest version this is, with all there is to offer; a gentle one is short and comes by itself.
    Hello {
        /// The newest version.
        version: TlsVersion,
        /// Whether it is a gentle one.
        gentle: bool,
    },
    /// A real handshake of TLS 1.3, for the certificates of these kinds.
    Chain(Vec<KeyKind>),
    /// A connection without TLS that sends no credential.
    Plaintext,
    /// A hello with the suites that are left.
    Suites(TlsVersion),
    /// A hello with the groups that are left.
    Groups(TlsVersion),
    /// A hello of TLS 1.3 that takes none of the kinds of certificates that were seen.
    OtherKey(Vec<KeyKind>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello { version, .. } => f.write_str(version.as_str()),
            Self::Chain(_) => f.write_str("certificates of TLSv1.3"),
            Self::Plaintext => f.write_str("connection without TLS"),
            Self::Suites(version) => write!(f, "cipher suites of {}", version.as_str()),
            Self::Groups(version) => write!(f, "key exchange groups of {}", version.as_str()),
            Self::OtherKey(_) => f.write_str("further certificates"),
        }
    }
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scope {
    /// Whether suites, groups and further certificates are asked for.
    pub(super) deep: bool,
    /// Whether a connection without TLS is tried.
    pub(super) plaintext: bool,
}

impl Finding {
    /// The next connection, if one is worth it.
    pub(super) fn next(&mut self, scope: Scope) -> Option<Step> {
        if self.stopped.is_some() {
            return None;
        }
        let hello = self.next_hello();
        let chain = self.lacks_encrypted_chain().then(|| Step::Chain(KeyKind::ALL.to_vec()));
        if !scope.deep {
            // The certificates are worth more than what the hello of 1.1 says of 1.0 as well.
            return if hello == Some(Step::Hello { version: TlsVersion::V10, gentle: false }) {
                chain.or(hello)
            } else {
                hello.or(chain)
            };
        }
        let plaintext = (scope.plaintext && !self.taken.contains(&Step::Plaintext)).then_some(Step::Plaintext);
        let first = hello.or_else(|| self.next_gentle()).or(chain).or(plaintext);
        first.or_else(|| self.next_suites()).or_else(|| self.next_groups()).or_else(|| self.next_key())
    }

    /// The hello of 1.2 is also how the certificates are seen.
    fn next_hello(&self) -> Option<Step> {
        let worth = |version: &TlsVersion| {
            let open = self.accepts(*version).is_none() || *version == TlsVersion::V12;
            open && !self.taken.contains(&Step::Hello { version: *version, gentle: false })
        };
        let version = TlsVersion::ALL.into_iter().rev().find(worth)?;
        Some(Step::Hello { version, gentle: false })
    }

    /// Silence and hang-ups may be owed to the hello's length or haste. Where nothing was answered at all, one try is enough.
    fn next_gentle(&self) -> Option<Step> {
        let worth = |version: &TlsVersion| {
            let state = self.versions.get(version);
            let open =
                self.accepts(*version).is_none() && state.is_some_and(|state| state.silent || state.hang_ups > 0);
            let asked = self.taken.contains(&Step::Hello { version: *version, gentle: true });
            open && !asked && (self.answered || *version == TlsVersion::V12)
        };
        let version = TlsVersion::ALL.into_iter().rev().find(worth)?;
        Some(Step::Hello { version, gentle: true })
    }

    fn lacks_encrypted_chain(&self) -> bool {
        self.chains.is_empty()
            && self.accepts(TlsVersion::V13) == Some(true)
            && !self.taken.contains(&Step::Chain(KeyKind::ALL.to_vec()))
    }

    fn next_suites(&mut self) -> Option<Step> {
        let versions: Vec<_> = self.accepted().collect();
        if self.low_bytes {
            for version in &versions {
                self.suites_of(*version).keep_low_bytes();
            }
        }
        versions.into_iter().find(|version| self.suites_of(*version).is_open()).map(Step::Suites)
    }

    /// The groups of the newest version, where they can be taken away without taking more.
    fn next_groups(&mut self) -> Option<Step> {
        let newest = self.accepted().next()?;
        let askable = self.suites_for_groups(newest);
        (!askable.is_empty() && self.groups_of(newest).is_open()).then_some(Step::Groups(newest))
    }

    fn suites_for_groups(&mut self, version: TlsVersion) -> Vec<u16> {
        let found = self.suites_of(version).found().iter().copied();
        found.filter(|suite| version == TlsVersion::V13 || suite::leaves_curves_free(*suite)).collect()
    }

    /// Up to TLS 1.2 the suites have shown every certificate already.
    fn next_key(&self) -> Option<Step> {
        let seen = self.keys_seen();
        let unseen: Vec<_> = KeyKind::ALL.into_iter().filter(|kind| !seen.contains(kind)).collect();
        if self.accepts(TlsVersion::V13) != Some(true) || seen.is_empty() || unseen.is_empty() {
            return None;
        }
        let (ask, see) = (Step::OtherKey(unseen.clone()), Step::Chain(unseen));
        if !self.taken.contains(&ask) {
            return Some(ask);
        }
        (self.no_other_key == Some(false) && !self.taken.contains(&see)).then_some(see)
    }

    /// What the hello of a step offers.
    pub(super) fn offer(&mut self, step: &Step) -> Offer {
        let few = self.gentle || self.low_bytes;
        match step {
            Step::Hello { version, gentle } => {
                let mut offer = Offer::everything(*version);
                offer.suites.truncate(if *gentle { suite::FEW } else { usize::MAX });
                offer
            }
            Step::Suites(version) => self.offer_of_suites(*version, few),
            Step::Groups(version) => Offer {
                suites: self.suites_for_groups(*version),
                groups: self.groups_of(*version).offer(false),
                ..Offer::everything(*version)
            },
            Step::OtherKey(keys) => Offer { keys: keys.clone(), ..Offer::everything(TlsVersion::V13) },
            Step::Chain(_) | Step::Plaintext => Offer::everything(TlsVersion::V13),
        }
    }

    /// In TLS 1.3 each answer names a suite and a group, so both are narrowed at once for as long as neither was refused.
    fn offer_of_suites(&mut self, version: TlsVersion, few: bool) -> Offer {
        let groups = self.groups_of(version);
        let joint = version == TlsVersion::V13 && groups.is_open() && !groups.is_stalled();
        let groups = if joint { self.groups_of(version).offer(false) } else { group::every(version) };
        Offer { suites: self.suites_of(version).offer(few), groups, ..Offer::everything(version) }
    }

    /// Whether everything is known that this scope asks for.
    pub(super) fn is_complete(&mut self, deep: bool) -> bool {
        let versions = TlsVersion::ALL.iter().all(|version| self.accepts(*version).is_some());
        let light = versions && (!self.chains.is_empty() || self.accepted().next().is_none());
        light && (!deep || self.next(Scope { deep, plaintext: false }).is_none())
    }

    /// Whether every certificate was seen that any client is shown.
    pub(super) fn saw_every_chain(&self) -> bool {
        let suites = |version: TlsVersion| self.suites.get(&version).is_some_and(super::list::Elimination::is_complete);
        let up_to_12 = self.accepted().filter(|version| *version < TlsVersion::V13).all(suites);
        let settled = self.no_other_key == Some(true) || self.keys_seen().len() == KeyKind::ALL.len();
        !self.chains.is_empty() && up_to_12 && (self.accepts(TlsVersion::V13) == Some(false) || settled)
    }
}

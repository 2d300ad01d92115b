//! The records of a run, indexed, and what is computed from all of them once, whoever asks first.

use std::fmt;
use std::sync::OnceLock;

use super::iam::evaluate::Options;
use super::iam::organization::Organizations;
use super::index::Index;
use super::lookup::Lookups;
use super::network::Networks;
use super::scope::scopes;
use super::tls::TrustStores;
use crate::snapshot::Snapshot;

/// Everything that was read. What is common to several accounts or regions belongs here.
pub struct Estate {
    pub(super) snapshot: Snapshot,
    pub(super) index: Index,
    pub(super) lookups: Lookups,
    /// How IAM decides what could not be read.
    pub(super) decisions: Options,
    networks: OnceLock<Networks>,
    organizations: OnceLock<Organizations>,
    trust: OnceLock<TrustStores>,
}

impl Estate {
    pub(super) fn new(snapshot: &Snapshot, decisions: Options) -> Self {
        Self {
            snapshot: snapshot.clone(),
            index: Index::new(snapshot),
            lookups: Lookups::new(&snapshot.records),
            decisions,
            networks: OnceLock::new(),
            organizations: OnceLock::new(),
            trust: OnceLock::new(),
        }
    }

    /// The organisations of all accounts.
    pub(super) fn organizations(&self) -> &Organizations {
        self.organizations.get_or_init(|| Organizations::new(&self.snapshot, &self.index))
    }

    /// Authorities to trust, given and built in.
    pub(super) fn trust(&self) -> &TrustStores {
        self.trust.get_or_init(|| TrustStores::new(&self.snapshot))
    }

    /// The networks of all accounts and regions.
    pub(super) fn networks(&self) -> &Networks {
        self.networks.get_or_init(|| Networks::new(&self.snapshot, &self.index, &scopes(&self.snapshot)))
    }
}

impl fmt::Debug for Estate {
    /// Objects that hold it are printed without it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Estate").finish_non_exhaustive()
    }
}

//! What an endpoint's certificates prove: for which names, until when, and under whose authority.

mod anchors;
mod certificate;
mod chain;
mod client;
mod defaults;
mod disagreement;
mod endpoint;
#[cfg(test)]
mod fixture;
mod host;
mod key;
mod name;
mod presented;
mod requirement;
mod setting;
mod trust;

pub use anchors::{AnchorSet, Authorities, TrustStore, region_by_issuer};
pub use certificate::{Certificate, Validity};
pub use chain::ChainState;
pub use client::{Client, Transport};
pub use disagreement::{Disagreement, disagreements};
pub use endpoint::{Endpoint, EndpointRole, Owner, Probe, ServerCertificate};
pub use host::{Host, Issuer};
pub use name::{NameMatch, common_name_covers};
pub use presented::{Matches, Presented};
pub use requirement::{is_voluntary, requires_tls};
pub use setting::TlsSettings;
pub use trust::TrustStores;

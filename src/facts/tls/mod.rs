//! What an endpoint's certificates prove: for which names, until when, and under whose authority.

mod anchors;
mod certificate;
mod chain;
mod endpoint;
mod name;
mod requirement;

pub use anchors::{AnchorSet, Anchors};
pub use certificate::Certificate;
pub use chain::ChainState;
pub use endpoint::{Endpoint, EndpointRole, Probe};
pub use name::NameMatch;
pub use requirement::requires_tls;

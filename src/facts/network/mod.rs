//! Who can reach a cluster, as far as security groups and route tables say.

mod ingress;
mod route;

pub use ingress::{Ingress, IngressRule, IngressSource};
pub use route::SubnetRoute;

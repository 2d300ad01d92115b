//! Who can reach a cluster: security groups, network ACLs, route tables and what they lead to, as exact sets of addresses.

mod acl;
mod association;
mod bounds;
mod chain;
mod ingress;
mod interface;
mod prefix_list;
mod reach;
mod route;
mod rule_id;
mod seat;
mod source;
mod space;
mod tenancy;
#[cfg(test)]
mod testing;
mod transit;
mod view;
mod way;

pub use bounds::Bounds;
pub use ingress::{Ingress, IngressRule, IngressSource};
pub use reach::{Flag, Listed, Reachability, SourceClass, Standing};
pub use route::{NetworkRoute, SubnetRoute};
pub use source::{NetworkSource, Occupant, Prefixes};
pub use space::AddressSet;
pub use tenancy::{ClassTenancy, class_tenancies};
pub use view::{Networks, View};

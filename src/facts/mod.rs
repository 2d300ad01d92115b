//! Floor 2: the snapshot, joined and typed. A pure function of the records: no clock, no network. What the records do not say
//! stays unknown here, and a reference to a record that is not there is unknown too, never empty.

#[macro_use]
mod macros;

mod cluster;
mod cluster_snapshot;
pub mod iam;
mod index;
mod instance;
mod join;
mod lookup;
pub mod network;
mod parameter;
pub mod privileges;
mod scope;
mod subject;
mod subnet_group;
pub mod tls;
mod world;

pub use cluster::Cluster;
pub use cluster_snapshot::ClusterSnapshot;
pub use instance::Instance;
pub use parameter::ClusterParameters;
pub use subject::{Identity, Subject, Subjects, TargetType};
pub use subnet_group::SubnetGroup;
pub use world::{Facts, TARGETS};

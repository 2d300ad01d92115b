//! Access paths: from a principal or a place in the network, over the wire, to a database account and what it may do. Logging in
//! needs a position, a credential, a host that matches and the wire at once, so a path is a proof and not a line. Changes
//! that somebody makes to the network first, and machines that others leave open are not followed.

mod access;
mod build;
pub mod graph;
mod node;
mod query;
mod step;
mod web;

pub(super) use self::access::cluster_access;
pub use self::access::{AccessPath, ClusterAccess};
pub use self::node::Class;
pub use self::query::{Path, Paths, Question, Reach, Remedy, Source, SourceKind, Told};
pub use self::step::{Change, ChangeKind, Evidence, Step};
pub use self::web::ClusterLabel;

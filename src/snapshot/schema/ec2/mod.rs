//! Amazon EC2: the network around the clusters. Shapes: Amazon EC2 API Reference, Data Types; member names as the AWS CLI prints
//! them.

mod instance;
mod network_acl;
mod network_interface;
mod route;
mod security_group;
mod vpc;

pub use instance::*;
pub use network_acl::*;
pub use network_interface::*;
pub use route::*;
pub use security_group::*;
pub use vpc::*;

//! What records hold, a file a source. AWS records keep AWS's own names, MySQL records MySQL's, TLS records those of TLS
//! and X.509. Each field says what its source means by leaving it out.

pub mod collection;
pub mod ec2;
pub mod ecs;
pub mod iam;
pub mod lambda;
pub mod mysql;
pub mod organizations;
pub mod rds;
pub mod rds_parameter;
pub mod rds_proxy;
pub mod secretsmanager;
pub mod sts;
pub mod tls;

//! What records hold, a file a source. AWS records keep AWS's own names, MySQL records MySQL's, TLS records those of TLS
//! and X.509. Each field says what its source means by leaving it out.

pub mod backup;
pub mod cloudtrail;
pub mod collection;
pub mod ec2;
pub mod ecs;
pub mod guardduty;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod mysql;
pub mod organizations;
pub mod rds;
pub mod rds_operations;
pub mod rds_parameter;
pub mod rds_proxy;
pub mod secretsmanager;
pub mod sts;
pub mod tls;

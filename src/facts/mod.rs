//! Floor 2: the snapshot, joined and typed. A pure function of the records: no clock, no network. What the records do not say
//! stays unknown here, and a reference to a record that is not there is unknown too, never empty.
//!
//! Facts are computed on demand: a target is joined when a selected rule judges it, a field when a rule reads it. An analysis
//! hooks in where what it is computed from stands:
//! - a fact of one object is a field `name: Type => compute` in its `facts!`; `compute(&Object)` reaches the object's other
//!   facts by their methods, the tables of its account and region by `object.region`, everything by `object.region.estate`;
//! - what several objects of an account and region share is a `OnceLock` in [`Region`](region), with a method that fills it;
//! - what spans accounts or regions is a `OnceLock` in [`Estate`](estate), filled by a method of `&self`;
//! - a new kind of subject is a line in [`TARGETS`], and in [`Facts`] a method that returns a [`Found`] of it.
//!
//! The functions themselves stay in `iam`, `network`, `privileges` or `tls` and take records and tables, never these holders.
//! Two things would block a run for ever: facts that need each other in a circle, and a computation behind a `OnceLock` that
//! uses rayon, because a thread that waits for its parts may take up a subject that waits for the whole.

#[macro_use]
mod macros;

mod aws_account;
mod aws_region;
mod cluster;
mod cluster_snapshot;
mod database;
mod database_server;
mod encryption;
mod estate;
mod found;
pub mod iam;
mod index;
mod instance;
mod kms_key;
mod lookup;
pub mod network;
mod parameter;
pub mod paths;
mod principal;
pub mod privileges;
mod proxy;
mod region;
mod resource_policy;
mod scope;
mod secret;
mod subject;
mod subnet_group;
pub mod table;
pub mod tls;
mod who_can;
mod world;

pub use aws_account::{AwsAccount, UserCredentials};
pub use aws_region::AwsRegion;
pub use cluster::Cluster;
pub use cluster_snapshot::ClusterSnapshot;
pub use database_server::DatabaseServer;
pub use found::{Found, Unread};
pub use instance::Instance;
pub use kms_key::KmsKey;
pub use parameter::ClusterParameters;
use principal::administers;
pub use principal::{AccountAccess, Principal};
pub use proxy::Proxy;
pub use secret::Secret;
pub use subject::{Identity, Subject, Subjects, TargetType};
pub use subnet_group::SubnetGroup;
pub use who_can::{Answer, Answers, Login, Question, QuestionError, Verdict, who_can};
pub use world::{Facts, TARGETS};

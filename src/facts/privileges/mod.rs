//! Who may log in to a server, and with which privileges: accounts with the roles that they reach.
//! MySQL Reference Manual, "Access Control and Account Management".

mod account;
mod definer;
pub mod effective;
pub mod escalation;
pub mod grants;
mod held;
pub mod host;
mod master;
pub mod name;
pub mod pattern;
pub mod privilege;
mod rdsadmin;
pub mod read;
pub mod scope;
pub mod server;
mod service;
pub mod session;
mod setting;
pub mod tables;

pub use account::{DatabaseAccount, HostScope, Partial, is_on};

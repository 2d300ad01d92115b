//! Who may log in to a server, and with which privileges: accounts with the roles that they reach.
//! MySQL Reference Manual, "Access Control and Account Management".

mod account;
mod role;
mod service;

pub use account::{DatabaseAccount, HostScope, is_on, quoted};
pub use role::Roles;

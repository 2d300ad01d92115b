//! MySQL and its relatives: accounts, grants and variables, read in two round trips over verified TLS.

mod account;
mod clients;
mod collector;
mod columns;
mod context;
mod definer;
mod failure;
mod force;
mod grants;
mod inventory;
mod login;
mod own;
mod probe;
mod protocol;
mod question;
mod role;
mod rows;
mod session;
mod token;
mod transport;
mod visit;
mod words;

pub use collector::collect;
pub use login::{Login, Method};
pub(in crate::collect) use protocol::scramble;
pub use token::Keys;
pub use visit::{NoVisit, Visit, visit};

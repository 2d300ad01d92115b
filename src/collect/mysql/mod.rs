//! MySQL and its relatives: accounts, grants and variables, read in two round trips over verified TLS, or a statement a call by the
//! RDS Data API.

mod account;
mod clients;
mod collector;
mod columns;
mod context;
#[cfg(feature = "aws")]
mod data_api;
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
mod statement;
mod token;
mod transport;
mod visit;
mod words;

pub use collector::{collect, unread};
#[cfg(feature = "aws")]
pub use data_api::DataApi;
pub use login::{Access, Login, Method};
pub(in crate::collect) use protocol::scramble;
pub use token::Keys;
pub use visit::{NoVisit, Visit, visit};

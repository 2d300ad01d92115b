//! MySQL: accounts, grants and variables, read in one session over verified TLS.

mod account;
mod collector;
mod columns;
mod context;
mod failure;
mod grants;
mod rows;
mod server;
mod session;
mod words;

pub use collector::collect;
pub use session::Login;

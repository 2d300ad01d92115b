//! MySQL's client protocol, as much of it as an audit needs: log in, send statements, read text. Every length in an answer is the
//! server's word: it is checked before memory is given to it, and no answer can make this code panic.
//! Shapes: MySQL Source Code Documentation, "Client/Server Protocol".
//!
//! A client of our own, because the drivers at hand (`mysql_async` and `mysql_common`) are made for servers that one trusts:
//! they give memory to whatever length a packet announces, so that a hostile server ends the program; they offer LOCAL INFILE
//! whether it is wanted or not; and their cleartext plugin looks at no TLS, so that a token would go out in the clear.

mod answer;
mod auth;
mod client;
mod cursor;
mod greeting;
mod packet;
#[cfg(test)]
pub(super) mod testing;

pub(super) use auth::Credential;
pub(in crate::collect) use auth::scramble;
pub(super) use client::{Channel, Client, MOST_BYTES, MOST_ROWS, read_greeting, ssl_request};
pub(super) use greeting::Greeting;

//! MySQL: what a session read from the grant tables and the global variables. Never a password hash.
//! Shapes: MySQL Reference Manual, "Grant Tables" and "Server System Variables".

mod account;
mod definer;
mod grant;
mod role;
mod server;
mod session;
mod variable;

pub use account::{Account, AccountAnswer, PasswordFormat, Restriction, RestrictionAnswer, SslType};
pub use definer::{Definer, DefinerAnswer, SecurityType, StoredObject};
pub use grant::{
    ColumnGrant, ColumnGrantAnswer, DynamicGrant, DynamicGrantAnswer, ProxyGrant, ProxyGrantAnswer, RoutineGrant,
    RoutineGrantAnswer, SchemaGrant, SchemaGrantAnswer, TableGrant, TableGrantAnswer,
};
pub use role::{DefaultRole, DefaultRoleAnswer, RoleEdge, RoleEdgeAnswer};
pub use server::{Component, ComponentAnswer, Plugin, PluginAnswer, Schema, SchemaAnswer};
pub use session::{ClientConnection, ClientConnectionAnswer, Flavour, Session, SessionAnswer};
pub use variable::{GlobalVariables, GlobalVariablesAnswer};

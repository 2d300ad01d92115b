//! What identities may do to the clusters of their account.

mod cluster;
mod connect;
mod danger;
mod dead;
mod power;

pub use self::cluster::{Cluster, On, ProxyDoor};
pub use self::connect::{Connection, DatabaseUser, DatabaseUsers, Users, connections, other_users};
pub use self::danger::{Category, Chain, DANGERS, Danger, Need, dangers};
pub use self::dead::{DeadConnects, dead_connects};
pub use self::power::{POWERS, Power, PowerName, power, statement};

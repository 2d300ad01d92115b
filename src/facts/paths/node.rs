//! What the graph is about: places, identities, permissions, connections, sessions, and what somebody is after.

use std::sync::Arc;

vocabulary! {
    /// What somebody is after in a cluster.
    enum Class = "privilege_class" {
        /// Reading the rows of a table.
        Read = "read",
        /// Changing rows or tables.
        Write = "write",
        /// Whatever the master user may do.
        Admin = "admin",
        /// Having the data where the cluster's own protection does not reach: another account, a bucket, a copy.
        Exfiltrate = "exfiltrate",
    }
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Admin, Self::Exfiltrate];
}

/// What a permission covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    /// Every cluster of an account, by its number.
    All(u32),
    /// A cluster, by its number.
    One(u32),
}

/// A database account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Login {
    /// The account of this number in the cluster.
    Account(u32),
    /// The master user of a cluster whose accounts were not read.
    Master,
    /// Any account that was not read.
    Unread,
}

/// How a connection has to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wire {
    /// With or without TLS, as the server wants it.
    Any,
    /// With TLS.
    Tls,
    /// With TLS and a client certificate.
    Certificate,
}

/// Something that holds for whoever is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// It can send packets from any address of the internet.
    Internet,
    /// It can send packets from the addresses that were asked about.
    Addresses,
    /// It may have learnt passwords: whoever is no principal that is looked at for what IAM gives it.
    Stranger,
    /// It may try accounts that want no password: it is nobody in particular, or its own permissions gave it a place to try from.
    Guest,
    /// It stands somewhere in a network, nobody knows where.
    Somewhere,
    /// It stands at one of the addresses of a source.
    Place(Arc<str>),
    /// It controls a machine or a function.
    Machine(Arc<str>),
    /// It has started a machine or function of its own in a VPC of the account of this number.
    Own(u32),
    /// It acts as some role that trusts a service, in the account of this number.
    RoleFor(u32, &'static str),
    /// It acts as a user or role, by number.
    Principal(u32),
    /// It has any permission in the account of this number.
    Anything(u32),
    /// It is somebody outside the account: another account, an identity provider, anybody.
    Foreign(Arc<str>),
    /// It holds one of the needs of a chain.
    Need(u32, Over, &'static str, u32),
    /// It holds a chain of permissions.
    Has(Over, &'static str),
    /// It may get tokens for a database user.
    Connects(u32, Arc<str>),
    /// It may get tokens for a database user at a proxy of the cluster, by the proxy's place among them.
    ConnectsThrough(u32, usize, Arc<str>),
    /// It stands somewhere that proxies in the account of this number may admit.
    NearProxies(u32),
    /// Its packets reach a proxy of the cluster, by the proxy's place among them.
    Proxy(u32, usize),
    /// The Data API is on.
    DataApi(u32),
    /// IAM authentication is on.
    IamAuthentication(u32),
    /// Its packets reach the cluster from an address that the host part of an account admits.
    Arrives(u32, Arc<str>),
    /// It can make the connection in this way.
    Wire(u32, Wire),
    /// It can prove to be a database account.
    Proves(u32, Login),
    /// It is logged in as a database account.
    Session(u32, Login),
    /// It has what it is after.
    Goal(u32, Class),
}

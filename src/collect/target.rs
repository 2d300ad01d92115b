//! What the collectors that connect to databases are given: clusters and their endpoints, however they were found.

use std::collections::BTreeMap;

use crate::snapshot::schema::rds::Engine;

/// A cluster to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterTarget {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// ARN of the cluster, or the address of a server that the user named.
    pub arn: String,
    /// Database engine.
    pub engine: Engine,
    /// Its endpoints: writer, reader, custom, then instances by name, then those of proxies.
    pub endpoints: Vec<EndpointTarget>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// ARN of the secret that RDS keeps for the master user, where it does.
    pub master_secret: Option<String>,
}

impl Default for ClusterTarget {
    fn default() -> Self {
        Self {
            account: String::new(),
            region: String::new(),
            arn: String::new(),
            engine: Engine::AuroraMysql,
            endpoints: Vec::new(),
            tags: BTreeMap::new(),
            master_secret: None,
        }
    }
}

impl ClusterTarget {
    /// ARN of the cluster; none of a server that was named by its address.
    pub fn cluster_arn(&self) -> Option<String> {
        self.arn.starts_with("arn:").then(|| self.arn.clone())
    }
}

/// One name that clients connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointTarget {
    /// Host name, as AWS gives it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What the name stands for.
    pub role: EndpointRole,
}

impl EndpointTarget {
    /// `host:port`, or `unix:path` of a socket.
    pub fn address(&self) -> String {
        if self.role == EndpointRole::Socket {
            return format!("unix:{}", self.host);
        }
        format!("{}:{}", self.host, self.port)
    }
}

/// What an endpoint stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndpointRole {
    /// The instance that takes writes.
    Writer,
    /// Any of the readers.
    Reader,
    /// Instances that the customer chose.
    Custom,
    /// One instance.
    Instance,
    /// A server of this machine by its socket; the host is the socket's path.
    Socket,
    /// A proxy in front of the cluster.
    Proxy,
}

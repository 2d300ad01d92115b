//! `--endpoint mysql://HOST:PORT` or `--endpoint unix:PATH`: one server, named by its address, with no AWS around it.

use std::str::FromStr;

use super::{ClusterTarget, EndpointRole, EndpointTarget};

/// The port of MySQL.
const PORT: u16 = 3306;

/// A server that the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(EndpointTarget);

/// An `--endpoint` that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{given}` is neither mysql://HOST:PORT nor unix:PATH{hint}")]
pub struct BadEndpoint {
    given: String,
    hint: &'static str,
}

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(given: &str) -> Result<Self, BadEndpoint> {
        let bad = |hint| BadEndpoint { given: given.to_owned(), hint };
        if let Some(path) = given.strip_prefix("unix:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            let socket = EndpointTarget { host: path.to_owned(), port: 0, role: EndpointRole::Socket };
            return if path.starts_with('/') { Ok(Self(socket)) } else { Err(bad("; a socket's path begins with /")) };
        }
        let address = given.strip_prefix("mysql://").ok_or_else(|| bad(""))?;
        if address.contains('@') {
            // Nor shown: it may hold a password.
            return Err(BadEndpoint { given: "mysql://…@…".to_owned(), hint: "; the user is given by --login" });
        }
        let (host, port) = split(address.strip_suffix('/').unwrap_or(address)).ok_or_else(|| bad(""))?;
        Ok(Self(EndpointTarget { host: host.to_ascii_lowercase(), port, role: EndpointRole::Writer }))
    }
}

/// Host and port, of which an IPv6 address stands in brackets.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    let port = if port.is_empty() { PORT } else { port.strip_prefix(':')?.parse().ok()? };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'%');
    (!host.is_empty() && port != 0 && host.bytes().all(plain)).then_some((host, port))
}

impl Endpoint {
    /// The server as a cluster of one, which no AWS account and no region holds.
    pub fn target(&self) -> ClusterTarget {
        ClusterTarget { arn: self.0.address(), endpoints: vec![self.0.clone()], ..ClusterTarget::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses() {
        for (given, address) in [
            ("mysql://db.example:3307", "db.example:3307"),
            ("mysql://DB.example", "db.example:3306"),
            ("mysql://db.example:3306/", "db.example:3306"),
            ("mysql://[::1]:3306", "::1:3306"),
            ("mysql://127.0.0.1", "127.0.0.1:3306"),
            ("unix:/run/mysqld/mysqld.sock", "unix:/run/mysqld/mysqld.sock"),
            ("unix:///run/mysqld.sock", "unix:/run/mysqld.sock"),
        ] {
            assert_eq!(given.parse::<Endpoint>().unwrap().0.address(), address, "{given}");
        }
    }

    #[test]
    fn refuses_the_rest_and_shows_no_password() {
        for (given, says) in [
            ("db.example:3306", "mysql://HOST:PORT"),
            ("mysql://", "mysql://HOST:PORT"),
            ("mysql://db.example:x", "mysql://HOST:PORT"),
            ("mysql://db.example:0", "mysql://HOST:PORT"),
            ("mysql://db.example:99999", "mysql://HOST:PORT"),
            ("mysql://db example", "mysql://HOST:PORT"),
            ("mysql://db/shop", "mysql://HOST:PORT"),
            ("unix:mysqld.sock", "begins with /"),
            ("mysql://auditor:hunter2@db.example", "--login"),
        ] {
            let error = given.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("hunter2"), "{given}: {error}");
        }
    }

    #[test]
    fn a_server_of_its_own_is_no_cluster() {
        let endpoint: Endpoint = "mysql://db.example:3307".parse().unwrap();
        let target = endpoint.target();
        assert_eq!((target.arn.as_str(), target.cluster_arn()), ("db.example:3307", None));
        assert_eq!("unix:/run/s".parse::<Endpoint>().unwrap().target().arn, "unix:/run/s");
    }
}

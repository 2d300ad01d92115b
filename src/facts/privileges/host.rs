//! Hosts of accounts: which clients they admit, which of two is asked first, and whether two have clients in common.
//! MySQL Reference Manual, "Specifying Account Names" and "Access Control, Stage 1"; tried on MySQL 5.6 and 9.7 and MariaDB 10.11.

use std::net::Ipv4Addr;

use super::pattern::{Kind, like, mariadb_rank, mysql_rank, overlap};

/// Where a session comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Name of the host, where the server looked it up or the session came over its socket (`localhost`).
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
}

/// How a server reads and orders hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// MySQL before 5.7: by the first wildcard alone, wherever it is.
    Prefix,
    /// MySQL before 8.0.23: the same, and `%` alone after all others.
    Wildcard,
    /// MySQL from 8.0.23 on: addresses and networks before names and patterns; `10.0.0.0/8` is understood.
    Network,
    /// MariaDB from 10.5 on: by how many clients match.
    Magic,
}

/// Place of a host in the order, the first being the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostRank {
    network: (u8, u32),
    pattern: u64,
}

/// An IPv4 network as an account's host spells it.
struct Network {
    address: u32,
    mask: u32,
    /// 3 for an address, 2 for `/8`, 1 for `/255.0.0.0`.
    class: u8,
}

fn network(host: &str) -> Option<Network> {
    let ip = |text: &str| text.parse::<Ipv4Addr>().ok().map(u32::from);
    let found = match host.split_once('/') {
        None => Network { address: ip(host)?, mask: u32::MAX, class: 3 },
        Some((address, mask)) => match mask.parse::<u32>() {
            Ok(bits @ 0..=32) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
                Network { address: ip(address)?, mask, class: 2 }
            }
            _ => Network { address: ip(address)?, mask: ip(mask)?, class: 1 },
        },
    };
    // The server takes address zero for "no network".
    (found.address != 0).then_some(found)
}

impl HostRank {
    /// The order of rows on tables and routines, which knows patterns only.
    #[must_use]
    pub const fn without_network(self) -> Self {
        Self { network: (0, 0), pattern: self.pattern }
    }
}

impl Order {
    /// What of a host the server takes for a network.
    fn network(self, host: &str) -> Option<Network> {
        network(host).filter(|network| match self {
            Self::Network => true,
            // An address is compared as text, `/8` is not understood.
            Self::Prefix | Self::Wildcard | Self::Magic => network.class == 1,
        })
    }

    /// Whether a session from `client` matches the host.
    pub fn admits(self, host: &str, client: &Client) -> bool {
        if let (Some(network), Some(address)) = (self.network(host), &client.address)
            && let Ok(address) = address.parse::<Ipv4Addr>()
        {
            return u32::from(address) & network.mask == network.address;
        }
        let name = |name: &String| like(name.to_ascii_lowercase().as_bytes(), host.to_ascii_lowercase().as_bytes());
        let address = |address: &String| like(address.as_bytes(), host.as_bytes());
        host.is_empty() || client.name.as_ref().is_some_and(name) || client.address.as_ref().is_some_and(address)
    }

    /// Some client that the host admits, and that few other hosts do; none where no client can match.
    pub fn client_of(self, host: &str) -> Option<Client> {
        let address = if let Some(network) = self.network(host) {
            Ipv4Addr::from(network.address | !network.mask & 0x00fe_fefe).to_string()
        } else {
            let missing = 5_usize.saturating_sub(host.split('.').count()).max(1);
            let rest = vec!["254"; missing].join(".");
            let filled = host.replacen('%', &rest, 1).replace('%', "").replace('_', "1");
            if host.is_empty() { "254.254.254.254".to_owned() } else { filled }
        };
        let by_address = Client { name: None, address: Some(address.clone()) };
        let by_name = Client { name: Some(address), address: None };
        let is_name = !host.is_empty() && host.parse::<std::net::IpAddr>().is_err() && !host.contains(['%', '_', '/']);
        let client = if is_name { by_name } else { by_address };
        self.admits(host, &client).then_some(client)
    }

    /// Place of a host in the order.
    pub fn rank(self, host: &str) -> HostRank {
        let network = match (self, network(host)) {
            (Self::Network, Some(network)) => (network.class, network.mask),
            _ => (0, 0),
        };
        let pattern = match self {
            Self::Magic => u64::MAX.saturating_sub(mariadb_rank(host, Kind::Host)),
            Self::Prefix => u64::from(mysql_rank(host, false)),
            Self::Wildcard | Self::Network => u64::from(mysql_rank(host, true)),
        };
        HostRank { network, pattern }
    }

    /// Whether one client may match both hosts. A doubt counts as yes.
    pub fn meet(self, one: &str, other: &str) -> bool {
        match (self.network(one), self.network(other)) {
            (Some(a), Some(b)) => {
                let common = a.mask & b.mask;
                a.address & !a.mask == 0 && b.address & !b.mask == 0 && a.address & common == b.address & common
            }
            (Some(network), None) => network.meets(other),
            (None, Some(network)) => network.meets(one),
            (None, None) => one.is_empty() || other.is_empty() || patterns_meet(one, other),
        }
    }
}

impl Network {
    /// Whether an address of the network matches the pattern, by those bytes of the address that the network fixes.
    fn meets(&self, host: &str) -> bool {
        if self.address & !self.mask != 0 {
            return false;
        }
        let fixed = usize::try_from(self.mask.leading_ones() / 8).unwrap_or(0);
        let octets: Vec<_> = self.address.to_be_bytes().iter().take(fixed).map(ToString::to_string).collect();
        let rest = vec!["%".to_owned(); 4_usize.saturating_sub(fixed)];
        host.is_empty() || patterns_meet(&[octets, rest].concat().join("."), host)
    }
}

fn patterns_meet(one: &str, other: &str) -> bool {
    overlap(one.to_ascii_lowercase().as_bytes(), other.to_ascii_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Client {
        Client { name: None, address: Some(address.to_owned()) }
    }

    #[test]
    fn admits_whom_the_server_admits() {
        for (host, address, network, older) in [
            ("%", "10.0.0.1", true, true),
            ("", "10.0.0.1", true, true),
            ("10.0.0.1", "10.0.0.1", true, true),
            ("10.0.%", "10.0.0.1", true, true),
            ("10.0.0.0/8", "10.9.9.9", true, false),
            ("10.0.0.0/255.0.0.0", "10.9.9.9", true, true),
            ("10.0.0.1/255.0.0.0", "10.0.0.1", false, false),
            ("10.0.0.0/33", "10.0.0.1", false, false),
            ("localhost", "127.0.0.1", false, false),
            ("app-1", "10.0.0.1", false, false),
        ] {
            assert_eq!(Order::Network.admits(host, &from(address)), network, "{host} {address}");
            assert_eq!(Order::Wildcard.admits(host, &from(address)), older, "{host} {address}, older");
        }
        let socket = Client { name: Some("localhost".to_owned()), address: None };
        assert!(Order::Network.admits("LocalHost", &socket) && !Order::Network.admits("127.0.0.1", &socket));
    }

    #[test]
    fn asks_in_the_order_of_the_server() {
        let sorted =
            ["127.0.0.1", "127.0.0.0/8", "127.0.0.0/255.0.0.0", "localhost", "127.0.0._", "127.0.%", "127.%", "%", ""];
        assert!(sorted.windows(2).all(|pair| Order::Network.rank(pair[0]) > Order::Network.rank(pair[1])));
        let magic = ["127.0.0.1", "127.0.0._", "127.0.%", "127.%", "%"];
        assert!(magic.windows(2).all(|pair| Order::Magic.rank(pair[0]) > Order::Magic.rank(pair[1])));
    }

    #[test]
    fn knows_which_hosts_share_clients() {
        for (one, other, expected) in [
            ("%", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.%", "%.5", true),
            ("10.0.0.0/8", "10.%", true),
            ("10.0.0.0/8", "11.%", false),
            ("10.0.0.0/9", "10.200.%", true),
            ("10.0.0.0/8", "10.1.0.0/255.255.0.0", true),
            ("10.0.0.0/8", "11.0.0.0/8", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.1/255.0.0.0", "%", false),
            ("localhost", "127.0.0.1", false),
            ("LOCALHOST", "local%", true),
            ("", "app-1", true),
        ] {
            assert_eq!(Order::Network.meet(one, other), expected, "{one} {other}");
            assert_eq!(Order::Network.meet(other, one), expected, "{other} {one}");
        }
    }
}

//! `HOST:PORT` as it is typed.

use std::str::FromStr;

/// A server to probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// What is not a server's address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{given}` is not HOST:PORT, as in db.example:3306 or [::1]:3306")]
pub struct BadAddress {
    given: String,
}

impl Address {
    /// `host:port`, with brackets where the host has colons.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(given: &str) -> Result<Self, BadAddress> {
        parse(given).ok_or_else(|| BadAddress { given: given.to_owned() })
    }
}

fn parse(given: &str) -> Option<Address> {
    let (host, port) = given.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().ok().map(|_| address)?,
        None => host,
    };
    let odd = |character: char| character.is_whitespace() || character.is_control() || "[]/@".contains(character);
    let good = !host.is_empty() && !host.contains(odd) && (bracketed.is_some() || !host.contains(':'));
    good.then(|| Address { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses() {
        for (given, host, port) in
            [("db.example:3306", "db.example", 3306), ("127.0.0.1:1", "127.0.0.1", 1), ("[::1]:3306", "::1", 3306)]
        {
            let address: Address = given.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port, address.address().as_str()), (host, port, given));
        }
        for given in
            ["", "db", "db:", ":3306", "db:0", "db:70000", "::1:3306", "[db]:1", "mysql://db:1", "a b:1", "u@db:1"]
        {
            assert!(given.parse::<Address>().is_err(), "{given}");
        }
    }
}

//! Which addresses the host part of an account admits. Aurora looks no names up (`skip_name_resolve`), so a host that is a name
//! admits nobody. MySQL Reference Manual, "Specifying Account Names".

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::facts::network::AddressSet;
use crate::facts::privileges::HostScope;

/// What a host part admits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admits {
    /// Exactly these addresses.
    Exactly(AddressSet),
    /// Those that match a pattern that is no prefix.
    Pattern,
    /// Nobody who comes over the network.
    Nobody,
}

impl Admits {
    pub(super) fn of(host: &str) -> Self {
        match HostScope::of(host) {
            HostScope::Any => Self::Exactly(AddressSet::all()),
            HostScope::Local | HostScope::Name => Self::Nobody,
            HostScope::Address => host.parse::<IpAddr>().map_or(Self::Nobody, |it| exactly(IpNet::from(it))),
            HostScope::Network => network(host).map_or(Self::Nobody, exactly),
            HostScope::Pattern => prefix(host).map_or(Self::Pattern, exactly),
            HostScope::Other(_) => Self::Pattern,
        }
    }
}

fn exactly(net: IpNet) -> Admits {
    Admits::Exactly(AddressSet::of([net]))
}

/// `10.0.0.0/8` or `10.0.0.0/255.0.0.0`; with bits set beyond the mask it admits nobody.
fn network(host: &str) -> Option<IpNet> {
    let (address, mask) = host.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let net = match mask.parse::<u8>() {
        Ok(bits) => Ipv4Net::new(address, bits).ok()?,
        Err(_) => Ipv4Net::with_netmask(address, mask.parse().ok()?).ok()?,
    };
    (net.network() == address).then_some(IpNet::V4(net))
}

/// `10.20.%` is 10.20.0.0/16.
fn prefix(host: &str) -> Option<IpNet> {
    let octets = host.strip_suffix(".%")?;
    let octets: Vec<u8> = octets.split('.').map(|octet| octet.parse().ok()).collect::<Option<_>>()?;
    let bits = u8::try_from(octets.len()).ok().filter(|count| (1..=3).contains(count))?.saturating_mul(8);
    let mut all = octets.into_iter().chain(std::iter::repeat(0));
    let address = Ipv4Addr::new(all.next()?, all.next()?, all.next()?, all.next()?);
    Some(IpNet::V4(Ipv4Net::new(address, bits).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_admit_what_the_server_admits() {
        let net = |text: &str| exactly(text.parse().unwrap());
        for (host, expected) in [
            ("%", Admits::Exactly(AddressSet::all())),
            ("10.20.%", net("10.20.0.0/16")),
            ("10.%", net("10.0.0.0/8")),
            ("10.20.30.%", net("10.20.30.0/24")),
            ("10.20.30.4%", Admits::Pattern),
            ("10.20._.1", Admits::Pattern),
            ("%.example.com", Admits::Pattern),
            ("10.0.0.0/8", net("10.0.0.0/8")),
            ("10.0.0.0/255.255.0.0", net("10.0.0.0/16")),
            ("10.0.0.1/8", Admits::Nobody),
            ("10.0.0.7", net("10.0.0.7/32")),
            ("2001:db8::1", net("2001:db8::1/128")),
            ("localhost", Admits::Nobody),
            ("app-1", Admits::Nobody),
        ] {
            assert_eq!(Admits::of(host), expected, "{host}");
        }
    }
}

//! Network interfaces: which addresses the members of a security group have, and what stands at the addresses of a range.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::bounds::Bounds;
use super::space::AddressSet;
use crate::facts::index::Table;
use crate::model::{Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::NetworkInterface;

/// An address, and what stands there.
type Placed = (IpAddr, Arc<Record<NetworkInterface>>);

/// Interfaces by group and by address.
pub struct Interfaces {
    by_group: BTreeMap<String, Vec<Arc<Record<NetworkInterface>>>>,
    /// By VPC, sorted by address.
    by_address: BTreeMap<String, Vec<Placed>>,
    /// Why there may be others, whose groups or addresses nobody knows.
    incomplete: Option<Why>,
}

impl Interfaces {
    /// Indexes the interfaces of an account and region.
    pub fn new(table: &Table<NetworkInterface>) -> Self {
        let mut found =
            Self { by_group: BTreeMap::new(), by_address: BTreeMap::new(), incomplete: table.incomplete().cloned() };
        for interface in table.present() {
            found.add(interface);
        }
        found.by_address.values_mut().for_each(|addresses| addresses.sort_by_key(|(address, _)| *address));
        found
    }

    fn add(&mut self, interface: &Arc<Record<NetworkInterface>>) {
        match groups(interface) {
            Ok(groups) => {
                for group in groups {
                    self.by_group.entry(group).or_default().push(Arc::clone(interface));
                }
            }
            Err(why) => drop(self.incomplete.get_or_insert(why)),
        }
        let vpc = interface.data.vpc_id.known().cloned().unwrap_or_default();
        let addresses = addresses(interface).unwrap_or_default();
        let here = self.by_address.entry(vpc).or_default();
        here.extend(addresses.into_iter().map(|address| (address, Arc::clone(interface))));
    }

    /// The private addresses of a group's members, as far as this account sees them.
    pub fn members(&self, group_id: &str) -> Bounds {
        let mut all = match &self.incomplete {
            None => Bounds::none(),
            Some(why) => Bounds::unknown(why.clone()),
        };
        for interface in self.by_group.get(group_id).into_iter().flatten() {
            all = all.or(&match addresses(interface) {
                Ok(addresses) => Bounds::exact(AddressSet::of(addresses.into_iter().map(IpNet::from))),
                Err(why) => Bounds::unknown(why),
            });
        }
        all
    }

    /// What stands at the addresses of a set, in one VPC, sorted by address.
    pub fn within(&self, vpc_id: &str, set: &AddressSet) -> Vec<&Arc<Record<NetworkInterface>>> {
        let Some(here) = self.by_address.get(vpc_id) else { return Vec::new() };
        let v4 = set.v4.ranges().iter().map(|(first, last)| (IpAddr::V4((*first).into()), IpAddr::V4((*last).into())));
        let v6 = set.v6.ranges().iter().map(|(first, last)| (IpAddr::V6((*first).into()), IpAddr::V6((*last).into())));
        let (mut found, mut ids) = (Vec::new(), BTreeSet::new());
        for (first, last) in v4.chain(v6) {
            let from = here.partition_point(|(address, _)| *address < first);
            let inside = here.get(from..).into_iter().flatten().take_while(|(address, _)| *address <= last);
            for (_, interface) in inside {
                if ids.insert(interface.id.as_str()) {
                    found.push(interface);
                }
            }
        }
        found
    }
}

fn groups(interface: &Record<NetworkInterface>) -> Result<Vec<String>, Why> {
    let groups = match &interface.data.groups {
        Fact::Known(groups) => groups.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Err(why.clone()),
    };
    groups.iter().map(|group| group.group_id.known().cloned().ok_or(Why::NotCollected)).collect()
}

/// The private addresses of an interface, of both families.
fn addresses(interface: &Record<NetworkInterface>) -> Result<Vec<IpAddr>, Why> {
    let data = &interface.data;
    let v4 = texts(&data.private_ip_addresses, |it| &it.private_ip_address)?;
    let v6 = texts(&data.ipv6_addresses, |it| &it.ipv6_address)?;
    let parse = |text: &String| {
        text.parse().map_err(|_| Why::Unreadable { detail: format!("`{text}` is not an address").into() })
    };
    v4.into_iter().chain(v6).map(parse).collect()
}

fn texts<T>(list: &Fact<Vec<T>>, text: impl Fn(&T) -> &Fact<String>) -> Result<Vec<&String>, Why> {
    match list {
        Fact::Known(list) => list.iter().map(|it| text(it).known().ok_or(Why::NotCollected)).collect(),
        Fact::Absent => Ok(Vec::new()),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

/// An interface in words: what is attached, and what it says of itself.
pub fn named(interface: &Record<NetworkInterface>) -> String {
    let data = &interface.data;
    let instance = data.attachment.known().and_then(|attachment| attachment.instance_id.known());
    let kind = data.interface_type.known().filter(|kind| kind.as_str() != "interface");
    let description = data.description.known().filter(|text| !text.is_empty());
    let what = instance.into_iter().chain(kind).chain(description).map(String::as_str);
    let what: Vec<_> = what.collect();
    if what.is_empty() { interface.id.clone() } else { format!("{} ({})", interface.id, what.join(", ")) }
}

/// Whether an interface passes on what others send it, so that who stands behind it is not to be seen from here.
pub fn is_forwarder(interface: &Record<NetworkInterface>) -> bool {
    const FORWARDERS: [&str; 6] = [
        "network_load_balancer",
        "load_balancer",
        "gateway_load_balancer_endpoint",
        "gateway_load_balancer",
        "transit_gateway",
        "nat_gateway",
    ];
    interface.data.interface_type.known().is_some_and(|kind| FORWARDERS.contains(&kind.as_str()))
}

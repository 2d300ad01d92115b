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
    /// Why nobody knows where some of them stand.
    unplaced: Option<Why>,
}

impl Interfaces {
    /// Indexes the interfaces of an account and region.
    pub fn new(table: &Table<NetworkInterface>) -> Self {
        let mut found = Self {
            by_group: BTreeMap::new(),
            by_address: BTreeMap::new(),
            incomplete: table.incomplete().cloned(),
            unplaced: None,
        };
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
        if let Fact::Unknown(why) = &interface.data.vpc_id {
            self.unplaced.get_or_insert_with(|| why.clone());
        }
        let vpc = interface.data.vpc_id.known().cloned().unwrap_or_default();
        let addresses = addresses(interface).unwrap_or_else(|why| {
            self.unplaced.get_or_insert(why);
            Vec::new()
        });
        let here = self.by_address.entry(vpc).or_default();
        here.extend(addresses.into_iter().map(|address| (address, Arc::clone(interface))));
    }

    /// Why something may stand at an address where nobody knows of it.
    pub fn unread(&self) -> Option<&Why> {
        self.incomplete.as_ref().or(self.unplaced.as_ref())
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

/// What is to be said of an interface that passes on what others send it, so that who stands behind it is not to be seen from here. A
/// network load balancer may be a service of PrivateLink: then endpoints in other VPCs and accounts come by it.
pub fn forwards(interface: &Record<NetworkInterface>) -> &'static str {
    match interface.data.interface_type.known().map(String::as_str) {
        Some("network_load_balancer") => ", passes on what others send, by endpoints of PrivateLink too",
        Some(
            "load_balancer"
            | "gateway_load_balancer"
            | "gateway_load_balancer_endpoint"
            | "transit_gateway"
            | "nat_gateway",
        ) => ", passes on what others send",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::network::testing::{Estate, scope};

    fn interface(id: &str, group: &str, v4: &str) -> Value {
        json!({"NetworkInterfaceId": id, "VpcId": "vpc-1", "Groups": [{"GroupId": group}], "Ipv6Addresses": [],
            "PrivateIpAddresses": [{"PrivateIpAddress": v4, "Association": null}], "InterfaceType": "interface",
            "Description": null, "Attachment": null})
    }

    fn with(interfaces: &[Value]) -> Estate {
        interfaces.iter().fold(Estate::default(), |estate, it| estate.with("ec2.network_interface", it.clone()))
    }

    #[test]
    fn members_of_a_group_are_the_addresses_of_its_interfaces() {
        let mut unread = interface("eni-3", "sg-1", "10.0.0.7");
        unread.as_object_mut().unwrap().remove("PrivateIpAddresses");
        let mut elsewhere = interface("eni-4", "sg-2", "10.0.0.8");
        elsewhere.as_object_mut().unwrap().remove("Groups");
        let one = interface("eni-1", "sg-1", "10.0.0.5");
        for (interfaces, least, exact) in [
            (vec![], 0, true),
            (vec![one.clone()], 1, true),
            (vec![one.clone(), interface("eni-2", "sg-1", "10.0.0.6")], 2, true),
            (vec![one.clone(), interface("eni-2", "sg-2", "10.0.0.6")], 1, true),
            (vec![one.clone(), interface("eni-2", "sg-1", "nowhere")], 1, false),
            (vec![one.clone(), unread], 1, false),
            (vec![one, elsewhere], 1, false),
        ] {
            let networks = with(&interfaces).networks();
            let members = networks.of(&scope()).members("sg-1", None);
            assert_eq!((members.least.ipv4_addresses(), members.is_exact()), (least, exact), "{interfaces:?}");
        }
    }

    #[test]
    fn a_group_of_an_account_that_was_not_read_may_have_any_members() {
        let networks = with(&[interface("eni-1", "sg-1", "10.0.0.5")]).networks();
        let members = networks.of(&scope()).members("sg-1", Some(&"210987654321".to_owned()));
        assert!(members.least.is_empty() && members.most == AddressSet::all());
        assert!(members.doubts[0].to_string().contains("belongs to account 210987654321"));
    }

    #[test]
    fn what_stands_in_a_range_is_found_by_address() {
        let interfaces: Vec<_> =
            (1..=9).map(|host| interface(&format!("eni-{host}"), "sg-1", &format!("10.0.0.{host}"))).collect();
        let networks = with(&interfaces).networks();
        let of = |vpc: &str, range: &str| {
            let set = AddressSet::of([range.parse().unwrap()]);
            networks.of(&scope()).here.interfaces.within(vpc, &set).iter().map(|it| it.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("vpc-1", "10.0.0.4/31"), ["eni-4", "eni-5"]);
        assert_eq!(of("vpc-1", "10.0.0.0/24").len(), 9);
        assert_eq!(of("vpc-1", "10.0.1.0/24"), [""; 0]);
        assert_eq!(of("vpc-2", "10.0.0.0/24"), [""; 0]);
    }

    #[test]
    fn an_interface_is_named_by_what_it_is() {
        let mut one = interface("eni-1", "sg-1", "10.0.0.5");
        one["Attachment"] = json!({"InstanceId": "i-1"});
        let mut two = interface("eni-2", "sg-1", "10.0.0.6");
        two["InterfaceType"] = json!("network_load_balancer");
        two["Description"] = json!("ELB net/db");
        let networks = with(&[one, two, interface("eni-3", "sg-1", "10.0.0.7")]).networks();
        let all = AddressSet::all();
        let interfaces = networks.of(&scope()).here.interfaces.within("vpc-1", &all);
        let names: Vec<_> = interfaces.iter().map(|it| (named(it), !forwards(it).is_empty())).collect();
        let expected = [("eni-1 (i-1)", false), ("eni-2 (network_load_balancer, ELB net/db)", true), ("eni-3", false)];
        assert_eq!(names, expected.map(|(name, forwards)| (name.to_owned(), forwards)));
    }

    #[test]
    fn what_passes_on_what_others_send_says_so() {
        for (kind, says) in [
            ("network_load_balancer", ", passes on what others send, by endpoints of PrivateLink too"),
            ("nat_gateway", ", passes on what others send"),
            ("vpc_endpoint", ""),
            ("interface", ""),
        ] {
            let mut data = interface("eni-1", "sg-1", "10.0.0.5");
            data["InterfaceType"] = json!(kind);
            let networks = with(&[data]).networks();
            let all = networks.of(&scope()).here.interfaces.within("vpc-1", &AddressSet::all());
            assert_eq!(forwards(all[0]), says, "{kind}");
        }
    }
}

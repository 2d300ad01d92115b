//! Ingress rules of security groups, one source each, as far as they admit TCP to one port.

use std::sync::Arc;

use ipnet::IpNet;

use super::bounds::Bounds;
use super::prefix_list::prefixes_of;
use super::space::{AddressSet, Ranges};
use super::view::View;
use crate::model::{Derived, Fact, Place, Reflect, Type, Value, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{IpPermission, SecurityGroup};

vocabulary! {
    /// What an ingress rule names as its source.
    enum IngressSource = "ingress_source" {
        /// An IPv4 or IPv6 range.
        Cidr = "cidr",
        /// A prefix list.
        PrefixList = "prefix_list",
        /// Members of a security group.
        SecurityGroup = "security_group",
    }
}

facts! {
    /// One source that an attached security group admits to the cluster's port; of a prefix list, each entry is one.
    struct IngressRule = "ingress_rule" {
        /// Id of the security group.
        group_id: String;
        /// Id of the rule, for taking it away.
        rule_id: Fact<String>;
        /// Kind of source.
        source: IngressSource;
        /// The source as the rule writes it: a range, a prefix list id or a group id.
        source_id: String;
        /// Account of a security group that is the source.
        source_account: Fact<String>, optional;
        /// The range; absent for a security group, unknown for a prefix list whose entries were not read.
        cidr: Fact<IpNet>, optional;
        /// 4 or 6; absent and unknown where the range is.
        ip_version: Fact<i64>, optional;
        /// `tcp`, or `-1` for all protocols.
        ip_protocol: String;
        /// First port admitted; 0 when all are.
        from_port: i64;
        /// Last port admitted; 65535 when all are.
        to_port: i64;
        /// What the rule's author wrote about it.
        description: Fact<String>, optional;
    } key key at at
}

impl IngressRule {
    /// The rule in words, as in `sgr-1 of sg-1 admits 0.0.0.0/0 to port 3306`.
    pub fn words(&self) -> String {
        let rule = self.rule_id.known().map_or_else(String::new, |id| format!("{id} of "));
        let source = match (&self.source, &self.cidr) {
            (IngressSource::PrefixList, Fact::Known(net)) => format!("{net} of {}", self.source_id),
            _ => self.source_id.clone(),
        };
        let ports = match (self.from_port, self.to_port) {
            (0, 65535) => "all ports".to_owned(),
            (from, to) if from == to => format!("port {from}"),
            (from, to) => format!("ports {from}-{to}"),
        };
        format!("{rule}{} admits {source} to {ports}", self.group_id)
    }
}

/// A rule, and the addresses that it admits.
#[derive(Debug)]
pub struct Opening {
    /// The rule.
    pub rule: Arc<IngressRule>,
    /// The addresses.
    pub admits: Bounds,
}

/// What a security group admits to a port.
#[derive(Debug, Default)]
pub struct Openings {
    /// Its rules, as far as they were read.
    pub list: Vec<Opening>,
    /// Why there may be others.
    pub incomplete: Option<Why>,
}

impl Openings {
    /// A group that was not read.
    pub const fn unread(why: Why) -> Self {
        Self { list: Vec::new(), incomplete: Some(why) }
    }
}

/// What the attached security groups admit to a port; rules see the list when it is whole.
#[derive(Debug)]
pub struct Ingress {
    /// The rules that were read.
    pub rules: Vec<Arc<IngressRule>>,
    /// Why there may be others.
    pub incomplete: Option<Why>,
    /// Whether the IPv4 sources together are the whole IPv4 space.
    pub world_ipv4: Derived<bool>,
    /// Whether the IPv6 sources together are the whole IPv6 space.
    pub world_ipv6: Derived<bool>,
}

impl Reflect for Ingress {
    const TYPE: Type = <Vec<Arc<IngressRule>>>::TYPE;

    fn value(&self) -> Value<'_> {
        self.incomplete.as_ref().map_or_else(|| self.rules.value(), Value::Unknown)
    }
}

impl Ingress {
    /// What the groups of these ids admit to TCP `port`.
    pub fn new(groups: &Fact<Vec<String>>, port: &Fact<i64>, view: View<'_>) -> Self {
        let (openings, mut incomplete) = opened(groups, port, view);
        incomplete = incomplete.or_else(|| openings.iter().find_map(|group| group.incomplete.clone()));
        let listed: Vec<_> = openings.iter().flat_map(|group| &group.list).collect();
        Self {
            world_ipv4: world(&listed, incomplete.as_ref(), |set| set.v4 == Ranges::all()),
            world_ipv6: world(&listed, incomplete.as_ref(), |set| set.v6 == Ranges::all()),
            rules: listed.iter().map(|opening| Arc::clone(&opening.rule)).collect(),
            incomplete,
        }
    }
}

impl Ingress {
    /// The widest rules that are together all of a family; unknown when nobody knows whether there are such.
    pub fn of_the_world(&self) -> Fact<Vec<Arc<IngressRule>>> {
        let mut rules = Vec::new();
        for (world, version) in [(&self.world_ipv4, 4), (&self.world_ipv6, 6)] {
            if world.value.known() == Some(&true) {
                rules.extend(self.widest(version));
            }
        }
        let mut worlds = [&self.world_ipv4, &self.world_ipv6].into_iter();
        match worlds.find_map(|world| if let Fact::Unknown(why) = &world.value { Some(why) } else { None }) {
            Some(why) if rules.is_empty() => Fact::Unknown(why.clone()),
            _ => Fact::Known(rules),
        }
    }

    /// Rules of a family, the widest first, until they are all of it.
    fn widest(&self, version: i64) -> Vec<Arc<IngressRule>> {
        let mut rules: Vec<_> = self.rules.iter().filter(|it| it.ip_version.known() == Some(&version)).collect();
        rules.sort_by_key(|rule| rule.cidr.known().map(IpNet::prefix_len));
        let (mut all, mut widest) = (AddressSet::empty(), Vec::new());
        for rule in rules {
            let wider = all.union(&AddressSet::of(rule.cidr.known().copied()));
            if wider != all {
                all = wider;
                widest.push(Arc::clone(rule));
            }
        }
        widest
    }
}

/// What each group admits, and why there may be more.
pub(super) fn opened(
    groups: &Fact<Vec<String>>,
    port: &Fact<i64>,
    view: View<'_>,
) -> (Vec<Arc<Openings>>, Option<Why>) {
    let (groups, port) = match (groups, port) {
        (Fact::Known(groups), Fact::Known(port)) => (groups, *port),
        (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => return (Vec::new(), Some(why.clone())),
        (Fact::Absent, _) => return (Vec::new(), None),
        (_, Fact::Absent) => return (Vec::new(), Some(Why::NotCollected)),
    };
    match u16::try_from(port) {
        Ok(port) => (groups.iter().map(|id| view.openings(id, port)).collect(), None),
        Err(_) => (Vec::new(), Some(Why::Unreadable { detail: format!("{port} is not a port").into() })),
    }
}

/// What a group admits to a port.
pub(super) fn openings(group: &Record<SecurityGroup>, port: u16, view: View<'_>) -> Openings {
    let mut openings = Openings::default();
    let permissions = match &group.data.ip_permissions {
        Fact::Known(permissions) => permissions.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Openings::unread(why.clone()),
    };
    let list = Place::data_of(group.at).member("IpPermissions");
    for (index, permission) in permissions.iter().enumerate() {
        let at = list.item(index);
        match Ports::of(permission) {
            Err(why) => drop(openings.incomplete.get_or_insert(why)),
            Ok(ports) if !ports.admit(port.into()) => {}
            Ok(ports) => Sources { group, permission, ports, at, view }.add_to(&mut openings),
        }
    }
    openings
}

/// Protocol and ports of a permission.
pub(super) struct Ports {
    protocol: String,
    /// None when the protocol has no TCP ports.
    pub(super) range: Option<(i64, i64)>,
}

impl Ports {
    /// EC2 API Reference, `IpPermission`: protocol `-1` means all, ports left out or −1 mean all; protocol numbers are IANA's.
    pub(super) fn of(permission: &IpPermission) -> Result<Self, Why> {
        let protocol = permission.ip_protocol.known().ok_or(Why::NotCollected)?.clone();
        let range = match protocol.as_str() {
            "-1" => Some((0, 65535)),
            "tcp" | "6" => Some((port(&permission.from_port, 0)?, port(&permission.to_port, 65535)?)),
            "udp" | "icmp" | "icmpv6" => None,
            number if number.parse::<u8>().is_ok() => None,
            word => return Err(Why::Unreadable { detail: format!("`{word}` is not an IP protocol").into() }),
        };
        if let Some((from, to)) = range
            && !(0 <= from && from <= to && to <= 65535)
        {
            return Err(Why::Unreadable { detail: format!("{from}-{to} is not a range of ports").into() });
        }
        Ok(Self { protocol, range })
    }

    fn admit(&self, port: i64) -> bool {
        self.range.is_some_and(|(from, to)| from <= port && port <= to)
    }
}

fn port(bound: &Fact<i64>, all: i64) -> Result<i64, Why> {
    match bound {
        Fact::Known(-1) | Fact::Absent => Ok(all),
        Fact::Known(port) => Ok(*port),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

/// The sources of one permission.
struct Sources<'a> {
    group: &'a Record<SecurityGroup>,
    permission: &'a IpPermission,
    ports: Ports,
    at: Place,
    view: View<'a>,
}

impl Sources<'_> {
    fn add_to(&self, openings: &mut Openings) {
        let permission = self.permission;
        self.each(openings, &permission.ip_ranges, "IpRanges", |it, at, found| {
            self.range(&it.cidr_ip, &it.description, at, found)
        });
        self.each(openings, &permission.ipv6_ranges, "Ipv6Ranges", |it, at, found| {
            self.range(&it.cidr_ipv6, &it.description, at, found)
        });
        self.each(openings, &permission.prefix_list_ids, "PrefixListIds", |it, at, found| {
            self.prefix_list(&it.prefix_list_id, &it.description, at, found)
        });
        self.each(openings, &permission.user_id_group_pairs, "UserIdGroupPairs", |it, at, found| {
            let id = text(&it.group_id)?;
            let members = self.view.members(&id, it.user_id.known());
            let made = self.rule(IngressSource::SecurityGroup, id, Fact::Absent, &it.description, at);
            let rule = IngressRule { source_account: it.user_id.clone(), ..made };
            found.push(Opening { rule: Arc::new(rule), admits: members });
            Ok(())
        });
    }

    /// Adds what the elements of a list say; an element or a list that was not read leaves the group incomplete.
    fn each<T>(
        &self,
        openings: &mut Openings,
        list: &Fact<Vec<T>>,
        key: &str,
        add: impl Fn(&T, Place, &mut Vec<Opening>) -> Result<(), Why>,
    ) {
        match list {
            Fact::Known(list) => {
                let place = self.at.member(key);
                for (index, it) in list.iter().enumerate() {
                    if let Err(why) = add(it, place.item(index), &mut openings.list) {
                        openings.incomplete.get_or_insert(why);
                    }
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => drop(openings.incomplete.get_or_insert(why.clone())),
        }
    }

    fn range(
        &self,
        range: &Fact<String>,
        description: &Fact<String>,
        at: Place,
        found: &mut Vec<Opening>,
    ) -> Result<(), Why> {
        let id = text(range)?;
        let cidr = parse_cidr(&id);
        let admits = match &cidr {
            Fact::Known(net) => Bounds::exact(AddressSet::of([*net])),
            Fact::Absent => Bounds::none(),
            Fact::Unknown(why) => Bounds::unknown(why.clone()),
        };
        let rule = Arc::new(self.rule(IngressSource::Cidr, id, cidr, description, at));
        found.push(Opening { rule, admits });
        Ok(())
    }

    fn prefix_list(
        &self,
        list: &Fact<String>,
        description: &Fact<String>,
        at: Place,
        found: &mut Vec<Opening>,
    ) -> Result<(), Why> {
        let id = text(list)?;
        match prefixes_of(&self.view.here.prefix_list(&id)) {
            Ok(entries) => found.extend(entries.into_iter().map(|(net, _)| {
                let made = self.rule(IngressSource::PrefixList, id.clone(), Fact::Known(net), description, at.clone());
                let rule = IngressRule { key: format!("{}/{net}", made.key), ..made };
                Opening { rule: Arc::new(rule), admits: Bounds::exact(AddressSet::of([net])) }
            })),
            Err(why) => {
                let rule = self.rule(IngressSource::PrefixList, id, Fact::Unknown(why.clone()), description, at);
                found.push(Opening { rule: Arc::new(rule), admits: Bounds::unknown(why) });
            }
        }
        Ok(())
    }

    fn rule(
        &self,
        source: IngressSource,
        source_id: String,
        cidr: Fact<IpNet>,
        description: &Fact<String>,
        at: Place,
    ) -> IngressRule {
        let group_id = self.group.data.group_id.known().unwrap_or(&self.group.id);
        let (from_port, to_port) = self.ports.range.unwrap_or_default();
        let told = (&self.permission.from_port, &self.permission.to_port);
        IngressRule {
            group_id: group_id.clone(),
            rule_id: self.view.here.rule_ids.get(group_id, &self.ports.protocol, told, &source_id),
            source_account: Fact::Absent,
            ip_version: cidr.as_ref().map(|net| if matches!(net, IpNet::V4(_)) { 4 } else { 6 }),
            cidr,
            key: format!("{group_id}/{}/{from_port}-{to_port}/{source_id}", self.ports.protocol),
            source,
            source_id,
            ip_protocol: self.ports.protocol.clone(),
            from_port,
            to_port,
            description: description.clone(),
            at,
        }
    }
}

fn text(fact: &Fact<String>) -> Result<String, Why> {
    match fact {
        Fact::Known(text) => Ok(text.clone()),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

/// A range out of text.
pub(super) fn parse_cidr(text: &str) -> Fact<IpNet> {
    text.parse::<IpNet>().map_or_else(
        |_| Fact::Unknown(Why::Unreadable { detail: format!("`{text}` is not an address range").into() }),
        |net| Fact::Known(net.trunc()),
    )
}

/// Whether the ranges of one family are the whole space. Sources that are not known could only add to them, so they turn a
/// "no" into unknown. Members of groups do not count: however many they are, each is somebody's.
fn world(openings: &[&Opening], incomplete: Option<&Why>, is_world: impl Fn(&AddressSet) -> bool) -> Derived<bool> {
    let ranges = || openings.iter().filter(|opening| opening.rule.source != IngressSource::SecurityGroup);
    let all = AddressSet::of(ranges().filter_map(|opening| opening.rule.cidr.known().copied()));
    let places = ranges().filter(|it| it.rule.cidr.known().is_some()).map(|it| it.rule.at.clone()).collect();
    if is_world(&all) {
        return Derived::new(Fact::Known(true), places);
    }
    let unread = ranges().find_map(|opening| match &opening.rule.cidr {
        Fact::Unknown(why) => Some((why.clone(), vec![opening.rule.at.clone()])),
        Fact::Known(_) | Fact::Absent => None,
    });
    match unread.or_else(|| incomplete.map(|why| (why.clone(), Vec::new()))) {
        Some((why, at)) => Derived::new(Fact::Unknown(why), at),
        None => Derived::new(Fact::Known(false), places),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::network::testing::{Estate, scope};
    use crate::model::Value as Shown;

    fn ingress_of(estate: Estate, permissions: &Value, port: i64) -> Ingress {
        let group = json!({"GroupId": "sg-1", "GroupName": "db", "IpPermissions": permissions});
        let networks = estate.with("ec2.security_group", group).networks();
        Ingress::new(&Fact::Known(vec!["sg-1".to_owned()]), &Fact::Known(port), networks.of(&scope()))
    }

    fn ingress(permissions: &Value, port: i64) -> Ingress {
        ingress_of(Estate::default(), permissions, port)
    }

    fn permission(protocol: &str, from: Option<i64>, to: Option<i64>, cidrs: &[&str], lists: &[&str]) -> Value {
        let (v6, v4): (Vec<&str>, Vec<&str>) = cidrs.iter().partition(|cidr| cidr.contains(':'));
        json!({
            "IpProtocol": protocol, "FromPort": from, "ToPort": to,
            "IpRanges": v4.iter().map(|cidr| json!({"CidrIp": cidr, "Description": null})).collect::<Vec<_>>(),
            "Ipv6Ranges": v6.iter().map(|cidr| json!({"CidrIpv6": cidr, "Description": null})).collect::<Vec<_>>(),
            "PrefixListIds": lists.iter().map(|id| json!({"PrefixListId": id, "Description": null})).collect::<Vec<_>>(),
            "UserIdGroupPairs": [],
        })
    }

    #[test]
    fn knows_when_the_world_is_admitted() {
        let tcp = |cidrs: &[&str]| permission("tcp", Some(3306), Some(3306), cidrs, &[]);
        for (permissions, v4, v6) in [
            (vec![tcp(&["0.0.0.0/0"])], Some(true), Some(false)),
            (vec![tcp(&["0.0.0.0/1", "128.0.0.0/1"])], Some(true), Some(false)),
            (vec![tcp(&["0.0.0.0/1"]), tcp(&["128.0.0.0/1"])], Some(true), Some(false)),
            (vec![tcp(&["0.0.0.0/1"]), tcp(&["128.0.0.0/2"])], Some(false), Some(false)),
            (vec![tcp(&["::/0"])], Some(false), Some(true)),
            (vec![tcp(&["10.0.0.0/8"])], Some(false), Some(false)),
            (vec![permission("-1", None, None, &["0.0.0.0/0"], &[])], Some(true), Some(false)),
            (vec![permission("tcp", None, None, &["0.0.0.0/0"], &[])], Some(true), Some(false)),
            (vec![permission("tcp", Some(-1), Some(-1), &["0.0.0.0/0"], &[])], Some(true), Some(false)),
            (vec![permission("6", Some(0), Some(65535), &["0.0.0.0/0"], &[])], Some(true), Some(false)),
            (vec![permission("udp", Some(3306), Some(3306), &["0.0.0.0/0"], &[])], Some(false), Some(false)),
            (vec![permission("17", Some(3306), Some(3306), &["0.0.0.0/0"], &[])], Some(false), Some(false)),
            (vec![permission("icmpv6", Some(-1), Some(-1), &["::/0"], &[])], Some(false), Some(false)),
            (vec![permission("TCP", Some(3306), Some(3306), &["0.0.0.0/0"], &[])], None, None),
            (vec![permission("tcp", Some(3307), Some(3400), &["0.0.0.0/0"], &[])], Some(false), Some(false)),
            (vec![permission("tcp", Some(3306), Some(3306), &[], &["pl-1"])], None, None),
            (vec![permission("tcp", Some(3306), Some(3306), &["0.0.0.0/0"], &["pl-1"])], Some(true), None),
            (vec![tcp(&["not a range"])], None, None),
            (vec![json!({"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306})], None, None),
            (vec![json!({})], None, None),
            (vec![], Some(false), Some(false)),
        ] {
            let text = format!("{permissions:?}");
            let ingress = ingress(&Value::from(permissions), 3306);
            assert_eq!(ingress.world_ipv4.value.known().copied(), v4, "IPv4 of {text}");
            assert_eq!(ingress.world_ipv6.value.known().copied(), v6, "IPv6 of {text}");
        }
    }

    #[test]
    fn a_rule_knows_where_it_stands() {
        let ingress = ingress(&json!([permission("tcp", Some(1), Some(9), &["10.0.0.0/8"], &[])]), 5);
        let rule = &ingress.rules[0];
        assert_eq!(rule.at.pointer, "/data/IpPermissions/0/IpRanges/0");
        assert_eq!(rule.key, "sg-1/tcp/1-9/10.0.0.0/8");
    }

    #[test]
    fn prefix_lists_are_as_wide_as_their_entries() {
        let list = |id: &str, cidrs: &[&str]| json!({"PrefixListId": id, "Entries": cidrs.iter().map(|cidr| json!({"Cidr": cidr})).collect::<Vec<_>>()});
        let rule = json!([permission("tcp", Some(3306), Some(3306), &[], &["pl-1"])]);
        for (cidrs, v4, rules) in [
            (&["10.0.0.0/8"][..], Some(false), 1),
            (&["0.0.0.0/1", "128.0.0.0/1"], Some(true), 2),
            (&[], Some(false), 0),
            (&["10.0.0.0/8", "nowhere"], None, 1),
        ] {
            let estate = Estate::default().with("ec2.managed_prefix_list_entries", list("pl-1", cidrs));
            let ingress = ingress_of(estate, &rule, 3306);
            assert_eq!(ingress.world_ipv4.value.known().copied(), v4, "{cidrs:?}");
            assert_eq!(ingress.rules.len(), rules, "{cidrs:?}");
        }
    }

    #[test]
    fn what_was_not_read_leaves_the_rest_standing() {
        let world = permission("tcp", Some(3306), Some(3306), &["0.0.0.0/0"], &[]);
        for other in [
            json!({"IpProtocol": "TCP"}),
            json!({}),
            permission("tcp", Some(3306), Some(70000), &["10.0.0.0/8"], &[]),
            permission("tcp", Some(3307), Some(3306), &["10.0.0.0/8"], &[]),
        ] {
            let ingress = ingress(&json!([other, world]), 3306);
            assert_eq!(ingress.world_ipv4.value.known(), Some(&true), "{other}");
            assert!(ingress.incomplete.is_some() && matches!(ingress.value(), Shown::Unknown(_)), "{other}");
            assert_eq!(ingress.rules.len(), 1, "{other}");
        }
    }

    #[test]
    fn rules_find_their_ids() {
        let told = |id: &str, protocol: &str, from: i64, cidr: &str| {
            json!({"SecurityGroupRuleId": id, "GroupId": "sg-1", "IsEgress": false, "IpProtocol": protocol,
                "FromPort": from, "ToPort": from, "CidrIpv4": cidr, "CidrIpv6": null})
        };
        let estate = Estate::default()
            .with("ec2.security_group_rule", told("sgr-1", "tcp", 3306, "10.0.0.0/8"))
            .with("ec2.security_group_rule", told("sgr-2", "-1", -1, "11.0.0.0/8"));
        let rules = json!([
            permission("tcp", Some(3306), Some(3306), &["10.0.0.0/8"], &[]),
            permission("-1", None, None, &["11.0.0.0/8", "12.0.0.0/8"], &[])
        ]);
        let ingress = ingress_of(estate, &rules, 3306);
        let ids: Vec<_> = ingress.rules.iter().map(|rule| rule.rule_id.known().map(String::as_str)).collect();
        assert_eq!(ids, [Some("sgr-1"), Some("sgr-2"), None]);
        assert_eq!(ingress.rules[0].words(), "sgr-1 of sg-1 admits 10.0.0.0/8 to port 3306");
        assert_eq!(ingress.rules[2].words(), "sg-1 admits 12.0.0.0/8 to all ports");
    }

    #[test]
    fn the_world_is_the_widest_rules_that_make_it() {
        let tcp = |cidrs: &[&str]| permission("tcp", Some(3306), Some(3306), cidrs, &[]);
        for (permissions, expected) in [
            (json!([tcp(&["10.0.0.0/8", "0.0.0.0/0", "::/0"])]), Some(&["0.0.0.0/0", "::/0"][..])),
            (json!([tcp(&["10.0.0.0/8", "128.0.0.0/1", "0.0.0.0/1"])]), Some(&["128.0.0.0/1", "0.0.0.0/1"])),
            (json!([tcp(&["10.0.0.0/8"])]), Some(&[])),
            (json!([tcp(&["0.0.0.0/0"]), {}]), Some(&["0.0.0.0/0"])),
            (json!([tcp(&["10.0.0.0/8"]), {}]), None),
        ] {
            let found = ingress(&permissions, 3306).of_the_world();
            let found = found.known().map(|rules| rules.iter().map(|it| it.source_id.clone()).collect::<Vec<_>>());
            assert_eq!(found, expected.map(|it| it.iter().map(|it| (*it).to_owned()).collect()), "{permissions}");
        }
    }
}

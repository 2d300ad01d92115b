//! Ingress rules of security groups, one source each, as far as they admit TCP to one port.

use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::model::{Derived, Fact, Place, Reflect, Type, Value, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{IpPermission, SecurityGroup};

vocabulary! {
    /// What an ingress rule names as its source.
    enum IngressSource = "ingress_source" {
        /// An IPv4 or IPv6 range.
        Cidr = "cidr",
        /// A prefix list, whose entries are not collected yet.
        PrefixList = "prefix_list",
        /// Members of a security group.
        SecurityGroup = "security_group",
    }
}

facts! {
    /// One source that an attached security group admits to the cluster's port.
    struct IngressRule = "ingress_rule" {
        /// Id of the security group.
        group_id: String;
        /// Kind of source.
        source: IngressSource;
        /// The source as the rule writes it: a range, a prefix list id or a group id.
        source_id: String;
        /// The range; absent for a security group, unknown for a prefix list, whose entries are not collected yet.
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

/// What the attached security groups admit to a port; rules see the list.
#[derive(Debug)]
pub struct Ingress {
    /// The rules, or why they are not all known.
    pub rules: Fact<Vec<Arc<IngressRule>>>,
    /// Whether the IPv4 sources together are the whole IPv4 space.
    pub world_ipv4: Derived<bool>,
    /// Whether the IPv6 sources together are the whole IPv6 space.
    pub world_ipv6: Derived<bool>,
}

impl Reflect for Ingress {
    const TYPE: Type = <Vec<Arc<IngressRule>>>::TYPE;

    fn value(&self) -> Value<'_> {
        self.rules.value()
    }
}

impl Ingress {
    /// What `groups` admit to TCP `port`.
    pub fn new(groups: &Fact<Vec<Arc<Record<SecurityGroup>>>>, port: &Fact<i64>) -> Self {
        let rules = match (groups, port) {
            (Fact::Known(groups), Fact::Known(port)) => admitted(groups, *port),
            (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => Fact::Unknown(why.clone()),
            (Fact::Absent, _) => Fact::Known(Vec::new()),
            (_, Fact::Absent) => Fact::Unknown(Why::NotCollected),
        };
        let world_ipv4 = world(&rules, |net| matches!(net, IpNet::V4(_)), |nets| is_world_v4(&nets));
        let world_ipv6 = world(&rules, |net| matches!(net, IpNet::V6(_)), |nets| is_world_v6(&nets));
        Self { rules, world_ipv4, world_ipv6 }
    }
}

fn admitted(groups: &[Arc<Record<SecurityGroup>>], port: i64) -> Fact<Vec<Arc<IngressRule>>> {
    let mut rules = Vec::new();
    for group in groups {
        let permissions = match &group.data.ip_permissions {
            Fact::Known(permissions) => permissions,
            Fact::Absent => continue,
            Fact::Unknown(why) => return Fact::Unknown(why.clone()),
        };
        let list = Place::data_of(group.at).member("IpPermissions");
        for (index, permission) in permissions.iter().enumerate() {
            let at = list.item(index);
            match Ports::of(permission) {
                Err(why) => return Fact::Unknown(why),
                Ok(ports) if !ports.admit(port) => {}
                Ok(ports) => match sources(group, permission, &ports, &at) {
                    Ok(sources) => rules.extend(sources.into_iter().map(Arc::new)),
                    Err(why) => return Fact::Unknown(why),
                },
            }
        }
    }
    Fact::Known(rules)
}

/// Protocol and ports of a permission.
struct Ports {
    protocol: String,
    /// None when the protocol has no TCP ports.
    range: Option<(i64, i64)>,
}

impl Ports {
    /// EC2 API Reference, `IpPermission`: protocol `-1` means all, ports left out or −1 mean all; protocol numbers are IANA's.
    fn of(permission: &IpPermission) -> Result<Self, Why> {
        let protocol = permission.ip_protocol.known().ok_or(Why::NotCollected)?.clone();
        let range = match protocol.as_str() {
            "-1" => Some((0, 65535)),
            "tcp" | "6" => Some((port(&permission.from_port, 0)?, port(&permission.to_port, 65535)?)),
            "udp" | "icmp" | "icmpv6" => None,
            number if number.parse::<u8>().is_ok() => None,
            word => return Err(Why::Unreadable { detail: format!("`{word}` is not an IP protocol").into() }),
        };
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

/// A source as the record has it: kind, text, description, place.
type RawSource = (IngressSource, Fact<String>, Fact<String>, Place);

fn sources(
    group: &Record<SecurityGroup>,
    permission: &IpPermission,
    ports: &Ports,
    at: &Place,
) -> Result<Vec<IngressRule>, Why> {
    let group_id = group.data.group_id.known().ok_or(Why::NotCollected)?;
    let (from_port, to_port) = ports.range.unwrap_or_default();
    raw_sources(permission, at)?
        .into_iter()
        .map(|(source, text, description, at)| {
            let Fact::Known(source_id) = text else { return Err(Why::NotCollected) };
            let cidr = range_of(&source, &source_id);
            Ok(IngressRule {
                group_id: group_id.clone(),
                ip_version: cidr.as_ref().map(|net| if matches!(net, IpNet::V4(_)) { 4 } else { 6 }),
                cidr,
                key: format!("{group_id}/{}/{from_port}-{to_port}/{source_id}", ports.protocol),
                source,
                source_id,
                ip_protocol: ports.protocol.clone(),
                from_port,
                to_port,
                description,
                at,
            })
        })
        .collect()
}

fn raw_sources(permission: &IpPermission, at: &Place) -> Result<Vec<RawSource>, Why> {
    let mut found = Vec::new();
    for (index, range) in list(&permission.ip_ranges)?.iter().enumerate() {
        let at = at.member("IpRanges").item(index);
        found.push((IngressSource::Cidr, range.cidr_ip.clone(), range.description.clone(), at));
    }
    for (index, range) in list(&permission.ipv6_ranges)?.iter().enumerate() {
        let at = at.member("Ipv6Ranges").item(index);
        found.push((IngressSource::Cidr, range.cidr_ipv6.clone(), range.description.clone(), at));
    }
    for (index, prefixes) in list(&permission.prefix_list_ids)?.iter().enumerate() {
        let at = at.member("PrefixListIds").item(index);
        found.push((IngressSource::PrefixList, prefixes.prefix_list_id.clone(), prefixes.description.clone(), at));
    }
    for (index, pair) in list(&permission.user_id_group_pairs)?.iter().enumerate() {
        let at = at.member("UserIdGroupPairs").item(index);
        found.push((IngressSource::SecurityGroup, pair.group_id.clone(), Fact::Absent, at));
    }
    Ok(found)
}

/// The elements of a list; an absent list has none.
fn list<T>(list: &Fact<Vec<T>>) -> Result<&[T], Why> {
    match list {
        Fact::Known(list) => Ok(list),
        Fact::Absent => Ok(&[]),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

fn range_of(source: &IngressSource, source_id: &str) -> Fact<IpNet> {
    match source {
        IngressSource::Cidr => parse_cidr(source_id),
        IngressSource::SecurityGroup => Fact::Absent,
        IngressSource::PrefixList | IngressSource::Other(_) => prefix_list(source_id),
    }
}

/// The ranges of a prefix list.
pub(super) fn prefix_list<T>(id: &str) -> Fact<T> {
    let detail = format!("the entries of prefix list {id} are not collected yet");
    Fact::Unknown(Why::Unreadable { detail: detail.into() })
}

/// A range out of text.
pub(super) fn parse_cidr(text: &str) -> Fact<IpNet> {
    text.parse::<IpNet>().map_or_else(
        |_| Fact::Unknown(Why::Unreadable { detail: format!("`{text}` is not an address range").into() }),
        |net| Fact::Known(net.trunc()),
    )
}

/// Whether the ranges of one family are the whole space. Sources that are not known could only add to them, so they turn a
/// "no" into unknown.
fn world(
    rules: &Fact<Vec<Arc<IngressRule>>>,
    family: impl Fn(&IpNet) -> bool,
    is_world: impl Fn(Vec<IpNet>) -> bool,
) -> Derived<bool> {
    let rules = match rules {
        Fact::Known(rules) => rules,
        Fact::Absent => return Derived::new(Fact::Known(false), Vec::new()),
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    let ranges = rules.iter().filter_map(|rule| Some((*rule.cidr.known()?, rule.at.clone())));
    let (ranges, places): (Vec<_>, Vec<_>) = ranges.filter(|(net, _)| family(net)).unzip();
    if is_world(ranges) {
        return Derived::new(Fact::Known(true), places);
    }
    let unread = rules.iter().find_map(|rule| match &rule.cidr {
        Fact::Unknown(why) => Some((why.clone(), rule.at.clone())),
        Fact::Known(_) | Fact::Absent => None,
    });
    match unread {
        Some((why, at)) => Derived::new(Fact::Unknown(why), vec![at]),
        None => Derived::new(Fact::Known(false), places),
    }
}

/// Whether IPv4 ranges are together the whole space.
pub(super) fn is_world_v4(nets: &[IpNet]) -> bool {
    let nets: Vec<Ipv4Net> =
        nets.iter().filter_map(|net| if let IpNet::V4(net) = net { Some(*net) } else { None }).collect();
    matches!(Ipv4Net::aggregate(&nets).as_slice(), [whole] if whole.prefix_len() == 0)
}

/// Whether IPv6 ranges are together the whole space.
pub(super) fn is_world_v6(nets: &[IpNet]) -> bool {
    let nets: Vec<Ipv6Net> =
        nets.iter().filter_map(|net| if let IpNet::V6(net) = net { Some(*net) } else { None }).collect();
    matches!(Ipv6Net::aggregate(&nets).as_slice(), [whole] if whole.prefix_len() == 0)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::RecordRef;

    fn group(permissions: &Value) -> Fact<Vec<Arc<Record<SecurityGroup>>>> {
        let data = json!({"GroupId": "sg-1", "GroupName": "db", "IpPermissions": permissions});
        Fact::Known(vec![Arc::new(Record {
            at: RecordRef { file: 0, line: 7 },
            id: "sg-1".into(),
            account: String::new(),
            region: String::new(),
            source: String::new(),
            observed: Timestamp::UNIX_EPOCH,
            data: serde_json::from_value(data).unwrap(),
        })])
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
            let ingress = Ingress::new(&group(&Value::from(permissions)), &Fact::Known(3306));
            assert_eq!(ingress.world_ipv4.value.known().copied(), v4, "IPv4 of {text}");
            assert_eq!(ingress.world_ipv6.value.known().copied(), v6, "IPv6 of {text}");
        }
    }

    #[test]
    fn a_rule_knows_where_it_stands() {
        let ingress =
            Ingress::new(&group(&json!([permission("tcp", Some(1), Some(9), &["10.0.0.0/8"], &[])])), &Fact::Known(5));
        let rule = &ingress.rules.known().unwrap()[0];
        assert_eq!(rule.at.pointer, "/data/IpPermissions/0/IpRanges/0");
        assert_eq!(rule.key, "sg-1/tcp/1-9/10.0.0.0/8");
    }
}

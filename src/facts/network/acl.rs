//! What a network ACL lets in to a port, and lets the answers out again. Amazon VPC User Guide, "Network ACL rules": entries are
//! tried in the order of their numbers, the first that fits decides, and an ACL remembers no connection, so that answers need an
//! entry of their own, to the port that the client chose.

use super::bounds::Bounds;
use super::ingress::parse_cidr;
use super::space::{AddressSet, Ranges};
use crate::model::{Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{NetworkAcl, NetworkAclEntry, PortRange};

/// Numbers of the entries that every ACL ends with, for IPv4 and IPv6.
const LAST: [i64; 2] = [32767, 32768];

/// What an ACL does to connections to a port.
#[derive(Debug, Clone)]
pub struct AclFilter {
    /// Id of the ACL.
    pub network_acl_id: Fact<String>,
    /// Addresses that connections are let in from, and whose answers are let out.
    pub passes: Bounds,
    /// The entries that let something in or out.
    pub entries: Vec<AclEntry>,
}

/// An entry that admits.
#[derive(Debug, Clone)]
pub struct AclEntry {
    /// ACL, direction and number, as in `acl-1 ingress 100`.
    pub name: String,
    /// The addresses that it is the first to admit.
    pub admits: AddressSet,
    /// Where it stands.
    pub at: Place,
}

impl AclFilter {
    /// What `acl` does to TCP connections to `port`.
    pub fn new(acl: &Record<NetworkAcl>, port: u16) -> Self {
        let entries = match &acl.data.entries {
            Fact::Known(entries) => entries.as_slice(),
            Fact::Absent => &[],
            Fact::Unknown(why) => return Self::unread(acl.data.network_acl_id.clone(), why.clone()),
        };
        let list = Place::data_of(acl.at).member("Entries");
        let mut admitting = Vec::new();
        let mut direction = |egress: bool, ports: Ranges<u16>| {
            let entries = in_order(entries, egress);
            let (sure, possible) = (walk(&entries, &ports, &Pessimist), walk(&entries, &ports, &Optimist));
            admitting.extend(sure.admitted.into_iter().map(|(entry, admits)| AclEntry {
                name: entry.name(acl.data.network_acl_id.known()),
                admits,
                at: list.item(entry.index),
            }));
            let exact = sure.open == possible.open;
            Bounds { least: sure.open, most: possible.open, doubts: if exact { Vec::new() } else { possible.doubts } }
        };
        // The client chooses the port that answers go to; 0 is no port.
        let passes = direction(false, Ranges::of(port, port)).and(&direction(true, Ranges::of(1, u16::MAX)));
        Self { network_acl_id: acl.data.network_acl_id.clone(), passes, entries: admitting }
    }

    /// What an ACL does that was not read.
    pub fn unread(network_acl_id: Fact<String>, why: Why) -> Self {
        Self { network_acl_id, passes: Bounds::unknown(why), entries: Vec::new() }
    }
}

/// An entry as far as it was read.
struct Entry {
    index: usize,
    number: Option<i64>,
    egress: bool,
    /// Addresses that it fits.
    fits: Bounds,
    /// Ports that it fits: surely, and at most.
    ports: Result<Ranges<u16>, Why>,
    allows: Result<bool, Why>,
}

impl Entry {
    fn new(index: usize, entry: &NetworkAclEntry) -> Self {
        Self {
            index,
            number: entry.rule_number.known().copied(),
            egress: entry.egress.known().copied().unwrap_or_default(),
            fits: addresses(entry),
            ports: ports(entry),
            allows: match &entry.rule_action {
                Fact::Known(action) if action == "allow" => Ok(true),
                Fact::Known(action) if action == "deny" => Ok(false),
                Fact::Known(action) => Err(Why::Unreadable { detail: format!("`{action}` is no action").into() }),
                Fact::Absent => Err(Why::NotCollected),
                Fact::Unknown(why) => Err(why.clone()),
            },
        }
    }

    fn name(&self, acl: Option<&String>) -> String {
        let direction = if self.egress { "egress" } else { "ingress" };
        let number = self.number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        format!("{} {direction} {number}", acl.map_or("?", String::as_str))
    }
}

/// The entries of a direction, in the order in which they are tried. One without a number may come before all others.
fn in_order(entries: &[NetworkAclEntry], egress: bool) -> Vec<Entry> {
    let mine = |entry: &&(usize, &NetworkAclEntry)| entry.1.egress.known().is_none_or(|it| *it == egress);
    let entries: Vec<_> = entries.iter().enumerate().collect();
    let mut entries: Vec<Entry> = entries
        .iter()
        .filter(mine)
        .map(|(index, entry)| {
            let mut read = Entry::new(*index, entry);
            if let Fact::Unknown(why) = &entry.egress {
                read.fits = read.fits.doubted(why.clone());
                read.egress = egress;
            }
            read
        })
        .collect();
    let doubled: Vec<_> = entries
        .iter()
        .filter(|one| entries.iter().any(|other| other.index != one.index && other.number == one.number))
        .map(|entry| entry.index)
        .collect();
    for entry in &mut entries {
        if entry.number.is_none() || doubled.contains(&entry.index) {
            entry.fits = std::mem::replace(&mut entry.fits, Bounds::none())
                .doubted(Why::Unreadable { detail: "its place among the entries of the ACL is not clear".into() });
        }
    }
    entries.sort_by_key(|entry| (entry.number.unwrap_or(i64::MIN), entry.index));
    entries
}

fn addresses(entry: &NetworkAclEntry) -> Bounds {
    let range = |fact: &Fact<String>| fact.as_ref().and_then(|text| parse_cidr(text));
    match (range(&entry.cidr_block), range(&entry.ipv6_cidr_block)) {
        (Fact::Known(net), _) | (_, Fact::Known(net)) => Bounds::exact(AddressSet::of([net])),
        (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => Bounds::unknown(why),
        (Fact::Absent, Fact::Absent) => Bounds::unknown(Why::Unreadable { detail: "an entry names no range".into() }),
    }
}

/// The TCP ports that an entry is about.
fn ports(entry: &NetworkAclEntry) -> Result<Ranges<u16>, Why> {
    match entry.protocol.known().map(String::as_str) {
        Some("-1") => Ok(Ranges::all()),
        Some("6" | "tcp") => match &entry.port_range {
            Fact::Known(range) => port_range(range),
            Fact::Absent => Ok(Ranges::all()),
            Fact::Unknown(why) => Err(why.clone()),
        },
        Some(number) if number.parse::<u8>().is_ok() || matches!(number, "udp" | "icmp" | "icmpv6") => {
            Ok(Ranges::empty())
        }
        Some(word) => Err(Why::Unreadable { detail: format!("`{word}` is not an IP protocol").into() }),
        None => Err(match &entry.protocol {
            Fact::Unknown(why) => why.clone(),
            _ => Why::NotCollected,
        }),
    }
}

/// A bound of −1 leaves that side open.
fn port_range(range: &PortRange) -> Result<Ranges<u16>, Why> {
    let bound = |port: &Fact<i64>, open: u16| match port {
        Fact::Known(-1) => Ok(open),
        Fact::Known(port) => {
            u16::try_from(*port).map_err(|_| Why::Unreadable { detail: format!("{port} is not a port").into() })
        }
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    };
    let (from, to) = (bound(&range.from, 0)?, bound(&range.to, u16::MAX)?);
    if from > to {
        return Err(Why::Unreadable { detail: format!("the ports {from}-{to} are the wrong way round").into() });
    }
    Ok(Ranges::of(from, to))
}

/// How an entry is taken that was not wholly read.
trait Temper {
    /// Addresses and ports at which the entry takes effect, and whether it admits them; none where it changes nothing.
    fn take<'a>(&self, entry: &'a Entry, all: &'a Ranges<u16>) -> Option<(&'a AddressSet, &'a Ranges<u16>, bool)>;
    /// What happens where no entry fits.
    const REST: bool;
}

/// Believes that every doubtful entry keeps out.
struct Pessimist;

/// Believes that every doubtful entry lets in.
struct Optimist;

impl Temper for Pessimist {
    const REST: bool = false;

    fn take<'a>(&self, entry: &'a Entry, all: &'a Ranges<u16>) -> Option<(&'a AddressSet, &'a Ranges<u16>, bool)> {
        match (&entry.allows, &entry.ports) {
            (Ok(true), Ok(ports)) => Some((&entry.fits.least, ports, true)),
            (Ok(true), Err(_)) => None,
            (Ok(false) | Err(_), Ok(ports)) => Some((&entry.fits.most, ports, false)),
            (Ok(false) | Err(_), Err(_)) => Some((&entry.fits.most, all, false)),
        }
    }
}

impl Temper for Optimist {
    const REST: bool = true;

    fn take<'a>(&self, entry: &'a Entry, all: &'a Ranges<u16>) -> Option<(&'a AddressSet, &'a Ranges<u16>, bool)> {
        match (&entry.allows, &entry.ports) {
            (Ok(false), Ok(ports)) => Some((&entry.fits.least, ports, false)),
            (Ok(false), Err(_)) => None,
            (Ok(true) | Err(_), Ok(ports)) => Some((&entry.fits.most, ports, true)),
            (Ok(true) | Err(_), Err(_)) => Some((&entry.fits.most, all, true)),
        }
    }
}

/// What a walk through the entries of a direction found.
struct Walk<'a> {
    /// The addresses that some port is open for.
    open: AddressSet,
    /// Entries, each with the addresses that it was the first to admit.
    admitted: Vec<(&'a Entry, AddressSet)>,
    /// What was not read on the way.
    doubts: Vec<Why>,
}

/// Tries the entries in order for addresses and ports at once.
fn walk<'a, T: Temper>(entries: &'a [Entry], ports: &Ranges<u16>, temper: &T) -> Walk<'a> {
    let mut walk = Walk { open: AddressSet::empty(), admitted: Vec::new(), doubts: Vec::new() };
    // Addresses with the ports that no entry has decided about yet.
    let mut undecided = vec![(AddressSet::all(), ports.clone())];
    for entry in entries {
        doubt(entry, &mut walk.doubts);
        let Some((fits, fit_ports, allows)) = temper.take(entry, ports) else { continue };
        let (mut left, mut admitted) = (Vec::new(), AddressSet::empty());
        for (addresses, ports) in undecided {
            let (hit, decided) = (addresses.intersection(fits), ports.intersection(fit_ports));
            if hit.is_empty() || decided.is_empty() {
                left.push((addresses, ports));
                continue;
            }
            let missed = addresses.difference(fits);
            if !missed.is_empty() {
                left.push((missed, ports.clone()));
            }
            if allows {
                admitted = admitted.union(&hit);
                continue;
            }
            let further = ports.difference(fit_ports);
            if !further.is_empty() {
                left.push((hit, further));
            }
        }
        undecided = left;
        if !admitted.is_empty() {
            walk.open = walk.open.union(&admitted);
            walk.admitted.push((entry, admitted));
        }
    }
    let rest = undecided.iter().fold(AddressSet::empty(), |rest, (addresses, _)| rest.union(addresses));
    if !rest.is_empty() && !whole(entries, &rest) {
        let detail = "the ACL has no default entry, so that entries may be missing";
        walk.doubts.push(Why::Unreadable { detail: detail.into() });
        if T::REST {
            walk.open = walk.open.union(&rest);
        }
    }
    walk
}

/// Whether the entries that every ACL ends with are there for all families of these addresses.
fn whole(entries: &[Entry], rest: &AddressSet) -> bool {
    let has = |v6: bool| {
        entries.iter().any(|entry| {
            let fits = &entry.fits.least;
            entry.number.is_some_and(|number| LAST.contains(&number))
                && if v6 { fits.v6 == Ranges::all() } else { fits.v4 == Ranges::all() }
        })
    };
    (rest.v4.is_empty() || has(false)) && (rest.v6.is_empty() || has(true))
}

fn doubt(entry: &Entry, doubts: &mut Vec<Why>) {
    let whys = entry.fits.doubts.iter().chain(entry.ports.as_ref().err()).chain(entry.allows.as_ref().err());
    for why in whys {
        if !doubts.contains(why) {
            doubts.push(why.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::RecordRef;

    fn filter(entries: &Value) -> AclFilter {
        let data = json!({"NetworkAclId": "acl-1", "Entries": entries});
        let record = Record {
            at: RecordRef { file: 0, line: 4 },
            id: "acl-1".into(),
            account: String::new(),
            region: String::new(),
            source: String::new(),
            observed: Timestamp::UNIX_EPOCH,
            data: serde_json::from_value(data).unwrap(),
        };
        AclFilter::new(&record, 3306)
    }

    /// `in 100 allow 6 3306-3306 0.0.0.0/0`
    fn entry(text: &str) -> Value {
        let words: Vec<_> = text.split(' ').collect();
        let ports = words[4].split_once('-').map(
            |(from, to)| json!({"From": from.parse::<i64>().unwrap_or(-1), "To": to.parse::<i64>().unwrap_or(-1)}),
        );
        let (v4, v6) = if words[5].contains(':') { (None, Some(words[5])) } else { (Some(words[5]), None) };
        json!({"RuleNumber": words[1].parse::<i64>().unwrap(), "Protocol": words[3], "RuleAction": words[2],
            "Egress": words[0] == "out", "CidrBlock": v4, "Ipv6CidrBlock": v6, "PortRange": ports})
    }

    const LAST: [&str; 4] = [
        "in 32767 deny -1 all 0.0.0.0/0",
        "out 32767 deny -1 all 0.0.0.0/0",
        "in 32768 deny -1 all ::/0",
        "out 32768 deny -1 all ::/0",
    ];

    fn entries(texts: &[&str]) -> Value {
        texts.iter().chain(&LAST).map(|text| entry(text)).collect()
    }

    fn shown(set: &AddressSet) -> Vec<String> {
        set.prefixes().iter().map(ToString::to_string).collect()
    }

    const ALL_OUT: &str = "out 100 allow -1 all 0.0.0.0/0";

    #[test]
    fn the_first_entry_that_fits_decides() {
        for (texts, expected) in [
            (&[][..], &[][..]),
            (&["in 100 allow -1 all 0.0.0.0/0"], &[]),
            (&[ALL_OUT], &[]),
            (&["in 100 allow -1 all 0.0.0.0/0", ALL_OUT], &["0.0.0.0/0"]),
            (&["in 100 allow 6 3306-3306 10.0.0.0/8", ALL_OUT], &["10.0.0.0/8"]),
            (&["in 100 allow 6 3307-3400 10.0.0.0/8", ALL_OUT], &[]),
            (&["in 100 allow 17 3306-3306 10.0.0.0/8", ALL_OUT], &[]),
            (&["in 90 deny 6 0-65535 10.0.0.0/9", "in 100 allow 6 3306-3306 10.0.0.0/8", ALL_OUT], &["10.128.0.0/9"]),
            (&["in 110 deny 6 0-65535 10.0.0.0/9", "in 100 allow 6 3306-3306 10.0.0.0/8", ALL_OUT], &["10.0.0.0/8"]),
            (&["in 100 allow 6 3306-3306 10.0.0.0/8", "out 100 allow 6 1024-65535 10.0.0.0/9"], &["10.0.0.0/9"]),
            (&["in 100 allow 6 3306-3306 10.0.0.0/8", "out 100 allow 6 40000-40000 10.0.0.0/8"], &["10.0.0.0/8"]),
            (&["in 100 allow 6 3306-3306 10.0.0.0/8", "out 100 allow 6 0-0 10.0.0.0/8"], &[]),
            (
                &[
                    "in 100 allow 6 3306-3306 10.0.0.0/8",
                    "out 90 deny 6 1024-65535 10.0.0.0/8",
                    "out 95 deny 6 0-1023 10.0.0.0/8",
                    ALL_OUT,
                ],
                &[],
            ),
            (
                &[
                    "in 100 allow 6 3306-3306 10.0.0.0/8",
                    "out 90 deny 6 1024-65535 10.0.0.0/9",
                    "out 95 allow 6 0-1024 10.0.0.0/8",
                ],
                &["10.0.0.0/8"],
            ),
            (&["in 100 allow -1 all ::/0", "out 100 allow -1 all ::/1"], &["::/1"]),
            (&["in 100 allow 6 any-any 10.0.0.0/8", ALL_OUT], &["10.0.0.0/8"]),
        ] {
            let passes = filter(&entries(texts)).passes;
            assert!(passes.is_exact(), "{texts:?}");
            assert_eq!(shown(&passes.least), expected, "{texts:?}");
        }
    }

    #[test]
    fn entries_say_what_they_are_the_first_to_admit() {
        let texts = ["in 100 allow -1 all 10.0.0.0/8", "in 110 allow -1 all 10.0.0.0/7", ALL_OUT];
        let found = filter(&entries(&texts)).entries;
        let found: Vec<_> =
            found.iter().map(|entry| (entry.name.as_str(), shown(&entry.admits), entry.at.pointer.as_str())).collect();
        assert_eq!(
            found,
            [
                ("acl-1 ingress 100", vec!["10.0.0.0/8".to_owned()], "/data/Entries/0"),
                ("acl-1 ingress 110", vec!["11.0.0.0/8".to_owned()], "/data/Entries/1"),
                ("acl-1 egress 100", vec!["0.0.0.0/0".to_owned()], "/data/Entries/2"),
            ]
        );
    }

    /// What is missing or senseless makes a hole neither in what is open nor in what is closed.
    #[test]
    fn what_was_not_read_is_neither_open_nor_closed() {
        let texts = ["in 90 deny 6 0-65535 10.0.0.0/9", "in 100 allow 6 3306-3306 10.0.0.0/8", ALL_OUT];
        let whole = entries(&texts);
        let truth = filter(&whole).passes.least;
        let mut tried = 0;
        for (index, entry) in whole.as_array().unwrap().iter().enumerate() {
            for key in entry.as_object().unwrap().keys() {
                for bad in [None, Some(json!(null)), Some(json!("?"))] {
                    let mut changed = whole.clone();
                    let entry = changed[index].as_object_mut().unwrap();
                    match &bad {
                        None => drop(entry.shift_remove(key)),
                        Some(Value::String(_))
                            if !matches!(key.as_str(), "Protocol" | "RuleAction" | "CidrBlock" | "Ipv6CidrBlock") =>
                        {
                            continue;
                        }
                        // What is left out by design is known.
                        Some(Value::Null) if matches!(key.as_str(), "PortRange" | "CidrBlock" | "Ipv6CidrBlock") => {
                            continue;
                        }
                        Some(value) => drop(entry.insert(key.clone(), value.clone())),
                    }
                    let passes = filter(&changed).passes;
                    let (v4, most) = (&passes.least.v4, &passes.most.v4);
                    assert!(v4.difference(&truth.v4).is_empty(), "{index} {key} {bad:?} opens");
                    assert!(truth.v4.difference(most).is_empty(), "{index} {key} {bad:?} closes");
                    assert!(passes.is_exact() || !passes.doubts.is_empty(), "{index} {key}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 60, "{tried}");
    }

    #[test]
    fn an_acl_without_its_last_entry_is_not_whole() {
        let texts = [entry("in 100 allow 6 3306-3306 10.0.0.0/8"), entry(ALL_OUT)];
        let passes = filter(&Value::from(texts.to_vec())).passes;
        assert_eq!(shown(&passes.least), ["10.0.0.0/8"]);
        assert_eq!(shown(&passes.most), ["0.0.0.0/0", "::/0"]);
        for (entries, least) in [(json!([]), 0), (json!(null), 0)] {
            let passes = filter(&entries).passes;
            assert_eq!(
                (passes.least.prefixes().len(), shown(&passes.most)),
                (least, vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()])
            );
        }
    }

    #[test]
    fn two_entries_of_one_number_contradict() {
        let texts = [
            "in 100 allow -1 all 10.0.0.0/8",
            "in 100 deny -1 all 10.0.0.0/8",
            "in 110 allow -1 all 11.0.0.0/8",
            ALL_OUT,
        ];
        let passes = filter(&entries(&texts)).passes;
        assert_eq!(shown(&passes.least), ["11.0.0.0/8"]);
        assert_eq!(shown(&passes.most), ["10.0.0.0/7"]);
    }

    #[test]
    fn ports_that_are_none_are_unknown() {
        for ports in [json!({"From": 70000, "To": 3306}), json!({"From": 3307, "To": 3306}), json!({"From": 1})] {
            let mut allow = entry("in 100 allow 6 3306-3306 10.0.0.0/8");
            allow["PortRange"] = ports;
            let mut all = entries(&[ALL_OUT]);
            all.as_array_mut().unwrap().push(allow);
            let passes = filter(&all).passes;
            assert_eq!((passes.least.is_empty(), shown(&passes.most)), (true, vec!["10.0.0.0/8".to_owned()]));
        }
    }
}

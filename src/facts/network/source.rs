//! A set of addresses that reaches a database, with the chain of facts that lets it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use super::acl::AclEntry;
use super::bounds::Bounds;
use super::chain::chains;
use super::ingress::IngressSource;
use super::interface::{Interfaces, forwards, named};
use super::reach::{Admission, SourceClass, places, step, whole};
use super::space::AddressSet;
use super::view::View;
use super::way::WayKind;
use crate::model::{Derived, Fact, Reflect, Type, Value, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::NetworkInterface;

/// A set of addresses that rules see as the fewest prefixes.
#[derive(Debug, Clone)]
pub struct Prefixes {
    /// The set.
    pub set: AddressSet,
    list: OnceLock<Vec<IpNet>>,
}

impl Prefixes {
    /// Shows a set.
    pub const fn new(set: AddressSet) -> Self {
        Self { set, list: OnceLock::new() }
    }

    /// The prefixes.
    pub fn list(&self) -> &[IpNet] {
        self.list.get_or_init(|| self.set.prefixes())
    }
}

impl Reflect for Prefixes {
    const TYPE: Type = Type::List(&Type::Cidr);

    fn value(&self) -> Value<'_> {
        Value::List(self.list.get_or_init(|| self.set.prefixes()))
    }
}

/// What is known to stand at the addresses of a source; rules see the names.
#[derive(Clone)]
pub struct Occupants {
    interfaces: Arc<Interfaces>,
    vpc_id: Option<String>,
    set: AddressSet,
    names: OnceLock<Vec<String>>,
}

impl Occupants {
    /// Ids of the interfaces, each with what it is.
    pub fn names(&self) -> &Vec<String> {
        self.names.get_or_init(|| {
            let Some(vpc_id) = &self.vpc_id else { return Vec::new() };
            let name = |interface| format!("{}{}", named(interface), forwards(interface));
            self.interfaces.within(vpc_id, &self.set).into_iter().map(|interface| name(interface)).collect()
        })
    }
}

/// A machine, a function or a task that has an address.
#[derive(Debug, Clone)]
pub struct Occupant {
    /// Id of the EC2 instance, else of the interface.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Account that owns it.
    pub account: String,
    /// Its interface.
    pub interface: Arc<Record<NetworkInterface>>,
}

impl Occupants {
    /// Those that run somebody's code; what AWS services keep for themselves or pass on is left out.
    pub fn machines(&self) -> Vec<Occupant> {
        let Some(vpc_id) = &self.vpc_id else { return Vec::new() };
        let found = self.interfaces.within(vpc_id, &self.set).into_iter().filter(|it| runs_code(&it.data));
        let occupant = |interface: &Arc<Record<NetworkInterface>>| {
            let data = &interface.data;
            let instance = data.attachment.known().and_then(|attachment| attachment.instance_id.known());
            Occupant {
                id: instance.unwrap_or(&interface.id).clone(),
                name: named(interface),
                account: data.owner_id.known().unwrap_or(&interface.account).clone(),
                interface: Arc::clone(interface),
            }
        };
        found.map(occupant).collect()
    }
}

/// An EC2 instance, a function, or a task of ECS, whose interface names the attachment; also what may be one.
fn runs_code(interface: &NetworkInterface) -> bool {
    let attached = match &interface.attachment {
        Fact::Known(attachment) => !matches!(attachment.instance_id, Fact::Absent),
        Fact::Absent => false,
        Fact::Unknown(_) => true,
    };
    let is = |fact: &Fact<String>, test: fn(&str) -> bool| match fact {
        Fact::Known(text) => test(text),
        Fact::Absent => false,
        Fact::Unknown(_) => true,
    };
    let function = is(&interface.interface_type, |kind| kind == "lambda");
    let task = is(&interface.description, |text| text.starts_with("arn:") && text.contains(":ecs:"));
    attached || function || task
}

impl fmt::Debug for Occupants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Reflect for Occupants {
    const TYPE: Type = Type::List(&Type::String);

    fn value(&self) -> Value<'_> {
        Value::List(self.names())
    }
}

facts! {
    /// A set of addresses that reaches a database, or may, by one rule and one way.
    struct NetworkSource = "network_source" {
        /// Where the source is, before the company's own ranges are told apart.
        class: SourceClass;
        /// The source as the rule writes it; absent where rules were not read.
        source_id: Fact<String>, optional;
        /// The addresses that surely reach it.
        ranges: Prefixes;
        /// The addresses that may reach it beside those: nobody knows.
        possible: Prefixes;
        /// Whether the ranges are all; never false, but unknown when something that was not read may admit more.
        whole: Fact<bool>;
        /// Account at the other end, of another VPC or of a group.
        account: Fact<String>, optional;
        /// Gateway or connection that it comes by, or `local`.
        target: String;
        /// Whose networks the gateway joins, as in `vpc vpc-9 of account 210987654321`; absent where it comes by no such gateway.
        joins: Fact<Vec<String>>, optional;
        /// The route that leads there and back.
        route: Derived<String>;
        /// The entries of the network ACL that let connections in and answers out.
        network_acl: Derived<String>;
        /// Id of the subnet that the database stands in.
        subnet_id: Fact<String>;
        /// Id of the security group that admits it.
        group_id: Fact<String>;
        /// Id of the rule that admits it.
        rule_id: Fact<String>;
        /// The rule that admits it.
        security_group_rule: Derived<String>;
        /// Whom a group that is the source lets in itself, step by step, as in `sg-bastion → sg-app`.
        chains: Vec<String>;
        /// Known network interfaces at these addresses.
        interfaces: Occupants;
    } key key
}

impl NetworkSource {
    pub(super) fn new(admission: Admission, view: View<'_>) -> Self {
        let Admission { class, rule, way, seat, admits } = admission;
        let unread = || Why::Unreadable { detail: "the rules of its security groups were not all read".into() };
        let of_rule = |text: fn(&super::IngressRule) -> &String| match &rule {
            Some(rule) => Fact::Known(text(rule).clone()),
            None => Fact::Unknown(unread()),
        };
        let by_group = rule.as_ref().is_some_and(|rule| rule.source == IngressSource::SecurityGroup);
        let account = match (by_group, &rule, &way.account) {
            (true, Some(rule), _) => rule.source_account.clone(),
            (false, _, Some(account)) => Fact::Known(account.clone()),
            _ => Fact::Absent,
        };
        let seat = seat.as_deref();
        let vpc_id = match way.kind {
            WayKind::Local => seat.and_then(|seat| seat.vpc_id.known().cloned()),
            _ => way.vpc_id.clone(),
        };
        let subnet = seat.map_or("?", |seat| seat.subnet_id.as_str());
        Self {
            key: format!("{}/{}/{subnet}", rule.as_ref().map_or("?", |rule| &rule.key), way.route),
            whole: whole(&admits),
            account,
            target: way.target.clone(),
            joins: way.joins.clone(),
            route: step(way.route.clone(), places(way.at.as_ref())),
            network_acl: acl(seat, &admits, way.kind),
            subnet_id: seat.map_or_else(|| Fact::Unknown(unread()), |seat| Fact::Known(seat.subnet_id.clone())),
            group_id: of_rule(|rule| &rule.group_id),
            rule_id: rule.as_ref().map_or_else(|| Fact::Unknown(unread()), |rule| rule.rule_id.clone()),
            security_group_rule: match &rule {
                Some(rule) => step(rule.words(), vec![rule.at.clone()]),
                None => Derived::unknown(unread()),
            },
            chains: rule.as_ref().filter(|_| by_group).map(|rule| chains(&rule.source_id, view)).unwrap_or_default(),
            source_id: rule.as_ref().map_or(Fact::Absent, |rule| Fact::Known(rule.source_id.clone())),
            interfaces: Occupants {
                interfaces: Arc::clone(&view.here.interfaces),
                vpc_id,
                set: admits.least.clone(),
                names: OnceLock::new(),
            },
            possible: Prefixes::new(admits.open()),
            ranges: Prefixes::new(admits.least),
            class,
        }
    }

    /// The sure part of the source, with the company's own ranges told apart.
    pub fn classed(&self, corporate: &AddressSet) -> Vec<(SourceClass, AddressSet)> {
        let own = self.ranges.set.intersection(corporate);
        let rest = self.ranges.set.difference(corporate);
        let mut parts = Vec::new();
        if !own.is_empty() {
            parts.push((SourceClass::Corporate, own));
        }
        if !rest.is_empty() {
            parts.push((self.class.clone(), rest));
        }
        parts
    }
}

/// The entries that admit some of the addresses.
fn acl(seat: Option<&super::seat::Seat>, admits: &Bounds, kind: WayKind) -> Derived<String> {
    let Some(seat) = seat else { return Derived::unknown(Why::NotCollected) };
    if kind != WayKind::Internet && !admits.least.is_empty() && admits.least.difference(&seat.inside.least).is_empty() {
        return step("no ACL filters what stays in the subnet".to_owned(), Vec::new());
    }
    let concerned: Vec<&AclEntry> =
        seat.acl.entries.iter().filter(|entry| !entry.admits.intersection(&admits.least).is_empty()).collect();
    if concerned.is_empty() {
        return Derived::unknown(seat.acl.passes.doubts.first().cloned().unwrap_or(Why::NotCollected));
    }
    let words: Vec<_> = concerned.iter().map(|entry| entry.name.as_str()).collect();
    step(words.join(", "), concerned.iter().map(|entry| entry.at.clone()).collect())
}

//! From where a cluster's instances are reached, and who can be there.

use std::sync::Arc;

use ipnet::IpNet;

use super::super::node::Node;
use super::super::step::{Change, ChangeKind, Step};
use super::super::web::{Machine, Web};
use super::database::Database;
use super::host::Admits;
use crate::facts::network::{
    AddressSet, IngressRule, IngressSource, NetworkSource, Occupant, Reachability, SourceClass,
};
use crate::facts::{Cluster, Instance};
use crate::model::{Fact, Place, Why};

/// Addresses from which on a source is the internet and no longer somebody's.
const INTERNET: i64 = 65_536;

/// Prefixes of a source that its name shows.
const SHOWN: usize = 3;

pub(super) fn add(
    web: &mut Web,
    (number, cluster): (u32, &Cluster),
    database: &Database,
    owner: Option<u32>,
    from: Option<IpNet>,
) {
    let hosts: Vec<_> = database.hosts.iter().map(|host| (Arc::clone(host), Admits::of(host))).collect();
    let instances = match cluster.instances() {
        Fact::Known(instances) => instances.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return unknown(web, (number, cluster), &hosts, why, from),
    };
    let mut seen: Vec<Arc<Reachability>> = Vec::new();
    let view = cluster.network();
    let unread = view.unread_interfaces();
    for instance in instances {
        let reach = instance.reachability();
        if seen.iter().any(|known| Arc::ptr_eq(known, reach)) {
            continue;
        }
        seen.push(Arc::clone(reach));
        for source in &reach.sources {
            let account = &cluster.record.account;
            Way { web: &mut *web, number, account, instance, owner, source, unread, hosts: &hosts, from }.add();
        }
    }
    empty_groups(web, number, cluster, owner, &hosts);
    unread_groups(web, number, cluster, owner, &hosts);
}

/// A rule that was not read may admit whoever is not known to stand elsewhere.
fn unread_groups(web: &mut Web, number: u32, cluster: &Cluster, owner: Option<u32>, hosts: &[(Arc<str>, Admits)]) {
    let Some(why) = &cluster.ingress().incomplete else { return };
    let machine = Node::Machine(some_machine(web, &cluster.record.account, &cluster.record.region));
    for node in owner.map(Node::Own).into_iter().chain([Node::Somewhere, machine]) {
        for (host, _) in hosts.iter().filter(|(_, admits)| *admits != Admits::Nobody) {
            let step = Step::new("a rule of its security groups may admit it").unknown(why.clone());
            web.add(std::slice::from_ref(&node), &Node::Arrives(number, Arc::clone(host)), step);
        }
    }
}

/// A security group that is admitted and has no members reaches nothing until somebody starts a machine in it.
fn empty_groups(web: &mut Web, number: u32, cluster: &Cluster, owner: Option<u32>, hosts: &[(Arc<str>, Admits)]) {
    let Some(owner) = owner else { return };
    let of_group = |rule: &&Arc<IngressRule>| {
        rule.source == IngressSource::SecurityGroup
            && rule.source_account.known().is_none_or(|account| *account == cluster.record.account)
    };
    let vpc = cluster.vpc().as_ref().and_then(|vpc| vpc.data.cidr_block.clone());
    let vpc = vpc.known().and_then(|text| text.parse().ok()).map(|net: IpNet| AddressSet::of([net]));
    for rule in cluster.ingress().rules.iter().filter(of_group) {
        let words = format!("its packets reach the cluster: {}", rule.words());
        let change =
            Change::new(ChangeKind::Rule, format!("revoke the rule that {}", rule.words()), vec![rule.at.clone()]);
        for (host, admits) in hosts.iter().filter(|(_, admits)| *admits != Admits::Nobody) {
            let mut step = Step::new(words.clone()).seen(rule.at.clone(), rule.words()).cut(change.clone());
            match (admits, &vpc) {
                (Admits::Exactly(set), Some(vpc)) if set.intersection(vpc).is_empty() => continue,
                // Whoever starts a machine chooses its address.
                (Admits::Exactly(_), Some(_)) => {}
                (Admits::Exactly(set), None) if *set == AddressSet::all() => {}
                _ => step = step.when(format!("its address matches `{host}`")),
            }
            web.add(&[Node::Own(owner)], &Node::Arrives(number, Arc::clone(host)), step);
        }
    }
}

/// Nothing is known of who reaches it.
fn unknown(
    web: &mut Web,
    (number, cluster): (u32, &Cluster),
    hosts: &[(Arc<str>, Admits)],
    why: &Why,
    from: Option<IpNet>,
) {
    let addresses = from.map(|_| Node::Addresses);
    let machines = Node::Machine(some_machine(web, &cluster.record.account, &cluster.record.region));
    for node in [Node::Internet, Node::Somewhere, machines].into_iter().chain(addresses) {
        for (host, _) in hosts {
            let step = Step::new("its packets may reach the cluster").unknown(why.clone());
            web.add(std::slice::from_ref(&node), &Node::Arrives(number, Arc::clone(host)), step);
        }
    }
}

/// Machines that nobody knows of, or of which nobody knows whether they are admitted.
fn some_machine(web: &mut Web, account: &str, region: &str) -> Arc<str> {
    let id: Arc<str> = format!("some machine of {account} in {region}").into();
    web.unread_machines.insert(Arc::clone(&id), account.to_owned());
    id
}

/// A source that reaches an instance, while its steps are made.
struct Way<'a> {
    web: &'a mut Web,
    number: u32,
    account: &'a str,
    instance: &'a Instance,
    /// Number of the account.
    owner: Option<u32>,
    source: &'a NetworkSource,
    /// Why there may be machines that nobody knows of.
    unread: Option<&'a Why>,
    hosts: &'a [(Arc<str>, Admits)],
    from: Option<IpNet>,
}

impl Way<'_> {
    fn add(mut self) {
        let source = self.source;
        let sure = &source.ranges.set;
        let is_internet =
            source.class == SourceClass::Internet && sure.ipv4_addresses().max(sure.ipv6_networks()) >= INTERNET;
        let place = Node::Place(self.name());
        let mut nodes = vec![if is_internet { Node::Internet } else { place.clone() }];
        let open = &source.possible.set;
        if matches!(source.class, SourceClass::Internet | SourceClass::Unknown)
            && !is_internet
            && !open.intersection(&AddressSet::internet()).is_empty()
        {
            self.arrive(&Node::Internet, &AddressSet::empty(), open);
        }
        if let Some(net) = self.from {
            nodes.push(Node::Addresses);
            self.asked(net);
            nodes.pop();
        }
        if !is_internet {
            self.occupy(&place);
            self.occupy_unseen(&place);
        }
        for node in nodes {
            self.arrive(&node, sure, open);
        }
    }

    /// What the place is called; what is called alike is alike.
    fn name(&self) -> Arc<str> {
        let source = self.source;
        let id = source.source_id.known().map_or("an unknown source", String::as_str);
        let region = &self.instance.record.region;
        match source.class {
            SourceClass::SecurityGroup => format!("a member of {id} ({}, {region})", self.account).into(),
            SourceClass::Vpc => format!("{} in the VPC of {}", prefixes(&source.ranges.set, id), self.subnet()).into(),
            SourceClass::Peered => format!("{} behind {}", prefixes(&source.ranges.set, id), source.target).into(),
            SourceClass::Internet | SourceClass::Corporate => prefixes(&source.ranges.set, id).into(),
            SourceClass::Unknown | SourceClass::Other(_) => format!("somewhere behind {}", source.target).into(),
        }
    }

    fn subnet(&self) -> &str {
        self.source.subnet_id.known().map_or("an unknown subnet", String::as_str)
    }

    /// The addresses that were asked about, where they are among those that reach it.
    fn asked(&mut self, net: IpNet) {
        let asked = AddressSet::of([net]);
        let sure = self.source.ranges.set.intersection(&asked);
        let open = self.source.possible.set.intersection(&asked);
        let of_group = self.source.class == SourceClass::SecurityGroup;
        if of_group || (sure.is_empty() && open.is_empty()) {
            return;
        }
        if sure.is_empty() || sure == asked {
            self.arrive(&Node::Addresses, &sure, &open);
        } else {
            let part = Node::Place(prefixes(&sure, "a part").into());
            let step = Step::new("a part of the addresses is admitted")
                .when(format!("the address is in {}", prefixes(&sure, "")));
            self.web.add(&[Node::Addresses], &part, step);
            self.arrive(&part, &sure, &open);
        }
    }

    /// Who can stand at the place.
    fn occupy(&mut self, place: &Node) {
        if self.web.known(place).is_none() {
            if let Node::Place(name) = place {
                let step = Step::new(format!("position unknown: it may be {name}"))
                    .unknown(Why::Unreadable { detail: "where it sends packets from is not known".into() });
                self.web.add(&[Node::Somewhere], place, step);
                self.web.places.insert(Arc::clone(name));
            }
            for Occupant { id, name, account, interface } in self.source.interfaces.machines() {
                let id: Arc<str> = id.into();
                let step = Step::new(format!("{name} stands there")).seen(Place::data_of(interface.at), name.clone());
                let machine = Machine { label: name, account, interface };
                self.web.machines.entry(Arc::clone(&id)).or_insert(machine);
                self.web.add(&[Node::Machine(id)], place, step);
            }
            if let (SourceClass::SecurityGroup | SourceClass::Vpc, Some(owner)) = (&self.source.class, self.owner) {
                let step = Step::new("what somebody starts in the VPC can stand there");
                self.web.add(&[Node::Own(owner)], place, step);
            }
        }
    }

    /// What may stand there where nobody knows of it: a machine that was not read, or an address that may be admitted.
    fn occupy_unseen(&mut self, place: &Node) {
        let open = (!self.source.possible.set.is_empty()).then_some(&self.source.whole);
        let why = match (self.unread, open) {
            (Some(why), _) | (None, Some(Fact::Unknown(why))) => why.clone(),
            _ => return,
        };
        let machine = some_machine(self.web, self.account, &self.instance.record.region);
        self.web.add(&[Node::Machine(machine)], place, Step::new("a machine may stand there").unknown(why));
    }

    /// The step from a place to the cluster's port, for each host part that it may count for.
    fn arrive(&mut self, node: &Node, sure: &AddressSet, open: &AddressSet) {
        for (host, admits) in self.hosts {
            let Some(step) = self.step(admits, host, sure, open) else { continue };
            self.web.add(std::slice::from_ref(node), &Node::Arrives(self.number, Arc::clone(host)), step);
        }
    }

    fn step(&self, admits: &Admits, host: &str, sure: &AddressSet, open: &AddressSet) -> Option<Step> {
        let name = self.instance.record.data.db_instance_identifier.known().unwrap_or(&self.instance.record.id);
        let step = self.evidence(Step::new(format!("its packets reach {name}")));
        match admits {
            Admits::Nobody => None,
            Admits::Pattern => {
                (!(sure.is_empty() && open.is_empty())).then(|| step.when(format!("its address matches `{host}`")))
            }
            Admits::Exactly(set) => {
                let both = sure.intersection(set);
                if !both.is_empty() {
                    let whole = both == *sure;
                    return Some(if whole { step } else { step.when(format!("its address matches `{host}`")) });
                }
                let why = if let Fact::Unknown(why) = &self.source.whole { why.clone() } else { Why::NotCollected };
                (!open.intersection(set).is_empty()).then(|| step.unknown(why))
            }
        }
    }

    fn evidence(&self, mut step: Step) -> Step {
        let source = self.source;
        for fact in [&source.security_group_rule, &source.network_acl, &source.route] {
            let value = match &fact.value {
                Fact::Known(words) => words.clone(),
                Fact::Absent => continue,
                Fact::Unknown(why) => why.to_string(),
            };
            step = step.seen_at(fact.from.iter().take(2).cloned(), &value);
        }
        if let Fact::Known(rule) = &source.security_group_rule.value {
            step.words = format!("{}: {rule}", step.words);
            let places = source.security_group_rule.from.clone();
            step = step.cut(Change::new(ChangeKind::Rule, format!("revoke the rule that {rule}"), places));
        }
        if source.class == SourceClass::Internet {
            let place = Place::data_of(self.instance.record.at).member("PubliclyAccessible");
            let name = self.instance.record.data.db_instance_identifier.known().unwrap_or(&self.instance.record.id);
            let change = format!("switch the public address of {name} off");
            step = step.seen(place.clone(), "true").cut(Change::new(ChangeKind::Setting, change, vec![place]));
        }
        step
    }
}

fn prefixes(set: &AddressSet, otherwise: &str) -> String {
    let all = set.prefixes();
    let mut words: Vec<_> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    if all.len() > SHOWN {
        words.push(format!("{} more", all.len().saturating_sub(SHOWN)));
    }
    if words.is_empty() { otherwise.to_owned() } else { words.join(", ") }
}

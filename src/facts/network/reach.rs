//! Who reaches a database: every rule of its groups against every way into its subnet, as exact sets of addresses. What is asked is
//! what the database's side admits; what the other side lets out, and what firewalls of a company let through, is not read.

use std::sync::Arc;

use super::bounds::Bounds;
use super::ingress::{IngressRule, IngressSource, opened};
use super::seat::Seat;
use super::source::{NetworkSource, Prefixes};
use super::space::AddressSet;
use super::view::View;
use super::way::{Way, WayKind, unknown_way};
use crate::model::{Derived, Fact, Place, Why};

/// Something that is, is not, or that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nobody knows, and why.
    Unknown(String),
}

impl Flag {
    /// The flag of a fact; what its source leaves out is not.
    pub fn of(fact: &Fact<bool>) -> Self {
        match fact {
            Fact::Known(true) => Self::Yes,
            Fact::Known(false) | Fact::Absent => Self::No,
            Fact::Unknown(why) => Self::Unknown(why.to_string()),
        }
    }

    /// A set that is there only if the flag is set.
    fn gate(&self, set: AddressSet, what: &str) -> Bounds {
        match self {
            Self::Yes => Bounds::exact(set),
            Self::No => Bounds::none(),
            Self::Unknown(why) => Bounds::within(set, Why::Unreadable { detail: format!("{what}: {why}").into() }),
        }
    }
}

/// What a list is, or why nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// These.
    Known(Vec<String>),
    /// Nobody knows, and why.
    Unknown(String),
}

impl Listed {
    /// The list of a fact.
    pub fn of(fact: &Fact<Vec<String>>) -> Self {
        match fact {
            Fact::Known(list) => Self::Known(list.clone()),
            Fact::Absent => Self::Known(Vec::new()),
            Fact::Unknown(why) => Self::Unknown(why.to_string()),
        }
    }

    fn fact(&self) -> Fact<Vec<String>> {
        match self {
            Self::Known(list) => Fact::Known(list.clone()),
            Self::Unknown(why) => Fact::Unknown(Why::Unreadable { detail: why.as_str().into() }),
        }
    }
}

/// A place in the network, as far as it matters for who reaches it: what stands alike is reached alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Ids of its security groups, sorted.
    pub groups: Listed,
    /// Ids of the subnets that it is in one of, sorted.
    pub subnets: Listed,
    /// Its TCP port; none when nobody knows.
    pub port: Option<u16>,
    /// Whether it has a public address.
    pub public: Flag,
    /// Whether it speaks IPv6 beside IPv4.
    pub ipv6: Flag,
}

/// A way into a seat, and the addresses that get as far as the security groups.
#[derive(Debug)]
pub struct Gate {
    /// The way.
    pub way: Arc<Way>,
    /// The addresses.
    pub lets_in: Bounds,
}

/// The ways into a seat as far as they are open.
pub(super) fn gates(seat: &Seat, standing: &Standing) -> Vec<Gate> {
    let families = Bounds::exact(AddressSet::all_v4())
        .or(&standing.ipv6.gate(AddressSet::all_v6(), "whether it speaks IPv6 is not known"));
    let filtered = seat.acl.passes.or(&seat.inside);
    let internet = standing.public.gate(AddressSet::internet(), "whether it has a public address is not known");
    let gate = |way: &Arc<Way>| {
        let mut lets_in = way.reaches.and(&families);
        if way.kind == WayKind::Internet {
            lets_in = lets_in.and(&internet).and(&seat.unblocked);
        }
        // Only what stays in the VPC can come from the subnet itself, past its ACL.
        let filter = if way.kind == WayKind::Internet { &seat.acl.passes } else { &filtered };
        Gate { way: Arc::clone(way), lets_in: lets_in.and(filter) }
    };
    seat.ways.iter().map(gate).filter(|gate| !gate.lets_in.is_none()).collect()
}

/// A set of addresses that one rule admits by one way into one seat.
pub(super) struct Admission {
    pub(super) class: SourceClass,
    /// None where the rules were not all read.
    pub(super) rule: Option<Arc<IngressRule>>,
    pub(super) way: Arc<Way>,
    /// None where nobody knows the subnet.
    pub(super) seat: Option<Arc<Seat>>,
    pub(super) admits: Bounds,
}

vocabulary! {
    /// Where a source is.
    enum SourceClass = "source_class" {
        /// Anywhere on the internet.
        Internet = "internet",
        /// In the company's own ranges, as a parameter names them.
        Corporate = "corporate",
        /// In the same VPC.
        Vpc = "vpc",
        /// Among the members of a security group.
        SecurityGroup = "security_group",
        /// In a network that is joined by peering, a transit gateway, a VPN or Direct Connect, often of another account.
        Peered = "peered",
        /// Where nobody can say.
        Unknown = "unknown",
    }
}

facts! {
    /// Who reaches a place in the network.
    struct Reachability = "reachability" {
        /// Every set of addresses that is admitted, or that may be because something was not read.
        sources: Vec<Arc<NetworkSource>>;
        /// Those of them that come from the internet, or may.
        internet_sources: Vec<Arc<NetworkSource>>;
        /// The addresses of the internet that are surely admitted, whichever rules let them in.
        internet_ranges: Prefixes;
        /// Whether that is all of them; never false, but unknown when it may not be.
        internet_whole: Fact<bool>;
    }
}

/// Works out who reaches a place.
pub(super) fn reachability(standing: &Standing, view: View<'_>) -> Reachability {
    let admissions = admissions(standing, view);
    let from_internet = |it: &&Admission| match it.class {
        SourceClass::Internet => true,
        SourceClass::Unknown => {
            standing.public != Flag::No && !it.admits.most.intersection(&AddressSet::internet()).is_empty()
        }
        _ => false,
    };
    let internet = admissions.iter().filter(from_internet).fold(Bounds::none(), |all, one| all.or(&one.admits));
    let of_internet: Vec<bool> = admissions.iter().map(|it| from_internet(&it)).collect();
    let sources: Vec<_> = admissions.into_iter().map(|it| Arc::new(NetworkSource::new(it, view))).collect();
    let internet_sources = sources.iter().zip(of_internet).filter(|(_, of)| *of).map(|(it, _)| Arc::clone(it));
    Reachability {
        internet_sources: internet_sources.collect(),
        sources,
        internet_whole: whole(&internet),
        internet_ranges: Prefixes::new(internet.least),
    }
}

/// Known to be all there is, or why it may not be.
pub(super) fn whole(bounds: &Bounds) -> Fact<bool> {
    if bounds.is_exact() {
        return Fact::Known(true);
    }
    Fact::Unknown(bounds.doubts.first().cloned().unwrap_or(Why::NotCollected))
}

fn admissions(standing: &Standing, view: View<'_>) -> Vec<Admission> {
    let Some(port) = standing.port else {
        return vec![anything(Why::Unreadable { detail: "its port is not known".into() })];
    };
    let subnets = match &standing.subnets {
        Listed::Known(subnets) => subnets,
        Listed::Unknown(why) => return vec![anything(Why::Unreadable { detail: why.as_str().into() })],
    };
    if subnets.is_empty() {
        return vec![anything(Why::Unreadable { detail: "it stands in no subnet that is known".into() })];
    }
    let seats: Vec<Vec<Admission>> =
        subnets.iter().map(|subnet| through(&view.seat(subnet, port), port, standing, view)).collect();
    agreed(seats, subnets)
}

/// A place of which nothing is known.
fn anything(why: Why) -> Admission {
    let way = Arc::new(unknown_way("its network", why.clone(), None));
    Admission { class: SourceClass::Unknown, rule: None, way, seat: None, admits: Bounds::unknown(why) }
}

/// What the groups admit by the ways into one subnet.
fn through(seat: &Arc<Seat>, port: u16, standing: &Standing, view: View<'_>) -> Vec<Admission> {
    let (groups, mut incomplete) = opened(&standing.groups.fact(), &Fact::Known(port.into()), view);
    incomplete = incomplete.or_else(|| groups.iter().find_map(|group| group.incomplete.clone()));
    let mut found = Vec::new();
    for gate in view.gates(seat, port, standing).iter() {
        let add = |class, rule: Option<&Arc<IngressRule>>, admits: Bounds| Admission {
            class,
            rule: rule.map(Arc::clone),
            way: Arc::clone(&gate.way),
            seat: Some(Arc::clone(seat)),
            admits,
        };
        for opening in groups.iter().flat_map(|group| &group.list) {
            let Some(class) = class(&gate.way, &opening.rule) else { continue };
            let mut admits = opening.admits.and(&gate.lets_in);
            if let Some(why) = doubtful(&gate.way, &opening.rule) {
                admits = admits.doubted(why);
            }
            if !admits.is_none() {
                found.push(add(class, Some(&opening.rule), admits));
            }
        }
        if let Some(why) = &incomplete {
            let class = class_of(gate.way.kind);
            found.push(add(class, None, Bounds::within(gate.lets_in.most.clone(), why.clone())));
        }
    }
    found
}

fn class_of(kind: WayKind) -> SourceClass {
    match kind {
        WayKind::Internet => SourceClass::Internet,
        WayKind::Local => SourceClass::Vpc,
        WayKind::Network => SourceClass::Peered,
        WayKind::Unknown => SourceClass::Unknown,
    }
}

/// A group stands for the private addresses of its members: none of them comes by an internet gateway (Amazon VPC User Guide,
/// "Security group referencing").
fn class(way: &Way, rule: &IngressRule) -> Option<SourceClass> {
    match (way.kind, &rule.source) {
        (WayKind::Internet, IngressSource::SecurityGroup) => None,
        (WayKind::Local | WayKind::Network, IngressSource::SecurityGroup) => Some(SourceClass::SecurityGroup),
        (kind, _) => Some(class_of(kind)),
    }
}

/// Peering knows security groups; a transit gateway does where it is told to, which is not read.
fn doubtful(way: &Way, rule: &IngressRule) -> Option<Why> {
    let by_group = rule.source == IngressSource::SecurityGroup && way.kind == WayKind::Network;
    (by_group && !way.target.starts_with("pcx-")).then(|| Why::Unreadable {
        detail: format!("whether {} passes on security groups is not read", way.target).into(),
    })
}

/// What stands in one of several subnets is surely reached by what reaches it in all of them.
fn agreed(mut seats: Vec<Vec<Admission>>, subnets: &[String]) -> Vec<Admission> {
    if seats.len() == 1 {
        return seats.pop().unwrap_or_default();
    }
    let total = |seat: &Vec<Admission>, class: &SourceClass| {
        let of_class = seat.iter().filter(|it| it.class == *class);
        of_class.fold(AddressSet::empty(), |all, it| all.union(&it.admits.least))
    };
    let detail = format!("it stands in one of {}, nobody knows which", subnets.join(", "));
    let why = Why::Unreadable { detail: detail.into() };
    let common = |class: &SourceClass| {
        seats
            .iter()
            .map(|seat| total(seat, class))
            .reduce(|all, one| all.intersection(&one))
            .unwrap_or(AddressSet::empty())
    };
    let sure: Vec<Vec<AddressSet>> =
        seats.iter().map(|seat| seat.iter().map(|it| common(&it.class)).collect()).collect();
    let mut found = Vec::new();
    for (admission, common) in seats.into_iter().flatten().zip(sure.into_iter().flatten()) {
        let Bounds { least, most, mut doubts } = admission.admits;
        let agreed = least.intersection(&common);
        if agreed != least && !doubts.contains(&why) {
            doubts.push(why.clone());
        }
        found.push(Admission { admits: Bounds { least: agreed, most, doubts }, ..admission });
    }
    found
}

/// The places of a chain that decided a set.
pub(super) fn places(at: Option<&Place>) -> Vec<Place> {
    at.into_iter().cloned().collect()
}

/// A step of a chain, in words.
pub(super) fn step(words: String, at: Vec<Place>) -> Derived<String> {
    Derived::new(Fact::Known(words), at)
}

//! `paths --network`: who reaches a cluster, and by what.

use std::fmt::Write as _;
use std::sync::Arc;

use ipnet::IpNet;

use super::PathsArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::to_stdout;
use crate::facts::network::{AddressSet, NetworkSource, Reachability};
use crate::facts::{Cluster, Facts, Instance};
use crate::model::{Derived, Fact, Untrusted};
use crate::snapshot;

/// Prefixes that are shown of a set; the rest is counted.
const SHOWN: usize = 4;

const NOTE: &str = "What is shown is what the database's side admits. Company firewalls, and what other networks let out, \
                    are not read.\n";

/// Runs the command.
pub fn run(args: &PathsArgs) -> Result<Exit, CliError> {
    let facts = Facts::new(&snapshot::read(&args.snapshots)?);
    let corporate = AddressSet::of(args.corporate_cidrs.iter().copied());
    let wanted = |cluster: &&Arc<Cluster>| args.cluster.as_ref().is_none_or(|name| is_named(cluster, name));
    let clusters: Vec<_> = facts.clusters().present.iter().filter(wanted).collect();
    if let (Some(name), true) = (&args.cluster, clusters.is_empty()) {
        return Err(CliError::NoSuchCluster { name: name.clone() });
    }
    let mut text: String = clusters.iter().map(|cluster| shown(cluster, &corporate)).collect();
    for unread in &facts.clusters().unread {
        text.push_str(&line(0, &format!("not read: {}: {}", unread.identity.name, unread.why)));
    }
    text.push_str(NOTE);
    to_stdout(text.as_bytes())?;
    Ok(if clusters.is_empty() { Exit::NothingAssessed } else { Exit::Clean })
}

fn is_named(cluster: &Cluster, name: &str) -> bool {
    cluster.record.id == name || cluster.record.data.db_cluster_identifier.known().is_some_and(|it| it == name)
}

fn shown(cluster: &Cluster, corporate: &AddressSet) -> String {
    let data = &cluster.record.data;
    let name = data.db_cluster_identifier.known().unwrap_or(&cluster.record.id);
    let port = data.port.known().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let mut text = line(0, &format!("{name} ({}), port {port}", cluster.record.id));
    match cluster.instances() {
        Fact::Known(instances) if instances.is_empty() => text.push_str(&line(1, "no instance listens")),
        Fact::Known(instances) => alike(instances).iter().for_each(|group| text.push_str(&of_group(group, corporate))),
        Fact::Absent => text.push_str(&line(1, "no instance listens")),
        Fact::Unknown(why) => text.push_str(&line(1, &format!("its instances are not known: {why}"))),
    }
    text.push('\n');
    text
}

/// Instances that are reached alike, together.
fn alike(instances: &[Arc<Instance>]) -> Vec<(Vec<&str>, Arc<Reachability>)> {
    let mut groups: Vec<(Vec<&str>, Arc<Reachability>)> = Vec::new();
    for instance in instances {
        let name = instance.record.data.db_instance_identifier.known().unwrap_or(&instance.record.id);
        let reach = instance.reachability();
        match groups.iter_mut().find(|(_, known)| Arc::ptr_eq(known, reach)) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], Arc::clone(reach))),
        }
    }
    groups
}

fn of_group((names, reach): &(Vec<&str>, Arc<Reachability>), corporate: &AddressSet) -> String {
    let mut text = line(1, &names.join(", "));
    if reach.sources.is_empty() {
        text.push_str(&line(2, "nobody reaches it"));
    }
    for source in &reach.sources {
        text.push_str(&of_source(source, corporate));
    }
    text
}

fn of_source(source: &NetworkSource, corporate: &AddressSet) -> String {
    let mut text = String::new();
    for (class, set) in source.classed(corporate) {
        let account = source.account.known().map_or_else(String::new, |account| format!(" of account {account}"));
        text.push_str(&line(2, &format!("{}{account}: {}", class.as_str(), ranges(&set))));
    }
    if let Fact::Unknown(why) = &source.whole {
        let class = source.class.as_str();
        text.push_str(&line(2, &format!("{class}, not known: {} ({why})", ranges(&source.possible.set))));
    }
    for (what, step) in [
        ("route", &source.route),
        ("network ACL", &source.network_acl),
        ("security group", &source.security_group_rule),
    ] {
        text.push_str(&line(3, &format!("{what}: {}", words(step))));
    }
    match &source.joins {
        Fact::Known(networks) => networks.iter().for_each(|it| text.push_str(&line(3, &format!("joins: {it}")))),
        Fact::Absent => {}
        Fact::Unknown(why) => text.push_str(&line(3, &format!("joins: not known: {why}"))),
    }
    for chain in &source.chains {
        text.push_str(&line(3, &format!("further: {chain}")));
    }
    for interface in source.interfaces.names() {
        text.push_str(&line(3, &format!("stands there: {interface}")));
    }
    text
}

fn words(step: &Derived<String>) -> String {
    match &step.value {
        Fact::Known(words) => words.clone(),
        Fact::Absent => "none".to_owned(),
        Fact::Unknown(why) => format!("not known: {why}"),
    }
}

/// The first prefixes of a set, and how much there is.
fn ranges(set: &AddressSet) -> String {
    let prefixes = set.prefixes();
    let mut text = prefixes.iter().take(SHOWN).map(IpNet::to_string).collect::<Vec<_>>().join(", ");
    if prefixes.len() > SHOWN {
        let (v4, v6) = (set.ipv4_addresses(), set.ipv6_networks());
        let _ = write!(text, ", … {} prefixes, {v4} IPv4 addresses, {v6} IPv6 networks", prefixes.len());
    }
    text
}

/// A line; text from targets is escaped.
fn line(depth: usize, text: &str) -> String {
    format!("{}{}\n", "  ".repeat(depth), Untrusted::from(text))
}

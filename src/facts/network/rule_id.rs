//! The ids of security group rules, by what the rules say: the groups themselves are told without them.

use std::collections::BTreeMap;

use crate::facts::index::Table;
use crate::model::{Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::SecurityGroupRule;

/// What a rule says: group, protocol, first and last port, source.
type Saying = (String, String, i64, i64, String);

/// The ids of ingress rules.
pub struct RuleIds {
    ids: BTreeMap<Saying, String>,
    incomplete: Option<Why>,
}

impl RuleIds {
    /// Indexes the rules of an account and region.
    pub fn new(table: &Table<SecurityGroupRule>) -> Self {
        let ids = table.present().filter_map(|rule| saying(rule)).collect();
        Self { ids, incomplete: table.incomplete().cloned() }
    }

    /// The id of the rule of `group_id` that says this; ports as they were told, −1 and none alike for all.
    pub fn get(
        &self,
        group_id: &str,
        protocol: &str,
        (from_port, to_port): (&Fact<i64>, &Fact<i64>),
        source_id: &str,
    ) -> Fact<String> {
        let ports = (port(from_port), port(to_port));
        let key = (group_id.to_owned(), protocol.to_owned(), ports.0, ports.1, source_id.to_owned());
        match (self.ids.get(&key), &self.incomplete) {
            (Some(id), _) => Fact::Known(id.clone()),
            (None, Some(why)) => Fact::Unknown(why.clone()),
            (None, None) => {
                let id = format!("{group_id} {protocol} {source_id}").into();
                Fact::Unknown(Why::Dangling { kind: "ec2.security_group_rule", id })
            }
        }
    }
}

fn saying(rule: &Record<SecurityGroupRule>) -> Option<(Saying, String)> {
    let data = &rule.data;
    if data.is_egress.known() != Some(&false) {
        return None;
    }
    let referenced = data.referenced_group_info.known().and_then(|group| group.group_id.known());
    let sources = [data.cidr_ipv4.known(), data.cidr_ipv6.known(), data.prefix_list_id.known(), referenced];
    let source = sources.into_iter().flatten().next()?;
    let key = (
        data.group_id.known()?.clone(),
        data.ip_protocol.known()?.clone(),
        port(&data.from_port),
        port(&data.to_port),
        source.clone(),
    );
    Some((key, data.security_group_rule_id.known()?.clone()))
}

fn port(port: &Fact<i64>) -> i64 {
    port.known().copied().unwrap_or(-1)
}

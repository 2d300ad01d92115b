//! Which calls of AWS a rule rests on. A rule names facts, and each fact has its sources; where this table does not know a fact, the
//! rule is taken to rest on all of them, so that a permission is rather too much than missing.

use std::collections::BTreeSet;

use super::rule::Rule;
use crate::model::actions::{self, CALLS};

type Calls = &'static [&'static str];

/// What every scan of AWS begins with: who asks, where the clusters are.
const FIRST: Calls = &[
    actions::GET_CALLER_IDENTITY,
    actions::DESCRIBE_REGIONS,
    actions::DESCRIBE_DB_CLUSTERS,
    actions::DESCRIBE_DB_CLUSTER_SNAPSHOTS,
];
const INSTANCES: Calls = &[actions::DESCRIBE_DB_INSTANCES];
const CLUSTER_PARAMETERS: Calls = &[
    actions::DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS,
    actions::DESCRIBE_DB_CLUSTER_PARAMETERS,
    actions::DESCRIBE_ENGINE_DEFAULT_CLUSTER_PARAMETERS,
];
/// The names that clients connect to.
const ENDPOINTS: Calls = &[
    actions::DESCRIBE_DB_INSTANCES,
    actions::DESCRIBE_DB_CLUSTER_ENDPOINTS,
    actions::DESCRIBE_DB_PROXIES,
    actions::DESCRIBE_DB_PROXY_ENDPOINTS,
    actions::DESCRIBE_DB_PROXY_TARGETS,
];
const AUTHORITIES: Calls = &[actions::DESCRIBE_CERTIFICATES];
const PLACE: Calls = &[actions::DESCRIBE_DB_INSTANCES, actions::DESCRIBE_DB_SUBNET_GROUPS, actions::DESCRIBE_VPCS];
const FLOW_LOGS: Calls = &[
    actions::DESCRIBE_DB_INSTANCES,
    actions::DESCRIBE_DB_SUBNET_GROUPS,
    actions::DESCRIBE_VPCS,
    actions::DESCRIBE_FLOW_LOGS,
];
const NETWORK: Calls = &[
    actions::DESCRIBE_DB_INSTANCES,
    actions::DESCRIBE_DB_SUBNET_GROUPS,
    actions::DESCRIBE_VPCS,
    actions::DESCRIBE_SUBNETS,
    actions::DESCRIBE_ROUTE_TABLES,
    actions::DESCRIBE_SECURITY_GROUPS,
    actions::DESCRIBE_SECURITY_GROUP_RULES,
    actions::DESCRIBE_NETWORK_ACLS,
    actions::DESCRIBE_NETWORK_INTERFACES,
    actions::DESCRIBE_MANAGED_PREFIX_LISTS,
    actions::GET_MANAGED_PREFIX_LIST_ENTRIES,
    actions::DESCRIBE_VPC_PEERING_CONNECTIONS,
    actions::DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS,
    actions::DESCRIBE_VPN_GATEWAYS,
    actions::DESCRIBE_VPC_ENDPOINTS,
    actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_OPTIONS,
    actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_EXCLUSIONS,
];
const IDENTITIES: Calls = &[actions::GET_ACCOUNT_AUTHORIZATION_DETAILS];
/// What decides what a principal may do.
const ACCESS: Calls = &[
    actions::GET_ACCOUNT_AUTHORIZATION_DETAILS,
    actions::DESCRIBE_ORGANIZATION,
    actions::LIST_ROOTS,
    actions::LIST_PARENTS,
    actions::LIST_POLICIES_FOR_TARGET,
    actions::DESCRIBE_POLICY,
    actions::LIST_SECRETS,
    actions::GET_RESOURCE_POLICY,
    actions::DESCRIBE_KEY,
    actions::GET_KEY_POLICY,
];
const KEYS: Calls = &[actions::DESCRIBE_KEY, actions::GET_KEY_ROTATION_STATUS, actions::GET_KEY_POLICY];
const SECRETS: Calls = &[actions::DESCRIBE_DB_PROXIES, actions::LIST_SECRETS, actions::GET_RESOURCE_POLICY];

/// The calls that the rule rests on.
pub fn calls_of(rule: &Rule) -> BTreeSet<&'static str> {
    let mut calls: BTreeSet<&'static str> = FIRST.iter().copied().collect();
    match of_target(rule.target) {
        Some(sources) => calls.extend(sources.iter().copied().flatten()),
        None => return all(),
    }
    for read in rule.facts() {
        // What a rule reads of an element of a list, it reads of the list.
        let Some(name) = read.fact.strip_prefix("r.") else { continue };
        let (field, own) = name.split_once('.').map_or((name, true), |(field, _)| (field, false));
        if own && !read.key.is_empty() {
            continue;
        }
        match of_field(rule.target, field) {
            Some(sources) => calls.extend(sources.iter().copied().flatten()),
            None => return all(),
        }
    }
    calls
}

fn all() -> BTreeSet<&'static str> {
    CALLS.iter().map(|call| call.action).collect()
}

/// Where the subjects come from.
fn of_target(target: &str) -> Option<&'static [Calls]> {
    Some(match target {
        "db_cluster" | "db_cluster_snapshot" | "aws_region" => &[],
        "db_instance" => &[INSTANCES],
        "db_subnet_group" => &[NETWORK],
        "endpoint" => &[ENDPOINTS, AUTHORITIES],
        "db_proxy" => &[ENDPOINTS],
        "database_account" => &[ENDPOINTS, CLUSTER_PARAMETERS],
        "iam_policy" => &[IDENTITIES],
        "iam_principal" => &[ACCESS, ENDPOINTS],
        "iam_user" => &[&[actions::GENERATE_CREDENTIAL_REPORT, actions::GET_CREDENTIAL_REPORT]],
        "aws_account" => &[&[actions::GET_ACCOUNT_SUMMARY]],
        "kms_key" => &[KEYS],
        "secret" => &[SECRETS],
        _ => return None,
    })
}

/// Where a computed fact comes from, beside its subject.
fn of_field(target: &str, field: &str) -> Option<&'static [Calls]> {
    Some(match (target, field) {
        ("db_cluster", "instances") => &[INSTANCES],
        ("db_cluster", "parameters" | "parameters_in_force" | "audit_log") => &[CLUSTER_PARAMETERS, INSTANCES],
        (
            "db_cluster",
            "requires_tls"
            | "tls_settings"
            | "tls_disagreements"
            | "variables"
            | "clients"
            | "aurora_version"
            | "rdsadmin_deviations"
            | "database_accounts",
        ) => &[CLUSTER_PARAMETERS, ENDPOINTS],
        ("db_cluster", "storage_key") => &[&[actions::DESCRIBE_KEY]],
        ("db_cluster", "log_groups") => &[&[actions::DESCRIBE_LOG_GROUPS], CLUSTER_PARAMETERS],
        ("db_cluster", "protected_resource") => &[&[actions::LIST_PROTECTED_RESOURCES]],
        ("db_cluster", "engine_support") => &[&[actions::DESCRIBE_DB_MAJOR_ENGINE_VERSIONS]],
        ("db_cluster", "global_database") => &[&[actions::DESCRIBE_GLOBAL_CLUSTERS]],
        ("db_cluster" | "db_instance", "vpc" | "class_tenancies") => &[PLACE],
        ("db_cluster", "flow_logs") => &[FLOW_LOGS],
        ("db_cluster", "security_groups" | "ingress" | "admits_all_ipv4" | "admits_all_ipv6" | "world_ingress")
        | ("db_instance", "reachability") => &[NETWORK],
        ("db_cluster", "endpoints") => &[ENDPOINTS, AUTHORITIES],
        (
            "db_instance",
            "certificate_authority"
            | "certificate_authority_state"
            | "certificate_authority_table"
            | "certificate_authority_days_left"
            | "other_certificate_authorities",
        ) => &[AUTHORITIES],
        ("db_cluster_snapshot", "restorable_by") => &[&[actions::DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES]],
        ("aws_region", "event_subscriptions") => &[&[actions::DESCRIBE_EVENT_SUBSCRIPTIONS]],
        ("aws_region", "detectors") => &[&[actions::LIST_DETECTORS, actions::GET_DETECTOR]],
        ("aws_region", "trails") => &[&[actions::DESCRIBE_TRAILS, actions::GET_TRAIL_STATUS]],
        (
            "db_subnet_group" | "endpoint" | "db_proxy" | "database_account" | "iam_policy" | "iam_user"
            | "aws_account" | "kms_key" | "secret" | "iam_principal",
            _,
        )
        | ("db_instance", "cluster")
        | ("aws_region", "name") => &[],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::TARGETS;
    use crate::rules::{embedded, load};

    fn calls(id: &str) -> BTreeSet<&'static str> {
        let rules = load(&embedded(), TARGETS).unwrap();
        calls_of(rules.rules.iter().find(|rule| rule.id == id).unwrap())
    }

    #[test]
    fn a_rule_needs_what_its_facts_come_from() {
        for (rule, needs, spares) in [
            ("res-deletion-protection", "rds:DescribeDBClusters", "rds:DescribeDBInstances"),
            ("net-sg-no-world", "ec2:GetManagedPrefixListEntries", "iam:GetAccountSummary"),
            ("tls-required-by-server", "rds:DescribeDBClusterParameters", "ec2:DescribeVpcs"),
            ("iam-root-protected", "iam:GetAccountSummary", "iam:GetAccountAuthorizationDetails"),
            ("iam-no-admin-star", "iam:GetAccountAuthorizationDetails", "ec2:DescribeVpcs"),
            ("data-snapshot-not-public", "rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBProxies"),
        ] {
            let calls = calls(rule);
            assert!(calls.contains(needs) && !calls.contains(spares), "{rule}: {calls:?}");
            assert!(FIRST.iter().all(|first| calls.contains(first)), "{rule}");
        }
    }

    #[test]
    fn all_rules_together_need_no_more_than_there_is() {
        let rules = load(&embedded(), TARGETS).unwrap();
        let needed: BTreeSet<_> = rules.rules.iter().flat_map(calls_of).collect();
        assert!(needed.is_subset(&all()));
    }
}

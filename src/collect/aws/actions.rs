//! The one table of what is asked of AWS: the IAM action of every call, and what the answer is for. Collectors name their calls
//! by these constants, so that no call can be made that the table does not know.

macro_rules! actions {
    ($($name:ident = $action:literal, $why:literal;)*) => {
        $(#[doc = concat!("`", $action, "`: ", $why, ".")] pub const $name: &str = $action;)*

        /// Every IAM action that the collectors use, with its reason.
        pub const ACTIONS: &[(&str, &str)] = &[$(($name, $why)),*];
    };
}

actions! {
    GET_CALLER_IDENTITY = "sts:GetCallerIdentity",
        "tells which account is read and as whom; AWS asks for no permission";
    DESCRIBE_DB_CLUSTERS = "rds:DescribeDBClusters",
        "lists the Aurora clusters with their encryption, authentication, logging and backup settings";
    DESCRIBE_DB_INSTANCES = "rds:DescribeDBInstances",
        "lists the instances with their endpoints, certificate authorities and public accessibility";
    DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS = "rds:DescribeDBClusterParameterGroups",
        "lists the cluster parameter groups with their families";
    DESCRIBE_DB_CLUSTER_PARAMETERS = "rds:DescribeDBClusterParameters",
        "reads the parameters of the groups in use: TLS, audit log, password policy";
    DESCRIBE_DB_SUBNET_GROUPS = "rds:DescribeDBSubnetGroups",
        "tells the subnets that a cluster stands in";
    DESCRIBE_DB_CLUSTER_SNAPSHOTS = "rds:DescribeDBClusterSnapshots",
        "lists the cluster snapshots with their encryption";
    DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES = "rds:DescribeDBClusterSnapshotAttributes",
        "tells which accounts may restore a snapshot";
    DESCRIBE_DB_CLUSTER_ENDPOINTS = "rds:DescribeDBClusterEndpoints",
        "lists the custom endpoints with the instances behind them";
    DESCRIBE_DB_PROXIES = "rds:DescribeDBProxies",
        "lists the proxies: whether they insist on TLS and IAM, and what they log";
    DESCRIBE_DB_PROXY_ENDPOINTS = "rds:DescribeDBProxyEndpoints",
        "lists the names that clients of a proxy connect to";
    DESCRIBE_DB_PROXY_TARGETS = "rds:DescribeDBProxyTargets",
        "tells which cluster a proxy leads to";
    DESCRIBE_CERTIFICATES = "rds:DescribeCertificates",
        "tells until when the certificate authorities of the region are valid";
    DESCRIBE_VPCS = "ec2:DescribeVpcs",
        "lists the networks that clusters stand in";
    DESCRIBE_SUBNETS = "ec2:DescribeSubnets",
        "lists the subnets that clusters stand in";
    DESCRIBE_ROUTE_TABLES = "ec2:DescribeRouteTables",
        "tells which subnets have a route to the internet";
    DESCRIBE_SECURITY_GROUPS = "ec2:DescribeSecurityGroups",
        "tells which sources may open a connection";
    DESCRIBE_SECURITY_GROUP_RULES = "ec2:DescribeSecurityGroupRules",
        "gives the ids by which a rule of a security group is taken away";
    DESCRIBE_NETWORK_ACLS = "ec2:DescribeNetworkAcls",
        "tells what the ACLs of the subnets let in and out";
    DESCRIBE_NETWORK_INTERFACES = "ec2:DescribeNetworkInterfaces",
        "tells which machines stand in a group or range that a cluster admits";
    DESCRIBE_MANAGED_PREFIX_LISTS = "ec2:DescribeManagedPrefixLists",
        "lists the prefix lists that rules and routes may name";
    GET_MANAGED_PREFIX_LIST_ENTRIES = "ec2:GetManagedPrefixListEntries",
        "reads the ranges of those lists";
    DESCRIBE_VPC_PEERING_CONNECTIONS = "ec2:DescribeVpcPeeringConnections",
        "tells which other networks a peering route leads to";
    DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS = "ec2:DescribeTransitGatewayAttachments",
        "tells which accounts share a transit gateway with a cluster's network";
    DESCRIBE_VPC_ENDPOINTS = "ec2:DescribeVpcEndpoints",
        "tells gateway endpoints from those that pass traffic through a firewall";
    DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_OPTIONS = "ec2:DescribeVpcBlockPublicAccessOptions",
        "tells whether the region's internet gateways let anything in";
    DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_EXCLUSIONS = "ec2:DescribeVpcBlockPublicAccessExclusions",
        "tells which networks that does not hold for";
    DESCRIBE_FLOW_LOGS = "ec2:DescribeFlowLogs",
        "tells which networks keep a log of their connections";
    GET_RESOURCE_POLICY = "secretsmanager:GetResourcePolicy",
        "reads who may use the secret of a master user, never the secret itself";
    GET_ACCOUNT_SUMMARY = "iam:GetAccountSummary",
        "tells whether the root user has MFA and access keys";
    GENERATE_CREDENTIAL_REPORT = "iam:GenerateCredentialReport",
        "has IAM write the credential report; changes nothing else";
    GET_CREDENTIAL_REPORT = "iam:GetCredentialReport",
        "reads when passwords and access keys were made and used, and who has MFA";
    GET_ACCOUNT_AUTHORIZATION_DETAILS = "iam:GetAccountAuthorizationDetails",
        "reads users, groups, roles and policies: who may manage a cluster or log in by IAM";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    const ROOT: &str = env!("CARGO_MANIFEST_DIR");

    fn names() -> BTreeSet<&'static str> {
        ACTIONS.iter().map(|(action, _)| *action).collect()
    }

    /// The code of every file of the folder, without its tests and without this file.
    fn code(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(code(&path));
            } else if !path.ends_with("actions.rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
            }
        }
        found
    }

    #[test]
    fn collectors_name_calls_by_the_table_only() {
        let files = code(&Path::new(ROOT).join("src/collect/aws"));
        assert!(files.len() > 5);
        for service in ["\"sts:", "\"rds:", "\"ec2:", "\"iam:", "\"secretsmanager:"] {
            assert!(files.iter().all(|text| !text.contains(service)), "{service}");
        }
    }

    #[test]
    fn every_action_is_used() {
        let files = code(&Path::new(ROOT).join("src/collect/aws")).concat();
        let table = fs::read_to_string(Path::new(ROOT).join("src/collect/aws/actions.rs")).unwrap();
        for line in table.lines().filter(|line| line.starts_with("    ") && line.contains(" = \"")) {
            let name = line.split_whitespace().next().unwrap();
            assert!(files.contains(&format!("actions::{name}")), "{name}");
        }
    }

    #[test]
    fn the_labs_policy_grants_these_actions_and_no_others() {
        let text = fs::read_to_string(Path::new(ROOT).join("tests/lab/scanner-policy.json")).unwrap();
        let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
        let granted = policy["Statement"][0]["Action"].as_array().unwrap();
        assert_eq!(granted.iter().map(|action| action.as_str().unwrap()).collect::<BTreeSet<_>>(), names());
    }

    #[test]
    fn no_action_stands_twice_and_all_have_a_reason() {
        assert_eq!(names().len(), ACTIONS.len());
        assert!(ACTIONS.iter().all(|(_, why)| !why.is_empty()));
    }
}

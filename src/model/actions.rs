//! The one table of what is asked of AWS: the IAM action of every call, how often it is made, and what the answer is for. Collectors
//! name their calls by these constants, so that no call can be made that the table does not know.

/// A call of the AWS API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The IAM action that allows it.
    pub action: &'static str,
    /// How often it is made.
    pub each: Each,
    /// What the answer is for, to end a sentence that begins with the action.
    pub why: &'static str,
}

impl Call {
    /// The service in the action: `rds` of `rds:DescribeDBClusters`.
    pub fn service(&self) -> &'static str {
        self.action.split_once(':').map_or(self.action, |(service, _)| service)
    }

    /// The operation in the action: `DescribeDBClusters` of `rds:DescribeDBClusters`.
    pub fn operation(&self) -> &'static str {
        self.action.split_once(':').map_or(self.action, |(_, operation)| operation)
    }
}

/// How often a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// Once an account.
    Account,
    /// Once in each region of an account.
    Region,
    /// Once for each of these in a region.
    One(&'static str),
    /// Once for each of these in an account or an organization.
    GlobalOne(&'static str),
}

macro_rules! actions {
    ($($name:ident = $action:literal, $each:expr, $why:literal;)*) => {
        $(#[doc = concat!("`", $action, "`: ", $why, ".")] pub const $name: &str = $action;)*

        /// Every call that the collectors make, in the order of the services.
        pub const CALLS: &[Call] = &[$(Call { action: $name, each: $each, why: $why }),*];
    };
}

actions! {
    GET_CALLER_IDENTITY = "sts:GetCallerIdentity", Each::Account,
        "tells which account is read and as whom; AWS asks for no permission";
    DESCRIBE_REGIONS = "ec2:DescribeRegions", Each::Account,
        "lists the regions that are enabled, where none are named";
    DESCRIBE_DB_CLUSTERS = "rds:DescribeDBClusters", Each::Region,
        "lists the Aurora clusters with their encryption, authentication, logging and backup settings";
    DESCRIBE_DB_INSTANCES = "rds:DescribeDBInstances", Each::Region,
        "lists the instances with their endpoints, certificate authorities and public accessibility";
    DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS = "rds:DescribeDBClusterParameterGroups", Each::Region,
        "lists the cluster parameter groups with their families";
    DESCRIBE_DB_CLUSTER_PARAMETERS = "rds:DescribeDBClusterParameters", Each::One("cluster parameter group in use"),
        "reads the parameters of the groups in use: TLS, audit log, password policy";
    DESCRIBE_DB_PARAMETER_GROUPS = "rds:DescribeDBParameterGroups", Each::Region,
        "lists the parameter groups of instances with their families";
    DESCRIBE_DB_PARAMETERS = "rds:DescribeDBParameters", Each::One("instance parameter group in use"),
        "reads what instances set in the place of their cluster";
    DESCRIBE_ENGINE_DEFAULT_CLUSTER_PARAMETERS = "rds:DescribeEngineDefaultClusterParameters",
        Each::One("parameter group family in use"),
        "tells what holds where a parameter group says nothing";
    DESCRIBE_DB_SUBNET_GROUPS = "rds:DescribeDBSubnetGroups", Each::Region,
        "tells the subnets that a cluster stands in";
    DESCRIBE_DB_CLUSTER_SNAPSHOTS = "rds:DescribeDBClusterSnapshots", Each::Region,
        "lists the cluster snapshots with their encryption";
    DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES = "rds:DescribeDBClusterSnapshotAttributes",
        Each::One("cluster snapshot that can be shared"),
        "tells which accounts may restore a snapshot";
    DESCRIBE_DB_CLUSTER_ENDPOINTS = "rds:DescribeDBClusterEndpoints", Each::Region,
        "lists the custom endpoints with the instances behind them";
    DESCRIBE_DB_PROXIES = "rds:DescribeDBProxies", Each::Region,
        "lists the proxies: whether they insist on TLS and IAM, and what they log";
    DESCRIBE_DB_PROXY_ENDPOINTS = "rds:DescribeDBProxyEndpoints", Each::Region,
        "lists the names that clients of a proxy connect to";
    DESCRIBE_DB_PROXY_TARGETS = "rds:DescribeDBProxyTargets", Each::One("proxy"),
        "tells which cluster a proxy leads to";
    DESCRIBE_CERTIFICATES = "rds:DescribeCertificates", Each::Region,
        "tells until when the certificate authorities of the region are valid";
    DESCRIBE_PENDING_MAINTENANCE_ACTIONS = "rds:DescribePendingMaintenanceActions", Each::Region,
        "tells which maintenance waits for a cluster or instance";
    DESCRIBE_VPCS = "ec2:DescribeVpcs", Each::Region,
        "lists the networks that clusters stand in";
    DESCRIBE_SUBNETS = "ec2:DescribeSubnets", Each::Region,
        "lists the subnets that clusters stand in";
    DESCRIBE_ROUTE_TABLES = "ec2:DescribeRouteTables", Each::Region,
        "tells which subnets have a route to the internet";
    DESCRIBE_SECURITY_GROUPS = "ec2:DescribeSecurityGroups", Each::Region,
        "tells which sources may open a connection";
    DESCRIBE_SECURITY_GROUP_RULES = "ec2:DescribeSecurityGroupRules", Each::Region,
        "gives the ids by which a rule of a security group is taken away";
    DESCRIBE_NETWORK_ACLS = "ec2:DescribeNetworkAcls", Each::Region,
        "tells what the ACLs of the subnets let in and out";
    DESCRIBE_NETWORK_INTERFACES = "ec2:DescribeNetworkInterfaces", Each::Region,
        "tells which machines stand in a group or range that a cluster admits";
    DESCRIBE_INSTANCES = "ec2:DescribeInstances", Each::Region,
        "tells which role the programs on those machines may act as";
    DESCRIBE_MANAGED_PREFIX_LISTS = "ec2:DescribeManagedPrefixLists", Each::Region,
        "lists the prefix lists that rules and routes may name";
    GET_MANAGED_PREFIX_LIST_ENTRIES = "ec2:GetManagedPrefixListEntries", Each::One("prefix list"),
        "reads the ranges of those lists";
    DESCRIBE_VPC_PEERING_CONNECTIONS = "ec2:DescribeVpcPeeringConnections", Each::Region,
        "tells which other networks a peering route leads to";
    DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS = "ec2:DescribeTransitGatewayAttachments", Each::Region,
        "tells which accounts share a transit gateway with a cluster's network";
    DESCRIBE_VPN_GATEWAYS = "ec2:DescribeVpnGateways", Each::Region,
        "tells which networks a VPN leads into";
    DESCRIBE_VPC_ENDPOINTS = "ec2:DescribeVpcEndpoints", Each::Region,
        "tells gateway endpoints from those that pass traffic through a firewall";
    DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_OPTIONS = "ec2:DescribeVpcBlockPublicAccessOptions", Each::Region,
        "tells whether the region's internet gateways let anything in";
    DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_EXCLUSIONS = "ec2:DescribeVpcBlockPublicAccessExclusions", Each::Region,
        "tells which networks that does not hold for";
    DESCRIBE_FLOW_LOGS = "ec2:DescribeFlowLogs", Each::Region,
        "tells which networks keep a log of their connections";
    LIST_FUNCTIONS = "lambda:ListFunctions", Each::Region,
        "tells which role the code of a function in a VPC acts as";
    LIST_ECS_CLUSTERS = "ecs:ListClusters", Each::Region,
        "lists the clusters of containers";
    LIST_TASKS = "ecs:ListTasks", Each::One("ECS cluster"),
        "lists what runs in them";
    DESCRIBE_TASKS = "ecs:DescribeTasks", Each::One("hundred ECS tasks"),
        "tells which network interface a task has";
    LIST_SERVICES = "ecs:ListServices", Each::One("ECS cluster"),
        "lists what starts tasks";
    DESCRIBE_SERVICES = "ecs:DescribeServices", Each::One("ten ECS services"),
        "tells the subnets and groups that a service starts tasks in";
    DESCRIBE_TASK_DEFINITION = "ecs:DescribeTaskDefinition", Each::One("task definition in use"),
        "tells which role a task acts as";
    DESCRIBE_GLOBAL_CLUSTERS = "rds:DescribeGlobalClusters", Each::Region,
        "tells which clusters are replicas of one in another region";
    DESCRIBE_DB_MAJOR_ENGINE_VERSIONS = "rds:DescribeDBMajorEngineVersions", Each::Region,
        "tells until when AWS supports the engine versions";
    DESCRIBE_EVENT_SUBSCRIPTIONS = "rds:DescribeEventSubscriptions", Each::Region,
        "tells which events of clusters somebody is told of";
    DESCRIBE_KEY = "kms:DescribeKey", Each::One("KMS key of a cluster"),
        "tells whose a key is, and whether it is usable";
    GET_KEY_ROTATION_STATUS = "kms:GetKeyRotationStatus", Each::One("KMS key of a cluster that KMS could rotate"),
        "tells whether KMS renews the key";
    GET_KEY_POLICY = "kms:GetKeyPolicy", Each::One("KMS key of a cluster"),
        "reads who may use the key";
    DESCRIBE_LOG_GROUPS = "logs:DescribeLogGroups", Each::Region,
        "tells how long database logs are kept, and by which key";
    DESCRIBE_TRAILS = "cloudtrail:DescribeTrails", Each::Region,
        "lists the trails that record who called what";
    GET_TRAIL_STATUS = "cloudtrail:GetTrailStatus", Each::One("trail"),
        "tells whether a trail records";
    LIST_DETECTORS = "guardduty:ListDetectors", Each::Region,
        "tells whether GuardDuty is there";
    GET_DETECTOR = "guardduty:GetDetector", Each::One("detector"),
        "tells whether it watches logins to databases";
    LIST_PROTECTED_RESOURCES = "backup:ListProtectedResources", Each::Region,
        "tells which clusters AWS Backup has backed up";
    LIST_SECRETS = "secretsmanager:ListSecrets", Each::Region,
        "finds the secrets of databases, and tells whether they are rotated; never a secret itself";
    GET_RESOURCE_POLICY = "secretsmanager:GetResourcePolicy", Each::One("secret of a database"),
        "reads who may use the secret of a master user, never the secret itself";
    GET_ACCOUNT_SUMMARY = "iam:GetAccountSummary", Each::Account,
        "tells whether the root user has MFA and access keys";
    GENERATE_CREDENTIAL_REPORT = "iam:GenerateCredentialReport", Each::Account,
        "has IAM write the credential report; changes nothing else";
    GET_CREDENTIAL_REPORT = "iam:GetCredentialReport", Each::Account,
        "reads when passwords and access keys were made and used, and who has MFA";
    GET_ACCOUNT_AUTHORIZATION_DETAILS = "iam:GetAccountAuthorizationDetails", Each::Account,
        "reads users, groups, roles and policies: who may manage a cluster or log in by IAM";
    DESCRIBE_ORGANIZATION = "organizations:DescribeOrganization", Each::Account,
        "tells which organization an account is in";
    LIST_ROOTS = "organizations:ListRoots", Each::GlobalOne("organization, where several accounts are read"),
        "tells which types of control policies are in use";
    LIST_PARENTS = "organizations:ListParents", Each::GlobalOne("account and organizational unit, where several accounts are read"),
        "tells the way from an account up to the root";
    LIST_POLICIES_FOR_TARGET = "organizations:ListPoliciesForTarget",
        Each::GlobalOne("root, organizational unit and account, where several accounts are read"),
        "tells which control policies bind an account";
    DESCRIBE_POLICY = "organizations:DescribePolicy", Each::GlobalOne("control policy, where several accounts are read"),
        "reads what a control policy denies";
}

/// Reads the value of a secret, where the user chose it to log in to a database with.
pub const GET_SECRET_VALUE: &str = "secretsmanager:GetSecretValue";

/// Allows the call before, where a key of the customer's own encrypts the secret.
pub const DECRYPT: &str = "kms:Decrypt";

/// Begins the transaction that a database is read in, where the user chose the RDS Data API.
pub const BEGIN_TRANSACTION: &str = "rds-data:BeginTransaction";

/// Asks a statement in it.
pub const EXECUTE_STATEMENT: &str = "rds-data:ExecuteStatement";

/// Ends it.
pub const ROLLBACK_TRANSACTION: &str = "rds-data:RollbackTransaction";

/// `sts:AssumeRole`, on the roles that the arguments name; no collector calls it.
pub const ASSUME_ROLE: &str = "sts:AssumeRole";

/// `organizations:ListAccounts`, where the arguments ask for the accounts of the organization.
pub const LIST_ACCOUNTS: &str = "organizations:ListAccounts";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_action_stands_twice_and_all_have_a_reason() {
        let names: BTreeSet<_> = CALLS.iter().map(|call| call.action).collect();
        assert_eq!(names.len(), CALLS.len());
        for call in CALLS {
            assert!(!call.why.is_empty() && !call.service().is_empty() && !call.operation().contains(':'), "{call:?}");
            let changes = ["Create", "Delete", "Put", "Modify", "Update", "Attach", "Start", "Stop"];
            assert!(changes.iter().all(|verb| !call.operation().starts_with(verb)), "{call:?}");
            assert_ne!(call.action, "secretsmanager:GetSecretValue");
        }
    }
}

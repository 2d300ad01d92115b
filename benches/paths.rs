//! How long the graph of access paths and its default queries take, and how much memory: 1,000 clusters, 1,000 users and roles,
//! 20,000 database accounts and 5,000 security groups in ten AWS accounts, on one core. Budgets: 2 s of processor time and 500 MB
//! for the graph and everything that `paths` tells without being asked for anything in particular.
//!
//! `cargo bench --no-default-features --bench paths [-- CLUSTERS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use aurora_audit::check::{Telling, tell};
use aurora_audit::facts::Facts;
use aurora_audit::facts::paths::{Paths, Question};
use aurora_audit::snapshot::{Snapshot, read_texts};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const AT: &str = "2026-11-20T12:00:00Z";
const REGION: &str = "us-east-1";
const ACCOUNTS: usize = 10;

fn main() {
    let clusters: usize = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000);
    let text = estate(clusters / ACCOUNTS);
    let snapshot: Snapshot = read_texts(&[("estate.jsonl".into(), text.clone())]).unwrap();
    drop(text);
    let principals = snapshot.records.users.len() + snapshot.records.roles.len();
    println!(
        "{} clusters, {principals} users and roles, {} database accounts, {} security groups",
        snapshot.records.db_clusters.len(),
        snapshot.records.accounts.len(),
        snapshot.records.security_groups.len()
    );
    let before = peak();
    let (joined, facts) = timed(|| Facts::new(&snapshot));
    // What other rules of the same run need anyway, measured apart.
    let (iam, _) = timed(|| facts.account_access().len());
    let (network, _) = timed(|| reached(&facts));
    let (graph, paths) = timed(|| Paths::new(&facts, None));
    let (nodes, edges) = paths.size();
    let (asking, answers) = timed(|| paths.answers(&Question::default()));
    let (telling, told) = timed(|| tell(&snapshot, &paths, &Question::default(), Telling::default()));
    let row = |what: &str, seconds: f64, note: &str| println!("{what:<44}{seconds:>8.3} s  {note}");
    row("join the records", joined, "");
    row("policies and clusters of the accounts", iam, "");
    row("who reaches the instances", network, "");
    row("graph, and who reaches what", graph, &format!("{nodes} nodes, {edges} steps"));
    row("answers, sorted", asking, &format!("{} answers", answers.len()));
    let said = told.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    row("20 paths with cuts, and the matrix", telling, &format!("{} rows; {said}", told.matrix.len()));
    let all = joined + iam + network + graph + telling;
    row("together", all, "budget 2 s");
    println!("{:<44}{:>8.0} MB  budget 500 MB, beyond the {before:.0} MB of the snapshot", "memory", peak() - before);
}

fn reached(facts: &Facts) -> usize {
    let sources = facts.instances().present.iter().map(|instance| instance.reachability().sources.len());
    sources.sum()
}

/// Seconds of processor time of this thread, or of the clock where the system does not say.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let busy = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    let (clock, before) = (Instant::now(), busy());
    let result = black_box(work());
    let busy = before.zip(busy()).map(|(before, after)| (after - before) as f64 / 1e9);
    (busy.unwrap_or_else(|| clock.elapsed().as_secs_f64()), result)
}

/// Most memory that the process has had, in MB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

#[derive(Default)]
struct Lines {
    rows: Vec<(String, String)>,
    counts: BTreeMap<(String, String, String, String, Option<String>), usize>,
}

impl Lines {
    fn add(&mut self, scope: (&str, &str), kind: &str, id: &str, source: &str, data: &Value) {
        let target = data.get("DBClusterArn").filter(|_| kind.starts_with("mysql.")).and_then(Value::as_str);
        let key =
            (scope.0.to_owned(), scope.1.to_owned(), kind.to_owned(), source.to_owned(), target.map(str::to_owned));
        *self.counts.entry(key).or_default() += 1;
        self.row(scope, kind, id, source, data);
    }

    fn row(&mut self, (account, region): (&str, &str), kind: &str, id: &str, source: &str, data: &Value) {
        let line = json!({"kind": kind, "id": id, "account": account, "region": region, "source": source, "at": AT, "data": data});
        self.rows.push((format!("{account} {region} {kind} {id}"), line.to_string()));
    }

    /// Says that there are none of a kind.
    fn none(&mut self, scope: (&str, &str), kind: &str, source: &str, target: Option<&str>) {
        let key =
            (scope.0.to_owned(), scope.1.to_owned(), kind.to_owned(), source.to_owned(), target.map(str::to_owned));
        self.counts.entry(key).or_default();
    }

    fn text(mut self) -> String {
        for ((account, region, kind, source, target), count) in std::mem::take(&mut self.counts) {
            let id = format!("{source}/{kind}{}", target.as_ref().map_or_else(String::new, |it| format!("@{it}")));
            let data = json!({"Kind": kind, "Target": target, "Returned": count, "Kept": count, "Excluded": []});
            self.row((&account, &region), "listing", &id, &source, &data);
        }
        self.rows.sort();
        let envelope = |kind: &str, data: &Value| json!({"kind": kind, "id": "snapshot", "account": "", "region": "", "source": "aurora-audit", "at": AT, "data": data});
        let scope = json!({"Regions": [REGION], "Collectors": ["aws", "mysql"]});
        let header = json!({"SchemaVersion": 1, "ToolVersion": "0.1.0", "Started": AT, "Scope": scope, "Identity": []});
        let mut text = format!("{}\n", envelope("header", &header));
        for (_, row) in &self.rows {
            let _ = writeln!(text, "{row}");
        }
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
        let trailer = json!({"Records": self.rows.len(), "Sha256": digest, "Finished": AT, "Complete": true});
        let _ = writeln!(text, "{}", envelope("trailer", &trailer));
        text
    }
}

fn estate(clusters: usize) -> String {
    let mut lines = Lines::default();
    for number in 0..ACCOUNTS {
        let account = format!("{:012}", 100_000_000_000_u64 + number as u64);
        network(&mut lines, &account, clusters * 5);
        for cluster in 0..clusters {
            database(&mut lines, &account, cluster);
        }
        people(&mut lines, &account, clusters);
    }
    lines.text()
}

fn network(lines: &mut Lines, account: &str, groups: usize) {
    let here = (account, REGION);
    lines.add(here, "ec2.vpc", "vpc-1", "ec2:DescribeVpcs", &json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "IsDefault": false, "InstanceTenancy": "default", "OwnerId": account}));
    lines.add(here, "ec2.subnet", "subnet-1", "ec2:DescribeSubnets", &json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/17", "OwnerId": account, "Ipv6CidrBlockAssociationSet": []}));
    let route = |net: &str, to: &str| json!({"DestinationCidrBlock": net, "GatewayId": to, "State": "active", "NatGatewayId": null, "TransitGatewayId": null, "VpcPeeringConnectionId": null, "NetworkInterfaceId": null, "EgressOnlyInternetGatewayId": null, "DestinationIpv6CidrBlock": null, "DestinationPrefixListId": null});
    lines.add(here, "ec2.route_table", "rtb-1", "ec2:DescribeRouteTables", &json!({"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-1")], "Associations": [{"Main": true, "SubnetId": null}]}));
    let entry = |egress: bool| json!({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, "CidrBlock": "0.0.0.0/0", "Ipv6CidrBlock": null, "PortRange": null});
    lines.add(here, "ec2.network_acl", "acl-1", "ec2:DescribeNetworkAcls", &json!({"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "OwnerId": account, "Associations": [{"SubnetId": "subnet-1"}], "Entries": [entry(true), entry(false)]}));
    lines.row(
        here,
        "ec2.vpc_block_public_access_options",
        "vpc-block-public-access",
        "ec2:DescribeVpcBlockPublicAccessOptions",
        &json!({"InternetGatewayBlockMode": "off", "State": "default-state"}),
    );
    for group in 0..groups {
        let permission = |ranges: Value, pairs: Value| json!({"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": ranges, "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": pairs});
        let pair = json!([{"GroupId": format!("sg-{}", (group + 7) % groups), "UserId": account}]);
        let range = if group % 50 == 0 { "0.0.0.0/0".to_owned() } else { format!("10.0.{}.0/24", group % 128) };
        let permissions = json!([
            permission(json!([]), pair),
            permission(json!([{"CidrIp": range, "Description": null}]), json!([]))
        ]);
        let id = format!("sg-{group}");
        lines.add(here, "ec2.security_group", &id, "ec2:DescribeSecurityGroups", &json!({"GroupId": id, "GroupName": id, "VpcId": "vpc-1", "OwnerId": account, "IpPermissions": permissions}));
    }
    for machine in 0..groups {
        let (id, address) = (format!("eni-{machine}"), format!("10.0.{}.{}", machine / 250, machine % 250 + 4));
        lines.add(here, "ec2.network_interface", &id, "ec2:DescribeNetworkInterfaces", &json!({"NetworkInterfaceId": id, "VpcId": "vpc-1", "SubnetId": "subnet-1", "OwnerId": account, "Groups": [{"GroupId": format!("sg-{machine}")}], "PrivateIpAddresses": [{"PrivateIpAddress": address, "Association": null}], "Ipv6Addresses": [], "InterfaceType": "interface", "Description": null, "RequesterId": null, "Attachment": {"InstanceId": format!("i-{account}-{machine}")}, "Status": "in-use"}));
    }
    for (kind, source) in [
        ("ec2.security_group_rule", "ec2:DescribeSecurityGroupRules"),
        ("ec2.vpc_peering_connection", "ec2:DescribeVpcPeeringConnections"),
        ("ec2.vpc_endpoint", "ec2:DescribeVpcEndpoints"),
        ("ec2.vpc_block_public_access_exclusion", "ec2:DescribeVpcBlockPublicAccessExclusions"),
        ("rds.db_cluster_snapshot", "rds:DescribeDBClusterSnapshots"),
        ("rds.db_cluster_endpoint", "rds:DescribeDBClusterEndpoints"),
        ("rds.db_proxy", "rds:DescribeDBProxies"),
    ] {
        lines.none(here, kind, source, None);
    }
    lines.add(here, "rds.db_subnet_group", "db", "rds:DescribeDBSubnetGroups", &json!({"DBSubnetGroupName": "db", "VpcId": "vpc-1", "Subnets": [{"SubnetIdentifier": "subnet-1", "SubnetStatus": "Active"}]}));
}

fn database(lines: &mut Lines, account: &str, number: usize) {
    let here = (account, REGION);
    let name = format!("app-{number}");
    let arn = format!("arn:aws:rds:{REGION}:{account}:cluster:{name}");
    let groups = json!([{"VpcSecurityGroupId": format!("sg-{}", number * 5), "Status": "active"}]);
    lines.add(here, "rds.db_cluster", &arn, "rds:DescribeDBClusters", &json!({
        "DBClusterIdentifier": name, "DBClusterArn": arn, "DbClusterResourceId": format!("cluster-{account}{number}"), "Engine": "aurora-mysql",
        "EngineVersion": "8.0.mysql_aurora.3.08.2", "EngineMode": "provisioned", "Endpoint": format!("{name}.x"), "ReaderEndpoint": null, "CustomEndpoints": [],
        "Port": 3306, "MasterUsername": "root", "MasterUserSecret": null, "DBClusterParameterGroup": "p", "DBSubnetGroup": "db", "VpcSecurityGroups": groups,
        "DBClusterMembers": [{"DBInstanceIdentifier": format!("{name}-1"), "IsClusterWriter": true}], "IAMDatabaseAuthenticationEnabled": true,
        "HttpEndpointEnabled": number.is_multiple_of(4), "AssociatedRoles": [], "NetworkType": "IPV4", "TagList": [], "KmsKeyId": null}));
    lines.add(here, "rds.db_instance", &format!("arn:aws:rds:{REGION}:{account}:db:{name}-1"), "rds:DescribeDBInstances", &json!({
        "DBInstanceIdentifier": format!("{name}-1"), "DBClusterIdentifier": name, "Engine": "aurora-mysql", "Endpoint": {"Address": "x", "Port": 3306},
        "PubliclyAccessible": number.is_multiple_of(10), "VpcSecurityGroups": groups}));
    let server = format!("{name}.x:3306");
    let mut mysql = |kind: &str, id: &str, source: &str, mut data: Value| {
        data["Server"] = server.clone().into();
        data["DBClusterArn"] = arn.clone().into();
        if kind == "mysql.session" || kind == "mysql.global_variables" {
            lines.row(here, kind, &format!("{arn}/{id}"), source, &data);
        } else {
            lines.add(here, kind, &format!("{arn}/{id}"), source, &data);
        }
    };
    mysql(
        "mysql.session",
        "s",
        "mysql:session",
        json!({"Version": "8.0.39", "VersionComment": "Source", "aurora_version": "3.08.2", "CurrentUser": "auditor@%"}),
    );
    mysql(
        "mysql.global_variables",
        "s",
        "mysql:global_variables",
        json!({"require_secure_transport": "ON", "mandatory_roles": "", "activate_all_roles_on_login": "ON", "partial_revokes": "OFF"}),
    );
    for user in 0..20 {
        let plugin = if user < 8 { "AWSAuthenticationPlugin" } else { "caching_sha2_password" };
        let (user_name, host) =
            (if user == 19 { "root".to_owned() } else { format!("u{user}") }, ["%", "10.0.%", "10.%"][user % 3]);
        let privileges = if user % 9 == 1 { json!(["SELECT", "CREATE USER"]) } else { json!([]) };
        mysql(
            "mysql.account",
            &format!("'{user_name}'@'{host}'"),
            "mysql:mysql.user",
            json!({"User": user_name, "Host": host, "plugin": plugin, "authentication_string_empty": false, "ssl_type": "", "account_locked": false, "Privileges": privileges, "Restrictions": null}),
        );
        mysql(
            "mysql.schema_grant",
            &format!("'{user_name}'@'{host}' on 'shop'"),
            "mysql:mysql.db",
            json!({"User": user_name, "Host": host, "Db": "shop", "Privileges": ["SELECT", "INSERT"]}),
        );
    }
    for (kind, table) in [
        ("table", "tables_priv"),
        ("column", "columns_priv"),
        ("routine", "procs_priv"),
        ("dynamic", "global_grants"),
        ("proxy", "proxies_priv"),
    ] {
        lines.none(here, &format!("mysql.{kind}_grant"), &format!("mysql:mysql.{table}"), Some(&arn));
    }
    lines.none(here, "mysql.role_edge", "mysql:mysql.role_edges", Some(&arn));
    lines.none(here, "mysql.default_role", "mysql:mysql.default_roles", Some(&arn));
}

/// Of a hundred: five administrators, ten who change clusters, ten with the Data API, thirty with tokens for three clusters each,
/// fifteen in chains of roles, five who make keys for others, and the rest with nothing to do with databases.
fn people(lines: &mut Lines, account: &str, clusters: usize) {
    let role = |number: usize| format!("arn:aws:iam::{account}:role/r{number}");
    let cluster = |number: usize| format!("arn:aws:rds:{REGION}:{account}:cluster:app-{}", number % clusters);
    let user = |number: usize, user: usize| {
        format!("arn:aws:rds-db:{REGION}:{account}:dbuser:cluster-{account}{}/u{user}", number % clusters)
    };
    for number in 0..100 {
        let allow =
            |actions: Value, resource: Value| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        let statement = match number {
            0..5 => allow(json!("*"), json!("*")),
            5..15 => allow(
                json!(["rds:ModifyDBCluster", "rds:CreateDBClusterSnapshot"]),
                json!([cluster(number), cluster(number + 31)]),
            ),
            15..25 => allow(json!(["rds-data:ExecuteStatement", "secretsmanager:GetSecretValue"]), json!("*")),
            25..55 => {
                allow(json!("rds-db:connect"), json!([user(number, 1), user(number + 17, 2), user(number + 40, 3)]))
            }
            55..70 => {
                allow(json!(["sts:AssumeRole", "ec2:RunInstances"]), json!([role(number + 1), role(number - 30)]))
            }
            70..75 => allow(json!("iam:CreateAccessKey"), json!("*")),
            _ => allow(json!(["s3:GetObject", "logs:*", "cloudwatch:*"]), json!("*")),
        };
        let document = json!({"Version": "2012-10-17", "Statement": [statement, allow(json!(["s3:ListBucket", "sns:Publish"]), json!("*"))]});
        let policies = json!([{"PolicyName": "own", "PolicyDocument": document}]);
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}}]});
        lines.add((account, "global"), "iam.role", &role(number), "iam:GetAccountAuthorizationDetails", &json!({"RoleName": format!("r{number}"), "Arn": role(number), "Path": "/", "AssumeRolePolicyDocument": trust, "RolePolicyList": policies, "AttachedManagedPolicies": [], "PermissionsBoundary": null, "Tags": []}));
    }
    for kind in ["iam.user", "iam.group", "iam.policy"] {
        lines.none((account, "global"), kind, "iam:GetAccountAuthorizationDetails", None);
    }
}

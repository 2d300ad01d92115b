//! A made-up snapshot of a large estate, the same in every run: 10,000 clusters of three instances, 5,000 security groups of 20
//! permissions and 20,000 database accounts in 20 AWS accounts. One value in fifty is missing.

pub mod native;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// How much of everything there is.
pub struct Size {
    /// AWS accounts.
    pub accounts: u64,
    /// Aurora clusters in all accounts, of three instances each.
    pub clusters: u64,
    /// Security groups in all accounts, of 20 permissions each.
    pub groups: u64,
    /// Database accounts in all clusters.
    pub users: u64,
}

/// The estate that the budgets are for.
pub const LARGE: Size = Size { accounts: 20, clusters: 10_000, groups: 5_000, users: 20_000 };

const AT: &str = "2026-11-20T12:00:00Z";
const REGION: &str = "us-east-1";

/// The text of the snapshot.
pub fn snapshot(size: &Size) -> String {
    let mut lines = Lines { text: String::new(), count: 0, random: 0x9e37_79b9_7f4a_7c15 };
    lines.header();
    for number in 0..size.accounts {
        let account = Account {
            id: format!("{:012}", 100_000_000_000 + number),
            number,
            clusters: size.clusters / size.accounts,
            groups: size.groups / size.accounts,
            users: size.users / size.clusters,
        };
        lines.account(&account);
    }
    lines.trailer();
    lines.text
}

struct Account {
    id: String,
    number: u64,
    clusters: u64,
    groups: u64,
    /// Of each cluster.
    users: u64,
}

struct Lines {
    text: String,
    count: u64,
    random: u64,
}

impl Lines {
    /// Splitmix64 (Steele, Lea, Flood 2014).
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    /// A member of an object, or nothing: that is what a value looks like that nobody knows.
    fn member(&mut self, key: &str, value: &str) -> String {
        if self.draw(50) == 0 { String::new() } else { format!(r#""{key}":{value},"#) }
    }

    /// True as often as `percent` says.
    fn chance(&mut self, percent: u64) -> &'static str {
        if self.draw(100) < percent { "true" } else { "false" }
    }

    fn line(&mut self, kind: &str, id: &str, account: &Account, source: &str, data: &str) {
        let data = data.trim_end_matches(',');
        self.count += 1;
        writeln!(
            self.text,
            r#"{{"kind":"{kind}","id":"{id}","account":"{}","region":"{REGION}","source":"{source}","at":"{AT}","data":{{{data}}}}}"#,
            account.id
        )
        .unwrap();
    }

    fn listing(&mut self, kind: &str, account: &Account, source: &str, target: Option<&str>, count: u64) {
        let id = target.map_or_else(|| format!("{source}/{kind}"), |target| format!("{source}/{kind}/{target}"));
        let target = target.map_or("null".to_owned(), |target| format!(r#""{target}""#));
        let data = format!(r#""Kind":"{kind}","Target":{target},"Returned":{count},"Kept":{count},"Excluded":[]"#);
        self.line("listing", &id, account, source, &data);
    }

    fn header(&mut self) {
        writeln!(
            self.text,
            r#"{{"kind":"header","id":"snapshot","account":"","region":"","source":"aurora-audit","at":"{AT}","data":{{"SchemaVersion":1,"ToolVersion":"0.1.0","Started":"{AT}","Scope":{{"Regions":["{REGION}"],"Collectors":["aws","mysql"]}},"Identity":[]}}}}"#
        )
        .unwrap();
    }

    fn trailer(&mut self) {
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&self.text));
        writeln!(
            self.text,
            r#"{{"kind":"trailer","id":"snapshot","account":"","region":"","source":"aurora-audit","at":"{AT}","data":{{"Records":{},"Sha256":"{sha256}","Finished":"{AT}","Complete":true}}}}"#,
            self.count
        )
        .unwrap();
    }

    fn account(&mut self, account: &Account) {
        self.network(account);
        for number in 0..account.clusters {
            let name = format!("c{}-{number}", account.number);
            self.cluster(account, &name);
            (1..=3).for_each(|member| self.instance(account, &name, member));
            self.database(account, &name);
        }
        self.listing("rds.db_cluster", account, "rds:DescribeDBClusters", None, account.clusters);
        self.listing("rds.db_instance", account, "rds:DescribeDBInstances", None, account.clusters * 3);
    }

    fn network(&mut self, account: &Account) {
        let vpc = format!("vpc-{:017x}", account.number);
        let data = format!(r#""VpcId":"{vpc}","CidrBlock":"10.0.0.0/8","IsDefault":false"#);
        self.line("ec2.vpc", &vpc, account, "ec2:DescribeVpcs", &data);
        self.listing("ec2.vpc", account, "ec2:DescribeVpcs", None, 1);
        for number in 0..account.groups {
            let id = group_id(account, number);
            let mut permissions = String::new();
            (0..20).for_each(|_| permissions += &self.permission());
            let permissions = permissions.trim_end_matches(',');
            let data = format!(
                r#""GroupId":"{id}","GroupName":"db-{number}","VpcId":"{vpc}","IpPermissions":[{permissions}]"#
            );
            self.line("ec2.security_group", &id, account, "ec2:DescribeSecurityGroups", &data);
        }
        self.listing("ec2.security_group", account, "ec2:DescribeSecurityGroups", None, account.groups);
        self.subnets(account, &vpc);
    }

    /// One permission in four is for the port of MySQL, one in a thousand of them for the world.
    fn permission(&mut self) -> String {
        let port = if self.draw(4) == 0 { 3306 } else { 1024 + self.draw(40_000) };
        let range = match self.draw(1_000) {
            0 => "0.0.0.0/0".to_owned(),
            1..=20 => format!("10.{}.0.0/12", self.draw(256) & 0xf0),
            _ => format!("10.{}.{}.0/24", self.draw(256), self.draw(256)),
        };
        format!(
            r#"{{"IpProtocol":"tcp","FromPort":{port},"ToPort":{port},"IpRanges":[{{"CidrIp":"{range}","Description":"app"}}],"Ipv6Ranges":[],"PrefixListIds":[],"UserIdGroupPairs":[]}},"#
        )
    }

    fn subnets(&mut self, account: &Account, vpc: &str) {
        let ids: Vec<_> = (0..3).map(|zone| format!("subnet-{:015x}{zone:02}", account.number)).collect();
        for id in &ids {
            let data = format!(r#""SubnetId":"{id}","VpcId":"{vpc}","AvailabilityZone":"us-east-1a""#);
            self.line("ec2.subnet", id, account, "ec2:DescribeSubnets", &data);
        }
        self.listing("ec2.subnet", account, "ec2:DescribeSubnets", None, 3);
        let list: Vec<_> = ids.iter().map(|id| format!(r#"{{"SubnetIdentifier":"{id}"}}"#)).collect();
        let arn = format!("arn:aws:rds:{REGION}:{}:subgrp:db", account.id);
        let data = format!(
            r#""DBSubnetGroupName":"db","DBSubnetGroupArn":"{arn}","VpcId":"{vpc}","Subnets":[{}]"#,
            list.join(",")
        );
        self.line("rds.db_subnet_group", &arn, account, "rds:DescribeDBSubnetGroups", &data);
        self.listing("rds.db_subnet_group", account, "rds:DescribeDBSubnetGroups", None, 1);
        let table = format!("rtb-{:017x}", account.number);
        let data = format!(
            r#""RouteTableId":"{table}","VpcId":"{vpc}","Routes":[],"Associations":[{{"Main":true,"SubnetId":null}}]"#
        );
        self.line("ec2.route_table", &table, account, "ec2:DescribeRouteTables", &data);
        self.listing("ec2.route_table", account, "ec2:DescribeRouteTables", None, 1);
    }

    fn cluster(&mut self, account: &Account, name: &str) {
        let arn = cluster_arn(account, name);
        let group = group_id(account, self.draw(account.groups));
        let members: Vec<_> = (1..=3)
            .map(|member| {
                format!(
                    r#"{{"DBInstanceIdentifier":"{name}-{member}","IsClusterWriter":{},"DBClusterParameterGroupStatus":"in-sync"}}"#,
                    member == 1
                )
            })
            .collect();
        let mut data = format!(
            r#""DBClusterIdentifier":"{name}","DBClusterArn":"{arn}","Engine":"aurora-mysql","EngineMode":"provisioned","EngineVersion":"8.0.mysql_aurora.3.0{}.1","Endpoint":"{name}.cluster-abc.{REGION}.rds.amazonaws.com","ReaderEndpoint":"{name}.cluster-ro-abc.{REGION}.rds.amazonaws.com","CustomEndpoints":[],"Port":3306,"VpcSecurityGroups":[{{"VpcSecurityGroupId":"{group}","Status":"active"}}],"DBClusterMembers":[{}],"DBSubnetGroup":"db","#,
            self.draw(10),
            members.join(",")
        );
        let master = if self.draw(10) == 0 { r#""admin""# } else { r#""orders_root""# };
        let days = (1 + self.draw(35)).to_string();
        for (key, value) in [
            ("StorageEncrypted", self.chance(95)),
            ("IAMDatabaseAuthenticationEnabled", self.chance(80)),
            ("DeletionProtection", self.chance(90)),
            ("HttpEndpointEnabled", self.chance(5)),
            ("MasterUsername", master),
            ("BackupRetentionPeriod", &days),
            ("KmsKeyId", r#""arn:aws:kms:us-east-1:100000000000:key/48753f6e-e20e-4a12-bc07-3ca359be0900""#),
            ("EnabledCloudwatchLogsExports", r#"["audit","error"]"#),
            ("DBClusterParameterGroup", r#""orders""#),
        ] {
            data += &self.member(key, value);
        }
        self.line("rds.db_cluster", &arn, account, "rds:DescribeDBClusters", &data);
    }

    fn instance(&mut self, account: &Account, name: &str, member: u64) {
        let arn = format!("arn:aws:rds:{REGION}:{}:db:{name}-{member}", account.id);
        let mut data = format!(
            r#""DBInstanceIdentifier":"{name}-{member}","DBInstanceArn":"{arn}","DBClusterIdentifier":"{name}","Engine":"aurora-mysql","DBInstanceClass":"db.r6g.large","Endpoint":{{"Address":"{name}-{member}.abc.{REGION}.rds.amazonaws.com","Port":3306}},"#
        );
        for (key, value) in [
            ("PubliclyAccessible", self.chance(2)),
            ("AutoMinorVersionUpgrade", self.chance(90)),
            ("CACertificateIdentifier", r#""rds-ca-rsa2048-g1""#),
            ("AvailabilityZone", ["\"us-east-1a\"", "\"us-east-1b\""][usize::from(member == 1)]),
        ] {
            data += &self.member(key, value);
        }
        self.line("rds.db_instance", &arn, account, "rds:DescribeDBInstances", &data);
    }

    fn database(&mut self, account: &Account, name: &str) {
        let arn = cluster_arn(account, name);
        let server =
            format!(r#""Server":"{name}.cluster-abc.{REGION}.rds.amazonaws.com:3306","DBClusterArn":"{arn}","#);
        let variables = format!(
            r#"{server}"require_secure_transport":"{}","tls_version":"TLSv1.2,TLSv1.3","local_infile":"OFF","mandatory_roles":"","activate_all_roles_on_login":"OFF","partial_revokes":"ON""#,
            if self.draw(10) == 0 { "OFF" } else { "ON" }
        );
        self.line("mysql.global_variables", &format!("{arn}/server"), account, "mysql:global_variables", &variables);
        for number in 0..account.users {
            let user = match self.draw(200) {
                0 => String::new(),
                other => format!("app_{number}_{other}"),
            };
            let host = if self.draw(5) == 0 { "%" } else { "10.1.%" };
            let mut data = format!(r#"{server}"User":"{user}","Host":"{host}","#);
            for (key, value) in [
                ("plugin", r#""caching_sha2_password""#),
                ("authentication_string_empty", self.chance(1)),
                ("ssl_type", r#""""#),
                ("account_locked", self.chance(5)),
                ("password_expired", self.chance(5)),
                ("password_last_changed", r#""2026-11-01T00:00:00Z""#),
                ("Privileges", r#"["SELECT","INSERT","UPDATE","DELETE"]"#),
                ("Restrictions", "null"),
            ] {
                data += &self.member(key, value);
            }
            self.line(
                "mysql.account",
                &format!("{arn}/'{user}'@'{host}'/{number}"),
                account,
                "mysql:mysql.user",
                &data,
            );
        }
        self.listing("mysql.account", account, "mysql:mysql.user", Some(&arn), account.users);
        self.listing("mysql.role_edge", account, "mysql:mysql.role_edges", Some(&arn), 0);
    }
}

fn cluster_arn(account: &Account, name: &str) -> String {
    format!("arn:aws:rds:{REGION}:{}:cluster:{name}", account.id)
}

fn group_id(account: &Account, number: u64) -> String {
    format!("sg-{:017x}", account.number * 1_000_000 + number)
}

//! Against real servers: moto for AWS, MySQL for the databases. `tests/run` brings them up and says where they are.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

use common::{Run, assessment, outcome, run, verdicts};
use serde_json::Value;
use tempfile::TempDir;

/// A fixed time for judging, so that two runs can be compared.
const NOW: &str = "2026-11-20T12:00:00Z";

/// The lab is one: what a test changes, all of it sees. Test runners with a process a test have a group for it.
static LAB: Mutex<()> = Mutex::new(());

struct Lab {
    env: BTreeMap<String, String>,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Lab {
    fn enter() -> Self {
        let alone = LAB.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
        let text = std::fs::read_to_string(path).unwrap();
        let env: BTreeMap<_, _> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned()))
            .collect();
        let endpoint = &env["AWS_ENDPOINT_URL"];
        assert!(endpoint.starts_with("http://127.0.0.1:"), "the lab is not on loopback: {endpoint}");
        Self { env, folder: TempDir::new().unwrap(), _alone: alone }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn administrator(&self) -> (&str, &str) {
        (&self.env["AWS_ACCESS_KEY_ID"], &self.env["AWS_SECRET_ACCESS_KEY"])
    }

    fn scanner(&self) -> (&str, &str) {
        (&self.env["SCANNER_ACCESS_KEY_ID"], &self.env["SCANNER_SECRET_ACCESS_KEY"])
    }

    /// Runs a command that collects, with the lab's servers and these AWS credentials.
    fn collect_as(&self, (id, secret): (&str, &str), args: &[&str], extra: &[(&str, &str)]) -> Run {
        let mut env: BTreeMap<&str, &str> = BTreeMap::from([
            ("AWS_ENDPOINT_URL", self.env["AWS_ENDPOINT_URL"].as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AURORA_AUDIT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AURORA_AUDIT_CONNECT_TO", self.env["CONNECT_TO"].as_str()),
            ("AURORA_AUDIT_CA_BUNDLE", self.env["CA_BUNDLE"].as_str()),
            ("AURORA_AUDIT_LOGIN", self.env["DB_USER"].as_str()),
            ("AURORA_AUDIT_DB_PASSWORD", self.env["DB_PASSWORD"].as_str()),
        ]);
        env.extend(extra.iter().copied());
        env.retain(|_, value| !value.is_empty());
        let env: Vec<_> = env.into_iter().collect();
        run(args, &env)
    }

    /// Scans with the whole lab and gives the assessment.
    fn scan(&self, extra: &[(&str, &str)]) -> (Run, Value) {
        self.scan_as(self.administrator(), extra)
    }

    fn scan_as(&self, credentials: (&str, &str), extra: &[(&str, &str)]) -> (Run, Value) {
        let (json, snapshot) = (self.path("scan.json"), self.path("scan.jsonl"));
        let output = format!("json={json}");
        let args = ["scan", "--now", NOW, "--snapshot", &snapshot, "-o", &output];
        let run = self.collect_as(credentials, &args, extra);
        assert!(Path::new(&json).exists(), "{}", run.transcript());
        (run, assessment(Path::new(&json)))
    }

    /// One of the lab's own tools.
    fn tool(&self, name: &str, args: &[&str]) {
        let tools = &self.env["LAB_TOOLS"];
        let output = Command::new(format!("{tools}/{name}")).args(args).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn sql(&self, server: &str, sql: &str) {
        use std::io::Write;
        let tools = &self.env["LAB_TOOLS"];
        let mut child =
            Command::new(format!("{tools}/sql")).arg(server).stdin(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{sql}");
    }
}

/// Puts the lab back when a test is over, however it ended.
struct Restore<'a>(&'a Lab, &'static str, Vec<&'static str>);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.tool(self.1, &self.2);
    }
}

fn gaps(assessment: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assessment["gaps"].as_array().unwrap().iter().map(|gap| (text(&gap["what"]), text(&gap["reason"]))).collect()
}

#[test]
fn a_scan_finds_what_was_planted() {
    let lab = Lab::enter();
    let (run, assessment) = lab.scan(&[]);
    assert_eq!(run.code, 1, "{}", run.transcript());
    let verdicts = verdicts(&assessment);
    for (rule, subject, expected) in [
        ("iam-no-admin-star", "acme-everything", "fail"),
        ("iam-no-admin-star", "AdministratorAccess", "fail"),
        ("net-instance-not-public", "shop-1", "fail"),
        ("net-instance-not-public", "orders-1", "pass"),
        ("net-sg-no-world", "shop", "fail"),
        ("net-sg-no-world", "reports", "fail"),
        ("net-sg-no-world", "orders", "pass"),
        ("net-sg-no-all-ports", "shop", "fail"),
        ("net-sg-not-default", "reports", "fail"),
        ("net-sg-not-default", "orders", "pass"),
        ("tls-required-by-server", "shop", "fail"),
        ("tls-required-by-server", "orders", "pass"),
        ("tls-required-by-server", "ledger", "unknown"),
        ("db-iam-auth-enabled", "shop", "fail"),
        ("db-no-anonymous", "''@'%' on shop", "fail"),
        ("db-no-empty-password", "'shop_legacy'@'%' on shop", "fail"),
        ("db-global-dml-limited", "'shop_ops'@'%' on shop", "fail"),
        ("db-global-dml-limited", "'shop_batch'@'%' on shop", "fail"),
        ("db-create-user-limited", "'shop_ops'@'%' on shop", "fail"),
        ("db-master-name-not-default", "orders", "pass"),
        ("data-snapshot-not-public", "shop-for-all", "fail"),
        ("data-snapshot-not-public", "orders-2026-10", "pass"),
        ("data-snapshot-sharing-allowlisted", "orders-for-partner", "fail"),
        ("log-audit-enabled", "orders", "pass"),
        ("res-deletion-protection", "shop", "fail"),
        ("res-backup-retention", "shop", "fail"),
    ] {
        assert_eq!(outcome(&verdicts, rule, subject), expected, "{rule} of {subject}");
    }
    let failing_endpoints: Vec<_> = verdicts
        .iter()
        .filter(|(rule, _, outcome)| rule == "tls-cert-name-matches-endpoint" && outcome == "fail")
        .collect();
    assert_eq!(failing_endpoints.len(), 2, "writer and reader of reports: {failing_endpoints:?}");
    let good = verdicts
        .iter()
        .filter(|(rule, name, outcome)| name == "orders" && outcome == "fail" && !rule.starts_with("iam"))
        // The lab's flow logs keep nothing of refused connections.
        .filter(|(rule, ..)| rule != "net-vpc-flow-logs")
        // A partner restores one of its snapshots, and a role that trusts anybody sets its master password.
        .filter(|(rule, ..)| !rule.starts_with("path-"));
    assert_eq!(good.count(), 0, "orders is good throughout");
    assert!(verdicts.iter().all(|(_, name, _)| !name.contains("friends") && !name.contains("billing")), "not Aurora");
}

/// A path is told from the snapshot, and then it is gone: by the same roles, against the simulator that checks permissions, and
/// into the real server.
#[test]
fn the_longest_path_is_told_and_can_be_walked() {
    let lab = Lab::enter();
    lab.scan(&[]);
    let snapshot = lab.path("scan.jsonl");
    let ask = |more: &[&str]| {
        let base = ["paths", &snapshot, "--cluster", "reports", "--from", "acme-support", "--to", "read"];
        run(base.iter().chain(more), &[])
    };
    let told: Value = serde_json::from_str(&ask(&["--format", "json"]).stdout).unwrap();
    let path = &told["paths"][0];
    assert_eq!((&path["to"], &path["certainty"]), (&"read".into(), &"certain".into()), "{}", ask(&[]).stdout);
    let steps: Vec<_> = path["steps"].as_array().unwrap().iter().map(|step| step["words"].as_str().unwrap()).collect();
    for part in [
        "role/acme-support assumes role/acme-reports-care",
        "role/acme-reports-care may ec2:RunInstances",
        "role/acme-reports-care may secretsmanager:GetSecretValue for reports",
        "the master secret holds the master password",
        "the server logs it in as 'reports_root_acme'@'%'",
    ] {
        assert!(steps.iter().any(|step| step.contains(part)), "{part}: {steps:#?}");
    }
    assert!(steps.last().unwrap().contains("holds SELECT on *.*"), "{steps:#?}");

    let estate: Value = serde_json::from_str(&std::fs::read_to_string(&lab.env["ESTATE"]).unwrap()).unwrap();
    let role = |name: &str| estate["roles"][name].as_str().unwrap().to_owned();
    let (support, care) = (role("acme-support"), role("acme-reports-care"));
    assert_eq!(path["from"]["id"], support.as_str());
    let _off = Restore(&lab, "enforce", vec!["off"]);
    lab.tool("enforce", &["on"]);
    let walk = |roles: &[&str]| {
        let mut command = Command::new(format!("{}/walk", lab.env["LAB_TOOLS"]));
        let output = command.args(["reports", "reports.customer"]).args(roles).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (walked, said, why) = walk(&[&support, &care]);
    assert!(walked, "{said}{why}");
    assert!(said.ends_with("read the secret of reports_root_acme\nrow 1 Ada\nrow 2 Grace\n"), "{said}");
    // No step can be left out: neither role gets there without the other.
    for roles in [&[&*support][..], &[&*care]] {
        let (walked, said, why) = walk(roles);
        assert!(!walked && why.contains("AccessDenied"), "{roles:?}: {said}{why}");
    }
}

#[test]
fn what_is_not_aurora_is_counted_and_left_out() {
    let lab = Lab::enter();
    let (_, assessment) = lab.scan(&[]);
    let population = assessment["population"].as_array().unwrap();
    let clusters = population.iter().find(|it| it["source"] == "rds:DescribeDBClusters").unwrap();
    assert_eq!((clusters["returned"].as_u64(), clusters["kept"].as_u64()), (Some(6), Some(4)), "{clusters}");
    let excluded: Vec<_> =
        clusters["excluded"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(
        excluded.iter().any(|id| id.contains("billing")) && excluded.iter().any(|id| id.contains("friends")),
        "{excluded:?}"
    );
}

#[test]
fn a_check_of_the_snapshot_gives_the_same_bytes() {
    let lab = Lab::enter();
    let (scan, _) = lab.scan(&[]);
    let (snapshot, again) = (lab.path("scan.jsonl"), lab.path("again.json"));
    let check = run(["check", &snapshot, "--now", NOW, "-o", &format!("json={again}")], &[]);
    // The last words name the file.
    let said = |text: &str| text.rsplit_once(" · wrote ").unwrap().0.to_owned();
    assert_eq!((check.code, said(&check.stdout)), (scan.code, said(&scan.stdout)));
    assert_eq!(std::fs::read(lab.path("scan.json")).unwrap(), std::fs::read(again).unwrap());
}

/// AWS facts from a central account, TLS and MySQL facts from inside each VPC: together they are one scan.
#[test]
fn three_files_from_three_places_are_one_assessment() {
    let lab = Lab::enter();
    // Alone, a probe is light: no login takes its broken handshakes back.
    let light = ("AURORA_AUDIT_PROBE", "light");
    let (whole, expected) = lab.scan(&[light]);
    let mut files = Vec::new();
    for layer in ["mysql", "aws", "tls"] {
        let path = lab.path(&format!("{layer}.jsonl"));
        let env = [light, ("AURORA_AUDIT_COLLECTORS", layer)];
        let run = lab.collect_as(lab.administrator(), &["collect", "-o", &path], &env);
        assert!([0, 3].contains(&run.code), "{layer}: {}", run.transcript());
        files.push(path);
    }
    let json = lab.path("three.json");
    let output = format!("json={json}");
    let mut args = vec!["check", "--now", NOW, "-o", &output];
    args.extend(files.iter().map(String::as_str));
    let check = run(args, &[]);
    let found = assessment(Path::new(&json));
    let sorted = |assessment: &Value| {
        let mut verdicts = verdicts(assessment);
        verdicts.sort();
        verdicts
    };
    assert_eq!(check.code, whole.code, "{}", check.transcript());
    assert_eq!(sorted(&found), sorted(&expected));
    // What one file left out another one has.
    let failed = |assessment: &Value| -> BTreeSet<_> {
        gaps(assessment).into_iter().filter(|(_, reason)| reason != "not_requested").collect()
    };
    assert_eq!(failed(&found), failed(&expected));
    let reason = found["gate"]["reason"].as_str().unwrap();
    assert!(!reason.contains("left out by choice: mysql"), "{}", check.transcript());
    // Without one of them, what rests on it is unknown.
    let part = run(["check", &files[1], &files[2], "--now", NOW, "-o", &output], &[]);
    assert!([1, 3].contains(&part.code), "{}", part.transcript());
    let outcomes = database_outcomes(&assessment(Path::new(&json)), "orders");
    assert!(!outcomes.is_empty() && outcomes.iter().all(|(.., outcome)| outcome == "unknown"), "{outcomes:?}");
}

#[test]
fn the_snapshot_holds_no_secret() {
    let lab = Lab::enter();
    let (run, _) = lab.scan(&[("RUST_LOG", "trace")]);
    let snapshot = std::fs::read_to_string(lab.path("scan.jsonl")).unwrap();
    let json = std::fs::read_to_string(lab.path("scan.json")).unwrap();
    for text in [&snapshot, &json, &run.stdout, &run.stderr] {
        assert!(!text.contains(&lab.env["DB_PASSWORD"]), "the password");
        assert!(!text.contains(&lab.env["AWS_SECRET_ACCESS_KEY"]), "the secret key");
        assert!(!text.contains("$A$005$"), "a hash");
    }
}

#[test]
fn hostile_names_cannot_steer_the_terminal() {
    let lab = Lab::enter();
    let (run, assessment) = lab.scan(&[]);
    let names: Vec<_> = verdicts(&assessment).into_iter().map(|(_, name, _)| name).collect();
    assert!(names.iter().any(|name| name.contains('\u{202e}')), "the lab plants one");
    assert!(run.stdout.contains("\\u{202E}") && !run.stdout.contains('\u{202e}'), "{}", run.stdout);
    let html = lab.path("report.html");
    let snapshot = lab.path("scan.jsonl");
    common::run(["check", &snapshot, "--now", NOW, "-o", &format!("html={html}")], &[]);
    let html = std::fs::read_to_string(html).unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)") && !html.contains("<script>alert"));
}

/// Permissions with rules that cannot do without them, none of whose verdicts may still be firm. Where no rule stands by itself, several
/// are taken away at once: a scan takes seconds. `rds:DescribeDBProxyTargets` is not asked where there is no proxy, as here.
const NEEDED: [(&[&str], &[&str]); 15] = [
    (
        &["rds:DescribeDBClusters"],
        &["net-sg-no-world", "tls-required-by-server", "db-no-anonymous", "tls-cert-chain-trusted"],
    ),
    (&["rds:DescribeDBInstances"], &["net-instance-not-public"]),
    (&["rds:DescribeDBClusterParameters"], &["log-audit-enabled"]),
    (&["rds:DescribeDBSubnetGroups"], &["net-subnet-group-private", "net-not-default-vpc"]),
    (&["rds:DescribeDBClusterSnapshots"], &["data-snapshot-not-public", "data-snapshot-encrypted"]),
    (&["rds:DescribeDBClusterSnapshotAttributes"], &["data-snapshot-not-public", "data-snapshot-sharing-allowlisted"]),
    (&["rds:DescribeDBProxies"], &["tls-proxy-require"]),
    (&["ec2:DescribeVpcs"], &["net-not-default-vpc"]),
    (&["ec2:DescribeRouteTables"], &["net-subnet-group-private"]),
    (&["ec2:DescribeSecurityGroups"], &["net-sg-no-world", "net-sg-no-broad-cidr", "net-sg-not-default"]),
    (&["ec2:DescribeFlowLogs"], &["net-vpc-flow-logs"]),
    (&["iam:GetAccountAuthorizationDetails"], &["iam-no-admin-star", "iam-db-connect-not-wildcard"]),
    (
        &[
            "iam:GetAccountSummary",
            "iam:GetCredentialReport",
            "rds:DescribeEventSubscriptions",
            "rds:DescribeGlobalClusters",
            "cloudtrail:DescribeTrails",
            "logs:DescribeLogGroups",
            "secretsmanager:ListSecrets",
            "ec2:DescribeInstances",
            "ec2:DescribeVpnGateways",
            "organizations:DescribeOrganization",
        ],
        &["iam-root-protected", "iam-user-mfa", "log-event-subscriptions", "log-cloudtrail"],
    ),
    // Without the lists nobody asks for their entries.
    (&["ec2:DescribeManagedPrefixLists", "rds:DescribeDBClusterParameterGroups"], &[]),
    (
        &[
            "rds:DescribeCertificates",
            "rds:DescribeDBParameterGroups",
            "rds:DescribeDBMajorEngineVersions",
            "rds:DescribePendingMaintenanceActions",
            "rds:DescribeDBClusterEndpoints",
            "rds:DescribeDBProxyEndpoints",
            "ec2:DescribeSubnets",
            "ec2:DescribeSecurityGroupRules",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNetworkInterfaces",
            "ec2:GetManagedPrefixListEntries",
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeTransitGatewayAttachments",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcBlockPublicAccessOptions",
            "ec2:DescribeVpcBlockPublicAccessExclusions",
        ],
        &[],
    ),
];

/// Calls that moto denies whatever the policy says: it does not ask for the actions that AWS asks for.
const MOTO_DENIES: [&str; 2] = ["guardduty:ListDetectors", "lambda:ListFunctions"];

#[test]
fn each_missing_permission_is_a_gap_and_turns_verdicts_unknown() {
    let lab = Lab::enter();
    let restore = Restore(&lab, "scanner", vec![]);
    let off = Restore(&lab, "enforce", vec!["off"]);
    for (actions, rules) in NEEDED {
        lab.tool("enforce", &["off"]);
        let without: Vec<_> = actions.iter().flat_map(|action| ["--without", *action]).collect();
        lab.tool("scanner", &without);
        lab.tool("enforce", &["on"]);
        let (run, assessment) = lab.scan_as(lab.scanner(), &[]);
        let denied: BTreeSet<_> = gaps(&assessment).into_iter().filter(|(_, reason)| reason == "denied").collect();
        let denied = denied.into_iter().filter(|(what, _)| !MOTO_DENIES.contains(&what.as_str())).collect::<Vec<_>>();
        let denied: Vec<_> = denied.iter().map(|(what, _)| what.as_str()).collect();
        let mut expected = actions.to_vec();
        expected.sort_unstable();
        assert_eq!(denied, expected, "{}", run.transcript());
        for rule in rules {
            let outcomes: Vec<_> = verdicts(&assessment).into_iter().filter(|(it, ..)| it == rule).collect();
            assert!(!outcomes.is_empty(), "{actions:?}: {rule} has no verdict");
            let firm = outcomes.iter().filter(|(.., outcome)| outcome == "pass" || outcome == "fail");
            assert_eq!(firm.count(), 0, "{actions:?}: {outcomes:?}");
            assert!(outcomes.iter().any(|(.., outcome)| outcome == "unknown"), "{actions:?}: {outcomes:?}");
        }
        assert!(run.code == 1 || run.code == 3 || run.code == 4, "{actions:?}: {}", run.transcript());
    }
    drop((off, restore));
}

#[test]
fn the_published_policy_is_enough() {
    let lab = Lab::enter();
    let _off = Restore(&lab, "enforce", vec!["off"]);
    lab.tool("scanner", &[]);
    lab.tool("enforce", &["on"]);
    let (_, limited) = lab.scan_as(lab.scanner(), &[]);
    let denied = |(what, reason): &(String, String)| reason == "denied" && !MOTO_DENIES.contains(&what.as_str());
    assert!(!gaps(&limited).iter().any(denied), "{:?}", gaps(&limited));
    lab.tool("enforce", &["off"]);
    let (_, full) = lab.scan(&[]);
    // What rests on the calls that moto denies.
    let rest = |rule: &str| rule == "log-guardduty-rds" || rule.starts_with("path-");
    let judged = |assessment: &Value| verdicts(assessment).into_iter().filter(|(it, ..)| !rest(it)).collect::<Vec<_>>();
    assert_eq!(judged(&limited), judged(&full));
}

/// The database rules that need a login.
fn database_outcomes(assessment: &Value, cluster: &str) -> Vec<(String, String, String)> {
    let of_accounts = ["db-no-anonymous", "db-no-empty-password", "db-no-wildcard-host", "db-global-dml-limited"];
    let all = verdicts(assessment).into_iter();
    all.filter(|(rule, name, _)| of_accounts.contains(&rule.as_str()) && name.contains(cluster)).collect()
}

#[test]
fn without_a_login_the_database_is_unknown_by_choice() {
    let lab = Lab::enter();
    let (run, assessment) = lab.scan(&[("AURORA_AUDIT_LOGIN", "")]);
    assert!(gaps(&assessment).contains(&("mysql:login".to_owned(), "not_requested".to_owned())));
    for cluster in ["orders", "shop", "reports"] {
        let outcomes = database_outcomes(&assessment, cluster);
        assert!(!outcomes.is_empty() && outcomes.iter().all(|(.., outcome)| outcome == "unknown"), "{outcomes:?}");
    }
    assert!(
        assessment["gate"]["reason"].as_str().unwrap().contains("left out by choice: mysql"),
        "{}",
        run.transcript()
    );
}

#[test]
fn a_refused_login_is_a_gap_of_its_cluster() {
    let lab = Lab::enter();
    let (_, assessment) = lab.scan(&[("AURORA_AUDIT_DB_PASSWORD", "wrong")]);
    let denied = gaps(&assessment).into_iter().filter(|gap| *gap == ("mysql:login".to_owned(), "denied".to_owned()));
    assert_eq!(denied.count(), 3, "{:?}", gaps(&assessment));
    let outcomes = database_outcomes(&assessment, "orders");
    assert!(!outcomes.is_empty() && outcomes.iter().all(|(.., outcome)| outcome == "unknown"), "{outcomes:?}");
}

#[test]
fn an_unreadable_grant_table_turns_its_cluster_unknown() {
    let lab = Lab::enter();
    let _restore = Restore(&lab, "restore", vec!["shop"]);
    let auditor = format!("'{}'@'127.0.0.1'", lab.env["DB_USER"]);
    lab.sql("shop", &format!("REVOKE SELECT ON mysql.* FROM {auditor};"));
    let (_, assessment) = lab.scan(&[]);
    let outcomes = database_outcomes(&assessment, "shop");
    assert!(!outcomes.is_empty() && outcomes.iter().all(|(.., outcome)| outcome == "unknown"), "{outcomes:?}");
    let others = database_outcomes(&assessment, "orders");
    assert!(others.iter().any(|(.., outcome)| outcome == "pass"), "{others:?}");
}

/// Puts a global variable of a server back.
struct Unset<'a>(&'a Lab, &'static str, &'static str);

impl Drop for Unset<'_> {
    fn drop(&mut self) {
        self.0.sql(self.1, self.2);
    }
}

#[test]
fn a_server_that_cuts_answers_or_pads_names_is_read_whole() {
    let lab = Lab::enter();
    let (_, before) = lab.scan(&[]);
    let _unset = Unset(&lab, "shop", "SET GLOBAL sql_select_limit = DEFAULT, GLOBAL sql_mode = DEFAULT;");
    lab.sql("shop", "SET GLOBAL sql_select_limit = 100, GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH';");
    let (_, after) = lab.scan(&[]);
    assert_eq!((verdicts(&after), gaps(&after)), (verdicts(&before), gaps(&before)));
}

#[test]
fn a_hidden_column_takes_only_its_own_verdicts() {
    let lab = Lab::enter();
    let _restore = Restore(&lab, "restore", vec!["shop"]);
    let auditor = format!("'{}'@'127.0.0.1'", lab.env["DB_USER"]);
    lab.sql(
        "shop",
        &format!(
            "REVOKE SELECT ON mysql.* FROM {auditor}; \
             GRANT SELECT (Host, User, plugin, ssl_type, account_locked) ON mysql.user TO {auditor}; \
             GRANT SELECT ON mysql.role_edges TO {auditor};"
        ),
    );
    let (_, assessment) = lab.scan(&[]);
    let verdicts = verdicts(&assessment);
    assert_eq!(outcome(&verdicts, "db-no-anonymous", "''@'%' on shop"), "fail");
    assert_eq!(outcome(&verdicts, "db-no-empty-password", "'shop_legacy'@'%' on shop"), "unknown");
    assert_eq!(outcome(&verdicts, "db-global-dml-limited", "'shop_ops'@'%' on shop"), "unknown");
}

#[test]
fn a_foreign_authority_is_not_trusted_with_the_password() {
    let lab = Lab::enter();
    let (_, assessment) = lab.scan(&[("AURORA_AUDIT_CA_BUNDLE", "")]);
    let unsafe_logins =
        gaps(&assessment).into_iter().filter(|gap| *gap == ("mysql:login".to_owned(), "unsafe".to_owned()));
    assert_eq!(unsafe_logins.count(), 3, "{:?}", gaps(&assessment));
    let chains: Vec<_> =
        verdicts(&assessment).into_iter().filter(|(rule, ..)| rule == "tls-cert-chain-trusted").collect();
    assert!(chains.iter().all(|(.., outcome)| outcome == "fail" || outcome == "unknown"), "{chains:?}");
    assert!(chains.iter().any(|(.., outcome)| outcome == "fail"), "{chains:?}");
}

#[test]
fn mistakes_are_named_with_their_mend() {
    let lab = Lab::enter();
    let administrator = lab.administrator();
    for (what, args, env, code, expected) in [
        (
            "no credentials",
            &["scan"][..],
            &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")][..],
            4,
            "no AWS credentials",
        ),
        ("no region", &["scan"], &[("AWS_REGION", ""), ("AURORA_AUDIT_REGION", "")], 2, "--region"),
        ("a region without clusters", &["scan", "--region", "eu-west-3"], &[], 4, "right account and regions"),
        ("a refused port", &["scan"], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")], 4, "unreachable"),
        ("no password", &["scan"], &[("AURORA_AUDIT_DB_PASSWORD", "")], 2, "AURORA_AUDIT_DB_PASSWORD"),
        ("no such bundle", &["scan", "--ca-bundle", "/nonexistent.pem"], &[], 2, "/nonexistent.pem"),
        ("a bad redirection", &["scan", "--connect-to", "a:1"], &[], 2, "HOST:PORT:ADDR:PORT"),
    ] {
        let run = lab.collect_as(administrator, &[args, &["--fail-on", "never", "--now", NOW]].concat(), env);
        assert_eq!(run.code, code, "{what}: {}", run.transcript());
        assert!(format!("{}{}", run.stdout, run.stderr).contains(expected), "{what}: {}", run.transcript());
        assert!(!run.stderr.contains("panicked"), "{what}: {}", run.transcript());
    }
}

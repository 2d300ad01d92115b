//! Logins by secrets of Secrets Manager, and databases read by the RDS Data API: AWS is the stand-in, the database a real server of
//! the lab.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod common;
mod standin;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use common::{Run, run};
use serde_json::{Value, json};
use standin::estate::Estate;
use standin::{Behaviour, Databases, Standin};
use tempfile::TempDir;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const CLUSTER: &str = "arn:aws:rds:eu-west-1:123456789012:cluster:orders";
/// The one that the estate says RDS keeps for the cluster's master user.
const MASTER: &str =
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9-AbCdEf";
const NARROW: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:narrow-AbCdEf";
const ODD: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:odd-AbCdEf";

struct Lab {
    env: BTreeMap<String, String>,
    aws: Standin,
    folder: TempDir,
}

impl Lab {
    fn enter() -> Self {
        Self::with(Databases::default())
    }

    fn with(databases: Databases) -> Self {
        Self::of(databases, "aurora-mysql")
    }

    fn of(databases: Databases, engine: &str) -> Self {
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let env: BTreeMap<String, String> =
            pairs.map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned())).collect();
        let ways: Vec<Vec<_>> = env["CONNECT_TO"].split(' ').map(|way| way.split(':').collect()).collect();
        let host = |begin: &str| ways.iter().find(|way| way[0].starts_with(begin)).unwrap()[0].to_owned();
        let port = ways.iter().find(|way| way[0].starts_with("orders-1.")).unwrap()[3].to_owned();
        let mut estate = Estate::clean(&[ACCOUNT], &[REGION]);
        let cluster = &mut estate.at(ACCOUNT, REGION, "rds:DescribeDBClusters")["DBClusters"][0];
        cluster["Engine"] = engine.into();
        cluster["Endpoint"] = host("orders.cluster-j").into();
        cluster["ReaderEndpoint"] = host("orders.cluster-ro").into();
        let instances = &mut estate.at(ACCOUNT, REGION, "rds:DescribeDBInstances")["DBInstances"];
        for (number, name) in ["orders-1.", "orders-2."].into_iter().enumerate() {
            instances[number]["Endpoint"]["Address"] = host(name).into();
        }
        let secret = |user: &str| json!({"username": user, "password": env["DB_PASSWORD"]}).to_string();
        let estate = estate
            .secret(ACCOUNT, REGION, MASTER, &secret(&env["DB_USER"]))
            .secret(ACCOUNT, REGION, NARROW, &secret("narrow"))
            .secret(ACCOUNT, REGION, ODD, &env["DB_PASSWORD"]);
        let login = |user: &str| (user.to_owned(), env["DB_PASSWORD"].clone());
        let databases = Databases {
            tool: format!("{}/tests/lab/data_api", common::root().display()),
            lab: env["LAB_DIR"].clone(),
            servers: BTreeMap::from([(CLUSTER.to_owned(), ("orders".to_owned(), port))]),
            logins: BTreeMap::from([(MASTER.to_owned(), login(&env["DB_USER"])), (NARROW.to_owned(), login("narrow"))]),
            ..databases
        };
        Self { aws: Standin::with(estate, databases), env, folder: TempDir::new().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Run {
        let of_aws = self.aws.env(ACCOUNT);
        let mut env: Vec<(&str, &str)> = of_aws.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        env.extend([
            ("AURORA_AUDIT_RATE", "0"),
            ("AURORA_AUDIT_REGION", REGION),
            ("AURORA_AUDIT_CONNECT_TO", &self.env["CONNECT_TO"]),
            ("AURORA_AUDIT_CA_BUNDLE", &self.env["CA_BUNDLE"]),
            ("RUST_LOG", "trace"),
        ]);
        let run = run(args, &env);
        let shown = run.transcript();
        assert!(!shown.contains(&self.env["DB_PASSWORD"]), "the password is shown: {args:?}");
        run
    }

    /// Collects the databases alone; the exit code, and the records.
    fn collect(&self, args: &[&str]) -> (i32, Vec<Value>) {
        let path = self.folder.path().join("snapshot.jsonl").display().to_string();
        let run = self.run(&[&["collect", "-vvv", "--collectors", "mysql", "-o", &path], args].concat());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", run.transcript()));
        assert!(!text.contains(&self.env["DB_PASSWORD"]), "the password is in the snapshot");
        (run.code, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// How often an action was asked.
    fn asked(&self, action: &str) -> usize {
        self.aws.asked().iter().filter(|asked| asked.action == action).count()
    }

    fn tool(&self, name: &str, input: &str) {
        let tool = format!("{}/{name}", self.env["LAB_TOOLS"]);
        let mut command = Command::new(tool);
        command.arg("orders").env("AURORA_AUDIT_LAB", &self.env["LAB_DIR"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait().unwrap();
        assert!(ended.success() || std::thread::panicking(), "{name}: {input}");
    }
}

/// Puts the server back when a test is over, however it ended.
struct Restore<'a>(&'a Lab);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.tool("restore", "");
        self.0.tool("sql", "FLUSH PRIVILEGES");
    }
}

fn of<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["kind"] == kind).map(|record| &record["data"]).collect()
}

/// What, reason and need of every gap that was not chosen.
fn gaps(records: &[Value]) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let involuntary = of(records, "gap").into_iter().filter(|gap| gap["Reason"] != "not_requested");
    involuntary.map(|gap| (text(&gap["What"]), text(&gap["Reason"]), text(&gap["Needs"]))).collect()
}

/// The records of grant tables, whichever server told them.
fn tables(records: &[Value]) -> Vec<(String, String, Value)> {
    let aside = ["mysql.session", "mysql.global_variables", "mysql.client_connection"];
    let of_tables = records.iter().filter(|record| {
        let kind = record["kind"].as_str().unwrap();
        kind.starts_with("mysql.") && !aside.contains(&kind)
    });
    let bare = |record: &Value| {
        let mut data = record["data"].clone();
        data.as_object_mut().unwrap().remove("Server");
        (record["kind"].as_str().unwrap().to_owned(), record["id"].as_str().unwrap().to_owned(), data)
    };
    of_tables.map(bare).collect()
}

#[test]
fn a_secret_opens_the_databases_and_is_seen_nowhere() {
    let lab = Lab::enter();
    for secret in ["master", MASTER] {
        lab.aws.behave(Behaviour::default());
        let (code, records) = lab.collect(&["--secret", secret]);
        assert_eq!((code, gaps(&records)), (0, BTreeSet::new()), "{secret}");
        assert!(of(&records, "mysql.account").len() > 5, "{secret}");
        assert_eq!(of(&records, "mysql.session")[0]["Ssl_version"], "TLSv1.3");
        assert_eq!(lab.asked("secretsmanager:GetSecretValue"), 1, "{secret}");
        assert_eq!(lab.asked("rds-data:BeginTransaction"), 0, "{secret}");
    }
}

#[test]
fn no_secret_is_read_unless_it_is_chosen() {
    let lab = Lab::enter();
    let (_, records) = lab.collect(&[]);
    assert!(of(&records, "mysql.account").is_empty());
    assert_eq!(lab.asked("secretsmanager:GetSecretValue") + lab.asked("rds-data:BeginTransaction"), 0);
    // Nor where nobody logs in.
    let to = lab.folder.path().join("none.jsonl").display().to_string();
    for args in [&["--collectors", "aws"][..], &["--collectors", "tls", "--probe", "light"]] {
        lab.run(&[&["collect", "-o", &to, "--secret", "master"], args].concat());
        assert_eq!(lab.asked("secretsmanager:GetSecretValue"), 0, "{args:?}");
    }
}

#[test]
fn a_secret_that_cannot_be_used_is_a_gap() {
    let lab = Lab::enter();
    let missing = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:missing-AbCdEf";
    for (secret, reason) in [(missing, "unsupported"), (ODD, "malformed")] {
        let (code, records) = lab.collect(&["--secret", secret]);
        let found = gaps(&records);
        let found: Vec<_> = found.iter().map(|(what, reason, _)| (what.as_str(), reason.as_str())).collect();
        assert_eq!((code, found.as_slice()), (3, &[("mysql:login", reason)][..]), "{secret}");
    }
}

/// The printed policy is enough, and each of its statements is needed by what it is printed for.
#[test]
fn the_printed_statements_are_what_the_logins_need() {
    let lab = Lab::enter();
    let denied = |action: &str| BTreeSet::from([("mysql:login".to_owned(), "denied".to_owned(), action.to_owned())]);
    for (flags, login, needed) in [
        (&["--secret"][..], &["--secret", "master"][..], &["secretsmanager:GetSecretValue"][..]),
        (
            &["--data-api"],
            &["--secret", "master", "--data-api"],
            &["rds-data:BeginTransaction", "rds-data:ExecuteStatement"],
        ),
    ] {
        let printed = lab.run(&[&["permissions", "--policy"], flags].concat());
        let policy: Value = serde_json::from_str(&printed.stdout).unwrap();
        let statements = policy["Statement"].as_array().unwrap().iter();
        let actions: BTreeSet<String> = statements
            .flat_map(|statement| statement["Action"].as_array().unwrap())
            .map(|action| action.as_str().unwrap().to_owned())
            .collect();
        lab.aws.behave(Behaviour { allowed: Some(actions.clone()), ..Behaviour::default() });
        let (_, records) = lab.collect(login);
        assert!(!gaps(&records).iter().any(|(_, reason, _)| reason == "denied"), "{flags:?}: {:?}", gaps(&records));
        assert!(of(&records, "mysql.account").len() > 5, "{flags:?}");
        for action in needed {
            let without = actions.iter().filter(|it| it != action).cloned().collect();
            lab.aws.behave(Behaviour { allowed: Some(without), ..Behaviour::default() });
            let (code, records) = lab.collect(login);
            assert_eq!((code, gaps(&records)), (3, denied(action)), "{flags:?} without {action}");
            assert!(of(&records, "mysql.account").is_empty(), "{flags:?} without {action}");
        }
    }
}

/// More accounts than a page has, some with names that no statement may stumble over.
fn many_accounts(lab: &Lab) {
    let mut statements: Vec<String> =
        ["it''s", "back`tick", "new\\nline", "äö", "percent%_", "\\\\"].map(str::to_owned).into();
    statements.extend((0..600).map(|number| format!("app{number}")));
    let names: Vec<_> = statements.iter().map(|name| format!("'{name}'@'10.%'")).collect();
    let (made, granted) =
        (names.join(", "), names.iter().map(|name| format!("GRANT SELECT, INSERT ON orders.* TO {name}")));
    lab.tool("sql", &format!("CREATE USER {made}; {}", granted.collect::<Vec<_>>().join("; ")));
}

#[test]
fn the_data_api_reads_what_a_connection_reads() {
    let lab = Lab::enter();
    let _restore = Restore(&lab);
    many_accounts(&lab);
    let (code, by_connection) = lab.collect(&["--secret", "master"]);
    assert_eq!((code, gaps(&by_connection)), (0, BTreeSet::new()));
    assert_eq!(lab.asked("rds-data:ExecuteStatement"), 0);
    let (code, by_data_api) = lab.collect(&["--secret", "master", "--data-api"]);
    let (one, other) = (tables(&by_connection), tables(&by_data_api));
    assert!(one.len() > 1200, "{}", one.len());
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
    let statements = lab.asked("rds-data:ExecuteStatement");
    assert!((30..60).contains(&statements), "a statement a call, and a few pages: {statements}");
    let session = of(&by_data_api, "mysql.session")[0];
    assert_eq!((&session["Ssl_version"], &session["ConsistentSnapshot"]), (&Value::Null, &true.into()));
    // The writer alone answers, so that the variables of the instances are missing.
    let instances = gaps(&by_data_api);
    let missing: Vec<_> = instances.iter().map(|(what, reason, _)| (what.as_str(), reason.as_str())).collect();
    assert_eq!((code, missing), (3, vec![("mysql:global_variables", "unsupported")]));
    assert!(lab.aws.databases().all_ended(), "a transaction is left open");
}

#[test]
fn the_instance_that_answers_is_named_and_the_others_are_missed() {
    let lab = Lab::with(Databases { instance: Some("orders-1".to_owned()), ..Databases::default() });
    let (_, records) = lab.collect(&["--secret", "master", "--data-api"]);
    let server = |data: &Value| data["Server"].as_str().unwrap().starts_with("orders-1.");
    assert!(server(of(&records, "mysql.session")[0]) && server(of(&records, "mysql.global_variables")[0]));
    let missing = of(&records, "gap").into_iter().filter(|gap| gap["What"] == "mysql:global_variables");
    let missing: Vec<_> = missing.map(|gap| gap["Target"].as_str().unwrap().split('.').next().unwrap()).collect();
    assert_eq!(missing, ["orders-2"]);
}

/// No secret is read of a cluster that nobody would log in to.
#[test]
fn the_secret_of_another_engine_stays_where_it_is() {
    let lab = Lab::of(Databases::default(), "aurora-postgresql");
    let (code, records) = lab.collect(&["--secret", "master"]);
    let found = gaps(&records).into_iter().map(|(what, reason, _)| (what, reason)).collect::<Vec<_>>();
    assert_eq!((code, found), (3, vec![("mysql:login".to_owned(), "unsupported".to_owned())]));
    assert_eq!(lab.asked("secretsmanager:GetSecretValue"), 0);
}

#[test]
fn a_data_api_login_that_sees_a_part_says_so() {
    let lab = Lab::enter();
    let _restore = Restore(&lab);
    let account = "narrow@'127.0.0.1'";
    let made = format!("CREATE USER {account} IDENTIFIED BY '{}' REQUIRE SSL", lab.env["DB_PASSWORD"]);
    lab.tool("sql", &format!("{made}; GRANT SELECT ON mysql.user TO {account}"));
    let (_, by_connection) = lab.collect(&["--secret", NARROW]);
    let (code, by_data_api) = lab.collect(&["--secret", NARROW, "--data-api"]);
    assert_eq!(code, 3);
    let of_tables = |records: &[Value]| -> BTreeSet<_> {
        gaps(records).into_iter().filter(|(what, ..)| what != "mysql:global_variables").collect()
    };
    assert_eq!(of_tables(&by_data_api), of_tables(&by_connection));
    assert!(of_tables(&by_data_api).iter().any(|(what, reason, _)| what == "mysql:mysql.db" && reason == "denied"));
    assert_eq!(tables(&by_data_api), tables(&by_connection));
}

#[test]
fn a_transaction_that_goes_away_leaves_gaps() {
    for patience in [0, 3, 14] {
        let lab = Lab::with(Databases { patience: Some(patience), ..Databases::default() });
        let (code, records) = lab.collect(&["--secret", "master", "--data-api"]);
        assert_eq!(code, 3, "{patience}");
        let found = gaps(&records);
        assert!(found.iter().any(|(_, reason, _)| reason == "interrupted"), "{patience}: {found:?}");
        let listed = records.iter().filter(|record| record["kind"] == "listing");
        let whole = listed.filter(|record| record["source"] == "mysql:mysql.role_edges").count();
        assert_eq!(whole, 0, "{patience}");
    }
}

#[test]
fn a_cluster_without_the_data_api_is_a_gap() {
    let lab = Lab::enter();
    let other = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:unknown-AbCdEf";
    let (code, records) = lab.collect(&["--secret", other, "--data-api"]);
    let found: Vec<_> = gaps(&records).into_iter().map(|(what, ..)| what).collect();
    assert_eq!((code, found), (3, vec!["mysql:login".to_owned()]));
}

#[test]
fn the_configuration_says_which_login_serves_which_cluster() {
    let lab = Lab::enter();
    let file = lab.folder.path().join("aurora-audit.toml");
    let password = lab.folder.path().join("password");
    std::fs::write(&password, format!("{}\n", lab.env["DB_PASSWORD"])).unwrap();
    let user = &lab.env["DB_USER"];
    let by_file = format!("login = \"{user}\"\npassword-file = \"password\"\n");
    for (text, reads, secrets) in [
        ("[[credentials]]\ntag = \"team=orders\"\nsecret = \"master\"\n".to_owned(), true, 1),
        (format!("[[credentials]]\nclusters = [\"ord*\"]\n{by_file}"), true, 0),
        (format!("[[credentials]]\nclusters = [\"{CLUSTER}\"]\n{by_file}"), true, 0),
        (
            format!(
                "[[credentials]]\nclusters = [\"shop\"]\n{by_file}[[credentials]]\ntag = \"team\"\nsecret = \"{MASTER}\"\n"
            ),
            true,
            1,
        ),
        (format!("[[credentials]]\nclusters = [\"shop\"]\n{by_file}"), false, 0),
        (format!("[[credentials]]\ntag = \"team=shop\"\n{by_file}"), false, 0),
    ] {
        std::fs::write(&file, &text).unwrap();
        lab.aws.behave(Behaviour::default());
        let (_, records) = lab.collect(&["--config", &file.display().to_string()]);
        assert_eq!(!of(&records, "mysql.account").is_empty(), reads, "{text}");
        assert_eq!(lab.asked("secretsmanager:GetSecretValue"), secrets, "{text}");
        let without = of(&records, "gap").into_iter().filter(|gap| gap["What"] == "mysql:login").count();
        assert_eq!(without, usize::from(!reads), "{text}");
    }
}

/// The databases behind the stand-in are not our own wish: boto3 reads what they answer, and botocore's models say that it is AWS's.
#[test]
fn boto3_understands_every_answer() {
    let lab = Lab::enter();
    let begun = json!({"resourceArn": CLUSTER, "secretArn": MASTER});
    let with = |more: Value| {
        let mut parameters = begun.clone();
        parameters["transactionId"] = "transaction-0".into();
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let sql = "SELECT 1 AS a, NULL AS b, 'x' AS c, 1.5e0 AS d, CAST('x' AS BINARY) AS e, 1.25 AS f, With_grant FROM mysql.proxies_priv";
    let calls = json!([
        ["secretsmanager", "GetSecretValue", {"SecretId": MASTER}],
        ["rds-data", "BeginTransaction", begun],
        ["rds-data", "ExecuteStatement", with(json!({"sql": sql, "includeResultMetadata": true}))],
        ["rds-data", "RollbackTransaction", with(json!({}))],
    ]);
    let output = Command::new(format!("{}/venv/bin/python", lab.env["LAB_DIR"]))
        .arg(common::root().join("tests/lab/standin.py"))
        .args([&lab.aws.url, &standin::estate::key_of(ACCOUNT), &calls.to_string()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AURORA_AUDIT_LAB", &lab.env["LAB_DIR"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "4");
}

#[test]
fn a_plan_names_the_calls_of_logins_and_makes_none() {
    let lab = Lab::enter();
    for (args, secret, data_api) in [
        (&[][..], false, false),
        (&["--secret", "master"], true, false),
        (&["--secret", "master", "--data-api"], false, true),
    ] {
        let plan = lab.run(&[&["scan", "--plan"], args].concat()).stdout;
        assert_eq!(plan.contains("secretsmanager:GetSecretValue"), secret, "{args:?}: {plan}");
        assert_eq!(plan.contains("rds-data:ExecuteStatement"), data_api, "{args:?}: {plan}");
    }
    assert_eq!(lab.aws.asked(), []);
}

#[test]
fn what_contradicts_itself_is_refused_before_anything_is_asked() {
    let lab = Lab::enter();
    let file = lab.folder.path().join("aurora-audit.toml");
    let config = file.display().to_string();
    std::fs::write(&file, "[[credentials]]\ntag = \"t\"\nlogin = \"a\"\npassword-env = \"NOT_THERE\"\n").unwrap();
    for (args, says) in [
        (&["--data-api"][..], "--secret master"),
        (&["--secret", "master", "--iam"], "cannot be used with"),
        (&["--secret", "master", "--password-file", "x"], "cannot be used with"),
        (&["--config", &config], "aurora-audit.toml:1: the variable `NOT_THERE` is not set"),
    ] {
        let to = lab.folder.path().join("none.jsonl").display().to_string();
        let run = lab.run(&[&["collect", "-o", &to], args].concat());
        assert!(run.code == 2 && run.stderr.contains(says), "{args:?}: {}", run.transcript());
    }
    assert_eq!(lab.aws.asked(), []);
}

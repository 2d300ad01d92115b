//! Servers of the lab that are read alone, by their address, with no AWS around them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use common::run;
use serde_json::Value;
use tempfile::TempDir;

struct Lab(BTreeMap<String, String>);

impl Lab {
    fn enter() -> Self {
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned())).collect())
    }

    /// Collects from one server; the exit code and the records by kind.
    fn collect(&self, endpoint: &str) -> (i32, BTreeMap<String, Vec<Value>>) {
        let folder = TempDir::new().unwrap();
        let snapshot = folder.path().join("one.jsonl").display().to_string();
        let env = [
            ("AURORA_AUDIT_CONNECT_TO", self.0["CONNECT_TO"].as_str()),
            ("AURORA_AUDIT_CA_BUNDLE", self.0["CA_BUNDLE"].as_str()),
            ("AURORA_AUDIT_DB_PASSWORD", self.0["DB_PASSWORD"].as_str()),
            ("RUST_LOG", "trace"),
        ];
        let run = run(["collect", "--endpoint", endpoint, "--login", &self.0["DB_USER"], "-o", &snapshot], &env);
        let text = std::fs::read_to_string(&snapshot).unwrap_or_else(|_| panic!("{}", run.transcript()));
        for shown in [&text, &run.stdout, &run.stderr] {
            assert!(!shown.contains(&self.0["DB_PASSWORD"]) && !shown.contains("\"*"), "a password or a hash is shown");
        }
        let mut kinds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            kinds.entry(line["kind"].as_str().unwrap().to_owned()).or_default().push(line["data"].clone());
        }
        (run.code, kinds)
    }

    /// Scans one server; the exit code, what was said, and the assessment.
    fn scan(&self, endpoint: &str, login: &str) -> (i32, String, Value) {
        let folder = TempDir::new().unwrap();
        let (snapshot, json) = (folder.path().join("one.jsonl"), folder.path().join("one.json"));
        let env = [
            ("AURORA_AUDIT_CONNECT_TO", self.0["CONNECT_TO"].as_str()),
            ("AURORA_AUDIT_CA_BUNDLE", self.0["CA_BUNDLE"].as_str()),
            ("AURORA_AUDIT_DB_PASSWORD", self.0["DB_PASSWORD"].as_str()),
        ];
        let (to, output) = (snapshot.display().to_string(), format!("json={}", json.display()));
        let gate = if login == self.0["DB_USER"] { "high" } else { "never" };
        let scan = ["scan", "--endpoint", endpoint, "--login", login, "--snapshot", &to, "--fail-on", gate];
        let scanned = run(scan.iter().chain(&["-o", &output, "-o", "text=-"]), &env);
        assert!(json.exists(), "{}", scanned.transcript());
        let assessment = common::assessment(&json);
        let check = run(["check", &to, "--fail-on", gate], &[]);
        assert_eq!(check.code, scanned.code, "{}", check.transcript());
        (scanned.code, scanned.transcript(), assessment)
    }

    fn tool(&self, name: &str, server: &str, input: &str) {
        let tool = format!("{}/{name}", self.0["LAB_TOOLS"]);
        let mut command = Command::new(tool);
        command.arg(server).env("AURORA_AUDIT_LAB", &self.0["LAB_DIR"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait().unwrap();
        assert!(ended.success() || std::thread::panicking(), "{name} {server}: {input}");
    }
}

/// Every verdict on the subjects of a kind.
fn on<'a>(assessment: &'a Value, kind: &str) -> Vec<(&'a str, &'a str, &'a str)> {
    let text = |value: &'a Value| value.as_str().unwrap();
    let verdicts = assessment["verdicts"].as_array().unwrap().iter().filter(|it| it["subject"]["kind"] == kind);
    verdicts.map(|it| (text(&it["rule"]), text(&it["subject"]["name"]), text(&it["outcome"]))).collect()
}

#[test]
fn a_server_alone_is_assessed() {
    let lab = Lab::enter();
    let socket = format!("unix:{}", lab.0["MYSQL56_SOCKET"]);
    for (endpoint, shown, expected) in [
        (
            &lab.0["MARIADB_ENDPOINT"],
            "mariadb.lab.example:3306",
            &[
                ("db-definer-privileged", "", "fail"),
                ("db-server-variables-safe", "", "fail"),
                ("db-no-wildcard-host", "'crm_app'@'%' on ", "fail"),
                ("db-user-tls-required", "'crm_app'@'%' on ", "pass"),
                ("db-grants-flushed", "'crm_app'@'%' on ", "not_applicable"),
                ("tls-cert-chain-trusted", "", "pass"),
                ("tls-cert-name-matches-endpoint", "", "pass"),
                ("tls-probe-plaintext-refused", "", "fail"),
            ][..],
        ),
        (
            &socket,
            socket.as_str(),
            &[
                ("db-definer-privileged", "", "fail"),
                ("db-create-user-limited", "'ledger_admin'@'10.%' on ", "fail"),
                ("db-create-user-limited", "'ledger_app'@'%' on ", "pass"),
                ("db-grants-flushed", "'ledger_app'@'%' on ", "pass"),
            ],
        ),
        (
            &lab.0["MYSQL56_ENDPOINT"],
            "mysql56.lab.example:3306",
            &[
                ("tls-probe-min-version", "", "fail"),
                ("db-no-anonymous", "all accounts of ", "unknown"),
                ("db-server-variables-safe", "", "unknown"),
            ],
        ),
    ] {
        let (code, text, assessment) = lab.scan(endpoint, &lab.0["DB_USER"]);
        assert_eq!(code, 1, "{text}");
        let summary = &assessment["summary"];
        assert_eq!((&summary["clusters"], &summary["servers"]), (&0.into(), &1.into()), "{text}");
        let kinds = ["database_account", "database_server", "endpoint"];
        let subjects =
            assessment["verdicts"].as_array().unwrap().iter().map(|it| it["subject"]["kind"].as_str().unwrap());
        assert!(subjects.clone().all(|kind| kinds.contains(&kind)), "AWS was not asked: {text}");
        let reason = assessment["gate"]["reason"].as_str().unwrap();
        assert!(reason.contains("left out by choice: aws"), "{reason}");
        let verdicts: Vec<_> = kinds.iter().flat_map(|kind| on(&assessment, kind)).collect();
        for (rule, name, outcome) in expected {
            let name = format!("{name}{shown}");
            assert!(verdicts.contains(&(rule, &name, outcome)), "{rule} of {name}: {outcome}: {verdicts:?}");
        }
        assert!(verdicts.iter().all(|(_, name, _)| name.contains(shown)), "{verdicts:?}");
    }
}

/// Rules that need more of the grant tables than the accounts.
const OVER_GRANTS: [&str; 8] = [
    "db-admin-privs-limited",
    "db-aws-service-privs-limited",
    "db-global-dml-limited",
    "db-grant-option-limited",
    "db-kill-procedures-limited",
    "db-process-file-limited",
    "db-superuser-role-limited",
    "db-system-schema-limited",
];

#[test]
fn a_login_that_sees_a_part_is_never_told_that_all_is_well() {
    let lab = Lab::enter();
    let _restore = Restore(&lab, "orders");
    let account = "narrow@'127.0.0.1'";
    let made = format!("CREATE USER {account} IDENTIFIED BY '{}' REQUIRE SSL", lab.0["DB_PASSWORD"]);
    lab.tool("sql", "orders", &made);
    let endpoint = "mysql://orders-1.aaaaaaaaaa.us-east-1.rds.amazonaws.com:3306";
    let accounts = |assessment: &Value| {
        let names = on(assessment, "database_account").into_iter().map(|(_, name, _)| name.to_owned());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    for (grant, all_are_seen) in [
        ("SELECT ON orders.purchase", false),
        ("SELECT (Host, User) ON mysql.user", true),
        ("SELECT ON mysql.user", true),
        ("SELECT ON mysql.db", true),
    ] {
        lab.tool("sql", "orders", &format!("GRANT {grant} TO {account}"));
        let (code, text, assessment) = lab.scan(endpoint, "narrow");
        assert_eq!((code, &assessment["gate"]["result"]), (3, &"incomplete".into()), "{grant}: {text}");
        assert!(text.contains("Incomplete: "), "{grant}: {text}");
        assert!(assessment["summary"]["involuntary_gaps"].as_u64() > Some(0), "{grant}: {text}");
        let verdicts = on(&assessment, "database_account");
        let passed = verdicts.iter().filter(|(rule, _, outcome)| OVER_GRANTS.contains(rule) && *outcome == "pass");
        assert_eq!(passed.count(), 0, "{grant}: {verdicts:?}");
        let unknown = verdicts.iter().filter(|(rule, _, outcome)| OVER_GRANTS.contains(rule) && *outcome == "unknown");
        assert!(unknown.count() >= OVER_GRANTS.len(), "{grant}: {verdicts:?}");
        let names = accounts(&assessment);
        assert_eq!(names.len() > 5, all_are_seen, "{grant}: {names:?}");
        assert_eq!(names.iter().any(|name| name.starts_with("all accounts of ")), !all_are_seen, "{grant}: {names:?}");
    }
}

/// The record whose fields have these values.
fn one<'a>(records: &'a [Value], fields: &[(&str, &str)]) -> &'a Value {
    let fits = |record: &&Value| fields.iter().all(|(key, value)| record[*key] == *value);
    records.iter().find(fits).unwrap_or_else(|| panic!("{fields:?} in {records:?}"))
}

#[test]
fn mariadb_is_read_with_its_roles() {
    let lab = Lab::enter();
    let (code, kinds) = lab.collect(&lab.0["MARIADB_ENDPOINT"]);
    assert_eq!(code, 0, "{:?}", kinds.get("gap"));
    let session = &kinds["mysql.session"][0];
    assert_eq!((&session["Flavour"], &session["Ssl_version"]), (&"mariadb".into(), &"TLSv1.3".into()));
    let accounts = &kinds["mysql.account"];
    for (user, key, expected) in [
        ("crm_reader", "is_role", Value::from(true)),
        ("PUBLIC", "is_role", true.into()),
        ("crm_app", "is_role", false.into()),
        ("crm_app", "ssl_type", "ANY".into()),
        ("crm_locked", "account_locked", true.into()),
        ("twin", "password_is_user_name", true.into()),
        ("crm_twin", "password_is_user_name", false.into()),
        ("twin", "same_password_as", vec!["'crm_twin'@'10.%'"].into()),
        ("crm_either", "auth_or", vec!["mysql_native_password", "unix_socket"].into()),
        ("auditor", "Privileges", vec!["SHOW DATABASES", "SHOW VIEW"].into()),
    ] {
        assert_eq!(one(accounts, &[("User", user)])[key], expected, "{key} of {user}");
    }
    let edge = one(&kinds["mysql.role_edge"], &[("FROM_USER", "crm_reader"), ("TO_USER", "crm_writer")]);
    assert_eq!((&edge["FROM_HOST"], &edge["WITH_ADMIN_OPTION"]), (&"".into(), &false.into()));
    one(&kinds["mysql.default_role"], &[("USER", "crm_app"), ("DEFAULT_ROLE_USER", "crm_writer")]);
    one(&kinds["mysql.definer"], &[("OBJECT_TYPE", "PROCEDURE"), ("DEFINER", "rdsadmin@localhost")]);
    one(&kinds["mysql.definer"], &[("OBJECT_TYPE", "VIEW"), ("SECURITY_TYPE", "DEFINER")]);
}

/// Puts a server back when a test is over, however it ended.
struct Restore<'a>(&'a Lab, &'static str);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.tool("restore", self.1, "");
        self.0.tool("sql", self.1, "FLUSH PRIVILEGES");
    }
}

#[test]
fn grants_that_were_written_and_not_flushed_are_told() {
    let lab = Lab::enter();
    let socket = format!("unix:{}", lab.0["MYSQL56_SOCKET"]);
    let unflushed = |kinds: &BTreeMap<String, Vec<Value>>| {
        let accounts = kinds["mysql.account"].iter().filter(|account| account["Unflushed"] == true);
        accounts.map(|account| account["User"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (code, before) = lab.collect(&socket);
    assert_eq!((code, unflushed(&before)), (0, Vec::new()), "{:?}", before.get("gap"));
    assert_eq!(one(&before["mysql.account"], &[("User", "twin")])["password_is_user_name"], true);
    assert!(before["mysql.session"][0]["Ssl_version"].is_null(), "a socket has no TLS");
    let _restore = Restore(&lab, "mysql56");
    let written = "UPDATE mysql.user SET Super_priv = 'Y' WHERE User = 'ledger_app'; \
                   DELETE FROM mysql.user WHERE User = 'ledger_twin'; \
                   INSERT INTO mysql.db (Host, Db, User, Drop_priv) VALUES ('%', 'mysql', 'twin', 'Y')";
    lab.tool("sql", "mysql56", written);
    let (_, after) = lab.collect(&socket);
    assert_eq!(unflushed(&after), ["ledger_app", "ledger_twin", "twin"]);
    let (_, text, assessment) = lab.scan(&socket, &lab.0["DB_USER"]);
    let found = on(&assessment, "database_account").into_iter();
    let found = found.filter(|(rule, _, outcome)| *rule == "db-grants-flushed" && *outcome == "fail");
    let found: Vec<_> = found.map(|(_, name, _)| name.split(" on ").next().unwrap().to_owned()).collect();
    assert_eq!(found, ["'ledger_app'@'%'", "'ledger_twin'@'%'", "'twin'@'%'"], "{text}");
    lab.tool("sql", "mysql56", "FLUSH PRIVILEGES");
    assert!(unflushed(&lab.collect(&socket).1).is_empty());
}

#[test]
fn tls_that_is_too_old_gets_no_password() {
    let lab = Lab::enter();
    let (code, kinds) = lab.collect(&lab.0["MYSQL56_ENDPOINT"]);
    let login = one(&kinds["gap"], &[("What", "mysql:login")]);
    assert_eq!((code, &login["Reason"]), (3, &"unsafe".into()), "{login}");
    assert!(login["Message"].as_str().unwrap().ends_with("TLS too old to log in safely"), "{login}");
    assert!(!kinds.contains_key("mysql.account"));
}

/// What `permissions --sql` prints for a version, as statements to run: comments and marks are the reader's business.
fn printed(kind: &str, version: &str, user: &str, host: &str, password: &str) -> String {
    let args = ["permissions", "--sql", kind, "--server-version", version, "--user", user, "--host", host];
    let printed = run(args, &[]);
    assert_eq!(printed.code, 0, "{}", printed.transcript());
    assert!(!printed.stdout.contains("GRANT ALL") && !printed.stdout.contains("GRANT OPTION"), "{}", printed.stdout);
    printed
        .stdout
        .replace("<password>", &format!("'{password}'"))
        .replace("BY RANDOM PASSWORD", &format!("BY '{password}'"))
        // No server here has AWS's plugin: the grants are what is tried.
        .replace("WITH AWSAuthenticationPlugin AS 'RDS'", &format!("BY '{password}'"))
}

/// Nobody is to be given what shows all triggers and events.
const BY_DESIGN: [&str; 2] = ["mysql:definers.TRIGGER", "mysql:definers.EVENT"];

/// The printed accounts, made on real servers, see what they are printed for and nothing of the data.
#[test]
fn the_printed_accounts_are_enough() {
    let lab = Lab::enter();
    let password = lab.0["DB_PASSWORD"].clone();
    let orders = "mysql://orders-1.aaaaaaaaaa.us-east-1.rds.amazonaws.com:3306".to_owned();
    let (mariadb, socket) = (lab.0["MARIADB_ENDPOINT"].clone(), format!("unix:{}", lab.0["MYSQL56_SOCKET"]));
    let of_hashes = [
        "mysql:mysql.user.Unflushed",
        "mysql:mysql.user.authentication_string_empty",
        "mysql:mysql.user.password_format",
        "mysql:mysql.user.password_is_user_name",
        "mysql:mysql.user.same_password_as",
    ];
    for (server, endpoint, version, host, kind, lacks) in [
        ("orders", &orders, "9.7.4", "127.0.0.1", "iam", &[][..]),
        ("orders", &orders, "9.7.4", "127.0.0.1", "password", &[]),
        ("orders", &orders, "9.7.4", "127.0.0.1", "hash-blind", &of_hashes),
        ("mysql56", &socket, "5.6.24", "localhost", "iam", &[]),
        ("mysql56", &socket, "5.6.24", "localhost", "password", &[]),
        ("mysql56", &socket, "5.6.24", "localhost", "hash-blind", &of_hashes),
        ("mariadb", &mariadb, "10.11.19", "127.0.0.1", "iam", &[]),
        ("mariadb", &mariadb, "10.11.19", "127.0.0.1", "password", &[]),
    ] {
        let _restore = Restore(&lab, server);
        let made = printed(kind, version, "printed", host, &password);
        // The oldest server is reached by its socket alone, where there is no TLS.
        let made = if server == "mysql56" { made.replace(" REQUIRE SSL", "") } else { made };
        lab.tool("sql", server, &made);
        let folder = TempDir::new().unwrap();
        let snapshot = folder.path().join("one.jsonl").display().to_string();
        let env = [
            ("AURORA_AUDIT_CONNECT_TO", lab.0["CONNECT_TO"].as_str()),
            ("AURORA_AUDIT_CA_BUNDLE", lab.0["CA_BUNDLE"].as_str()),
            ("AURORA_AUDIT_DB_PASSWORD", password.as_str()),
        ];
        let args = ["collect", "--endpoint", endpoint, "--collectors", "mysql", "--login", "printed", "-o", &snapshot];
        let collected = run(args, &env);
        let text = std::fs::read_to_string(&snapshot).unwrap();
        let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let gaps = records.iter().filter(|it| it["kind"] == "gap" && it["data"]["Reason"] != "not_requested");
        let gaps: Vec<_> = gaps.map(|gap| gap["data"]["What"].as_str().unwrap()).collect();
        let gaps: std::collections::BTreeSet<_> = gaps.into_iter().filter(|what| !BY_DESIGN.contains(what)).collect();
        assert_eq!(gaps, lacks.iter().copied().collect(), "{server} {kind}: {}", collected.transcript());
        let accounts = records.iter().filter(|it| it["kind"] == "mysql.account").count();
        assert!(accounts > 3, "{server} {kind}: {accounts}");
        // Of data it sees nothing: a role that may read tables would be shown their names.
        let own = records.iter().find(|it| it["kind"] == "mysql.account" && it["data"]["User"] == "printed").unwrap();
        let held: Vec<_> =
            own["data"]["Privileges"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert!(held.iter().all(|word| word.starts_with("SHOW ")), "{server} {kind}: {held:?}");
    }
}

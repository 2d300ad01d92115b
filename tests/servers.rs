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

    fn tool(&self, name: &str, server: &str, input: &str) {
        let tool = format!("{}/{name}", self.0["LAB_TOOLS"]);
        let mut child = Command::new(tool).arg(server).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{name} {server}: {input}");
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
    lab.tool("sql", "mysql56", "FLUSH PRIVILEGES");
    assert!(unflushed(&lab.collect(&socket).1).is_empty());
}

#[test]
fn tls_that_is_too_old_gets_no_password() {
    let lab = Lab::enter();
    let (code, kinds) = lab.collect(&lab.0["MYSQL56_ENDPOINT"]);
    let login = one(&kinds["gap"], &[("What", "mysql:login")]);
    assert_eq!((code, &login["Reason"]), (3, &"unsafe".into()), "{login}");
    assert!(!kinds.contains_key("mysql.account"));
}

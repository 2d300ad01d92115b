//! What goes wrong between the program and a real server: connections that break at any point, names that nobody should give an
//! account, and grant tables that were written by hand.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Run, run};
use serde_json::Value;
use tempfile::TempDir;

struct Lab {
    env: BTreeMap<String, String>,
    folder: TempDir,
}

impl Lab {
    fn enter() -> Self {
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let env = pairs.map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned())).collect();
        Self { env, folder: TempDir::new().unwrap() }
    }

    fn snapshot(&self) -> String {
        self.folder.path().join("one.jsonl").display().to_string()
    }

    /// Name and loopback port of a server.
    fn server(&self, begins: &str) -> (&str, u16) {
        let way = self.env["CONNECT_TO"].split(' ').find(|way| way.starts_with(begins)).unwrap();
        let parts: Vec<_> = way.split(':').collect();
        (parts[0], parts[3].parse().unwrap())
    }

    /// Collects from a server behind this port.
    fn collect(&self, host: &str, port: u16) -> (Run, BTreeMap<String, Vec<Value>>) {
        let way = format!("{host}:3306:127.0.0.1:{port}");
        let env = [
            ("AURORA_AUDIT_CONNECT_TO", way.as_str()),
            ("AURORA_AUDIT_CA_BUNDLE", &self.env["CA_BUNDLE"]),
            ("AURORA_AUDIT_DB_PASSWORD", &self.env["DB_PASSWORD"]),
        ];
        let endpoint = format!("mysql://{host}:3306");
        let snapshot = self.snapshot();
        let args = ["collect", "--endpoint", &endpoint, "--collectors", "mysql", "--login", &self.env["DB_USER"]];
        let run = run(args.iter().chain(&["-o", &snapshot]), &env);
        let text = std::fs::read_to_string(&snapshot).unwrap_or_else(|_| panic!("{}", run.transcript()));
        for shown in [&text, &run.stdout, &run.stderr] {
            assert!(!shown.contains(&self.env["DB_PASSWORD"]), "the password is shown");
        }
        let mut kinds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            kinds.entry(line["kind"].as_str().unwrap().to_owned()).or_default().push(line["data"].clone());
        }
        (run, kinds)
    }

    /// The document of `privileges`, and the table for people.
    fn privileges(&self) -> (Value, String) {
        let snapshot = self.snapshot();
        let json = run(["privileges", &snapshot, "--format", "json"], &[]);
        let text = run(["privileges", &snapshot], &[]);
        assert_eq!((json.code, text.code), (0, 0), "{}", json.transcript());
        (serde_json::from_str(&json.stdout).unwrap(), text.stdout)
    }

    fn tool(&self, name: &str, server: &str, input: &str) {
        let mut command = Command::new(format!("{}/{name}", self.env["LAB_TOOLS"]));
        command.arg(server).env("AURORA_AUDIT_LAB", &self.env["LAB_DIR"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait().unwrap();
        assert!(ended.success() || std::thread::panicking(), "{name} {server}: {input}");
    }
}

/// Puts a server back when a test is over, however it ended.
struct Restore<'a>(&'a Lab, &'static str, &'static str);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let Self(lab, server, before) = self;
        if !before.is_empty() {
            lab.tool("sql", server, before);
        }
        lab.tool("restore", server, "");
        lab.tool("sql", server, "FLUSH PRIVILEGES");
    }
}

/// A way to a server that ends, or falls silent, when so many bytes have come from it.
fn cut_after(port: u16, bytes: usize, silent: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            std::thread::spawn(move || forward(near, port, bytes, silent));
        }
    });
    own
}

fn forward(near: TcpStream, port: u16, mut left: usize, silent: bool) {
    let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut to, mut from) = (far.try_clone().unwrap(), near.try_clone().unwrap());
    std::thread::spawn(move || _ = std::io::copy(&mut from, &mut to));
    let (mut far, mut near) = (far, near);
    let mut buffer = [0; 4096];
    while left > 0 {
        let most = buffer.len().min(left);
        let Ok(count @ 1..) = far.read(&mut buffer[..most]) else { break };
        if near.write_all(&buffer[..count]).is_err() {
            break;
        }
        left -= count;
    }
    if silent {
        std::thread::sleep(Duration::from_secs(90));
    }
    _ = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
}

#[test]
fn a_server_that_is_gone_in_the_middle_leaves_gaps_and_no_listing_that_was_not_read() {
    let lab = Lab::enter();
    let (host, port) = lab.server("orders-1.");
    let (whole, kinds) = lab.collect(host, port);
    assert_eq!(whole.code, 0, "{}", whole.transcript());
    let listed = |kinds: &BTreeMap<String, Vec<Value>>| kinds.get("listing").map_or(0, Vec::len);
    let all = listed(&kinds);
    let mut seen = BTreeSet::new();
    // Within the greeting, the handshake, the login, the first round trip and the second.
    for bytes in [0, 3, 60, 500, 2_000, 3_000, 20_000, 40_000, 44_000, 46_000, 48_000, 50_000, 54_000] {
        let start = Instant::now();
        let (run, kinds) = lab.collect(host, cut_after(port, bytes, false));
        assert!(start.elapsed() < Duration::from_secs(30), "{bytes}");
        let gaps = kinds.get("gap").map_or(&[][..], Vec::as_slice);
        let involuntary = gaps.iter().filter(|gap| gap["Reason"] != "not_requested").count();
        if run.code == 0 {
            assert_eq!((involuntary, listed(&kinds)), (0, all), "{bytes}: nothing was cut");
            seen.insert("whole");
            continue;
        }
        assert!(run.code == 3 && involuntary > 0 && listed(&kinds) < all, "{bytes}: {}", run.transcript());
        let reasons: BTreeSet<_> = gaps.iter().map(|gap| gap["Reason"].as_str().unwrap()).collect();
        assert!(
            reasons.iter().any(|it| ["unreachable", "interrupted", "malformed"].contains(it)),
            "{bytes}: {reasons:?}"
        );
        seen.insert(if kinds.contains_key("mysql.session") { "in the tables" } else { "before the tables" });
    }
    assert!(seen.contains("before the tables") && seen.contains("in the tables"), "{seen:?}");
}

#[test]
fn a_server_that_falls_silent_is_not_waited_for() {
    let lab = Lab::enter();
    let (host, port) = lab.server("orders-1.");
    let start = Instant::now();
    let (run, kinds) = lab.collect(host, cut_after(port, 60, true));
    assert!(run.code == 3 && start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    let login = kinds["gap"].iter().find(|gap| gap["What"] == "mysql:login").unwrap();
    assert_eq!(login["Reason"], "timeout");
}

/// Names that break out of whatever does not quote them well; of MySQL at most 32 characters, of MariaDB 128.
#[test]
fn odd_names_stay_themselves() {
    let lab = Lab::enter();
    let eighty = "ä".repeat(80);
    let short =
        ["it's", "a`b", "a\"b", "new\nline", "tab\there", "back\\slash", "a'@'b", "\u{202e}rtl", "%_%", "a;b--", "*.*"];
    for (server, begins, long) in [("orders", "orders-1.", "ü".repeat(32)), ("mariadb", "mariadb.", eighty)] {
        let _restore = Restore(&lab, server, "");
        let (host, port) = lab.server(begins);
        let names: Vec<_> = short.into_iter().chain([long.as_str()]).collect();
        let quoted = |name: &&str| format!("'{}'@'%'", name.replace('\\', "\\\\").replace('\'', "''"));
        let accounts: Vec<_> = names.iter().map(quoted).collect();
        let grants: Vec<_> = accounts.iter().map(|name| format!("GRANT SELECT ON `we``ird`.* TO {name}")).collect();
        lab.tool("sql", server, &format!("CREATE USER {}; {}", accounts.join(", "), grants.join("; ")));
        let (run, kinds) = lab.collect(host, port);
        assert!(run.code == 0, "{server}: {:?}", kinds.get("gap"));
        let found: BTreeSet<_> = kinds["mysql.account"].iter().map(|it| it["User"].as_str().unwrap()).collect();
        assert!(names.iter().all(|name| found.contains(name)), "{server}: {found:?}");
        let (document, text) = lab.privileges();
        let told = document["accounts"].as_array().unwrap();
        for name in &names {
            let account = format!("'{}'@'%'", name.replace('\\', "\\\\").replace('\'', "\\'"));
            let one = told.iter().find(|it| it["account"] == account.as_str()).unwrap_or_else(|| panic!("{account}"));
            assert_eq!(one["reachable"]["`we``ird`.*"], Value::from(vec!["SELECT"]), "{server} {account}: {one}");
        }
        assert!(!text.contains('\u{202e}'), "names do not steer the terminal");
    }
}

#[test]
fn roles_in_circles_and_of_nobody_are_followed_to_their_end() {
    let lab = Lab::enter();
    let before = "DELETE FROM mysql.role_edges WHERE FROM_USER LIKE 'loop%' OR TO_USER LIKE 'loop%'; \
                  DELETE FROM mysql.default_roles WHERE USER LIKE 'loop%'; FLUSH PRIVILEGES";
    let _restore = Restore(&lab, "orders", before);
    let (host, port) = lab.server("orders-1.");
    let edge = |from: &str, to: &str| format!("('%', '{from}', '%', '{to}', 'Y')");
    let edges = [
        edge("loop_a", "loop_b"),
        edge("loop_b", "loop_c"),
        edge("loop_c", "loop_a"),
        edge("loop_a", "loop_user"),
        edge("loop_self", "loop_self"),
        edge("loop_self", "loop_user"),
        edge("loop_ghost", "loop_user"),
        edge("loop_a", "loop_nobody"),
    ];
    lab.tool(
        "sql",
        "orders",
        &format!(
            "CREATE ROLE loop_a, loop_b, loop_c, loop_self; CREATE USER loop_user; GRANT DELETE ON orders.* TO loop_b; \
             GRANT SHUTDOWN ON *.* TO loop_self; \
             INSERT INTO mysql.role_edges (FROM_HOST, FROM_USER, TO_HOST, TO_USER, WITH_ADMIN_OPTION) VALUES {}; \
             INSERT INTO mysql.default_roles (HOST, USER, DEFAULT_ROLE_HOST, DEFAULT_ROLE_USER) VALUES ('%', 'loop_user', '%', 'loop_none')",
            edges.join(", ")
        ),
    );
    let (run, kinds) = lab.collect(host, port);
    assert_eq!(run.code, 0, "{:?}", kinds.get("gap"));
    assert!(kinds["mysql.role_edge"].len() >= edges.len());
    let (document, _) = lab.privileges();
    let told = document["accounts"].as_array().unwrap();
    let user = told.iter().find(|it| it["account"] == "'loop_user'@'%'").unwrap();
    assert_eq!(user["reachable"]["orders.*"][0], "DELETE", "{user}");
    assert_eq!(user["reachable"]["*.*"][0], "SHUTDOWN", "{user}");
    let snapshot = lab.snapshot();
    let start = Instant::now();
    let checked = common::run(["check", &snapshot, "--fail-on", "never"], &[]);
    assert!([0, 3].contains(&checked.code) && start.elapsed() < Duration::from_mins(1), "{}", checked.transcript());
}

//! `probe` against real servers: MySQL 9.7 in several configurations, MySQL 5.6 with its yaSSL, MariaDB with old versions; what
//! sslscan says of the same servers, where it is able; and what many runs in a row do to one server's count of broken handshakes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Run, root, run};
use serde_json::{Value, json};
use tls_parser::TlsCipherSuite;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket};

const ECDHE_GCM: [&str; 2] = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"];

/// The kind of a server, and whose certificates it has.
const MYSQL97: (&str, &str) = ("mysql97", "orders");

/// What the handshakes of every run are judged at.
const NOW: &str = "2026-11-21T12:00:00Z";

struct Lab(BTreeMap<String, String>);

impl Lab {
    fn enter() -> Self {
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned())).collect())
    }

    /// Runs a tool of the lab; what it prints.
    fn tool(&self, name: &str, args: &[&str], input: &str) -> String {
        self.tool_with(&[], name, args, input)
    }

    fn tool_with(&self, env: &[(&str, &str)], name: &str, args: &[&str], input: &str) -> String {
        let mut child = Command::new(root().join("tests/lab").join(name))
            .args(args)
            .env("AURORA_AUDIT_LAB", &self.0["LAB_DIR"])
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name} {args:?}: {input}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a server of its own for a test; anybody may come, and nobody is let in but the auditor.
    fn start(
        &self,
        name: &'static str,
        (kind, certificates): (&str, &str),
        env: &[(&str, &str)],
        options: &[&str],
    ) -> Server<'_> {
        let args = [&["start", name, kind, certificates][..], options].concat();
        let port = self.tool_with(env, "server", &args, "").trim().parse().unwrap();
        let server = Server { lab: self, name, port };
        server.sql(&format!("CREATE USER auditor@'127.0.0.%' IDENTIFIED BY '{}' REQUIRE SSL", self.0["DB_PASSWORD"]));
        server
    }

    /// Where the lab's own servers listen, by the first part of a name.
    fn port_of(&self, host: &str) -> (String, u16) {
        let route = self.0["CONNECT_TO"].split(' ').find(|route| route.starts_with(host)).unwrap();
        let parts: Vec<_> = route.split(':').collect();
        (parts[0].to_owned(), parts[3].parse().unwrap())
    }
}

/// A server that ends with its test.
struct Server<'a> {
    lab: &'a Lab,
    name: &'static str,
    port: u16,
}

impl Server<'_> {
    fn sql(&self, statement: &str) -> String {
        self.lab.tool("sql", &[self.name], statement)
    }

    /// Connections that came to nothing, as the server counts them.
    fn aborted(&self) -> i64 {
        let shown = self.sql("SHOW GLOBAL STATUS LIKE 'Aborted_connects'");
        shown.split_whitespace().next_back().unwrap().parse().unwrap()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.lab.tool("server", &["stop", self.name], "");
    }
}

/// A deep probe, and what it found.
fn probe(port: u16, args: &[&str], env: &[(&str, &str)]) -> (Run, Value) {
    let target = format!("127.0.0.1:{port}");
    let named = args.first().is_some_and(|arg| !arg.starts_with('-'));
    let target = if named { &[][..] } else { &[target.as_str()] };
    let run = run([&["probe", "--format", "json", "--now", NOW], target, args].concat(), env);
    let answer = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.transcript()));
    (run, answer)
}

fn versions(answer: &Value) -> [Option<bool>; 4] {
    ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"].map(|version| answer["versions"][version].as_bool())
}

type Suites = BTreeMap<String, BTreeSet<String>>;

fn suites(answer: &Value) -> Suites {
    let names = |list: &Value| list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    answer["ciphers"].as_object().unwrap().iter().map(|(version, list)| (version.clone(), names(list))).collect()
}

/// Version → suites that sslscan gets a server to accept.
fn by_sslscan(port: u16) -> Suites {
    let target = format!("127.0.0.1:{port}");
    let scan = Command::new("sslscan").args(["--no-colour", "--starttls-mysql", "--xml=-", &target]).output();
    let text = String::from_utf8(scan.expect("tests/lab/setup installs sslscan").stdout).unwrap();
    let mut found = Suites::new();
    for line in text.lines().filter(|line| line.trim().starts_with("<cipher ")) {
        let of = |name: &str| line.split_once(&format!(" {name}=\"")).unwrap().1.split('"').next().unwrap();
        let id = u16::from_str_radix(of("id").trim_start_matches("0x"), 16).unwrap();
        let name = TlsCipherSuite::from_id(id).unwrap_or_else(|| panic!("suite {id:#06x}")).name;
        found.entry(of("sslversion").to_owned()).or_default().insert(name.to_owned());
    }
    found
}

#[test]
fn mysql_97_is_seen_as_it_is_configured() {
    let lab = Lab::enter();
    let gcm = "--ssl-cipher=ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384";
    let (both, only_12, only_13) =
        ([false, false, true, true], [false, false, true, false], [false, false, false, true]);
    let exactly = |version: &str, names: &[&str]| json!({version: names});
    for (name, options, expected, ciphers) in [
        ("tls-as-it-comes", &[][..], both, None),
        ("tls-12", &["--tls-version=TLSv1.2", gcm], only_12, Some(exactly("TLSv1.2", &ECDHE_GCM))),
        (
            "tls-13",
            &["--tls-version=TLSv1.3", "--tls-ciphersuites=TLS_AES_256_GCM_SHA384"],
            only_13,
            Some(exactly("TLSv1.3", &["TLS_AES_256_GCM_SHA384"])),
        ),
        (
            "tls-mixed",
            &[gcm, "--tls-ciphersuites=TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"],
            both,
            Some(json!({"TLSv1.2": ECDHE_GCM, "TLSv1.3": ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]})),
        ),
    ] {
        let server = lab.start(name, MYSQL97, &[], options);
        let (run, answer) =
            probe(server.port, &["--ca-bundle", &lab.0["CA_BUNDLE"], "--name", "orders-1.example"], &[]);
        assert_eq!((run.code, &answer["complete"]), (0, &json!(true)), "{name}: {}", run.transcript());
        assert_eq!(versions(&answer), expected.map(Some), "{name}");
        assert_eq!(suites(&answer), by_sslscan(server.port), "{name}: sslscan sees others");
        if let Some(ciphers) = ciphers {
            assert_eq!(answer["ciphers"], ciphers, "{name}");
        }
        let certificate = &answer["certificates"][0];
        assert_eq!((&certificate["trust"], &certificate["key"]), (&json!("ok"), &json!("rsa2048")), "{name}");
        assert_eq!((&certificate["chain_len"], &certificate["validity"]), (&json!(2), &json!("ok")), "{name}");
        assert_eq!(certificate["names"], json!({"orders-1.example": null}), "{name}");
        // No X25519 (measured): groups are what the server takes, not what a client likes.
        assert!(!answer["groups"].as_array().unwrap().contains(&json!("x25519")), "{name}: {}", answer["groups"]);
        assert!(answer["connections"].as_i64().unwrap() <= 20, "{name}: {}", answer["connections"]);
        assert_eq!(answer["plaintext"], "unknown", "{name}: only a login can tell");
    }
}

#[test]
fn a_mysql_whose_tls_failed_to_start_offers_none() {
    let lab = Lab::enter();
    let server = lab.start("tls-none", MYSQL97, &[], &["--tls-version="]);
    let (run, answer) = probe(server.port, &[], &[]);
    assert_eq!(
        (run.code, &answer["tls"], &answer["connections"]),
        (0, &json!(false), &json!(1)),
        "{}",
        run.transcript()
    );
    assert_eq!((versions(&answer), &answer["plaintext"]), ([Some(false); 4], &json!("allowed")));
}

#[test]
fn mysql_56_with_yassl_is_seen_whole_where_others_see_a_part() {
    let lab = Lab::enter();
    let (_, port) = lab.port_of("mysql56.");
    let (run, answer) = probe(port, &[], &[]);
    assert_eq!((run.code, &answer["complete"]), (0, &json!(true)), "{}", run.transcript());
    assert_eq!(versions(&answer), [true, false, false, false].map(Some));
    assert_eq!((&answer["server_version"], &answer["dh_bits"]), (&json!("5.6.24"), &json!(512)));
    assert_eq!(answer["certificates"][0]["chain_len"], 1, "it sends its leaf alone");
    let (ours, theirs) = (suites(&answer), by_sslscan(port));
    assert_eq!(ours["TLSv1.0"].len(), 16, "{ours:?}");
    assert!(ours["TLSv1.0"].contains("TLS_RSA_WITH_RC4_128_MD5"));
    // sslscan asks for more suites than yaSSL reads of a hello.
    assert!(theirs["TLSv1.0"].is_subset(&ours["TLSv1.0"]) && theirs.len() == 1, "{theirs:?}");
    let (_, light) = probe(port, &["--light"], &[]);
    assert_eq!(versions(&light), versions(&answer));
    assert!(light["connections"].as_i64().unwrap() <= 4);
}

#[test]
fn mariadb_with_old_versions_agrees_with_sslscan() {
    let lab = Lab::enter();
    let old = ["--tls-version=TLSv1.0,TLSv1.1,TLSv1.2", "--ssl-cipher=ALL:@SECLEVEL=0"];
    let server = lab.start("tls-old", ("mariadb", "mariadb"), &[("SECLEVEL", "0")], &old);
    let (run, answer) = probe(server.port, &["--max-connections", "250"], &[]);
    assert_eq!((run.code, &answer["complete"]), (0, &json!(true)), "{}", run.transcript());
    assert_eq!(versions(&answer), [true, true, true, false].map(Some));
    assert_eq!(suites(&answer), by_sslscan(server.port));
    // So many suites do not fit into the budget: what is worth more is known all the same, and it says that it is not all.
    let (run, answer) = probe(server.port, &[], &[]);
    assert_eq!((run.code, &answer["connections"], &answer["complete"]), (3, &json!(40), &json!(false)));
    assert_eq!(
        (versions(&answer), answer["certificates"][0]["key"].as_str()),
        ([true, true, true, false].map(Some), Some("rsa2048"))
    );
    assert_eq!(answer["ciphers_complete"]["TLSv1.2"], false);
}

/// What only a login can tell: error 3159 comes after the password, and an account that may not come without TLS hears 1045 first.
#[test]
fn a_login_tells_what_becomes_of_plaintext() {
    let lab = Lab::enter();
    let server = lab.start("tls-login", MYSQL97, &[], &[]);
    server.sql(&format!("CREATE USER plain@'127.0.0.1' IDENTIFIED BY '{}'", lab.0["DB_PASSWORD"]));
    let (name, _) = lab.port_of("orders-1.");
    let (address, route) = (format!("{name}:3306"), format!("{name}:3306:127.0.0.1:{}", server.port));
    let password = [("AURORA_AUDIT_DB_PASSWORD", lab.0["DB_PASSWORD"].as_str())];
    for (required, user, plaintext, with_login) in [
        (true, "plain", "refused", "refused"),
        (true, "auditor", "refused", "unknown"),
        (false, "plain", "allowed", "allowed"),
        (false, "auditor", "allowed", "unknown"),
    ] {
        server.sql(&format!("SET GLOBAL require_secure_transport = {required}"));
        let login = [address.as_str(), "--connect-to", &route, "--ca-bundle", &lab.0["CA_BUNDLE"], "--login", user];
        let (run, answer) = probe(server.port, &login, &password);
        assert_eq!((run.code, &answer["require_secure_transport"]), (0, &json!(required)), "{}", run.transcript());
        assert_eq!((&answer["plaintext"], answer.get("plaintext_with_login")), (&json!(plaintext), None), "{user}");
        assert_eq!(answer["certificates"][0]["names"], json!({name.as_str(): "san"}));
        let (plain, answer) = probe(server.port, &[&login[..], &["--allow-plaintext-login"]].concat(), &password);
        assert_eq!(answer["plaintext_with_login"], with_login, "{user}, required: {required}: {answer}");
        for run in [run, plain] {
            assert!(!run.transcript().contains(&lab.0["DB_PASSWORD"]), "the password is shown");
        }
    }
}

/// A way to a server from an address that it counts: what comes from 127.0.0.1 is not in its host cache.
fn counted(port: u16) -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().port()).unwrap();
            let local = tokio::task::LocalSet::new();
            local.run_until(relay(listener, port, counter)).await;
        });
    });
    (told.recv().unwrap(), count)
}

async fn relay(listener: TcpListener, port: u16, counter: Arc<AtomicUsize>) {
    while let Ok((mut client, _)) = listener.accept().await {
        counter.fetch_add(1, Ordering::SeqCst);
        client.set_nodelay(true).unwrap();
        tokio::task::spawn_local(async move {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            let mut server = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
            server.set_nodelay(true).unwrap();
            drop(copy_bidirectional(&mut client, &mut server).await);
        });
    }
}

/// Runs in a row; 200 is the long form.
fn runs() -> usize {
    std::env::var("AURORA_AUDIT_SOAK").map_or(14, |runs| runs.parse().unwrap())
}

/// A server that resolves the names of clients counts their broken handshakes too.
const COUNTING: [(&str, &str); 1] = [("NAMES", "1")];

#[test]
fn with_a_login_no_number_of_runs_shuts_the_scanner_out() {
    let lab = Lab::enter();
    let server = lab.start("tls-soak", MYSQL97, &COUNTING, &["--max-connect-errors=100"]);
    let (port, count) = counted(server.port);
    let (name, _) = lab.port_of("orders-1.");
    let (address, route) = (format!("{name}:3306"), format!("{name}:3306:127.0.0.1:{port}"));
    let args = [address.as_str(), "--connect-to", &route, "--ca-bundle", &lab.0["CA_BUNDLE"], "--login", "auditor"];
    let password = [("AURORA_AUDIT_DB_PASSWORD", lab.0["DB_PASSWORD"].as_str())];
    let mut first = None;
    let before = server.aborted();
    for number in 0..runs() {
        let made = count.load(Ordering::SeqCst);
        let (run, answer) = probe(port, &args, &password);
        assert_eq!((run.code, &answer["complete"]), (0, &json!(true)), "run {number}: {}", run.transcript());
        assert_eq!((&answer["blocked"], &answer["login_error"]), (&json!(null), &json!(null)), "run {number}");
        let made = i64::try_from(count.load(Ordering::SeqCst) - made).unwrap();
        assert_eq!(answer["connections"], made, "run {number}: it counts its own connections");
        assert_eq!(*first.get_or_insert_with(|| run.stdout.clone()), run.stdout, "run {number}");
    }
    let broken = server.aborted() - before;
    assert!(broken > 100, "{broken} broken handshakes are too few to prove anything");
}

#[test]
fn without_a_login_the_prober_keeps_to_its_budget_and_stops_at_the_door() {
    let lab = Lab::enter();
    let server = lab.start("tls-blocked", MYSQL97, &COUNTING, &["--max-connect-errors=100"]);
    let (port, _) = counted(server.port);
    let mut shut = 0;
    for number in 0..runs() {
        let before = server.aborted();
        let (run, answer) = probe(port, &[], &[]);
        let (broken, connections) = (server.aborted() - before, answer["connections"].as_i64().unwrap());
        assert!(broken <= connections && connections <= 20, "run {number}: {broken} broken of {connections}");
        match (answer["blocked"].as_i64(), shut) {
            (None, 0) => assert_eq!(run.code, 0, "run {number}: {}", run.transcript()),
            // What was learnt before the door shut stays, and nothing was asked after.
            (Some(1129), 0) => {
                assert!(run.code == 3 || connections == 1, "run {number}: {}", run.transcript());
                assert!(connections == 1 || versions(&answer)[3] == Some(true), "{answer}");
                assert_eq!(answer["complete"], false, "run {number}");
                shut += 1;
            }
            (Some(1129), _) => {
                assert_eq!((run.code, connections), (4, 1), "run {number}: {}", run.transcript());
                shut += 1;
            }
            other => panic!("run {number}: {other:?}: {}", run.transcript()),
        }
    }
    assert!(shut > 1, "the server with max_connect_errors=100 never shut its door in {} runs", runs());
}

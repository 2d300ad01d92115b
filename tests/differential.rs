//! The random differential: accounts, roles, grants and revokes made at random on each real server of the lab, and then tried. The
//! seed is fixed; `AURORA_AUDIT_PROBES` and `AURORA_AUDIT_SEED` ask for more.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod common;
#[path = "lab/privileges.rs"]
mod privileges;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use aurora_audit::snapshot::{Snapshot, read_texts};
use common::run;
use privileges::{Extent, Kind, Lab, differential, schemas};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Statements that are tried at each server unless the environment says otherwise.
const PROBES: usize = 2_000;

/// A server of the lab.
struct Server {
    env: BTreeMap<String, String>,
    kind: Kind,
    name: &'static str,
    endpoint: String,
    port: String,
}

/// What of the server's state is put back: the accounts and schemas by the lab, the variables by ourselves.
const VARIABLES: [&str; 4] =
    ["partial_revokes", "mandatory_roles", "activate_all_roles_on_login", "activate_mandatory_roles"];

impl Server {
    fn enter(kind: Kind) -> Self {
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let env: BTreeMap<_, _> =
            pairs.map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned())).collect();
        let (name, endpoint, host) = match kind {
            Kind::Mysql97 { .. } => ("orders", None, "orders-1."),
            Kind::Mysql56 => ("mysql56", Some(format!("unix:{}", env["MYSQL56_SOCKET"])), "mysql56."),
            Kind::Mariadb => ("mariadb", Some(env["MARIADB_ENDPOINT"].clone()), "mariadb."),
        };
        let ways: Vec<_> = env["CONNECT_TO"].split(' ').collect();
        let way: Vec<_> = ways.iter().find(|way| way.starts_with(host)).unwrap().split(':').collect();
        let endpoint = endpoint.unwrap_or_else(|| format!("mysql://{}:{}", way[0], way[1]));
        Self { kind, name, endpoint, port: way[3].to_owned(), env }
    }

    fn tool(&self, name: &str, args: &[&str], input: &str) -> String {
        let tool = format!("{}/{name}", self.env["LAB_TOOLS"]);
        let mut command = Command::new(tool);
        command.arg(self.name).args(args).env("AURORA_AUDIT_LAB", &self.env["LAB_DIR"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let text = std::thread::scope(|scope| {
            scope.spawn(move || to.write_all(input.as_bytes()));
            BufReader::new(from).lines().map(|line| line.unwrap() + "\n").collect::<String>()
        });
        let ended = child.wait().unwrap();
        assert!(ended.success() || std::thread::panicking(), "{name} {}", self.name);
        text
    }
}

impl Lab for Server {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn ask(&self, requests: &[Value]) -> Vec<Value> {
        let lines = requests.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let answers = self.tool("probe", &[&self.port], &lines);
        let answers: Vec<_> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), requests.len());
        answers
    }

    fn collect(&self) -> Snapshot {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("world.jsonl");
        let env = [
            ("AURORA_AUDIT_CONNECT_TO", self.env["CONNECT_TO"].as_str()),
            ("AURORA_AUDIT_CA_BUNDLE", self.env["CA_BUNDLE"].as_str()),
            ("AURORA_AUDIT_DB_PASSWORD", self.env["DB_PASSWORD"].as_str()),
        ];
        let to = path.display().to_string();
        let run = run(["collect", "--endpoint", &self.endpoint, "--login", &self.env["DB_USER"], "-o", &to], &env);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", run.transcript()));
        read_texts(&[(path, text)]).unwrap()
    }
}

/// Puts the server back, however the test ended.
struct Restore<'a>(&'a Server, String);

impl<'a> Restore<'a> {
    fn of(server: &'a Server) -> Self {
        let Kind::Mysql97 { .. } = server.kind else { return Self(server, String::new()) };
        let columns = VARIABLES.map(|name| format!("@@GLOBAL.{name}")).join(", ");
        let row = server.tool("sql", &[], &format!("SELECT {columns}"));
        let values: Vec<_> = row.trim_end_matches('\n').split('\t').map(|value| format!("'{value}'")).collect();
        let set = |(name, value): (&str, &String)| format!("SET GLOBAL {name} = {value};");
        let quoted = |value: &String| value.trim_matches('\'').parse::<u8>().map_or(value.clone(), |it| it.to_string());
        let values: Vec<_> = values.iter().map(quoted).collect();
        Self(server, VARIABLES.into_iter().zip(&values).map(set).collect())
    }
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let Self(server, variables) = self;
        // First the variables: the lab plants partial revokes, and mandatory roles cannot be dropped.
        if !variables.is_empty() {
            server.tool("sql", &[], variables);
        }
        server.tool("restore", &[], "");
        server.tool("sql", &[], "FLUSH PRIVILEGES");
    }
}

fn from_environment<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn agree(kind: Kind) {
    let server = Server::enter(kind);
    let _restore = Restore::of(&server);
    server.ask(&[json!({"run": schemas(kind)})]);
    let extent = Extent {
        seed: from_environment("AURORA_AUDIT_SEED", 104),
        probes: from_environment("AURORA_AUDIT_PROBES", PROBES),
        sessions: 40,
    };
    let tally = differential(&server, extent);
    let mut told = std::io::stderr();
    writeln!(
        told,
        "{kind:?}: {} statements in {} sessions, {} of them allowed, {} undecided, {} disagreements",
        tally.probes,
        tally.logins,
        tally.allowed,
        tally.undecided,
        tally.disagreements.len()
    )
    .unwrap();
    assert!(tally.disagreements.is_empty(), "{:#?}", tally.disagreements);
    assert!(tally.probes >= extent.probes && tally.allowed > tally.probes / 10, "{tally:?}");
    assert!(tally.undecided * 10 < tally.probes, "hardly anything was decided: {tally:?}");
}

#[test]
fn mysql_97_with_partial_revokes_does_as_we_say() {
    agree(Kind::Mysql97 { partial_revokes: true });
}

#[test]
fn mysql_97_without_partial_revokes_does_as_we_say() {
    agree(Kind::Mysql97 { partial_revokes: false });
}

#[test]
fn mysql_56_does_as_we_say() {
    agree(Kind::Mysql56);
}

#[test]
fn mariadb_does_as_we_say() {
    agree(Kind::Mariadb);
}

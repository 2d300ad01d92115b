//! How long it takes to read who may do what from a large server, beside pt-show-grants, which reads as much as it can of the same:
//! 10,000 accounts with seven grants each, and 500 roles five deep, on a server of the lab. The goal is 3 s and 100 MB.
//!
//! `tests/lab/up`, then `AURORA_AUDIT_LAB_ENV=target/lab/env cargo bench --features servers --bench grants [-- ACCOUNTS]`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The server that gets the accounts, and loses them in the end.
const SERVER: &str = "reports";
const ROLES: usize = 500;
const DEEP: usize = 5;
/// Beside the role.
const GRANTS: usize = 6;
/// Accounts named in one statement.
const BATCH: usize = 500;

fn main() {
    let accounts = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10_000_usize);
    let lab = Lab::enter();
    println!(
        "{accounts} accounts with {GRANTS} grants on schemas and one role each, {ROLES} roles {DEEP} deep, on MySQL 9.7"
    );
    let _taken_away = Made::new(&lab, accounts);
    let ours = measure(&mut lab.collect());
    tell("aurora-audit collect", &ours);
    println!("  goal: 3 s, 100 MB; the snapshot has {} lines", lines(&lab.snapshot()));
    match lab.pt_show_grants() {
        Some(mut command) => tell("pt-show-grants", &measure(&mut command)),
        None => println!("pt-show-grants is not there: install percona-toolkit, and libdbd-mysql-perl"),
    }
}

struct Lab {
    env: BTreeMap<String, String>,
    folder: tempfile::TempDir,
}

impl Lab {
    fn enter() -> Self {
        let path = std::env::var("AURORA_AUDIT_LAB_ENV").expect("AURORA_AUDIT_LAB_ENV names the lab's env file");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let env = pairs.map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned())).collect();
        Self { env, folder: tempfile::tempdir().unwrap() }
    }

    fn snapshot(&self) -> String {
        self.folder.path().join("grants.jsonl").display().to_string()
    }

    /// The end of the server's name, and of its port.
    fn endpoint(&self) -> (&str, &str) {
        let ways = self.env["CONNECT_TO"].split(' ').map(|way| way.split(':').collect::<Vec<_>>());
        let way = ways.into_iter().find(|way| way[0].starts_with(&format!("{SERVER}-1."))).unwrap();
        (way[0], way[3])
    }

    /// The whole program, as a user runs it; the endpoint is not probed, because that is another matter.
    fn collect(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aurora-audit"));
        let endpoint = format!("mysql://{}:3306", self.endpoint().0);
        command.args(["collect", "--endpoint", &endpoint, "--collectors", "mysql", "-o", &self.snapshot()]);
        command.args(["--login", &self.env["DB_USER"], "--no-config"]);
        command.env("AURORA_AUDIT_CONNECT_TO", &self.env["CONNECT_TO"]);
        command.env("AURORA_AUDIT_CA_BUNDLE", &self.env["CA_BUNDLE"]);
        command.env("AURORA_AUDIT_DB_PASSWORD", &self.env["DB_PASSWORD"]);
        command
    }

    /// The superuser's socket, because the tool knows no way to name a certificate's authority.
    fn pt_show_grants(&self) -> Option<Command> {
        Command::new("pt-show-grants").arg("--version").stdout(Stdio::null()).status().ok()?;
        let lab = &self.env["LAB_DIR"];
        let password = std::fs::read_to_string(format!("{lab}/secrets/rdsadmin")).unwrap();
        let defaults = self.folder.path().join("client.cnf");
        std::fs::write(&defaults, format!("[client]\nuser=rdsadmin\npassword={}\n", password.trim())).unwrap();
        let socket = format!("{lab}/mysql/{SERVER}/mysqld.sock");
        let mut command = Command::new("pt-show-grants");
        command.arg(format!("--defaults-file={}", defaults.display())).arg(format!("--socket={socket}"));
        command.stdout(std::fs::File::create(self.folder.path().join("pt.sql")).unwrap());
        Some(command)
    }

    fn sql(&self, statements: &str) {
        let mut command = Command::new(format!("{}/sql", self.env["LAB_TOOLS"]));
        command.arg(SERVER).env("AURORA_AUDIT_LAB", &self.env["LAB_DIR"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "the server refuses");
    }
}

/// The accounts while they are there.
struct Made<'a> {
    lab: &'a Lab,
    accounts: usize,
}

impl<'a> Made<'a> {
    fn new(lab: &'a Lab, accounts: usize) -> Self {
        let made = Self { lab, accounts };
        for batch in made.batches() {
            lab.sql(&format!("CREATE USER {}", batch.join(", ")));
        }
        // Rows, and a flush: as many statements would take minutes.
        let (mut rows, mut edges) = (Vec::new(), Vec::new());
        for role in 0..ROLES {
            rows.push(format!("('%', 'pool{role}', 'bench_role{role}', 'Y', 'Y')"));
            if role % DEEP != 0 {
                edges.push(format!("('%', 'bench_role{role}', '%', 'bench_role{}', 'N')", role - 1));
            }
        }
        for account in 0..accounts {
            for grant in 0..GRANTS {
                rows.push(format!("('10.%', 'shop{}', 'bench{account}', 'Y', 'Y')", (account + grant * 37) % 400));
            }
            edges.push(format!("('%', 'bench_role{}', '10.%', 'bench{account}', 'N')", account * DEEP % ROLES));
        }
        let insert = |table: &str, rows: &[String]| {
            let mut text = String::new();
            for rows in rows.chunks(5_000) {
                writeln!(text, "INSERT INTO mysql.{table} VALUES {};", rows.join(", ")).unwrap();
            }
            text
        };
        lab.sql(&insert("db (Host, Db, User, Select_priv, Insert_priv)", &rows));
        lab.sql(&insert("role_edges (FROM_HOST, FROM_USER, TO_HOST, TO_USER, WITH_ADMIN_OPTION)", &edges));
        lab.sql("FLUSH PRIVILEGES");
        made
    }

    fn batches(&self) -> Vec<Vec<String>> {
        let roles = (0..ROLES).map(|role| format!("bench_role{role}"));
        let accounts = (0..self.accounts).map(|account| format!("bench{account}@'10.%'"));
        roles.chain(accounts).collect::<Vec<_>>().chunks(BATCH).map(<[String]>::to_vec).collect()
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        for table in ["role_edges WHERE FROM_USER", "db WHERE User", "user WHERE User"] {
            self.lab.sql(&format!("DELETE FROM mysql.{table} LIKE 'bench%'"));
        }
        self.lab.sql("FLUSH PRIVILEGES");
    }
}

/// What a program took.
struct Cost {
    wall: Duration,
    cpu: Duration,
    /// The most memory at a time, in KiB.
    memory: u64,
    succeeded: bool,
}

fn measure(command: &mut Command) -> Cost {
    let (before, start) = (cpu_of_children(), Instant::now());
    let mut child = command.spawn().unwrap();
    let mut memory = 0;
    let status = loop {
        memory = memory.max(memory_of(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    // 3 says that something could not be read, as triggers.
    let succeeded = status.success() || status.code() == Some(3);
    Cost { wall: start.elapsed(), cpu: cpu_of_children().saturating_sub(before), memory, succeeded }
}

fn tell(name: &str, cost: &Cost) {
    assert!(cost.succeeded, "{name} failed");
    println!(
        "{name}: {:.2} s, {:.2} s of CPU, {} MB",
        cost.wall.as_secs_f64(),
        cost.cpu.as_secs_f64(),
        cost.memory >> 10
    );
}

/// CPU time of the children that have ended, in hundredths of a second as Linux counts them.
fn cpu_of_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Duration::from_millis((ticks(13) + ticks(14)) * 10)
}

fn memory_of(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn lines(path: &str) -> usize {
    std::fs::read_to_string(path).unwrap().lines().count()
}

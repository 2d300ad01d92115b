//! How long it takes to work out what every account of a large server may do: 10,000 accounts with seven grants each and 500 roles
//! five deep. The goal is 0.3 s of CPU and 100 MB for the effective privileges of all of them.
//!
//! `cargo bench --no-default-features --bench privileges [-- ACCOUNTS]`

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

#[expect(dead_code, reason = "the tests ask for more")]
#[path = "../tests/privileges/server.rs"]
mod server;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aurora_audit::facts::Facts;
use aurora_audit::facts::privileges::grants::Grants;
use aurora_audit::snapshot::{Snapshot, read_texts};
use server::Server;

const GRANTS: usize = 6;
const ROLES: usize = 500;
const DEEP: usize = 5;
const RUNS: usize = 5;

fn main() {
    let accounts = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10_000_usize);
    let text = server(accounts).text();
    println!(
        "{accounts} accounts with {GRANTS} grants on schemas and one role each, {ROLES} roles {DEEP} deep: {} MB",
        text.len() >> 20
    );
    let snapshot = read_texts(&[("server.jsonl".into(), text)]).unwrap();
    let before = memory();
    let runs: Vec<_> = (0..RUNS).map(|_| worked_out(&snapshot)).collect();
    for (indexed, told, found) in &runs {
        println!(
            "tables read and indexed in {:.0} ms of CPU; {found} grants reached by all accounts in {:.0} ms of CPU",
            milliseconds(*indexed),
            milliseconds(*told)
        );
    }
    let best = runs.iter().map(|(_, told, _)| *told).min().unwrap();
    println!("best: {:.0} ms; goal: 300 ms", milliseconds(best));
    println!("memory beyond the snapshot: {} MB at most; goal: 100 MB", (memory().saturating_sub(before)) >> 10);
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Roles in chains of five, each with a grant of its own; every account has one role and grants on schemas.
fn server(accounts: usize) -> Server {
    let mut server = Server::new().variables(&[("partial_revokes", "ON"), ("sql_mode", "STRICT_ALL_TABLES")]);
    for role in 0..ROLES {
        let name = format!("role{role}");
        server = server.account(&name, "%", &[]).schema(&name, "%", &format!("pool{role}"), &["SELECT", "INSERT"]);
        if role % DEEP != 0 {
            let above = format!("role{}", role - 1);
            server = server.role((&name, "%"), (&above, "%"), false);
        }
    }
    for account in 0..accounts {
        let name = format!("app{account}");
        server = server.account(&name, "10.%", &["PROCESS"]);
        for grant in 0..GRANTS {
            server =
                server.schema(&name, "10.%", &format!("shop{}", (account + grant * 37) % 400), &["SELECT", "UPDATE"]);
        }
        let role = format!("role{}", account * DEEP % ROLES);
        server = server.role((&role, "%"), (&name, "10.%"), false);
    }
    server
}

/// CPU time for the tables, then for what all accounts reach; and how many grants that is.
fn worked_out(snapshot: &Snapshot) -> (Duration, Duration, usize) {
    let facts = Facts::new(snapshot);
    let servers = &facts.database_servers().present;
    let start = cpu();
    let grants = servers[0].server().grants();
    let indexed = cpu();
    let found = black_box(reached(grants));
    (indexed.saturating_sub(start), cpu().saturating_sub(indexed), found)
}

fn reached(grants: &Grants) -> usize {
    let each = grants.accounts().map(|id| grants.reachable(id).entries.len() + grants.default_active(id).entries.len());
    each.sum()
}

/// CPU time of this process so far; of a machine that does not tell, the time of the wall.
fn cpu() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// The most memory that this process had at a time, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

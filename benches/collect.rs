//! How long it takes to read a large account, against a stand-in for AWS within this process: a thousand clusters with instances,
//! parameter groups and snapshots, every answer 50 ms away. The program runs as a process of its own, so that its figures are its own.
//!
//! `cargo bench --bench collect [-- CLUSTERS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]
#![allow(dead_code, reason = "it uses a part of the stand-in")]

#[path = "../tests/standin/mod.rs"]
mod standin;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use standin::estate::Estate;
use standin::{Behaviour, Standin};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_aurora-audit");
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const LATENCY: Duration = Duration::from_millis(50);

fn main() {
    let clusters = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1000);
    let aws = Standin::start(Estate::large(ACCOUNT, REGION, clusters));
    println!("{clusters} clusters, {} ms an answer", LATENCY.as_millis());
    let slow = Behaviour { latency: LATENCY, ..Behaviour::default() };
    for (name, args, behaviour) in [
        ("--rate 0 --concurrency 64", &["--rate", "0", "--concurrency", "64"][..], slow.clone()),
        ("--rate 0, concurrency as it is", &["--rate", "0"], slow.clone()),
        ("--rate 200 --concurrency 64", &["--rate", "200", "--concurrency", "64"], slow.clone()),
        (
            "--rate 0 --concurrency 64, every 20th answer throttled",
            &["--rate", "0", "--concurrency", "64"],
            Behaviour { throttle_every: Some(20), ..slow },
        ),
    ] {
        aws.behave(behaviour);
        let cost = collected(&aws, args);
        let asked = aws.asked().len();
        println!(
            "{name}: {asked} requests, {:.2} s, {:.2} CPU-s ({:.2} ms a request), {} MB resident, {} records, {} gaps",
            cost.wall.as_secs_f64(),
            cost.cpu.as_secs_f64(),
            cost.cpu.as_secs_f64() * 1000.0 / asked as f64,
            cost.resident / 1024,
            cost.records,
            cost.gaps,
        );
    }
}

struct Cost {
    wall: Duration,
    cpu: Duration,
    /// KiB
    resident: u64,
    records: usize,
    gaps: usize,
}

fn collected(aws: &Standin, args: &[&str]) -> Cost {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s.jsonl");
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .envs(aws.env(ACCOUNT))
        .args(["collect", "--collectors", "aws", "--regions", REGION, "-o"])
        .arg(&path);
    let (started, before) = (Instant::now(), children());
    let mut child = command.args(args).spawn().unwrap();
    let mut resident = 0;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        resident = resident.max(high_water(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(code, Some(0));
    let text = fs::read_to_string(path).unwrap();
    let gaps =
        text.lines().filter(|line| line.contains("{\"kind\":\"gap\"") && !line.contains("not_requested")).count();
    Cost {
        wall: started.elapsed(),
        cpu: children().saturating_sub(before),
        resident,
        records: text.lines().count(),
        gaps,
    }
}

/// CPU time of the children that have ended: fields 16 and 17 of proc(5), in hundredths of a second.
fn children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split_whitespace().skip(13).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The most memory that a process has held, in KiB.
fn high_water(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

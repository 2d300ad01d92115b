//! How long `check` takes, stage by stage, on an estate of many accounts: the snapshot that comes with the program, once an
//! account. The reference in the same run is `serde_json` reading every line into its own `Value` with the same threads: the
//! least that any tool does which keeps the snapshot as JSON.
//!
//! `cargo bench --no-default-features --bench check [-- ACCOUNTS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aurora_audit::check::{GateOptions, assess};
use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::report::{Format, Options, render};
use aurora_audit::rules::{self, Detail, evaluate};
use aurora_audit::snapshot::read_texts;
use jiff::Timestamp;
use rayon::prelude::*;

/// Runs of each stage; the fastest counts.
const RUNS: usize = 3;

fn main() {
    let accounts = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(200);
    let text = estate(accounts);
    println!("{accounts} accounts, {} records, {:.1} MB", text.lines().count(), megabytes(text.as_bytes()));

    let (reference, _) = fastest(|| {
        text.par_lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    });
    let texts = [("estate.jsonl".into(), text.clone())];
    let (reading, snapshot) = fastest(|| read_texts(&texts).unwrap());
    let (loading, set) = fastest(|| rules::load(&rules::embedded(), TARGETS).unwrap());
    let (joining, facts) = fastest(|| Facts::new(&snapshot));
    let (judging, verdicts) = fastest(|| evaluate(&set, &facts, Detail::All));
    let gate = GateOptions { fail_on: None, allow_incomplete: false };
    let (assessing, assessment) = fastest(|| assess(&snapshot, &set, gate, Timestamp::UNIX_EPOCH, Detail::All));

    println!("{:<34}{:>10}  {:>9}  note", "stage", "ms", "ratio");
    let row = |stage: &str, took: Duration, note: String| {
        let ratio = took.as_secs_f64() / reference.as_secs_f64();
        println!("{stage:<34}{:>10.1}  {ratio:>9.2}  {note}", took.as_secs_f64() * 1e3);
    };
    let rate = |took: Duration| format!("{:.0} MB/s", megabytes(text.as_bytes()) / took.as_secs_f64());
    row("reference: serde_json values", reference, rate(reference));
    row("load the rules", loading, format!("{} rules", set.rules.len()));
    row("read the snapshot", reading, rate(reading));
    row("join the facts", joining, String::new());
    row("judge", judging, per_verdict(judging, verdicts.len()));
    row("join, judge and assess", assessing, per_verdict(assessing, verdicts.len()));
    for format in Format::keys() {
        let format: Format = format.parse().unwrap();
        let (writing, bytes) = fastest(|| render(&assessment, format, &Options::default()).unwrap());
        row(&format!("write {format}"), writing, format!("{:.1} MB", megabytes(&bytes)));
    }
}

/// The fixture once an account; account ids are what tells the copies apart.
fn estate(accounts: u64) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/acme.jsonl");
    let fixture = std::fs::read_to_string(path).unwrap();
    let lines: Vec<_> = fixture.lines().collect();
    let (header, records) = lines.split_first().unwrap();
    let records = records.split_last().unwrap().1.join("\n");
    let copies =
        (0..accounts).map(|number| records.replace("123456789012", &format!("{:012}", 100_000_000_000 + number)));
    format!("{header}\n{}\n", copies.collect::<Vec<_>>().join("\n"))
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: &[u8]) -> f64 {
    bytes.len() as f64 / 1e6
}

fn per_verdict(took: Duration, verdicts: usize) -> String {
    format!("{verdicts} verdicts, {} ns each", took.as_nanos() / u128::try_from(verdicts.max(1)).unwrap())
}

fn fastest<T>(mut stage: impl FnMut() -> T) -> (Duration, T) {
    let mut run = || {
        let started = Instant::now();
        let result = black_box(stage());
        (started.elapsed(), result)
    };
    let mut best = run();
    for _ in 1..RUNS {
        let next = run();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

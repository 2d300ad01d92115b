//! How long `check` takes, stage by stage, on a made-up estate of 10,000 clusters, and whether each stage is within its budget.
//! CPU seconds are those of the process, so that a loaded machine does not count.
//!
//! `cargo bench --no-default-features --bench check [-- CLUSTERS]`
//!
//! The same verdicts by the `cel` crate and by regorus: `benches/peers`, a package of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

mod estate;

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::rules::{self, Detail, RuleSet, evaluate};
use aurora_audit::snapshot::{Snapshot, read_texts};
use estate::native::{self, Tally};
use estate::{LARGE, Size};

/// Runs of each stage; the one with the least CPU time counts.
const RUNS: usize = 5;

fn main() {
    let clusters = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(LARGE.clusters);
    let size = Size { accounts: LARGE.accounts, clusters, groups: clusters / 2, users: clusters * 2 };
    let text = estate::snapshot(&size);
    println!("{clusters} clusters, {} lines, {:.1} MB", text.lines().count(), megabytes(&text));
    println!("{:<40}{:>10}{:>10}  note", "stage", "CPU ms", "wall ms");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();

    let (loading, set) = one.install(|| least(|| rules::load(&rules::embedded(), TARGETS).unwrap()));
    let sixty = ms(loading.cpu) * 60.0 / as_f64(set.rules.len());
    row("load the rules", &loading, &format!("{} rules; sixty would take {sixty:.1} ms (budget 20)", set.rules.len()));

    let texts = [("estate.jsonl".into(), text.clone())];
    let (reading, snapshot) = one.install(|| least(|| read_texts(&texts).unwrap()));
    row(
        "read, one thread",
        &reading,
        &format!("{:.0} MB/s (budget 350)", megabytes(&text) / reading.cpu.as_secs_f64()),
    );
    let (reading, _) = two.install(|| least(|| read_texts(&texts).unwrap()));
    row("read, two threads", &reading, "");

    judging(&snapshot, &set, &one, &two);
    end_to_end(&text);
}

/// The verdicts alone: joined facts in, outcomes out, against the floor on the same facts.
fn judging(snapshot: &Snapshot, set: &RuleSet, one: &rayon::ThreadPool, two: &rayon::ThreadPool) {
    let chosen = rules::embedded()
        .into_iter()
        .filter(|source| native::RULES.iter().any(|id| source.path.ends_with(&format!("/{id}.yaml"))));
    let chosen = rules::load(&chosen.collect::<Vec<_>>(), TARGETS).unwrap();
    assert_eq!(chosen.rules.len(), native::RULES.len(), "the floor names rules that there are");
    let (joining, facts) = one.install(|| {
        least(|| {
            let facts = Facts::new(snapshot);
            black_box(tally(&chosen, &facts));
            facts
        })
    });
    row("join and judge nine rules", &joining, "");

    let (floor, expected) = least(|| native::judge(&facts));
    let verdicts: usize = expected.iter().sum();
    row("floor: the nine rules in Rust", &floor, &per_verdict(&floor, verdicts));
    let (single, found) = one.install(|| least(|| tally(&chosen, &facts)));
    assert_eq!(found, expected, "the floor judges as the rules do: pass, fail, unknown, not applicable");
    let ratio = single.cpu.as_secs_f64() / floor.cpu.as_secs_f64();
    row(
        "the nine rules, one thread",
        &single,
        &format!("{} (budget 150), {ratio:.1} x floor (budget 3.5)", per_verdict(&single, verdicts)),
    );
    let (double, _) = two.install(|| least(|| tally(&chosen, &facts)));
    let speedup = single.wall.as_secs_f64() / double.wall.as_secs_f64();
    row("the nine rules, two threads", &double, &format!("{speedup:.2} x faster (budget 1.8; needs two idle cores)"));

    let (all, verdicts) = one.install(|| least(|| evaluate(set, &facts, Detail::Outcomes).len()));
    row("every rule, outcomes", &all, &per_verdict(&all, verdicts));
    let (all, verdicts) = one.install(|| least(|| evaluate(set, &facts, Detail::Findings).len()));
    row("every rule, findings explained", &all, &per_verdict(&all, verdicts));
}

fn tally(set: &RuleSet, facts: &Facts) -> Tally {
    let mut tally = Tally::default();
    for verdict in evaluate(set, facts, Detail::Outcomes) {
        native::count(&mut tally, verdict.outcome);
    }
    tally
}

/// The program itself, from the file to each report.
fn end_to_end(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("estate.jsonl");
    std::fs::write(&snapshot, text).unwrap();
    for format in ["json", "sarif", "text", "html"] {
        let out = folder.path().join(format);
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "%e %U %S %M", env!("CARGO_BIN_EXE_aurora-audit"), "check"]).arg(&snapshot);
        command.args(["--exit-zero", "-o", &format!("{format}={}", out.display())]);
        let Ok(output) = command.output() else { return println!("end to end: /usr/bin/time is not installed") };
        let stderr = String::from_utf8_lossy(&output.stderr);
        let figures = stderr.lines().last().expect("time prints a line");
        let numbers: Vec<f64> = figures.split(' ').map(|word| word.parse().unwrap()).collect();
        let bytes = std::fs::metadata(&out).map_or(0, |file| file.len());
        println!(
            "{:<40}{:>10.0}{:>10.0}  {:.0} MB peak, {:.1} MB out",
            format!("check -o {format}"),
            (numbers[1] + numbers[2]) * 1e3,
            numbers[0] * 1e3,
            numbers[3] / 1024.0,
            as_f64(usize::try_from(bytes).unwrap()) / 1e6
        );
    }
}

/// What a stage took.
struct Took {
    cpu: Duration,
    wall: Duration,
}

/// The least of a few runs. A short stage is repeated within a run, until the scheduler's clock can tell what it took.
fn least<T>(mut stage: impl FnMut() -> T) -> (Took, T) {
    const LONG_ENOUGH: Duration = Duration::from_millis(100);
    let mut run = || {
        let (started, cpu) = (Instant::now(), processor_time());
        let mut result = black_box(stage());
        let mut times = 1;
        while started.elapsed() < LONG_ENOUGH {
            result = black_box(stage());
            times += 1;
        }
        (Took { cpu: processor_time().saturating_sub(cpu) / times, wall: started.elapsed() / times }, result)
    };
    let mut best = run();
    for _ in 1..RUNS {
        let next = run();
        best.0.wall = best.0.wall.min(next.0.wall);
        best.0.cpu = best.0.cpu.min(next.0.cpu);
    }
    best
}

/// CPU time of the process, to the nanosecond, from Linux's scheduler; the clock elsewhere.
fn processor_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_thread = |thread: std::fs::DirEntry| -> Option<u64> {
        std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(of_thread).sum())
}

fn row(stage: &str, took: &Took, note: &str) {
    println!("{stage:<40}{:>10.1}{:>10.1}  {note}", ms(took.cpu), ms(took.wall));
}

fn per_verdict(took: &Took, verdicts: usize) -> String {
    format!("{verdicts} verdicts, {:.0} ns each", ms(took.cpu) * 1e6 / as_f64(verdicts))
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

fn megabytes(text: &str) -> f64 {
    as_f64(text.len()) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

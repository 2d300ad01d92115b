//! How long each format takes to write, how large it is, and how much memory a run that writes all of them needs: at 10,000 and
//! at 100,000 verdicts of the built-in rules over a made-up estate. CPU seconds are those of the process, so that a loaded
//! machine does not count.
//!
//! `cargo bench --no-default-features --bench report`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

#[expect(dead_code, reason = "the rules in Rust are for another benchmark")]
mod estate;

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aurora_audit::check::Assessment;
use aurora_audit::report::{Format, Options, SarifProfile, read_assessment, render};
use estate::{LARGE, Size};

/// Verdicts, with the budgets: seconds for all formats together, megabytes of memory, megabytes of the page.
const SIZES: [(usize, f64, Option<f64>, Option<f64>); 2] =
    [(10_000, 1.0, None, Some(3.5)), (100_000, 6.0, Some(400.0), None)];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    for (verdicts, seconds, memory, page) in SIZES {
        let path = folder.path().join(format!("{verdicts}.json"));
        let assessment = assessment(verdicts, &path);
        println!("\n{} verdicts, {} rules", assessment.verdicts.len(), assessment.rules.len());
        println!("{:<24}{:>10}{:>10}{:>10}", "format", "CPU ms", "wall ms", "MB");
        let mut total = Duration::ZERO;
        for key in Format::keys() {
            let format: Format = key.parse().unwrap();
            total += row(key, &assessment, format, SarifProfile::Github, page.filter(|_| format == Format::Html));
        }
        total += row("sarif, full", &assessment, Format::Sarif, SarifProfile::Full, None);
        println!(
            "{:<24}{:>10.0}{:>20}  (budget {:.0} ms)",
            "all formats",
            total.as_secs_f64() * 1e3,
            "",
            seconds * 1e3
        );
        drop(assessment);
        whole_run(&path, folder.path(), memory);
    }
}

/// An assessment of about so many verdicts, as the program makes it.
fn assessment(verdicts: usize, path: &Path) -> Assessment {
    // Measured: a small estate tells how many verdicts a cluster brings.
    const TRIAL: u64 = 40;
    let per_cluster = judged(TRIAL, path).verdicts.len() as u64 / TRIAL;
    judged(verdicts as u64 / per_cluster + 1, path)
}

fn judged(clusters: u64, path: &Path) -> Assessment {
    let size = Size { accounts: LARGE.accounts, clusters, groups: clusters / 2 + 1, users: clusters * 2 };
    let snapshot = path.with_extension("jsonl");
    std::fs::write(&snapshot, estate::snapshot(&size)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aurora-audit"));
    command.arg("check").arg(&snapshot).args(["--exit-zero", "--now", "2026-11-20T12:00:00Z"]);
    command.arg("-o").arg(format!("json={}", path.display()));
    let output = command.output().unwrap();
    assert!(path.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    read_assessment(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn row(name: &str, assessment: &Assessment, format: Format, profile: SarifProfile, budget: Option<f64>) -> Duration {
    let options = Options { sarif_profile: profile, ..Options::default() };
    let mut written = Counter(0);
    let (started, cpu) = (Instant::now(), processor_time());
    render(assessment, format, &options, &mut written).unwrap();
    let (wall, cpu) = (started.elapsed(), processor_time().saturating_sub(cpu));
    let megabytes = as_f64(written.0) / 1e6;
    let budget = budget.map(|budget| format!("  (budget {budget} MB)")).unwrap_or_default();
    println!("{name:<24}{:>10.0}{:>10.0}{megabytes:>10.2}{budget}", cpu.as_secs_f64() * 1e3, wall.as_secs_f64() * 1e3);
    cpu
}

/// The program itself, from the assessment to every report.
fn whole_run(assessment: &Path, folder: &Path, memory: Option<f64>) {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%e %U %S %M", env!("CARGO_BIN_EXE_aurora-audit"), "report"]).arg(assessment);
    for key in Format::keys() {
        command.arg("-o").arg(format!("{key}={}", folder.join(format!("out.{key}.html")).display()));
    }
    let Ok(output) = command.output() else { return println!("whole run: /usr/bin/time is not installed") };
    let stderr = String::from_utf8_lossy(&output.stderr);
    let figures: Vec<f64> =
        stderr.lines().last().expect("time prints a line").split(' ').map(|word| word.parse().unwrap()).collect();
    let budget = memory.map(|budget| format!(" (budget {budget} MB)")).unwrap_or_default();
    println!(
        "report with all formats: {:.0} ms CPU, {:.0} ms wall, {:.0} MB at most{budget}",
        (figures[1] + figures[2]) * 1e3,
        figures[0] * 1e3,
        figures[3] / 1024.0
    );
    let pages = std::fs::read_dir(folder).unwrap().flatten();
    let pages = pages.filter(|entry| entry.file_name().to_string_lossy().starts_with("out.html"));
    let sizes: Vec<u64> = pages.map(|entry| entry.metadata().unwrap().len()).collect();
    println!(
        "{} page(s), the largest of {:.2} MB",
        sizes.len(),
        as_f64(usize::try_from(*sizes.iter().max().unwrap()).unwrap()) / 1e6
    );
}

/// Counts what is written to it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// CPU time of the process, to the nanosecond, from Linux's scheduler.
fn processor_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_thread = |thread: std::fs::DirEntry| -> Option<u64> {
        std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(of_thread).sum())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

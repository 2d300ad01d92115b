//! The gate as scripts meet it: every exit code, the line that says why, and what a baseline makes of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{assessment, fixture, run};
use tempfile::TempDir;

const NOW: &str = "2026-11-20T12:00:00Z";

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn fixture_text() -> String {
    fs::read_to_string(fixture()).unwrap()
}

/// `check` of a snapshot with this text, its trailer made to fit.
fn check(folder: &TempDir, text: &str, args: &[&str]) -> common::Run {
    let snapshot = path(folder, "given.jsonl");
    fs::write(&snapshot, common::refitted(text)).unwrap();
    run(["check", &snapshot, "--now", NOW].iter().chain(args), &[])
}

/// The fixture without the lines of these kinds.
fn without(kinds: &[&str]) -> String {
    let text = fixture_text();
    let keep = |line: &&str| !kinds.iter().any(|kind| line.starts_with(&format!("{{\"kind\":\"{kind}")));
    text.lines().filter(keep).collect::<Vec<_>>().join("\n") + "\n"
}

/// What a script sees: the code, and the last line of stdout, which says why. Numbers change with every rule.
fn seen(result: &common::Run) -> String {
    format!("exit code: {}\nlast line: {}\nstderr: {}", result.code, last_line(result), result.stderr.trim_end())
}

fn last_line(result: &common::Run) -> String {
    let last = result.stdout.lines().last().unwrap_or_default();
    // What was written has a name that is another each time.
    let last = last.split(" · wrote ").next().unwrap_or_default();
    let numbers = regex_lite::Regex::new("[0-9][0-9.,]*").unwrap();
    numbers.replace_all(last, "#").into_owned()
}

#[test]
fn every_exit_code() {
    let folder = TempDir::new().unwrap();
    let text = fixture_text();
    let frames =
        |line: &&str| ["header", "trailer"].iter().any(|kind| line.starts_with(&format!("{{\"kind\":\"{kind}\"")));
    let header_and_trailer = text.lines().filter(frames).collect::<Vec<_>>().join("\n") + "\n";

    let tolerant = ["--fail-on", "never", "--allow-incomplete"];
    for (name, text, args) in [
        ("0_tolerated", &text, &tolerant[..]),
        ("0_exit_zero", &text, &["--exit-zero"]),
        ("1_failed", &text, &[]),
        ("1_failed_at_critical", &text, &["--fail-on", "critical"]),
        ("2_no_such_severity", &text, &["--fail-on", "severe"]),
        ("2_coverage_over_100", &text, &["--min-coverage", "101"]),
        ("2_new_to_what", &text, &["--fail-on-new"]),
        ("2_no_baseline", &text, &["--baseline", "/nonexistent/baseline.json"]),
        ("3_incomplete", &text, &["--fail-on", "never"]),
        ("3_coverage", &text, &["--fail-on", "never", "--allow-incomplete", "--min-coverage", "100"]),
        ("4_nothing", &header_and_trailer, &[]),
        ("4_nothing_despite_exit_zero", &header_and_trailer, &["--exit-zero"]),
    ] {
        let result = check(&folder, text, args);
        assert_eq!(result.code.to_string(), name.split('_').next().unwrap(), "{name}: {}", result.transcript());
        insta::assert_snapshot!(format!("exit__{name}"), seen(&result));
    }
}

/// A report that cannot be written to standard output is nobody's mistake but the machine's.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_internal_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aurora-audit"));
    let child = command.args(["rules", "list"]).env_clear().stdout(Stdio::from(full)).stderr(Stdio::piped());
    let output = child.output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: write to standard output"));
}

#[test]
fn all_formats_end_with_the_same_code() {
    let snapshot = fixture().display().to_string();
    for (args, code) in [
        (&[][..], 1),
        (&["--fail-on", "never"], 3),
        (&["--fail-on", "never", "--allow-incomplete"], 0),
        (&["--fail-on", "never", "--allow-incomplete", "--min-coverage", "100"], 3),
    ] {
        for format in aurora_audit::report::Format::keys() {
            let output = format!("{format}=-");
            let result = run(["check", &snapshot, "--now", NOW, "-o", &output].iter().chain(args), &[]);
            assert_eq!(result.code, code, "{format} {args:?}: {}", result.stderr);
        }
    }
}

/// The assessment of a text, and its file.
fn judged(folder: &TempDir, name: &str, text: &str, args: &[&str]) -> (common::Run, String) {
    let json = path(folder, name);
    let output = format!("json={json}");
    let result = check(folder, text, &[&["-o", &output], args].concat());
    (result, json)
}

#[test]
fn a_baseline_lets_only_new_findings_fail() {
    let folder = TempDir::new().unwrap();
    let text = fixture_text();
    let (first, baseline) = judged(&folder, "baseline.json", &text, &[]);
    assert_eq!(first.code, 1);

    let new_only = ["--baseline", &baseline, "--fail-on-new", "--allow-incomplete"];
    let (same, json) = judged(&folder, "same.json", &text, &new_only);
    assert_eq!(same.code, 0, "{}", same.transcript());
    let comparison = &assessment(Path::new(&json))["comparison"];
    assert_eq!((&comparison["new"], &comparison["regressed"]), (&0.into(), &0.into()));
    assert!(comparison["unchanged"].as_u64().unwrap() > 30, "{comparison}");
    // What a baseline sets aside is said, so that no gate looks clean by silence.
    assert!(same.stdout.lines().last().unwrap().contains("in the baseline"), "{}", same.stdout);

    let worse = text.replace("\"PubliclyAccessible\":false", "\"PubliclyAccessible\":true");
    assert_ne!(worse, text);
    let (worse, json) = judged(&folder, "worse.json", &worse, &new_only);
    assert_eq!(worse.code, 1, "{}", worse.transcript());
    let found = assessment(Path::new(&json));
    assert!(found["comparison"]["regressed"].as_u64().unwrap() > 0, "{}", found["comparison"]);
    assert!(worse.stdout.contains("regressed: "), "{}", worse.stdout);
    insta::assert_snapshot!(last_line(&worse));

    let better = text.replace("\"PubliclyAccessible\":true", "\"PubliclyAccessible\":false");
    let (better, json) = judged(&folder, "better.json", &better, &new_only);
    assert_eq!(better.code, 0, "{}", better.transcript());
    assert!(!assessment(Path::new(&json))["comparison"]["fixed"].as_array().unwrap().is_empty());
    assert!(better.stdout.contains("FIXED SINCE THE BASELINE"), "{}", better.stdout);
}

/// What a run cannot see has not been fixed: a partial scan must not look like progress.
#[test]
fn an_unreadable_part_is_not_reassessed() {
    let folder = TempDir::new().unwrap();
    let (_, baseline) = judged(&folder, "baseline.json", &fixture_text(), &[]);
    for kinds in [&["mysql"][..], &["rds.db_cluster_snapshot"], &["listing"], &["iam"]] {
        let (result, json) = judged(&folder, "partial.json", &without(kinds), &["--baseline", &baseline]);
        assert_ne!(result.code, 0, "{kinds:?}");
        let comparison = &assessment(Path::new(&json))["comparison"];
        assert_eq!(comparison["fixed"].as_array().unwrap().len(), 0, "{kinds:?}: {}", comparison["fixed"]);
        assert!(!comparison["not_reassessed"].as_array().unwrap().is_empty(), "{kinds:?}");
    }
}

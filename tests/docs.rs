//! The documentation works: its first page is played as a new user would, and the book holds together.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::root;
use tempfile::TempDir;

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// Blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    page.split(&opening).skip(1).map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// A script that runs each line and wants the code that its comment tells, or 0.
fn script(blocks: &[String]) -> String {
    let mut script = "export PS4=\nset -u\nOLDPWD=$REPOSITORY\n".to_owned();
    for line in blocks.concat().replace("\\\n", " ").lines().filter(|line| !line.is_empty()) {
        let (command, comment) = line.split_once("  # ").unwrap_or((line, ""));
        let code = comment.trim().strip_prefix("ends with ").unwrap_or("0");
        writeln!(
            script,
            "{command}\ncode=$?; [ $code = {code} ] || {{ echo \"ended with $code, not {code}\" >&2; exit 99; }}"
        )
        .unwrap();
    }
    script
}

#[test]
fn the_quick_start_leads_from_a_failing_gate_to_a_waiver_that_makes_it_pass() {
    let page = page("quick-start.md");
    let blocks = blocks(&page, "sh");
    let played: Vec<String> = blocks.into_iter().filter(|block| !block.contains("cargo install")).collect();
    assert!(played.len() >= 4, "{played:?}");
    let folder = TempDir::new().unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_aurora-audit")).parent().unwrap().display().to_string();
    // The folder that the page uses is this test's own.
    let script = script(&played).replace("/tmp/aurora-try", &folder.path().join("try").display().to_string());
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("HOME", folder.path())
        .env("PATH", format!("{binaries}:{}", std::env::var("PATH").unwrap()))
        .env("REPOSITORY", root())
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{said}");
    for expected in ["gate failed: 1 failure at or above critical", "(not counted: 1 waived)", "1 waiver, 0 to look at"]
    {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    // What the page says may be typed into the configuration may be.
    let toml = blocks_of_configuration(&page);
    fs::write(folder.path().join("try/aurora-audit.toml"), &toml[0]).unwrap();
    let checked = common::run_in(&folder.path().join("try"), &["check", "quick-start.jsonl"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.transcript());
}

fn blocks_of_configuration(page: &str) -> Vec<String> {
    blocks(page, "toml")
}

/// Every piece of configuration and every waiver in the book is one that the program reads.
#[test]
fn what_the_book_shows_is_right() {
    let folder = TempDir::new().unwrap();
    for name in ["configuration.md", "scheduled.md", "quick-start.md"] {
        for (index, text) in blocks(&page(name), "toml").iter().enumerate() {
            let path = folder.path().join(format!("{index}.toml"));
            fs::write(&path, text).unwrap();
            let shown = common::run(["config", "show", "--config", &path.display().to_string()], &[]);
            assert_eq!(shown.code, 0, "{name}: {}", shown.transcript());
        }
    }
    let waivers = blocks(&page("waivers.md"), "yaml");
    let path = folder.path().join("aurora-waivers.yaml");
    fs::write(&path, &waivers[0]).unwrap();
    let args = ["waiver", "check", "--now", "2026-11-25T00:00:00Z", "--waivers", &path.display().to_string()];
    let checked = common::run(args, &[]);
    assert_eq!(checked.code, 0, "{}", checked.transcript());
}

/// Every page is in the book, and every link of the book leads somewhere.
#[test]
fn the_book_holds_together() {
    let summary = page("SUMMARY.md");
    let links = |text: &str| -> Vec<String> {
        text.split("](")
            .skip(1)
            .map(|part| part.split(')').next().unwrap().split('#').next().unwrap().to_owned())
            .collect()
    };
    let listed: BTreeSet<_> = links(&summary).into_iter().collect();
    let names = |folder: &str| {
        let entries = fs::read_dir(root().join("docs").join(folder)).unwrap();
        entries
            .map(|entry| format!("{folder}{}", entry.unwrap().file_name().into_string().unwrap()))
            .collect::<Vec<_>>()
    };
    for name in [names(""), names("rules/")].concat() {
        if Path::new(&name).extension().is_none_or(|it| it != "md") || name == "SUMMARY.md" {
            continue;
        }
        assert!(listed.contains(&name), "{name} is not in SUMMARY.md");
        if name.starts_with("rules/") {
            continue;
        }
        for link in links(&page(&name)).iter().filter(|link| !link.contains(':') && !link.is_empty()) {
            assert!(root().join("docs").join(link).exists(), "{name}: {link}");
        }
    }
    assert!(listed.iter().all(|name| root().join("docs").join(name).is_file()), "{listed:?}");
    assert!(page("index.md").contains("Plans of Terraform") && page("ci.md").contains("Plans of Terraform are not"));
}

/// The table of exit codes is the one that the program prints.
#[test]
fn exit_codes_are_told_everywhere() {
    let help = common::run(["--help"], &[]).stdout;
    for code in ["0", "1", "2", "3", "4", "70"] {
        assert!(page("gate.md").contains(&format!("| {code} |")), "{code}");
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{code} "))), "{code}: {help}");
    }
}

//! The house has floors: a module imports only from floors below its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: [(&str, u8); 9] = [
    ("model", 0),
    ("snapshot", 1),
    ("collect", 2),
    ("facts", 2),
    ("rules", 3),
    ("check", 4),
    ("report", 5),
    ("config", 6),
    ("cli", 7),
];

/// Lines a file may have.
const MAX_LINES: usize = 600;

/// Files of the program; those that hold only tests are left out.
fn source_files() -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What of a file is built into the program: its tests come last.
fn program_text(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

/// The module of a file: the first folder or file name below `src`.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Modules that a text names after `crate::`, alone or in braces.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for after in text.split("crate::").skip(1) {
        let list = match after.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => after,
        };
        let words = if after.starts_with('{') { list.split(',').collect() } else { vec![list] };
        found.extend(words.into_iter().map(|word| {
            word.trim().chars().take_while(|it| it.is_ascii_lowercase() || *it == '_').collect::<String>()
        }));
    }
    found
}

#[test]
fn modules_import_from_floors_below() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let mut wrong = Vec::new();
    for path in source_files() {
        let module = module_of(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let floor = floors.get(module.as_str()).unwrap_or_else(|| panic!("{module} has no floor"));
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            let Some(other) = floors.get(import.as_str()) else { continue };
            if import != module && other >= floor {
                wrong.push(format!("{} (floor {floor}) imports {import} (floor {other})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_collect_and_cli_read_the_clock() {
    let clocks = ["Timestamp::now", "SystemTime::now", "Instant::now"];
    for path in source_files() {
        if !matches!(module_of(&path).as_str(), "collect" | "cli") {
            let text = program_text(&path);
            assert!(clocks.iter().all(|clock| !text.contains(clock)), "{} reads the clock", path.display());
        }
    }
}

#[test]
fn only_collect_opens_sockets() {
    let sockets = ["TcpStream", "UdpSocket", "tokio::net", "std::net::TcpListener"];
    for path in source_files() {
        if module_of(&path) != "collect" {
            let text = program_text(&path);
            assert!(sockets.iter().all(|socket| !text.contains(socket)), "{} opens a socket", path.display());
        }
    }
}

#[test]
fn files_stay_small() {
    for path in source_files() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_checker_sees_every_form_of_import() {
    for (text, found) in [
        ("use crate::model::Fact;", vec!["model"]),
        ("use crate::{facts::Facts, model};", vec!["facts", "model"]),
        ("let x = crate::rules::load();", vec!["rules"]),
        ("$crate::snapshot::Record", vec!["snapshot"]),
    ] {
        assert_eq!(imports(text), found, "{text}");
    }
}

/// Texts that show what an ARN looks like, or stand for one that nobody has: all others would not fit the partitions of China or of the US government.
const EXAMPLES: [(&str, &str); 11] = [
    ("report/sample.rs", "111122223333"),
    ("report/sample.rs", "orders-prod"),
    ("report/sample/paths.rs", "111122223333"),
    ("config/template.rs", "role/dba"),
    ("collect/aws/config.rs", "role/"),
    ("facts/iam/statement.rs", "nobody named this user"),
    ("facts/iam/evaluate/domain.rs", "arn:aws:other:::another"),
    ("rules/load/corruption.rs", "arn('arn:aws:s3:::b')"),
    ("rules/expr/functions/pattern.rs", "let help"),
    ("rules/expr/functions/literal.rs", "refused("),
    ("rules/expr/functions/literal.rs", "arn:aws:rds:eu-central-1:123456789012"),
];

/// Names of services, which are the same in every partition or are told apart where they are compared; and both suffixes of endpoints.
const SERVICES: [&str; 6] = [
    "facts/iam/account/escalation.rs",
    "facts/paths/build/machine.rs",
    "facts/paths/build/iam.rs",
    "facts/iam/evaluate/principal.rs",
    "facts/tls/host.rs",
    "collect/mysql/login.rs",
];

#[test]
fn no_partition_is_taken_for_granted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in source_files().into_iter().filter(|path| !path.display().to_string().ends_with("_tests.rs")) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        for line in program_text(&path).lines().filter(|line| !line.trim_start().starts_with("//")) {
            let example = EXAMPLES.iter().any(|(file, text)| name == *file && line.contains(text));
            let service = line.contains("amazonaws.com") && SERVICES.contains(&name.as_str());
            let reserved = line.contains("/aws-reserved/sso.amazonaws.com/");
            if (line.contains("arn:aws:") || line.contains("amazonaws.com")) && !(example || service || reserved) {
                found.push(format!("{name}: {line}"));
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

/// What a rule tells its reader to do is done in every partition; its own tests are examples.
#[test]
fn no_remediation_takes_a_partition_for_granted() {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = fs::read_to_string(&path).unwrap();
                let told = text.split("\ntests:").next().unwrap_or_default();
                let lines = told.lines().filter(|line| line.contains("arn:aws:"));
                found.extend(lines.map(|line| format!("{}: {line}", path.display())));
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

//! Running the binary as a user would, in an environment that holds nothing but what the test gives.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The snapshot that comes with the program.
pub fn fixture() -> PathBuf {
    root().join("fixtures/acme.jsonl")
}

/// What a run left behind.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// All three, for snapshots of whole runs.
    pub fn transcript(&self) -> String {
        format!("exit code: {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Runs the binary with these arguments and this environment alone, in the repository.
pub fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>, env: &[(&str, &str)]) -> Run {
    let args: Vec<A> = args.into_iter().collect();
    run_in(root(), &args, env)
}

/// The same, in a folder.
pub fn run_in<A: AsRef<OsStr>>(folder: &Path, args: &[A], env: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aurora-audit"));
    command.args(args).env_clear().env("HOME", "/nonexistent").envs(env.iter().copied()).current_dir(folder);
    let Output { status, stdout, stderr } = command.output().unwrap();
    Run {
        code: status.code().expect("the program was killed"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// The assessment that a run wrote.
pub fn assessment(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Rule, subject name and outcome of every verdict.
pub fn verdicts(assessment: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let verdicts = assessment["verdicts"].as_array().unwrap();
    verdicts.iter().map(|it| (text(&it["rule"]), text(&it["subject"]["name"]), text(&it["outcome"]))).collect()
}

/// The outcome of one verdict.
pub fn outcome<'a>(verdicts: &'a [(String, String, String)], rule: &str, subject: &str) -> &'a str {
    let found: Vec<_> = verdicts.iter().filter(|(r, s, _)| r == rule && s == subject).collect();
    assert_eq!(found.len(), 1, "{rule} of {subject}: {found:?}");
    &found[0].2
}

/// A snapshot that was changed by hand, with a trailer that counts and hashes what it holds now.
pub fn refitted(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let at = text.rfind("{\"kind\":\"trailer\"").unwrap();
    let (body, trailer) = text.split_at(at);
    let mut trailer: Value = serde_json::from_str(trailer).unwrap();
    trailer["data"]["Records"] = (body.lines().count() - 1).into();
    trailer["data"]["Sha256"] = data_encoding::HEXLOWER.encode(&Sha256::digest(body)).into();
    format!("{body}{trailer}\n")
}

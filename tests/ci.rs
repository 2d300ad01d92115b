//! What pipelines run, run here: the steps of the action and the jobs for GitLab, as they stand in their files.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{fixture, root};
use serde_json::Value;
use tempfile::TempDir;

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// A machine that runs the action: its folders, and what its steps have put out so far.
struct Runner {
    folder: TempDir,
    inputs: BTreeMap<String, String>,
    outputs: BTreeMap<String, String>,
    env: Vec<(String, String)>,
}

impl Runner {
    fn new(inputs: &[(&str, &str)]) -> Self {
        let action = yaml("action.yml");
        let defaults = action["inputs"].as_object().unwrap().iter();
        let mut all: BTreeMap<_, _> =
            defaults.map(|(name, input)| (name.clone(), input["default"].as_str().unwrap().to_owned())).collect();
        all.insert("binary".to_owned(), env!("CARGO_BIN_EXE_aurora-audit").to_owned());
        for (name, value) in inputs {
            assert!(all.insert((*name).to_owned(), (*value).to_owned()).is_some(), "{name} is no input");
        }
        Self { folder: TempDir::new().unwrap(), inputs: all, outputs: BTreeMap::new(), env: Vec::new() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_default()
    }

    /// An expression of GitHub's, of the few kinds that the action uses.
    fn value(&self, text: &str) -> String {
        let Some(name) = text.strip_prefix("${{ ").and_then(|text| text.strip_suffix(" }}")) else {
            return text.to_owned();
        };
        match name.split_once('.').unwrap() {
            ("inputs", name) => self.inputs[name].clone(),
            ("steps", name) => self.outputs.get(name.rsplit('.').next().unwrap()).cloned().unwrap_or_default(),
            ("github", _) => String::new(),
            _ => panic!("the runner does not know {name}"),
        }
    }

    /// Runs the steps of the action until one fails, and gives the code of the last and all that was said.
    fn run(&mut self) -> (i32, String) {
        let action = yaml("action.yml");
        let mut said = String::new();
        let mut code = 0;
        for step in action["runs"]["steps"].as_array().unwrap() {
            let Some(script) = step["run"].as_str() else { continue };
            assert!(!script.contains("${{"), "an input would be pasted into a script: {script}");
            assert_eq!(step["shell"], "bash");
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(self.folder.path());
            command.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("GITHUB_ACTION_PATH", root());
            command.env("RUNNER_TEMP", self.at("temp")).env("GITHUB_OUTPUT", self.at("output"));
            command.env("GITHUB_STEP_SUMMARY", self.at("summary")).envs(self.env.iter().cloned());
            for (name, value) in step["env"].as_object().unwrap() {
                command.env(name, self.value(value.as_str().unwrap()));
            }
            fs::create_dir_all(self.at("temp")).unwrap();
            let output = command.output().unwrap();
            said += &(String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr));
            let pairs = self.read("output");
            self.outputs.extend(
                pairs
                    .lines()
                    .filter_map(|line| line.split_once('='))
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            code = output.status.code().unwrap();
            if code != 0 {
                break;
            }
        }
        (code, said)
    }
}

fn check(more: &[(&str, &str)]) -> Runner {
    let snapshot = fixture().display().to_string();
    let arguments = "--now\n2026-11-20T12:00:00Z\n";
    let mut inputs = vec![("command", "check"), ("snapshots", snapshot.as_str()), ("arguments", arguments)];
    inputs.extend(more);
    Runner::new(&inputs)
}

#[test]
fn the_action_fails_at_the_gate_after_its_reports_are_written() {
    let mut runner = check(&[]);
    let (code, said) = runner.run();
    assert_eq!(code, 1, "{said}");
    assert_eq!(runner.outputs["exit-code"], "1");
    for output in ["assessment", "sarif", "html"] {
        assert!(fs::metadata(&runner.outputs[output]).unwrap().len() > 1_000, "{output}");
    }
    let summary = runner.read("summary");
    assert!(summary.contains("aurora-audit ended with 1") && summary.to_lowercase().contains("gate"), "{summary}");
}

#[test]
fn inputs_say_what_flags_say() {
    for (inputs, code) in [
        (&[("fail-on", "never")][..], 3),
        (&[("fail-on", "never"), ("arguments", "--allow-incomplete\n\n--now\n2026-11-20T12:00:00Z")], 0),
        (&[("baseline", "/nonexistent.json")], 2),
        (&[("config", "/nonexistent.toml")], 2),
        (&[("fail-on-new", "true")], 2),
        (&[("command", "rm")], 2),
        (&[("binary", "no-such-program")], 2),
        (&[("binary", ""), ("version", "latest; touch pwned")], 2),
        (&[("snapshots", "/nonexistent.jsonl")], 2),
    ] {
        let mut runner = check(inputs);
        let (ended, said) = runner.run();
        assert_eq!(ended, code, "{inputs:?}: {said}");
    }
}

#[test]
fn no_input_is_run() {
    for name in ["arguments", "snapshots", "fail-on", "config", "command", "baseline", "category"] {
        let mut runner = check(&[(name, "$(touch pwned)\n`touch pwned`\n; touch pwned\n\"; touch pwned")]);
        runner.run();
        assert!(!runner.at("pwned").exists(), "{name}");
    }
}

#[test]
fn every_input_and_output_is_used_and_documented() {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let action = yaml("action.yml");
    for name in action["inputs"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("inputs.{name}")), "{name}");
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    for (name, output) in action["outputs"].as_object().unwrap() {
        assert!(output["value"].as_str().unwrap().ends_with(&format!(".outputs.{name} }}}}")), "{name}");
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        if let Some(uses) = step["uses"].as_str() {
            let (_, pin) = uses.split_once('@').unwrap();
            assert!(pin.len() == 40 && pin.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
        }
    }
}

/// Runs the script of a GitLab job as its runner does: line by line, until one fails.
fn gitlab(job: &str, folder: &Path, env: &[(&str, &str)]) -> i32 {
    let file = yaml("ci/gitlab/aurora-audit.gitlab-ci.yml");
    let binaries = Path::new(env!("CARGO_BIN_EXE_aurora-audit")).parent().unwrap().display().to_string();
    let path = format!("{binaries}:{}", std::env::var("PATH").unwrap());
    let lines: Vec<_> = file[job]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let mut command = Command::new("bash");
    command.args(["-eo", "pipefail", "-c", &lines.join("\n")]).current_dir(folder).env_clear().env("PATH", path);
    for (name, value) in file["variables"].as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    command.envs(env.iter().copied()).output().unwrap().status.code().unwrap()
}

#[test]
fn the_jobs_for_gitlab_run() {
    let folder = TempDir::new().unwrap();
    fs::copy(fixture(), folder.path().join("acme.jsonl")).unwrap();
    let command = [("AURORA_AUDIT_COMMAND", "check acme.jsonl"), ("AURORA_AUDIT_NOW", "2026-11-20T12:00:00Z")];
    assert_eq!(gitlab("aurora-audit", folder.path(), &command), 1);
    for report in ["assessment.json", "report.html", "findings.sarif"] {
        assert!(folder.path().join("aurora-audit-reports").join(report).is_file(), "{report}");
    }
    let tolerant =
        [&command[..], &[("AURORA_AUDIT_FAIL_ON", "never"), ("AURORA_AUDIT_ALLOW_INCOMPLETE", "true")]].concat();
    assert_eq!(gitlab("aurora-audit", folder.path(), &tolerant), 0);
    assert_eq!(gitlab("aurora-audit-waivers", folder.path(), &[]), 0);
    fs::write(folder.path().join("aurora-waivers.yaml"), "waivers:\n  - rule: none\n").unwrap();
    assert_eq!(gitlab("aurora-audit-waivers", folder.path(), &[]), 2);
}

/// The hooks name commands that there are.
#[test]
fn hooks_before_a_commit_run() {
    let folder = TempDir::new().unwrap();
    for hook in yaml(".pre-commit-hooks.yaml").as_array().unwrap() {
        let entry: Vec<_> = hook["entry"].as_str().unwrap().split(' ').collect();
        assert_eq!(entry[0], "aurora-audit");
        let result = common::run_in(folder.path(), &entry[1..], &[]);
        assert_eq!(result.code, 0, "{}: {}", hook["id"], result.transcript());
    }
}

/// `zizmor` and `shellcheck` find nothing, where they are installed: tests/lab/setup does that.
#[test]
fn linters_find_nothing() {
    let lab = std::env::var("AURORA_AUDIT_LAB").map_or_else(|_| root().join("target/lab"), PathBuf::from);
    let tool = |name: &str| lab.join("lint/bin").join(name);
    let scripts =
        ["ci/github/install", "ci/github/run", "ci/release/version", "ci/release/pack", "ci/release/container"];
    let hooks = ["deploy/hooks/sns", "deploy/hooks/webhook"];
    for (name, args) in [
        ("zizmor", &["--offline", "--pedantic", "."][..]),
        ("shellcheck", &[&["--external-sources", "--source-path=SCRIPTDIR"], &scripts[..], &hooks].concat()),
        ("actionlint", &[]),
    ] {
        if !tool(name).is_file() {
            eprintln!("{name} is not installed; see tests/lab/setup");
            continue;
        }
        let output = Command::new(tool(name)).args(args).current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
    }
}

/// The release packs what the action unpacks.
#[test]
fn the_release_and_the_action_agree() {
    let install = fs::read_to_string(root().join("ci/github/install")).unwrap();
    let release = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    for target in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        assert!(install.contains(target) && release.contains(target), "{target}");
    }
    assert!(install.contains("SHA256SUMS") && release.contains("SHA256SUMS"));
    let version = Command::new(root().join("ci/release/version")).arg(concat!("v", env!("CARGO_PKG_VERSION"))).status();
    assert!(version.unwrap().success());
    let wrong = Command::new(root().join("ci/release/version")).arg("v99.0.0").output().unwrap();
    assert!(!wrong.status.success());
}

/// The action's own steps, against the servers of the lab.
#[cfg(feature = "lab")]
#[test]
fn the_action_scans_the_lab() {
    let file = std::env::var("AURORA_AUDIT_LAB_ENV").unwrap();
    let text = fs::read_to_string(file).unwrap();
    let lab: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key, value.trim_matches('\'')))
        .collect();
    let mut runner =
        Runner::new(&[("command", "scan"), ("arguments", "--region\nus-east-1\n--now\n2026-11-20T12:00:00Z")]);
    let variables = [
        ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL"),
        ("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"),
        ("AURORA_AUDIT_CONNECT_TO", "CONNECT_TO"),
        ("AURORA_AUDIT_CA_BUNDLE", "CA_BUNDLE"),
        ("AURORA_AUDIT_LOGIN", "DB_USER"),
        ("AURORA_AUDIT_DB_PASSWORD", "DB_PASSWORD"),
    ];
    runner.env = variables.iter().map(|(name, key)| ((*name).to_owned(), lab[key].to_owned())).collect();
    runner.env.push(("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()));
    let (code, said) = runner.run();
    assert_eq!(code, 1, "{said}");
    assert!(runner.read("summary").contains("ended with 1"), "{}", runner.read("summary"));
    let sarif: Value = serde_json::from_str(&fs::read_to_string(&runner.outputs["sarif"]).unwrap()).unwrap();
    assert!(sarif["runs"][0]["results"].as_array().unwrap().len() > 10);
    assert!(!said.contains(lab["DB_PASSWORD"]) && !runner.read("summary").contains(lab["DB_PASSWORD"]));
}

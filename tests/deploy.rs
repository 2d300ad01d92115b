//! What is deployed for scheduled runs: one role in all of it, flags that exist, and files that their own tools take.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{root, run};
use serde_json::Value;
use tempfile::TempDir;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn actions(statement: &Value) -> BTreeSet<String> {
    statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

fn policy() -> Value {
    serde_json::from_str(&read("deploy/iam-policy.json")).unwrap()
}

/// CloudFormation with its short functions as plain values.
fn cloudformation() -> Value {
    let text = read("deploy/cloudformation/aurora-audit.yaml");
    let plain: String = text.replace("!GetAtt ", "").replace("!Ref ", "").replace("!Sub ", "").replace("!Select ", "");
    serde_saphyr::from_str(&plain).unwrap()
}

/// The lab's policy is what the collectors' own table says; a test of theirs keeps it so.
#[test]
fn the_role_is_the_least() {
    let lab: Value = serde_json::from_str(&read("tests/lab/scanner-policy.json")).unwrap();
    let least = actions(&lab["Statement"][0]);
    assert_eq!(actions(&policy()["Statement"][0]), least, "deploy/iam-policy.json");
    let statements =
        &cloudformation()["Resources"]["ScannerRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    assert_eq!(actions(&statements[0]), least, "deploy/cloudformation/aurora-audit.yaml");
    assert!(least.iter().all(|action| {
        let (_, name) = action.split_once(':').unwrap();
        ["Describe", "Get", "List", "GenerateCredentialReport"].iter().any(|verb| name.starts_with(verb))
    }));
    assert!(read("deploy/terraform/main.tf").contains("file(\"${path.module}/../iam-policy.json\")"));
}

#[cfg(feature = "aws")]
#[test]
fn the_command_prints_the_role() {
    let printed = run(["permissions", "--policy"], &[]);
    assert_eq!(printed.code, 0, "{}", printed.transcript());
    let printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    let statements = printed["Statement"].as_array().unwrap().iter();
    let allowed: BTreeSet<_> = statements.filter(|it| it["Effect"] == "Allow").flat_map(actions).collect();
    assert_eq!(allowed, actions(&policy()["Statement"][0]));
}

/// Every flag and variable that a deployment sets is one of the program's.
#[test]
fn what_deployments_set_is_there_to_be_set() {
    let mut known = BTreeSet::new();
    for command in ["check", "scan"] {
        let help = run([command, "--help"], &[]).stdout;
        let words = help.split(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')));
        known.extend(
            words.filter(|word| word.starts_with("--") || word.starts_with("AURORA_AUDIT_")).map(str::to_owned),
        );
    }
    let mut checked = 0;
    for path in ["deploy/cloudformation/aurora-audit.yaml", "deploy/terraform/main.tf", "ci/github/run"] {
        let text = read(path);
        for word in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')) {
            if word.starts_with("AURORA_AUDIT_") && cfg!(feature = "aws") {
                assert!(known.contains(word), "{path}: {word}");
                checked += 1;
            }
        }
    }
    assert!(checked > 10 || cfg!(not(feature = "aws")));
}

/// The configuration of the `CronJob` is one that the program reads.
#[test]
fn the_configuration_in_the_cronjob_is_read() {
    let text = read("deploy/kubernetes/aurora-audit.yaml");
    let documents: Vec<Value> =
        text.split("\n---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect();
    let of_kind = |kind: &str| documents.iter().find(|it| it["kind"] == kind).unwrap();
    let data = &of_kind("ConfigMap")["data"];
    let folder = TempDir::new().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, data[name].as_str().unwrap()).unwrap();
        path.display().to_string()
    };
    let (config, waivers) = (write("aurora-audit.toml"), write("aurora-waivers.yaml"));
    let shown = run(["config", "show", "--config", &config], &[]);
    assert_eq!(shown.code, 0, "{}", shown.transcript());
    assert_eq!(run(["waiver", "check", "--waivers", &waivers], &[]).code, 0);
    let pod = &of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!((&pod["restartPolicy"], &pod["securityContext"]["runAsNonRoot"]), (&"Never".into(), &true.into()));
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    for document in &documents {
        for key in ["apiVersion", "kind", "metadata"] {
            assert!(!document[key].is_null(), "{key}: {document}");
        }
    }
}

fn tool(name: &str) -> Option<PathBuf> {
    let lab = std::env::var("AURORA_AUDIT_LAB").map_or_else(|_| root().join("target/lab"), PathBuf::from);
    let of_lab = lab.join("lint/bin").join(name);
    let paths = std::env::var_os("PATH").unwrap();
    std::iter::once(of_lab)
        .chain(std::env::split_paths(&paths).map(|folder| folder.join(name)))
        .find(|path| path.is_file())
}

/// Each file by the tool that knows it, where it is installed.
#[test]
fn the_tools_of_each_find_nothing() {
    let units = ["aurora-audit.service", "aurora-audit.timer", "aurora-audit-alarm.service"]
        .map(|unit| format!("deploy/systemd/{unit}"));
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    for (name, args) in [
        ("cfn-lint", &["deploy/cloudformation/aurora-audit.yaml"][..]),
        ("terraform", &["fmt", "-check", "-diff", "deploy/terraform"]),
        ("systemd-analyze", &[&["verify", "--man=no"], &units[..]].concat()),
    ] {
        let Some(path) = tool(name) else {
            eprintln!("{name} is not installed");
            continue;
        };
        let output =
            Command::new(path).args(args).current_dir(root()).env("TF_CLI_CONFIG_FILE", "/dev/null").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        // The program is installed where a deployment has it, and not here.
        let elsewhere = |line: &&str| !line.contains("is not executable") && !line.is_empty();
        let complaints: Vec<_> = said.lines().filter(elsewhere).collect();
        assert!(output.status.success() || (name == "systemd-analyze" && complaints.is_empty()), "{name}: {said}");
    }
}

/// A hook with stand-ins for what it calls, which write down how they were called.
fn hook(name: &str, summary: Option<&str>, env: &[(&str, &str)]) -> (i32, String) {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    for program in ["aws", "curl"] {
        let path = folder.path().join(program);
        fs::write(
            &path,
            format!(
                "#!/bin/bash\nprintf '%s\\n' {program} \"$@\" >>{0}/called\ncat >>{0}/called </dev/stdin || true\n",
                folder.path().display()
            ),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = folder.path().join("summary.json");
    if let Some(text) = summary {
        fs::write(&path, text).unwrap();
    }
    fs::write(folder.path().join("url"), "https://chat.example/secret\n").unwrap();
    let paths = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(root().join("deploy/hooks").join(name));
    command.arg(&path).env_clear().env("PATH", paths).env("TOPIC_ARN", "arn:aws:sns:r:1:t");
    command
        .env("WEBHOOK_URL_FILE", folder.path().join("url"))
        .envs(env.iter().copied())
        .stdin(std::process::Stdio::null());
    let code = command.output().unwrap().status.code().unwrap();
    (code, fs::read_to_string(folder.path().join("called")).unwrap_or_default())
}

#[test]
fn hooks_speak_when_a_scan_was_not_clean_or_did_not_come() {
    let summary = |code: u8, finished: &str, reason: &str| {
        serde_json::json!({"schema_version": 1, "exit_code": code, "finished": finished, "reason": reason}).to_string()
    };
    let now = jiff::Timestamp::now().to_string();
    for name in ["sns", "webhook"] {
        for (what, text, speaks) in [
            ("clean", Some(summary(0, &now, "clean")), None),
            (
                "failed",
                Some(summary(1, &now, "3 failures at or above high")),
                Some("ended with 1: 3 failures at or above high"),
            ),
            ("incomplete", Some(summary(3, &now, "1 thing could not be read")), Some("ended with 3")),
            ("old", Some(summary(0, "2026-01-01T00:00:00Z", "clean")), Some("there has been no scan since 2026-01-01")),
            ("missing", None, Some("there is no summary of a scan")),
            ("broken", Some("{".to_owned()), Some("there is no summary of a scan")),
            ("hostile", Some(summary(1, &now, "a\u{1b}[31m\n\"$(touch pwned)")), Some("$(touch pwned)")),
        ] {
            let (code, called) = hook(name, text.as_deref(), &[]);
            assert_eq!(code, 0, "{name} {what}");
            assert_eq!(called.is_empty(), speaks.is_none(), "{name} {what}: {called}");
            assert!(
                called.contains(speaks.unwrap_or_default()) && !called.contains('\u{1b}'),
                "{name} {what}: {called}"
            );
            assert!(
                !called.contains("chat.example"),
                "an address that is a secret stands in a list of processes: {called}"
            );
        }
    }
}

/// The image runs as nobody, from nothing but the program and the authorities.
#[test]
fn the_image_is_bare_and_its_user_nobody() {
    let file = read("Dockerfile");
    let last = file.rsplit("\nFROM ").next().unwrap();
    assert!(
        last.starts_with("scratch\n") && last.contains("\nUSER 65532:65532\n") && !last.contains("\nRUN "),
        "{last}"
    );
    assert!(Path::new(&root().join(".dockerignore")).is_file());
    let binaries: BTreeMap<_, _> = [("prebuilt", "dist/${TARGETARCH}/aurora-audit"), ("build", "/aurora-audit")].into();
    assert!(binaries.iter().all(|(stage, path)| file.contains(&format!(" AS {stage}\n")) && file.contains(path)));
}

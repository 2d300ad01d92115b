//! Collections that go wrong before or while they run, against endpoints of the test's own.
#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use common::run;
use serde_json::Value;
use tempfile::TempDir;

/// What leads to an endpoint, without credentials of anyone.
fn towards(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}

/// An endpoint that takes connections and never says a word.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    (listener, endpoint)
}

#[test]
fn what_cannot_be_written_costs_no_collection() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "as it was").unwrap();
    let below = file.join("x").display().to_string();
    let taken = folder.path().display().to_string();
    let report = format!("html={below}");
    for args in [
        &["collect", "-o", &below][..],
        &["collect", "-o", &taken],
        &["scan", "--snapshot", &below],
        &["scan", "--snapshot", &taken],
        &["scan", "-o", &report],
    ] {
        let (listener, endpoint) = silent();
        listener.set_nonblocking(true).unwrap();
        let run = run(args, &towards(&endpoint));
        assert_eq!(run.code, 2, "{args:?}: {}", run.transcript());
        assert!(run.stderr.contains("write `"), "{args:?}: {}", run.transcript());
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{args:?} asked AWS");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "as it was");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no trial file stays");
}

#[cfg(unix)]
#[test]
fn a_collection_that_is_stopped_is_written_as_far_as_it_came() {
    for signal in ["-INT", "-TERM"] {
        let folder = TempDir::new().unwrap();
        let snapshot = folder.path().join("cut.jsonl");
        let (listener, endpoint) = silent();
        let mut child = Command::new(env!("CARGO_BIN_EXE_aurora-audit"))
            .args(["collect", "-o"])
            .arg(&snapshot)
            .env_clear()
            .envs(towards(&endpoint))
            .env("HOME", "/nonexistent")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _asked = listener.accept().unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(3), "{signal}");
        let text = std::fs::read_to_string(&snapshot).unwrap();
        let trailer: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&trailer["kind"], &trailer["data"]["Complete"]), (&"trailer".into(), &false.into()), "{signal}");
    }
}

//! Ctrl-C, and what a collection says of how far it is.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::standin::Behaviour;
use super::standin::estate::Estate;
use super::{ACCOUNT, Lab, REGION, run};

/// Ends a collection by a signal when some calls have been answered, and gives the snapshot and the exit code.
fn interrupted(lab: &Lab, signal: &str, after: usize) -> (i32, Vec<Value>, Duration) {
    lab.aws.behave(Behaviour { latency: Duration::from_millis(50), ..Behaviour::default() });
    let path = lab.path("cut.jsonl");
    let mut child = Command::new(env!("CARGO_BIN_EXE_aurora-audit"))
        .args(["collect", "--collectors", "aws", "--regions", REGION, "--rate", "0", "--concurrency", "2", "-o", &path])
        .env_clear()
        .envs(lab.aws.env(ACCOUNT))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while lab.aws.asked().len() < after && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = Instant::now();
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let code = child.wait().unwrap().code().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    (code, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), told.elapsed())
}

#[test]
fn a_signal_leaves_a_valid_snapshot_that_says_what_is_missing() {
    let lab = Lab::of(Estate::large(ACCOUNT, REGION, 60));
    for signal in ["-INT", "-TERM"] {
        let (code, records, took) = interrupted(&lab, signal, 25);
        assert_eq!(code, 3, "{signal}");
        assert!(took < Duration::from_secs(5), "{signal}: {took:?}");
        let trailer = &records[records.len() - 1];
        assert_eq!((&trailer["kind"], &trailer["data"]["Complete"]), (&"trailer".into(), &false.into()), "{signal}");
        let gaps: Vec<&Value> = records.iter().filter(|it| it["kind"] == "gap").map(|it| &it["data"]).collect();
        let of = |what: &str| gaps.iter().any(|gap| gap["What"] == what && gap["Reason"] == "interrupted");
        // Parameter groups and snapshots take longest; nobody came to the end of RDS.
        assert!(of("rds:DescribeDBClusterParameters") && of("rds:DescribeDBClusters"), "{signal}: {gaps:?}");
        let check = run(["check", &lab.path("cut.jsonl"), "--now", super::NOW, "--fail-on", "never"], &[]);
        assert!([3, 4].contains(&check.code) && check.stdout.contains("cut short"), "{}", check.transcript());
    }
}

/// On a terminal, a line tells account, region and collector, how many are done of how many, and the time.
#[test]
fn progress_is_shown_on_a_terminal_alone() {
    let lab = Lab::clean();
    lab.aws.behave(Behaviour { latency: Duration::from_millis(30), ..Behaviour::default() });
    let path = lab.path("s.jsonl");
    let line = format!(
        "{} collect --collectors aws --regions {REGION} --rate 0 -o {path}",
        env!("CARGO_BIN_EXE_aurora-audit")
    );
    let terminal = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_clear()
        .envs(lab.aws.env(ACCOUNT))
        .env("TERM", "xterm")
        .env("PATH", std::env::var("PATH").unwrap())
        .stdin(Stdio::null())
        .output();
    let Ok(terminal) = terminal else { return };
    let shown = String::from_utf8_lossy(&terminal.stdout).into_owned();
    for words in [ACCOUNT, REGION, "ec2", "/"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let piped = lab.run(&["collect", "--regions", REGION, "-o", &path], &[]);
    assert_eq!((piped.code, piped.stderr.as_str()), (0, ""), "{}", piped.transcript());
}

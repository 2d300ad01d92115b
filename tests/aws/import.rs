//! What somebody else's AWS CLI prints is what the collectors read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{ACCOUNT, Lab, REGION, involuntary, judged, rule_set, run};

/// The tools of the lab, among them the AWS CLI; none where the lab is not there.
#[cfg(feature = "lab")]
fn tools() -> PathBuf {
    let Ok(lab) = std::env::var("AURORA_AUDIT_LAB_ENV") else { panic!("run tests/run, which brings the lab up") };
    Path::new(&lab).parent().unwrap().join("cli/bin")
}

/// Kind, id and data of the records of the region and of the account, but for what the script asks beyond the collectors.
#[cfg(feature = "lab")]
fn told(records: &[Value]) -> BTreeMap<(String, String, String), Value> {
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let body = records[1..records.len() - 1].iter();
    let wanted = body.filter(|it| it["source"] != "ec2:DescribeRegions" && it["kind"] != "gap");
    wanted.map(|it| ((text(it, "region"), text(it, "kind"), text(it, "id")), it["data"].clone())).collect()
}

#[cfg(feature = "lab")]
#[test]
fn an_import_is_a_collection() {
    let lab = Lab::clean();
    let tools = tools();
    assert!(tools.join("aws").exists(), "the lab has no AWS CLI: run tests/lab/setup");
    let script = lab.run(&["permissions", "--as-cli"], &[]).stdout;
    fs::write(lab.path("read.sh"), script).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh")
        .arg(lab.path("read.sh"))
        .current_dir(lab.path(""))
        .env_clear()
        .envs(lab.aws.env(ACCOUNT))
        .envs([("REGIONS", REGION), ("PATH", &path), ("HOME", "/nonexistent"), ("AWS_DEFAULT_REGION", REGION)])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (folder, output) = (lab.path("aurora-audit-cli"), lab.path("imported.jsonl"));
    let import = run(["collect", "--from-cli", &folder, "-o", &output], &[]);
    assert_eq!(import.code, 0, "{}", import.transcript());
    let text = fs::read_to_string(&output).unwrap();
    let imported: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (_, collected) = lab.collect(&["--regions", REGION]);
    let (here, there) = (told(&imported), told(&collected));
    let names = |all: &BTreeMap<(String, String, String), Value>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&here), names(&there));
    for (name, data) in &there {
        assert_eq!(here.get(name), Some(data), "{name:?}");
    }
    assert_eq!(involuntary(&imported), Vec::<&Value>::new());
    let rules = rule_set();
    assert_eq!(judged(&rules, &imported), judged(&rules, &collected));
    assert!(!text.contains("hunter2"), "environments of functions and containers stay where they are");
}

/// What is refused to whoever runs the script is a gap, and as unknown as if the collectors had been refused.
#[cfg(feature = "lab")]
#[test]
fn what_the_script_is_refused_is_a_gap() {
    let lab = Lab::clean();
    let refused = ["ecs:DescribeTasks", "guardduty:GetDetector", "kms:GetKeyPolicy", "rds:DescribeDBProxies"];
    lab.allow(aurora_audit::model::actions::CALLS.iter().map(|call| call.action).filter(|it| !refused.contains(it)));
    let folder = lab.path("");
    let script = lab.run(&["permissions", "--as-cli"], &[]).stdout;
    fs::write(lab.path("read.sh"), script).unwrap();
    let path = format!("{}:{}", tools().display(), std::env::var("PATH").unwrap());
    Command::new("sh")
        .arg(lab.path("read.sh"))
        .current_dir(&folder)
        .env_clear()
        .envs(lab.aws.env(ACCOUNT))
        .envs([("REGIONS", REGION), ("PATH", &path), ("HOME", "/nonexistent")])
        .output()
        .unwrap();
    let output = lab.path("imported.jsonl");
    let import = run(["collect", "--from-cli", &lab.path("aurora-audit-cli"), "-o", &output], &[]);
    assert_eq!(import.code, 3, "{}", import.transcript());
    let text = fs::read_to_string(&output).unwrap();
    let imported: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (_, collected) = lab.collect(&["--regions", REGION]);
    let gaps = |records: &[Value]| -> Vec<(Value, Value)> {
        let mut gaps: Vec<_> =
            involuntary(records).into_iter().map(|gap| (gap["What"].clone(), gap["Reason"].clone())).collect();
        gaps.sort_by_key(|gap| format!("{gap:?}"));
        gaps.dedup();
        gaps
    };
    assert_eq!(gaps(&imported), gaps(&collected));
    let rules = rule_set();
    assert_eq!(judged(&rules, &imported), judged(&rules, &collected));
}

//! What somebody else's AWS CLI prints is what the collectors read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{ACCOUNT, Lab, REGION, involuntary, judged, rule_set, run};

/// The tools of the lab, among them the AWS CLI; none where the lab is not there.
fn tools() -> PathBuf {
    let Ok(lab) = std::env::var("AURORA_AUDIT_LAB_ENV") else { panic!("run tests/run, which brings the lab up") };
    Path::new(&lab).parent().unwrap().join("cli/bin")
}

/// Kind, id and data of the records of the region and of the account, but for what the script asks beyond the collectors.
fn told(records: &[Value]) -> BTreeMap<(String, String, String), Value> {
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let body = records[1..records.len() - 1].iter();
    let wanted = body.filter(|it| it["source"] != "ec2:DescribeRegions" && it["kind"] != "gap");
    wanted.map(|it| ((text(it, "region"), text(it, "kind"), text(it, "id")), it["data"].clone())).collect()
}

/// Runs the script by the AWS CLI, imports what it printed, and gives the records.
fn imported(lab: &Lab, selection: &[&str], code: i32) -> Vec<Value> {
    let tools = tools();
    assert!(tools.join("aws").exists(), "the lab has no AWS CLI: run tests/lab/setup");
    let script = lab.run(&[&["permissions", "--as-cli"], selection].concat(), &[]).stdout;
    fs::write(lab.path("read.sh"), script).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh")
        .arg(lab.path("read.sh"))
        .current_dir(lab.path(""))
        .env_clear()
        .envs(lab.aws.env(ACCOUNT))
        .envs([("REGIONS", REGION), ("PATH", &path), ("HOME", "/nonexistent"), ("AWS_MAX_ATTEMPTS", "1")])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (folder, output) = (lab.path("aurora-audit-cli"), lab.path("imported.jsonl"));
    let import = run(["collect", "--from-cli", &folder, "-o", &output], &[]);
    assert_eq!(import.code, code, "{}", import.transcript());
    fs::read_to_string(&output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_import_is_a_collection() {
    let lab = Lab::clean();
    let imported = imported(&lab, &[], 0);
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
    let text: String = imported.iter().map(ToString::to_string).collect();
    assert!(!text.contains("hunter2"), "environments of functions and containers stay where they are");
}

/// What is refused to whoever runs the script is a gap, and as unknown as if the collectors had been refused.
#[test]
fn what_the_script_is_refused_is_a_gap() {
    let lab = Lab::clean();
    let refused = ["guardduty:GetDetector", "kms:GetKeyPolicy", "rds:DescribeDBProxies"];
    lab.allow(aurora_audit::model::actions::CALLS.iter().map(|call| call.action).filter(|it| !refused.contains(it)));
    let rules = ["--rule", "log-guardduty-rds,data-kms-key-healthy,tls-proxy-require"];
    let imported = imported(&lab, &rules, 3);
    let (_, collected) = lab.collect(&["--regions", REGION, rules[0], rules[1]]);
    let gaps = |records: &[Value]| -> BTreeSet<String> {
        involuntary(records).into_iter().map(|gap| format!("{} {}", gap["What"], gap["Reason"])).collect()
    };
    assert_eq!(gaps(&imported), gaps(&collected));
    let set = rule_set();
    let of = |records: &[Value]| -> Vec<((String, String), String)> {
        judged(&set, records).into_iter().filter(|((rule, _), _)| rules[1].contains(rule.as_str())).collect()
    };
    assert_eq!(of(&imported), of(&collected));
}

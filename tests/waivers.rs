//! Waivers as users meet them, with a fixed clock: from the first one to one that has expired.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;

use aurora_audit::report::Format;
use common::{Run, assessment, fixture, run_in};
use serde_json::Value;
use tempfile::TempDir;

const TODAY: &str = "2026-11-20T12:00:00Z";
const RULE: &str = "net-instance-not-public";

/// A repository with a snapshot in it.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::copy(fixture(), folder.path().join("acme.jsonl")).unwrap();
        Self(folder)
    }

    fn run(&self, args: &[&str]) -> Run {
        run_in(self.0.path(), args, &[])
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, text: &str) {
        fs::write(self.at("aurora-waivers.yaml"), text).unwrap();
    }

    fn waivers(&self) -> String {
        fs::read_to_string(self.at("aurora-waivers.yaml")).unwrap()
    }

    /// Judges the one rule at a time, and gives the run and its assessment.
    fn judge(&self, now: &str) -> (Run, Value) {
        let result = self.run(&["check", "acme.jsonl", "--now", now, "--allow-incomplete", "-o", "json=out/a.json"]);
        let assessment = assessment(&self.at("out/a.json"));
        (result, assessment)
    }
}

fn failing(assessment: &Value) -> Vec<&Value> {
    let all = assessment["verdicts"].as_array().unwrap();
    all.iter().filter(|it| it["rule"] == RULE && it["outcome"] == "fail").collect()
}

fn waiver(resource: &str, more: &str) -> String {
    format!("  - rule: {RULE}\n    resource: \"{resource}\"\n    reason: r\n    approver: a\n{more}")
}

const DATES: &str = "    owner: o\n    starts: 2026-11-01\n    expires: 2026-12-31\n";

#[test]
fn from_the_first_to_an_expired_one() {
    let repository = Repository::new();
    let (_, before) = repository.judge(TODAY);
    let name = failing(&before)[0]["subject"]["name"].as_str().unwrap().to_owned();
    let add = [
        "waiver",
        "add",
        RULE,
        &name,
        "--reason",
        "replaced in January",
        "--owner",
        "shop",
        "--approver",
        "ciso",
        "--ticket",
        "SEC-1",
        "--expires",
        "2026-12-10",
        "--now",
        TODAY,
        "--assessment",
        "out/a.json",
    ];
    let added = repository.run(&add);
    assert_eq!(added.code, 0, "{}", added.transcript());
    assert!(repository.waivers().contains("resource: \"arn:aws:rds:"), "{}", repository.waivers());

    for (now, state, waived) in [
        (TODAY, "active", true),
        ("2026-12-10T23:59:59Z", "active", true),
        ("2026-12-11T00:00:00Z", "expired", false),
        ("2026-11-19T23:59:59Z", "pending", false),
    ] {
        let (result, found) = repository.judge(now);
        assert_eq!(found["waivers"][0]["state"], state, "{now}");
        assert_eq!(found["summary"]["waived"], u64::from(waived), "{now}");
        assert_eq!(failing(&found).len(), failing(&before).len(), "a waived failure is a failure: {now}");
        let says =
            if waived { "waived through 2026-12-10 by ciso, owner shop" } else { "expired on 2026-12-10, owner shop" };
        let said = result.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.contains(says), state != "pending", "{now}: {}", result.stdout);
    }
    let check = |now: &str| repository.run(&["waiver", "check", "out/a.json", "--now", now]);
    assert_eq!(check(TODAY).code, 0, "{}", check(TODAY).transcript());
    let expired = check("2026-12-11T00:00:00Z");
    assert_eq!(expired.code, 1);
    insta::assert_snapshot!(expired.stdout.replace(&arn(&before), "ARN"));
}

fn arn(assessment: &Value) -> String {
    failing(assessment)[0]["subject"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_waiver_makes_a_failing_gate_pass_and_says_so() {
    let repository = Repository::new();
    let (failed, found) = repository.judge(TODAY);
    assert_eq!(failed.code, 1);
    // One of each rule that fails at the gate, with everything in it.
    let mut rules: Vec<&str> = found["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["outcome"] == "fail" && (it["severity"] == "high" || it["severity"] == "critical"))
        .map(|it| it["rule"].as_str().unwrap())
        .collect();
    rules.dedup();
    let all: String = rules.iter().map(|rule| waiver("*", DATES).replace(RULE, rule)).collect();
    repository.write(&format!("waivers:\n{all}"));
    let (passed, _) = repository.judge(TODAY);
    assert_eq!(passed.code, 0, "{}", passed.transcript());
    let last = passed.stdout.lines().last().unwrap();
    assert!(last.contains("gate clean") && last.contains(" waived)"), "{last}");
    // Each of them is too wide, and that is said.
    assert!(passed.stdout.contains("covers every subject of the rule"), "{}", passed.stdout);
}

/// What nobody knows cannot be accepted: the same waivers, and the gate still asks for what could not be read.
#[test]
fn a_waiver_never_hides_an_unknown() {
    let repository = Repository::new();
    let undecided = |text: &str| {
        repository.write(text);
        let result =
            repository.run(&["check", "acme.jsonl", "--now", TODAY, "--fail-on", "never", "-o", "json=out/a.json"]);
        let found = assessment(&repository.at("out/a.json"));
        (result.code, found["summary"]["undecided"].as_u64().unwrap(), found["summary"]["outcomes"]["unknown"].clone())
    };
    let (code, before, unknown) = undecided("waivers: []\n");
    let found = assessment(&repository.at("out/a.json"));
    let rules: Vec<_> = found["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let all: String = rules.iter().map(|rule| waiver("*", DATES).replace(RULE, rule)).collect();
    let (code_after, after, unknown_after) = undecided(&format!("waivers:\n{all}"));
    assert_eq!((code, code_after), (3, 3));
    assert!(after >= before, "{after} {before}");
    assert_eq!(unknown, unknown_after);
    // Failures with elements of which nobody knows hide them while they fail, and no longer when they are waived.
    let hiding = found["verdicts"].as_array().unwrap().iter().filter(|it| {
        it["outcome"] == "fail"
            && it["elements"].as_array().unwrap().iter().any(|element| element["outcome"] == "unknown")
    });
    assert_eq!(after - before, hiding.count() as u64);
}

#[test]
fn what_should_not_last_is_reported() {
    let repository = Repository::new();
    let (_, found) = repository.judge(TODAY);
    let arn = arn(&found);
    for (what, text, part, code) in [
        ("in use", waiver(&arn, DATES), "1 waiver, 0 to look at", 0),
        ("unused", waiver("arn:aws:rds:none", DATES), "covers no finding", 1),
        ("too wide", waiver("*", DATES), "covers every subject", 1),
        ("no owner", waiver(&arn, &DATES.replace("    owner: o\n", "")), "`owner` is missing", 2),
        ("no end", waiver(&arn, &DATES.replace("    expires: 2026-12-31\n", "")), "`expires` is missing", 2),
        ("too long", waiver(&arn, &DATES.replace("2026-12-31", "2028-01-01")), "lasts longer than 365 days", 2),
        (
            "no rule",
            waiver(&arn, DATES).replace(RULE, "net-instance-not-publik"),
            "did you mean `net-instance-not-public`?",
            2,
        ),
    ] {
        repository.write(&format!("waivers:\n{text}"));
        let result = repository.run(&["waiver", "check", "out/a.json", "--now", TODAY]);
        assert_eq!(result.code, code, "{what}: {}", result.transcript());
        assert!((result.stdout.clone() + &result.stderr).contains(part), "{what}: {}", result.transcript());
        let judged = repository.run(&["check", "acme.jsonl", "--now", TODAY]);
        assert_eq!(judged.code == 2, code == 2, "{what}: a file that is wrong ends a run");
    }
    let strict = repository.run(&["waiver", "check", "--waiver-max-days", "10", "--now", TODAY]);
    assert_eq!(strict.code, 2, "{}", strict.transcript());
}

#[test]
fn adding_asks_for_the_finding_that_is_meant() {
    let repository = Repository::new();
    let (_, found) = repository.judge(TODAY);
    let with_elements = found["verdicts"].as_array().unwrap().iter().find(|it| {
        it["outcome"] == "fail" && it["elements"].as_array().unwrap().iter().any(|element| element["outcome"] == "fail")
    });
    let with_elements = with_elements.unwrap();
    let (rule, id) = (with_elements["rule"].as_str().unwrap(), with_elements["subject"]["id"].as_str().unwrap());
    let add = |rule: &str, resource: &str, more: &[&str]| {
        let base =
            ["waiver", "add", rule, resource, "--reason", "r", "--owner", "o", "--approver", "a", "--now", TODAY];
        repository.run(&[&base[..], more].concat())
    };
    let known = ["--assessment", "out/a.json"];
    for (what, result, code, part) in [
        ("no such subject", add(RULE, "moon", &known), 2, "no one finding of rule"),
        ("which element", add(rule, id, &known), 2, "the finding has elements, and none is named"),
        ("all elements", add(rule, id, &[&known[..], &["--element", "*"]].concat()), 0, "is waived through 2027-02-18"),
        ("no such rule", add("net-instance-not-publik", "x", &[]), 2, "did you mean `net-instance-not-public`?"),
        ("too long", add(RULE, "x", &["--days", "400"]), 2, "lasts longer than 365 days"),
        ("bad day", add(RULE, "x", &["--expires", "soon"]), 2, "invalid value 'soon'"),
        ("blindly", add(RULE, "x", &["--days", "1"]), 0, "is waived through 2026-11-21"),
    ] {
        assert_eq!(result.code, code, "{what}: {}", result.transcript());
        assert!((result.stdout.clone() + &result.stderr).contains(part), "{what}: {}", result.transcript());
    }
    assert_eq!(repository.waivers().matches("- rule:").count(), 2);
    let listed = repository.run(&["waiver", "list", "--now", TODAY]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (0, 2), "{}", listed.transcript());
    assert!(listed.stdout.contains("active through 2026-11-21 (1 days)"), "{}", listed.stdout);
}

#[test]
fn a_file_of_people_keeps_its_permissions_and_its_words() {
    let repository = Repository::new();
    let text = format!("# Ours, reviewed each month.\nwaivers:\n  # the old one\n{}\n# the end\n", waiver("x", DATES));
    repository.write(&text);
    let add =
        ["waiver", "add", RULE, "y", "--reason", "r: #1 \"q\"", "--owner", "o", "--approver", "a", "--now", TODAY];
    assert_eq!(repository.run(&add).code, 0);
    let after = repository.waivers();
    let mut lines = after.lines();
    assert!(text.lines().all(|line| lines.any(|it| it == line)), "{after}");
    assert!(after.contains("reason: \"r: #1 \\\"q\\\"\""), "{after}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(repository.at("aurora-waivers.yaml"), fs::Permissions::from_mode(0o664)).unwrap();
        assert_eq!(repository.run(&add).code, 0);
        let mode = fs::metadata(repository.at("aurora-waivers.yaml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o664);
    }
}

#[test]
fn all_reports_show_waivers() {
    let repository = Repository::new();
    let (_, found) = repository.judge(TODAY);
    repository.write(&format!("waivers:\n{}", waiver(&arn(&found), DATES)));
    let outputs: Vec<_> = Format::keys().map(|format| format!("{format}=out/r.{format}")).collect();
    assert_eq!(outputs.len(), 10);
    let mut args = vec!["check", "acme.jsonl", "--now", TODAY, "--sarif-profile", "full"];
    for output in &outputs {
        args.extend(["-o", output]);
    }
    repository.run(&args);
    let read = |name: &str| fs::read_to_string(repository.at(&format!("out/r.{name}"))).unwrap();
    for (format, part) in [
        ("text", "WAIVED"),
        ("json", "\"waivers\": ["),
        ("html", "<strong>Waiver</strong>: waived through 2026-12-31"),
        ("sarif", "\"suppressions\":[{"),
        ("junit", "<skipped type=\"waived\" message=\"waived through 2026-12-31"),
        ("csv", ",\"waived through 2026-12-31"),
        ("markdown", "#### Waived"),
        ("ocsf", "\"status\":\"Suppressed\""),
        ("asff", "\"aurora-audit/Waiver\":\"waived through 2026-12-31"),
    ] {
        assert!(read(format).contains(part), "{format}");
    }
    // Code scanning and annotations alarm nobody about what is accepted.
    let alarms = |text: &str| text.lines().filter(|line| line.contains(RULE) && line.starts_with("::error")).count();
    assert_eq!((failing(&found).len(), alarms(&read("github"))), (1, 0));
    repository.run(&["check", "acme.jsonl", "--now", TODAY, "-o", "sarif=out/github.sarif"]);
    let log = assessment(&repository.at("out/github.sarif"));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["ruleId"] != RULE));
    assert!(Path::new(&repository.at("aurora-waivers.yaml")).exists());
}

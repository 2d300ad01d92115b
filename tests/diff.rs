//! `diff` as users meet it: what came, went and changed, in findings and in facts.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::fs;

use common::{Run, fixture, run};
use serde_json::Value;
use tempfile::TempDir;

const NOW: &str = "2026-11-20T12:00:00Z";

fn fixture_text() -> String {
    fs::read_to_string(fixture()).unwrap()
}

/// `diff` of the fixture and a changed one.
fn diff(changed: &str, more: &[&str]) -> Run {
    let folder = TempDir::new().unwrap();
    let later = folder.path().join("later.jsonl");
    fs::write(&later, common::refitted(changed)).unwrap();
    let (old, new) = (fixture().display().to_string(), later.display().to_string());
    let mut result = run([&["diff", &old, &new, "--now", NOW], more].concat(), &[]);
    result.stdout = result.stdout.replace(&new, "LATER").replace(&old, "EARLIER");
    result
}

fn json(changed: &str) -> Value {
    let result = diff(changed, &["--format", "json"]);
    assert_eq!(result.code, 0, "{}", result.transcript());
    serde_json::from_str(&result.stdout).unwrap()
}

fn count(difference: &Value, part: &str) -> usize {
    difference[part].as_array().unwrap().len()
}

#[test]
fn the_same_twice_is_no_difference() {
    let difference = json(&fixture_text());
    for part in ["appeared", "regressed", "fixed", "not_reassessed", "facts"] {
        assert_eq!(count(&difference, part), 0, "{part}");
    }
    assert!(difference["unchanged"].as_u64().unwrap() > 30);
}

/// An instance is opened, and everything else stays: the fact with its values, and the findings that come of it.
#[test]
fn a_changed_value_is_a_changed_fact_and_its_findings() {
    let text = fixture_text().replace("\"PubliclyAccessible\":false", "\"PubliclyAccessible\":true");
    let difference = json(&text);
    let facts = difference["facts"].as_array().unwrap();
    assert!(!facts.is_empty() && facts.iter().all(|change| change["kind"] == "rds.db_instance"), "{facts:?}");
    let edit = &facts[0]["what"]["changed"][0];
    assert_eq!(
        (&edit["path"], &edit["before"], &edit["after"]),
        (&"PubliclyAccessible".into(), &false.into(), &true.into())
    );
    assert!(count(&difference, "regressed") > 0 && count(&difference, "fixed") == 0);
    let text_page = diff(&text, &[]).stdout;
    assert!(text_page.contains("PubliclyAccessible: false → true") && text_page.contains("REGRESSED"), "{text_page}");
    let markdown = diff(&text, &["--format", "markdown"]).stdout;
    assert!(markdown.contains("### Regressed") && markdown.contains("### Facts"), "{markdown}");
    assert!(markdown.lines().all(|line| !line.contains(" <") && !line.starts_with("    ")), "{markdown}");
}

/// A privilege that is taken away, a role that is added, a rule of a security group that comes: each is a record or an element.
#[test]
fn grants_and_groups_are_told_one_by_one() {
    let text = fixture_text();
    let grant = text.lines().find(|line| line.starts_with("{\"kind\":\"mysql.dynamic_grant\"")).unwrap();
    let difference = json(&text.replace(&format!("{grant}\n"), ""));
    let facts = difference["facts"].as_array().unwrap();
    assert_eq!(facts.len(), 1, "{facts:?}");
    assert_eq!(facts[0]["kind"], "mysql.dynamic_grant");

    let opened = text.replacen("\"FromPort\":3306", "\"FromPort\":3300", 1);
    let facts = json(&opened)["facts"].clone();
    let path = facts[0]["what"]["changed"][0]["path"].as_str().unwrap().to_owned();
    assert!(path.starts_with("IpPermissions") || path.contains("FromPort"), "{facts}");
}

fn frames(line: &str) -> bool {
    ["{\"kind\":\"header\"", "{\"kind\":\"trailer\""].iter().any(|start| line.starts_with(start))
}

/// What was not read again is neither gone nor fixed.
#[test]
fn what_was_not_read_again_is_said_to_be() {
    let text = fixture_text();
    let kept: Vec<_> = text.lines().filter(|line| frames(line) || !line.contains("mysql")).collect();
    let without = kept.join("\n") + "\n";
    let difference = json(&without);
    assert_eq!(count(&difference, "fixed"), 0, "{}", difference["fixed"]);
    assert!(count(&difference, "not_reassessed") > 0);
    let gone = difference["facts"].as_array().unwrap().iter().filter(|it| it["what"] == "removed");
    assert_eq!(gone.filter(|it| it["kind"].as_str().unwrap().starts_with("mysql")).count(), 0);
}

#[test]
fn assessments_are_compared_without_facts() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (snapshot, json) = (fixture().display().to_string(), file("a.json"));
    run(["check", &snapshot, "--now", NOW, "-o", &format!("json={json}")], &[]);
    for (old, new) in [(&json, &json), (&json, &snapshot), (&snapshot, &json)] {
        let result = run(["diff", old, new, "--now", NOW], &[]);
        assert_eq!(result.code, 0, "{}", result.transcript());
        assert!(result.stdout.contains("0 new, 0 regressed, 0 fixed, 0 not re-assessed"), "{}", result.stdout);
        assert!(result.stdout.contains("not compared: an assessment does not hold them"), "{}", result.stdout);
    }
    fs::write(file("bad"), "x").unwrap();
    let bad = run(["diff", &snapshot, &file("bad")], &[]);
    assert_eq!(bad.code, 2, "{}", bad.transcript());
    assert!(bad.stderr.contains("bad"), "{}", bad.stderr);
}

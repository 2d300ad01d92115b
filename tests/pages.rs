//! Reports in the hands of others: pages in Chromium and in the Nu checker, SARIF in Microsoft's multitool. `tests/lab/setup`
//! brings them; `tests/run` says where they are.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{fixture, root, run};
use serde_json::{Value, json};
use tempfile::TempDir;

const NOW: &str = "2026-11-20T12:00:00Z";

/// A validator of the lab.
fn validator(path: &str) -> PathBuf {
    let env = std::env::var("AURORA_AUDIT_LAB_ENV").expect("run tests/run, which brings the lab up");
    let path = Path::new(&env).parent().unwrap().join("validators").join(path);
    assert!(path.exists(), "{} is missing: run tests/lab/setup", path.display());
    path
}

fn written(name: &str, folder: &TempDir) -> String {
    folder.path().join(name).display().to_string()
}

/// The fixture's page and logs, and those of an estate whose every name is an attack.
fn reports(snapshot: &Path, folder: &TempDir) {
    let mut args = vec!["check".to_owned(), snapshot.display().to_string()];
    args.extend(["--now", NOW, "--exit-zero", "-q"].map(str::to_owned));
    for output in ["html=page.html", "json=assessment.json"] {
        let (format, name) = output.split_once('=').unwrap();
        args.extend(["-o".to_owned(), format!("{format}={}", written(name, folder))]);
    }
    let result = run(&args, &[]);
    assert_eq!(result.code, 0, "{}", result.transcript());
}

/// What Chromium saw of a page.
fn seen(page: &Path) -> Value {
    let mut command = Command::new("python3");
    command.arg(root().join("tests/lab/browser.py")).arg("--axe").arg(validator("axe/axe.min.js"));
    if let Some(shots) = std::env::var_os("AURORA_AUDIT_SHOTS") {
        command.arg("--shots").arg(shots);
    }
    let output = command.arg(page).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What every page must keep.
fn behaves(seen: &Value, name: &str) {
    for (what, wanted) in [
        ("/requests", json!(["itself"])),
        ("/violations", json!([])),
        ("/console", json!([])),
        ("/strange", json!([])),
        ("/hides", json!([])),
        ("/dialogs", json!(0)),
        ("/scripts", json!(1)),
        ("/axe/light", json!([])),
        ("/axe/dark", json!([])),
        ("/overflow/1280", json!([])),
        ("/overflow/390", json!([])),
        ("/printed/missing", json!([])),
        ("/plain/filter", json!(false)),
    ] {
        assert_eq!(seen.pointer(what), Some(&wanted), "{name} {what}: {seen:#}");
    }
    assert!(seen["plain"]["text"].as_u64().unwrap() > 2_000, "without JavaScript there is text: {seen:#}");
}

#[test]
fn the_page_works_and_asks_for_nothing() {
    let folder = TempDir::new().unwrap();
    reports(&fixture(), &folder);
    let seen = seen(&folder.path().join("page.html"));
    behaves(&seen, "fixture");
    let keyboard = &seen["keyboard"];
    let number = |name: &str| keyboard[name].as_u64().unwrap();
    assert_eq!(
        (&keyboard["hidden"], &keyboard["focus"], &keyboard["next"]),
        (&json!(false), &json!("words"), &json!("outcome"))
    );
    assert_eq!(keyboard["outcome"], "fail");
    assert!(number("found") > 0 && number("found") < number("all"), "{seen:#}");
    assert!(number("narrowed") <= number("found") && number("again") == number("all"), "{seen:#}");
    assert_eq!(keyboard["said"], format!("{} of {} verdicts", number("found"), number("all")));
    assert!(keyboard["address"].as_str().unwrap().starts_with("#?words="), "{seen:#}");
    assert_eq!(seen["link"], true, "a link into the page opens what it names");
    assert!(seen["printed"]["rows"].as_u64().unwrap() > 100, "{seen:#}");
    tells_paths(&seen, 10);
}

#[test]
fn the_short_pages_work_too() {
    let folder = TempDir::new().unwrap();
    reports(&fixture(), &folder);
    for detail in ["executive", "control"] {
        let page = format!("html={}", written(&format!("{detail}.html"), &folder));
        let result =
            run(["report", &written("assessment.json", &folder), "--html-detail", detail, "-q", "-o", &page], &[]);
        assert_eq!(result.code, 0, "{}", result.transcript());
        behaves(&seen(&folder.path().join(format!("{detail}.html"))), detail);
    }
}

/// Every step of every path can be clicked to, and from there the steps that it needs and the records that it rests on.
fn tells_paths(seen: &Value, least: u64) {
    let paths = &seen["paths"];
    let number = |name: &str| paths[name].as_u64().unwrap();
    assert!(number("paths") >= least && number("evidence") > number("paths") && number("rows") > 0, "{paths:#}");
    // A box a step, and one for where a path begins.
    assert_eq!(number("boxes"), number("steps") + number("paths"), "{paths:#}");
    assert_eq!(
        (&paths["lost"], &paths["step"], &paths["record"]),
        (&json!(0), &json!([true, true]), &json!([true, true]))
    );
    assert_eq!(paths["bare"], json!([]), "a step rests on nothing: {paths:#}");
}

/// An estate whose longest path goes over ten steps, and the fixture with what is accepted in it.
#[test]
fn pages_with_paths_and_with_waivers_work_too() {
    let folder = TempDir::new().unwrap();
    reports(&root().join("fixtures/paths/long-chain.jsonl"), &folder);
    let long = seen(&folder.path().join("page.html"));
    behaves(&long, "long-chain");
    tells_paths(&long, 3);
    let waivers = folder.path().join("aurora-waivers.yaml");
    let text = "waivers:\n  - rule: db-password-lifetime\n    resource: \"*\"\n    reason: rotated elsewhere\n    owner: o\n    \
                approver: a\n    starts: 2026-11-01\n    expires: 2026-12-31\n";
    std::fs::write(&waivers, text).unwrap();
    let (page, waivers) = (format!("html={}", written("waived.html", &folder)), waivers.display().to_string());
    let fixture = fixture().display().to_string();
    let result = run(["check", &fixture, "--now", NOW, "--exit-zero", "-q", "--waivers", &waivers, "-o", &page], &[]);
    assert_eq!(result.code, 0, "{}", result.transcript());
    let page = folder.path().join("waived.html");
    assert!(std::fs::read_to_string(&page).unwrap().contains("<strong>Waiver</strong>: waived through 2026-12-31"));
    behaves(&seen(&page), "waived");
}

/// The fixture with an attack in every place that a stranger can write to. Without its trailer: the digest would not fit.
fn hostile_snapshot(path: &Path) {
    const ATTACK: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}{% raw %}\u{202e}gpj\u{2066}\u{200b}\u{feff}\u{1b}[2J\u{0}\r\n=1+1";
    let long = format!("{ATTACK}{}", "A<b>".repeat(250_000));
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut text = String::new();
    for line in std::fs::read_to_string(fixture()).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let kind = line["kind"].as_str().unwrap().to_owned();
        if kind == "trailer" {
            continue;
        }
        let time = times.entry(kind.clone()).or_default();
        *time += 1;
        let attack = if *time == 1 { &*long } else { ATTACK };
        let names: &[&str] = match &*kind {
            "mysql.account" => &["User"],
            "gap" => &["Message", "Target"],
            "ec2.security_group" => &["Description", "GroupName"],
            "rds.db_cluster" => &["DatabaseName", "MasterUsername"],
            "iam.user" => &["UserName"],
            _ => &[],
        };
        for name in names {
            if let Some(value) = line["data"].get_mut(*name).filter(|value| value.is_string()) {
                *value = format!("{}{attack}", value.as_str().unwrap()).into();
            }
        }
        for tags in ["Tags", "TagList"] {
            for tag in line["data"].get_mut(tags).and_then(Value::as_array_mut).into_iter().flatten() {
                tag["Value"] = attack.into();
            }
        }
        text.push_str(&line.to_string());
        text.push('\n');
    }
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_hostile_estate_runs_nothing_and_is_shown_as_it_is() {
    let folder = TempDir::new().unwrap();
    let snapshot = folder.path().join("hostile.jsonl");
    hostile_snapshot(&snapshot);
    reports(&snapshot, &folder);
    let seen = seen(&folder.path().join("page.html"));
    behaves(&seen, "hostile");
    assert_eq!(seen["escapes"], true, "what hides is spelt out: {seen:#}");
    let page = std::fs::metadata(folder.path().join("page.html")).unwrap().len();
    assert!(page < 6_000_000, "names of a megabyte are cut: {page}");
}

#[test]
fn pages_are_valid_html() {
    let folder = TempDir::new().unwrap();
    let snapshot = folder.path().join("hostile.jsonl");
    hostile_snapshot(&snapshot);
    for snapshot in [fixture(), snapshot] {
        reports(&snapshot, &folder);
        let output = Command::new("java")
            .arg("-jar")
            .arg(validator("vnu/build/dist/vnu.jar"))
            .args(["--format", "json", "--stdout"])
            .arg(folder.path().join("page.html"))
            .output()
            .unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors: Vec<&Value> =
            said["messages"].as_array().unwrap().iter().filter(|message| message["type"] == "error").collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", snapshot.display());
    }
}

#[test]
fn the_multitool_finds_nothing_wrong_with_the_logs() {
    let folder = TempDir::new().unwrap();
    reports(&fixture(), &folder);
    for profile in ["github", "full"] {
        let (log, said) =
            (written(&format!("{profile}.sarif"), &folder), written(&format!("{profile}.said.sarif"), &folder));
        let output = format!("sarif={log}");
        run(["report", &written("assessment.json", &folder), "--sarif-profile", profile, "-q", "-o", &output], &[]);
        let status = Command::new(validator("multitool/Sarif.Multitool"))
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
            .args(["validate", &log, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--kind", "Fail"])
            .args(["-o", &said, "--log", "ForceOverwrite"])
            .output()
            .unwrap();
        // Its exit code is 0 whatever it finds.
        let text =
            std::fs::read_to_string(&said).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&status.stdout)));
        let said: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let mut results = said["runs"][0]["results"].as_array().cloned().unwrap_or_default();
        // The program has no page of its own on the web that a log could name.
        results.retain(|result| result["ruleId"] != "SARIF2005");
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for result in &results {
            *found.entry(format!("{} {}", result["ruleId"], result["level"])).or_default() += 1;
        }
        assert_eq!(found, BTreeMap::new(), "{profile}: {:#}", results.first().unwrap());
    }
}

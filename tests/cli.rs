//! The command line as users meet it: exit codes, messages, files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;

use common::{assessment, fixture, run, verdicts};
use tempfile::TempDir;

/// A fixed time for judging.
const NOW: &str = "2026-11-20T12:00:00Z";

fn fixture_text() -> String {
    fs::read_to_string(fixture()).unwrap()
}

/// `check` of a file with this content.
fn check_text(folder: &Path, content: &[u8], args: &[&str]) -> common::Run {
    let path = folder.join("given.jsonl");
    fs::write(&path, content).unwrap();
    let path = path.display().to_string();
    let mut all = vec!["check", &path, "--now", NOW];
    all.extend(args);
    run(all, &[])
}

#[test]
fn the_gate_decides_the_exit_code() {
    let path = fixture().display().to_string();
    for (args, code) in [
        (&[][..], 1),
        (&["--fail-on", "critical"], 1),
        (&["--fail-on", "low"], 1),
        (&["--fail-on", "never"], 3),
        (&["--fail-on", "never", "--allow-incomplete"], 0),
        (&["--exit-zero"], 0),
        (&["--fail-on", "never", "--exit-zero"], 0),
        (&["--fail-on", "severe"], 2),
        (&["--now", "yesterday"], 2),
        (&["-o", "pdf=x.pdf"], 2),
        (&["-o", "html"], 2),
        (&["-o", "json=-", "-o", "sarif=-"], 2),
        (&["--rules", "/nonexistent"], 2),
        (&["--no-such-flag"], 2),
    ] {
        let result = run(["check", &path].iter().chain(args), &[]);
        assert_eq!(result.code, code, "{args:?}: {}", result.transcript());
        assert_eq!(result.stdout.is_empty(), code == 2, "{args:?}: {}", result.transcript());
    }
}

#[test]
fn the_environment_sets_what_flags_set() {
    let path = fixture().display().to_string();
    assert_eq!(run(["check", &path], &[("AURORA_AUDIT_FAIL_ON", "never")]).code, 3);
    assert_eq!(run(["check", &path, "--fail-on", "high"], &[("AURORA_AUDIT_FAIL_ON", "never")]).code, 1);
    for (value, code) in [("1", 0), ("true", 0), ("yes", 0), ("0", 1), ("false", 1), ("maybe", 2)] {
        assert_eq!(run(["check", &path], &[("AURORA_AUDIT_EXIT_ZERO", value)]).code, code, "{value}");
    }
}

#[test]
fn a_snapshot_that_is_cut_off_is_usable_and_says_so() {
    let folder = TempDir::new().unwrap();
    let text = fixture_text();
    for cut in [text.len() / 2, text.len() - 10, text.rfind("{\"kind\":\"trailer\"").unwrap()] {
        let json = folder.path().join("out.json");
        let output = format!("json={}", json.display());
        let result = check_text(folder.path(), &text.as_bytes()[..cut], &["--fail-on", "never", "-o", &output]);
        assert_eq!(result.code, 3, "{cut}: {}", result.transcript());
        let assessment = assessment(&json);
        assert_eq!(assessment["run"]["snapshots"][0]["complete"], false, "{cut}");
        assert!(assessment["gate"]["reason"].as_str().unwrap().contains("not whole"), "{cut}: {}", assessment["gate"]);
    }
}

#[test]
fn what_a_cut_took_away_never_passes() {
    let folder = TempDir::new().unwrap();
    let text = fixture_text();
    let whole = folder.path().join("whole.json");
    check_text(folder.path(), text.as_bytes(), &["-o", &format!("json={}", whole.display())]);
    let whole = verdicts(&assessment(&whole));
    for part in 1..12 {
        let json = folder.path().join("cut.json");
        let cut = text.len() * part / 12;
        check_text(folder.path(), &text.as_bytes()[..cut], &["-o", &format!("json={}", json.display())]);
        for verdict in verdicts(&assessment(&json)) {
            let better = verdict.2 == "pass" || verdict.2 == "not_applicable";
            assert!(!better || whole.contains(&verdict), "cut at {cut}: {verdict:?}");
        }
    }
}

#[test]
fn bad_snapshots_are_refused_with_file_line_and_mend() {
    let folder = TempDir::new().unwrap();
    let text = fixture_text();
    let without_header = text.split_once('\n').unwrap().1.to_owned();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[4] = lines[4].replacen("\"kind\"", "\"kin\"", 1);
    let bad_line = lines.join("\n");
    let newer = text.replacen("\"SchemaVersion\":1", "\"SchemaVersion\":99", 1);
    let unknown_kind = text.replacen("\"kind\":\"ec2.vpc\"", "\"kind\":\"ec2.moon\"", 1);
    for (what, content, expected) in [
        ("empty", &b""[..], "line 1 is not a snapshot header: the file is empty"),
        ("no header", without_header.as_bytes(), "line 1 is not a snapshot header"),
        ("not JSON", b"hello\n", "line 1 is not a snapshot header"),
        ("an array", b"[]\n", "line 1 is not a snapshot header"),
        ("a bad line", bad_line.as_bytes(), "line 5: missing field `kind`"),
        ("newer", newer.as_bytes(), "schema version 99 is newer"),
        ("an unknown kind", unknown_kind.as_bytes(), "kind `ec2.moon` is not known"),
        ("not text", b"\xff\xfe\x00", "is not UTF-8"),
    ] {
        let result = check_text(folder.path(), content, &[]);
        assert_eq!(result.code, 2, "{what}: {}", result.transcript());
        assert!(
            result.stderr.contains(expected) && result.stderr.contains("given.jsonl"),
            "{what}: {}",
            result.transcript()
        );
        assert!(result.stdout.is_empty(), "{what}");
    }
    let missing = run(["check", "/nonexistent.jsonl"], &[]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.contains("/nonexistent.jsonl") && missing.stderr.contains("No such file"),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_changed_snapshot_is_noticed() {
    let folder = TempDir::new().unwrap();
    let text = fixture_text().replacen("\"PubliclyAccessible\":true", "\"PubliclyAccessible\":false", 1);
    let result = check_text(folder.path(), text.as_bytes(), &["--fail-on", "never"]);
    assert_eq!(result.code, 3);
    assert!(result.stdout.contains("SHA-256 does not agree"), "{}", result.stdout);
}

#[test]
fn a_rule_with_an_unknown_field_is_refused_at_load() {
    let folder = TempDir::new().unwrap();
    let area = folder.path().join("network");
    fs::create_dir(&area).unwrap();
    let rule = fs::read_to_string(common::root().join("rules/network/net-instance-not-public.yaml")).unwrap();
    let rule =
        rule.replace("net-instance-not-public", "net-mine").replace("!r.publicly_accessible", "!r.publicly_acessible");
    fs::write(area.join("net-mine.yaml"), rule).unwrap();
    let path = fixture().display().to_string();
    let result = run(["check", &path, "--rules", &folder.path().display().to_string()], &[]);
    assert_eq!(result.code, 2, "{}", result.transcript());
    for expected in ["has no field `publicly_acessible`", "net-mine.yaml:", "^^^", "publicly_accessible"] {
        assert!(result.stderr.contains(expected), "{expected}: {}", result.stderr);
    }
    assert!(result.stdout.is_empty());
}

#[test]
fn the_documented_rule_works() {
    let folder = TempDir::new().unwrap();
    let area = folder.path().join("network");
    fs::create_dir(&area).unwrap();
    let page = fs::read_to_string(common::root().join("docs/write-a-rule.md")).unwrap();
    let rule = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(area.join("net-db-port-from-home.yaml"), rule).unwrap();
    let path = fixture().display().to_string();
    let result = run(["check", &path, "--rules", &folder.path().display().to_string()], &[]);
    assert_eq!(result.code, 1, "{}", result.transcript());
    assert!(result.stdout.contains("admits ::/0 to shop"), "{}", result.stdout);
}

#[test]
fn a_rule_that_fails_its_own_tests_is_refused() {
    let folder = TempDir::new().unwrap();
    let area = folder.path().join("network");
    fs::create_dir(&area).unwrap();
    let rule = fs::read_to_string(common::root().join("rules/network/net-instance-not-public.yaml")).unwrap();
    let rule = rule
        .replace("id: net-instance-not-public", "id: net-mine")
        .replace("!r.publicly_accessible", "r.publicly_accessible");
    fs::write(area.join("net-mine.yaml"), rule).unwrap();
    let path = fixture().display().to_string();
    let result = run(["check", &path, "--rules", &folder.path().display().to_string()], &[]);
    assert_eq!(result.code, 2, "{}", result.transcript());
    for expected in ["net-mine.yaml:", "expected fail, found pass", "expected pass, found fail"] {
        assert!(result.stderr.contains(expected), "{expected}: {}", result.stderr);
    }
}

#[test]
fn a_rule_of_ones_own_is_judged_beside_the_built_in_ones() {
    let folder = TempDir::new().unwrap();
    let area = folder.path().join("network");
    fs::create_dir(&area).unwrap();
    let rule = fs::read_to_string(common::root().join("rules/network/net-instance-not-public.yaml")).unwrap();
    fs::write(area.join("net-mine.yaml"), rule.replace("id: net-instance-not-public", "id: net-mine")).unwrap();
    let json = folder.path().join("out.json");
    let path = fixture().display().to_string();
    let rules = folder.path().display().to_string();
    let result = run(["check", &path, "--rules", &rules, "-o", &format!("json={}", json.display())], &[]);
    assert_eq!(result.code, 1, "{}", result.transcript());
    let verdicts = verdicts(&assessment(&json));
    let of = |rule: &str| {
        let mine = verdicts.iter().filter(|(it, ..)| it == rule);
        mine.map(|(_, subject, outcome)| (subject.clone(), outcome.clone())).collect::<Vec<_>>()
    };
    assert!(!of("net-mine").is_empty());
    assert_eq!(of("net-mine"), of("net-instance-not-public"));
}

#[test]
fn reports_are_the_same_bytes_for_any_number_of_threads() {
    let folder = TempDir::new().unwrap();
    let path = fixture().display().to_string();
    let written = |threads: &str| {
        let outputs = ["text", "json", "sarif", "html"].map(|format| {
            let file = folder.path().join(format!("{threads}.{format}"));
            (format!("{format}={}", file.display()), file)
        });
        let mut args = vec!["check", &path, "--now", NOW, "--sarif-profile", "full"];
        for (output, _) in &outputs {
            args.extend(["-o", output.as_str()]);
        }
        let result = run(args, &[("RAYON_NUM_THREADS", threads)]);
        assert_eq!(result.code, 1, "{}", result.transcript());
        outputs.map(|(_, file)| fs::read(file).unwrap())
    };
    assert_eq!(written("1"), written("4"));
}

#[test]
fn an_assessment_makes_any_format_later() {
    let folder = TempDir::new().unwrap();
    let path = fixture().display().to_string();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (json, html, later) = (file("a.json"), file("a.html"), file("b.html"));
    run(["check", &path, "--now", NOW, "-o", &format!("json={json}"), "-o", &format!("html={html}")], &[]);
    let result = run(["report", &json, "-o", &format!("html={later}")], &[]);
    assert_eq!(result.code, 0, "{}", result.transcript());
    assert_eq!(fs::read(html).unwrap(), fs::read(later).unwrap());
    fs::write(file("bad.json"), "{}").unwrap();
    let refused = run(["report", &file("bad.json")], &[]);
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert!(refused.stderr.contains("bad.json"), "{}", refused.stderr);
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let folder = TempDir::new().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let path = fixture().display().to_string();
    let result = run(["check", &path, "-o", &format!("html={}", taken.display())], &[]);
    assert_eq!(result.code, 2, "{}", result.transcript());
    assert!(result.stderr.contains("taken"), "{}", result.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn compressed_snapshots_are_read_by_their_name() {
    let folder = TempDir::new().unwrap();
    let packed = folder.path().join("acme.jsonl.zst");
    aurora_audit::snapshot::write_atomically(&packed, fixture_text().as_bytes()).unwrap();
    let result = run(["check", &packed.display().to_string()], &[]);
    assert_eq!(result.code, 1, "{}", result.transcript());
}

#[test]
fn the_fixture_fails_in_every_layer() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("out.json");
    let path = fixture().display().to_string();
    run(["check", &path, "--now", NOW, "-o", &format!("json={}", json.display())], &[]);
    let verdicts = verdicts(&assessment(&json));
    let failing = |prefix: &str| {
        verdicts.iter().filter(|(rule, _, outcome)| rule.starts_with(prefix) && outcome == "fail").count()
    };
    assert!(failing("") >= 12, "{}", failing(""));
    for prefix in ["iam-", "net-", "tls-", "db-", "data-", "log-", "res-"] {
        assert!(failing(prefix) > 0, "{prefix}");
    }
    assert_eq!(verdicts.iter().filter(|(.., outcome)| outcome == "error").count(), 0);
}

#[test]
fn every_rule_passes_its_own_cases() {
    let rules = aurora_audit::rules::load(&aurora_audit::rules::embedded(), aurora_audit::facts::TARGETS);
    let rules = rules.unwrap_or_else(|errors| panic!("{errors}"));
    let failures = aurora_audit::rules::run_cases(&rules);
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(rules.rules.len() >= 12, "{}", rules.rules.len());
}

/// Every rule over the fixture, all verdicts of a rule in one reviewed file, so that cross-talk shows.
#[test]
fn verdicts_over_the_fixture() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("out.json");
    let path = fixture().display().to_string();
    run(["check", &path, "--profile-rules", "all", "--now", NOW, "-o", &format!("json={}", json.display())], &[]);
    let assessment = assessment(&json);
    for rule in assessment["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        let mine = assessment["verdicts"].as_array().unwrap().iter().filter(|verdict| verdict["rule"] == id);
        let lines: Vec<_> = mine
            .map(|it| format!("{} {}: {}", it["outcome"].as_str().unwrap(), it["subject"]["name"], it["message"]))
            .collect();
        insta::assert_snapshot!(format!("matrix__{id}"), lines.join("\n"));
    }
}

/// An auditor who opens the line and follows the pointer finds the value.
#[test]
fn evidence_stands_where_it_says() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("out.json");
    let path = fixture().display().to_string();
    run(["check", &path, "--now", NOW, "-o", &format!("json={}", json.display())], &[]);
    let assessment = assessment(&json);
    let text = fixture_text();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut followed = 0;
    for verdict in assessment["verdicts"].as_array().unwrap() {
        let of_elements =
            verdict["elements"].as_array().unwrap().iter().flat_map(|it| it["evidence"].as_array().unwrap());
        for evidence in verdict["evidence"].as_array().unwrap().iter().chain(of_elements) {
            for location in evidence["locations"].as_array().unwrap().iter().filter(|_| !evidence["value"].is_null()) {
                let number = usize::try_from(location["line"].as_u64().unwrap()).unwrap();
                let line = &lines[number - 1];
                let pointer = location["pointer"].as_str().unwrap();
                let value = line.pointer(pointer).unwrap_or_else(|| panic!("{number} has no {pointer}: {evidence}"));
                assert_eq!(location["source"], line["source"], "{evidence}");
                if let (Some(text), Some(shown)) = (value.as_str(), evidence["value"].as_str())
                    && evidence["fact"].as_str().unwrap().ends_with(".plugin")
                {
                    assert_eq!(text, shown);
                }
                followed += 1;
            }
        }
    }
    assert!(followed > 500, "{followed}");
}

#[test]
fn paths_show_who_reaches_a_cluster_and_by_what() {
    let path = fixture().display().to_string();
    let shop = run(["paths", &path, "--network", "--cluster", "shop"], &[]);
    insta::assert_snapshot!("paths_network_shop", shop.transcript());
    let all = run(["paths", &path, "--network", "--corporate-cidr", "198.51.100.0/24"], &[]);
    assert_eq!(all.code, 0, "{}", all.transcript());
    for cluster in ["ledger", "orders", "reports", "shop"] {
        assert!(all.stdout.contains(&format!("{cluster} (arn:")), "{}", all.stdout);
    }
    for (args, code) in [
        (vec!["--network", "--cluster", "nobody"], 2),
        (vec!["--network", "--to", "read"], 2),
        (vec!["--network", "--corporate-cidr", "x"], 2),
    ] {
        let result = run(["paths", &path].into_iter().chain(args.iter().copied()), &[]);
        assert_eq!((result.code, result.stdout.is_empty()), (code, true), "{}", result.transcript());
    }
}

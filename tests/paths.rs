//! Access paths over small estates, each drawn in words in `fixtures/paths/README.md`: what is true of them was worked out by hand
//! and stands in the tables here.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;
mod less;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use aurora_audit::facts::paths::graph::{Certainty, Limits};
use aurora_audit::facts::paths::{Change, ChangeKind, Class, Path, Paths, Question, Reach, Remedy};
use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::model::{GapReason, Outcome, Severity, Why};
use aurora_audit::rules::{self, Detail, RuleSet, evaluate};
use aurora_audit::snapshot::{Snapshot, read_texts};
use common::run;
use less::{is_document, members, without};
use serde_json::Value;

const VPC: &str = "10.0.0.0/16 in the VPC of subnet-a";
const GROUP: &str = "a member of sg-app (111122223333, eu-west-1)";

/// Who, what, and how surely.
type Answer = (&'static str, &'static str, &'static str);

/// Estate, and every answer about it: who, what, how surely. Who is an administrator is not told to read and write besides.
const TRUTH: &[(&str, &[Answer])] = &[
    ("open-door", &[("internet", "read", "conditional"), (VPC, "admin", "conditional")]),
    ("closed-database", &[(VPC, "admin", "conditional")]),
    ("empty-password", &[("internet", "read", "certain"), (VPC, "admin", "conditional"), (VPC, "read", "certain")]),
    ("quiet-admin", &[("role/ops", "admin", "certain"), ("user/dev", "admin", "certain")]),
    (
        "long-chain",
        &[("role/app", "read", "certain"), ("role/deploy", "read", "certain"), ("user/dev", "read", "certain")],
    ),
    ("position-unknown", &[(GROUP, "admin", "conditional"), ("user/dev", "read", "possible")]),
    ("authentication-off", &[(GROUP, "admin", "conditional")]),
    ("password-reset", &[("user/ops", "admin", "certain")]),
    (
        "machine-with-a-role",
        &[(GROUP, "admin", "conditional"), ("i-1", "admin", "conditional"), ("role/app", "admin", "possible")],
    ),
    ("snapshot-shared-away", &[("user/backup", "exfiltrate", "certain")]),
    ("two-statements", &[("user/ops", "admin", "certain")]),
    ("public-snapshot", &[("account 444455556666", "exfiltrate", "certain"), ("internet", "exfiltrate", "certain")]),
    ("foreign-trust", &[("account 444455556666", "admin", "conditional"), ("role/partner", "admin", "certain")]),
    ("key-for-another", &[("user/ci", "admin", "certain"), ("user/dba", "admin", "certain")]),
    ("climbs-inside", &[("internet", "admin", "conditional"), (VPC, "admin", "conditional")]),
    (
        "unread-accounts",
        &[("internet", "admin", "possible"), (VPC, "admin", "possible"), ("user/ops", "admin", "certain")],
    ),
    ("circle", &[("role/a", "admin", "certain"), ("role/b", "admin", "certain"), ("role/c", "admin", "certain")]),
    ("second-factor", &[("user/ops", "admin", "conditional")]),
    (
        "role-inside",
        &[("internet", "read", "conditional"), ("internet", "write", "conditional"), (VPC, "admin", "conditional")],
    ),
    ("three-doors", &[("internet", "read", "conditional"), (VPC, "admin", "conditional")]),
    // Which addresses the proxy admits is not weighed; without the proxy the token is good for nothing.
    ("behind-a-proxy", &[("user/dev", "read", "possible")]),
];

/// Estate, who, what, and how many minimal cuts there are of one, two and three changes.
const CUTS: &[(&str, &str, &str, [usize; 3])] = &[
    // The rule, the public address, the account, the grant.
    ("open-door", "internet", "read", [4, 0, 0]),
    // The same: with a password given to the account, the path is still there for whoever learns it.
    ("empty-password", "internet", "read", [4, 0, 0]),
    // The Data API, either permission, and the right to assume the role.
    ("quiet-admin", "user/dev", "admin", [4, 0, 0]),
    // Two roles, the token, the machine, the rule, IAM authentication, the account, the grant.
    ("long-chain", "user/dev", "read", [8, 0, 0]),
    // The Data API; both statements of either permission.
    ("two-statements", "user/ops", "admin", [1, 2, 0]),
    // Without the permission to share, the snapshot that is taken goes nowhere; another one may be there to share already.
    ("snapshot-shared-away", "user/backup", "exfiltrate", [1, 0, 0]),
    // The public address; all three rules; of each of three accounts itself or its grant.
    ("three-doors", "internet", "read", [1, 0, 9]),
    ("public-snapshot", "internet", "exfiltrate", [1, 0, 0]),
    // The Data API, two permissions, and the key.
    ("key-for-another", "user/ci", "admin", [4, 0, 0]),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/paths")
}

fn lines(estate: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(format!("{estate}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(lines: &[Value]) -> String {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

fn snapshot(lines: &[Value]) -> Snapshot {
    read_texts(&[("estate.jsonl".into(), text(lines))]).unwrap()
}

fn paths(lines: &[Value]) -> Paths {
    Paths::new(&Facts::new(&snapshot(lines)), None)
}

fn name<'p>(paths: &'p Paths, reach: &Reach) -> &'p str {
    let source = &paths.sources()[reach.source];
    if source.id.starts_with("arn:") { &source.name } else { &source.id }
}

fn answers(paths: &Paths) -> Vec<Reach> {
    paths.answers(&Question::default())
}

fn find(paths: &Paths, who: &str, class: &str) -> Reach {
    let found = answers(paths).into_iter().find(|it| name(paths, it) == who && it.class.as_str() == class);
    found.unwrap_or_else(|| panic!("{who} does not {class}"))
}

fn sets(path: &Path) -> &[Vec<Change>] {
    match &path.remedy {
        Remedy::Exact(sets) => sets,
        other => panic!("{other:?}"),
    }
}

#[test]
fn estates_are_as_they_were_worked_out_by_hand() {
    for (estate, truth) in TRUTH {
        let paths = paths(&lines(estate));
        let found: BTreeSet<_> = answers(&paths)
            .iter()
            .map(|it| (name(&paths, it).to_owned(), it.class.as_str().to_owned(), it.certainty.as_str()))
            .collect();
        let truth: BTreeSet<_> =
            truth.iter().map(|(who, what, how)| ((*who).to_owned(), (*what).to_owned(), *how)).collect();
        assert_eq!(found, truth, "{estate}");
    }
}

#[test]
fn every_estate_is_drawn_and_told() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let drawn: BTreeSet<_> = readme.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(drawn, TRUTH.iter().map(|(estate, _)| *estate).collect());
    assert!(drawn.len() >= 15);
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(files.filter(|path| path.extension().is_some_and(|it| it == "jsonl")).count(), drawn.len());
}

#[test]
fn cuts_are_as_they_were_worked_out_by_hand() {
    for (estate, who, what, expected) in CUTS {
        let paths = paths(&lines(estate));
        let path = paths.path(&find(&paths, who, what), Limits::default()).unwrap();
        let sets = sets(&path);
        let sizes = [1, 2, 3].map(|size| sets.iter().filter(|set| set.len() == size).count());
        assert_eq!(sizes, *expected, "{estate}: {sets:#?}");
    }
}

/// An open security group in front of a database that lets nobody in ranks below a quiet path to its administrator.
#[test]
fn gravity_is_that_of_the_steps() {
    for (estate, who, what, expected) in [
        ("closed-database", VPC, "admin", Severity::Medium),
        ("quiet-admin", "user/dev", "admin", Severity::High),
        ("public-snapshot", "internet", "exfiltrate", Severity::Critical),
        ("climbs-inside", "internet", "admin", Severity::High),
        ("empty-password", "internet", "read", Severity::High),
        ("open-door", "internet", "read", Severity::Medium),
        ("position-unknown", "user/dev", "read", Severity::Low),
        ("unread-accounts", "internet", "admin", Severity::Medium),
    ] {
        let paths = paths(&lines(estate));
        assert_eq!(find(&paths, who, what).severity, expected, "{estate}");
    }
}

#[test]
fn the_longest_chain_is_told_step_by_step() {
    let paths = paths(&lines("long-chain"));
    let path = paths.path(&find(&paths, "user/dev", "read"), Limits::default()).unwrap();
    let words: Vec<_> = path.steps.iter().map(|told| told.step.words.as_str()).collect();
    assert_eq!(words.first(), Some(&"user/dev assumes role/deploy"));
    assert_eq!(words.last(), Some(&"'app_ro'@'10.0.%' holds SELECT on shop.customers"));
    assert!(path.steps.len() >= 10, "{words:#?}");
    for (at, told) in path.steps.iter().enumerate() {
        assert!(told.needs.iter().all(|need| *need < at), "{words:#?}");
    }
}

/// Makes changes in the records of an estate, the last first, so that those before keep their places.
fn made(lines: &[Value], changes: &[Change]) -> Vec<Value> {
    let mut lines = lines.to_vec();
    let all = changes.iter().flat_map(|change| change.places.iter().map(move |place| (place, change)));
    let all: BTreeMap<_, _> = all.collect();
    for (place, change) in all.into_iter().rev() {
        let at = place.record.line as usize - 1;
        match change.kind {
            ChangeKind::Rule | ChangeKind::Statement | ChangeKind::Permission => {
                let (list, index) = place.pointer.rsplit_once('/').unwrap();
                let list = lines[at].pointer_mut(list).and_then(Value::as_array_mut).unwrap();
                list.remove(index.parse().unwrap());
            }
            ChangeKind::Grant => {
                let of_account = lines[at]["kind"] == "mysql.account";
                let list = if of_account { "/data/Privileges" } else { "/data/Table_priv" };
                *lines[at].pointer_mut(list).unwrap() = Value::Array(Vec::new());
            }
            ChangeKind::Account => *lines[at].pointer_mut(&place.pointer).unwrap() = true.into(),
            ChangeKind::Setting => {
                let value = lines[at].pointer_mut(&place.pointer).unwrap();
                *value = match value {
                    Value::Bool(_) => false.into(),
                    Value::Array(_) => Value::Array(Vec::new()),
                    _ => Value::Null,
                };
            }
        }
    }
    lines
}

/// Whoever makes the changes of a reported cut finds the path gone.
#[test]
fn a_cut_that_is_made_takes_the_path_away() {
    let (mut tried, mut kinds) = (0, BTreeSet::new());
    for (estate, _) in TRUTH {
        let lines = lines(estate);
        let paths = paths(&lines);
        for reach in answers(&paths) {
            let path = paths.path(&reach, Limits::default()).unwrap();
            let Remedy::Exact(sets) = &path.remedy else { continue };
            // A path whose steps all hold is gone when the same source reaches the same goal no more; what could not be read
            // stays where it is.
            for set in sets.iter().take(12) {
                let changed = made(&lines, set);
                let after = self::paths(&changed);
                let source = after.sources().iter().position(|it| it.id == paths.sources()[reach.source].id);
                let left = source.and_then(|source| after.certainty(source, 0, &reach.class));
                assert_eq!(left, None, "{estate}, {}: {set:#?}", name(&paths, &reach));
                tried += 1;
                kinds.extend(set.iter().map(|change| change.kind));
            }
        }
    }
    assert!(tried > 80 && kinds.len() == 6, "{tried} {kinds:?}");
}

/// Less knowledge: a value that a step rests on is gone.
fn forgotten(lines: &[Value], line: usize, pointer: &str) -> Option<Vec<Value>> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let in_document = ["Document/"].iter().any(|document| pointer.contains(document));
    let mut lines = lines.to_vec();
    let parent = lines.get_mut(line)?.pointer_mut(parent)?.as_object_mut()?;
    if in_document || key == "data" {
        return None;
    }
    parent.shift_remove(key)?;
    Some(lines)
}

#[test]
fn an_unknown_in_place_of_a_fact_takes_no_path_away() {
    let mut tried = 0;
    for (estate, _) in TRUTH {
        let lines = lines(estate);
        let paths = paths(&lines);
        for reach in answers(&paths) {
            let path = paths.path(&reach, Limits::default()).unwrap();
            for evidence in path.steps.iter().flat_map(|told| &told.step.evidence) {
                let (line, pointer) = (evidence.place.record.line as usize - 1, &evidence.place.pointer);
                let Some(fewer) = forgotten(&lines, line, pointer) else { continue };
                let after = self::paths(&fewer);
                let id = &paths.sources()[reach.source].id;
                let source = after.sources().iter().position(|it| it.id == *id);
                let Some(source) = source else {
                    // The place in the network has another name, or none, when its rule was not read.
                    assert!(after.certainty(0, 0, &reach.class).is_some(), "{estate}: {id} without {pointer}");
                    continue;
                };
                let left = after.certainty(source, 0, &reach.class);
                assert!(left.is_some(), "{estate}: {id} {} without {line} {pointer}", reach.class.as_str());
                assert!(left >= Some(Certainty::Certain));
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

/// The rules on paths over an estate: by rule and subject.
fn judged(rules: &RuleSet, lines: &[Value]) -> BTreeMap<(String, String), Outcome> {
    let found = evaluate(rules, &Facts::new(&snapshot(lines)), Detail::Outcomes);
    found
        .into_iter()
        .map(|it| ((rules.rules[it.rule].id.clone(), it.subject.id.raw().to_owned()), it.outcome))
        .collect()
}

/// Estates with every record, and every value of every record, taken away one at a time; of the values one in so many, and with
/// `LAWS=all` in the environment all of them, which takes minutes.
fn lessened(lines: &[Value], from: usize) -> Vec<(String, Vec<Value>)> {
    const ONE_IN: usize = 23;
    let step = if std::env::var_os("LAWS").is_some_and(|it| it == "all") { 1 } else { ONE_IN };
    let (mut records, mut values) = (Vec::new(), Vec::new());
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line["kind"] != "header" && line["kind"] != "gap")
    {
        let mut fewer = lines.to_vec();
        fewer.remove(index);
        records.push((format!("without line {}", index + 1), fewer));
        let mut pointers = Vec::new();
        members(&line["data"], "/data", &mut pointers);
        for pointer in pointers.into_iter().filter(|pointer| !is_document(pointer)) {
            let mut fewer = lines.to_vec();
            fewer[index] = serde_json::from_str(&without(line, &pointer)).unwrap();
            values.push((format!("line {} without {pointer}", index + 1), fewer));
        }
    }
    records.into_iter().chain(values).skip(from % step).step_by(step).collect()
}

/// An estate of which less is known passes no rule that it did not pass before: strangers, snapshots and accounts that were not read
/// may be the worst there are.
#[test]
fn knowing_less_passes_no_rule_on_paths() {
    let sources: Vec<_> = rules::embedded().into_iter().filter(|it| it.path.contains("/path-")).collect();
    let rules = rules::load(&sources, TARGETS).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(rules.rules.len() >= 6);
    let (mut tried, mut broken) = (0, Vec::new());
    for (from, (estate, _)) in TRUTH.iter().enumerate() {
        let lines: Vec<_> = lines(estate).into_iter().filter(|line| line["kind"] != "trailer").collect();
        let before = judged(&rules, &lines);
        for (what, fewer) in lessened(&lines, from) {
            for (key, outcome) in judged(&rules, &fewer) {
                let better = matches!(outcome, Outcome::Pass | Outcome::NotApplicable);
                if better && before.get(&key) != Some(&outcome) {
                    broken.push(format!("{estate} {what}: {key:?}, was {:?}", before.get(&key)));
                }
            }
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken.join("\n"));
}

/// What the user left out is the reason only where there is no way without it: such an unknown makes no run incomplete.
#[test]
fn what_was_left_out_by_choice_is_the_reason() {
    let mut lines = lines("unread-accounts");
    for (reason, voluntary) in [("denied", false), ("not_requested", true)] {
        for gap in lines.iter_mut().filter(|line| line["kind"] == "gap") {
            gap["data"]["Reason"] = reason.into();
        }
        let paths = paths(&lines);
        let why = paths.why(&find(&paths, "internet", "admin"));
        let by_choice = matches!(&why, Some(Why::Gap(gap)) if gap.reason == GapReason::NotRequested);
        assert_eq!(by_choice, voluntary, "{reason}: {why:?}");
    }
    let paths = paths(&self::lines("position-unknown"));
    let why = paths.why(&find(&paths, "user/dev", "read"));
    assert!(matches!(why, Some(Why::Unreadable { .. })), "{why:?}");
}

/// The same steps to several clusters are told once.
#[test]
fn what_leads_to_several_clusters_alike_is_one_story() {
    let file = common::fixture().display().to_string();
    let ask = ["paths", &file, "--from", "bob", "--to", "exfiltrate", "--format", "json"];
    let document: Value = serde_json::from_str(&run(ask, &[]).stdout).unwrap();
    let told = document["paths"].as_array().unwrap();
    let all: BTreeSet<_> = told
        .iter()
        .flat_map(|path| {
            let also = path["also"].as_array().into_iter().flatten();
            std::iter::once(&path["cluster"]).chain(also).map(|cluster| cluster["name"].as_str().unwrap())
        })
        .collect();
    assert_eq!((told.len(), document["found"].as_u64()), (1, Some(4)), "{document:#}");
    assert_eq!(all, ["ledger", "orders", "reports", "shop"].into());
}

#[test]
fn a_question_narrows_the_answers() {
    let file = folder().join("role-inside.jsonl").display().to_string();
    for (args, first) in [
        (vec!["--to", "read"], "reads tables of shop"),
        (vec!["--to", "write"], "changes tables of shop"),
        (vec!["--from", "internet"], "the internet changes tables of shop"),
        (vec!["--from", "198.51.100.7"], "198.51.100.7/32 changes tables of shop"),
        (vec!["--from", "198.51.100.0/24", "--to", "admin"], "Nobody"),
        (vec!["--from", "10.0.0.0/8", "--to", "admin"], "10.0.0.0/8 is as good as an administrator of shop"),
        (vec!["--cluster", "shop"], "is as good as an administrator of shop"),
    ] {
        let result = run(["paths", &file].into_iter().chain(args.iter().copied()), &[]);
        assert_eq!(result.code, 0, "{}", result.transcript());
        assert!(result.stdout.lines().take(2).any(|line| line.contains(first)), "{args:?}\n{}", result.stdout);
    }
    for args in [["--from", "nobody"], ["--cluster", "nothing"], ["--to", "everything"], ["--format", "xml"]] {
        let result = run(["paths", &file].into_iter().chain(args), &[]);
        assert_eq!((result.code, result.stdout.as_str()), (2, ""), "{}", result.transcript());
    }
}

#[test]
fn paths_read_as_a_story() {
    let run = |estate: &str, args: &[&str]| {
        let file = format!("fixtures/paths/{estate}.jsonl");
        run(["paths", &file].into_iter().chain(args.iter().copied()), &[]).transcript()
    };
    insta::assert_snapshot!("paths_long_chain", run("long-chain", &["--from", "dev"]));
    insta::assert_snapshot!("paths_unread_accounts", run("unread-accounts", &[]));
    insta::assert_snapshot!("paths_dot", run("quiet-admin", &["--from", "dev", "--format", "dot"]));
    insta::assert_snapshot!("paths_mermaid", run("quiet-admin", &["--from", "dev", "--format", "mermaid"]));
}

#[test]
fn json_is_one_document_with_evidence_that_stands_where_it_says() {
    for (estate, truth) in TRUTH {
        let file = folder().join(format!("{estate}.jsonl")).display().to_string();
        let document: Value = serde_json::from_str(&run(["paths", &file, "--format", "json"], &[]).stdout).unwrap();
        let told = document["paths"].as_array().unwrap();
        assert_eq!(told.len(), truth.len(), "{estate}");
        let lines = lines(estate);
        for evidence in told
            .iter()
            .flat_map(|path| path["steps"].as_array().unwrap())
            .flat_map(|it| it["evidence"].as_array().unwrap())
        {
            let location = &evidence["location"];
            let line = &lines[usize::try_from(location["line"].as_u64().unwrap()).unwrap() - 1];
            assert!(line.pointer(location["pointer"].as_str().unwrap()).is_some(), "{estate}: {evidence}");
            assert_eq!(line["source"], location["source"]);
        }
    }
}

/// Names that try to steer a terminal, a chart or a page.
#[test]
fn hostile_names_stay_names() {
    let evil = "x\u{1b}[2J\"];\u{202e}<script>alert(1)</script>`#quot;";
    let mut lines = lines("role-inside");
    for line in &mut lines {
        if line["kind"] == "mysql.table_grant" {
            line["data"]["Table_name"] = evil.into();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evil.jsonl");
    std::fs::write(&file, text(&lines)).unwrap();
    let file = file.display().to_string();
    let mut shown = BTreeMap::new();
    for format in ["text", "dot", "mermaid"] {
        let result = run(["paths", &file, "--format", format], &[]);
        assert_eq!(result.code, 0, "{}", result.transcript());
        assert!(!result.stdout.contains(['\u{1b}', '\u{202e}']), "{}", result.stdout);
        shown.insert(format, result.stdout);
    }
    assert!(shown["text"].contains("<script>"));
    assert!(!shown["mermaid"].contains('<') && !shown["dot"].contains("x\\u{1B}[2J\"]"));
}

#[test]
fn who_is_asked_about_is_found_by_arn_and_by_name() {
    let paths = paths(&lines("quiet-admin"));
    let dev = paths.sources().iter().position(|source| source.name == "user/dev").unwrap();
    let question = Question { sources: Some(vec![dev]), class: Some(Class::Read), cluster: Some(0) };
    let found = paths.answers(&question);
    assert_eq!(
        found.iter().map(|it| (it.class.clone(), it.certainty)).collect::<Vec<_>>(),
        [(Class::Read, Certainty::Certain)]
    );
}

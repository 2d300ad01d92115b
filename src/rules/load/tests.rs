//! Rule files that do not load, and how that reads; and hostile ones, which fail fast.

use insta::assert_snapshot;
use proptest::prelude::*;

use crate::rules::source::RuleSource;
use crate::rules::testing::{MODEL, TARGETS, load, processor_time};
use crate::rules::{embedded, load as load_all};

const PATH: &str = "rules/resilience/res-deletion-protection.yaml";

/// What is wrong with the model after one replacement.
fn broken(from: &str, to: &str) -> String {
    assert!(MODEL.contains(from), "{from}");
    load(PATH, &MODEL.replacen(from, to, 1)).map(|_| ()).unwrap_err().to_string()
}

/// A rule over elements, with a bit of everything.
const ELEMENTS: &str = r#"schema: 1
id: net-doors
title: No door is wide open
severity: high
status: experimental
targets: sample
for_each: {in: r.doors, as: e}
params:
  ports: {type: list<int>, default: [3306], description: Ports to protect}
  widest: {type: int, default: 8, min: 0, max: 32, description: Shortest prefix allowed}
when: |
  r.engine.startsWith('aurora')   // the others are not ours
let:
  wide: |
    has(e.cidr)
      && cidr.prefix_len(e.cidr) < params.widest
check: |
  !(wide && e.port in params.ports)
message: "{{ r.name }} lets {{ e.cidr }} reach port {{ e.port }}"
evidence: [r.name]
rationale: Any host in the range can try to log in.
remediation:
  text: Close it.
  cli: |
    aws close --name {{ r.name }}
frameworks:
  pci-dss-4.0: [{control: "1.3.1", coverage: partial}]
docs: https://docs.aws.amazon.com/x
source: original
tags: [network]
tests:
  - name: open
    expect: fail
    given: {r: {engine: aurora, name: x}, e: {cidr: 0.0.0.0/0, port: 3306}}
    message: x lets 0.0.0.0/0 reach port 3306
  - name: narrow
    expect: pass
    given: {r: {engine: aurora}, e: {cidr: 10.0.0.0/24}}
  - name: wider allowed
    expect: pass
    given: {r: {engine: aurora}, e: {cidr: 0.0.0.0/0, port: 3306}}
    params: {widest: 0}
  - name: unread
    expect: unknown
    given: {r: {engine: aurora}, e: {port: 3306}}
  - name: none
    expect: not_applicable
    given: {r: {engine: aurora, doors: []}}
"#;

fn broken_elements(from: &str, to: &str) -> String {
    assert!(ELEMENTS.contains(from), "{from}");
    load("rules/network/net-doors.yaml", &ELEMENTS.replacen(from, to, 1)).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn right_files_load() {
    let rules = load(PATH, MODEL).unwrap_or_else(|errors| panic!("{errors}"));
    let rule = &rules.rules[0];
    assert_eq!(
        (rule.id.as_str(), rule.area.as_str(), rule.target),
        ("res-deletion-protection", "resilience", "db_cluster")
    );
    assert_eq!(rule.check_text, "r.deletion_protection");
    let rules = load("x/network/net-doors.yaml", ELEMENTS).unwrap_or_else(|errors| panic!("{errors}"));
    let rule = &rules.rules[0];
    assert_eq!(rule.when_text.as_deref(), Some("r.engine.startsWith('aurora')"));
    assert_eq!(rule.check_text, "!(wide && e.port in params.ports)");
    assert_eq!(rules.digest.len(), 64);
}

#[test]
fn embedded_rules_are_found() {
    let files = embedded();
    assert!(files.iter().any(|file| file.path == PATH && file.text == MODEL));
    assert!(files.is_sorted_by(|one, other| one.path < other.path));
}

#[test]
fn every_shipped_rule_says_why_it_is_that_severe() {
    let rules = crate::rules::load(&embedded(), crate::facts::TARGETS).unwrap_or_else(|errors| panic!("{errors}"));
    for rule in &rules.rules {
        assert!(rule.severity_reason.as_ref().is_some_and(|reason| reason.len() > 15), "{}", rule.id);
    }
}

#[test]
fn a_misspelt_field() {
    assert_snapshot!(broken("check: |\n  r.deletion_protection", "check: |\n  r.deletion_protectoin"), @r"
        error: type `db_cluster` has no field `deletion_protectoin`
         --> rules/resilience/res-deletion-protection.yaml:8:5
          |
        8 |   r.deletion_protectoin
          |     ^^^^^^^^^^^^^^^^^^^
          help: did you mean `deletion_protection`?

        1 error in rule files
        ");
}

#[test]
fn a_misspelt_field_in_a_template() {
    assert_snapshot!(broken("--db-cluster-identifier {{ r.db_cluster_identifier }}", "--db-cluster-identifier {{ r.identifier }}"), @r"
        error: type `db_cluster` has no field `identifier`
          --> rules/resilience/res-deletion-protection.yaml:21:36
           |
        21 |       --db-cluster-identifier {{ r.identifier }} \
           |                                    ^^^^^^^^^^
           help: did you mean `db_cluster_identifier`?

        1 error in rule files
        ");
}

#[test]
fn an_unquoted_expression() {
    assert_snapshot!(broken("check: |\n  r.deletion_protection", "check: !r.deletion_protection"), @r"
        error: not readable as YAML: unsupported tag `!r.deletion_protection`
         --> rules/resilience/res-deletion-protection.yaml:7:30
          |
        7 | check: !r.deletion_protection
          |                              ^
          help: write the expression as a block: `check: |` and the expression on the next line

        1 error in rule files
        ");
    assert_snapshot!(broken("check: |\n  r.deletion_protection", "check: r.deletion_protection"), @r"
        error: an expression must be a block or in quotes
         --> rules/resilience/res-deletion-protection.yaml:7:8
          |
        7 | check: r.deletion_protection
          |        ^^^^^^^^^^^^^^^^^^^^^
          help: write `check: |` and the expression on the next line

        1 error in rule files
        ");
}

#[test]
fn values_in_the_wrong_quotes() {
    assert_snapshot!(broken("--db-cluster-identifier {{ r.db_cluster_identifier }}", "--db-cluster-identifier '{{ r.db_cluster_identifier }}'"), @r"
        error: a value inside quotes of a shell command
          --> rules/resilience/res-deletion-protection.yaml:21:32
           |
        21 |       --db-cluster-identifier '{{ r.db_cluster_identifier }}' \
           |                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           help: write it bare: it is quoted when it is filled in

        1 error in rule files
        ");
}

#[test]
fn a_control_without_coverage() {
    assert_snapshot!(broken(r#"[{control: "2.11", coverage: full}]"#, r#"["2.11"]"#), @r#"
        error: a control must say how much of it the rule covers
          --> rules/resilience/res-deletion-protection.yaml:33:37
           |
        33 |   cis-aws-database-services-2.0.0: ["2.11"]
           |                                     ^^^^^^
           help: write {control: 2.11, coverage: full}, or partial, or supporting

        1 error in rule files
        "#);
}

#[test]
fn places_inside_a_let() {
    assert_snapshot!(broken_elements("cidr.prefix_len(e.cidr) < params.widest", "cidr.prefix_length(e.cidr) < params.widest"), @r"
        error: unknown function `cidr.prefix_length`
          --> rules/network/net-doors.yaml:16:10
           |
        16 |       && cidr.prefix_length(e.cidr) < params.widest
           |          ^^^^^^^^^^^^^^^^^^
           help: did you mean `cidr.prefix_len`?

        1 error in rule files
        ");
}

#[test]
fn an_unguarded_field() {
    assert_snapshot!(broken_elements("has(e.cidr)\n      && cidr", "cidr"), @r"
        error: `e.cidr` may be absent: guard it with has(e.cidr)
          --> rules/network/net-doors.yaml:15:21
           |
        15 |     cidr.prefix_len(e.cidr) < params.widest
           |                     ^^^^^^
           help: as in `has(e.cidr) && …`, and decide what its absence means

        1 error in rule files
        ");
}

#[test]
fn a_test_with_a_wrong_value() {
    assert_snapshot!(broken_elements("e: {cidr: 10.0.0.0/24}", "e: {cidr: 10.0.0.1/24, prot: 1}"), @r"
        error: `10.0.0.1/24` has bits behind its prefix
          --> rules/network/net-doors.yaml:38:44
           |
        38 |     given: {r: {engine: aurora}, e: {cidr: 10.0.0.1/24, prot: 1}}
           |                                            ^^^^^^^^^^^
           help: did you mean `10.0.0.0/24`?

        error: type `door` has no field `prot`
          --> rules/network/net-doors.yaml:38:57
           |
        38 |     given: {r: {engine: aurora}, e: {cidr: 10.0.0.1/24, prot: 1}}
           |                                                         ^^^^
           help: did you mean `port`?

        2 errors in rule files
        ");
}

#[test]
fn everything_at_once() {
    let first = MODEL
        .replacen("severity: medium", "severity: meduim\nseverty: low", 1)
        .replacen("r.deletion_protection\nmessage", "r.engine == 'aurora-mysq'\nmessage", 1)
        .replacen("https://", "http://", 1);
    let second = ELEMENTS.replacen("targets: sample", "targets: smaple", 1).replacen("source: original\n", "", 1);
    let sources = [
        RuleSource::new("rules/network/net-doors.yaml", second),
        RuleSource::new("more/net-doors.yaml", ELEMENTS),
        RuleSource::new(PATH, first),
        RuleSource::new("rules/tls/tls-x.yaml", "a: ["),
    ];
    assert_snapshot!(load_all(&sources, &TARGETS).map(|_| ()).unwrap_err(), @r"
        error: `more` is no folder for rules
         --> more/net-doors.yaml:2:5
          |
        2 | id: net-doors
          |     ^^^^^^^^^
          help: one of iam, network, tls, database, path, data, logging, resilience

        error: `source` is missing
         --> rules/network/net-doors.yaml:1:1
          |
        1 | schema: 1
          | ^^^^^^

        error: rule `net-doors` is already in more/net-doors.yaml
         --> rules/network/net-doors.yaml:2:5
          |
        2 | id: net-doors
          |     ^^^^^^^^^

        error: unknown target `smaple`
         --> rules/network/net-doors.yaml:6:10
          |
        6 | targets: smaple
          |          ^^^^^^
          help: did you mean `sample`?

        error: `meduim` is no severity
         --> rules/resilience/res-deletion-protection.yaml:4:11
          |
        4 | severity: meduim
          |           ^^^^^^
          help: did you mean `medium`?

        error: unknown key `severty`
         --> rules/resilience/res-deletion-protection.yaml:5:1
          |
        5 | severty: low
          | ^^^^^^^
          help: did you mean `severity`?

        error: `aurora-mysq` is no word of `engine`: this is never equal
         --> rules/resilience/res-deletion-protection.yaml:9:15
          |
        9 |   r.engine == 'aurora-mysq'
          |               ^^^^^^^^^^^^^
          help: did you mean `aurora-mysql`?

        error: docs must be one https:// link
          --> rules/resilience/res-deletion-protection.yaml:38:7
           |
        38 | docs: http://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html
           |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: not readable as YAML: unclosed bracket '['
         --> rules/tls/tls-x.yaml:1:4
          |
        1 | a: [
          |    ^

        9 errors in rule files
        ");
}

#[test]
fn every_mistake_is_found() {
    for (from, to, message) in [
        ("schema: 1", "schema: 2", "schema 2 is not known"),
        ("schema: 1\n", "", "`schema` is missing"),
        ("id: net-doors", "id: net-door", "the id differs from the file's name `net-doors.yaml`"),
        ("id: net-doors", "id: Net Doors", "`Net Doors` is no id"),
        ("status: experimental", "status: new", "`new` is no status"),
        ("for_each: {in: r.doors, as: e}", "for_each: {in: r.tags, as: e}", "`sample_tag` has no key"),
        (
            "for_each: {in: r.doors, as: e}",
            "for_each: {in: r.name, as: e}",
            "for_each goes over a list, this is string",
        ),
        ("for_each: {in: r.doors, as: e}", "for_each: {in: r.doors, as: r}", "this name is taken"),
        (
            "for_each: {in: r.doors, as: e}",
            "for_each: {in: r.doors, as: e, empty: fail}",
            "`fail` is no meaning of an empty list",
        ),
        ("for_each: {in: r.doors, as: e}", "for_each: {in: r.doors}", "`as` is missing"),
        ("type: list<int>", "type: list<number>", "`number` is no type of a parameter"),
        ("default: [3306]", "default: [mysql]", "expected int, found `mysql`"),
        ("default: 8,", "default: 64,", "more than 32"),
        ("e.port in params.ports", "e.port == 3306", "parameter `ports` is never used"),
        ("!(wide &&", "!(has(e.cidr) &&", "`wide` is never used"),
        ("  wide: |", "  in: |", "this word is reserved"),
        ("  wide: |", "  e: |", "this name is taken"),
        ("r.engine.startsWith('aurora') ", "wide ", "unknown variable `e`"),
        ("r.engine.startsWith('aurora') ", "r.name ", "`when` must be a condition, this is string"),
        ("r.engine.startsWith('aurora') ", "r.public || true ", "this is always true: `when` decides nothing"),
        ("!(wide && e.port in params.ports)", "3306 in params.ports", "`check` reads no fact"),
        ("evidence: [r.name]", "evidence: [r.names]", "type `sample` has no field `names`"),
        ("evidence: [r.name]", "evidence: [params.ports]", "this reads no fact"),
        ("{{ e.cidr }} reach", "{{ e.cidr reach", "this `{{` is never closed"),
        ("{{ e.cidr }} reach", "{{ }} reach", "an expression is missing here"),
        ("--name {{ r.name }}", "--name \"{{ r.name }}\"", "a value inside quotes of a shell command"),
        ("  text: Close it.", "  text: Close {{ r.nam }}.", "type `sample` has no field `nam`"),
        ("coverage: partial", "coverage: most", "`most` is no "),
        ("coverage: partial", "x: 1", "`coverage` is missing"),
        ("docs: https://docs.aws.amazon.com/x", "docs: https://a b", "docs must be one https:// link"),
        ("rationale: Any host in the range can try to log in.", "rationale:", "expected text, found nothing"),
        ("tags: [network]", "tags: network", "expected a list"),
        ("expect: fail", "expect: failure", "`failure` is no outcome"),
        ("expect: unknown", "expect: pass", "no test expects `unknown`"),
        ("{engine: aurora, name: x}", "{engine: postgres, name: x}", "`postgres` is no word of `engine`"),
        ("{engine: aurora, name: x}", "{engine: ~, name: x}", "`engine` is never absent"),
        ("e: {port: 3306}", "e: {port: many}", "expected int, found `many`"),
        ("e: {port: 3306}", "e: [1]", "a given door must be a mapping"),
        ("e: {port: 3306}", "x: {port: 3306}", "unknown key `x`"),
        ("params: {widest: 0}", "params: {wides: 0}", "unknown key `wides`"),
        ("  - name: none\n", "  - nam: none\n", "`name` is missing"),
        ("tests:", "test:", "`tests` is missing"),
    ] {
        let errors = broken_elements(from, to);
        assert!(errors.contains(&format!("error: {message}")), "{to}\n{errors}");
        assert!(errors.contains(" --> rules/network/net-doors.yaml:"), "{errors}");
    }
}

#[test]
fn folders_and_ids_belong_together() {
    for (path, message) in [
        ("rules/network/net-doors.yaml", None),
        ("/etc/mine/network/net-doors.yaml", None),
        ("rules/iam/net-doors.yaml", Some("ids of rules in `iam` begin with `iam-`")),
        ("rules/other/net-doors.yaml", Some("`other` is no folder for rules")),
        ("net-doors.yaml", Some("`` is no folder for rules")),
    ] {
        let found = load(path, ELEMENTS).map(|_| ()).map_err(|errors| errors.to_string());
        match message {
            None => assert_eq!(found, Ok(()), "{path}"),
            Some(message) => assert!(found.unwrap_err().contains(message), "{path}"),
        }
    }
}

#[test]
fn hostile_files_fail_fast_and_with_a_place() {
    let bomb: Vec<String> = (0..40).map(|i| format!("k{}: &a{} [*a{i}, *a{i}]\n", i + 1, i + 1)).collect();
    let bomb = bomb.concat();
    let long = format!("'{}'", "r.deletion_protection && ".repeat(40_000));
    for text in [
        String::new(),
        "\u{0}".into(),
        format!("\u{feff}{MODEL}"),
        "just text".into(),
        "- a\n- b\n".into(),
        "%YAML 9.9\n---\na: 1".into(),
        "<html><body>not found</body></html>".into(),
        "a: 1\na: 2".into(),
        "schema: !!python/object:os.system 1".into(),
        "\tid: x\n\t\ttitle: y".into(),
        format!("k0: &a0 x\n{bomb}"),
        "[".repeat(10_000),
        "{a: ".repeat(10_000),
        format!("check: {}", "(".repeat(10_000)),
        MODEL.replacen("check: |\n  r.deletion_protection", &format!("check: {}", "[".repeat(10_000)), 1),
        MODEL.replacen("check: |\n  r.deletion_protection", &format!("check: |\n  {}", "(".repeat(8_000)), 1),
        MODEL.replacen("check: |\n  r.deletion_protection", &format!("check: |\n  {}", "!".repeat(100_000)), 1),
        MODEL.replacen("check: |\n  r.deletion_protection", &format!("check: {long}"), 1),
        "x".repeat(5_000_000),
        "a: 1\n".repeat(50_000),
    ] {
        let started = processor_time();
        let errors = load(PATH, &text).map(|_| ()).unwrap_err();
        let took = processor_time().saturating_sub(started);
        assert!(took.as_millis() < 500, "{took:?}: {:?}", &text.chars().take(80).collect::<String>());
        assert!(errors.0.iter().all(|error| error.line > 0 && error.column > 0));
        assert!(errors.to_string().len() < 20_000);
    }
}

/// Pieces of rules and of noise.
const PIECES: &[&str] = &[
    "r", ".", "name", "(", ")", "&&", "||", "!", "==", "null", "'a'", "\"", "'", "has(", "all(x,", "x", "{{", "}}",
    "1", "-", "?", ":", "[", "]", ",", " ", "\n", "cidr", "in", "//", "\u{202e}", "é", "\\", "params", "e", "0", "|",
    "#",
];

proptest! {
    #[test]
    fn random_text_never_panics(text in "\\PC{0,200}") {
        drop(load(PATH, &text));
        drop(load(PATH, &MODEL.replacen("r.deletion_protection", &text, 1)));
    }

    #[test]
    fn random_expressions_never_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let text = pieces.concat();
        drop(crate::rules::testing::parses(&text).map(|()| crate::rules::testing::check(&text, &[])));
        let indented = text.replace('\n', "\n  ");
        drop(load("rules/network/net-doors.yaml", &ELEMENTS.replacen("!(wide && e.port in params.ports)", &indented, 1)));
    }

    #[test]
    fn mutated_rules_never_panic(at in 0..ELEMENTS.len(), length in 0..20_usize, piece in prop::sample::select(PIECES)) {
        let start = ELEMENTS.floor_char_boundary(at);
        let end = ELEMENTS.floor_char_boundary((start + length).min(ELEMENTS.len()));
        let mut text = ELEMENTS.to_owned();
        text.replace_range(start..end, piece);
        if let Err(errors) = load("rules/network/net-doors.yaml", &text) {
            prop_assert!(!errors.0.is_empty());
            prop_assert!(errors.to_string().contains("error: "));
        }
    }
}

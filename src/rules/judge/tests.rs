//! Whole rules over whole subjects: outcome, message, reasons, evidence with places, remediation.

use std::fmt::Write as _;
use std::sync::Arc;

use insta::assert_snapshot;

use crate::model::{Derived, Fact, Gap, GapReason, Outcome, Why};
use crate::rules::rule::RuleSet;
use crate::rules::testing::{MODEL, Sample, World, changed, door, load, sample, stand_in};
use crate::rules::verdict::{Evidence, Remediation, Verdict};
use crate::rules::{Detail, evaluate, run_cases};

/// A rule around a few lines of logic.
fn rule(logic: &str, tests: &str) -> RuleSet {
    let text = format!(
        "schema: 1\nid: net-x\ntitle: x\nseverity: low\nstatus: stable\ntargets: sample\n{logic}\nrationale: x\nremediation:\n  \
         text: Mend {{{{ r.name }}}}.\n  cli: |\n    aws x --name {{{{ r.name }}}}\nframeworks: {{}}\ndocs: https://a.b\nsource: x\n\
         tags: []\ntests:\n{tests}\n"
    );
    load("rules/network/net-x.yaml", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Tests that every rule must have and that these tests do not look at.
const TESTS: &str = "  - {name: a, expect: pass, given: {r: {}}}\n  - {name: b, expect: fail, given: {r: {}}}\n  - {name: c, expect: unknown, given: {r: {}}}";

fn judge(rules: &RuleSet, subject: Sample) -> Verdict {
    evaluate(rules, &World { samples: vec![("orders".into(), Ok(subject))], ..World::default() }, Detail::All).remove(0)
}

/// A verdict to look at.
fn show(verdict: &Verdict) -> String {
    let mut text = String::new();
    let reasons = |text: &mut String, indent: &str, reasons: &[crate::model::Untrusted]| {
        for reason in reasons {
            writeln!(text, "{indent}because {reason}").unwrap();
        }
    };
    let explanation = verdict.explanation.as_deref().unwrap();
    writeln!(text, "{}: {}", verdict.outcome.as_str(), explanation.message).unwrap();
    reasons(&mut text, "  ", &explanation.reasons);
    evidence(&mut text, "  ", &explanation.evidence);
    remedy(&mut text, "  ", explanation.remediation.as_ref());
    for element in &explanation.elements {
        writeln!(text, "  [{}] {}: {}", element.key, element.outcome.as_str(), element.message).unwrap();
        reasons(&mut text, "    ", &element.reasons);
        evidence(&mut text, "    ", &element.evidence);
        remedy(&mut text, "    ", element.remediation.as_ref());
    }
    text
}

fn evidence(text: &mut String, indent: &str, evidence: &[Evidence]) {
    for item in evidence {
        let value = item.value.as_ref().map_or("?".into(), ToString::to_string);
        let places: Vec<_> =
            item.places.iter().map(|place| format!("{}:{}", place.record.line, place.pointer)).collect();
        writeln!(text, "{indent}{} = {value} @ {}", item.fact, places.join(" ")).unwrap();
    }
}

fn remedy(text: &mut String, indent: &str, remediation: Option<&Remediation>) {
    if let Some(Remediation { text: words, cli, .. }) = remediation {
        writeln!(text, "{indent}mend: {words} $ {}", cli.clone().unwrap_or_default()).unwrap();
    }
}

const PORT: &str = "when: |\n  r.engine == 'aurora-mysql'\ncheck: |\n  !r.public && r.port != 3306\nmessage: port {{ r.port }}, keys {{ r.kms_key_id }}\nevidence: [r.name, r.secret.arn]";

#[test]
fn a_verdict_shows_what_decided_it_and_where() {
    // `r.secret` must be guarded before its parts are shown.
    let rules = rule(&PORT.replace(", r.secret.arn", ", r.reachable, r.version"), TESTS);
    assert_snapshot!(show(&judge(&rules, sample())), @r"
        fail: port 3306, keys none
          r.public = true @ 3:/data/Public
          r.name = orders @ 3:/data/Name
          r.reachable = true @ 4:/data/Routes/0 5:/data/Groups/1
          r.version = 3.8.2 @ 3:/data
          mend: Mend orders. $ aws x --name orders
        ");
    let closed = changed(|data| {
        data.public = Fact::Known(false);
        data.port = Fact::Known(4406);
    });
    assert_snapshot!(show(&judge(&rules, closed)), @r"
        pass: r.public is false, r.port is 4406
          r.public = false @ 3:/data/Public
          r.port = 4406 @ 3:/data/Port
          r.name = orders @ 3:/data/Name
          r.reachable = true @ 4:/data/Routes/0 5:/data/Groups/1
          r.version = 3.8.2 @ 3:/data
        ");
    let foreign = changed(|data| data.engine = Fact::Known(crate::snapshot::schema::rds::Engine::AuroraPostgresql));
    assert_snapshot!(show(&judge(&rules, foreign)), @r"
        not_applicable: applies only when r.engine == 'aurora-mysql'
          because applies only when r.engine == 'aurora-mysql'
          r.engine = aurora-postgresql @ 3:/data/Engine
        ");
    let unread = changed(|data| {
        data.public = Fact::Known(false);
        data.port = Fact::default();
        data.name = Fact::default();
    });
    assert_snapshot!(show(&judge(&rules, unread)), @r"
        unknown: cannot be judged: `r.port`: the snapshot does not hold it
          because `r.port`: the snapshot does not hold it
          r.port = ? @ 3:/data/Port
          r.name = ? @ 3:/data/Name
          r.reachable = true @ 4:/data/Routes/0 5:/data/Groups/1
          r.version = 3.8.2 @ 3:/data
        ");
    let nothing = changed(|data| data.engine = Fact::default());
    assert_snapshot!(show(&judge(&rules, nothing)), @r"
        unknown: cannot be judged: `r.engine`: the snapshot does not hold it
          because `r.engine`: the snapshot does not hold it
          r.engine = ? @ 3:/data/Engine
        ");
}

const DOORS: &str = "for_each: {in: r.doors, as: e}\ncheck: |\n  !(has(e.cidr) && cidr.prefix_len(e.cidr) < 8) && e.port != 22\nmessage: \"{{ e.cidr }} reaches {{ e.port }}\"\nevidence: [e.port]";

#[test]
fn elements_are_judged_one_by_one() {
    let rules = rule(DOORS, TESTS);
    assert_snapshot!(show(&judge(&rules, sample())), @r"
        fail: 2 of 3 fail
          r.doors = 3 elements @ 5:/data/Groups
          [world] fail: 0.0.0.0/0 reaches 3306
            e.cidr = 0.0.0.0/0 @ 8:/data/Rule
            e.port = 3306 @ 8:/data/Rule
            mend: Mend orders. $ aws x --name orders
          [group] fail: none reaches 22
            e.port = 22 @ 9:/data/Rule
            mend: Mend orders. $ aws x --name orders
        ");
    let denied = Why::Gap(Arc::new(Gap {
        what: "ec2:DescribeSecurityGroups".into(),
        target: None,
        reason: GapReason::Denied,
        needs: Some("ec2:DescribeSecurityGroups".into()),
        message: "no\n".into(),
        at: None,
    }));
    let mut partly = sample();
    let net = |text: &str| Fact::Known(text.parse().unwrap());
    let doors = vec![
        door("dark", 7, Fact::Unknown(denied.clone()), Fact::Known(3306)),
        door("fine", 8, net("10.0.0.0/8"), Fact::Known(3306)),
    ];
    partly.doors = Derived::new(Fact::Known(doors), Vec::new());
    let verdict = judge(&rules, partly);
    assert_eq!(verdict.gaps(), std::slice::from_ref(&denied));
    assert_snapshot!(show(&verdict), @r"
        unknown: 1 of 2 cannot be judged
          because ec2:DescribeSecurityGroups was denied: no\u{A}; needs ec2:DescribeSecurityGroups
          r.doors = 2 elements @ 3:/data
          [dark] unknown: cannot be judged: ec2:DescribeSecurityGroups was denied: no\u{A}; needs ec2:DescribeSecurityGroups
            because ec2:DescribeSecurityGroups was denied: no\u{A}; needs ec2:DescribeSecurityGroups
            e.cidr = ? @ 7:/data/Rule
            e.port = 3306 @ 7:/data/Rule
        ");
    let mut unread = sample();
    unread.doors = Derived::unknown(denied);
    assert_snapshot!(show(&judge(&rules, unread)), @r"
        unknown: cannot be judged: ec2:DescribeSecurityGroups was denied: no\u{A}; needs ec2:DescribeSecurityGroups
          because ec2:DescribeSecurityGroups was denied: no\u{A}; needs ec2:DescribeSecurityGroups
          r.doors = ? @ 3:/data
        ");
    let mut fine = sample();
    fine.doors = Derived::new(Fact::Known(vec![door("fine", 8, net("10.0.0.0/8"), Fact::Known(3306))]), Vec::new());
    assert_snapshot!(show(&judge(&rules, fine)), @r"
        pass: the one element passes
          r.doors = 1 element @ 3:/data
        ");
    let mut none = sample();
    none.doors = Derived::new(Fact::Known(Vec::new()), vec![]);
    assert_snapshot!(show(&judge(&rules, none)), @r"
        not_applicable: `r.doors` is empty
          because `r.doors` is empty
          r.doors = 0 elements @ 3:/data
        ");
    let mut none = sample();
    none.doors = Derived::new(Fact::Known(Vec::new()), vec![]);
    let lenient = rule(&DOORS.replace("as: e", "as: e, empty: pass"), TESTS);
    assert_snapshot!(show(&judge(&lenient, none)), @r"
        pass: `r.doors` is empty
          r.doors = 0 elements @ 3:/data
        ");
}

#[test]
fn scalars_can_be_elements_too() {
    let rules = rule("for_each: {in: r.exports, as: e}\ncheck: |\n  e != 'error'\nmessage: no {{ e }}", TESTS);
    assert_snapshot!(show(&judge(&rules, sample())), @r"
        fail: 1 of 2 fail
          r.exports = 2 elements @ 3:/data/Exports
          [error] fail: no error
            e = error @ 3:/data/Exports/1
            mend: Mend orders. $ aws x --name orders
        ");
}

#[test]
fn a_rule_that_breaks_is_an_error() {
    let rules = rule("check: |\n  r.port * 9223372036854775807 > 0\nmessage: x", TESTS);
    assert_snapshot!(show(&judge(&rules, sample())), @r"
        error: the rule broke: a number became too large
          because a number became too large
          r.port = 3306 @ 3:/data/Port
        ");
}

#[test]
fn hostile_names_stay_in_their_quotes() {
    let rules = rule("check: |\n  r.port == 1\nmessage: x {{ r.name }}", TESTS);
    let hostile = changed(|data| data.name = Fact::Known("x'; rm -rf / #\n\u{202e}".into()));
    assert_snapshot!(show(&judge(&rules, hostile)), @r"
        fail: x x'; rm -rf / #\u{A}\u{202E}
          r.port = 3306 @ 3:/data/Port
          mend: Mend x'; rm -rf / #\u{A}\u{202E}. $ aws x --name $'x\'; rm -rf / #\u000a\u202e'
        ");
}

#[test]
fn subjects_without_facts_are_unknown() {
    let rules = rule("check: |\n  r.public\nmessage: x", TESTS);
    let why = Why::Truncated { source: "rds:DescribeDBClusters".into() };
    let world = World { samples: vec![("gone".into(), Err(why.clone()))], ..World::default() };
    let verdict = evaluate(&rules, &world, Detail::All).remove(0);
    assert_eq!(verdict.gaps(), [why]);
    assert_snapshot!(show(&verdict), @r"
        unknown: cannot be judged: the answer of rds:DescribeDBClusters is incomplete in the snapshot
          because the answer of rds:DescribeDBClusters is incomplete in the snapshot
        ");
}

#[test]
fn order_does_not_depend_on_threads_or_input() {
    let rules = load("rules/resilience/res-deletion-protection.yaml", MODEL).unwrap();
    let names: Vec<String> = (0..300).map(|number| format!("c{:03}", number * 7 % 300)).collect();
    let clusters = |names: &[String]| World {
        clusters: names.iter().map(|name| stand_in(name, Some(name.ends_with('1')))).collect(),
        ..World::default()
    };
    let run = |threads: usize, world: &World| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        format!("{:?}", pool.install(|| evaluate(&rules, world, Detail::All)))
    };
    let one = run(1, &clusters(&names));
    let sorted: Vec<String> = (0..300).map(|number| format!("c{number:03}")).collect();
    assert_eq!(one, run(4, &clusters(&names)));
    assert_eq!(one, run(3, &clusters(&sorted)));
}

#[test]
fn the_model_rule_keeps_its_own_tests_and_reads_well() {
    let rules = load("rules/resilience/res-deletion-protection.yaml", MODEL).unwrap();
    assert_eq!(run_cases(&rules), []);
    let world = World {
        clusters: vec![stand_in("a-on", Some(true)), stand_in("b-off", Some(false)), stand_in("c-unread", None)],
        ..World::default()
    };
    let verdicts = evaluate(&rules, &world, Detail::All);
    let outcomes: Vec<Outcome> = verdicts.iter().map(|verdict| verdict.outcome).collect();
    assert_eq!(outcomes, [Outcome::Pass, Outcome::Fail, Outcome::Unknown]);
    assert_snapshot!(verdicts.iter().map(show).collect::<String>(), @r"
        pass: r.deletion_protection is true
          r.deletion_protection = true @ 1:/data/DeletionProtection
          r.engine = aurora-mysql @ 1:/data/Engine
          r.status = ? @ 1:/data/Status
        fail: cluster b-off can be deleted by one API call: deletion protection is off
          r.deletion_protection = false @ 1:/data/DeletionProtection
          r.engine = aurora-mysql @ 1:/data/Engine
          r.status = ? @ 1:/data/Status
          mend: Switch deletion protection on for b-off. It applies at once, without a restart, and costs nothing. $ aws rds modify-db-cluster \\u{A}  --db-cluster-identifier b-off \\u{A}  --deletion-protection \\u{A}  --apply-immediately
        unknown: cannot be judged: `r.deletion_protection`: the snapshot does not hold it
          because `r.deletion_protection`: the snapshot does not hold it
          r.deletion_protection = ? @ 1:/data/DeletionProtection
          r.engine = aurora-mysql @ 1:/data/Engine
          r.status = ? @ 1:/data/Status
        ");
}

#[test]
fn tests_of_a_rule_that_fail_say_how() {
    let tests = "  - {name: wrong, expect: pass, given: {r: {public: false}}}\n  \
         - {name: words, expect: fail, given: {r: {public: false, name: a}}, message: b is bad}\n  \
         - {name: dark, expect: unknown, given: {r: {public: true}}}\n  \
         - {name: open, expect: pass, given: {r: {}}}";
    let rules = rule("check: |\n  r.public\nmessage: \"{{ r.name }} is bad\"", tests);
    let failures: Vec<String> = run_cases(&rules).iter().map(ToString::to_string).collect();
    assert_snapshot!(failures.join("\n"), @r#"
        rules/network/net-x.yaml:20: net-x `wrong`: expected pass, found fail
        rules/network/net-x.yaml:21: net-x `words`: expected message "b is bad", found "a is bad"
        rules/network/net-x.yaml:22: net-x `dark`: expected unknown, found pass
        rules/network/net-x.yaml:23: net-x `open`: expected pass, found unknown (`r.public`: the snapshot does not hold it)
        "#);
}

//! What people write, and what they are told.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::config::template;

fn read(text: &str) -> Result<ConfigFile, ConfigErrors> {
    parse(Path::new("/repo/aurora-audit.toml"), text, None)
}

fn values(file: &ConfigFile) -> Vec<String> {
    file.given
        .iter()
        .map(|given| format!("{} {} {}", given.setting.path(), given.line, given.values.join("|")))
        .collect()
}

#[test]
fn settings_are_read_with_their_lines() {
    let file = read(
        "# ours\n[gate]\nfail-on = \"medium\"\nmin-coverage = 95\nallow-incomplete = true\nbaseline = \"b.json\"\n\
         [report]\noutput = [\n  \"html=out/x.html\",\n  \"json=-\",\n]\n[network]\ncorporate-cidr = ['10.0.0.0/8']\n\
         waivers = { }\n",
    );
    // `waivers` is a table of its own and not one of [network].
    assert!(file.unwrap_err().to_string().contains("unknown key `waivers`"));
    let file = read(
        "[gate]\nfail-on = \"medium\"\nbaseline = \"b.json\"\n[report]\noutput = [\"html=out/x.html\", \"json=-\"]\n",
    )
    .unwrap();
    assert_eq!(
        values(&file),
        ["gate.fail-on 2 medium", "gate.baseline 3 /repo/b.json", "report.output 5 html=/repo/out/x.html|json=-"]
    );
    assert_eq!(values(&read("gate.fail-on = 'low'").unwrap()), ["gate.fail-on 1 low"]);
    assert_eq!(values(&read("gate = { exit-zero = true }").unwrap()), ["gate.exit-zero 1 true"]);
    assert!(read("").unwrap().given.is_empty());
}

#[test]
fn rules_are_changed_by_id() {
    let file = read(
        "[rule.res-backup-retention]\nseverity = \"critical\"\nreason = 'r'\nparams = { min_days = 30 }\n\
         [rule.\"db-create-user-limited\"]\nenabled = false\nparams.administrators = [\"dba\", \"ops\"]\n",
    )
    .unwrap();
    let retention = &file.adjustments["res-backup-retention"];
    assert_eq!((retention.severity, retention.enabled), (Some(Severity::Critical), None));
    assert_eq!(retention.params["min_days"], ParamValue::Int(30));
    let limited = &file.adjustments["db-create-user-limited"];
    assert_eq!(limited.enabled, Some(false));
    let names = ["dba", "ops"].map(|name| ParamValue::Text(name.to_owned()));
    assert_eq!(limited.params["administrators"], ParamValue::List(names.to_vec()));
}

#[test]
fn a_profile_goes_before_the_file() {
    let text = "[gate]\nfail-on = \"high\"\nexit-zero = true\n[rule.a-b]\nseverity = 'low'\nparams = { x = 1, y = 1 }\n\
                [profile.nightly.gate]\nfail-on = \"medium\"\n[profile.nightly.rule.a-b]\nparams = { x = 2 }\n";
    let chosen = |profile| parse(Path::new("a.toml"), text, profile);
    assert_eq!(values(&chosen(None).unwrap()), ["gate.fail-on 2 high", "gate.exit-zero 3 true"]);
    let nightly = chosen(Some("nightly")).unwrap();
    assert_eq!(values(&nightly), ["gate.fail-on 8 medium", "gate.exit-zero 3 true"]);
    let rule = &nightly.adjustments["a-b"];
    assert_eq!(rule.severity, Some(Severity::Low));
    let params = [("x", 2), ("y", 1)].map(|(name, value)| (name.to_owned(), ParamValue::Int(value)));
    assert_eq!(rule.params, BTreeMap::from(params));
    let shared = "[parameters]\na = 1\nb = true\n[profile.nightly.parameters]\na = 2\n";
    let shared = parse(Path::new("a.toml"), shared, Some("nightly")).unwrap().parameters;
    assert_eq!(
        shared,
        BTreeMap::from([("a".to_owned(), ParamValue::Int(2)), ("b".to_owned(), ParamValue::Bool(true))])
    );
    let error = chosen(Some("nigthly")).unwrap_err().to_string();
    assert!(error.contains("there is no profile `nigthly`") && error.contains("did you mean `nightly`?"), "{error}");
}

#[test]
fn every_mistake_has_a_line_a_caret_and_a_mend() {
    let mut transcript = String::new();
    for text in [
        "[gate]\nfail-no = \"high\"\n",
        "[gate]\nfail-on = \"hgih\"\n",
        "[gate]\nfail-on = \"severe\"\n",
        "[gate]\nfail-on = 3\n",
        "[gate]\nmin-coverage = 101\n",
        "[gate]\nmin-coverage = \"95\"\n",
        "[gate]\nallow-incomplete = \"yes\"\n",
        "[gates]\n",
        "gate = 1\n",
        "fail-on = \"high\"\n",
        "[gate]\nregion = [\"eu-west-1\"]\n",
        "[targets]\nregion = \"eu-west-1\"\n",
        "[targets]\nregion = [\"eu-west-1\", \"\", 7]\n",
        "[targets]\nregion = [\"eu-west-1\"]\nendpoint = [\"mysql://a:1\"]\n",
        "[report]\noutput = [\"pdf=x.pdf\"]\n",
        "[report]\noutput = [\"html\"]\n",
        "[rule.a-b]\nseverity = \"worst\"\n",
        "[rule.a-b]\nenable = false\n",
        "[rule.a-b]\nparams = { x = 1.5 }\n",
        "[rule]\na-b = 1\n",
        "parameters = 1\n",
        "[parameters]\nx = 1.5\n",
        "[parameter]\n",
        "[profile.x]\ngate = 1\n",
        "[profile.x.gat]\n",
        "profile = 1\n",
        "[gate]\n[gate]\n",
        "[gate\n",
        "[gate.fail-on]\n",
    ] {
        let error = read(text).unwrap_err();
        assert!(error.0.iter().all(|error| error.line > 0), "{error}");
        writeln!(transcript, "{error}\n").unwrap();
    }
    insta::assert_snapshot!(transcript);
}

#[test]
fn changes_that_cannot_be_made_are_shown_where_they_stand() {
    let text = "[rule.res-backup-retension]\nenabled = false\n[rule.res-backup-retention]\nparams = { min_day = 1, min_days = 99 }\n";
    let file = read(text).unwrap();
    let rules = crate::rules::load(&crate::rules::embedded(), crate::facts::TARGETS).unwrap();
    let errors = rules.adjusted(&file.adjustments).unwrap_err();
    insta::assert_snapshot!(file.explain(&errors).to_string());
}

/// A value that many rules take is wrong once, where it stands.
#[test]
fn a_shared_value_that_is_wrong_is_shown_once() {
    let file = read("[parameters]\nadministrators = \"dba\"\n").unwrap();
    let rules = crate::rules::load(&crate::rules::embedded(), crate::facts::TARGETS).unwrap();
    let mut changes = file.adjustments.clone();
    crate::rules::shared_params(&mut changes, &file.parameters, &rules).unwrap();
    let errors = rules.adjusted(&changes).unwrap_err();
    assert!(errors.len() > 3, "{errors:?}");
    let shown = file.explain(&errors).to_string();
    assert!(shown.contains(":2:18") && shown.ends_with("1 error in the configuration"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_reader(at in 0usize..4_000, junk in "\\PC{0,6}|[-=#.'\"\\[\\]{}\\n,]{0,6}", cut in 0usize..30) {
        let whole = template();
        let start = whole.floor_char_boundary(at.min(whole.len()));
        let end = whole.floor_char_boundary((start + cut).min(whole.len()));
        let text = format!("{}{junk}{}", &whole[..start], &whole[end..]);
        match read(&text) {
            Ok(file) => prop_assert!(file.given.iter().all(|given| given.line > 0)),
            Err(errors) => prop_assert!(!errors.0.is_empty() && errors.0.iter().all(|error| error.line > 0)),
        }
    }
}

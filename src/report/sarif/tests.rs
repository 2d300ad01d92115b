//! What every log must keep, whatever the assessment: the schema, and the rules that the schema does not know.

use serde_json::Value;

use super::*;
use crate::report::sample::{compared, empty, hostile, many, sample, waived};

const PROFILES: [SarifProfile; 2] = [SarifProfile::Github, SarifProfile::Full];

fn text(assessment: &Assessment, options: &Options) -> String {
    let mut bytes = Vec::new();
    render(assessment, options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn log(assessment: &Assessment, sarif_profile: SarifProfile) -> Value {
    let options = Options { sarif_profile, ..Options::default() };
    serde_json::from_str(&text(assessment, &options)).unwrap()
}

fn logs() -> Vec<(String, Value)> {
    let mut logs = Vec::new();
    for (name, assessment) in [
        ("empty", empty()),
        ("sample", sample()),
        ("hostile", hostile()),
        ("many", many(100)),
        ("compared", compared()),
    ] {
        for profile in PROFILES {
            logs.push((format!("{name} {profile:?}"), log(&assessment, profile)));
        }
    }
    logs
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

fn rules(log: &Value) -> &Vec<Value> {
    log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap()
}

fn for_each_result(check: impl Fn(&str, &Value, &Value)) {
    for (name, log) in logs() {
        for result in results(&log) {
            check(&name, &log, result);
        }
    }
}

#[test]
fn every_log_fits_the_schema() {
    let mut schema: Value = serde_json::from_str(include_str!("../../../tests/schema/sarif-2.1.0.json")).unwrap();
    // OASIS's pattern for languages has a stray bracket and is no regular expression; no log of ours names a language.
    for place in ["run", "toolComponent"] {
        schema["definitions"][place]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, log) in logs() {
        let errors: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_result_has_one_place_with_a_relative_uri_and_a_line() {
    for_each_result(|name, _, result| {
        let locations = result["locations"].as_array().unwrap();
        assert_eq!(locations.len(), 1, "{name}");
        let physical = &locations[0]["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~%/".contains(c);
        assert!(!uri.is_empty() && !uri.starts_with('/') && uri.chars().all(allowed), "{name}: {uri}");
        assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1, "{name}");
    });
}

#[test]
fn every_result_names_its_subject() {
    for_each_result(|name, _, result| {
        let names = result["locations"][0]["logicalLocations"].as_array().unwrap();
        assert!(!names[0]["fullyQualifiedName"].as_str().unwrap().is_empty(), "{name}");
    });
    let full = log(&sample(), SarifProfile::Full);
    let names: Vec<&str> = results(&full)
        .iter()
        .map(|result| result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"arn:aws:rds:eu-central-1:111122223333:cluster:shop-staging"));
    assert!(names.contains(&"orders-prod.cluster-c1a2b3.eu-central-1.rds.amazonaws.com:3306"));
}

#[test]
fn what_is_no_failure_has_no_level() {
    for_each_result(|name, _, result| {
        let (kind, level) = (result["kind"].as_str().unwrap(), result["level"].as_str().unwrap());
        assert_eq!(kind == "fail", level != "none", "{name}: {kind} {level}");
    });
}

#[test]
fn github_gets_failures_only() {
    for assessment in [sample(), hostile()] {
        assert!(results(&log(&assessment, SarifProfile::Github)).iter().all(|result| result["kind"] == "fail"));
    }
}

#[test]
fn every_verdict_is_in_the_full_log() {
    let full = log(&sample(), SarifProfile::Full);
    let mut kinds = BTreeMap::new();
    for result in results(&full) {
        *kinds.entry(result["kind"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(kinds, BTreeMap::from([("fail", 5), ("notApplicable", 1), ("open", 5), ("pass", 5)]));
}

#[test]
fn messages_are_sentences() {
    for_each_result(|name, _, result| {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.ends_with('.') && !text.contains(['\n', '\u{202e}']), "{name}: {text}");
    });
}

#[test]
fn fingerprints_are_unique_and_rule_indexes_match() {
    for (name, log) in logs() {
        let mut seen = BTreeSet::new();
        for result in results(&log) {
            let fingerprint = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
            assert!(fingerprint.len() == 64 && seen.insert(fingerprint.to_owned()), "{name}: {fingerprint}");
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules(&log)[index]["id"], result["ruleId"], "{name}");
        }
    }
}

#[test]
fn rules_have_what_github_asks_for() {
    for (name, log) in logs() {
        for rule in rules(&log) {
            for field in ["shortDescription", "fullDescription", "help"] {
                let text = rule[field]["text"].as_str().unwrap();
                assert!(!text.is_empty() && (field == "help" || text.chars().count() <= 1_024), "{name}: {field}");
            }
            assert!(rule["name"].as_str().unwrap().len() <= 255);
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
            if let Some(number) = rule["properties"].get("security-severity") {
                let number: f64 = number.as_str().unwrap().parse().unwrap();
                assert!(number > 0.0 && number <= 10.0, "{name}: {number}");
            }
        }
    }
}

#[test]
fn the_category_ends_with_a_slash_and_columns_are_counted_in_code_points() {
    for (name, log) in logs() {
        let run = &log["runs"][0];
        assert!(run["automationDetails"]["id"].as_str().unwrap().ends_with('/'), "{name}");
        assert_eq!(run["columnKind"], "unicodeCodePoints", "{name}");
    }
}

#[test]
fn the_gravest_results_come_first() {
    let github = log(&sample(), SarifProfile::Github);
    let ids: Vec<&str> = results(&github).iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(ids[0], rule::INCOMPLETE);
    assert_eq!(ids[1], "db-no-anonymous");
    assert_eq!(ids.last(), Some(&"res-deletion-protection"));
}

#[test]
fn the_order_of_verdicts_does_not_matter() {
    for profile in PROFILES {
        let mut shuffled = sample();
        shuffled.verdicts.reverse();
        assert_eq!(log(&shuffled, profile)["runs"][0]["results"], log(&sample(), profile)["runs"][0]["results"]);
    }
}

#[test]
fn an_incomplete_run_cannot_close_alerts_silently() {
    for (assessment, incomplete) in [(empty(), 0), (sample(), 1)] {
        let github = log(&assessment, SarifProfile::Github);
        assert_eq!(results(&github).iter().filter(|result| result["ruleId"] == rule::INCOMPLETE).count(), incomplete);
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let assessment = many(20_000);
    let github = log(&assessment, SarifProfile::Github);
    assert_eq!(results(&github).len(), RESULTS);
    let text = results(&github)[0]["message"]["text"].as_str().unwrap();
    assert!(text.contains("failures of lower severity did not fit into this log."), "{text}");
}

#[test]
fn gaps_and_errors_are_notifications_with_declared_kinds() {
    let full = log(&sample(), SarifProfile::Full);
    let run = &full["runs"][0];
    let declared: Vec<&Value> =
        run["tool"]["driver"]["notifications"].as_array().unwrap().iter().map(|kind| &kind["id"]).collect();
    let notices = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notices.len(), 5);
    assert!(notices.iter().all(|notice| declared.contains(&&notice["descriptor"]["id"])));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn the_logs_of_the_sample() {
    for profile in PROFILES {
        let log = serde_json::to_string_pretty(&log(&sample(), profile)).unwrap();
        insta::assert_snapshot!(format!("{profile:?}").to_lowercase(), log);
    }
}

#[test]
fn taxonomies_are_declared_and_related() {
    let full = log(&sample(), SarifProfile::Full);
    let run = &full["runs"][0];
    let names: Vec<&Value> = run["taxonomies"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    let known: Vec<&Value> =
        run["tool"]["driver"]["supportedTaxonomies"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, known);
    for rule in rules(&full) {
        for relation in rule["relationships"].as_array().into_iter().flatten() {
            let component = usize::try_from(relation["target"]["toolComponent"]["index"].as_u64().unwrap()).unwrap();
            let taxon = usize::try_from(relation["target"]["index"].as_u64().unwrap()).unwrap();
            assert_eq!(run["taxonomies"][component]["taxa"][taxon]["id"], relation["target"]["id"]);
        }
    }
    assert!(results(&full).iter().any(|result| result["taxa"][0]["id"] == "3.3"));
    let github = log(&sample(), SarifProfile::Github);
    assert!(github["runs"][0].get("taxonomies").is_none(), "GitHub ignores them");
}

#[test]
fn the_users_map_places_results() {
    let anchors = Anchors { given: vec!["orders-prod=infra/my file.tf:40".parse().unwrap()], ..Anchors::default() };
    let options = Options { anchors, ..Options::default() };
    let github: Value = serde_json::from_str(&text(&sample(), &options)).unwrap();
    let places: BTreeSet<String> = results(&github)
        .iter()
        .map(|result| {
            let physical = &result["locations"][0]["physicalLocation"];
            format!("{}:{}", physical["artifactLocation"]["uri"].as_str().unwrap(), physical["region"]["startLine"])
        })
        .collect();
    assert_eq!(places, BTreeSet::from(["aurora-audit.toml:1".to_owned(), "infra/my%20file.tf:40".to_owned()]));
}

#[test]
fn what_was_not_verified_again_is_carried_forward_for_github() {
    let github = log(&compared(), SarifProfile::Github);
    let carried: Vec<&Value> = results(&github)
        .iter()
        .filter(|result| result["message"]["text"].as_str().unwrap().contains("not verified again"))
        .collect();
    assert_eq!(carried.len(), 2);
    assert_eq!(carried[1]["ruleId"], "net-old");
    assert!(carried.iter().all(|result| result["kind"] == "fail" && result["ruleIndex"].is_u64()), "{carried:#?}");
}

#[test]
fn all_results_stand_to_the_baseline_or_none() {
    for (assessment, states) in
        [(sample(), BTreeMap::new()), (compared(), BTreeMap::from([("new", 2), ("unchanged", 13), ("updated", 1)]))]
    {
        let full = log(&assessment, SarifProfile::Full);
        let mut found = BTreeMap::new();
        for state in results(&full).iter().filter_map(|result| result["baselineState"].as_str()) {
            *found.entry(state).or_insert(0) += 1;
        }
        assert_eq!(found, states);
    }
}

/// GitHub ignores suppressions, so that a waived failure is not in its log at all; an expired one is, and says so.
#[test]
fn waivers_are_suppressions_for_those_who_know_them() {
    let assessment = waived();
    let full = log(&assessment, SarifProfile::Full);
    assert!(results(&full).iter().all(|result| result["suppressions"].is_array()), "all have a list or none");
    assert!(results(&log(&sample(), SarifProfile::Full)).iter().all(|result| result.get("suppressions").is_none()));
    let mut suppressions: Vec<&Value> =
        results(&full).iter().flat_map(|result| result["suppressions"].as_array().unwrap()).collect();
    suppressions.sort_by_key(|it| it["status"].to_string());
    assert_eq!(suppressions.iter().map(|it| &it["status"]).collect::<Vec<_>>(), ["accepted", "rejected"]);
    assert_eq!(suppressions[0]["location"]["physicalLocation"]["region"]["startLine"], 3);
    assert_eq!(suppressions[0]["justification"], "staging holds no customer data.");
    let github = log(&assessment, SarifProfile::Github);
    assert!(results(&github).iter().all(|result| result.get("suppressions").is_none()));
    assert!(github.to_string().contains("Waiver: its waiver expired on 2026-11-19"));
    let new = |log: &Value| {
        results(log).iter().filter(|it| !it["message"]["text"].as_str().unwrap().contains("not verified again")).count()
    };
    assert_eq!(new(&github), new(&log(&sample(), SarifProfile::Github)) - 1);
}

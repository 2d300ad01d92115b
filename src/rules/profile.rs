//! Profiles: which of the rules run, and how narrow their bounds are. A few come with the program, and each framework that a rule
//! names is one: the rules that answer its controls. What a user says of a rule goes before what a profile says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::adjust::{Adjustment, ParamValue};
use super::expr::did_you_mean;
use super::frameworks::frameworks;
use super::rule::{Rule, RuleSet};

/// A choice of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What it is chosen by.
    pub id: String,
    /// What it holds, in a line.
    pub title: String,
    choice: Choice,
    params: Params,
}

/// Rule → parameter → value.
type Params = BTreeMap<String, BTreeMap<String, ParamValue>>;

/// Which rules run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    All,
    /// Those without this tag.
    Without(String),
    /// Those that answer a control of this framework.
    Framework(String),
}

/// The file of profiles that come with the program.
#[derive(Deserialize)]
struct Table {
    profiles: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    without_tag: Option<String>,
    #[serde(default)]
    params: Params,
}

impl RuleSet {
    /// The profiles there are for these rules: those that come with the program, and one a framework, sorted.
    pub fn profiles(&self) -> Vec<Profile> {
        let table: Result<Table, _> = serde_json::from_str(include_str!("../../rules/data/profiles.json"));
        let built_in = table.map(|table| table.profiles).unwrap_or_default().into_iter().map(Profile::from);
        let named: BTreeSet<&String> = self.rules.iter().flat_map(|rule| rule.frameworks.keys()).collect();
        built_in.chain(named.into_iter().map(|framework| of_framework(framework))).collect()
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// Advice, when there is none.
    pub fn profile(&self, id: &str) -> Result<Profile, String> {
        let profiles = self.profiles();
        let ids: Vec<&str> = profiles.iter().map(|it| it.id.as_str()).collect();
        let advice = || did_you_mean(id, ids.iter().copied()).unwrap_or_else(|| format!("one of {}", ids.join(", ")));
        profiles.iter().find(|it| it.id == id).cloned().ok_or_else(advice)
    }
}

fn of_framework(id: &str) -> Profile {
    let known = frameworks().iter().find(|it| it.id == id);
    Profile {
        id: id.to_owned(),
        title: known.map_or_else(
            || format!("The rules that answer a control of {id}"),
            |it| format!("The rules that answer a control of {}, {}", it.title, it.version),
        ),
        choice: Choice::Framework(id.to_owned()),
        params: Params::new(),
    }
}

impl From<Entry> for Profile {
    fn from(entry: Entry) -> Self {
        let choice = entry.without_tag.map_or(Choice::All, Choice::Without);
        Self { id: entry.id, title: entry.title, choice, params: entry.params }
    }
}

impl Profile {
    /// Whether it holds a rule.
    pub fn has(&self, rule: &Rule) -> bool {
        match &self.choice {
            Choice::All => true,
            Choice::Without(tag) => !rule.tags.contains(tag),
            Choice::Framework(id) => rule.frameworks.contains_key(id),
        }
    }

    /// Adds what it changes of these rules to what a user changes of them, which goes first: a rule that a user turns on runs,
    /// and a bound that a user sets stays.
    pub fn add_to(&self, changes: &mut BTreeMap<String, Adjustment>, rules: &RuleSet) {
        for rule in rules.rules.iter().filter(|rule| !self.has(rule)) {
            changes.entry(rule.id.clone()).or_default().enabled.get_or_insert(false);
        }
        for (rule, params) in &self.params {
            let of_rule = &mut changes.entry(rule.clone()).or_default().params;
            for (name, value) in params {
                of_rule.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::TARGETS;
    use crate::rules::{embedded, load};

    fn rules() -> RuleSet {
        load(&embedded(), TARGETS).unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn changes(profile: &str, told: BTreeMap<String, Adjustment>) -> BTreeMap<String, Adjustment> {
        let (rules, mut changes) = (rules(), told);
        rules.profile(profile).unwrap().add_to(&mut changes, &rules);
        changes
    }

    fn ids(profile: &str) -> BTreeSet<String> {
        let chosen = rules().adjusted(&changes(profile, BTreeMap::new())).unwrap_or_else(|errors| panic!("{errors:?}"));
        chosen.rules.into_iter().map(|rule| rule.id).collect()
    }

    /// Every profile fits the rules that are shipped: its rules and parameters exist, its values are allowed, and something is left.
    #[test]
    fn every_profile_fits_the_shipped_rules() {
        let (rules, all) = (rules(), ids("all"));
        assert_eq!(all.len(), rules.rules.len());
        assert!(rules.profiles().len() > 10);
        for profile in rules.profiles() {
            let ids = ids(&profile.id);
            assert!(ids.len() > 3 && ids.is_subset(&all) && !profile.title.is_empty(), "{}: {ids:?}", profile.id);
        }
    }

    #[test]
    fn each_holds_what_its_name_says() {
        let without: Vec<String> = ids("all").difference(&ids("default")).cloned().collect();
        assert_eq!(without, ["db-trigger-definer-privileged"]);
        assert_eq!(ids("strict"), ids("all"));
        let pci = ids("pci-dss-4.0.1");
        assert!(pci.contains("tls-required-by-server") && !pci.contains("iam-policy-tidy"), "{pci:?}");
    }

    /// The bounds of `strict` are narrower than the rules' own, not only different.
    #[test]
    fn strict_changes_the_values_of_parameters() {
        let (rules, strict) = (rules(), changes("strict", BTreeMap::new()));
        for (id, adjustment) in &strict {
            let rule = rules.rules.iter().find(|rule| rule.id == *id).unwrap();
            for (name, value) in &adjustment.params {
                let own = rule.params.iter().find(|param| param.name == *name).unwrap().shown();
                assert_ne!(own, value.to_string(), "{id} {name}");
            }
        }
        assert!(strict.len() > 8, "{}", strict.len());
    }

    #[test]
    fn a_user_goes_before_a_profile() {
        let days = BTreeMap::from([("min_days".to_owned(), ParamValue::Int(14))]);
        let told = BTreeMap::from([
            ("db-trigger-definer-privileged".to_owned(), Adjustment { enabled: Some(true), ..Adjustment::default() }),
            ("res-backup-retention".to_owned(), Adjustment { params: days.clone(), ..Adjustment::default() }),
            ("net-non-default-port".to_owned(), Adjustment { enabled: Some(false), ..Adjustment::default() }),
        ]);
        assert_eq!(changes("default", told.clone())["db-trigger-definer-privileged"].enabled, Some(true));
        let strict = changes("strict", told);
        assert_eq!(strict["res-backup-retention"].params, days);
        assert_eq!(strict["net-non-default-port"].enabled, Some(false));
        assert_eq!(strict["res-backup-plan"].params["max_days"], ParamValue::Int(2));
    }

    #[test]
    fn a_name_that_is_none_comes_with_advice() {
        for (name, help) in
            [("stict", "did you mean `strict`?"), ("x", "one of default, strict, all, aws-security-hub")]
        {
            let advice = rules().profile(name).unwrap_err();
            assert!(advice.starts_with(help), "{advice}");
        }
    }
}

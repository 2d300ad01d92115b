//! What is known of the frameworks that rules speak to: names, versions, sources, and controls by titles of our own.
//!
//! A mapping is as good as its basis: `published` by whom the framework belongs to, a `mapping` that others have published, or our own
//! `reading` of the text, which an auditor has to check. Controls that no program can decide are `manual`, with what it can offer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A framework.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// What rules call it.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The edition that is meant.
    pub version: String,
    /// Where it is published.
    pub source: String,
    /// When it was looked up.
    pub as_of: Date,
    /// Its controls by their ids: those that rules speak to, and some that they cannot.
    pub controls: BTreeMap<String, FrameworkControl>,
}

/// A control of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FrameworkControl {
    /// What it asks for, in our words.
    pub title: String,
    /// What the mappings to it rest on.
    pub basis: Basis,
    /// What can be offered where no program can decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<String>,
    /// What no rule tests of it, where none proves it whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested: Option<String>,
}

/// What a mapping rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Basis {
    /// Whoever publishes the framework maps it so.
    Published,
    /// Others have published this mapping.
    Mapping,
    /// Our reading; to be checked against the text.
    Reading,
}

impl Basis {
    /// Its word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Mapping => "mapping",
            Self::Reading => "our reading",
        }
    }
}

#[derive(Deserialize)]
struct Table {
    frameworks: Vec<Framework>,
}

static FRAMEWORKS: LazyLock<Vec<Framework>> = LazyLock::new(|| {
    let table: Result<Table, _> = serde_json::from_str(include_str!("../../rules/data/frameworks.json"));
    table.map(|table| table.frameworks).unwrap_or_default()
});

/// The frameworks that are known, sorted by id.
pub fn frameworks() -> &'static [Framework] {
    &FRAMEWORKS
}

/// A control by the ids of its framework and itself. Users may map to frameworks of their own, which are not known here.
pub fn control(framework: &str, id: &str) -> Option<&'static FrameworkControl> {
    frameworks().iter().find(|it| it.id == framework)?.controls.get(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::TARGETS;
    use crate::model::Coverage;
    use crate::rules::{embedded, load};

    #[test]
    fn every_mapping_of_a_shipped_rule_is_to_a_known_control() {
        assert!(frameworks().len() > 5 && frameworks().is_sorted_by_key(|it| &it.id));
        let rules = load(&embedded(), TARGETS).unwrap();
        for rule in &rules.rules {
            for (framework, controls) in &rule.frameworks {
                for mapped in controls {
                    let known = control(framework, &mapped.control);
                    let known = known.unwrap_or_else(|| panic!("{}: {framework} {}", rule.id, mapped.control));
                    assert!(known.manual.is_none(), "{}: {framework} {}", rule.id, mapped.control);
                }
            }
        }
    }

    /// Of each control either a rule proves the whole, or it is said what no rule tests, or why no rule can.
    #[test]
    fn what_no_rule_tests_of_a_control_is_named() {
        let rules = load(&embedded(), TARGETS).unwrap();
        for framework in frameworks() {
            for (id, control) in &framework.controls {
                let mapped = rules.rules.iter().filter_map(|rule| rule.frameworks.get(&framework.id)).flatten();
                let coverages: Vec<Coverage> = mapped.filter(|it| it.control == *id).map(|it| it.coverage).collect();
                let whole = coverages.contains(&Coverage::Full);
                let said = (control.manual.is_some(), control.untested.is_some());
                let expected = (coverages.is_empty(), !coverages.is_empty() && !whole);
                assert_eq!(said, expected, "{} {id}: {coverages:?}", framework.id);
            }
        }
    }
}

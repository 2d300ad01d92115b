//! What a user may change of rules without copying them: whether they run, how severe they are, and their parameters. Every
//! change is typed and bounded by what the rule declares, and all that is wrong is said at once.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::decode::read;
use super::expr::{Const, Ty, did_you_mean};
use super::rule::{Param, Rule, RuleSet};
use crate::model::Severity;

/// What is changed of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// Whether it runs.
    pub enabled: Option<bool>,
    /// Its severity.
    pub severity: Option<Severity>,
    /// Values of its parameters, by name.
    pub params: BTreeMap<String, ParamValue>,
}

/// A parameter's value as configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// `true`
    Bool(bool),
    /// `7`
    Int(i64),
    /// Text, and whatever is written as text: a CIDR, a version, a timestamp, a duration, an ARN.
    Text(String),
    /// Several of a kind.
    List(Vec<Self>),
}

/// A change that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum AdjustError {
    /// There is no such rule.
    #[error("there is no rule `{rule}`{}", advice(.help.as_ref()))]
    NoSuchRule {
        /// The id that was given.
        rule: String,
        /// What was probably meant.
        help: Option<String>,
    },
    /// No rule has such a parameter.
    #[error("no rule has a parameter `{param}`{}", advice(.help.as_ref()))]
    NoRuleHasParam {
        /// The name that was given.
        param: String,
        /// What was probably meant.
        help: Option<String>,
    },
    /// The parameters of this name have nothing but the name in common.
    #[error("`{param}` means one thing in {} and another in {}\nhelp: set it for each rule, in [rule.RULE-ID]", .rules.0, .rules.1)]
    DifferentParams {
        /// The name that was given.
        param: String,
        /// Two rules that mean different things by it.
        rules: (String, String),
    },
    /// The rule has no such parameter.
    #[error("rule `{rule}` has no parameter `{param}`{}", advice(.help.as_ref()))]
    NoSuchParam {
        /// The rule.
        rule: String,
        /// The name that was given.
        param: String,
        /// What was probably meant.
        help: Option<String>,
    },
    /// The value is not of the parameter's type.
    #[error("parameter `{param}` of rule `{rule}` is a {expected}: {message}{}", advice(.help.as_ref()))]
    Type {
        /// The rule.
        rule: String,
        /// The parameter.
        param: String,
        /// Its type.
        expected: String,
        /// What is wrong with the value.
        message: String,
        /// What would be right.
        help: Option<String>,
    },
    /// The value is of the right type and outside of what the rule allows.
    #[error("parameter `{param}` of rule `{rule}`: {message}{}", advice(.help.as_ref()))]
    Refused {
        /// The rule.
        rule: String,
        /// The parameter.
        param: String,
        /// Why.
        message: String,
        /// What would be right.
        help: Option<String>,
    },
}

impl AdjustError {
    /// The rule, and its parameter, that it is about.
    pub fn about(&self) -> (&str, Option<&str>) {
        match self {
            Self::NoSuchRule { rule, .. } => (rule, None),
            Self::NoRuleHasParam { param, .. } | Self::DifferentParams { param, .. } => ("", Some(param)),
            Self::NoSuchParam { rule, param, .. }
            | Self::Type { rule, param, .. }
            | Self::Refused { rule, param, .. } => (rule, Some(param)),
        }
    }
}

impl fmt::Display for ParamValue {
    /// As configuration has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

/// Adds values of parameters, each for every rule that has a parameter of its name, to changes of single rules, which go first.
///
/// # Errors
/// Parameters that no rule has.
pub fn shared_params(
    changes: &mut BTreeMap<String, Adjustment>,
    shared: &BTreeMap<String, ParamValue>,
    rules: &RuleSet,
) -> Result<(), Vec<AdjustError>> {
    let mut errors = Vec::new();
    for (name, value) in shared {
        let named = rules.rules.iter().flat_map(|rule| rule.params.iter().map(move |param| (rule, param)));
        let named: Vec<_> = named.filter(|(_, param)| param.name == *name).collect();
        errors.extend(unshared(name, &named, rules));
        for (rule, _) in named {
            let of_rule = &mut changes.entry(rule.id.clone()).or_default().params;
            of_rule.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Why no value can be given to all parameters of a name at once.
fn unshared(name: &str, named: &[(&Rule, &Param)], rules: &RuleSet) -> Option<AdjustError> {
    let param = name.to_owned();
    let Some(((first, meaning), rest)) = named.split_first() else {
        let known = rules.rules.iter().flat_map(|rule| rule.params.iter().map(|param| param.name.as_str()));
        return Some(AdjustError::NoRuleHasParam { param, help: did_you_mean(name, known) });
    };
    let (other, _) = rest.iter().find(|(_, param)| param.description != meaning.description)?;
    Some(AdjustError::DifferentParams { param, rules: (first.id.clone(), other.id.clone()) })
}

fn advice(help: Option<&String>) -> String {
    help.map_or_else(String::new, |help| format!("\nhelp: {help}"))
}

impl RuleSet {
    /// Changes rules by id. The digest changes with them, unless there is nothing to change.
    ///
    /// # Errors
    /// All changes that cannot be made.
    pub fn adjusted(mut self, adjustments: &BTreeMap<String, Adjustment>) -> Result<Self, Vec<AdjustError>> {
        let mut errors = Vec::new();
        for (id, adjustment) in adjustments {
            match self.rules.iter_mut().find(|rule| rule.id == *id) {
                Some(rule) => rule.adjust(adjustment, &mut errors),
                None => errors.push(AdjustError::NoSuchRule {
                    rule: id.clone(),
                    help: did_you_mean(id, self.rules.iter().map(|rule| rule.id.as_str())),
                }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let disabled = |rule: &Rule| adjustments.get(&rule.id).is_some_and(|it| it.enabled == Some(false));
        self.rules.retain(|rule| !disabled(rule));
        if adjustments.values().any(|adjustment| *adjustment != Adjustment::default()) {
            let changes = format!("{}\n{adjustments:?}", self.digest);
            self.digest = HEXLOWER.encode(&Sha256::digest(changes));
        }
        Ok(self)
    }

    /// The rules of these ids alone. The digest changes with them.
    #[must_use]
    pub fn only(mut self, ids: &[String]) -> Self {
        self.rules.retain(|rule| ids.contains(&rule.id));
        self.digest = HEXLOWER.encode(&Sha256::digest(format!("{}\nonly {ids:?}", self.digest)));
        self
    }
}

impl Rule {
    fn adjust(&mut self, adjustment: &Adjustment, errors: &mut Vec<AdjustError>) {
        if let Some(severity) = adjustment.severity.filter(|severity| *severity != self.severity) {
            self.severity = severity;
            self.severity_reason = None;
        }
        for (name, value) in &adjustment.params {
            let names: Vec<String> = self.params.iter().map(|param| param.name.clone()).collect();
            let rule = self.id.clone();
            match self.params.iter_mut().find(|param| param.name == *name) {
                Some(param) => errors.extend(param.set(&rule, value).err()),
                None => errors.push(AdjustError::NoSuchParam {
                    rule,
                    param: name.clone(),
                    help: did_you_mean(name, names.iter().map(String::as_str)),
                }),
            }
        }
    }
}

impl Param {
    fn set(&mut self, rule: &str, value: &ParamValue) -> Result<(), AdjustError> {
        let (rule, param) = (rule.to_owned(), self.name.clone());
        let value = match constant(value, &self.ty) {
            Ok(value) => value,
            Err((message, help)) => {
                let expected = self.type_name.clone();
                return Err(AdjustError::Type { rule, param, expected, message, help });
            }
        };
        if let Some((message, help)) = self.refuses(&value) {
            return Err(AdjustError::Refused { rule, param, message, help });
        }
        self.value = value;
        Ok(())
    }
}

/// A value of a type.
fn constant(value: &ParamValue, ty: &Ty) -> Result<Const, (String, Option<String>)> {
    match (value, ty) {
        (ParamValue::List(items), Ty::List(of)) => {
            items.iter().map(|item| constant(item, of)).collect::<Result<_, _>>().map(Const::List)
        }
        (_, Ty::List(_)) => Err(("this is no list".to_owned(), None)),
        (ParamValue::List(_), _) => Err(("this is a list".to_owned(), None)),
        (ParamValue::Bool(value), Ty::Bool) => Ok(Const::Bool(*value)),
        (ParamValue::Int(value), Ty::Int) => Ok(Const::Int(*value)),
        (ParamValue::Text(text), Ty::Bool | Ty::Int) => {
            Err((format!("`{text}` is text"), Some("write it without quotes".to_owned())))
        }
        (ParamValue::Text(text), _) => read(text, false, ty),
        (ParamValue::Bool(value), _) => Err((format!("`{value}` is a bool"), None)),
        (ParamValue::Int(value), _) => Err((format!("`{value}` is a number"), Some("write it in quotes".to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::TARGETS;
    use crate::rules::{embedded, load};

    fn adjusted(rule: &str, name: &str, value: ParamValue) -> Result<RuleSet, Vec<AdjustError>> {
        let params = BTreeMap::from([(name.to_owned(), value)]);
        let adjustment = Adjustment { params, ..Adjustment::default() };
        load(&embedded(), TARGETS).unwrap().adjusted(&BTreeMap::from([(rule.to_owned(), adjustment)]))
    }

    fn text(text: &str) -> ParamValue {
        ParamValue::Text(text.to_owned())
    }

    #[test]
    fn right_values_take_the_place_of_defaults() {
        for (rule, param, value, shown) in [
            ("res-backup-retention", "min_days", ParamValue::Int(30), "30"),
            ("tls-cert-name-matches-endpoint", "accept_common_name", ParamValue::Bool(false), "false"),
            (
                "db-create-user-limited",
                "administrators",
                ParamValue::List(vec![text("dba"), text("ops")]),
                "[dba, ops]",
            ),
            ("db-create-user-limited", "administrators", ParamValue::List(vec![]), "[]"),
        ] {
            let rules = adjusted(rule, param, value).unwrap();
            let found = rules.rules.iter().find(|it| it.id == rule).unwrap();
            let param = found.params.iter().find(|it| it.name == param).unwrap();
            assert_eq!(param.shown(), shown, "{rule}");
        }
    }

    fn shared(name: &str, value: ParamValue, told: BTreeMap<String, Adjustment>) -> Result<Vec<String>, String> {
        let (rules, mut changes) = (load(&embedded(), TARGETS).unwrap(), told);
        let shared = BTreeMap::from([(name.to_owned(), value)]);
        shared_params(&mut changes, &shared, &rules).map_err(|errors| errors[0].to_string())?;
        let adjusted = rules.adjusted(&changes).map_err(|errors| errors[0].to_string())?;
        let params = adjusted.rules.iter().flat_map(|rule| rule.params.iter().map(move |param| (rule, param)));
        let named = params.filter(|(_, param)| param.name == name);
        Ok(named.map(|(rule, param)| format!("{} {}", rule.id, param.shown())).collect())
    }

    #[test]
    fn a_shared_value_goes_to_every_rule_that_was_not_told_another() {
        let own = BTreeMap::from([("tag_key".to_owned(), text("team"))]);
        let told = BTreeMap::from([("data-cmk".to_owned(), Adjustment { params: own, ..Adjustment::default() })]);
        let shown = shared("tag_key", text("env"), told).unwrap();
        assert_eq!(shown, ["data-cmk team", "res-backup-plan env", "res-multi-az env"]);
        let dba = ParamValue::List(vec![text("dba")]);
        let shown = shared("administrators", dba, BTreeMap::new()).unwrap();
        assert!(shown.len() > 5 && shown.iter().all(|it| it.ends_with(" [dba]")), "{shown:?}");
    }

    #[test]
    fn a_shared_value_must_mean_the_same_everywhere() {
        for (name, value, message) in [
            (
                "administrator",
                ParamValue::List(vec![]),
                "no rule has a parameter `administrator`\nhelp: did you mean `administrators`?",
            ),
            (
                "min_days",
                ParamValue::Int(9),
                "`min_days` means one thing in log-retention-encrypted and another in res-backup-retention\nhelp: set it for each rule, in [rule.RULE-ID]",
            ),
            (
                "tag_key",
                ParamValue::Int(9),
                "parameter `tag_key` of rule `data-cmk` is a string: `9` is a number\nhelp: write it in quotes",
            ),
        ] {
            assert_eq!(shared(name, value, BTreeMap::new()).unwrap_err(), message);
        }
    }

    #[test]
    fn wrong_ones_are_refused_and_say_why() {
        for (rule, param, value, message) in [
            (
                "res-backup-retension",
                "min_days",
                ParamValue::Int(9),
                "there is no rule `res-backup-retension`\nhelp: did you mean `res-backup-retention`?",
            ),
            (
                "res-backup-retention",
                "min_day",
                ParamValue::Int(9),
                "rule `res-backup-retention` has no parameter `min_day`\nhelp: did you mean `min_days`?",
            ),
            (
                "res-backup-retention",
                "min_days",
                ParamValue::Int(36),
                "parameter `min_days` of rule `res-backup-retention`: more than 35",
            ),
            (
                "res-backup-retention",
                "min_days",
                ParamValue::Int(0),
                "parameter `min_days` of rule `res-backup-retention`: less than 1",
            ),
            (
                "res-backup-retention",
                "min_days",
                text("9"),
                "parameter `min_days` of rule `res-backup-retention` is a int: `9` is text\nhelp: write it without quotes",
            ),
            (
                "res-backup-retention",
                "min_days",
                ParamValue::Bool(true),
                "parameter `min_days` of rule `res-backup-retention` is a int: `true` is a bool",
            ),
            (
                "res-backup-retention",
                "min_days",
                ParamValue::List(vec![]),
                "parameter `min_days` of rule `res-backup-retention` is a int: this is a list",
            ),
            (
                "db-create-user-limited",
                "administrators",
                text("dba"),
                "parameter `administrators` of rule `db-create-user-limited` is a list<string>: this is no list",
            ),
            (
                "db-create-user-limited",
                "administrators",
                ParamValue::List(vec![ParamValue::Int(1)]),
                "parameter `administrators` of rule `db-create-user-limited` is a list<string>: `1` is a number\nhelp: write it in quotes",
            ),
        ] {
            let errors = adjusted(rule, param, value).unwrap_err();
            assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [message]);
        }
    }

    #[test]
    fn severity_and_enablement_change_and_so_does_the_digest() {
        let before = load(&embedded(), TARGETS).unwrap();
        let count = before.rules.len();
        let digest = before.digest.clone();
        let unchanged = before.adjusted(&BTreeMap::from([("res-backup-retention".to_owned(), Adjustment::default())]));
        assert_eq!(unchanged.unwrap().digest, digest);
        let changes = BTreeMap::from([
            (
                "res-backup-retention".to_owned(),
                Adjustment { severity: Some(Severity::Critical), ..Adjustment::default() },
            ),
            ("tls-probe-min-version".to_owned(), Adjustment { enabled: Some(false), ..Adjustment::default() }),
        ]);
        let after = load(&embedded(), TARGETS).unwrap().adjusted(&changes).unwrap();
        assert_eq!(after.rules.len(), count - 1);
        assert_ne!(after.digest, digest);
        let rule = after.rules.iter().find(|rule| rule.id == "res-backup-retention").unwrap();
        assert_eq!(rule.severity, Severity::Critical);
    }
}

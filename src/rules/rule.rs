//! A rule after loading: what reports say of it, and what evaluation needs.

use std::collections::BTreeMap;

use super::cases::Case;
use super::expr::{Condition, Const, Ir, Listing, Ty, did_you_mean};
use super::template::Template;
use crate::model::{Coverage, EnumType, Severity};

/// A set of rules that load, sorted by id.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
    /// SHA-256 over the rule files, in hexadecimal.
    pub digest: String,
    /// The profile that chose them; none for all that were loaded.
    pub profile: Option<String>,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Id: stem of the file, never reused.
    pub id: String,
    /// What is wanted, in a line.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Why it is that severe, in a line; none where nobody says, or a user says otherwise.
    pub severity_reason: Option<String>,
    /// How settled it is.
    pub status: Status,
    /// Area: the folder of the file.
    pub area: String,
    /// Kind of subject it judges.
    pub target: &'static str,
    /// Why it matters.
    pub rationale: String,
    /// The element and the list that it judges each of, as in `e` and `r.ingress`.
    pub for_each: Option<(String, String)>,
    /// Its named parts, as the file states them.
    pub lets: Vec<(String, String)>,
    /// When it applies, as the file states it; none for always.
    pub when_text: Option<String>,
    /// The condition, as the file states it.
    pub check_text: String,
    /// How to mend it; templates as the file states them.
    pub remediation: RemediationText,
    /// Framework → controls.
    pub frameworks: BTreeMap<String, Vec<Control>>,
    /// Documentation of AWS or MySQL (https).
    pub docs: String,
    /// Where the rule comes from.
    pub source: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Changes of it that no test can notice, because they change no verdict.
    pub equivalent_mutants: Vec<Equivalent>,
    /// What a user may set.
    pub params: Vec<Param>,
    /// The file that it was loaded from.
    pub path: String,
    /// The text of that file.
    pub text: String,
    pub(super) logic: Logic,
    pub(super) fast: Fast,
    pub(super) cases: Vec<Case>,
}

/// How settled a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It may change.
    Experimental,
    /// It stays.
    Stable,
    /// It will go.
    Deprecated,
}

/// A rule's advice, before values are filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemediationText {
    /// In words.
    pub text: String,
    /// AWS CLI.
    pub cli: Option<String>,
    /// SQL.
    pub sql: Option<String>,
    /// Terraform.
    pub terraform: Option<String>,
    /// How much work it is.
    pub effort: Option<Effort>,
    /// What may break.
    pub risk: Option<String>,
}

/// How much work a remediation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// A setting.
    Low,
    /// A plan.
    Medium,
    /// A project.
    High,
}

/// A control of a framework that a rule speaks to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// Id in the framework.
    pub control: String,
    /// How much of it the rule covers.
    pub coverage: Coverage,
}

/// A change of a rule that changes no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivalent {
    /// What stands in the rule, on one line.
    pub was: String,
    /// What takes its place.
    pub became: String,
    /// Why no verdict changes.
    pub reason: String,
    /// Where the rule file says so.
    pub(super) at: std::ops::Range<usize>,
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The type, as rule files write it.
    pub type_name: String,
    /// Smallest number allowed.
    pub min: Option<i64>,
    /// Largest number allowed.
    pub max: Option<i64>,
    pub(super) ty: Ty,
    pub(super) value: Const,
    /// The vocabularies that it is compared with.
    pub(super) words: Vec<&'static EnumType>,
}

/// The checked expressions of a rule.
#[derive(Debug)]
pub(super) struct Logic {
    pub(super) when: Option<Ir>,
    pub(super) for_each: Option<ForEach>,
    pub(super) check: Ir,
    pub(super) message: Template,
    /// What is always shown: as written, and checked.
    pub(super) evidence: Vec<(String, Ir)>,
    pub(super) text: Template,
    pub(super) cli: Option<Template>,
    pub(super) sql: Option<Template>,
    pub(super) terraform: Option<Template>,
}

/// What decides, compiled.
#[derive(Debug)]
pub(super) struct Fast {
    pub(super) when: Option<Condition>,
    pub(super) list: Option<Listing>,
    pub(super) check: Condition,
    /// Steps that judging one element costs.
    pub(super) cost: u32,
}

impl Fast {
    /// Compiles a rule's conditions.
    pub(super) fn new(logic: &Logic) -> Self {
        Self {
            when: logic.when.as_ref().map(Condition::new),
            list: logic.for_each.as_ref().map(|for_each| Listing::new(&for_each.list)),
            check: Condition::new(&logic.check),
            cost: logic.check.size(),
        }
    }
}

/// The list whose elements a rule judges.
#[derive(Debug)]
pub(super) struct ForEach {
    pub(super) list: Ir,
    /// As the rule wrote it.
    pub(super) text: String,
    pub(super) empty: Empty,
}

/// What an empty list means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    Pass,
    NotApplicable,
}

/// A word of a rule file and what it stands for.
pub(super) trait Word: Copy + 'static {
    /// All words.
    const WORDS: &'static [(&'static str, Self)];
}

macro_rules! words {
    ($($ty:ident { $($word:literal = $variant:ident,)* })*) => {$(
        impl Word for $ty {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }

        impl $ty {
            /// The word that rule files use.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    )*};
}

words! {
    Status { "experimental" = Experimental, "stable" = Stable, "deprecated" = Deprecated, }
    Effort { "low" = Low, "medium" = Medium, "high" = High, }
}

impl Word for Coverage {
    const WORDS: &'static [(&'static str, Self)] =
        &[("full", Self::Full), ("partial", Self::Partial), ("supporting", Self::Supporting)];
}

impl Word for Empty {
    const WORDS: &'static [(&'static str, Self)] = &[("pass", Self::Pass), ("not_applicable", Self::NotApplicable)];
}

impl Word for Severity {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("info", Self::Info),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("critical", Self::Critical),
    ];
}

impl Word for crate::model::Outcome {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("pass", Self::Pass),
        ("fail", Self::Fail),
        ("unknown", Self::Unknown),
        ("not_applicable", Self::NotApplicable),
        ("error", Self::Error),
    ];
}

impl Param {
    /// Its value, as a rule file has it.
    pub fn shown(&self) -> String {
        self.value.shown()
    }

    /// Why a value of its type is not allowed, and what would be.
    pub(super) fn refuses(&self, value: &Const) -> Option<(String, Option<String>)> {
        let items = if let Const::List(items) = value { items.as_slice() } else { std::slice::from_ref(value) };
        items.iter().find_map(|item| match item {
            Const::Int(number) => self.out_of_bounds(*number).map(|message| (message, None)),
            Const::Str(word) => self.no_word(word),
            _ => None,
        })
    }

    fn out_of_bounds(&self, number: i64) -> Option<String> {
        let below = self.min.filter(|min| number < *min).map(|min| format!("less than {min}"));
        below.or_else(|| self.max.filter(|max| number > *max).map(|max| format!("more than {max}")))
    }

    /// A word that what it is compared with never says.
    fn no_word(&self, word: &str) -> Option<(String, Option<String>)> {
        let vocabulary = self.words.iter().find(|vocabulary| !vocabulary.values.contains(&word))?;
        let help = did_you_mean(word, vocabulary.values.iter().copied())
            .unwrap_or_else(|| format!("its words are {}", vocabulary.values.join(", ")));
        Some((format!("`{word}` is no word of `{}`", vocabulary.name), Some(help)))
    }
}

impl RuleSet {
    /// Advice for an id that no rule has.
    pub fn nearest(&self, id: &str) -> Option<String> {
        did_you_mean(id, self.rules.iter().map(|rule| rule.id.as_str()))
    }
}

impl Rule {
    /// Number of its own tests.
    pub fn case_count(&self) -> usize {
        self.cases.len()
    }

    /// The values of its parameters.
    pub(super) fn values(&self) -> Vec<Const> {
        self.params.iter().map(|param| param.value.clone()).collect()
    }
}

//! What rules say of subjects.

use std::sync::Arc;

use crate::facts::Identity;
use crate::model::{Outcome, Place, Untrusted, Why};

/// What one rule says of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Index of the rule in the [`super::RuleSet`].
    pub rule: usize,
    /// What was judged.
    pub subject: Arc<Identity>,
    /// The outcome.
    pub outcome: Outcome,
    /// What decided it; none where that was not asked for. Most verdicts of a large estate are nothing but their outcome, and
    /// are to be as small as that.
    pub explanation: Option<Box<Explanation>>,
}

impl Verdict {
    /// What could not be read, as far as the verdict is explained.
    pub fn gaps(&self) -> &[Why] {
        self.explanation.as_ref().map_or(&[], |it| &it.gaps)
    }

    /// The elements that do not pass, as far as the verdict is explained.
    pub fn elements(&self) -> &[Element] {
        self.explanation.as_ref().map_or(&[], |it| &it.elements)
    }
}

/// What decided a verdict.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// What was found, in a sentence.
    pub message: Untrusted,
    /// Why it is unknown, not applicable or an error: each reason once.
    pub reasons: Vec<Untrusted>,
    /// The facts that decided it, in the order read, and those that the rule always shows.
    pub evidence: Vec<Evidence>,
    /// For a rule that looks at each element of a list: the elements that do not pass. Empty otherwise.
    pub elements: Vec<Element>,
    /// How to mend it here; only for failures, and for rules over elements at each element.
    pub remediation: Option<Remediation>,
    /// What could not be read, each once; those of the elements too.
    pub gaps: Vec<Why>,
}

/// One element of a list that a rule judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Its stable name in the list.
    pub key: Untrusted,
    /// Its outcome: fail, error or unknown.
    pub outcome: Outcome,
    /// What was found.
    pub message: Untrusted,
    /// Why it is unknown or an error.
    pub reasons: Vec<Untrusted>,
    /// The facts that decided it.
    pub evidence: Vec<Evidence>,
    /// How to mend it here; only for failures.
    pub remediation: Option<Remediation>,
}

/// A fact that decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// As the rule names it, as in `r.deletion_protection`.
    pub fact: String,
    /// Its value; none when it is unknown.
    pub value: Option<Untrusted>,
    /// Where it was read; several places for a computed fact.
    pub places: Vec<Place>,
}

/// How to mend a failure: a rule's templates filled in. Values are quoted for the language they stand in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remediation {
    /// In words.
    pub text: Untrusted,
    /// AWS CLI.
    pub cli: Option<Untrusted>,
    /// SQL.
    pub sql: Option<Untrusted>,
    /// Terraform.
    pub terraform: Option<Untrusted>,
}

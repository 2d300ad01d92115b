//! The part of an assessment that is about one account, with counts of its own.

use std::collections::BTreeSet;

use super::assessment::{Assessment, Summary, VerdictEntry};
use crate::model::{Outcome, Severity};

/// Kind of subject that clusters are.
const CLUSTER: &str = "db_cluster";

impl Assessment {
    /// The same run, gate and rules, with the population, gaps and verdicts of one account.
    #[must_use]
    pub fn of_account(&self, account: &str) -> Self {
        let verdicts: Vec<_> = self.verdicts.iter().filter(|it| it.subject.account == account).cloned().collect();
        let gaps: Vec<_> = self.gaps.iter().filter(|gap| gap.account == account).cloned().collect();
        let voluntary = gaps.iter().filter(|gap| gap.reason.is_voluntary()).count();
        let involuntary_gaps = gaps.len() - voluntary;
        Self {
            schema_version: self.schema_version,
            run: self.run.clone(),
            summary: Summary { involuntary_gaps, voluntary_gaps: voluntary, ..counts(&verdicts) },
            gate: self.gate.clone(),
            comparison: None,
            waivers: self.waivers.clone(),
            population: self.population.iter().filter(|listing| listing.account == account).cloned().collect(),
            gaps,
            rules: self.rules.clone(),
            frameworks: self.frameworks.clone(),
            verdicts,
            paths: self.paths.as_ref().map(|paths| paths.of_account(account)),
        }
    }

    /// How often each outcome came in an account, in the order of [`Outcome::ALL`].
    pub fn outcomes_of(&self, account: &str) -> [usize; 5] {
        let of_account = || self.verdicts.iter().filter(|verdict| verdict.subject.account == account);
        Outcome::ALL.map(|outcome| of_account().filter(|verdict| verdict.outcome == outcome).count())
    }
}

fn counts(verdicts: &[VerdictEntry]) -> Summary {
    let number = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let failures = |severity| {
        let failed = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Fail);
        failed.filter(|verdict| verdict.severity == severity).count()
    };
    let subjects: BTreeSet<_> = verdicts.iter().map(|verdict| &verdict.subject).collect();
    Summary {
        clusters: subjects.iter().filter(|subject| subject.kind == CLUSTER).count(),
        subjects: subjects.len(),
        outcomes: Outcome::ALL.into_iter().map(|outcome| (outcome, number(outcome))).collect(),
        failures: Severity::DESCENDING.into_iter().map(|severity| (severity, failures(severity))).collect(),
        waived: verdicts.iter().filter(|verdict| verdict.is_waived()).count(),
        ..Summary::default()
    }
}

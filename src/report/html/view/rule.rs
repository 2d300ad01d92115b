//! Rules and, below each, what was found: failures and passes in one table.

use serde::Serialize;

use super::scope::Place;
use super::shown::{Badge, Shown, anchor};
use crate::check::{
    Assessment, ControlEntry, ElementEntry, EvidenceEntry, Remediation, RuleEntry, SubjectEntry, VerdictEntry,
};
use crate::model::{Outcome, Untrusted};
use crate::report::words;

/// A rule that fails is open when its table is not longer than this, so that a small report needs no click.
const OPEN_UP_TO: usize = 40;

/// A rule.
#[derive(Serialize)]
pub struct Rule {
    anchor: String,
    id: Shown,
    title: Shown,
    severity: Badge,
    area: Shown,
    target: Shown,
    open: bool,
    tally: Vec<Tally>,
    rationale: Vec<Shown>,
    check: Vec<Shown>,
    remediation: Recipe,
    frameworks: Vec<Controls>,
    docs: Option<Shown>,
    rows: Vec<Row>,
}

/// How often an outcome came under the rule.
#[derive(Serialize)]
struct Tally {
    badge: Badge,
    number: String,
}

/// What a framework asks that the rule answers.
#[derive(Serialize)]
struct Controls {
    framework: Shown,
    ids: Vec<Shown>,
}

/// How to mend a failure.
#[derive(Serialize)]
struct Recipe {
    text: Vec<Shown>,
    code: Vec<Code>,
}

/// Something to paste.
#[derive(Serialize)]
struct Code {
    language: &'static str,
    lines: Vec<Shown>,
}

/// What the rule says of a subject.
#[derive(Serialize)]
struct Row {
    anchor: String,
    outcome: Badge,
    severity: Badge,
    subject: Subject,
    message: Shown,
    reasons: Vec<Shown>,
    evidence: Vec<Evidence>,
    elements: Vec<Element>,
    remediation: Option<Recipe>,
}

#[derive(Serialize)]
struct Subject {
    name: Shown,
    id: Shown,
    account: Shown,
    region: Shown,
}

#[derive(Serialize)]
struct Element {
    anchor: String,
    outcome: Badge,
    key: Shown,
    message: Shown,
    reasons: Vec<Shown>,
    evidence: Vec<Evidence>,
    remediation: Option<Recipe>,
}

#[derive(Serialize)]
struct Evidence {
    fact: Shown,
    value: Option<Shown>,
    places: Vec<Place>,
}

/// All rules: those with trouble first, in each part the gravest first.
pub fn all(assessment: &Assessment) -> Vec<Rule> {
    let mut rules: Vec<_> = assessment.rules.iter().map(|rule| (rule, of_rule(assessment, rule))).collect();
    rules.sort_by_key(|(rule, verdicts)| {
        let worst = verdicts.iter().map(|verdict| verdict.outcome).min().unwrap_or(Outcome::NotApplicable);
        (worst > Outcome::Unknown, std::cmp::Reverse(rule.severity), worst, &rule.id)
    });
    rules.into_iter().map(|(rule, verdicts)| Rule::of(rule, &verdicts)).collect()
}

/// The rule's verdicts, the most urgent first.
fn of_rule<'a>(assessment: &'a Assessment, rule: &RuleEntry) -> Vec<&'a VerdictEntry> {
    let mut verdicts: Vec<_> = assessment.verdicts.iter().filter(|verdict| verdict.rule == rule.id).collect();
    verdicts.sort_by_key(|verdict| (verdict.outcome, &verdict.subject.id));
    verdicts
}

impl Rule {
    fn of(rule: &RuleEntry, verdicts: &[&VerdictEntry]) -> Self {
        let tally =
            Outcome::ALL.into_iter().map(|outcome| tally(verdicts, outcome)).filter(|tally| tally.number != "0");
        Self {
            anchor: anchor("rule-", &rule.id),
            id: Shown::words(&rule.id),
            title: Shown::words(&rule.title),
            severity: Badge::severity(rule.severity),
            area: Shown::words(&rule.area),
            target: Shown::words(&rule.target),
            open: verdicts.len() <= OPEN_UP_TO && verdicts.iter().any(|verdict| verdict.outcome <= Outcome::Error),
            tally: tally.collect(),
            rationale: Shown::paragraphs(&rule.rationale),
            check: Shown::lines(&rule.check),
            remediation: Recipe::general(&rule.remediation),
            frameworks: controls(rule),
            docs: rule.docs.starts_with("https://").then(|| Shown::words(&rule.docs)),
            rows: verdicts.iter().map(|verdict| Row::of(verdict, &rule.remediation)).collect(),
        }
    }
}

fn tally(verdicts: &[&VerdictEntry], outcome: Outcome) -> Tally {
    let number = verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    Tally { badge: Badge::outcome(outcome), number: words::grouped(number) }
}

fn controls(rule: &RuleEntry) -> Vec<Controls> {
    let shown = |(name, list): (&String, &Vec<ControlEntry>)| Controls {
        framework: Shown::words(name),
        ids: list.iter().map(|control| Shown::words(&control.to_string())).collect(),
    };
    rule.frameworks.iter().map(shown).collect()
}

impl Recipe {
    /// As the rule file has it, with its own line breaks.
    fn general(remediation: &Remediation) -> Self {
        Self::with(remediation, remediation)
    }

    fn with(filled: &Remediation, template: &Remediation) -> Self {
        let code = |language, text: &Option<Untrusted>, template: &Option<Untrusted>| {
            text.as_ref().map(|text| Code { language, lines: Shown::filled(text, template.as_ref()) })
        };
        let code = [
            code("AWS CLI", &filled.cli, &template.cli),
            code("SQL", &filled.sql, &template.sql),
            code("Terraform", &filled.terraform, &template.terraform),
        ];
        Self { text: Shown::filled(&filled.text, Some(&template.text)), code: code.into_iter().flatten().collect() }
    }
}

impl Row {
    fn of(verdict: &VerdictEntry, template: &Remediation) -> Self {
        Self {
            anchor: fingerprint(&verdict.fingerprint),
            outcome: Badge::outcome(verdict.outcome),
            severity: Badge::severity(verdict.severity),
            subject: Subject::of(&verdict.subject),
            message: Shown::of(&verdict.message),
            reasons: words::unsaid(&verdict.message, &verdict.reasons).map(Shown::of).collect(),
            evidence: verdict.evidence.iter().map(Evidence::of).collect(),
            elements: verdict.elements.iter().map(|element| Element::of(element, template)).collect(),
            remediation: verdict.remediation.as_ref().map(|filled| Recipe::with(filled, template)),
        }
    }
}

/// Short enough for a link, long enough to be unique in a report.
fn fingerprint(fingerprint: &str) -> String {
    anchor("f-", &fingerprint.chars().take(20).collect::<String>())
}

impl Subject {
    fn of(subject: &SubjectEntry) -> Self {
        Self {
            name: Shown::of(&subject.name),
            id: Shown::of(&subject.id),
            account: Shown::words(&subject.account),
            region: Shown::words(&subject.region),
        }
    }
}

impl Element {
    fn of(element: &ElementEntry, template: &Remediation) -> Self {
        Self {
            anchor: fingerprint(&element.fingerprint),
            outcome: Badge::outcome(element.outcome),
            key: Shown::of(&element.key),
            message: Shown::of(&element.message),
            reasons: words::unsaid(&element.message, &element.reasons).map(Shown::of).collect(),
            evidence: element.evidence.iter().map(Evidence::of).collect(),
            remediation: element.remediation.as_ref().map(|filled| Recipe::with(filled, template)),
        }
    }
}

impl Evidence {
    fn of(entry: &EvidenceEntry) -> Self {
        Self {
            fact: Shown::words(&entry.fact),
            value: entry.value.as_ref().map(Shown::of),
            places: entry.locations.iter().map(Place::of).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn trouble_comes_first_and_then_the_gravest() {
        let assessment = sample();
        let anchors: Vec<String> = all(&assessment).into_iter().map(|rule| rule.anchor).collect();
        assert_eq!(
            anchors,
            [
                "rule-db-no-anonymous",
                "rule-net-not-public",
                "rule-data-encrypted",
                "rule-tls-certificate-current",
                "rule-log-audit-exported",
                "rule-res-deletion-protection",
            ]
        );
    }

    #[test]
    fn a_table_starts_with_what_is_urgent_and_ends_with_passes() {
        let assessment = sample();
        let outcomes: Vec<Outcome> =
            of_rule(&assessment, &assessment.rules[5]).iter().map(|verdict| verdict.outcome).collect();
        assert_eq!(
            outcomes,
            [Outcome::Fail, Outcome::Unknown, Outcome::Unknown, Outcome::Pass, Outcome::NotApplicable]
        );
    }

    #[test]
    fn only_links_over_https_are_links() {
        let mut assessment = sample();
        for (docs, link) in
            [("https://a.example/x", true), ("http://a.example", false), ("javascript:x", false), ("", false)]
        {
            assessment.rules[0].docs = docs.to_owned();
            assert_eq!(Rule::of(&assessment.rules[0], &[]).docs.is_some(), link, "{docs}");
        }
    }
}

//! A verdict beside its rule, told in the words that formats of one row a verdict share.

use std::collections::BTreeMap;

use super::{waiver, words};
use crate::check::{Assessment, ElementEntry, EvidenceEntry, Location, RuleEntry, VerdictEntry, WaiverEntry};
use crate::model::{Severity, Untrusted};

/// Characters of one text that such a row shows; the assessment has the rest.
const LIMIT: usize = 2_000;

/// What was said of a subject.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The verdict.
    pub verdict: &'a VerdictEntry,
    rule: Option<&'a RuleEntry>,
    waivers: &'a [WaiverEntry],
}

/// All verdicts in the order of the assessment.
pub fn rows(assessment: &Assessment) -> impl Iterator<Item = Row<'_>> {
    let rules: BTreeMap<&str, &RuleEntry> = assessment.rules.iter().map(|rule| (&*rule.id, rule)).collect();
    let waivers = &*assessment.waivers;
    assessment.verdicts.iter().map(move |verdict| Row { verdict, rule: rules.get(&*verdict.rule).copied(), waivers })
}

/// The failures that count at the gate, the gravest first.
pub fn failures(assessment: &Assessment) -> Vec<Row<'_>> {
    let mut failures: Vec<_> = rows(assessment).filter(|row| words::counts_as_failure(row.verdict)).collect();
    failures.sort_by_key(|row| (std::cmp::Reverse(row.verdict.severity), &row.verdict.rule, &row.verdict.subject.id));
    failures
}

/// A text from outside, whole enough for a cell.
pub fn shown(text: &Untrusted) -> String {
    words::shown(text, LIMIT)
}

/// The same for a text that the assessment holds as plain.
pub fn plain(text: &str) -> String {
    shown(&Untrusted::from(text))
}

impl Row<'_> {
    /// What the rule wants, in a line; the id of a rule that the assessment does not describe.
    pub fn title(&self) -> String {
        plain(self.rule.map_or(&self.verdict.rule, |rule| &rule.title))
    }

    /// The rule's documentation, when it is a page of the web.
    pub fn docs(&self) -> Option<&str> {
        self.rule.map(|rule| rule.docs.as_str()).filter(|docs| docs.starts_with("https://"))
    }

    /// Why the rule matters.
    pub fn rationale(&self) -> String {
        self.rule
            .map(|rule| plain(&rule.rationale.split_whitespace().collect::<Vec<_>>().join(" ")))
            .unwrap_or_default()
    }

    /// Who accepted it and until when, or that the time is over.
    pub fn waiver(&self) -> Option<String> {
        waiver::of_finding(self.waivers, self.verdict.waiver)
    }

    /// What was found, why, and what is wrong with each element: sentences.
    pub fn found(&self) -> String {
        let verdict = self.verdict;
        let mut parts = vec![with_reasons(&verdict.message, &verdict.reasons)];
        parts.extend(verdict.elements.iter().map(element));
        parts.join(" ")
    }

    /// The values that decided, each as `fact = value`.
    pub fn evidence(&self) -> Vec<String> {
        self.entries().map(|entry| format!("{} = {}", plain(&entry.fact), value(entry))).collect()
    }

    /// Where those values stand, each place once.
    pub fn locations(&self) -> Vec<&Location> {
        let mut locations: Vec<_> = self.entries().flat_map(|entry| &entry.locations).collect();
        locations.sort();
        locations.dedup();
        locations
    }

    fn entries(&self) -> impl Iterator<Item = &EvidenceEntry> {
        self.verdict.evidence.iter().chain(self.verdict.elements.iter().flat_map(|element| &element.evidence))
    }

    /// How to mend a failure here, in words.
    pub fn mend(&self) -> Option<String> {
        let here = self.verdict.remediation.as_ref();
        let of_elements = || self.verdict.elements.iter().find_map(|element| element.remediation.as_ref());
        here.or_else(of_elements).map(|mend| shown(&mend.text)).filter(|text| !text.is_empty())
    }

    /// What the frameworks call it: framework, control, and how much of it a pass proves.
    pub fn controls(&self) -> impl Iterator<Item = (&str, &str, &'static str)> {
        let frameworks = self.rule.into_iter().flat_map(|rule| &rule.frameworks);
        frameworks.flat_map(|(framework, controls)| {
            controls.iter().map(move |it| (framework.as_str(), it.control.as_str(), it.coverage.as_str()))
        })
    }

    /// The severity.
    pub const fn severity(&self) -> Severity {
        self.verdict.severity
    }
}

fn value(entry: &EvidenceEntry) -> String {
    entry.value.as_ref().map_or_else(|| "unknown".to_owned(), shown)
}

fn element(element: &ElementEntry) -> String {
    let (word, _) = words::outcome(element.outcome);
    format!("{} ({word}): {}", shown(&element.key), with_reasons(&element.message, &element.reasons))
}

fn with_reasons(message: &Untrusted, reasons: &[Untrusted]) -> String {
    let parts = std::iter::once(message).chain(words::unsaid(message, reasons));
    parts.map(|text| words::sentence(&shown(text))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn a_row_tells_what_the_verdict_and_its_elements_say() {
        let assessment = sample();
        let row = failures(&assessment)[1];
        assert_eq!(row.title(), "No address outside the VPC reaches the cluster");
        assert_eq!(
            row.found(),
            "2 of 5 ingress rules admit the internet. sgr-0001 (fail): ingress from 0.0.0.0/0 on port 3306. sgr-0002 (fail): \
             ingress from ::/0 on port 3306. sgr-0003 (unknown): the prefix list could not be read. \
             ec2:GetManagedPrefixListEntries was denied."
        );
        assert_eq!(row.evidence(), ["e.cidr_ip = 0.0.0.0/0", "e.cidr_ip = ::/0", "e.cidr_ip = pl-1"]);
        assert_eq!(row.locations().len(), 1);
        assert_eq!(row.mend().as_deref(), Some("Remove the ingress rule."));
        assert_eq!(
            row.controls().collect::<Vec<_>>(),
            [("CIS Aurora 2.0.0", "2.1", "full"), ("PCI DSS 4.0", "1.3.1", "full")]
        );
    }

    #[test]
    fn a_verdict_of_a_rule_that_is_not_described_is_still_a_row() {
        let mut assessment = sample();
        assessment.rules.clear();
        assert_eq!(rows(&assessment).count(), assessment.verdicts.len());
        assert!(rows(&assessment).all(|row| row.title() == row.verdict.rule && row.docs().is_none()));
    }
}

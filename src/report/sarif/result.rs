//! Verdicts as SARIF results: the law of kind and level, messages that end like sentences, and stable fingerprints.

use std::collections::BTreeMap;

use serde_sarif::sarif::{self, ResultKind, ResultLevel};
use sha2::{Digest, Sha256};

use super::{escape, place, property_bag, rule};
use crate::check::{Assessment, ElementEntry, EvidenceEntry, Remediation, SubjectEntry, VerdictEntry};
use crate::model::{Outcome, Severity, Untrusted};
use crate::report::{Anchors, waiver, words};

/// The only key that GitHub looks at.
const FINGERPRINT: &str = "primaryLocationLineHash";
/// Gaps and verdicts that the message about incompleteness names.
const NAMED: usize = 20;

/// What one result says, whether of a whole verdict or of one element.
#[derive(Clone, Copy)]
pub struct Finding<'a> {
    /// The verdict.
    pub verdict: &'a VerdictEntry,
    element: Option<&'a ElementEntry>,
}

/// Failures that no waiver covers, each failing element one of its own; the gravest first.
pub fn failures(assessment: &Assessment) -> Vec<Finding<'_>> {
    let failing = assessment.verdicts.iter().filter(|verdict| words::counts_as_failure(verdict));
    sorted(failing.flat_map(findings).collect())
}

fn findings(verdict: &VerdictEntry) -> Vec<Finding<'_>> {
    let failing: Vec<_> = verdict
        .elements
        .iter()
        .filter(|element| element.outcome == Outcome::Fail && waiver::counts(element))
        .map(|element| Finding { verdict, element: Some(element) })
        .collect();
    if failing.is_empty() { vec![Finding { verdict, element: None }] } else { failing }
}

/// All verdicts, the gravest rules first.
pub fn verdicts(assessment: &Assessment) -> Vec<Finding<'_>> {
    sorted(assessment.verdicts.iter().map(|verdict| Finding { verdict, element: None }).collect())
}

fn sorted(mut findings: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings
}

impl<'a> Finding<'a> {
    fn order(&self) -> (std::cmp::Reverse<Severity>, &'a str, &'a str, &'a str) {
        let Self { verdict, element } = *self;
        let element = element.map_or("", |element| element.key.raw());
        (std::cmp::Reverse(verdict.severity), &verdict.rule, verdict.subject.id.raw(), element)
    }

    /// The result that code scanning is given, at the file that stands for the subject. It says when a waiver has expired.
    pub fn for_github(&self, assessment: &Assessment, anchors: &Anchors) -> sarif::Result {
        let mut result = self.result(place::in_repository(anchors.of(&self.verdict.subject)));
        let of = self.element.map_or(self.verdict.waiver, |element| element.waiver);
        if let (Some(text), Some(said)) = (&mut result.message.text, waiver::of_finding(&assessment.waivers, of)) {
            let said = words::sentence(&escape::plain(&Untrusted::from(said)));
            words::push(text, format_args!(" Waiver: {said}"));
        }
        result
    }

    /// The result with all that the assessment knows, at the line of the snapshot that decided.
    pub fn in_full(&self, assessment: &Assessment, anchors: &Anchors) -> sarif::Result {
        let location = place::decisive(self.evidence());
        let physical = place::in_snapshot(assessment, location, anchors.of(&self.verdict.subject));
        let mut result = self.result(physical);
        result.message.markdown = Some(self.markdown());
        result.properties = Some(self.properties());
        result
    }

    fn evidence(&self) -> &'a [EvidenceEntry] {
        let of_element = self.element.map_or(&[][..], |element| &element.evidence);
        let first = self.verdict.elements.first().map_or(&[][..], |element| &element.evidence);
        [of_element, &self.verdict.evidence, first].into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn remediation(&self) -> Option<&Remediation> {
        self.element.and_then(|element| element.remediation.as_ref()).or(self.verdict.remediation.as_ref())
    }

    fn fingerprint(&self) -> &str {
        self.element.map_or(&self.verdict.fingerprint, |element| &element.fingerprint)
    }

    fn message(&self) -> (&Untrusted, &[Untrusted]) {
        self.element.map_or((&self.verdict.message, &*self.verdict.reasons), |e| (&e.message, &*e.reasons))
    }

    /// What was found, why, of what, and how to mend it. The first sentence is what GitHub shows as title.
    fn text(&self, escaped: fn(&Untrusted) -> String) -> Vec<String> {
        let (message, reasons) = self.message();
        let mut parts = vec![words::sentence(&escaped(message))];
        parts.extend(reasons.iter().map(|reason| words::sentence(&escaped(reason))));
        let element = self.element.map(|element| format!("'{}' of ", escaped(&element.key))).unwrap_or_default();
        parts.push(format!("Subject: {element}'{}'.", escaped(&self.verdict.subject.id)));
        if let Some(mend) = self.remediation().filter(|mend| !mend.text.raw().is_empty()) {
            parts.push(words::sentence(&format!("To mend: {}", escaped(&mend.text))));
        }
        parts
    }

    fn markdown(&self) -> String {
        let values = self.evidence().iter().map(|entry| {
            let value = entry.value.as_ref().map_or_else(|| "*unknown*".to_owned(), escape::markdown);
            format!("- {} = {value}", escape::markdown(&Untrusted::from(entry.fact.as_str())))
        });
        let mut parts = self.text(escape::markdown);
        parts.push(values.collect::<Vec<_>>().join("\n"));
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }

    fn properties(&self) -> sarif::PropertyBag {
        let evidence = self.evidence().iter().map(|entry| {
            let value = entry.value.as_ref().map_or(serde_json::Value::Null, |value| escape::name(value).into());
            serde_json::json!({ "fact": entry.fact, "value": value, "source": entry.locations.first().map(|l| &l.source) })
        });
        let subject = &self.verdict.subject;
        property_bag(
            None,
            vec![
                ("account", escape::name(&Untrusted::from(subject.account.as_str())).into()),
                ("evidence", evidence.collect()),
                ("outcome", self.verdict.outcome.as_str().into()),
                ("region", escape::name(&Untrusted::from(subject.region.as_str())).into()),
                ("severity", self.verdict.severity.as_str().into()),
            ],
        )
    }

    fn result(&self, physical: sarif::PhysicalLocation) -> sarif::Result {
        let verdict = self.verdict;
        let logical = place::logical(&verdict.subject, self.evidence());
        let (kind, level) = kind_and_level(verdict.outcome, verdict.severity);
        let location = place::location(physical, logical);
        sarif::Result {
            kind: Some(kind),
            level: Some(level),
            ..bare(&verdict.rule, self.text(escape::plain).join(" "), location, self.fingerprint())
        }
    }
}

/// SARIF 2.1.0, 3.27.10: what is no failure has no level.
fn kind_and_level(outcome: Outcome, severity: Severity) -> (ResultKind, ResultLevel) {
    match outcome {
        Outcome::Fail => (ResultKind::Fail, rule::level(severity)),
        Outcome::Pass => (ResultKind::Pass, ResultLevel::None),
        Outcome::NotApplicable => (ResultKind::NotApplicable, ResultLevel::None),
        Outcome::Unknown | Outcome::Error => (ResultKind::Open, ResultLevel::None),
    }
}

/// A result of a rule, at a place.
pub fn bare(rule: &str, text: String, location: sarif::Location, fingerprint: &str) -> sarif::Result {
    let message = sarif::Message { text: Some(text), ..sarif::Message::default() };
    sarif::Result {
        rule_id: Some(rule.to_owned()),
        locations: Some(vec![location]),
        partial_fingerprints: Some(BTreeMap::from([(FINGERPRINT.to_owned(), fingerprint.to_owned())])),
        ..sarif::Result::builder().message(message).build()
    }
}

/// The result that keeps an incomplete run from looking clean; none when the run is complete and nothing was left out.
pub fn incomplete(assessment: &Assessment, anchors: &Anchors, left_out: usize) -> Option<sarif::Result> {
    let because = words::incomplete_because(assessment);
    let mut sentences = Vec::new();
    if !because.is_empty() {
        sentences.push(format!("The assessment is incomplete: {}.", words::listed(&because)));
    }
    if left_out > 0 {
        let failures = words::count(left_out, "failure");
        sentences.push(format!("{failures} of lower severity did not fit into this log."));
    }
    if sentences.is_empty() {
        return None;
    }
    sentences.extend(gap_sentences(assessment));
    sentences.extend(unknown_sentence(assessment));
    let fingerprint = data_encoding::HEXLOWER.encode(&Sha256::digest(rule::INCOMPLETE));
    let place = first_gap(assessment).map_or_else(|| anchors.of_run(), |subject| anchors.of(&subject));
    let location = place::location(place::in_repository(place), vec![run_location()]);
    Some(sarif::Result {
        kind: Some(ResultKind::Fail),
        level: Some(ResultLevel::Warning),
        ..bare(rule::INCOMPLETE, sentences.join(" "), location, &fingerprint)
    })
}

/// What the first thing that could not be read belongs to, for the anchor of it.
fn first_gap(assessment: &Assessment) -> Option<SubjectEntry> {
    let gap = assessment.gaps.iter().find(|gap| !gap.reason.is_voluntary())?;
    let target = gap.target.clone()?;
    let (account, region) = (gap.account.clone(), gap.region.clone());
    Some(SubjectEntry { kind: String::new(), id: target.clone(), name: target, account, region })
}

fn run_location() -> sarif::LogicalLocation {
    sarif::LogicalLocation {
        fully_qualified_name: Some("aurora-audit".to_owned()),
        kind: Some("run".to_owned()),
        ..sarif::LogicalLocation::default()
    }
}

fn gap_sentences(assessment: &Assessment) -> Vec<String> {
    let involuntary: Vec<_> = assessment.gaps.iter().filter(|gap| !gap.reason.is_voluntary()).collect();
    let mut sentences: Vec<String> = involuntary
        .iter()
        .take(NAMED)
        .map(|gap| {
            let target =
                gap.target.as_ref().map(|target| format!(" for '{}'", escape::plain(target))).unwrap_or_default();
            let what = escape::plain(&Untrusted::from(gap.what.as_str()));
            let mend = escape::plain(&Untrusted::from(words::mend(gap)));
            format!("'{what}'{target} was not read ({}); to mend: {mend}.", gap.reason.as_str())
        })
        .collect();
    if involuntary.len() > NAMED {
        sentences.push(format!("{} more readings failed.", involuntary.len() - NAMED));
    }
    sentences
}

fn unknown_sentence(assessment: &Assessment) -> Option<String> {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in &assessment.verdicts {
        if matches!(verdict.outcome, Outcome::Unknown | Outcome::Error) {
            *rules.entry(&verdict.rule).or_default() += 1;
        }
    }
    let more = rules.len().saturating_sub(NAMED);
    let mut named: Vec<String> =
        rules.into_iter().take(NAMED).map(|(rule, times)| format!("'{rule}' ({times})")).collect();
    if more > 0 {
        named.push(words::count(more, "more rule"));
    }
    (!named.is_empty()).then(|| format!("Rules without an answer: {}.", words::listed(&named)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, sample};

    #[test]
    fn only_failures_have_a_level() {
        for (outcome, kind, level) in [
            (Outcome::Fail, "fail", "error"),
            (Outcome::Error, "open", "none"),
            (Outcome::Unknown, "open", "none"),
            (Outcome::Pass, "pass", "none"),
            (Outcome::NotApplicable, "notApplicable", "none"),
        ] {
            let (k, l) = kind_and_level(outcome, Severity::Critical);
            assert_eq!((k.to_string().as_str(), l.to_string().as_str()), (kind, level));
        }
    }

    #[test]
    fn each_failing_element_is_a_result_of_its_own() {
        let assessment = sample();
        let results = failures(&assessment);
        let rules: Vec<&str> = results.iter().map(|finding| &*finding.verdict.rule).collect();
        assert_eq!(
            rules,
            [
                "db-no-anonymous",
                "net-not-public",
                "net-not-public",
                "data-encrypted",
                "tls-certificate-current",
                "res-deletion-protection"
            ]
        );
        let text = results[1].for_github(&assessment, &Anchors::default()).message.text.unwrap();
        assert!(text.starts_with("ingress from 0.0.0.0/0 on port 3306. Subject: 'sgr-0001' of 'arn:"), "{text}");
    }

    #[test]
    fn a_failing_verdict_without_a_failing_element_is_still_a_result() {
        let mut assessment = sample();
        assessment.verdicts[7].elements.retain(|element| element.outcome != Outcome::Fail);
        assert!(failures(&assessment).iter().any(|finding| finding.verdict.rule == "net-not-public"));
    }

    #[test]
    fn an_incomplete_run_says_what_is_missing_and_what_it_needs() {
        let text = incomplete(&sample(), &Anchors::default(), 3).unwrap().message.text.unwrap();
        for part in [
            "The assessment is incomplete: 1 snapshot is cut short, 3 readings failed, 4 verdicts are unknown and 1 verdict",
            "3 failures of lower severity did not fit into this log.",
            "to mend: allow rds:DescribeDBClusterSnapshotAttributes.",
            "Rules without an answer: 'db-no-anonymous' (1), 'log-audit-exported' (1), 'net-not-public' (1) and \
             'tls-certificate-current' (2).",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("mysql:*"), "a gap by choice is no incompleteness: {text}");
    }

    #[test]
    fn an_incomplete_run_points_to_what_stands_for_the_first_gap() {
        let given = vec!["rds:orders-prod*=infra/orders.tf:4".parse().unwrap()];
        for (anchors, uri, line) in [
            (Anchors { given, ..Anchors::default() }, "infra/orders.tf", 4),
            (Anchors::default(), "aurora-audit.toml", 1),
        ] {
            let place =
                incomplete(&sample(), &anchors, 0).unwrap().locations.unwrap().remove(0).physical_location.unwrap();
            assert_eq!(place.artifact_location.unwrap().uri.as_deref(), Some(uri));
            assert_eq!(place.region.unwrap().start_line, Some(line));
        }
    }

    #[test]
    fn a_complete_run_has_no_such_result() {
        assert_eq!(incomplete(&empty(), &Anchors::default(), 0), None);
    }
}

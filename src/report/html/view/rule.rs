//! Rules and, below each, what was found: failures and passes in one table.

use std::collections::BTreeMap;

use serde::Serialize;

use super::population::Subjects;
use super::shown::{Badge, Shown, anchor};
use crate::check::{
    Assessment, ControlEntry, ElementEntry, EvidenceEntry, Location, Remediation, RuleEntry, SnapshotEntry,
    VerdictEntry, WaiverEntry, WaiverUse,
};
use crate::model::{Outcome, Untrusted};
use crate::report::{HtmlDetail, waiver, words};

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
    /// Whether its verdicts are left out of the page.
    cut: bool,
    /// What many rows would say in the same words.
    notes: Vec<Shown>,
    /// What all evidence was read by, where that is one thing.
    source: Option<Shown>,
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

/// What the rule says of a subject, or of one element of it.
#[derive(Serialize)]
struct Row {
    anchor: String,
    class: &'static str,
    word: &'static str,
    /// Whether it is new since the baseline.
    since: Option<&'static str>,
    /// Who accepted it and until when.
    waiver: Option<Shown>,
    /// The `id` of the subject's row; none for an element.
    subject: Option<String>,
    name: Shown,
    message: Shown,
    /// Number of the note that says it in its place.
    note: Option<usize>,
    reasons: Vec<Shown>,
    evidence: Vec<Evidence>,
    mend: Option<Recipe>,
}

/// Values that stand in one record of a snapshot.
#[derive(Serialize)]
struct Evidence {
    facts: Vec<Fact>,
    /// Source, time, snapshot and line of the record.
    place: Option<Shown>,
}

#[derive(Serialize)]
struct Fact {
    fact: Shown,
    value: Option<Shown>,
}

/// What the rows of all rules need.
pub struct Shared<'a> {
    subjects: &'a Subjects<'a>,
    detail: HtmlDetail,
    /// The day that each snapshot was begun on.
    days: Vec<String>,
    waivers: &'a [WaiverEntry],
}

impl<'a> Shared<'a> {
    /// Of an assessment.
    pub fn of(assessment: &'a Assessment, subjects: &'a Subjects<'a>, detail: HtmlDetail) -> Self {
        let day = |snapshot: &SnapshotEntry| snapshot.started.to_string().chars().take(DAY).collect();
        Self {
            subjects,
            detail,
            days: assessment.run.snapshots.iter().map(day).collect(),
            waivers: &assessment.waivers,
        }
    }

    fn waiver(&self, of: Option<WaiverUse>) -> Option<Shown> {
        waiver::of_finding(self.waivers, of).map(|said| Shown::words(&said))
    }

    /// Where a value was read. The source is not said again where all have it, the day only when it is another than the snapshot's.
    fn place(&self, location: &Location, source: Option<&str>) -> Shown {
        let time = words::to_the_second(location.observed);
        let same = self.days.get(usize::from(location.file)).is_some_and(|day| time.starts_with(&**day));
        let time = time.get(if same { DAY + 1 } else { 0 }..).unwrap_or_default();
        let own = if source.is_some() { "" } else { &*location.source };
        let space = if own.is_empty() { "" } else { " " };
        Shown::words(&format!("{own}{space}{time} S{}:{}", usize::from(location.file) + 1, location.line))
    }
}

/// Letters of `2026-11-20`.
const DAY: usize = 10;

/// A text that this many rows of a rule have, and that is longer than a reference to a note, becomes a note.
const REPEATED: usize = 3;
const WORTH_A_NOTE: usize = 40;

/// What rows say again and again.
struct Common<'a> {
    /// Texts, sorted.
    notes: Vec<&'a str>,
    /// What all evidence was read by.
    source: Option<&'a str>,
}

impl<'a> Common<'a> {
    fn of(verdicts: &[&'a VerdictEntry]) -> Self {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for verdict in verdicts {
            *times.entry(verdict.message.raw()).or_default() += 1;
        }
        let repeated = times.into_iter().filter(|(text, times)| *times >= REPEATED && text.len() > WORTH_A_NOTE);
        Self { notes: repeated.map(|(text, _)| text).collect(), source: only_source(verdicts) }
    }

    /// The note's number, counted from 1.
    fn number(&self, message: &Untrusted) -> Option<usize> {
        self.notes.binary_search(&message.raw()).ok().map(|index| index + 1)
    }
}

fn only_source<'a>(verdicts: &[&'a VerdictEntry]) -> Option<&'a str> {
    let of_elements = |verdict: &&'a VerdictEntry| verdict.elements.iter().flat_map(|element| &element.evidence);
    let all = verdicts.iter().flat_map(|verdict| verdict.evidence.iter().chain(of_elements(verdict)));
    let mut sources = all.filter_map(|entry| entry.locations.first()).map(|location| &*location.source);
    let first = sources.next()?;
    sources.all(|other| other == first).then_some(first)
}

/// A rule with its verdicts, in the order of the page.
pub struct Judged<'a> {
    rule: &'a RuleEntry,
    verdicts: Vec<&'a VerdictEntry>,
}

impl<'a> Judged<'a> {
    /// The rule, and how often each outcome came.
    pub fn counts(&self) -> (&'a RuleEntry, [usize; 5]) {
        let number = |outcome| self.verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
        (self.rule, Outcome::ALL.map(number))
    }
}

/// All rules: those with trouble first, in each part the gravest first.
pub fn all(assessment: &Assessment) -> Vec<Judged<'_>> {
    let mut of_rule: BTreeMap<&str, Vec<&VerdictEntry>> = BTreeMap::new();
    for verdict in &assessment.verdicts {
        of_rule.entry(&verdict.rule).or_default().push(verdict);
    }
    let mut rules = Vec::with_capacity(assessment.rules.len());
    for rule in &assessment.rules {
        let verdicts = of_rule.remove(&*rule.id).unwrap_or_default();
        rules.push(Judged { rule, verdicts: urgent_first(verdicts) });
    }
    rules.sort_by_key(|Judged { rule, verdicts }| {
        let worst = verdicts.first().map_or(Outcome::NotApplicable, |verdict| verdict.outcome);
        (worst > Outcome::Unknown, std::cmp::Reverse(rule.severity), worst, &rule.id)
    });
    rules
}

fn urgent_first(mut verdicts: Vec<&VerdictEntry>) -> Vec<&VerdictEntry> {
    verdicts.sort_by_key(|verdict| (verdict.outcome, &verdict.subject.id));
    verdicts
}

impl Rule {
    /// The rule as the page shows it.
    pub fn of(Judged { rule, verdicts }: &Judged<'_>, shared: &Shared<'_>) -> Self {
        let tally =
            Outcome::ALL.into_iter().map(|outcome| tally(verdicts, outcome)).filter(|tally| tally.number != "0");
        let cut = shared.detail < HtmlDetail::Full;
        let shown = if cut { &[][..] } else { verdicts.as_slice() };
        let common = Common::of(shown);
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
            cut: cut && !verdicts.is_empty(),
            rows: shown.iter().flat_map(|verdict| Row::of(verdict, &rule.remediation, &common, shared)).collect(),
            notes: common.notes.iter().map(|text| Shown::words(text)).collect(),
            source: common.source.map(Shown::words),
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
        Self { text: Shown::filled(&remediation.text, Some(&remediation.text)), code: codes(remediation, remediation) }
    }

    /// What a failure adds to it: nothing that the rule says already.
    fn here(filled: &Remediation, template: &Remediation) -> Option<Self> {
        let text =
            if filled.text == template.text { Vec::new() } else { Shown::filled(&filled.text, Some(&template.text)) };
        let code = codes(filled, template);
        (!text.is_empty() || !code.is_empty()).then_some(Self { text, code })
    }
}

fn codes(filled: &Remediation, template: &Remediation) -> Vec<Code> {
    let code = |language, text: &Option<Untrusted>, template: &Option<Untrusted>| {
        text.as_ref().map(|text| Code { language, lines: Shown::filled(text, template.as_ref()) })
    };
    let codes = [
        code("AWS CLI", &filled.cli, &template.cli),
        code("SQL", &filled.sql, &template.sql),
        code("Terraform", &filled.terraform, &template.terraform),
    ];
    codes.into_iter().flatten().collect()
}

impl Row {
    /// The verdict, and then its elements.
    fn of(verdict: &VerdictEntry, template: &Remediation, common: &Common<'_>, shared: &Shared<'_>) -> Vec<Self> {
        let note = common.number(&verdict.message);
        let said = note.is_some() || repeats_evidence(verdict);
        let of_verdict = Self {
            anchor: fingerprint(&verdict.fingerprint),
            class: class(verdict.outcome),
            word: words::outcome(verdict.outcome).0,
            since: words::since(verdict.baseline),
            waiver: shared.waiver(verdict.waiver),
            subject: Some(shared.subjects.anchor(&verdict.subject)),
            name: Shown::of(&verdict.subject.name),
            message: if said { Shown::words(AS_EXPECTED) } else { Shown::of(&verdict.message) },
            note,
            reasons: words::unsaid(&verdict.message, &verdict.reasons).map(Shown::of).collect(),
            evidence: Evidence::all(&verdict.evidence, shared, common, verdict.outcome != Outcome::NotApplicable),
            mend: verdict.remediation.as_ref().and_then(|filled| Recipe::here(filled, template)),
        };
        let elements = verdict.elements.iter().map(|element| Self::of_element(element, template, common, shared));
        std::iter::once(of_verdict).chain(elements).collect()
    }

    fn of_element(element: &ElementEntry, template: &Remediation, common: &Common<'_>, shared: &Shared<'_>) -> Self {
        Self {
            anchor: fingerprint(&element.fingerprint),
            class: class(element.outcome),
            word: words::outcome(element.outcome).0,
            since: words::since(element.baseline),
            waiver: shared.waiver(element.waiver),
            subject: None,
            name: Shown::of(&element.key),
            message: Shown::of(&element.message),
            note: None,
            reasons: words::unsaid(&element.message, &element.reasons).map(Shown::of).collect(),
            evidence: Evidence::all(&element.evidence, shared, common, true),
            mend: element.remediation.as_ref().and_then(|filled| Recipe::here(filled, template)),
        }
    }
}

/// As short as can be, because there are so many.
const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "na",
        _ => outcome.as_str(),
    }
}

/// What a pass says in the words of its evidence, which stands beside it.
const AS_EXPECTED: &str = "as expected";

/// Whether a pass says nothing but the values that it rests on.
fn repeats_evidence(verdict: &VerdictEntry) -> bool {
    let mut text = String::new();
    verdict.outcome == Outcome::Pass
        && verdict.evidence.iter().any(|entry| {
            let value = entry.value.as_ref().map_or("", |value| value.raw());
            let comma = if text.is_empty() { "" } else { ", " };
            words::push(&mut text, format_args!("{comma}{} is {value}", entry.fact));
            text == verdict.message.raw()
        })
}

/// Short enough for a link, long enough to be unique in a report.
fn fingerprint(fingerprint: &str) -> String {
    anchor("f-", &fingerprint.chars().take(12).collect::<String>())
}

impl Evidence {
    /// The values by the record that they were read from, in the order read.
    /// What does not apply needs no place.
    fn all(entries: &[EvidenceEntry], shared: &Shared<'_>, common: &Common<'_>, placed: bool) -> Vec<Self> {
        let mut groups: Vec<(Option<&Location>, Vec<&EvidenceEntry>)> = Vec::new();
        for entry in entries {
            let location = entry.locations.first();
            match groups.last_mut() {
                Some((of_group, facts)) if same_record(*of_group, location) => facts.push(entry),
                _ => groups.push((location, vec![entry])),
            }
        }
        let fact = |entry: &EvidenceEntry| Fact {
            fact: Shown::words(&entry.fact),
            value: entry.value.as_ref().map(Shown::of),
        };
        let group = |(location, facts): (Option<&Location>, Vec<&EvidenceEntry>)| Self {
            facts: facts.into_iter().map(fact).collect(),
            place: location.filter(|_| placed).map(|location| shared.place(location, common.source)),
        };
        groups.into_iter().map(group).collect()
    }
}

fn same_record(left: Option<&Location>, right: Option<&Location>) -> bool {
    let record = |location: Option<&Location>| location.map(|it| (it.file, it.line));
    record(left) == record(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn trouble_comes_first_and_then_the_gravest() {
        let assessment = sample();
        let anchors: Vec<String> = all(&assessment).into_iter().map(|it| anchor("rule-", &it.rule.id)).collect();
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
        let judged = all(&assessment);
        let tls = judged.iter().find(|it| it.rule.id == "tls-certificate-current").unwrap();
        let outcomes: Vec<Outcome> = tls.verdicts.iter().map(|verdict| verdict.outcome).collect();
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
            let judged = Judged { rule: &assessment.rules[0], verdicts: Vec::new() };
            let subjects = Subjects::of(&[]);
            let rule = Rule::of(&judged, &Shared::of(&assessment, &subjects, HtmlDetail::Full));
            assert_eq!(rule.docs.is_some(), link, "{docs}");
        }
    }

    #[test]
    fn values_of_one_record_share_its_place() {
        let assessment = sample();
        let mut entries = assessment.verdicts[0].evidence.clone();
        entries.extend(assessment.verdicts[0].evidence.clone());
        entries.extend(assessment.verdicts[1].evidence.clone());
        let subjects = Subjects::of(&[]);
        let shared = Shared::of(&assessment, &subjects, HtmlDetail::Full);
        let groups: Vec<usize> =
            Evidence::all(&entries, &shared, &Common::of(&[]), true).iter().map(|group| group.facts.len()).collect();
        assert_eq!(groups, [2, 1]);
    }

    #[test]
    fn a_place_says_the_day_only_when_it_is_another() {
        let assessment = sample();
        let subjects = Subjects::of(&[]);
        let shared = Shared::of(&assessment, &subjects, HtmlDetail::Full);
        let mut location = assessment.verdicts[0].evidence[0].locations[0].clone();
        for (observed, file, shown) in [
            ("2026-11-20T09:01:07.5Z", 0, "rds:DescribeDBClusters 09:01:07Z S1:10"),
            ("2026-11-21T00:00:00Z", 0, "rds:DescribeDBClusters 2026-11-21T00:00:00Z S1:10"),
            ("2026-11-20T09:01:07Z", 7, "rds:DescribeDBClusters 2026-11-20T09:01:07Z S8:10"),
        ] {
            (location.observed, location.file) = (observed.parse().unwrap(), file);
            assert_eq!(shared.place(&location, None), Shown::words(shown));
        }
    }

    #[test]
    fn what_many_rows_say_is_said_once() {
        let long = "applies only when the account can log in and belongs to no service".to_owned();
        let mut verdicts = vec![sample().verdicts.remove(0); 5];
        for verdict in verdicts.iter_mut().take(3) {
            verdict.message = long.as_str().into();
        }
        let verdicts: Vec<&VerdictEntry> = verdicts.iter().collect();
        let common = Common::of(&verdicts);
        assert_eq!(common.notes, [long]);
        let numbers: Vec<_> = verdicts.iter().map(|verdict| common.number(&verdict.message)).collect();
        assert_eq!(numbers, [Some(1), Some(1), Some(1), None, None]);
    }

    #[test]
    fn a_source_that_all_have_is_said_once() {
        let assessment = sample();
        let (one, all) = ([&assessment.verdicts[0]], assessment.verdicts.iter().collect::<Vec<_>>());
        assert_eq!(Common::of(&one).source, Some("rds:DescribeDBClusters"));
        assert_eq!((Common::of(&all).source, Common::of(&[]).source), (None, None));
        let subjects = Subjects::of(&assessment.verdicts);
        let shared = Shared::of(&assessment, &subjects, HtmlDetail::Full);
        let location = &assessment.verdicts[0].evidence[0].locations[0];
        let place = shared.place(location, Common::of(&one).source);
        assert_eq!(place, Shown::words("09:01:07Z S1:10"));
    }

    #[test]
    fn only_a_pass_that_says_its_evidence_is_as_expected() {
        let mut verdict = sample().verdicts.remove(0);
        for (message, outcome, said) in [
            ("r.storage_encrypted is true", Outcome::Pass, true),
            ("r.storage_encrypted is true", Outcome::Fail, false),
            ("r.storage_encrypted is true, and more", Outcome::Pass, false),
            ("", Outcome::Pass, false),
        ] {
            (verdict.message, verdict.outcome) = (message.into(), outcome);
            assert_eq!(repeats_evidence(&verdict), said, "{message}");
        }
    }

    #[test]
    fn a_failure_repeats_nothing_that_its_rule_says() {
        let template = &sample().rules[1].remediation;
        assert!(
            Recipe::here(&Remediation { text: template.text.clone(), ..Remediation::default() }, template).is_none()
        );
        let filled = Remediation { sql: Some("DROP USER ''@'%';".into()), ..template.clone() };
        let here = Recipe::here(&filled, template).unwrap();
        assert_eq!((here.text.len(), here.code.len()), (0, 1));
    }

    #[test]
    fn less_detail_leaves_the_verdicts_out_and_says_so() {
        let assessment = sample();
        let subjects = Subjects::of(&assessment.verdicts);
        for (detail, rows, cut) in [(HtmlDetail::Full, 5, false), (HtmlDetail::Control, 0, true)] {
            let judged = all(&assessment);
            let net = judged.iter().find(|it| it.rule.id == "net-not-public").unwrap();
            let rule = Rule::of(net, &Shared::of(&assessment, &subjects, detail));
            assert_eq!((rule.rows.len(), rule.cut, rule.tally.len()), (rows, cut, 2));
        }
    }
}

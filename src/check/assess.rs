//! From snapshot, rules and verdicts to the assessment document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::SCHEMA_VERSION;
use super::assessment::{
    Assessment, BaselineState, ControlEntry, ElementEntry, EvidenceEntry, ExcludedEntry, GapEntry, Location,
    Population, Remediation, RuleEntry, Run, SnapshotEntry, SubjectEntry, Summary, VerdictEntry,
};
use super::baseline::{Baseline, compare};
use super::gate::{GateOptions, Standing, judge};
use super::paths::{Telling, tell};
use super::waiver::{Waivers, apply};
use crate::facts::iam::evaluate::Options;
use crate::facts::paths::Question;
use crate::facts::{Facts, Identity};
use crate::model::{Fact, GapReason, Outcome, Place, RecordRef, Severity, Untrusted, Why};
use crate::rules::{Detail, Element, Evidence, Explanation, Framework, Rule, RuleSet, Verdict, evaluate, frameworks};
use crate::snapshot::schema::collection::Listing;
use crate::snapshot::{Completeness, Record, Snapshot, SnapshotFile};

/// On what terms a snapshot is judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// What is asked of the gate.
    pub gate: GateOptions,
    /// What is assumed where policies were not read.
    pub decisions: Options,
    /// Findings that are accepted.
    pub waivers: Option<&'a Waivers>,
    /// What is compared with.
    pub baseline: Option<&'a Baseline>,
}

/// Judges a snapshot by rules and asks the gate. `detail` says which verdicts show what decided them: a report that shows
/// no passes need not wait for their evidence.
pub fn assess(snapshot: &Snapshot, rules: &RuleSet, terms: Terms<'_>, now: Timestamp, detail: Detail) -> Assessment {
    let facts = Facts::deciding(snapshot, terms.decisions);
    let verdicts = evaluate(rules, &facts, detail);
    let places = Places::of(snapshot, &verdicts);
    let gaps = gaps(snapshot);
    let summary = summarise(rules, &verdicts, &gaps, &facts);
    let hiding: Vec<bool> = verdicts.iter().map(hides_unknowns).collect();
    let asks = rules.rules.iter().any(|rule| rule.target == "db_access");
    let entry = |verdict: Verdict| Some(places.verdict(rules.rules.get(verdict.rule)?, verdict));
    let mut assessment = Assessment {
        schema_version: SCHEMA_VERSION,
        run: run(snapshot, rules, now),
        gate: judge(terms.gate, &Standing::default()),
        comparison: None,
        summary,
        waivers: Vec::new(),
        paths: asks.then(|| tell(snapshot, facts.paths(), &Question::default(), Telling::default())),
        population: population(snapshot),
        gaps,
        rules: rules.rules.iter().map(rule_entry).collect(),
        frameworks: named_frameworks(rules),
        verdicts: verdicts.into_par_iter().with_min_len(AT_ONCE).filter_map(entry).collect(),
    };
    if let Some(waivers) = terms.waivers {
        assessment.waivers = apply(waivers, &mut assessment.verdicts, now);
        let waived = assessment.verdicts.iter().zip(hiding).filter(|(verdict, _)| verdict.is_waived());
        for (_, hides) in waived {
            assessment.summary.waived += 1;
            assessment.summary.undecided += usize::from(hides);
        }
    }
    if let Some(baseline) = terms.baseline {
        compare(baseline, &mut assessment);
    }
    assessment.gate = judge(terms.gate, &standing(&assessment, snapshot, terms.gate));
    assessment
}

fn named_frameworks(rules: &RuleSet) -> Vec<Framework> {
    let named = |it: &&Framework| rules.rules.iter().any(|rule| rule.frameworks.contains_key(&it.id));
    frameworks().iter().filter(named).cloned().collect()
}

/// Entries that one thread makes before it looks for more.
const AT_ONCE: usize = 256;

fn run(snapshot: &Snapshot, rules: &RuleSet, now: Timestamp) -> Run {
    Run {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        now,
        rules_profile: rules.profile.clone(),
        rules_sha256: rules.digest.clone(),
        snapshots: snapshot.files.iter().map(snapshot_entry).collect(),
    }
}

fn snapshot_entry(file: &SnapshotFile) -> SnapshotEntry {
    let header = &file.header;
    SnapshotEntry {
        path: file.path.display().to_string(),
        sha256: file.sha256.clone(),
        records: file.records,
        tool_version: header.tool_version.clone(),
        started: header.started,
        finished: file.finished,
        complete: file.completeness == Completeness::Complete,
        incomplete_because: incomplete_because(file).map(Untrusted::from),
        regions: header.scope.regions.clone(),
        collectors: header.scope.collectors.clone(),
        identity: header.identity.clone(),
    }
}

fn incomplete_because(file: &SnapshotFile) -> Option<String> {
    match &file.completeness {
        Completeness::Complete => None,
        Completeness::Interrupted => Some("the collection was interrupted".to_owned()),
        Completeness::Truncated { detail } => Some(detail.to_string()),
    }
}

fn standing(assessment: &Assessment, snapshot: &Snapshot, gate: GateOptions) -> Standing {
    let summary = &assessment.summary;
    let decided = |outcome| summary.outcomes.get(&outcome).copied().unwrap_or_default();
    let voluntary = assessment.gaps.iter().filter(|gap| gap.reason.is_voluntary());
    let left_out = voluntary.map(|gap| gap.what.split(':').next().unwrap_or_default());
    // Where servers were named by their address nobody asked AWS.
    let aws = snapshot.files.iter().any(|file| file.header.scope.collectors.iter().any(|it| it == "aws"));
    let left_out: BTreeSet<_> = left_out.chain((!aws && summary.servers > 0).then_some("aws")).collect();
    let whole =
        |file: &SnapshotFile| Some(format!("{} is not whole: {}", file.path.display(), incomplete_because(file)?));
    let mut standing = Standing {
        clusters: summary.clusters + summary.servers,
        involuntary_gaps: summary.involuntary_gaps,
        decided: decided(Outcome::Pass) + decided(Outcome::Fail),
        undecided: summary.undecided,
        snapshots: snapshot.files.iter().filter_map(whole).collect(),
        left_out: left_out.into_iter().map(str::to_owned).collect(),
        ..Standing::default()
    };
    for verdict in assessment.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Fail) {
        let known = gate.fail_on_new && verdict.baseline == Some(BaselineState::Unchanged);
        let counts = match (verdict.is_waived(), known) {
            (true, _) => &mut standing.waived,
            (false, true) => &mut standing.known,
            (false, false) => &mut standing.failures,
        };
        *counts.entry(verdict.severity).or_default() += 1;
    }
    standing
}

/// Unknown or broken, unless every reason for it is the user's own choice.
fn is_undecided(verdict: &Verdict) -> bool {
    match verdict.outcome {
        Outcome::Error => true,
        Outcome::Unknown => !is_chosen(verdict.gaps()),
        Outcome::Pass | Outcome::Fail | Outcome::NotApplicable => false,
    }
}

/// A failure under which there is something that nobody knows: elements that could not be judged. As long as it fails, that is the
/// smaller trouble; a waiver must not hide it.
fn hides_unknowns(verdict: &Verdict) -> bool {
    let of = |outcome| verdict.elements().iter().any(|element| element.outcome == outcome);
    verdict.outcome == Outcome::Fail && (of(Outcome::Error) || (of(Outcome::Unknown) && !is_chosen(verdict.gaps())))
}

/// Whether every reason is the user's own choice.
fn is_chosen(gaps: &[Why]) -> bool {
    !gaps.is_empty() && gaps.iter().all(|why| matches!(why, Why::Gap(gap) if gap.reason.is_voluntary()))
}

fn summarise(rules: &RuleSet, verdicts: &[Verdict], gaps: &[GapEntry], facts: &Facts) -> Summary {
    let mut summary = empty_summary();
    for verdict in verdicts {
        *summary.outcomes.entry(verdict.outcome).or_default() += 1;
        if let (Outcome::Fail, Some(rule)) = (verdict.outcome, rules.rules.get(verdict.rule)) {
            *summary.failures.entry(rule.severity).or_default() += 1;
        }
    }
    let voluntary = gaps.iter().filter(|gap| gap.reason.is_voluntary()).count();
    Summary {
        clusters: facts.cluster_count(),
        servers: facts.lone_server_count(),
        subjects: count_subjects(verdicts),
        undecided: verdicts.iter().filter(|verdict| is_undecided(verdict)).count(),
        involuntary_gaps: gaps.len() - voluntary,
        voluntary_gaps: voluntary,
        ..summary
    }
}

/// Counts that have a key for every outcome and severity.
fn empty_summary() -> Summary {
    Summary {
        outcomes: Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect(),
        failures: Severity::DESCENDING.into_iter().map(|severity| (severity, 0)).collect(),
        ..Summary::default()
    }
}

/// Verdicts on one subject share its identity, which saves comparing most of them.
fn count_subjects(verdicts: &[Verdict]) -> usize {
    let mut shared: Vec<_> = verdicts.iter().map(|verdict| &verdict.subject).collect();
    shared.sort_unstable_by_key(|identity| Arc::as_ptr(identity));
    shared.dedup_by_key(|identity| Arc::as_ptr(identity));
    shared.into_iter().collect::<BTreeSet<_>>().len()
}

fn gaps(snapshot: &Snapshot) -> Vec<GapEntry> {
    let mut gaps: Vec<_> = snapshot
        .records
        .gaps
        .iter()
        .map(|record| GapEntry {
            account: record.account.clone(),
            region: record.region.clone(),
            what: record.data.what.clone(),
            target: record.data.target.as_deref().map(Untrusted::from),
            reason: record.data.reason,
            needs: record.data.needs.as_deref().map(Untrusted::from),
            message: record.data.message.clone(),
            location: Some(location(Place::data_of(record.at), &record.source, record.observed)),
        })
        .collect();
    gaps.sort_by(|left, right| gap_order(left).cmp(&gap_order(right)));
    gaps
}

/// What the user chose comes last.
fn gap_order(gap: &GapEntry) -> (bool, &str, &str, &str, Option<&Untrusted>, GapReason) {
    (gap.reason.is_voluntary(), &gap.account, &gap.region, &gap.what, gap.target.as_ref(), gap.reason)
}

fn population(snapshot: &Snapshot) -> Vec<Population> {
    let mut population: Vec<_> = snapshot.records.listings.iter().filter_map(|record| population_of(record)).collect();
    population.sort();
    population.dedup();
    population
}

fn population_of(record: &Record<Listing>) -> Option<Population> {
    let listing = &record.data;
    let text = |fact: &Fact<String>| Untrusted::from(fact.known().map_or("?", String::as_str));
    let excluded = listing.excluded.known().into_iter().flatten();
    Some(Population {
        account: record.account.clone(),
        region: record.region.clone(),
        source: record.source.clone(),
        kind: listing.kind.known()?.clone(),
        target: listing.target.known().map(|target| Untrusted::from(target.as_str())),
        returned: *listing.returned.known()?,
        kept: *listing.kept.known()?,
        excluded: excluded.map(|item| ExcludedEntry { id: text(&item.id), why: text(&item.why) }).collect(),
    })
}

fn rule_entry(rule: &Rule) -> RuleEntry {
    let text = |text: &Option<String>| text.as_deref().map(Untrusted::from);
    let controls = |list: &Vec<crate::rules::Control>| {
        list.iter().map(|it| ControlEntry { control: it.control.clone(), coverage: it.coverage }).collect()
    };
    RuleEntry {
        id: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        area: rule.area.clone(),
        target: rule.target.to_owned(),
        rationale: rule.rationale.clone(),
        check: rule.check_text.clone(),
        remediation: Remediation {
            text: Untrusted::from(rule.remediation.text.as_str()),
            cli: text(&rule.remediation.cli),
            sql: text(&rule.remediation.sql),
            terraform: text(&rule.remediation.terraform),
        },
        frameworks: rule.frameworks.iter().map(|(name, list)| (name.clone(), controls(list))).collect(),
        docs: rule.docs.clone(),
        tags: rule.tags.clone(),
    }
}

/// The envelope of every record that evidence points into.
struct Places(BTreeMap<RecordRef, (String, Timestamp)>);

impl Places {
    fn of(snapshot: &Snapshot, verdicts: &[Verdict]) -> Self {
        let mut wanted = BTreeSet::new();
        for explanation in verdicts.iter().filter_map(|verdict| verdict.explanation.as_deref()) {
            let of_elements = explanation.elements.iter().flat_map(|element| &element.evidence);
            for evidence in explanation.evidence.iter().chain(of_elements) {
                wanted.extend(evidence.places.iter().map(|place| place.record));
            }
        }
        let mut found = BTreeMap::new();
        snapshot.records.for_each(|at, _, _, source, observed| {
            if wanted.contains(&at) {
                found.insert(at, (source.to_owned(), observed));
            }
        });
        Self(found)
    }

    fn verdict(&self, rule: &Rule, verdict: Verdict) -> VerdictEntry {
        let Verdict { subject: identity, outcome, explanation, .. } = verdict;
        let Explanation { message, reasons, evidence, elements, remediation, .. } =
            explanation.map(|it| *it).unwrap_or_default();
        VerdictEntry {
            rule: rule.id.clone(),
            subject: subject(&identity),
            outcome,
            severity: rule.severity,
            message,
            reasons,
            evidence: self.evidence(evidence),
            elements: elements.into_iter().map(|element| self.element(rule, &identity, element)).collect(),
            remediation: remediation.map(filled_in),
            fingerprint: fingerprint(&rule.id, &identity, None),
            baseline: None,
            waiver: None,
        }
    }

    fn element(&self, rule: &Rule, subject: &Identity, element: Element) -> ElementEntry {
        let fingerprint = fingerprint(&rule.id, subject, Some(&element.key));
        let Element { key, outcome, message, reasons, evidence, remediation } = element;
        ElementEntry {
            key,
            outcome,
            message,
            reasons,
            evidence: self.evidence(evidence),
            remediation: remediation.map(filled_in),
            fingerprint,
            baseline: None,
            waiver: None,
        }
    }

    fn evidence(&self, evidence: Vec<Evidence>) -> Vec<EvidenceEntry> {
        let entry = |it: Evidence| EvidenceEntry {
            fact: it.fact,
            value: it.value,
            locations: it.places.into_iter().filter_map(|place| self.location(place)).collect(),
        };
        evidence.into_iter().map(entry).collect()
    }

    fn location(&self, place: Place) -> Option<Location> {
        let (source, observed) = self.0.get(&place.record)?;
        Some(location(place, source, *observed))
    }
}

fn location(place: Place, source: &str, observed: Timestamp) -> Location {
    Location {
        file: place.record.file,
        line: place.record.line,
        pointer: place.pointer,
        source: source.to_owned(),
        observed,
    }
}

fn subject(identity: &Identity) -> SubjectEntry {
    SubjectEntry {
        kind: identity.kind.to_owned(),
        id: identity.id.clone(),
        name: identity.name.clone(),
        account: identity.account.clone(),
        region: identity.region.clone(),
    }
}

fn filled_in(rendered: crate::rules::Remediation) -> Remediation {
    let crate::rules::Remediation { text, cli, sql, terraform } = rendered;
    Remediation { text, cli, sql, terraform }
}

/// The parts are written with their lengths, so that no two different lists of parts give the same bytes. Account and region
/// are part of it because the id of an endpoint or of a listing does not carry them.
fn fingerprint(rule: &str, subject: &Identity, element: Option<&Untrusted>) -> String {
    let parts =
        [rule, subject.kind, &subject.account, &subject.region, subject.id.raw(), element.map_or("", Untrusted::raw)];
    let mut digest = Sha256::new();
    digest.update(b"aurora-audit/v1");
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    HEXLOWER.encode(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_tell_parts_apart() {
        let subject = |id: &str| Identity {
            kind: "db_cluster",
            id: id.into(),
            name: "shop".into(),
            account: "1".into(),
            region: "r".into(),
        };
        let key = Untrusted::from("c");
        let all = [
            fingerprint("a", &subject("b"), None),
            fingerprint("a", &subject("b"), Some(&key)),
            fingerprint("a", &subject("bc"), None),
            fingerprint("ab", &subject("c"), None),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all[0], fingerprint("a", &subject("b"), None));
    }
}

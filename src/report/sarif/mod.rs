//! SARIF 2.1.0 in two profiles. GitHub opens an alert for every result, whatever its kind, and closes those that are no
//! longer reported: its profile holds failures only, and a failure of its own when the run is incomplete. Readers that
//! know the standard get all verdicts, with the true lines of the snapshots.

mod escape;
mod graph;
mod past;
mod place;
mod result;
mod rule;
mod suppression;
mod taxonomy;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_sarif::sarif;

use self::result::Finding;
use self::taxonomy::Taxonomies;
use super::{Anchors, Options, ReportError, SarifProfile, lines, uri, words};
use crate::check::{Assessment, GapEntry, VerdictEntry};
use crate::model::{Outcome, Untrusted};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// GitHub's category is what stands before the last slash; without one it is empty.
const CATEGORY: &str = "aurora-audit/";
/// GitHub shows no more than this many results of a run. Ours are sorted, so that the gravest are kept.
const RESULTS: usize = 5_000;
/// Lines are broken down to the items of a run: a result is a line.
const BROKEN: usize = 4;

/// Writes the log.
pub fn render(assessment: &Assessment, options: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    match options.sarif_profile {
        SarifProfile::Github => github(assessment, &options.anchors, out),
        SarifProfile::Full => full(assessment, &options.anchors, out),
    }
}

fn github(assessment: &Assessment, anchors: &Anchors, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut rules: Vec<_> = assessment.rules.iter().map(rule::descriptor).collect();
    rules.push(rule::incomplete());
    let mut failures = result::failures(assessment);
    let carried = past::carried(assessment);
    rules.extend(past::forgotten_rules(assessment, &carried));
    let left_out = (failures.len() + carried.len()).saturating_sub(RESULTS - 1);
    failures.truncate((RESULTS - 1).saturating_sub(carried.len()));
    let mut results: Vec<_> = result::incomplete(assessment, anchors, left_out).into_iter().collect();
    results.extend(failures.iter().map(|finding| finding.for_github(assessment, anchors)));
    results.extend(carried.iter().take(RESULTS - 1).map(|finding| past::result(finding, anchors)));
    let run = run(assessment, driver(assessment, rules));
    write(&run, results, sarif::Result::clone, out)
}

fn full(assessment: &Assessment, anchors: &Anchors, out: &mut dyn Write) -> Result<(), ReportError> {
    let reasons: BTreeSet<_> = assessment.gaps.iter().map(|gap| gap.reason).collect();
    let mut notifications: Vec<_> = reasons.into_iter().map(rule::gap_descriptor).collect();
    notifications.push(rule::error_descriptor());
    let taxonomies = Taxonomies::of(assessment);
    let rules = assessment.rules.iter().map(|rule| rule::related(rule, &taxonomies)).collect();
    let mut driver = driver(assessment, rules);
    driver.notifications = Some(notifications);
    driver.supported_taxonomies = Some(taxonomies.references()).filter(|list| !list.is_empty());
    let mut run = run(assessment, driver);
    run.taxonomies = Some(taxonomies.components()).filter(|list| !list.is_empty());
    run.graphs = Some(graph::all(assessment, anchors)).filter(|list| !list.is_empty());
    run.original_uri_base_ids = uri_base_ids(assessment);
    run.invocations = Some(vec![sarif::Invocation {
        tool_execution_notifications: Some(notices(assessment, anchors)),
        ..invocation(assessment)
    }]);
    let taxa: BTreeMap<&str, Vec<_>> = assessment
        .rules
        .iter()
        .map(|rule| (&*rule.id, taxonomies.taxa(rule)))
        .filter(|(_, taxa)| !taxa.is_empty())
        .collect();
    let since = past::Since::of(assessment);
    let result = |finding: &Finding<'_>| {
        let of_failure = (finding.verdict.outcome == Outcome::Fail).then(|| taxa.get(&*finding.verdict.rule).cloned());
        sarif::Result {
            baseline_state: since.state(finding.verdict).map(Into::into),
            suppressions: suppression::of(assessment, finding.verdict.waiver),
            taxa: of_failure.flatten(),
            ..finding.in_full(assessment, anchors)
        }
    };
    write(&run, result::verdicts(assessment), result, out)
}

/// Writes the run with its results, which are made one at a time: as a whole they would take many times what the log does.
fn write<T>(
    run: &sarif::Run,
    findings: Vec<T>,
    result: impl Fn(&T) -> sarif::Result,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let indexes = rule_indexes(run);
    let head = serde_json::to_value(run).map_err(ReportError::Json)?;
    let with_index = |finding: &T| {
        let result = result(finding);
        sarif::Result { rule_index: result.rule_id.as_ref().and_then(|id| indexes.get(id).copied()), ..result }
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [Run { head, findings, result: with_index }] };
    lines::write(&log, BROKEN, out)
}

fn rule_indexes(run: &sarif::Run) -> BTreeMap<String, i64> {
    run.tool.driver.rules.iter().flatten().map(|rule| rule.id.clone()).zip(0..).collect()
}

#[derive(Serialize)]
#[serde(bound(serialize = "Run<T, F>: Serialize"))]
struct Log<T, F> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<T, F>; 1],
}

/// A run without its results, and the way to make them.
struct Run<T, F> {
    head: serde_json::Value,
    findings: Vec<T>,
    result: F,
}

impl<T, F: Fn(&T) -> sarif::Result> Serialize for Run<T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.head.as_object().into_iter().flatten() {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("results", &Results(self))?;
        map.end()
    }
}

struct Results<'a, T, F>(&'a Run<T, F>);

impl<T, F: Fn(&T) -> sarif::Result> Serialize for Results<'_, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.findings.iter().map(&self.0.result))
    }
}

fn run(assessment: &Assessment, driver: sarif::ToolComponent) -> sarif::Run {
    let tool = sarif::Tool::builder().driver(driver).build();
    sarif::Run {
        automation_details: Some(sarif::RunAutomationDetails { id: Some(CATEGORY.to_owned()), ..Default::default() }),
        column_kind: Some("unicodeCodePoints".into()),
        invocations: Some(vec![invocation(assessment)]),
        properties: Some(run_properties(assessment)),
        ..sarif::Run::builder().tool(tool).build()
    }
}

fn driver(assessment: &Assessment, mut rules: Vec<sarif::ReportingDescriptor>) -> sarif::ToolComponent {
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    sarif::ToolComponent {
        full_name: Some(format!("aurora-audit {}", assessment.run.tool_version)),
        semantic_version: Some(assessment.run.tool_version.clone()),
        rules: Some(rules),
        ..sarif::ToolComponent::builder().name("aurora-audit").build()
    }
}

/// Absolute snapshot paths are written relative to the root, which then has to be declared.
fn uri_base_ids(assessment: &Assessment) -> Option<BTreeMap<String, sarif::ArtifactLocation>> {
    let files = assessment.run.snapshots.iter().map(|snapshot| &snapshot.path);
    let rooted = files.chain(assessment.waivers.iter().map(|waiver| &waiver.file)).any(|path| uri::relative(path).1);
    let root = sarif::ArtifactLocation { uri: Some("file:///".to_owned()), ..sarif::ArtifactLocation::default() };
    rooted.then(|| BTreeMap::from([(place::ROOT.to_owned(), root)]))
}

fn invocation(assessment: &Assessment) -> sarif::Invocation {
    let snapshots = &assessment.run.snapshots;
    let successful = snapshots.iter().all(|snapshot| snapshot.complete)
        && words::verdicts(assessment, Outcome::Error) == 0
        && assessment.summary.involuntary_gaps == 0;
    let started = snapshots.iter().map(|snapshot| snapshot.started).min().unwrap_or(assessment.run.now);
    let finished = snapshots.iter().filter_map(|snapshot| snapshot.finished).max().unwrap_or(assessment.run.now);
    sarif::Invocation {
        start_time_utc: Some(started.to_string()),
        end_time_utc: Some(finished.to_string()),
        exit_code_description: Some(escape::name(&Untrusted::from(assessment.gate.reason.as_str()))),
        ..sarif::Invocation::builder().execution_successful(successful).build()
    }
}

/// What a reader needs to tell which run this was, and to see that passes and gaps were counted.
fn run_properties(assessment: &Assessment) -> sarif::PropertyBag {
    let outcomes = Outcome::ALL.map(|outcome| (outcome.as_str().to_owned(), words::verdicts(assessment, outcome)));
    let snapshots: Vec<_> = assessment.run.snapshots.iter().map(|snapshot| snapshot.sha256.clone()).collect();
    property_bag(
        None,
        vec![
            ("gate", words::gate(assessment.gate.result).into()),
            ("involuntaryGaps", assessment.summary.involuntary_gaps.into()),
            ("now", assessment.run.now.to_string().into()),
            ("outcomes", outcomes.into_iter().map(|(word, number)| (word, number.into())).collect::<Map>().into()),
            ("rulesSha256", assessment.run.rules_sha256.clone().into()),
            ("snapshotsSha256", snapshots.into()),
            ("voluntaryGaps", assessment.summary.voluntary_gaps.into()),
            ("waived", assessment.summary.waived.into()),
        ],
    )
}

type Map = serde_json::Map<String, serde_json::Value>;

fn property_bag(tags: Option<Vec<String>>, properties: Vec<(&str, serde_json::Value)>) -> sarif::PropertyBag {
    let additional_properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    sarif::PropertyBag { tags, additional_properties }
}

/// Gaps, and the rules that broke.
fn notices(assessment: &Assessment, anchors: &Anchors) -> Vec<sarif::Notification> {
    let broken = assessment.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Error);
    let gaps = assessment.gaps.iter().map(|gap| gap_notice(assessment, anchors, gap));
    gaps.chain(broken.map(|verdict| error_notice(assessment, anchors, verdict))).collect()
}

fn gap_notice(assessment: &Assessment, anchors: &Anchors, gap: &GapEntry) -> sarif::Notification {
    let target = gap.target.as_ref().map(|target| format!(" for '{}'", escape::plain(target))).unwrap_or_default();
    let what = escape::plain(&Untrusted::from(gap.what.as_str()));
    let mend = escape::plain(&Untrusted::from(words::mend(gap)));
    let said = words::sentence(&escape::plain(&gap.message));
    let text = format!("'{what}'{target} was not read ({}). {said} To mend: {mend}.", gap.reason.as_str());
    let physical = place::in_snapshot(assessment, gap.location.as_ref(), anchors.of_run());
    sarif::Notification {
        level: Some(if gap.reason.is_voluntary() { "note" } else { "warning" }.into()),
        locations: Some(vec![place::location(physical, Vec::new())]),
        ..notice(&rule::gap_id(gap.reason), text)
    }
}

fn error_notice(assessment: &Assessment, anchors: &Anchors, verdict: &VerdictEntry) -> sarif::Notification {
    let reasons = verdict.reasons.iter().map(|reason| words::sentence(&escape::plain(reason)));
    let subject = escape::plain(&verdict.subject.id);
    let said = std::iter::once(words::sentence(&escape::plain(&verdict.message))).chain(reasons).collect::<Vec<_>>();
    let text = format!("Rule '{}' on '{subject}': {}", verdict.rule, said.join(" "));
    let physical = place::in_snapshot(assessment, place::decisive(&verdict.evidence), anchors.of(&verdict.subject));
    sarif::Notification {
        associated_rule: Some(sarif::ReportingDescriptorReference {
            id: Some(verdict.rule.clone()),
            ..Default::default()
        }),
        level: Some("error".into()),
        locations: Some(vec![place::location(physical, Vec::new())]),
        ..notice(rule::RULE_ERROR, text)
    }
}

fn notice(descriptor: &str, text: String) -> sarif::Notification {
    let message = sarif::Message { text: Some(text), ..sarif::Message::default() };
    sarif::Notification {
        descriptor: Some(sarif::ReportingDescriptorReference { id: Some(descriptor.to_owned()), ..Default::default() }),
        ..sarif::Notification::builder().message(message).build()
    }
}

#[cfg(test)]
mod tests;

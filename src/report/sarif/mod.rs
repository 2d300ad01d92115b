//! SARIF 2.1.0 in two profiles. GitHub opens an alert for every result, whatever its kind, and closes those that are no
//! longer reported: its profile holds failures only, and a failure of its own when the run is incomplete. Readers that
//! know the standard get all verdicts, with the true lines of the snapshots.

mod escape;
mod place;
mod result;
mod rule;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_sarif::sarif;

use self::result::Sorted;
use super::{Options, ReportError, SarifProfile, words};
use crate::check::{Assessment, GapEntry, VerdictEntry};
use crate::model::{Outcome, Untrusted};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// GitHub's category is what stands before the last slash; without one it is empty.
const CATEGORY: &str = "aurora-audit/";
/// GitHub shows no more than this many results of a run. Ours are sorted, so that the gravest are kept.
const RESULTS: usize = 5_000;

/// Writes the log.
pub fn render(assessment: &Assessment, options: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let run = match options.sarif_profile {
        SarifProfile::Github => github(assessment),
        SarifProfile::Full => full(assessment),
    };
    let log = sarif::Sarif {
        schema: Some(SCHEMA.to_owned()),
        inline_external_properties: None,
        properties: None,
        runs: vec![run],
        version: "2.1.0".into(),
    };
    serde_json::to_writer_pretty(&mut *out, &log).map_err(ReportError::of_json)?;
    out.write_all(b"\n").map_err(ReportError::Write)
}

fn github(assessment: &Assessment) -> sarif::Run {
    let mut rules: Vec<_> = assessment.rules.iter().map(rule::descriptor).collect();
    rules.push(rule::incomplete());
    let mut failures = result::failures(assessment);
    let left_out = failures.len().saturating_sub(RESULTS - 1);
    failures.truncate(failures.len() - left_out);
    let mut results: Vec<_> = result::incomplete(assessment, left_out).into_iter().collect();
    results.extend(failures.into_iter().map(|sorted| sorted.result));
    run(assessment, rules, Vec::new(), results)
}

fn full(assessment: &Assessment) -> sarif::Run {
    let reasons: BTreeSet<_> = assessment.gaps.iter().map(|gap| gap.reason).collect();
    let mut notifications: Vec<_> = reasons.into_iter().map(rule::gap_descriptor).collect();
    notifications.push(rule::error_descriptor());
    let rules = assessment.rules.iter().map(rule::descriptor).collect();
    let results = result::verdicts(assessment).into_iter().map(|Sorted { result, .. }| result).collect();
    let mut run = run(assessment, rules, notifications, results);
    run.invocations = Some(vec![sarif::Invocation {
        tool_execution_notifications: Some(notices(assessment)),
        ..invocation(assessment)
    }]);
    run
}

fn run(
    assessment: &Assessment,
    mut rules: Vec<sarif::ReportingDescriptor>,
    notifications: Vec<sarif::ReportingDescriptor>,
    mut results: Vec<sarif::Result>,
) -> sarif::Run {
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let index: BTreeMap<&str, i64> = rules.iter().map(|rule| &*rule.id).zip(0..).collect();
    for result in &mut results {
        result.rule_index = result.rule_id.as_deref().and_then(|id| index.get(id).copied());
    }
    let tool = sarif::Tool::builder().driver(driver(assessment, rules, notifications)).build();
    sarif::Run {
        automation_details: Some(sarif::RunAutomationDetails { id: Some(CATEGORY.to_owned()), ..Default::default() }),
        column_kind: Some("unicodeCodePoints".into()),
        invocations: Some(vec![invocation(assessment)]),
        original_uri_base_ids: uri_base_ids(assessment, &results),
        properties: Some(run_properties(assessment)),
        results: Some(results),
        ..sarif::Run::builder().tool(tool).build()
    }
}

fn driver(
    assessment: &Assessment,
    rules: Vec<sarif::ReportingDescriptor>,
    notifications: Vec<sarif::ReportingDescriptor>,
) -> sarif::ToolComponent {
    sarif::ToolComponent {
        full_name: Some(format!("aurora-audit {}", assessment.run.tool_version)),
        semantic_version: Some(assessment.run.tool_version.clone()),
        rules: Some(rules),
        notifications: (!notifications.is_empty()).then_some(notifications),
        ..sarif::ToolComponent::builder().name("aurora-audit").build()
    }
}

/// Absolute snapshot paths are written relative to the root, which then has to be declared.
fn uri_base_ids(
    assessment: &Assessment,
    results: &[sarif::Result],
) -> Option<BTreeMap<String, sarif::ArtifactLocation>> {
    let rooted = assessment.run.snapshots.iter().any(|snapshot| place::relative_uri(&snapshot.path).1);
    let root = sarif::ArtifactLocation { uri: Some("file:///".to_owned()), ..sarif::ArtifactLocation::default() };
    let used = results.iter().flat_map(|result| result.locations.iter().flatten()).any(|location| {
        let artifact = location.physical_location.as_ref().and_then(|physical| physical.artifact_location.as_ref());
        artifact.is_some_and(|artifact| artifact.uri_base_id.is_some())
    });
    (rooted && used).then(|| BTreeMap::from([(place::ROOT.to_owned(), root)]))
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
        ],
    )
}

type Map = serde_json::Map<String, serde_json::Value>;

fn property_bag(tags: Option<Vec<String>>, properties: Vec<(&str, serde_json::Value)>) -> sarif::PropertyBag {
    let additional_properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    sarif::PropertyBag { tags, additional_properties }
}

/// Gaps, and the rules that broke.
fn notices(assessment: &Assessment) -> Vec<sarif::Notification> {
    let broken = assessment.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Error);
    let gaps = assessment.gaps.iter().map(|gap| gap_notice(assessment, gap));
    gaps.chain(broken.map(|verdict| error_notice(assessment, verdict))).collect()
}

fn gap_notice(assessment: &Assessment, gap: &GapEntry) -> sarif::Notification {
    let target = gap.target.as_ref().map(|target| format!(" for '{}'", escape::plain(target))).unwrap_or_default();
    let what = escape::plain(&Untrusted::from(gap.what.as_str()));
    let mend = escape::plain(&Untrusted::from(words::mend(gap)));
    let said = words::sentence(&escape::plain(&gap.message));
    let text = format!("'{what}'{target} was not read ({}). {said} To mend: {mend}.", gap.reason.as_str());
    let physical = place::in_snapshot(assessment, gap.location.as_ref());
    sarif::Notification {
        level: Some(if gap.reason.is_voluntary() { "note" } else { "warning" }.into()),
        locations: Some(vec![place::location(physical, Vec::new())]),
        ..notice(&rule::gap_id(gap.reason), text)
    }
}

fn error_notice(assessment: &Assessment, verdict: &VerdictEntry) -> sarif::Notification {
    let reasons = verdict.reasons.iter().map(|reason| words::sentence(&escape::plain(reason)));
    let subject = escape::plain(&verdict.subject.id);
    let said = std::iter::once(words::sentence(&escape::plain(&verdict.message))).chain(reasons).collect::<Vec<_>>();
    let text = format!("Rule '{}' on '{subject}': {}", verdict.rule, said.join(" "));
    let physical = place::in_snapshot(assessment, place::decisive(&verdict.evidence));
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

//! OCSF 1.6.0, class Compliance Finding (2003), an event a line, for Security Lake and whatever else reads its events. Times are
//! in milliseconds there. The class is described at <https://schema.ocsf.io/1.6.0/classes/compliance_finding>.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::row::{Row, plain, rows, shown};
use super::{Options, ReportError, words};
use crate::check::{Assessment, BaselineState};
use crate::model::{Outcome, Severity};

/// Version of the schema that the events are written by.
const VERSION: &str = "1.6.0";

/// Writes the events.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    for row in rows(assessment) {
        serde_json::to_writer(&mut *out, &event(assessment, &row)).map_err(ReportError::of_json)?;
        out.write_all(b"\n").map_err(ReportError::Write)?;
    }
    Ok(())
}

fn event(assessment: &Assessment, row: &Row<'_>) -> Value {
    let verdict = row.verdict;
    let (severity_id, severity) = severity(row);
    let (status_id, status) = if verdict.is_waived() { (3, "Suppressed") } else { (1, "New") };
    let time = assessment.run.now.as_millisecond();
    // A failure that the baseline has is not told anew.
    let (activity_id, activity) = match verdict.baseline {
        Some(BaselineState::Unchanged) => (2, "Update"),
        _ => (1, "Create"),
    };
    let mut event = json!({
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200_300 + activity_id,
        "type_name": format!("Compliance Finding: {activity}"),
        "time": time,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": row.found(),
        "metadata": metadata(assessment),
        "finding_info": finding(row, time),
        "compliance": compliance(row),
        "resources": [resource(row)],
        "evidences": [{ "data": evidence(row) }],
        "cloud": { "provider": "AWS", "account": { "uid": plain(&verdict.subject.account) }, "region": plain(&verdict.subject.region) },
        "unmapped": { "outcome": verdict.outcome.as_str() },
    });
    if let (Some(mend), Some(event)) = (row.mend(), event.as_object_mut()) {
        let references: Vec<&str> = row.docs().into_iter().collect();
        event.insert("remediation".to_owned(), json!({ "desc": mend, "references": references }));
    }
    event
}

fn metadata(assessment: &Assessment) -> Value {
    let version = plain(&assessment.run.tool_version);
    json!({
        "version": VERSION,
        "profiles": ["cloud"],
        "product": { "name": "aurora-audit", "vendor_name": "aurora-audit", "version": version },
    })
}

fn finding(row: &Row<'_>, time: i64) -> Value {
    let seen = row.locations().into_iter().map(|it| it.observed.as_millisecond());
    json!({
        "uid": plain(&row.verdict.fingerprint),
        "title": row.title(),
        "desc": row.rationale(),
        "created_time": time,
        "last_seen_time": seen.max().unwrap_or(time),
        "analytic": { "uid": plain(&row.verdict.rule), "name": plain(&row.verdict.rule), "type_id": 1, "type": "Rule" },
        "product": { "name": "aurora-audit", "vendor_name": "aurora-audit" },
        "types": [],
    })
}

fn compliance(row: &Row<'_>) -> Value {
    let (status_id, status) = match row.verdict.outcome {
        Outcome::Pass => (1, "Pass"),
        Outcome::Unknown | Outcome::Error => (2, "Warning"),
        Outcome::Fail => (3, "Fail"),
        Outcome::NotApplicable => (99, "Other"),
    };
    let standards: BTreeSet<String> = row.controls().map(|(framework, ..)| plain(framework)).collect();
    let requirements: Vec<String> =
        row.controls().map(|(framework, control, _)| plain(&format!("{framework} {control}"))).collect();
    json!({
        // Required, also of a rule that no framework asks for.
        "standards": if standards.is_empty() { BTreeSet::from(["aurora-audit".to_owned()]) } else { standards },
        "control": plain(&row.verdict.rule),
        "requirements": requirements,
        "status_id": status_id,
        "status": status,
        "status_code": row.verdict.outcome.as_str(),
        "status_detail": row.found(),
    })
}

fn resource(row: &Row<'_>) -> Value {
    let subject = &row.verdict.subject;
    json!({
        "uid": shown(&subject.id),
        "name": shown(&subject.name),
        "type": plain(&subject.kind),
        "region": plain(&subject.region),
        "cloud_partition": words::partition(&subject.region),
    })
}

fn evidence(row: &Row<'_>) -> Value {
    let sources: BTreeSet<String> = row.locations().into_iter().map(|it| plain(&it.source)).collect();
    Map::from_iter([("facts".to_owned(), json!(row.evidence())), ("sources".to_owned(), json!(sources))]).into()
}

/// Only a failure is as grave as its rule.
fn severity(row: &Row<'_>) -> (u8, &'static str) {
    if row.verdict.outcome != Outcome::Fail {
        return (1, "Informational");
    }
    match row.severity() {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::sample::{hostile, sample};
    use crate::report::tests::bytes;

    fn events(assessment: &Assessment) -> Vec<Value> {
        let text = String::from_utf8(bytes(assessment, Format::Ocsf)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_verdict_is_an_event_with_what_the_class_requires() {
        for assessment in [sample(), hostile()] {
            let events = events(&assessment);
            assert_eq!(events.len(), assessment.verdicts.len());
            for event in events {
                for path in [
                    "/activity_id",
                    "/category_uid",
                    "/class_uid",
                    "/type_uid",
                    "/severity_id",
                    "/time",
                    "/metadata/version",
                    "/metadata/product/vendor_name",
                    "/finding_info/uid",
                    "/compliance/standards/0",
                    "/cloud/provider",
                ] {
                    assert!(event.pointer(path).is_some_and(|value| !value.is_null()), "{path}: {event}");
                }
                assert_eq!(
                    event["type_uid"],
                    event["class_uid"].as_u64().unwrap() * 100 + event["activity_id"].as_u64().unwrap()
                );
            }
        }
    }

    #[test]
    fn times_are_in_milliseconds() {
        assert_eq!(events(&sample())[0]["time"], 1_795_167_000_000_u64);
    }

    #[test]
    fn unknown_is_neither_a_pass_nor_a_failure() {
        for event in events(&sample()) {
            let status = &event["compliance"]["status_id"];
            let wanted = match event["unmapped"]["outcome"].as_str().unwrap() {
                "pass" => 1,
                "fail" => 3,
                "not_applicable" => 99,
                _ => 2,
            };
            assert_eq!(status, wanted, "{event}");
        }
    }

    #[test]
    fn an_event_of_the_sample() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&events(&sample())[1]).unwrap());
    }
}

//! AWS Security Finding Format: one JSON array for Security Hub's `BatchImportFindings`, which takes a hundred findings of one
//! account and region at a time. This only writes the file. The attributes and their limits are those of the page "Required
//! top-level ASFF attributes" of the Security Hub user guide and of `AwsSecurityFinding` in its API reference.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::row::{Row, plain, rows, shown};
use super::{Options, ReportError, words};
use crate::check::Assessment;
use crate::model::{Outcome, Severity};

/// Characters that Security Hub takes.
const TITLE: usize = 256;
const DESCRIPTION: usize = 1_024;
const RECOMMENDATION: usize = 512;
const RESOURCE: usize = 512;
const PROPERTY: usize = 1_024;
const REQUIREMENTS: usize = 32;
/// What snapshots have for the region of a thing that is in none.
const GLOBAL: &str = "global";

/// Writes the array, a finding a line.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut separator = "[";
    for row in rows(assessment) {
        writeln!(out, "{separator}").map_err(ReportError::Write)?;
        serde_json::to_writer(&mut *out, &finding(assessment, &row)).map_err(ReportError::of_json)?;
        separator = ",";
    }
    let end = if separator == "[" { "[]\n" } else { "\n]\n" };
    out.write_all(end.as_bytes()).map_err(ReportError::Write)
}

fn finding(assessment: &Assessment, row: &Row<'_>) -> Value {
    let verdict = row.verdict;
    let region = region(assessment, row);
    let account = plain(&verdict.subject.account);
    let partition = words::partition(&region);
    let now = assessment.run.now.to_string();
    let severity = json!({ "Label": severity(row) });
    let types = ["Software and Configuration Checks/AWS Security Best Practices"];
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("aurora-audit/{}", plain(&verdict.fingerprint)),
        "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "GeneratorId": cut(&plain(&verdict.rule), RESOURCE),
        "AwsAccountId": account,
        "Types": types,
        "CreatedAt": now,
        "UpdatedAt": now,
        "Severity": severity,
        "Title": cut(&row.title(), TITLE),
        "Description": cut(&row.found(), DESCRIPTION),
        "Resources": [resource(row, &region)],
        "Compliance": compliance(row),
        "ProductFields": product_fields(assessment, row),
        "FindingProviderFields": { "Severity": severity, "Types": types },
        "RecordState": "ACTIVE",
    });
    if let (Some(recommendation), Some(finding)) = (recommendation(row), finding.as_object_mut()) {
        finding.insert("Remediation".to_owned(), json!({ "Recommendation": recommendation }));
    }
    finding
}

/// Security Hub is regional, and principals are not: theirs are filed in the first region that was asked.
fn region(assessment: &Assessment, row: &Row<'_>) -> String {
    let own = &row.verdict.subject.region;
    let asked =
        || assessment.run.snapshots.iter().flat_map(|snapshot| &snapshot.regions).find(|region| *region != GLOBAL);
    let global = own.is_empty() || own == GLOBAL;
    if global { asked().map_or_else(|| "us-east-1".to_owned(), |region| plain(region)) } else { plain(own) }
}

/// Only a failure is as grave as its rule.
fn severity(row: &Row<'_>) -> &'static str {
    match (row.verdict.outcome, row.severity()) {
        (Outcome::Fail, Severity::Critical) => "CRITICAL",
        (Outcome::Fail, Severity::High) => "HIGH",
        (Outcome::Fail, Severity::Medium) => "MEDIUM",
        (Outcome::Fail, Severity::Low) => "LOW",
        _ => "INFORMATIONAL",
    }
}

fn compliance(row: &Row<'_>) -> Value {
    let status = match row.verdict.outcome {
        Outcome::Pass => "PASSED",
        Outcome::Fail => "FAILED",
        Outcome::Unknown | Outcome::Error => "WARNING",
        Outcome::NotApplicable => "NOT_AVAILABLE",
    };
    let controls = row.controls().map(|(framework, control, _)| cut(&plain(&format!("{framework} {control}")), 64));
    json!({ "Status": status, "RelatedRequirements": controls.take(REQUIREMENTS).collect::<Vec<_>>() })
}

fn resource(row: &Row<'_>, region: &str) -> Value {
    let subject = &row.verdict.subject;
    json!({
        "Type": resource_type(&subject.kind, subject.id.raw()),
        "Id": cut(&shown(&subject.id), RESOURCE),
        "Partition": words::partition(region),
        "Region": region,
    })
}

/// AWS's name for a kind of subject; what it has none for is `Other`.
fn resource_type(kind: &str, id: &str) -> &'static str {
    match kind {
        "db_cluster" => "AwsRdsDbCluster",
        "db_instance" => "AwsRdsDbInstance",
        "db_cluster_snapshot" => "AwsRdsDbClusterSnapshot",
        "aws_account" => "AwsAccount",
        "iam_user" => "AwsIamUser",
        "iam_policy" => "AwsIamPolicy",
        "iam_principal" if id.contains(":role/") => "AwsIamRole",
        "iam_principal" if id.contains(":user/") => "AwsIamUser",
        _ => "Other",
    }
}

fn product_fields(assessment: &Assessment, row: &Row<'_>) -> Value {
    let subject = &row.verdict.subject;
    let fields = [
        ("Outcome", row.verdict.outcome.as_str().to_owned()),
        ("Severity", row.severity().as_str().to_owned()),
        ("SubjectKind", plain(&subject.kind)),
        ("SubjectName", shown(&subject.name)),
        ("Evidence", row.evidence().join("; ")),
        ("Waiver", row.waiver().unwrap_or_default()),
        ("ToolVersion", plain(&assessment.run.tool_version)),
    ];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    fields
        .map(|(key, value)| (format!("aurora-audit/{key}"), cut(&value, PROPERTY).into()))
        .collect::<Map<_, _>>()
        .into()
}

fn recommendation(row: &Row<'_>) -> Option<Value> {
    let text = row.mend().map(|mend| cut(&mend, RECOMMENDATION));
    match (text, row.docs()) {
        (None, None) => None,
        (Some(text), None) => Some(json!({ "Text": text })),
        (None, Some(docs)) => Some(json!({ "Text": "See the documentation.", "Url": docs })),
        (Some(text), Some(docs)) => Some(json!({ "Text": text, "Url": docs })),
    }
}

/// The text in at most so many characters.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::sample::{empty, hostile, sample};
    use crate::report::tests::bytes;

    fn findings(assessment: &Assessment) -> Vec<Value> {
        serde_json::from_slice(&bytes(assessment, Format::Asff)).unwrap()
    }

    #[test]
    fn every_finding_has_what_security_hub_requires_within_its_limits() {
        for assessment in [empty(), sample(), hostile()] {
            let findings = findings(&assessment);
            assert_eq!(findings.len(), assessment.verdicts.len());
            for finding in findings {
                for (field, limit) in [
                    ("SchemaVersion", 10),
                    ("Id", 512),
                    ("ProductArn", 2_048),
                    ("GeneratorId", 512),
                    ("AwsAccountId", 512),
                    ("CreatedAt", 32),
                    ("UpdatedAt", 32),
                    ("Title", TITLE),
                    ("Description", DESCRIPTION),
                ] {
                    let length = finding[field].as_str().unwrap().chars().count();
                    assert!(length > 0 && length <= limit, "{field}: {finding}");
                }
                assert_eq!(finding["Resources"].as_array().unwrap().len(), 1);
                assert!(finding.to_string().len() < 240 * 1_024, "one finding has at most 240 KB");
                assert!(
                    finding.get("Workflow").is_none() && finding.get("Confidence").is_none(),
                    "those are the user's"
                );
            }
        }
    }

    #[test]
    fn what_is_not_regional_goes_where_the_run_looked() {
        let mut assessment = sample();
        for (region, filed) in
            [("us-east-1", "us-east-1"), ("", "eu-central-1"), (GLOBAL, "eu-central-1"), ("cn-north-1", "cn-north-1")]
        {
            assessment.verdicts[0].subject.region = region.to_owned();
            let finding = &findings(&assessment)[0];
            assert_eq!(finding["Resources"][0]["Region"], filed);
            let partition = if filed.starts_with("cn-") { "aws-cn" } else { "aws" };
            let arn = format!("arn:{partition}:securityhub:{filed}:111122223333:product/111122223333/default");
            assert_eq!(finding["ProductArn"], arn);
        }
    }

    #[test]
    fn only_failures_have_a_severity() {
        for finding in findings(&sample()) {
            let failed = finding["Compliance"]["Status"] == "FAILED";
            assert_eq!(failed, finding["Severity"]["Label"] != "INFORMATIONAL", "{finding}");
        }
    }

    #[test]
    fn a_finding_of_the_sample() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&findings(&sample())[1]).unwrap());
    }
}

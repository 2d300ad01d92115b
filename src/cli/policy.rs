//! `permissions --policy` and `permissions --as-cli`: what the selected rules need of AWS, as a policy to attach, or as the commands
//! by which somebody else reads it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{PermissionsArgs, PolicyFormat};
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use super::rules::{find, load};
use crate::model::actions::{CALLS, Call};
use crate::rules::calls_of;

/// The name of the statement, and of what holds it.
const NAME: &str = "AuroraAudit";

/// Prints the policy.
pub fn run(args: &PermissionsArgs, format: PolicyFormat) -> Result<Exit, CliError> {
    let calls = selected(args)?;
    say(&match format {
        PolicyFormat::Json => json_text(&calls),
        PolicyFormat::Terraform => terraform(&calls),
        PolicyFormat::Cloudformation => cloudformation(&calls),
    })
}

/// The calls that the selected rules rest on, in the order of the table.
pub fn selected(args: &PermissionsArgs) -> Result<Vec<&'static Call>, CliError> {
    let rules = load(&args.folders.rules)?;
    let mut wanted = BTreeSet::new();
    if args.only_rules.is_empty() {
        wanted.extend(CALLS.iter().map(|call| call.action));
    }
    for id in &args.only_rules {
        wanted.extend(calls_of(find(&rules, id)?));
    }
    Ok(CALLS.iter().filter(|call| wanted.contains(call.action)).collect())
}

/// What AWS answers without a permission has no place in a policy that is short of room.
fn actions(calls: &[&Call]) -> Vec<&'static str> {
    calls.iter().map(|call| call.action).collect()
}

fn policy(calls: &[&Call]) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": NAME, "Effect": "Allow", "Action": actions(calls), "Resource": "*"}],
    })
}

fn json_text(calls: &[&Call]) -> String {
    format!("{:#}\n", policy(calls))
}

fn terraform(calls: &[&Call]) -> String {
    let mut text = format!(
        "data \"aws_iam_policy_document\" \"aurora_audit\" {{\n  statement {{\n    sid       = \"{NAME}\"\n    resources = [\"*\"]\n    actions = [\n"
    );
    for call in calls {
        // A string takes whatever is written to it.
        _ = writeln!(text, "      \"{}\", # {}", call.action, call.why);
    }
    text.push_str("    ]\n  }\n}\n\nresource \"aws_iam_policy\" \"aurora_audit\" {\n  name   = \"aurora-audit\"\n  policy = data.aws_iam_policy_document.aurora_audit.json\n}\n");
    text
}

fn cloudformation(calls: &[&Call]) -> String {
    let mut text = format!(
        "AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: What aurora-audit needs to read\nResources:\n  {NAME}:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n          - Sid: {NAME}\n            Effect: Allow\n            Resource: \"*\"\n            Action:\n"
    );
    for call in calls {
        _ = writeln!(text, "              # {}", call.why);
        _ = writeln!(text, "              - {}", call.action);
    }
    text.push_str("Outputs:\n  PolicyArn:\n    Value: !Ref AuroraAudit\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(rules: &[&str]) -> PermissionsArgs {
        PermissionsArgs::parsed(&rules.iter().flat_map(|&rule| ["--rule", rule]).collect::<Vec<_>>())
    }

    #[test]
    fn a_policy_is_for_the_rules_that_are_selected() {
        let whole = selected(&args(&[])).unwrap();
        assert_eq!(whole.len(), CALLS.len());
        let part = selected(&args(&["iam-root-protected"])).unwrap();
        let value = policy(&part);
        let granted = value["Statement"][0]["Action"].as_array().unwrap();
        assert!(granted.contains(&json!("iam:GetAccountSummary")) && granted.len() < 10, "{granted:?}");
        assert!(matches!(selected(&args(&["iam-root"])), Err(CliError::NoSuchRule { .. })));
    }

    #[test]
    fn every_form_grants_the_same() {
        let calls = selected(&args(&["net-sg-no-world"])).unwrap();
        for text in [json_text(&calls), terraform(&calls), cloudformation(&calls)] {
            for call in CALLS {
                // Some actions begin as others do.
                let named = text.split(|character: char| !character.is_alphanumeric() && character != ':');
                let there = named.into_iter().any(|word| word == call.action);
                assert_eq!(there, calls.contains(&call), "{} {text}", call.action);
            }
        }
    }

    #[test]
    fn the_labs_policy_grants_these_actions_and_no_others() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/scanner-policy.json");
        let known: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(known, policy(&selected(&args(&[])).unwrap()));
    }
}

//! `permissions --policy` and `permissions --as-cli`: what the selected rules need of AWS, as a policy to attach, or as the commands
//! by which somebody else reads it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

#[cfg(feature = "aws")]
use super::args::HubArgs;
use super::args::{PermissionsArgs, PolicyFormat, RuleSelection};
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use super::rules::{find, load};
#[cfg(feature = "aws")]
use crate::model::actions::{ASSUME_ROLE, LIST_ACCOUNTS};
use crate::model::actions::{
    BEGIN_TRANSACTION, CALLS, Call, DECRYPT, EXECUTE_STATEMENT, GET_SECRET_VALUE, ROLLBACK_TRANSACTION,
};
use crate::rules::calls_of;

/// Stands for the secret that RDS keeps for the master user of each cluster, in arguments and the configuration file.
pub const MASTER: &str = "master";

/// The name of the statement, and of what holds it.
const NAME: &str = "AuroraAudit";

/// A statement of the policy.
struct Statement {
    sid: &'static str,
    /// Each with what it is for.
    actions: Vec<(&'static str, &'static str)>,
    resources: Vec<String>,
    /// Operator, key and value.
    condition: Option<(&'static str, &'static str, String)>,
}

/// The secrets that RDS keeps for master users.
const MASTER_SECRETS: &str = "arn:*:secretsmanager:*:*:secret:rds!cluster-*";

/// Prints the policy.
pub fn run(args: &PermissionsArgs, format: PolicyFormat) -> Result<Exit, CliError> {
    let statements = statements(args)?;
    say(&match format {
        PolicyFormat::Json => json_text(&statements),
        PolicyFormat::Terraform => terraform(&statements),
        PolicyFormat::Cloudformation => cloudformation(&statements),
    })
}

/// What the selected rules need; apart from it, what the user chose beside them.
fn statements(args: &PermissionsArgs) -> Result<Vec<Statement>, CliError> {
    let calls = selected(args)?.into_iter().map(|call| (call.action, call.why)).collect();
    let mut statements = vec![Statement { sid: NAME, actions: calls, resources: all(), condition: None }];
    if args.data_api {
        statements.push(Statement {
            sid: "AuroraAuditDataApi",
            actions: vec![
                (BEGIN_TRANSACTION, "begins the transaction that a database is read in"),
                (EXECUTE_STATEMENT, "asks the statements of the audit"),
                (ROLLBACK_TRANSACTION, "ends the transaction, which changed nothing"),
            ],
            resources: vec!["arn:*:rds:*:*:cluster:*".to_owned()],
            condition: None,
        });
    }
    #[cfg(feature = "aws")]
    statements.extend(of_hub(&args.hub));
    // The Data API reads the secret with the permissions of whoever calls it.
    let secret = args.secret.as_deref().or(args.data_api.then_some(MASTER));
    statements.extend(secret.into_iter().flat_map(of_secret));
    Ok(statements)
}

/// What whoever holds the credentials needs to get into the accounts; the role in each needs the rest.
#[cfg(feature = "aws")]
fn of_hub(hub: &HubArgs) -> Vec<Statement> {
    let mut statements = Vec::new();
    if !hub.roles.is_empty() {
        statements.push(Statement {
            sid: "AuroraAuditRoles",
            actions: vec![(ASSUME_ROLE, "acts as the role of each account")],
            resources: hub.roles.iter().map(|role| role.replace("{account}", "*")).collect(),
            condition: None,
        });
    }
    if hub.all_of_organization() {
        statements.push(Statement {
            sid: "AuroraAuditAccounts",
            actions: vec![(LIST_ACCOUNTS, "lists the accounts of the organization")],
            resources: all(),
            condition: None,
        });
    }
    statements
}

fn all() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Reads a secret, and has the key decrypt it: no key of KMS for anything else.
fn of_secret(secret: &str) -> [Statement; 2] {
    let arn = match secret {
        MASTER => MASTER_SECRETS.to_owned(),
        arn if arn.starts_with("arn:") => arn.to_owned(),
        // Secrets Manager puts six characters of its own behind a name.
        name => format!("arn:*:secretsmanager:*:*:secret:{name}-??????"),
    };
    [
        Statement {
            sid: "AuroraAuditSecret",
            actions: vec![(GET_SECRET_VALUE, "reads the secret that logs in to the database")],
            resources: vec![arn.clone()],
            condition: None,
        },
        Statement {
            sid: "AuroraAuditSecretKey",
            actions: vec![(DECRYPT, "decrypts that secret, where a key of your own encrypts it")],
            resources: all(),
            condition: Some(("StringLike", "kms:EncryptionContext:SecretARN", arn)),
        },
    ]
}

/// The calls that the selected rules rest on, in the order of the table.
pub fn selected(args: &PermissionsArgs) -> Result<Vec<&'static Call>, CliError> {
    let wanted = wanted(&args.selection, &args.folders.rules)?;
    Ok(CALLS.iter().filter(|call| wanted.as_ref().is_none_or(|wanted| wanted.contains(call.action))).collect())
}

/// The actions that the selected rules rest on; none where no rule is selected, and so all are.
pub fn wanted(selection: &RuleSelection, folders: &[PathBuf]) -> Result<Option<BTreeSet<&'static str>>, CliError> {
    if selection.only_rules.is_empty() {
        return Ok(None);
    }
    let rules = load(folders)?;
    let mut wanted = BTreeSet::new();
    for id in &selection.only_rules {
        wanted.extend(calls_of(find(&rules, id)?));
    }
    Ok(Some(wanted))
}

fn policy(statements: &[Statement]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements.iter().map(statement).collect::<Vec<_>>()})
}

fn statement(statement: &Statement) -> Value {
    let one_or_all = |texts: &[String]| match texts {
        [one] => Value::from(one.as_str()),
        all => all.into(),
    };
    let actions: Vec<_> = statement.actions.iter().map(|(action, _)| *action).collect();
    let mut document = json!({
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": one_or_all(&statement.resources),
    });
    if let (Some((operator, key, value)), Some(members)) = (&statement.condition, document.as_object_mut()) {
        members.insert("Condition".to_owned(), json!({*operator: {*key: value}}));
    }
    document
}

fn json_text(statements: &[Statement]) -> String {
    format!("{:#}\n", policy(statements))
}

/// Text between double quotes, as Terraform and YAML both read it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn terraform(statements: &[Statement]) -> String {
    let mut text = "data \"aws_iam_policy_document\" \"aurora_audit\" {\n".to_owned();
    for Statement { sid, actions, resources, condition } in statements {
        let resources: Vec<_> = resources.iter().map(|resource| quoted(resource)).collect();
        // A string takes whatever is written to it.
        _ = write!(
            text,
            "  statement {{\n    sid       = \"{sid}\"\n    resources = [{}]\n    actions = [\n",
            resources.join(", ")
        );
        for (action, why) in actions {
            _ = writeln!(text, "      \"{action}\", # {why}");
        }
        text.push_str("    ]\n");
        if let Some((operator, key, value)) = condition {
            _ = write!(
                text,
                "    condition {{\n      test     = \"{operator}\"\n      variable = \"{key}\"\n      values   = [{}]\n    }}\n",
                quoted(value)
            );
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n\nresource \"aws_iam_policy\" \"aurora_audit\" {\n  name   = \"aurora-audit\"\n  policy = data.aws_iam_policy_document.aurora_audit.json\n}\n");
    text
}

fn cloudformation(statements: &[Statement]) -> String {
    let mut text = format!(
        "AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: What aurora-audit needs to read\nResources:\n  {NAME}:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n"
    );
    for Statement { sid, actions, resources, condition } in statements {
        _ = write!(text, "          - Sid: {sid}\n            Effect: Allow\n");
        match resources.as_slice() {
            [one] => _ = writeln!(text, "            Resource: {}", quoted(one)),
            all => {
                text.push_str("            Resource:\n");
                for resource in all {
                    _ = writeln!(text, "              - {}", quoted(resource));
                }
            }
        }
        text.push_str("            Action:\n");
        for (action, why) in actions {
            _ = writeln!(text, "              # {why}");
            _ = writeln!(text, "              - {action}");
        }
        if let Some((operator, key, value)) = condition {
            let value = quoted(value);
            _ = write!(text, "            Condition:\n              {operator}:\n                \"{key}\": {value}\n");
        }
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
        let value = policy(&statements(&args(&["iam-root-protected"])).unwrap());
        assert_eq!(value["Statement"].as_array().unwrap().len(), 1);
        let granted = value["Statement"][0]["Action"].as_array().unwrap();
        assert!(granted.contains(&json!("iam:GetAccountSummary")) && granted.len() < 10, "{granted:?}");
        assert!(matches!(selected(&args(&["iam-root"])), Err(CliError::NoSuchRule { .. })));
    }

    #[cfg(feature = "aws")]
    #[test]
    fn roles_and_accounts_are_granted_apart() {
        let role = "arn:aws-cn:iam::{account}:role/audit";
        for (words, expected) in [
            (&[][..], vec![]),
            (&["--role-arn", role], vec![("sts:AssumeRole", "arn:aws-cn:iam::*:role/audit")]),
            (&["--accounts", "123456789012"], vec![]),
            (
                &["--role-arn", role, "--accounts", "org"],
                vec![("sts:AssumeRole", "arn:aws-cn:iam::*:role/audit"), ("organizations:ListAccounts", "*")],
            ),
        ] {
            let value = policy(&statements(&PermissionsArgs::parsed(words)).unwrap());
            let apart = value["Statement"].as_array().unwrap().iter().skip(1);
            let found: Vec<_> = apart
                .map(|it| (it["Action"][0].as_str().unwrap().to_owned(), it["Resource"].as_str().unwrap().to_owned()))
                .collect();
            let expected: Vec<_> = expected.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
            assert_eq!(found, expected, "{words:?}");
        }
    }

    #[test]
    fn every_form_grants_the_same() {
        let args = args(&["net-sg-no-world"]);
        let (calls, statements) = (selected(&args).unwrap(), statements(&args).unwrap());
        for text in [json_text(&statements), terraform(&statements), cloudformation(&statements)] {
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
        assert_eq!(known, policy(&statements(&args(&[])).unwrap()));
    }

    #[test]
    fn a_secret_and_the_data_api_are_granted_apart_and_only_when_chosen() {
        let arn = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shop-AbCdEf";
        for (words, sids, resource) in [
            (&["--secret"][..], &["AuroraAuditSecret", "AuroraAuditSecretKey"][..], MASTER_SECRETS),
            (&["--secret", "master"], &["AuroraAuditSecret", "AuroraAuditSecretKey"], MASTER_SECRETS),
            (&["--secret", arn], &["AuroraAuditSecret", "AuroraAuditSecretKey"], arn),
            (
                &["--secret", "shop"],
                &["AuroraAuditSecret", "AuroraAuditSecretKey"],
                "arn:*:secretsmanager:*:*:secret:shop-??????",
            ),
            (
                &["--data-api"],
                &["AuroraAuditDataApi", "AuroraAuditSecret", "AuroraAuditSecretKey"],
                "arn:*:rds:*:*:cluster:*",
            ),
            (&[], &[], "*"),
        ] {
            let statements = statements(&PermissionsArgs::parsed(&[&["--policy"], words].concat())).unwrap();
            let found: Vec<_> = statements.iter().map(|statement| statement.sid).collect();
            assert_eq!(found, [&[NAME], sids].concat(), "{words:?}");
            for text in [json_text(&statements), terraform(&statements), cloudformation(&statements)] {
                assert!(text.contains(resource), "{words:?}: {text}");
                assert_eq!(text.contains("secretsmanager:GetSecretValue"), !words.is_empty(), "{words:?}: {text}");
                assert_eq!(text.contains("rds-data:"), words == ["--data-api"], "{words:?}: {text}");
                assert_eq!(text.contains("kms:EncryptionContext:SecretARN"), !words.is_empty(), "{words:?}: {text}");
            }
        }
    }
}

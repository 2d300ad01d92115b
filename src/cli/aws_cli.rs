//! `permissions --as-cli`: a script of AWS CLI commands for somebody who has credentials, whose answers `collect --from-cli` reads.

use std::fmt::Write as _;

use super::args::PermissionsArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use super::policy::selected;
use crate::model::actions::{Call, Each, LIST_ECS_CLUSTERS};

/// Prints the script.
pub fn run(args: &PermissionsArgs) -> Result<Exit, CliError> {
    say(&script(&selected(args)?))
}

const HEAD: &str = r#"#!/bin/sh
# Reads what aurora-audit needs of AWS and changes nothing. Answers go to ./aurora-audit-cli, a folder an account and region; what is
# refused is kept as well, because it is then unknown and not absent. Usage: AWS_PROFILE=NAME REGIONS="eu-west-1 us-east-1" sh SCRIPT
set -u
REGIONS=${REGIONS:-$(aws configure get region)}
AWS_REGION=${REGIONS%% *}
export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION"
ACCOUNT=$(aws sts get-caller-identity --query Account --output text) || exit 1
umask 077

# ask FOLDER FILE COMMAND...: the answer to FOLDER/FILE.json, or what went wrong to FOLDER/FILE.error
ask() {
    at="aurora-audit-cli/$ACCOUNT/$1/$2"
    shift 2
    mkdir -p "$(dirname "$at")"
    aws "$@" --output json > "$at.json" 2> "$at.error" < /dev/null && rm -f "$at.error" || rm -f "$at.json"
}

# names COMMAND...: the names in the answer, each once
names() {
    aws "$@" --output text 2> /dev/null < /dev/null | tr '\t' '\n' | grep -v -e '^None$' -e '^$' | sort -u
}

# file NAME: the name as a file can have it
file() {
    printf %s "$1" | sed -e 's/%/%25/g' -e 's|/|%2F|g' -e 's/:/%3A/g'
}
"#;

fn script(calls: &[&Call]) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n# Once an account.\n");
    for call in calls.iter().filter(|call| call.each == Each::Account) {
        if call.action == crate::model::actions::GENERATE_CREDENTIAL_REPORT {
            text.push_str("until [ \"$(aws iam generate-credential-report --query State --output text || echo COMPLETE)\" = COMPLETE ]; do sleep 2; done\n");
        } else {
            // A string takes whatever is written to it.
            _ = writeln!(text, "ask global {} {}", file(call), command(call));
        }
    }
    text.push_str("\nfor region in $REGIONS; do\n    export AWS_REGION=\"$region\" AWS_DEFAULT_REGION=\"$region\"\n");
    for call in calls.iter().filter(|call| call.each == Each::Region) {
        _ = writeln!(text, "    ask \"$region\" {} {}", file(call), command(call));
    }
    for call in calls {
        if let Some((names, option)) = named(call.action) {
            let names: Vec<_> = names.iter().map(|names| format!("names {names}")).collect();
            _ = writeln!(text, "    {{ {}; }} | sort -u | while read -r name; do", names.join("; "));
            let target = format!("{}/\"$(file \"$name\")\"", file(call));
            _ = writeln!(text, "        ask \"$region\" {target} {} {option} \"$name\"", command(call));
            text.push_str("    done\n");
        }
    }
    if calls.iter().any(|call| call.action == LIST_ECS_CLUSTERS) {
        text.push_str(CONTAINERS);
    }
    text.push_str("done\n");
    text
}

/// Tasks and services of ECS, listed cluster by cluster and described in batches as large as ECS takes; and their definitions.
const CONTAINERS: &str = r#"
    # described REGION CLUSTER MOST WORDS: what is read from the input, so many at once
    described() {
        number=0
        xargs -n "$3" echo | while read -r batch; do
            [ -n "$batch" ] || continue
            number=$((number + 1))
            # shellcheck disable=SC2086 # there are several names in it
            ask "$1" "ecs.Describe$4/$(file "$2").$number" ecs "$5" --cluster "$2" "$6" $batch
        done
    }
    names ecs list-clusters --query 'clusterArns[]' | while read -r cluster; do
        ask "$region" "ecs.ListTasks/$(file "$cluster")" ecs list-tasks --cluster "$cluster"
        names ecs list-tasks --cluster "$cluster" --query 'taskArns[]' |
            described "$region" "$cluster" 100 Tasks describe-tasks --tasks
        ask "$region" "ecs.ListServices/$(file "$cluster")" ecs list-services --cluster "$cluster"
        names ecs list-services --cluster "$cluster" --query 'serviceArns[]' |
            described "$region" "$cluster" 10 Services describe-services --services
    done
    cat "aurora-audit-cli/$ACCOUNT/$region"/ecs.DescribeTasks/*.json "aurora-audit-cli/$ACCOUNT/$region"/ecs.DescribeServices/*.json 2> /dev/null |
        sed -n -e 's/.*"taskDefinition": "\(arn:[^"]*\)".*/\1/p' -e 's/.*"taskDefinitionArn": "\(arn:[^"]*\)".*/\1/p' |
        sort -u | while read -r name; do
        ask "$region" "ecs.DescribeTaskDefinition/$(file "$name")" ecs describe-task-definition --task-definition "$name"
    done
"#;

/// `rds.DescribeDBClusters`: a colon is not a character for files everywhere.
fn file(call: &Call) -> String {
    format!("{}.{}", call.service(), call.operation())
}

/// The command of the AWS CLI for a call.
fn command(call: &Call) -> String {
    let more = match call.action {
        "logs:DescribeLogGroups" => " --log-group-name-prefix /aws/rds/",
        "cloudtrail:DescribeTrails" => " --include-shadow-trails",
        "kms:GetKeyPolicy" => " --policy-name default",
        _ => "",
    };
    format!("{} {}{more}", call.service(), kebab(call.operation()))
}

/// The names that a call is made for each of, by commands of their own, and the option that takes one. ECS is asked otherwise.
fn named(action: &str) -> Option<(&'static [&'static str], &'static str)> {
    const KEYS: &[&str] = &[
        "rds describe-db-clusters --query 'DBClusters[?starts_with(Engine, `aurora`)].[KmsKeyId, MasterUserSecret.KmsKeyId][]'",
    ];
    Some(match action {
        "rds:DescribeDBClusterParameters" => (
            &["rds describe-db-clusters --query 'DBClusters[?starts_with(Engine, `aurora`)].DBClusterParameterGroup'"],
            "--db-cluster-parameter-group-name",
        ),
        "rds:DescribeDBParameters" => (
            &[
                "rds describe-db-instances --query 'DBInstances[?starts_with(Engine, `aurora`)].DBParameterGroups[].DBParameterGroupName'",
            ],
            "--db-parameter-group-name",
        ),
        "rds:DescribeEngineDefaultClusterParameters" => (
            &[
                "rds describe-db-cluster-parameter-groups --query 'DBClusterParameterGroups[?starts_with(DBParameterGroupFamily, `aurora`)].DBParameterGroupFamily'",
            ],
            "--db-parameter-group-family",
        ),
        "rds:DescribeDBClusterSnapshotAttributes" => (
            &[
                "rds describe-db-cluster-snapshots --query 'DBClusterSnapshots[?SnapshotType!=`automated` && starts_with(Engine, `aurora`)].DBClusterSnapshotIdentifier'",
            ],
            "--db-cluster-snapshot-identifier",
        ),
        "rds:DescribeDBProxyTargets" => {
            (&["rds describe-db-proxies --query 'DBProxies[].DBProxyName'"], "--db-proxy-name")
        }
        "ec2:GetManagedPrefixListEntries" => {
            (&["ec2 describe-managed-prefix-lists --query 'PrefixLists[].PrefixListId'"], "--prefix-list-id")
        }
        "kms:DescribeKey" | "kms:GetKeyRotationStatus" | "kms:GetKeyPolicy" => (KEYS, "--key-id"),
        "secretsmanager:GetResourcePolicy" => (
            &[
                "secretsmanager list-secrets --query 'SecretList[?OwningService==`rds`].ARN'",
                "rds describe-db-clusters --query 'DBClusters[?starts_with(Engine, `aurora`)].MasterUserSecret.SecretArn'",
                "rds describe-db-proxies --query 'DBProxies[].Auth[].SecretArn'",
            ],
            "--secret-id",
        ),
        "cloudtrail:GetTrailStatus" => (&["cloudtrail describe-trails --query 'trailList[].TrailARN'"], "--name"),
        "guardduty:GetDetector" => (&["guardduty list-detectors --query 'DetectorIds[]'"], "--detector-id"),
        _ => return None,
    })
}

/// `describe-db-clusters` of `DescribeDBClusters`: a word begins at a capital that follows a small letter, or that a small letter
/// follows.
fn kebab(operation: &str) -> String {
    let letters: Vec<char> = operation.chars().collect();
    let mut text = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let small = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_lowercase);
        if index > 0 && letter.is_ascii_uppercase() && (small(index.checked_sub(1)) || small(index.checked_add(1))) {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actions::CALLS;

    #[test]
    fn operations_are_spelt_as_the_cli_spells_them() {
        for (operation, expected) in [
            ("DescribeDBClusters", "describe-db-clusters"),
            ("DescribeDBClusterParameterGroups", "describe-db-cluster-parameter-groups"),
            ("DescribeVpcBlockPublicAccessOptions", "describe-vpc-block-public-access-options"),
            ("DescribeDBMajorEngineVersions", "describe-db-major-engine-versions"),
            ("GetAccountAuthorizationDetails", "get-account-authorization-details"),
            ("ListFunctions", "list-functions"),
        ] {
            assert_eq!(kebab(operation), expected);
        }
    }

    #[test]
    fn every_call_but_those_of_the_organization_is_in_the_script() {
        let all: Vec<_> = CALLS.iter().collect();
        let text = script(&all);
        for call in CALLS {
            let left_out = matches!(call.each, Each::GlobalOne(_));
            let there = text.split_whitespace().any(|word| word == kebab(call.operation()));
            assert_eq!(there, !left_out, "{}", call.action);
        }
        assert!(!text.contains("get-secret-value"));
    }
}

//! The estate: what the server answers from, in the form in which the AWS CLI prints it, an account and region each.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::operation::paging;

/// The account and region that `clean.json` is written for.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
/// The account that manages the organization.
const MANAGEMENT: &str = "123123123123";
const KEY: &str = "AKIASTANDIN";

/// The access key of an account's auditor.
pub fn key_of(account: &str) -> String {
    format!("{KEY}{account}")
}

/// The account that an access key belongs to.
pub fn account_of(key: &str) -> Option<String> {
    key.strip_prefix(KEY).map(str::to_owned)
}

/// What there is.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Answers by action, of each account and region; those without a region under `global`.
    answers: BTreeMap<(String, String), Map<String, Value>>,
    /// Roles that may be assumed, each with its account and the external id that its trust policy asks for.
    roles: BTreeMap<String, (String, Option<String>)>,
}

impl Estate {
    /// An estate that no rule finds fault with, in each region of each account.
    pub fn clean(accounts: &[&str], regions: &[&str]) -> Self {
        let text = include_str!("clean.json");
        let mut estate = Self::default();
        for account in accounts {
            for region in regions {
                // Services without regions have one answer, whatever region is read.
                let of_account = text.replace(ACCOUNT, account);
                for (part, text) in [("global", of_account.clone()), ("regional", of_account.replace(REGION, region))] {
                    let parts: Value = serde_json::from_str(&text).unwrap();
                    let place = if part == "global" { part } else { region };
                    let answers = parts[part].as_object().unwrap().clone();
                    estate.answers.insert(((*account).to_owned(), place.to_owned()), answers);
                }
            }
        }
        estate
    }

    /// The same in a region of another partition, with its ARNs, its endpoints and its name of EC2.
    pub fn in_partition(account: &str, region: &str, partition: &str) -> Self {
        let mut estate = Self::clean(&[account], &[region]);
        for answers in estate.answers.values_mut() {
            let mut text = Value::Object(std::mem::take(answers)).to_string();
            text = text.replace("arn:aws:", &format!("arn:{partition}:")).replace(REGION, region);
            if partition == "aws-cn" {
                text = text.replace(".rds.amazonaws.com", ".rds.amazonaws.com.cn");
                text = text.replace("\"ec2.amazonaws.com\"", "\"ec2.amazonaws.com.cn\"");
            }
            let Value::Object(changed) = serde_json::from_str(&text).unwrap() else { panic!("no object") };
            *answers = changed;
        }
        estate
    }

    /// An account with nothing in it.
    pub fn empty(account: &str) -> Self {
        let mut estate = Self::clean(&[account], &[REGION]);
        estate.answers.remove(&(account.to_owned(), REGION.to_owned()));
        estate
    }

    /// Adds a role that may be assumed.
    pub fn role(mut self, arn: &str, account: &str, external_id: Option<&str>) -> Self {
        self.roles.insert(arn.to_owned(), (account.to_owned(), external_id.map(str::to_owned)));
        self
    }

    /// The answer to an action in an account and region, to be changed.
    pub fn at(&mut self, account: &str, region: &str, action: &str) -> &mut Value {
        self.answers.get_mut(&(account.to_owned(), region.to_owned())).unwrap().get_mut(action).unwrap()
    }

    /// Puts a secret's value there.
    pub fn secret(mut self, account: &str, region: &str, arn: &str, value: &str) -> Self {
        let answers = self.answers.get_mut(&(account.to_owned(), region.to_owned())).unwrap();
        let all = answers.entry("secretsmanager:GetSecretValue").or_insert_with(|| json!({"@": {}}));
        all["@"][arn] = json!({"ARN": arn, "Name": "orders", "SecretString": value, "VersionStages": ["AWSCURRENT"]});
        self
    }

    /// `clusters` Aurora clusters beside what is there, with five instances for two of them, a parameter group for most, and a
    /// snapshot for each.
    pub fn large(account: &str, region: &str, clusters: usize) -> Self {
        let mut estate = Self::clean(&[account], &[region]);
        estate.multiply(account, region, "rds:DescribeDBClusters", "DBClusters", clusters, |item, number| {
            item["DBClusterParameterGroup"] = format!("group-{}", number * 85 / 100).into();
        });
        estate.multiply(account, region, "rds:DescribeDBInstances", "DBInstances", clusters * 5 / 2, |item, number| {
            item["DBClusterIdentifier"] = format!("orders-{}", number * 2 / 5).into();
        });
        let action = "rds:DescribeDBClusterParameterGroups";
        estate.multiply(account, region, action, "DBClusterParameterGroups", clusters * 85 / 100, |_, _| ());
        estate.multiply(account, region, "rds:DescribeDBClusterSnapshots", "DBClusterSnapshots", clusters, |_, _| ());
        let parameters = &mut estate.at(account, region, "rds:DescribeDBClusterParameters")["@"]["orders"];
        let list = parameters["Parameters"].as_array_mut().unwrap();
        let like = list.last().unwrap().clone();
        for number in 0..400 - list.len() {
            let mut parameter = like.clone();
            parameter["ParameterName"] = format!("zz_parameter_{number:03}").into();
            list.push(parameter);
        }
        let whole = json!({"*": parameters.clone()});
        *estate.at(account, region, "rds:DescribeDBClusterParameters") = whole;
        let attributes = estate.at(account, region, "rds:DescribeDBClusterSnapshotAttributes");
        *attributes = json!({"*": attributes["@"]["orders-2026-11"].clone()});
        estate
    }

    /// Puts `count` items like the first one into a list, each with names of its own.
    fn multiply(
        &mut self,
        account: &str,
        region: &str,
        action: &str,
        list: &str,
        count: usize,
        change: impl Fn(&mut Value, usize),
    ) {
        let items = self.at(account, region, action)[list].as_array_mut().unwrap();
        let like = items.first().unwrap().clone();
        *items = (0..count)
            .map(|number| {
                let mut item = like.clone();
                let named = [
                    "DBClusterIdentifier",
                    "DBInstanceIdentifier",
                    "DBClusterParameterGroupName",
                    "DBClusterSnapshotIdentifier",
                ];
                let arns = ["DBClusterArn", "DBInstanceArn", "DBClusterParameterGroupArn", "DBClusterSnapshotArn"];
                for (name, arn) in named.into_iter().zip(arns).filter(|(_, arn)| like.get(*arn).is_some()) {
                    let base = if name.ends_with("GroupName") { "group" } else { "orders" };
                    item[name] = format!("{base}-{number}").into();
                    let text = item[arn].as_str().unwrap();
                    item[arn] = format!("{}:{base}-{number}", text.rsplit_once(':').unwrap().0).into();
                }
                change(&mut item, number);
                item
            })
            .collect();
    }

    pub(super) fn targets(&self, account: &str, region: &str, action: &str) -> Vec<Value> {
        let of = |region: &str| self.answers.get(&(account.to_owned(), region.to_owned()))?.get(action);
        let more = match action {
            "ecs:DescribeTasks" => json!({"tasks": ["t"]}),
            "ecs:DescribeServices" => json!({"services": ["s"]}),
            "kms:GetKeyPolicy" => json!({"PolicyName": "default"}),
            "organizations:ListPoliciesForTarget" => json!({"TargetId": account, "Filter": "SERVICE_CONTROL_POLICY"}),
            "organizations:ListParents" => json!({"ChildId": account}),
            _ => json!({}),
        };
        let each = of(region).or_else(|| of("global")).and_then(|answer| answer.get("@")?.as_object());
        let Some((each, name)) = each.zip(super::operation::target(action)) else { return vec![more] };
        let named = |key: &String| {
            let mut parameters = more.clone();
            parameters[name] = key.as_str().into();
            parameters
        };
        each.keys().map(named).collect()
    }

    pub(super) fn caller(account: &str) -> Value {
        json!({"UserId": "AIDAEXAMPLE", "Account": account, "Arn": format!("arn:aws:iam::{account}:user/auditor")})
    }

    /// The account of a role, when its trust policy lets the caller in.
    pub(super) fn enter(&self, role: &str, external_id: Option<&str>) -> Option<String> {
        let (account, wanted) = self.roles.get(role)?;
        (wanted.as_deref() == external_id).then(|| account.clone())
    }

    /// The whole answer, all pages of it; none when the one thing that is asked for is not there.
    pub(super) fn answer(&self, account: &str, region: &str, action: &str, key: Option<&str>) -> Option<Value> {
        if action == "organizations:ListAccounts" {
            return Some(self.accounts());
        }
        let of = |region: &str| self.answers.get(&(account.to_owned(), region.to_owned()))?.get(action);
        let Some(found) = of(region).or_else(|| of("global")) else { return Some(nothing(action)) };
        let found = match (found.get("@"), found.get("*")) {
            (Some(each), _) => each.get(key?)?.clone(),
            (None, Some(any)) => any.clone(),
            (None, None) => found.clone(),
        };
        Some(if action == "iam:GetCredentialReport" { encoded(found) } else { found })
    }

    fn accounts(&self) -> Value {
        let numbers: std::collections::BTreeSet<_> = self.answers.keys().map(|(account, _)| account.clone()).collect();
        let account = |(number, state): (String, &str)| {
            let arn = format!("arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{number}");
            json!({"Id": number, "Arn": arn, "Name": number, "State": state})
        };
        let closed = ("999999999999".to_owned(), "SUSPENDED");
        let all = numbers.into_iter().map(|number| (number, "ACTIVE")).chain([closed]);
        json!({"Accounts": all.map(account).collect::<Vec<_>>()})
    }
}

/// The answer of an account or region that has none of what is asked for.
fn nothing(action: &str) -> Value {
    if action == "ec2:DescribeVpcBlockPublicAccessOptions" {
        return json!({"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off", "State": "default-state"}});
    }
    let mut empty = json!({});
    for list in paging(action).map(|paging| paging.lists).unwrap_or_default() {
        empty[*list] = json!([]);
    }
    empty
}

/// The credential report as IAM sends it.
fn encoded(mut report: Value) -> Value {
    let lines: Vec<_> = report["Content"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    report["Content"] = BASE64.encode(lines.join("\n").as_bytes()).into();
    report
}

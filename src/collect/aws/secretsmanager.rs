//! AWS Secrets Manager: who may use the secrets of master users, by `secretsmanager:GetResourcePolicy`. The secrets themselves
//! are not asked for.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_rds::types::DbCluster;
use aws_sdk_secretsmanager::Client;
use tokio::task::JoinSet;

use super::scope::{Gate, Scope};
use super::{actions, error};
use crate::collect::Sink;
use crate::snapshot::schema::iam::PolicyDocument;
use crate::snapshot::schema::secretsmanager::{SecretPolicy, SecretPolicyAnswer};

/// The secrets that RDS keeps for the master users of Aurora clusters.
pub(super) fn secrets_of(clusters: &[DbCluster]) -> BTreeSet<String> {
    let aurora = clusters.iter().filter(|cluster| cluster.engine().is_some_and(|engine| engine.starts_with("aurora")));
    let secrets = aurora.filter_map(|cluster| cluster.master_user_secret()?.secret_arn());
    secrets.map(str::to_owned).collect()
}

/// Reads the policies of the secrets, each with a gap of its own when it fails.
pub(super) async fn collect(config: &SdkConfig, scope: &Scope, secrets: BTreeSet<String>) -> Sink {
    let (client, gate) = (Client::new(config), Gate::default());
    let calls: JoinSet<_> = secrets
        .into_iter()
        .map(|arn| {
            let (client, gate) = (client.clone(), gate.clone());
            async move {
                let answer = gate.pass(client.get_resource_policy().secret_id(&arn).send()).await;
                (arn, answer)
            }
        })
        .collect();
    let mut sink = Sink::default();
    for (arn, answer) in calls.join_all().await {
        match answer {
            Ok(answer) => {
                let policy = policy(&arn, answer.name, answer.resource_policy.as_deref());
                sink.record(scope.pair(), arn, actions::GET_RESOURCE_POLICY, &policy);
            }
            Err(failed) => sink.gap(scope.pair(), &error::gap(actions::GET_RESOURCE_POLICY, Some(&arn), &failed)),
        }
    }
    sink
}

fn policy(arn: &str, name: Option<String>, policy: Option<&str>) -> SecretPolicy {
    SecretPolicyAnswer { arn: Some(arn.to_owned()), name, resource_policy: policy.map(PolicyDocument::from_text) }
        .record()
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::MasterUserSecret;
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_those_of_aurora_each_once() {
        let cluster = |(engine, secret): (&str, Option<&str>)| {
            let secret = secret.map(|arn| MasterUserSecret::builder().secret_arn(arn).build());
            DbCluster::builder().engine(engine).set_master_user_secret(secret).build()
        };
        let clusters = [
            ("aurora-mysql", Some("b")),
            ("aurora-mysql", Some("b")),
            ("aurora-postgresql", Some("a")),
            ("aurora-mysql", None),
            ("neptune", Some("n")),
        ];
        assert_eq!(secrets_of(&clusters.map(cluster)).into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_secret_may_have_no_policy() {
        for (text, expected) in [
            (None, json!({"ARN": "arn:s", "Name": "s", "ResourcePolicy": null})),
            (Some(r#"{"Statement":[]}"#), json!({"ARN": "arn:s", "Name": "s", "ResourcePolicy": {"Statement": []}})),
        ] {
            assert_eq!(serde_json::to_value(policy("arn:s", Some("s".into()), text)).unwrap(), expected);
        }
    }
}

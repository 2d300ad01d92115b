//! AWS Secrets Manager: the secrets of databases, whether they are rotated, and who may use them. The secrets themselves are not
//! asked for.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::{Client, types};

use super::listing::{Entry, time};
use super::site::{Service, Site, each};
use crate::collect::Sink;
use crate::model::actions;
use crate::snapshot::schema::iam::PolicyDocument;
use crate::snapshot::schema::secretsmanager::{Secret, SecretAnswer, SecretPolicy, SecretPolicyAnswer};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::LIST_SECRETS, actions::GET_RESOURCE_POLICY];

const PAGE: i32 = 100;

/// Who owns the secrets that RDS keeps.
const RDS: &str = "rds";

/// Reads the secrets of databases: those that are `named`, and those that RDS keeps; and who may use them, each with a gap of its
/// own when that fails.
pub(super) async fn collect(site: Site, named: BTreeSet<String>) -> Sink {
    let (client, service) = (Client::new(&site.config), site.service());
    let pages = client.list_secrets().into_paginator().page_size(PAGE).send();
    let listed = service.list(actions::LIST_SECRETS, pages, |page| (page.secret_list, page.next_token)).await;
    let kept = listed.items.iter().filter(|secret| of_database(secret, &named));
    let mut asked: BTreeSet<String> = kept.filter_map(|secret| secret.arn.clone()).collect();
    asked.extend(named.iter().cloned());
    let mut sink = each(asked, |arn| policy_of(client.clone(), service.clone(), arn)).await;
    listed.write(&mut sink, &site.scope, |it| secret(it, &named));
    sink
}

fn of_database(secret: &types::SecretListEntry, named: &BTreeSet<String>) -> bool {
    secret.owning_service() == Some(RDS) || secret.arn().is_some_and(|arn| named.contains(arn))
}

/// The names of what is no database's business stay out, as do tags and the labels of versions.
fn secret(secret: types::SecretListEntry, named: &BTreeSet<String>) -> Entry<Secret> {
    let id = secret.arn.clone().unwrap_or_default();
    if !of_database(&secret, named) {
        return Entry::Excluded(id, "not of a database".to_owned());
    }
    let answer = SecretAnswer {
        arn: secret.arn,
        name: secret.name,
        kms_key_id: secret.kms_key_id,
        rotation_enabled: secret.rotation_enabled,
        last_rotated_date: secret.last_rotated_date.and_then(time),
        created_date: secret.created_date.and_then(time),
        owning_service: secret.owning_service,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

async fn policy_of(client: Client, service: Service, arn: String) -> Sink {
    let (action, mut sink) = (actions::GET_RESOURCE_POLICY, Sink::default());
    let answer = service.call(action, Some(&arn), client.get_resource_policy().secret_id(&arn).send()).await;
    let policy = answer.map(|answer| policy(&arn, answer.name, answer.resource_policy.as_deref()));
    service.note(&mut sink, &arn, action, policy);
    sink
}

fn policy(arn: &str, name: Option<String>, policy: Option<&str>) -> SecretPolicy {
    SecretPolicyAnswer { arn: Some(arn.to_owned()), name, resource_policy: policy.map(PolicyDocument::from_text) }
        .record()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn secrets_are_those_of_databases() {
        let of = |arn: &str, owner: Option<&str>| {
            let secret =
                types::SecretListEntry::builder().arn(arn).name("s").set_owning_service(owner.map(str::to_owned));
            secret.rotation_enabled(true).last_rotated_date(DateTime::from_secs(0)).build()
        };
        let named = BTreeSet::from(["arn:named".to_owned()]);
        let expected = json!({"ARN": "arn:named", "Name": "s", "KmsKeyId": null, "RotationEnabled": true,
            "LastRotatedDate": "1970-01-01T00:00:00Z", "OwningService": null});
        assert_eq!(kept(secret(of("arn:named", None), &named)), ("arn:named".to_owned(), expected));
        assert_eq!(kept(secret(of("arn:rds", Some("rds")), &named)).0, "arn:rds");
        for other in [of("arn:other", None), of("arn:other", Some("redshift"))] {
            assert!(matches!(secret(other, &named), Entry::Excluded(..)));
        }
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

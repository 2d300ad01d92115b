//! AWS KMS: the keys that clusters and the secrets of their master users are encrypted by, their rotation and their policies.

use std::collections::BTreeSet;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, OriginType};

use super::error;
use super::listing::time;
use super::site::{Service, Site, each};
use crate::collect::Sink;
use crate::model::actions;
use crate::snapshot::schema::iam::PolicyDocument;
use crate::snapshot::schema::kms::{
    Key, KeyAnswer, KeyManager, KeyPolicy, KeyPolicyAnswer, KeyRotationStatus, KeyRotationStatusAnswer,
};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::DESCRIBE_KEY, actions::GET_KEY_ROTATION_STATUS, actions::GET_KEY_POLICY];

/// The one name that a policy of a key can have.
const POLICY: &str = "default";

/// Reads the keys, each by its ARN.
pub(super) async fn collect(site: Site, keys: BTreeSet<String>) -> Sink {
    let kms = Kms { client: Client::new(&site.config), service: site.service() };
    each(keys, |arn| kms.clone().key(arn)).await
}

/// KMS in one region.
#[derive(Debug, Clone)]
struct Kms {
    client: Client,
    service: Service,
}

impl Kms {
    async fn key(self, arn: String) -> Sink {
        let (about, policy) = tokio::join!(Box::pin(self.about(&arn)), Box::pin(self.policy(&arn)));
        let mut sink = about;
        sink.absorb(policy);
        sink
    }

    /// The key, and whether it is rotated where KMS itself could do that.
    async fn about(&self, arn: &str) -> Sink {
        let action = actions::DESCRIBE_KEY;
        let answer = self.service.call(action, Some(arn), self.client.describe_key().key_id(arn).send()).await;
        let answer = answer.and_then(|answer| {
            answer.key_metadata.ok_or_else(|| error::malformed(action, Some(arn), "the answer is empty"))
        });
        let rotates = answer.as_ref().is_ok_and(kms_could_rotate);
        let mut sink = Sink::default();
        self.service.note(&mut sink, arn, action, answer.map(key));
        if rotates {
            sink.absorb(self.rotation(arn).await);
        }
        sink
    }

    async fn rotation(&self, arn: &str) -> Sink {
        let action = actions::GET_KEY_ROTATION_STATUS;
        let call = self.client.get_key_rotation_status().key_id(arn).send();
        let answer = self.service.call(action, Some(arn), call).await;
        let mut sink = Sink::default();
        let status = answer.map(|answer| rotation(arn, answer.key_rotation_enabled, answer.rotation_period_in_days));
        self.service.note(&mut sink, arn, action, status);
        sink
    }

    async fn policy(&self, arn: &str) -> Sink {
        let action = actions::GET_KEY_POLICY;
        let call = self.client.get_key_policy().key_id(arn).policy_name(POLICY).send();
        let answer = self.service.call(action, Some(arn), call).await;
        let mut sink = Sink::default();
        self.service.note(&mut sink, arn, action, answer.map(|answer| policy(arn, answer.policy.as_deref())));
        sink
    }
}

/// KMS knows no rotation of material that it did not make, and looks after its own keys by itself.
fn kms_could_rotate(key: &KeyMetadata) -> bool {
    let customer = key.key_manager() != Some(&KeyManagerType::Aws);
    customer && key.origin().is_none_or(|origin| *origin == OriginType::AwsKms)
}

fn key(key: KeyMetadata) -> Key {
    KeyAnswer {
        key_id: Some(key.key_id),
        arn: key.arn,
        key_manager: key.key_manager.map(|manager| KeyManager::from(manager.as_str().to_owned())),
        key_state: key.key_state.map(|state| state.as_str().to_owned()),
        deletion_date: key.deletion_date.and_then(time),
        origin: key.origin.map(|origin| origin.as_str().to_owned()),
        key_spec: key.key_spec.map(|spec| spec.as_str().to_owned()),
    }
    .record()
}

fn rotation(arn: &str, enabled: bool, days: Option<i32>) -> KeyRotationStatus {
    KeyRotationStatusAnswer {
        key_id: Some(arn.to_owned()),
        key_rotation_enabled: Some(enabled),
        rotation_period_in_days: days.map(i64::from),
    }
    .record()
}

fn policy(arn: &str, policy: Option<&str>) -> KeyPolicy {
    KeyPolicyAnswer { key_id: Some(arn.to_owned()), policy: policy.map(PolicyDocument::from_text) }.record()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_said_is_kept() {
        let full = KeyMetadata::builder()
            .key_id("1")
            .arn("arn:k")
            .key_manager(KeyManagerType::Customer)
            .key_state(aws_sdk_kms::types::KeyState::PendingDeletion)
            .deletion_date(DateTime::from_secs(0))
            .origin(OriginType::AwsKms)
            .build()
            .unwrap();
        assert!(kms_could_rotate(&full));
        let expected = json!({"KeyId": "1", "Arn": "arn:k", "KeyManager": "CUSTOMER", "KeyState": "PendingDeletion",
            "DeletionDate": "1970-01-01T00:00:00Z", "Origin": "AWS_KMS"});
        assert_eq!(serde_json::to_value(key(full)).unwrap(), expected);
        let expected = json!({"KeyId": "arn:k", "KeyRotationEnabled": true, "RotationPeriodInDays": 365});
        assert_eq!(serde_json::to_value(rotation("arn:k", true, Some(365))).unwrap(), expected);
        let expected = json!({"KeyId": "arn:k", "Policy": {"Statement": []}});
        assert_eq!(serde_json::to_value(policy("arn:k", Some(r#"{"Statement":[]}"#))).unwrap(), expected);
    }

    #[test]
    fn rotation_is_asked_where_it_could_be() {
        for (manager, origin, expected) in [
            (KeyManagerType::Customer, OriginType::AwsKms, true),
            (KeyManagerType::Aws, OriginType::AwsKms, false),
            (KeyManagerType::Customer, OriginType::External, false),
            (KeyManagerType::Customer, OriginType::AwsCloudhsm, false),
        ] {
            let key = KeyMetadata::builder().key_id("1").key_manager(manager).origin(origin).build().unwrap();
            assert_eq!(kms_could_rotate(&key), expected, "{key:?}");
        }
    }
}

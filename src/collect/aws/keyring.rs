//! The credentials of the accounts that are read, for what this program signs itself, and for the secrets that open databases.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_secretsmanager::Client;
use serde::Deserialize;

use super::config::{AwsError, in_region, load};
use super::{AwsRequest, error};
use crate::collect::ClusterTarget;
use crate::collect::mysql::Keys;
use crate::model::actions::GET_SECRET_VALUE;
use crate::model::{Gap, GapReason, Secret};

/// Credentials by account.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// Those of the chain, for what belongs to no account that was read.
    home: Option<SdkConfig>,
    accounts: BTreeMap<String, SdkConfig>,
}

/// What a secret of a database holds.
#[derive(Debug)]
pub(in crate::collect) struct Stored {
    /// Database user; some secrets name none.
    pub user: Option<String>,
    /// Its password.
    pub password: Secret,
}

/// The form that RDS gives its secrets; they may hold more.
#[derive(Deserialize)]
struct Document {
    username: Option<String>,
    password: Option<String>,
}

impl Keyring {
    /// The credentials of the SDK's own chain.
    ///
    /// # Errors
    /// When the configuration of AWS cannot be used, or holds no credentials.
    pub async fn load(request: &AwsRequest) -> Result<Self, AwsError> {
        let config = load(request).await?;
        let provider = config.credentials_provider().ok_or(AwsError::NoCredentials { source: None })?;
        let found = provider.provide_credentials().await;
        found.map_err(|error| AwsError::NoCredentials { source: Some(Box::new(error)) })?;
        Ok(Self { home: Some(config), accounts: BTreeMap::new() })
    }

    /// Takes over the credentials of an account.
    pub(super) fn add(&mut self, account: String, config: SdkConfig) {
        self.accounts.insert(account, config);
    }

    /// Takes over all of another.
    pub(in crate::collect) fn absorb(&mut self, other: Self) {
        self.home = other.home.or(self.home.take());
        self.accounts.extend(other.accounts);
    }

    /// The credentials of a cluster's account, in a region of it.
    pub(in crate::collect) fn config(&self, cluster: &ClusterTarget, region: Option<&str>) -> Result<SdkConfig, Gap> {
        let config =
            self.accounts.get(&cluster.account).or(self.home.as_ref()).ok_or_else(|| no_credentials(cluster))?;
        let own = Some(cluster.region.as_str()).filter(|region| !region.is_empty());
        Ok(region.or(own).map_or_else(|| config.clone(), |region| in_region(config, region)))
    }

    /// The keys that tokens of IAM are signed with. Those of a role last for an hour or so: they are asked for when they are needed.
    pub(in crate::collect) async fn keys(&self, cluster: &ClusterTarget) -> Result<Keys, Gap> {
        let config = self.config(cluster, None)?;
        let provider = config.credentials_provider().ok_or_else(|| no_credentials(cluster))?;
        let found = provider.provide_credentials().await.map_err(|error| {
            tracing::warn!(%error, account = cluster.account, "no credentials to sign a token with");
            no_credentials(cluster)
        })?;
        Ok(Keys {
            access_key_id: found.access_key_id().to_owned(),
            secret_access_key: Secret::new(found.secret_access_key().to_owned()),
            session_token: found.session_token().map(|token| Secret::new(token.to_owned())),
        })
    }

    /// Reads a secret, given by its ARN, or by its name in the cluster's account and region.
    pub(in crate::collect) async fn secret(&self, cluster: &ClusterTarget, id: &str) -> Result<Stored, Gap> {
        let client = Client::new(&self.config(cluster, region_of(id))?);
        let answer = client.get_secret_value().secret_id(id).send().await;
        let mut answer = answer.map_err(|failed| error::gap(GET_SECRET_VALUE, Some(id), &failed))?;
        let text = answer.secret_string.take().map(Secret::new);
        let stored = text.as_ref().and_then(|text| stored(text.expose()));
        stored.ok_or_else(|| error::malformed(GET_SECRET_VALUE, Some(id), "the secret is no JSON with a `password`"))
    }
}

/// Nothing of the text comes into an error.
fn stored(text: &str) -> Option<Stored> {
    let document: Document = serde_json::from_str(text).ok()?;
    let (user, password) = (document.username.filter(|user| !user.is_empty()), Secret::new(document.password?));
    Some(Stored { user, password })
}

/// The region in an ARN; a name has none.
fn region_of(id: &str) -> Option<&str> {
    let mut parts = id.split(':');
    (parts.next() == Some("arn")).then(|| parts.nth(2)).flatten().filter(|region| !region.is_empty())
}

fn no_credentials(cluster: &ClusterTarget) -> Gap {
    Gap {
        what: "sts:GetCallerIdentity".to_owned(),
        target: Some(cluster.account.clone()).filter(|account| !account.is_empty()),
        reason: GapReason::Unreachable,
        needs: Some("AWS credentials".to_owned()),
        message: "there are no AWS credentials for the account".into(),
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::collect::aws::testing::towards;
    use crate::snapshot::schema::rds::Engine;

    fn cluster() -> ClusterTarget {
        ClusterTarget {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            arn: "arn:aws:rds:eu-west-1:123456789012:cluster:orders".to_owned(),
            engine: Engine::AuroraMysql,
            ..ClusterTarget::default()
        }
    }

    #[test]
    fn a_secret_is_read_in_the_forms_of_rds() {
        for (text, expected) in [
            (r#"{"username":"admin","password":"hunter2"}"#, Some((Some("admin"), "hunter2"))),
            (r#"{"engine":"mysql","host":"db","username":"","password":"","port":3306}"#, Some((None, ""))),
            (r#"{"password":"hunter2"}"#, Some((None, "hunter2"))),
            (r#"{"username":"admin"}"#, None),
            (r#"{"username":"admin","password":7}"#, None),
            ("hunter2", None),
            ("", None),
        ] {
            let read = stored(text);
            let read = read.as_ref().map(|it| (it.user.as_deref(), it.password.expose()));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn an_arn_has_its_region() {
        for (id, region) in [
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-AbCdEf", Some("eu-west-1")),
            ("arn:aws:iam::123456789012:role/x", None),
            ("orders", None),
            ("arn:aws", None),
            ("", None),
        ] {
            assert_eq!(region_of(id), region, "{id}");
        }
    }

    #[tokio::test]
    async fn keys_are_those_of_the_clusters_account() {
        let mut keyring = Keyring::default();
        let none = keyring.keys(&cluster()).await.unwrap_err();
        assert_eq!((none.reason, none.target.as_deref()), (GapReason::Unreachable, Some("123456789012")));
        keyring.absorb(Keyring { home: Some(towards("http://127.0.0.1:1")), accounts: BTreeMap::new() });
        assert_eq!(keyring.keys(&cluster()).await.unwrap().access_key_id, "AKIDEXAMPLE");
        let other = keyring.config(&cluster(), Some("us-east-2")).unwrap();
        assert_eq!(other.region().map(AsRef::as_ref), Some("us-east-2"));
    }

    proptest! {
        #[test]
        fn whatever_a_secret_holds_is_read_or_refused(text in ".{0,80}") {
            let _ = stored(&text);
            let _ = region_of(&text);
        }
    }
}

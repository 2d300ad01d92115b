//! Which login serves which cluster. What it proves itself with is fetched when the cluster's turn comes, and dropped with the
//! session: a secret's value is read only where the user chose it.

use super::ClusterTarget;
#[cfg(feature = "aws")]
use super::aws::Keyring;
#[cfg(feature = "aws")]
use super::mysql::DataApi;
use super::mysql::{Access, Login, Method};
use crate::model::Gap;
#[cfg(feature = "aws")]
use crate::model::GapReason;
use crate::model::Secret;

/// The logins of a run. The first that is for a cluster serves it.
#[derive(Debug, Clone, Default)]
pub struct Logins(Vec<Assigned>);

/// A login, and what it is for.
#[derive(Debug, Clone)]
pub struct Assigned {
    /// The clusters.
    pub clusters: Clusters,
    /// How to get in.
    pub login: Chosen,
}

/// Some clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clusters {
    /// Every one.
    All,
    /// Those whose identifier or ARN, or for a server named by its address whose `HOST:PORT`, is one of these; `*` stands for
    /// any run of characters.
    Named(Vec<String>),
    /// Those with this tag, and with this value where one is given.
    Tagged {
        /// Key of the tag.
        key: String,
        /// Its value; none for any.
        value: Option<String>,
    },
}

/// How to get in.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// By a password.
    Password {
        /// Database user.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// By tokens of IAM.
    #[cfg(feature = "aws")]
    Iam {
        /// Database user.
        user: String,
    },
    /// By what a secret of Secrets Manager holds.
    #[cfg(feature = "aws")]
    Secret {
        /// Which one.
        of: SecretOf,
        /// Database user, where the secret names none.
        user: Option<String>,
        /// How the database is asked.
        through: Through,
    },
}

/// A secret of Secrets Manager.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOf {
    /// The one that RDS keeps for the master user of each cluster.
    Master,
    /// The one with this ARN or name.
    Named(String),
}

/// How a database is asked.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// By connections to its endpoints.
    Connection,
    /// By the RDS Data API.
    DataApi,
}

impl Clusters {
    fn has(&self, cluster: &ClusterTarget) -> bool {
        match self {
            Self::All => true,
            Self::Named(patterns) => {
                let name = cluster.arn.rsplit_once(":cluster:").map_or(cluster.arn.as_str(), |(_, name)| name);
                patterns.iter().any(|pattern| fits(pattern, name) || fits(pattern, &cluster.arn))
            }
            Self::Tagged { key, value } => {
                cluster.tags.get(key).is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
            }
        }
    }
}

/// Whether a text is what a pattern says; `*` stands for any run of characters.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Chosen {
    /// Who logs in, as the header of a snapshot tells it.
    fn identity(&self) -> String {
        match self {
            Self::Password { user, .. } => format!("database user {user}"),
            #[cfg(feature = "aws")]
            Self::Iam { user } => format!("database user {user}"),
            #[cfg(feature = "aws")]
            Self::Secret { of: SecretOf::Master, .. } => "database user of the cluster's master secret".to_owned(),
            #[cfg(feature = "aws")]
            Self::Secret { of: SecretOf::Named(id), .. } => format!("database user of secret {id}"),
        }
    }
}

impl Logins {
    /// Logins in the order in which they are looked at.
    pub const fn new(logins: Vec<Assigned>) -> Self {
        Self(logins)
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them rests on credentials of AWS.
    #[cfg(feature = "aws")]
    pub fn need_aws(&self) -> bool {
        self.0.iter().any(|assigned| !matches!(assigned.login, Chosen::Password { .. }))
    }

    /// Who may log in, each once.
    pub(super) fn identities(&self) -> Vec<String> {
        let mut identities: Vec<_> = self.0.iter().map(|assigned| assigned.login.identity()).collect();
        identities.sort_unstable();
        identities.dedup();
        identities
    }

    /// Whether one is for the cluster.
    pub(super) fn serve(&self, cluster: &ClusterTarget) -> bool {
        self.of(cluster).is_some()
    }

    fn of(&self, cluster: &ClusterTarget) -> Option<&Chosen> {
        self.0.iter().find(|assigned| assigned.clusters.has(cluster)).map(|assigned| &assigned.login)
    }

    /// How to get at a cluster's database; none where no login is for it.
    #[cfg(feature = "aws")]
    pub(super) async fn access(&self, cluster: &ClusterTarget, keyring: &Keyring) -> Result<Option<Access>, Gap> {
        let Some(chosen) = self.of(cluster) else { return Ok(None) };
        Ok(Some(match chosen {
            Chosen::Password { user, password } => with_password(user.clone(), password.clone()),
            Chosen::Iam { user } => {
                let method = Method::Iam(keyring.keys(cluster).await?);
                Access::Connection(Login { user: user.clone(), method })
            }
            Chosen::Secret { of, user, through: Through::Connection } => {
                let id = secret_of(cluster, of)?;
                let stored = keyring.secret(cluster, id).await?;
                let user = stored.user.or_else(|| user.clone()).ok_or_else(|| no_user(id))?;
                with_password(user, stored.password)
            }
            Chosen::Secret { of, through: Through::DataApi, .. } => {
                let secret_arn = secret_of(cluster, of)?.to_owned();
                let config = keyring.config(cluster, None)?;
                Access::DataApi(Box::new(DataApi { config, secret_arn }))
            }
        }))
    }

    /// How to get at a cluster's database; none where no login is for it.
    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_async, reason = "the same as with AWS, where secrets are read")]
    pub(super) async fn access(&self, cluster: &ClusterTarget) -> Result<Option<Access>, Gap> {
        Ok(self.of(cluster).map(|Chosen::Password { user, password }| with_password(user.clone(), password.clone())))
    }
}

fn with_password(user: String, password: Secret) -> Access {
    Access::Connection(Login { user, method: Method::Password(password) })
}

#[cfg(feature = "aws")]
fn secret_of<'a>(cluster: &'a ClusterTarget, of: &'a SecretOf) -> Result<&'a str, Gap> {
    match of {
        SecretOf::Named(id) => Ok(id),
        SecretOf::Master => cluster.master_secret.as_deref().ok_or_else(|| {
            let needs = "a master user whose password RDS keeps, or the ARN of a secret";
            gap(GapReason::Unsupported, Some(needs), "the cluster has no secret of its master user")
        }),
    }
}

#[cfg(feature = "aws")]
fn no_user(id: &str) -> Gap {
    let message = format!("the secret {id} names no user");
    gap(GapReason::Malformed, Some("a `username` in the secret, or --login"), &message)
}

#[cfg(feature = "aws")]
fn gap(reason: GapReason, needs: Option<&str>, message: &str) -> Gap {
    Gap {
        what: crate::model::actions::GET_SECRET_VALUE.to_owned(),
        target: None,
        reason,
        needs: needs.map(str::to_owned),
        message: message.into(),
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn cluster() -> ClusterTarget {
        ClusterTarget {
            arn: "arn:aws:rds:eu-west-1:123456789012:cluster:shop-prod".to_owned(),
            tags: BTreeMap::from([("team".to_owned(), "shop".to_owned())]),
            ..ClusterTarget::default()
        }
    }

    fn assigned(clusters: Clusters, user: &str) -> Assigned {
        let password = Secret::new("hunter2".to_owned());
        Assigned { clusters, login: Chosen::Password { user: user.to_owned(), password } }
    }

    #[test]
    fn clusters_are_named_by_identifier_arn_or_tag() {
        let named = |pattern: &str| Clusters::Named(vec![pattern.to_owned()]);
        let tagged =
            |key: &str, value: Option<&str>| Clusters::Tagged { key: key.to_owned(), value: value.map(str::to_owned) };
        for (clusters, has) in [
            (Clusters::All, true),
            (named("shop-prod"), true),
            (named("shop-*"), true),
            (named("*-prod"), true),
            (named("s*-*d"), true),
            (named("*"), true),
            (named("arn:aws:rds:eu-west-1:123456789012:cluster:*"), true),
            (named("arn:*:123456789012:*"), true),
            (named("shop"), false),
            (named("prod"), false),
            (named("shop-prod-*"), false),
            (named(""), false),
            (Clusters::Named(Vec::new()), false),
            (tagged("team", None), true),
            (tagged("team", Some("shop")), true),
            (tagged("team", Some("Shop")), false),
            (tagged("Team", None), false),
        ] {
            assert_eq!(clusters.has(&cluster()), has, "{clusters:?}");
        }
    }

    #[test]
    fn the_first_that_fits_serves() {
        let tagged = Clusters::Tagged { key: "team".to_owned(), value: None };
        let logins = Logins::new(vec![
            assigned(Clusters::Named(vec!["orders".to_owned()]), "one"),
            assigned(tagged, "two"),
            assigned(Clusters::All, "three"),
        ]);
        let of = |cluster: &ClusterTarget| logins.of(cluster).map(Chosen::identity).unwrap_or_default();
        assert_eq!(of(&cluster()), "database user two");
        assert_eq!(of(&ClusterTarget::default()), "database user three");
        assert_eq!(logins.identities().len(), 3);
        assert!(!format!("{logins:?}").contains("hunter2"));
        assert!(Logins::default().of(&cluster()).is_none());
    }

    #[cfg(feature = "aws")]
    #[tokio::test]
    async fn a_login_that_cannot_come_about_is_a_gap() {
        let chosen = |of, through| Chosen::Secret { of, user: None, through };
        let with_secret = ClusterTarget { master_secret: Some("arn:s".to_owned()), ..cluster() };
        for (login, cluster, reason) in [
            (chosen(SecretOf::Master, Through::Connection), cluster(), GapReason::Unsupported),
            (chosen(SecretOf::Master, Through::DataApi), cluster(), GapReason::Unsupported),
            // Nobody has credentials.
            (chosen(SecretOf::Master, Through::DataApi), with_secret, GapReason::Unreachable),
            (Chosen::Iam { user: "auditor".to_owned() }, cluster(), GapReason::Unreachable),
        ] {
            let logins = Logins::new(vec![Assigned { clusters: Clusters::All, login }]);
            assert!(logins.need_aws());
            let gap = logins.access(&cluster, &Keyring::default()).await.unwrap_err();
            assert!(gap.reason == reason && gap.needs.is_some(), "{gap}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_it_was_made_of(parts in proptest::collection::vec("[a-c]{0,3}", 1..4), fill in "[a-c]{0,3}") {
            prop_assert!(fits(&parts.join("*"), &parts.join(&fill)));
        }

        #[test]
        fn a_pattern_fits_as_a_regular_expression_does(pattern in "[ab*]{0,6}", text in "[ab]{0,6}") {
            let expression = regex_lite::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).unwrap();
            prop_assert_eq!(fits(&pattern, &text), expression.is_match(&text));
        }
    }
}

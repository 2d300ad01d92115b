//! Who logs in, and with what. A credential leaves this program over verified TLS or to a socket of this machine, and nowhere else.

use jiff::Timestamp;

use super::failure::Failure;
use super::protocol::Credential;
use super::token::{Keys, token};
use crate::collect::{EndpointRole, EndpointTarget};
use crate::model::Secret;

/// How a cluster's database is reached, and as whom.
#[derive(Debug, Clone)]
pub enum Access {
    /// By connections to its endpoints.
    Connection(Login),
    /// By the RDS Data API, where no network path leads to them.
    #[cfg(feature = "aws")]
    DataApi(Box<super::DataApi>),
}

impl Access {
    /// The login for connections; none where there are none.
    pub const fn login(&self) -> Option<&Login> {
        match self {
            Self::Connection(login) => Some(login),
            #[cfg(feature = "aws")]
            Self::DataApi(_) => None,
        }
    }
}

/// A database user to log in as.
#[derive(Debug, Clone)]
pub struct Login {
    /// User name.
    pub user: String,
    /// What it proves itself with.
    pub method: Method,
}

/// How a login proves itself.
#[derive(Debug, Clone)]
pub enum Method {
    /// By a password.
    Password(Secret),
    /// By a token of IAM, which these AWS keys sign for each endpoint.
    Iam(Keys),
}

impl Login {
    /// The credential for one endpoint, in a region; a server that was named by its address has its region in its name.
    pub(super) fn credential(
        &self,
        endpoint: &EndpointTarget,
        region: &str,
        now: Timestamp,
    ) -> Result<Credential, Failure> {
        match &self.method {
            Method::Password(password) => Ok(Credential::Password(password.clone())),
            Method::Iam(_) if endpoint.role == EndpointRole::Socket => {
                Err(Failure::Unsafe { detail: "a token of IAM goes over verified TLS only".to_owned() })
            }
            Method::Iam(keys) => {
                let region = Some(region).filter(|region| !region.is_empty()).or_else(|| region_of(&endpoint.host));
                let region = region.ok_or(Failure::Malformed { detail: "the endpoint's name tells no AWS region" })?;
                Ok(Credential::Token(token(keys, (&endpoint.host, endpoint.port), &self.user, region, now)))
            }
        }
    }
}

/// The region in an endpoint's name, as in `shop.cluster-abc.eu-west-1.rds.amazonaws.com`.
fn region_of(host: &str) -> Option<&str> {
    let (name, _) = host.split_once(".rds.amazonaws.com")?;
    name.rsplit_once('.').map(|(_, region)| region)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(host: &str, role: EndpointRole) -> EndpointTarget {
        EndpointTarget { host: host.to_owned(), port: 3306, role }
    }

    #[test]
    fn a_token_is_signed_for_the_endpoints_region_and_for_no_socket() {
        let keys = Keys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: Secret::new("s".to_owned()),
            session_token: None,
        };
        let login = Login { user: "auditor".to_owned(), method: Method::Iam(keys) };
        let aurora = "shop.cluster-abc.eu-west-1.rds.amazonaws.com";
        for (host, role, region, expected) in [
            (aurora, EndpointRole::Writer, "", Some("%2Feu-west-1%2Frds-db")),
            (
                "shop.cluster-abc.cn-north-1.rds.amazonaws.com.cn",
                EndpointRole::Writer,
                "",
                Some("%2Fcn-north-1%2Frds-db"),
            ),
            (aurora, EndpointRole::Writer, "us-east-1", Some("%2Fus-east-1%2Frds-db")),
            ("db.example", EndpointRole::Writer, "", None),
            ("/run/s", EndpointRole::Socket, "us-east-1", None),
        ] {
            let credential = login.credential(&endpoint(host, role), region, Timestamp::UNIX_EPOCH).ok();
            let token = credential.map(|credential| match credential {
                Credential::Token(token) => token.expose().to_owned(),
                Credential::Password(_) => panic!("a password"),
            });
            assert_eq!(token.is_some(), expected.is_some(), "{host}");
            assert!(token.is_none_or(|token| token.contains(expected.unwrap())), "{host}");
        }
    }

    #[test]
    fn a_login_does_not_show_what_it_has() {
        let secret = || Secret::new("hunter2".to_owned());
        let keys = Keys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: secret(),
            session_token: Some(secret()),
        };
        for method in [Method::Password(secret()), Method::Iam(keys)] {
            let login = Login { user: "auditor".to_owned(), method };
            assert!(!format!("{login:?}").contains("hunter2"));
        }
    }
}

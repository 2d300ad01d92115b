//! A login for its own sake: it makes a server forget the broken handshakes of this client's address, and tells on the way whether
//! the server insists on TLS.

use super::failure::Failure;
use super::login::Login;
use super::session::{Session, Way};
use crate::collect::tls::Anchors;
use crate::collect::{ConnectTo, EndpointTarget};
use crate::model::GapReason;

/// What a good login tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// `@@require_secure_transport`; none before MySQL 5.7, which has no such variable.
    pub require_secure_transport: Option<bool>,
}

/// Why there was no good login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NoVisit {
    /// The kind of failure.
    pub reason: GapReason,
    /// In words, without any credential.
    pub message: String,
}

impl From<Failure> for NoVisit {
    fn from(failure: Failure) -> Self {
        Self { reason: failure.reason(), message: failure.to_string() }
    }
}

/// Logs in over verified TLS, asks one question and says goodbye. Tokens are signed for `region`.
///
/// # Errors
/// When there is no login: the password stays here unless the certificate leads to an anchor and covers the endpoint's name.
pub async fn visit(
    endpoint: &EndpointTarget,
    login: &Login,
    region: &str,
    anchors: &Anchors,
    connect_to: &ConnectTo,
) -> Result<Visit, NoVisit> {
    let mut session = Session::open(endpoint, Way { login, anchors, connect_to, region }).await?;
    let mut answers = session.ask(&["SHOW GLOBAL VARIABLES LIKE 'require_secure_transport'".into()]).await;
    session.close().await;
    let table = answers.pop().unwrap_or(Err(Failure::Ended))?;
    let value = table.iter().next().and_then(|row| row.text("Value"));
    Ok(Visit { require_secure_transport: value.map(|value| value.eq_ignore_ascii_case("ON")) })
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;
    use crate::collect::EndpointRole;
    use crate::model::Secret;

    #[tokio::test]
    async fn a_failure_keeps_its_reason_and_no_password() {
        let login = Login { user: "auditor".to_owned(), method: Method::Password(Secret::new("hunter2".to_owned())) };
        let endpoint = EndpointTarget { host: "nowhere.invalid".to_owned(), port: 3306, role: EndpointRole::Instance };
        let anchors = Anchors::built_in().unwrap();
        let failed = visit(&endpoint, &login, "", &anchors, &ConnectTo::default()).await.unwrap_err();
        assert_eq!(failed.reason, GapReason::Unreachable, "{failed}");
        assert!(!format!("{failed} {failed:?}").contains("hunter2"));
    }
}

//! One session with a server: opened over verified TLS or not at all, asked with deadlines, and never used again after an answer
//! that did not end well.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::failure::Failure;
use super::login::Login;
use super::protocol::Client;
use super::rows::Table;
use super::transport::{Transport, over_socket, over_tls};
use crate::collect::tls::Anchors;
use crate::collect::{ConnectTo, EndpointRole, EndpointTarget, now};

const LOGIN_SECONDS: u64 = 10;
const QUERY_SECONDS: u64 = 60;
const GOODBYE_SECONDS: u64 = 2;

/// How servers are reached, and as whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) login: &'a Login,
    pub(super) anchors: &'a Anchors,
    pub(super) connect_to: &'a ConnectTo,
    /// The AWS region that tokens are signed for.
    pub(super) region: &'a str,
}

/// An open session.
pub(super) struct Session {
    /// None after a failure that leaves the connection in an unknown state.
    client: Option<Client>,
    /// The version that the server greeted with.
    pub(super) greeted: String,
    /// Whether it runs over TLS; else over a socket of this machine.
    pub(super) tls: bool,
}

impl Session {
    /// Logs in. The credential leaves only over TLS whose certificate is verified for the endpoint's real name.
    pub(super) async fn open(endpoint: &EndpointTarget, way: Way<'_>) -> Result<Self, Failure> {
        within(LOGIN_SECONDS, async {
            let Transport { channel, greeting, tls } = connect(endpoint, way).await?;
            let credential = way.login.credential(endpoint, way.region, now())?;
            let client = Client::login(channel, tls, &greeting, &way.login.user, &credential).await?;
            Ok(Self { client: Some(client), greeted: greeting.version, tls })
        })
        .await
    }

    /// Asks several statements in one go: an answer each, in their order. The server stops at one that it refuses; those after it
    /// are asked again.
    pub(super) async fn ask(&mut self, statements: &[String]) -> Vec<Result<Table, Failure>> {
        let mut answers = Vec::new();
        while let Some(rest) = statements.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            match self.send(rest).await {
                Ok(some) => answers.extend(some),
                Err(failure) => {
                    answers.push(Err(failure));
                    answers.resize(statements.len(), Err(Failure::Ended));
                }
            }
        }
        answers
    }

    async fn send(&mut self, statements: &[String]) -> Result<Vec<Result<Table, Failure>>, Failure> {
        let mut client = self.client.take().ok_or(Failure::Ended)?;
        let answers = within(QUERY_SECONDS, client.query(&statements.join(";\n"))).await?;
        if answers.is_empty() || answers.len() > statements.len() {
            return Err(Failure::Malformed { detail: "the server answers what was not asked" });
        }
        self.client = Some(client);
        Ok(answers)
    }

    /// Ends the session without a word: it is not what it should be.
    pub(super) fn abandon(&mut self) {
        self.client = None;
    }

    /// Says goodbye, so that the server does not count an aborted client.
    pub(super) async fn close(mut self) {
        if let Some(client) = self.client.take()
            && let Err(failure) = within(GOODBYE_SECONDS, client.quit()).await
        {
            tracing::debug!(%failure, "the session did not end in order");
        }
    }
}

async fn connect(endpoint: &EndpointTarget, way: Way<'_>) -> Result<Transport, Failure> {
    match endpoint.role {
        EndpointRole::Socket => over_socket(Path::new(&endpoint.host)).await,
        _ => over_tls(way.connect_to.resolve(&endpoint.host, endpoint.port), &endpoint.host, way.anchors).await,
    }
}

async fn within<T>(seconds: u64, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(Duration::from_secs(seconds), work).await.unwrap_or(Err(Failure::Timeout { seconds }))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;

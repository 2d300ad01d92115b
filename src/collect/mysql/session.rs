//! One session with a server: opened over verified TLS or not at all, asked with deadlines, and never used again after an answer
//! that did not end well. The RDS Data API is another way to ask the same: whoever asks does not see the difference.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
#[cfg(feature = "aws")]
use super::data_api::{DataApi, Transaction};
use super::failure::Failure;
use super::login::Login;
use super::protocol::Client;
use super::rows::Table;
use super::statement::Statement;
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

/// What carries the statements.
enum Carrier {
    /// A connection; none after a failure that leaves it in an unknown state.
    Wire(Option<Client>),
    /// Calls to AWS.
    #[cfg(feature = "aws")]
    DataApi(Transaction),
}

/// An open session.
pub(super) struct Session {
    carrier: Carrier,
    /// The version that the server greeted with.
    pub(super) greeted: String,
    /// Whether it is a connection over TLS; else a socket of this machine, or what AWS does behind its Data API.
    pub(super) tls: bool,
}

/// All reads see the tables as of one moment, where the tables can do that.
const SNAPSHOT: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

impl Session {
    /// Logs in. The credential leaves only over TLS whose certificate is verified for the endpoint's real name.
    pub(super) async fn open(endpoint: &EndpointTarget, way: Way<'_>) -> Result<Self, Failure> {
        within(LOGIN_SECONDS, async {
            let Transport { channel, greeting, tls } = connect(endpoint, way).await?;
            let credential = way.login.credential(endpoint, way.region, now())?;
            let client = Client::login(channel, tls, &greeting, &way.login.user, &credential).await?;
            Ok(Self { carrier: Carrier::Wire(Some(client)), greeted: greeting.version, tls })
        })
        .await
    }

    /// Begins a transaction of the Data API, in which all that follows is asked.
    #[cfg(feature = "aws")]
    pub(super) async fn over_data_api(cluster: &str, api: &DataApi) -> Result<Self, Failure> {
        let (transaction, greeted) = Transaction::begin(cluster, api).await?;
        Ok(Self { carrier: Carrier::DataApi(transaction), greeted, tls: false })
    }

    /// What goes before the reads of tables: a deadline of the server's own, so that no statement goes on when this program is gone,
    /// and the moment that all of them are read as of. The Data API has both by itself.
    pub(super) fn opening(&self, context: &Context<'_>) -> Vec<Statement> {
        match &self.carrier {
            Carrier::Wire(_) => [deadline(context), SNAPSHOT].map(Statement::from).into(),
            #[cfg(feature = "aws")]
            Carrier::DataApi(_) => Vec::new(),
        }
    }

    /// Asks several statements: an answer each, in their order.
    pub(super) async fn ask(&mut self, statements: &[Statement]) -> Vec<Result<Table, Failure>> {
        match &mut self.carrier {
            Carrier::Wire(client) => ask(client, statements).await,
            #[cfg(feature = "aws")]
            Carrier::DataApi(transaction) => transaction.ask(statements).await,
        }
    }

    /// Ends the session without a word: it is not what it should be.
    pub(super) fn abandon(&mut self) {
        match &mut self.carrier {
            Carrier::Wire(client) => *client = None,
            // It ends by itself when nothing is asked.
            #[cfg(feature = "aws")]
            Carrier::DataApi(_) => {}
        }
    }

    /// Says goodbye, so that the server does not count an aborted client.
    pub(super) async fn close(self) {
        let ended = match self.carrier {
            Carrier::Wire(Some(client)) => within(GOODBYE_SECONDS, client.quit()).await,
            Carrier::Wire(None) => Ok(()),
            #[cfg(feature = "aws")]
            Carrier::DataApi(transaction) => within(LOGIN_SECONDS, transaction.end()).await,
        };
        if let Err(failure) = ended {
            tracing::debug!(%failure, "the session did not end in order");
        }
    }
}

fn deadline(context: &Context<'_>) -> &'static str {
    if context.is_mariadb() {
        "SET SESSION max_statement_time = 60"
    } else if context.is_older_than("5.7.8") {
        "DO 0"
    } else {
        "SET SESSION max_execution_time = 60000"
    }
}

/// All in one go: the server stops at a statement that it refuses, and those after it are asked again.
async fn ask(client: &mut Option<Client>, statements: &[Statement]) -> Vec<Result<Table, Failure>> {
    let mut answers = Vec::new();
    while let Some(rest) = statements.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        match send(client, rest).await {
            Ok(some) => answers.extend(some),
            Err(failure) => {
                answers.push(Err(failure));
                answers.resize(statements.len(), Err(Failure::Ended));
            }
        }
    }
    answers
}

async fn send(
    connection: &mut Option<Client>,
    statements: &[Statement],
) -> Result<Vec<Result<Table, Failure>>, Failure> {
    let mut client = connection.take().ok_or(Failure::Ended)?;
    let sql: Vec<_> = statements.iter().map(|statement| statement.sql.as_str()).collect();
    let answers = within(QUERY_SECONDS, client.query(&sql.join(";\n"))).await?;
    if answers.is_empty() || answers.len() > statements.len() {
        return Err(Failure::Malformed { detail: "the server answers what was not asked" });
    }
    *connection = Some(client);
    Ok(answers)
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

//! `probe`: what servers do in handshakes, asked of them alone.

mod answer;
mod target;
mod text;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::answer::{Answer, Closing};
pub use self::target::Address;
use super::args::{ListFormat, ProbeArgs, ProbeProtocol};
use super::check::clock;
use super::error::CliError;
use super::exit::Exit;
use super::output::to_stdout;
use super::password;
use crate::collect::mysql::{Login, Method, visit};
use crate::collect::tls::{self, AT_ONCE, Anchors, Observation, Plaintext, Probe, plaintext_login, probe_all};
use crate::collect::{ConnectTo, EndpointRole, EndpointTarget};
use crate::config::resolve_time;
use crate::facts::tls::TrustStore;
use crate::snapshot::schema::tls::{ProbeDepth, WireProtocol};

/// What every probe of the run shares.
struct Shared {
    args: ProbeArgs,
    protocol: WireProtocol,
    connect_to: ConnectTo,
    anchors: Anchors,
    login: Option<Login>,
}

/// Runs the command.
pub fn run(args: ProbeArgs) -> Result<Exit, CliError> {
    let now = resolve_time(args.now.as_deref(), clock)?;
    let password = |user: &String| password::read(user, args.password_file.as_deref());
    let login = match &args.login {
        Some(user) => Some(Login { user: user.clone(), method: Method::Password(password(user)?) }),
        None => None,
    };
    if args.protocol == ProbeProtocol::Postgres && login.is_some() {
        return Err(CliError::LoginToPostgres);
    }
    let anchors = match &args.ca_bundle {
        Some(path) => Anchors::from_file(path)?,
        None => Anchors::built_in()?,
    };
    let store = match &args.ca_bundle {
        Some(_) => TrustStore::given(anchors.name.clone(), anchors.der.clone()),
        None => TrustStore::built_in()?,
    };
    let shared = Arc::new(Shared {
        protocol: args.protocol.wire(),
        connect_to: ConnectTo::new(args.connect_to.clone()),
        anchors,
        login,
        args,
    });
    let answers = ask_all(&shared, &store, now)?;
    print(&answers, shared.args.format)?;
    Ok(exit(&answers))
}

fn ask_all(shared: &Arc<Shared>, store: &TrustStore, now: Timestamp) -> Result<Vec<Answer>, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    let targets = shared.args.targets.clone();
    let observations = runtime.block_on(probe_all(targets, AT_ONCE, |target| {
        let shared = Arc::clone(shared);
        async move { ask(&shared, &target).await }
    }));
    // Otherwise a name that is being looked up would be waited for, however long that takes.
    runtime.shutdown_background();
    let judged = observations.into_iter().zip(&shared.args.targets).map(|(observation, target)| {
        let (observation, closing) = observation.ok_or(CliError::Broken)?;
        let names = shared.args.names_for(target);
        Ok(Answer::new(target.address(), &observation, closing, &names, store, now))
    });
    judged.collect()
}

async fn ask(shared: &Shared, target: &Address) -> (Observation, Option<Closing>) {
    let args = &shared.args;
    let deep = !args.light;
    let probe = Probe {
        server_name: args.servername.as_deref(),
        protocol: shared.protocol.clone(),
        depth: if deep { ProbeDepth::Deep } else { ProbeDepth::Light },
        max_connections: args.max_connections,
        patience: Duration::from_secs(args.timeout.into()),
        plaintext: deep,
        ..Probe::light(&target.host, target.port)
    };
    let mut observation = tls::probe(&probe, &shared.connect_to).await;
    let closing = close(shared, &probe, &mut observation).await;
    (observation, closing)
}

/// The login comes last: a good one makes the server forget the handshakes that were broken off.
async fn close(shared: &Shared, probe: &Probe<'_>, observation: &mut Observation) -> Option<Closing> {
    let login = shared.login.as_ref()?;
    let mut closing = log_in(shared, probe, observation, login).await;
    if shared.args.allow_plaintext_login {
        let result = log_in_plain(shared, probe, observation, login).await;
        closing.plaintext_with_login = Some(result.as_str());
        // A login that did not come to its end may count as a broken handshake.
        if result != Plaintext::Allowed && closing.login_error.is_none() {
            closing.login_error = log_in(shared, probe, observation, login).await.login_error;
        }
    }
    Some(closing)
}

async fn log_in(shared: &Shared, probe: &Probe<'_>, observation: &mut Observation, login: &Login) -> Closing {
    let failed = |why: String| Closing { login_error: Some(why), ..Closing::default() };
    if observation.endpoint.tls_offered.known() != Some(&true) || observation.endpoint.blocked.known().is_some() {
        return failed("there was no login: no TLS to send a password over".to_owned());
    }
    let name = probe.server_name.unwrap_or(probe.host);
    let routes = shared.connect_to.under_name(name, probe.host, probe.port);
    let endpoint = EndpointTarget { host: name.to_owned(), port: probe.port, role: EndpointRole::Instance };
    observation.count_connection();
    match visit(&endpoint, login, "", &shared.anchors, &routes).await {
        Ok(visit) => {
            observation.plaintext = plaintext_of(visit.require_secure_transport).unwrap_or(observation.plaintext);
            Closing { require_secure_transport: visit.require_secure_transport, ..Closing::default() }
        }
        Err(error) => failed(format!("the login failed: {error}")),
    }
}

/// The running server says it itself, whatever the connection without TLS came to.
fn plaintext_of(require_secure_transport: Option<bool>) -> Option<Plaintext> {
    require_secure_transport.map(|required| if required { Plaintext::Refused } else { Plaintext::Allowed })
}

async fn log_in_plain(shared: &Shared, probe: &Probe<'_>, observation: &mut Observation, login: &Login) -> Plaintext {
    if observation.endpoint.tls_offered.is_unknown() || observation.endpoint.blocked.known().is_some() {
        return Plaintext::Unknown;
    }
    observation.count_connection();
    match plaintext_login(probe, &shared.connect_to, login).await {
        Ok(Plaintext::Unknown) => Plaintext::Unknown,
        Ok(known) => {
            observation.plaintext = known;
            known
        }
        Err(trouble) => {
            observation.troubles.push(trouble);
            Plaintext::Unknown
        }
    }
}

/// One document for one target; a line each for several.
fn print(answers: &[Answer], format: ListFormat) -> Result<(), CliError> {
    let mut text = String::new();
    for answer in answers {
        match format {
            ListFormat::Text => text.push_str(&answer.to_string()),
            ListFormat::Json if answers.len() == 1 => text.push_str(&serde_json::to_string_pretty(answer)?),
            ListFormat::Json => text.push_str(&serde_json::to_string(answer)?),
        }
        text.push('\n');
    }
    to_stdout(text.as_bytes())
}

/// 4 when no server answered at all, 3 when something was not learnt.
fn exit(answers: &[Answer]) -> Exit {
    if answers.iter().all(Answer::is_empty) {
        Exit::NothingAssessed
    } else if answers.iter().all(Answer::is_complete) {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}

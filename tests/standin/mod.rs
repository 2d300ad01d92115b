//! A stand-in for AWS: a server on loopback that answers the calls of the collectors from an estate with planted truth. It spells its
//! answers by AWS's own service models (`shapes.json`), pages as AWS pages, keeps to an allow-list of actions where one is set, and
//! fails on demand.

#![allow(dead_code, reason = "each test binary uses its own part")]

mod answer;
pub mod databases;
pub mod estate;
mod http;
mod operation;
mod shape;
mod unsigned;

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub use databases::Databases;
pub use estate::Estate;

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// How long each answer takes.
    pub latency: Duration,
    /// Every so many answers, one asks for fewer calls.
    pub throttle_every: Option<u64>,
    /// The actions that are allowed; none for all.
    pub allowed: Option<BTreeSet<String>>,
    /// What goes wrong with an action, as in `rds:DescribeDBClusters`, in a region, or everywhere (`*`).
    pub faults: BTreeMap<String, Fault>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The token has expired.
    Expired,
    /// The region is not enabled.
    NotEnabled,
    /// A proxy answers with a page of its own.
    Html,
    /// The answer ends in the middle.
    Cut,
    /// The answer is as long as it says, and its document is not closed.
    Open,
    /// It asks for fewer calls, and never stops doing so.
    Throttled,
}

/// What reads the value of a secret.
const SECRET: &str = "secretsmanager:GetSecretValue";

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub account: String,
    pub region: String,
    pub action: String,
    pub at: Instant,
}

/// The server. It ends with the process.
pub struct Standin {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    estate: Estate,
    databases: Databases,
    behaviour: Mutex<Behaviour>,
    asked: Mutex<Vec<Asked>>,
    answered: AtomicU64,
}

impl Standin {
    /// Starts a server for an estate.
    pub fn start(estate: Estate) -> Self {
        Self::with(estate, Databases::default())
    }

    /// Starts a server for an estate, with databases that its Data API reaches.
    pub fn with(estate: Estate, databases: Databases) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            estate,
            databases,
            behaviour: Mutex::new(Behaviour::default()),
            asked: Mutex::new(Vec::new()),
            answered: AtomicU64::new(0),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || http::serve(stream, |request| shared.reply(&request)));
            }
        });
        Self { url, shared }
    }

    /// Changes how the server behaves from now on, and forgets what was asked.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.asked().clear();
        *self.shared.behaviour.lock().unwrap() = behaviour;
    }

    /// The parameters with which an action can be asked: one set for each thing that it is about, or one without any.
    pub fn targets(&self, account: &str, region: &str, action: &str) -> Vec<serde_json::Value> {
        self.shared.estate.targets(account, region, action)
    }

    /// The databases.
    pub fn databases(&self) -> &Databases {
        &self.shared.databases
    }

    /// What was asked since the behaviour was set.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked().clone()
    }

    /// The environment of a command that is to speak to this server and to nobody else, as the account.
    pub fn env(&self, account: &str) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", &estate::key_of(account)),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap()
    }

    fn reply(&self, request: &http::Request) -> http::Reply {
        let behaviour = self.behaviour.lock().unwrap().clone();
        let number = self.answered.fetch_add(1, Ordering::Relaxed) + 1;
        if !behaviour.latency.is_zero() {
            std::thread::sleep(behaviour.latency);
        }
        if let Some(reply) = unsigned::reply(&self.estate, request) {
            return reply;
        }
        let Some(call) = operation::Call::of(request) else { return http::Reply::text(404, "no such operation") };
        let Some(account) = estate::account_of(&call.key) else {
            return answer::refused(
                &call,
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            );
        };
        let (region, action) = (call.region.clone(), call.action());
        self.asked().push(Asked {
            account: account.clone(),
            region: region.clone(),
            action: action.clone(),
            at: Instant::now(),
        });
        if behaviour.throttle_every.is_some_and(|every| number.is_multiple_of(every)) {
            return answer::throttled(&call);
        }
        let fault =
            [action.as_str(), region.as_str(), "*"].into_iter().find_map(|of| behaviour.faults.get(of)).copied();
        match fault {
            Some(Fault::Expired) => {
                answer::refused(&call, 403, "ExpiredToken", "The security token included in the request is expired")
            }
            Some(Fault::NotEnabled) => answer::refused(
                &call,
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
            Some(Fault::Throttled) => answer::throttled(&call),
            Some(Fault::Html) => {
                http::Reply::text(200, "<!doctype html><html><body>Sign in to the network</body></html>")
            }
            _ if call.needs_permission()
                && behaviour.allowed.as_ref().is_some_and(|allowed| !allowed.contains(&action)) =>
            {
                answer::denied(&call, &account)
            }
            // The service reads the secret with the permissions of whoever calls.
            _ if action == "rds-data:BeginTransaction"
                && behaviour.allowed.as_ref().is_some_and(|allowed| !allowed.contains(SECRET)) =>
            {
                answer::refused(&call, 400, "BadRequestException", &format!("not authorized to perform: {SECRET}"))
            }
            cut => {
                let mut reply = match call.service.as_str() {
                    "rds-data" => {
                        self.databases.answer(&call, &serde_json::from_str(&request.body).unwrap_or_default())
                    }
                    _ => answer::answer(&self.estate, &account, &call),
                };
                reply.cut = cut == Some(Fault::Cut);
                if cut == Some(Fault::Open) {
                    let end = reply.body.trim_end().rfind(['<', '}']).unwrap_or_default();
                    reply.body.truncate(end);
                }
                reply
            }
        }
    }
}

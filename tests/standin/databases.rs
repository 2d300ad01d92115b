//! The RDS Data API with a real database server behind it: a transaction is a session there, and statements are passed on as they are.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::answer::{refused, reply};
use super::http::Reply;
use super::operation::Call;

/// AWS ends a call whose answer is larger.
const LIMIT: usize = 1 << 20;

/// The databases that the stand-in reaches.
#[derive(Debug, Default)]
pub struct Databases {
    /// The program that keeps a session, and the lab that it keeps it with.
    pub tool: String,
    pub lab: String,
    /// Server and port, by the ARN of a cluster.
    pub servers: BTreeMap<String, (String, String)>,
    /// User and password, by the ARN of a secret.
    pub logins: BTreeMap<String, (String, String)>,
    /// What Aurora says of which instance answers: a variable that no other server has.
    pub instance: Option<String>,
    /// After so many statements a transaction is gone.
    pub patience: Option<usize>,
    pub open: Mutex<Vec<Option<Session>>>,
}

#[derive(Debug)]
pub struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// What it was begun with: AWS takes no other cluster and no other secret in the same transaction.
    of: (String, String),
    asked: usize,
}

impl Session {
    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.to, "{request}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Databases {
    /// Answers a call.
    pub fn answer(&self, call: &Call, body: &Value) -> Reply {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let of = (text("resourceArn"), text("secretArn"));
        let answer = match call.operation.as_str() {
            "BeginTransaction" => self.begin(of),
            "ExecuteStatement" => self.execute(&text("transactionId"), &of, &text("sql")),
            _ => self.roll_back(&text("transactionId")),
        };
        match answer {
            Ok(output) => {
                let reply = reply(call, &output);
                if reply.body.len() > LIMIT {
                    let why = "Database returned more than the allowed response size limit";
                    return refused(call, 400, "BadRequestException", why);
                }
                reply
            }
            Err((code, why)) => refused(call, 400, code, &why),
        }
    }

    fn begin(&self, of: (String, String)) -> Result<Value, (&'static str, String)> {
        let bad = |why: &str| ("BadRequestException", why.to_owned());
        let (server, port) =
            self.servers.get(&of.0).ok_or_else(|| bad("HttpEndpoint is not enabled for the cluster"))?;
        let (user, password) = self.logins.get(&of.1).ok_or_else(|| bad("the secret cannot be found"))?;
        let mut command = Command::new(&self.tool);
        command.args([server, port]).env("AURORA_AUDIT_LAB", &self.lab);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut session = Session { child, to, from, of, asked: 0 };
        let greeted = session.ask(&json!({"user": user, "password": password}));
        if let Some(error) = error(&greeted) {
            return Err(error);
        }
        let mut open = self.open.lock().unwrap();
        open.push(Some(session));
        Ok(json!({"transactionId": format!("transaction-{}", open.len() - 1)}))
    }

    fn execute(&self, id: &str, of: &(String, String), sql: &str) -> Result<Value, (&'static str, String)> {
        let mut open = self.open.lock().unwrap();
        let gone = || ("TransactionNotFoundException", format!("Transaction {id} is not found"));
        let session = place(id).and_then(|place| open.get_mut(place)).ok_or_else(gone)?;
        let found = session.as_mut().filter(|session| session.of == *of).ok_or_else(gone)?;
        found.asked += 1;
        if self.patience.is_some_and(|patience| found.asked > patience) {
            *session = None;
            return Err(gone());
        }
        if let Some(instance) = self.instance.as_ref().filter(|_| sql.ends_with("LIKE 'aurora_server_id'")) {
            let row = json!([[{"stringValue": "aurora_server_id"}, {"stringValue": instance}]]);
            let columns = json!([{"label": "Variable_name"}, {"label": "Value"}]);
            return Ok(json!({"numberOfRecordsUpdated": 0, "columnMetadata": columns, "records": row}));
        }
        let answer = found.ask(&json!({"sql": sql}));
        match error(&answer) {
            Some(error) => Err(error),
            None => {
                Ok(json!({"numberOfRecordsUpdated": 0, "columnMetadata": answer["columns"], "records": answer["rows"]}))
            }
        }
    }

    fn roll_back(&self, id: &str) -> Result<Value, (&'static str, String)> {
        let mut open = self.open.lock().unwrap();
        let session = place(id).and_then(|place| open.get_mut(place)).and_then(Option::take);
        let gone = || ("TransactionNotFoundException", format!("Transaction {id} is not found"));
        session.map(|_| json!({"transactionStatus": "Rollback Complete"})).ok_or_else(gone)
    }

    /// Whether every transaction was ended by who began it.
    pub fn all_ended(&self) -> bool {
        self.open.lock().unwrap().iter().all(Option::is_none)
    }
}

fn place(id: &str) -> Option<usize> {
    id.strip_prefix("transaction-")?.parse().ok()
}

/// What the database refused, in the service's words.
fn error(answer: &Value) -> Option<(&'static str, String)> {
    let code = answer.get("code")?;
    let message = answer["message"].as_str().unwrap_or_default();
    Some(("BadRequestException", format!("Database error code: {code}. Message: {message}")))
}

//! The socket under a probe: connect, read the greeting, send, read the answer, each with a deadline.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{self, Answer};
use super::greeting::{self, First, Greeting, ssl_request};
use crate::model::GapReason;

/// The longest wait for a connection, for a greeting, and for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why something was not learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The kind of failure.
    pub reason: GapReason,
    /// What happened.
    pub message: String,
}

impl Trouble {
    pub(super) fn new(reason: GapReason, message: &str) -> Self {
        Self { reason, message: message.to_owned() }
    }

    fn io(error: &std::io::Error) -> Self {
        let reason = if error.kind() == ErrorKind::TimedOut { GapReason::Timeout } else { GapReason::Unreachable };
        Self { reason, message: error.to_string() }
    }

    /// The same, with what was asked before it.
    pub(super) fn about(self, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

/// A connection whose greeting was read.
#[derive(Debug)]
pub(super) struct Greeted {
    stream: TcpStream,
    pub(super) greeting: Greeting,
}

/// Waits for `work` as long as patience lasts.
async fn patiently<T>(what: &str, work: impl Future<Output = std::io::Result<T>>) -> Result<T, Trouble> {
    match timeout(PATIENCE, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Trouble::io(&error).about(what)),
        Err(_) => Err(Trouble { reason: GapReason::Timeout, message: format!("{what}: no answer in {PATIENCE:?}") }),
    }
}

/// Connects and reads the greeting.
pub(super) async fn greet(address: (&str, u16)) -> Result<Greeted, Trouble> {
    let mut stream = patiently("connect", TcpStream::connect(address)).await?;
    let first = patiently("greeting", read_first(&mut stream)).await?;
    match first {
        Some(First::Greeting(greeting)) => Ok(Greeted { stream, greeting }),
        Some(First::Refused(error)) => Err(Trouble {
            reason: refusal(error.code),
            message: format!("greeting: error {} ({})", error.code, error.message),
        }),
        Some(First::OldProtocol(version)) => Err(Trouble {
            reason: GapReason::Unsupported,
            message: format!("greeting: protocol {version} of MySQL is not spoken here"),
        }),
        Some(First::NotMysql) => Err(Trouble::new(GapReason::Malformed, "greeting: the server does not speak MySQL")),
        None => Err(Trouble::new(GapReason::Unreachable, "greeting: the server closed the connection")),
    }
}

/// 1040 is a full house, 1129 and 1130 are about this client's address.
const fn refusal(code: u16) -> GapReason {
    match code {
        1040 => GapReason::Throttled,
        1129 | 1130 => GapReason::Denied,
        _ => GapReason::Unreachable,
    }
}

async fn read_first(stream: &mut TcpStream) -> std::io::Result<Option<First>> {
    // A packet is never longer than the limit, and its header is four bytes.
    read_until(stream, greeting::LONGEST.saturating_add(4), |bytes, _| greeting::parse(bytes)).await
}

/// Reads until `parse` is satisfied, the server ends, or `longest` bytes came.
async fn read_until<T>(
    stream: &mut TcpStream,
    longest: usize,
    parse: impl Fn(&[u8], bool) -> Option<T>,
) -> std::io::Result<Option<T>> {
    let mut bytes = Vec::new();
    loop {
        let ended = bytes.len() >= longest || stream.read_buf(&mut bytes).await? == 0;
        match parse(&bytes, ended) {
            None if !ended => {}
            parsed => return Ok(parsed),
        }
    }
}

impl Greeted {
    /// Turns the connection over to TLS with this hello and reads what comes back.
    pub(super) async fn ask(mut self, hello: &[u8]) -> Result<Answer, Trouble> {
        // Nothing answers the request itself, so both go in one segment.
        let packets = [ssl_request(self.greeting.sequence).as_slice(), hello].concat();
        patiently("send", self.stream.write_all(&packets)).await?;
        let answer = patiently("answer", read_until(&mut self.stream, answer::LONGEST, answer::parse)).await?;
        answer.ok_or_else(|| Trouble::new(GapReason::Unreachable, "answer: the server closed the connection"))
    }

    /// Turns the connection over to TLS and hands the socket out.
    pub(super) async fn start_tls(mut self) -> Result<Tls, Trouble> {
        patiently("send", self.stream.write_all(&ssl_request(self.greeting.sequence))).await?;
        Ok(Tls { stream: self.stream })
    }
}

/// A socket on which TLS records are exchanged.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) stream: TcpStream,
}

impl Tls {
    /// Sends `bytes`, then reads what is there; none when the server ended.
    pub(super) async fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Trouble> {
        patiently("send", self.stream.write_all(bytes)).await?;
        let mut answer = Vec::with_capacity(answer::LONGEST);
        patiently("answer", self.stream.read_buf(&mut answer)).await?;
        Ok(answer)
    }
}

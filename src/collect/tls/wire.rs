//! The socket under a probe: connect, come to the point where TLS may begin, send, read the answer, each with a deadline.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{Answer, Flight};
use super::greeting::{self, ssl_request};
use super::postgres;
use super::trouble::{Fault, Trouble};
use crate::snapshot::schema::tls::WireProtocol;

/// The longest wait for a connection, for a greeting, and for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What a gentle hello waits after the request for TLS: some servers and proxies read both at once and lose the hello.
const PAUSE: Duration = Duration::from_millis(200);

/// Bytes read at a time.
const CHUNK: usize = 4096;

/// A connection at the point where TLS may begin.
#[derive(Debug)]
pub(super) struct Opened {
    stream: TcpStream,
    patience: Duration,
    /// What must still be sent before the first record.
    request: Vec<u8>,
    /// What came and was not read yet.
    unread: Vec<u8>,
    /// The greeting, in MySQL's protocol.
    pub(super) greeting: Option<greeting::Greeting>,
    /// Whether the server offers TLS.
    pub(super) tls: bool,
}

/// Waits for `work` as long as `patience` lasts.
async fn patiently<T>(
    what: &str,
    patience: Duration,
    work: impl Future<Output = std::io::Result<T>>,
) -> Result<T, Trouble> {
    match timeout(patience, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Trouble::io(&error).about(what)),
        Err(_) => Err(Trouble::new(Fault::Timeout, format!("{what}: no answer in {patience:?}"))),
    }
}

/// Connects, without any wait for more bytes to send together.
pub(super) async fn connect(address: (&str, u16), patience: Duration) -> Result<TcpStream, Trouble> {
    let stream = patiently("connect", patience, TcpStream::connect(address)).await?;
    stream.set_nodelay(true).map_err(|error| Trouble::io(&error).about("connect"))?;
    Ok(stream)
}

/// Connects and comes to the point where TLS may begin.
pub(super) async fn open(address: (&str, u16), protocol: &WireProtocol, patience: Duration) -> Result<Opened, Trouble> {
    let stream = connect(address, patience).await?;
    match protocol {
        WireProtocol::Postgres => open_postgres(stream, patience).await,
        WireProtocol::Mysql | WireProtocol::Other(_) => open_mysql(stream, patience).await,
    }
}

async fn open_mysql(mut stream: TcpStream, patience: Duration) -> Result<Opened, Trouble> {
    let reading = read_until(&mut stream, greeting::LONGEST.saturating_add(4), greeting::parse);
    let foreign = |message: &str| Err(Trouble::new(Fault::Foreign, message));
    match patiently("greeting", patience, reading).await? {
        Some(greeting::First::Greeting(greeting)) => {
            let (request, tls) = (ssl_request(greeting.sequence), greeting.tls);
            Ok(Opened { stream, patience, request, unread: Vec::new(), greeting: Some(greeting), tls })
        }
        Some(greeting::First::Refused(error)) => {
            let message = format!("greeting: error {} ({})", error.code, error.message);
            Err(Trouble::new(Fault::Server(error.code), message))
        }
        Some(greeting::First::OldProtocol(version)) => {
            foreign(&format!("greeting: protocol {version} of MySQL is not spoken here"))
        }
        Some(greeting::First::NotMysql) => foreign("greeting: the server does not speak MySQL"),
        None => Err(Trouble::new(Fault::Closed, "greeting: the server closed the connection")),
    }
}

async fn open_postgres(mut stream: TcpStream, patience: Duration) -> Result<Opened, Trouble> {
    patiently("send", patience, stream.write_all(&postgres::SSL_REQUEST)).await?;
    let reading = read_until(&mut stream, postgres::LONGEST, postgres::parse_tls);
    let first = patiently("SSLRequest", patience, reading).await?;
    let tls = match first {
        Some(postgres::First::Tls) => true,
        Some(postgres::First::NoTls) => false,
        Some(postgres::First::Refused(state, message)) => {
            return Err(Trouble::new(Fault::Turned, format!("SSLRequest: error {state} ({message})")));
        }
        Some(postgres::First::Authentication | postgres::First::NotPostgres) => {
            return Err(Trouble::new(Fault::Foreign, "SSLRequest: the server does not speak PostgreSQL"));
        }
        None => return Err(Trouble::new(Fault::Closed, "SSLRequest: the server closed the connection")),
    };
    Ok(Opened { stream, patience, request: Vec::new(), unread: Vec::new(), greeting: None, tls })
}

/// Reads until `parse` is satisfied, the server ends, or `longest` bytes came.
async fn read_until<T>(
    stream: &mut TcpStream,
    longest: usize,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> std::io::Result<Option<T>> {
    let mut bytes = Vec::new();
    loop {
        let ended = bytes.len() >= longest || stream.read_buf(&mut bytes).await? == 0;
        match parse(&bytes) {
            None if !ended => {}
            parsed => return Ok(parsed),
        }
    }
}

impl Opened {
    /// Turns the connection over to TLS with this hello and reads what comes back.
    pub(super) async fn ask(mut self, hello: &[u8], gentle: bool) -> Result<Answer, Trouble> {
        let mut flight = Flight::default();
        let answer = self.ask_into(&mut flight, hello, gentle).await;
        match (answer, flight.end()) {
            // What came before the silence was said all the same.
            (Ok(Some(answer)), _) | (_, Some(answer @ Answer::Chosen(_))) => Ok(answer),
            (Err(trouble), _) if !trouble.fault.is_hang_up() => Err(trouble),
            // Whether a server that leaves while it is spoken to is seen to close or to reset is a matter of luck.
            (Ok(None) | Err(_), _) => Err(Trouble::new(Fault::Reset, "answer: the server hung up")),
        }
    }

    async fn ask_into(&mut self, flight: &mut Flight, hello: &[u8], gentle: bool) -> Result<Option<Answer>, Trouble> {
        self.request_tls().await?;
        if gentle {
            tokio::time::sleep(PAUSE).await;
        }
        patiently("send", self.patience, self.stream.write_all(hello)).await?;
        patiently("answer", self.patience, read_flight(&mut self.stream, flight)).await
    }

    /// Nothing answers the request itself in MySQL's protocol, and in PostgreSQL's it was answered before.
    async fn request_tls(&mut self) -> Result<(), Trouble> {
        let request = std::mem::take(&mut self.request);
        patiently("send", self.patience, self.stream.write_all(&request)).await
    }

    /// Turns the connection over to TLS and hands the socket out.
    pub(super) async fn start_tls(mut self) -> Result<Tls, Trouble> {
        self.request_tls().await?;
        Ok(Tls { stream: self.stream, patience: self.patience })
    }

    /// Sends a packet without TLS, or nothing, and reads the next packet.
    pub(super) async fn exchange_plain<T>(
        &mut self,
        packet: &[u8],
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Trouble> {
        patiently("send", self.patience, self.stream.write_all(packet)).await?;
        patiently("answer", self.patience, self.read_packet(parse)).await
    }

    /// Byte by byte from a buffer that outlives the packet: the next one may have come together with it.
    async fn read_packet<T>(&mut self, parse: impl Fn(&[u8]) -> Option<T>) -> std::io::Result<Option<T>> {
        loop {
            let whole = (1..=self.unread.len()).find_map(|end| Some((end, parse(self.unread.get(..end)?)?)));
            if let Some((end, parsed)) = whole {
                self.unread.drain(..end);
                return Ok(Some(parsed));
            }
            let full = self.unread.len() > CHUNK;
            if full || self.stream.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Says goodbye; a server that has gone already does not mind.
    pub(super) async fn send_last(mut self, packet: &[u8]) {
        drop(patiently("send", self.patience, self.stream.write_all(packet)).await);
    }
}

async fn read_flight(stream: &mut TcpStream, flight: &mut Flight) -> std::io::Result<Option<Answer>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        chunk.clear();
        if stream.read_buf(&mut chunk).await? == 0 {
            return Ok(flight.end());
        }
        if let Some(answer) = flight.take(&chunk) {
            return Ok(Some(answer));
        }
    }
}

/// A socket on which TLS records are exchanged.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) stream: TcpStream,
    pub(super) patience: Duration,
}

impl Tls {
    /// Sends `bytes`, then reads what is there; none when the server ended.
    pub(super) async fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Trouble> {
        patiently("send", self.patience, self.stream.write_all(bytes)).await?;
        let mut answer = Vec::with_capacity(CHUNK);
        patiently("answer", self.patience, self.stream.read_buf(&mut answer)).await?;
        Ok(answer)
    }
}

//! Servers of the tests' own: a front that speaks MySQL or PostgreSQL as far as the handshake, with anything behind it.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// `CLIENT_SSL`.
const CLIENT_SSL: u32 = 0x800;

/// Capabilities of a server of today.
pub const WITH_TLS: u32 = 0xdfff_ffff;
/// The same without TLS.
pub const WITHOUT_TLS: u32 = WITH_TLS & !CLIENT_SSL;

/// Listens on loopback and gives each connection, counted from 0, to `serve` in a thread of its own. Ends with the process.
pub fn listen(serve: impl Fn(usize, TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let serve = serve.clone();
            stream.set_nodelay(true).unwrap();
            thread::spawn(move || serve(number, stream));
        }
    });
    port
}

/// A packet of MySQL.
pub fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&length[..3], &[sequence], payload].concat()
}

/// An error packet.
pub fn error(sequence: u8, code: u16, text: &str) -> Vec<u8> {
    packet(sequence, &[&[0xff], &code.to_le_bytes()[..], text.as_bytes()].concat())
}

/// A greeting.
pub fn greeting(version: &str, capabilities: u32) -> Vec<u8> {
    let [a, b, c, d] = capabilities.to_le_bytes();
    let mut payload = [&[10], version.as_bytes(), &[0], &[8, 0, 0, 0], &b"saltsalt"[..], &[0, a, b]].concat();
    payload.extend([255, 2, 0, c, d, 21]);
    payload.extend([0; 10]);
    payload.extend(b"restofthesalt\0caching_sha2_password\0");
    packet(0, &payload)
}

/// Greets and reads the answer: whether the client goes on with TLS. None when it has gone.
pub fn greet(stream: &mut TcpStream) -> Option<bool> {
    stream.write_all(&greeting("9.7.4", WITH_TLS)).ok()?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).ok()?;
    let mut body = vec![0; usize::from(head[0]) | usize::from(head[1]) << 8];
    stream.read_exact(&mut body).ok()?;
    Some(u32::from_le_bytes(body[..4].try_into().unwrap()) & CLIENT_SSL != 0)
}

/// Reads a record of TLS, without its head.
pub fn record(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// Whether a `ClientHello` admits nothing but TLS 1.3, and the legacy version it names.
pub fn asks_for(hello: &[u8]) -> (bool, u16) {
    let only_13 = hello.windows(7).any(|window| window == [0, 43, 0, 3, 2, 3, 4]);
    (only_13, u16::from_be_bytes([hello[4], hello[5]]))
}

/// How answers are carried back.
#[derive(Clone, Copy)]
pub enum Segments {
    /// As they come.
    Whole,
    /// Byte by byte.
    Single,
}

/// Carries bytes both ways until one side ends.
pub fn relay(client: TcpStream, port: u16, segments: Segments) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
    server.set_nodelay(true).unwrap();
    let (up, down) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client));
    let one = thread::spawn(move || carry(up.0, up.1, Segments::Whole));
    carry(down.0, down.1, segments);
    one.join().unwrap();
}

fn carry(mut from: TcpStream, mut to: TcpStream, segments: Segments) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let size = if matches!(segments, Segments::Single) { 1 } else { length };
        if buffer[..length].chunks(size).try_for_each(|chunk| to.write_all(chunk)).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}

/// MySQL's greeting in front of a TLS server; without TLS it answers a login with `without_tls`.
pub fn mysql_front(port: u16, segments: Segments, without_tls: Vec<u8>) -> u16 {
    listen(move |_, mut stream| match greet(&mut stream) {
        Some(true) => relay(stream, port, segments),
        Some(false) => {
            drop(stream.write_all(&without_tls));
            drop(stream.read(&mut [0; 16]));
        }
        None => {}
    })
}

/// An `openssl s_server`; ends when dropped.
pub struct TlsServer {
    child: Child,
    pub port: u16,
}

impl TlsServer {
    /// Starts one with these options. Its keys lie in `folder`.
    pub fn start(folder: &Path, options: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("openssl")
            .current_dir(folder)
            .args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{port}")])
            .args(options.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            thread::sleep(Duration::from_millis(25));
        }
        panic!("openssl s_server {options} does not answer");
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Makes a key and a certificate for `db.example`, `NAME.key` and `NAME.pem`.
pub fn certificate(folder: &Path, name: &str, algorithm: &[&str]) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args([
            "req",
            "-x509",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=db.example",
            "-addext",
            "subjectAltName=DNS:db.example",
        ])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem"), "-newkey"])
        .args(algorithm)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

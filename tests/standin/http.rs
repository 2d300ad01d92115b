//! As much of HTTP/1.1 as the SDKs speak on loopback: requests with a length, answers with one, connections that stay.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// A request.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub kind: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Whether the connection ends in the middle of the body.
    pub cut: bool,
}

impl Reply {
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, kind: "text/html", headers: Vec::new(), body: body.to_owned(), cut: false }
    }
}

/// Answers the requests of a connection until its other end closes it.
pub fn serve(stream: TcpStream, reply: impl Fn(Request) -> Reply) {
    _ = stream.set_nodelay(true);
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let Reply { status, kind, headers, body, cut } = reply(request);
        let mut text = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nx-amzn-RequestId: 00000000-0000-4000-8000-000000000000\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.extend([name, ": ", &*value, "\r\n"].map(String::from));
        }
        text.push_str("\r\n");
        text.push_str(if cut { body.get(..body.len() / 2).unwrap_or_default() } else { &body });
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
        if cut {
            _ = writer.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let first = line(reader)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut request = Request { method, target, ..Request::default() };
    loop {
        let header = line(reader)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let read = reader.read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

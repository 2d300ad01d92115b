//! What the tests of the collectors share: the lines that drafts become, and a server on loopback that speaks just enough of
//! AWS's query protocol.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::listing::Entry;
use super::manners::Manners;
use super::scope;
use super::site::{Site, Wanted};
use crate::collect::Sink;
use crate::snapshot::{Header, Kind, SCHEMA_VERSION, Scope, write};

/// The lines that the sink's drafts become, in the order of the file.
pub(super) fn lines(sink: Sink) -> Vec<Value> {
    let header = Header {
        schema_version: SCHEMA_VERSION,
        tool_version: String::new(),
        started: Timestamp::UNIX_EPOCH,
        scope: Scope::default(),
        identity: Vec::new(),
    };
    let bytes = write(&header, sink.into_drafts(), Timestamp::UNIX_EPOCH, true).unwrap();
    let lines: Vec<Value> =
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines[1..lines.len() - 1].to_vec()
}

/// The id and the data of an entry that must have been kept.
pub(super) fn kept<K: Kind>(entry: Entry<K>) -> (String, Value) {
    match entry {
        Entry::Kept(id, data) => (id, serde_json::to_value(data).unwrap()),
        Entry::Excluded(id, why) => panic!("{id} was excluded: {why}"),
    }
}

/// Status and body.
pub(super) type Answer = (u16, String);

/// A request, as far as tests look.
pub(super) struct Request {
    /// The call, as in `DescribeDBClusters`.
    pub action: String,
    /// The form that carries the parameters.
    pub form: String,
}

/// Starts a server, and gives the configuration that leads to it, without retries.
pub(super) async fn serve(answers: impl Fn(Request) -> Answer + Send + Sync + 'static) -> SdkConfig {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = towards(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            reply(stream, &answers).await;
        }
    });
    config
}

/// A site in which nothing is held back.
pub(super) fn site(config: SdkConfig) -> Site {
    let scope = scope::Scope::new("123456789012", "eu-west-1");
    Site::new(config, scope, Manners { rate: 0, ..Manners::default() }, Wanted::default())
}

/// A configuration for an endpoint, without retries.
pub(super) fn towards(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

async fn reply(mut stream: TcpStream, answers: &impl Fn(Request) -> Answer) {
    let form = form(&mut stream).await;
    let action = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
    let (status, body) = answers(Request { action, form });
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).await.unwrap();
}

/// Reads a request to its end; its body is the form.
async fn form(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        let length = |head: &str| {
            let named = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
            named.map_or(0, |length| length.trim().parse().unwrap())
        };
        match text.split_once("\r\n\r\n") {
            Some((head, body)) if read == 0 || body.len() >= length(head) => return body.to_owned(),
            None if read == 0 => return String::new(),
            _ => {}
        }
    }
}

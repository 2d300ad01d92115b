//! Logins by IAM at a server that does what Aurora does: it turns the connection over to TLS, wants the token as it is, and verifies
//! who signed it, for which host and user, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::fmt::strtime;
use jiff::{Timestamp, ToSpan};
use percent_encoding::percent_decode_str;
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::super::login::Method;
use super::super::protocol::testing::{OK, error, greeting, receive, send};
use super::super::token::Keys;
use super::*;
use crate::model::Secret;

const HOST: &str = "shop.cluster-abc.eu-west-1.rds.amazonaws.com";
const CHAIN: &[u8] = include_bytes!("../../../fixtures/mysql/server.pem");
const KEY: &[u8] = include_bytes!("../../../fixtures/mysql/server-key.pem");
const AUTHORITY: &str = include_str!("../../../fixtures/mysql/server-ca.pem");

/// An `SSLRequest`: a header, capabilities, largest packet, character set and zeros. There is room for no name.
const SSL_REQUEST: usize = 36;

/// What a server heard.
struct Heard {
    /// Before TLS.
    clear: Vec<u8>,
    /// The response within TLS, when it came to that.
    response: Option<Vec<u8>>,
}

async fn serve(mut stream: TcpStream, secret: &str) -> Heard {
    send(&mut stream, 0, &[greeting("8.0.39", 0xdfff_ffff, "caching_sha2_password")]).await;
    let mut clear = vec![0; SSL_REQUEST];
    stream.read_exact(&mut clear).await.unwrap();
    let chain = CertificateDer::pem_slice_iter(CHAIN).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else {
        return Heard { clear, response: None };
    };
    let Some(response) = receive(&mut stream).await else { return Heard { clear, response: None } };
    let verdict = verify(&response, secret, Timestamp::now());
    let answer = verdict.map_or_else(|why| error(1045, why), |()| OK.to_vec());
    send(&mut stream, 3, &[answer]).await;
    let _ = stream.shutdown().await;
    Heard { clear, response: Some(response) }
}

/// Verifies a response as AWS's plugin does, by its own reading of the signature's rules.
fn verify(response: &[u8], secret: &str, now: Timestamp) -> Result<(), &'static str> {
    let text = String::from_utf8_lossy(response.get(32..).ok_or("no response")?).into_owned();
    let (user, rest) = text.split_once('\0').ok_or("no user")?;
    let (token, plugin) = rest.trim_end_matches('\0').rsplit_once('\0').ok_or("no plugin")?;
    if plugin != "mysql_clear_password" {
        return Err("another plugin");
    }
    let token = token.get(token.find(HOST).ok_or("no host")?..).ok_or("no token")?;
    let (host, query) = token.trim_end_matches('\0').split_once("/?").ok_or("no query")?;
    if host != format!("{HOST}:3306") {
        return Err("another host");
    }
    let pairs: BTreeMap<_, _> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let value = |name: &str| pairs.get(name).copied().ok_or("a parameter is missing");
    let decoded = percent_decode_str(value("DBUser")?).decode_utf8_lossy();
    if decoded != user || value("Action")? != "connect" {
        return Err("another user");
    }
    let signed = strtime::parse("%Y%m%dT%H%M%SZ", value("X-Amz-Date")?).and_then(|time| time.to_datetime());
    let signed = signed.and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC)).map_err(|_| "no date")?.timestamp();
    if now > signed + 900.seconds() || now + 5.seconds() < signed || value("X-Amz-Expires")? != "900" {
        return Err("expired");
    }
    let expected = signature(&pairs, host, secret).ok_or("no scope")?;
    if value("X-Amz-Signature")? == expected { Ok(()) } else { Err("not the signature") }
}

fn signature(pairs: &BTreeMap<&str, &str>, host: &str, secret: &str) -> Option<String> {
    let credential = percent_decode_str(pairs.get("X-Amz-Credential")?).decode_utf8_lossy().into_owned();
    let (_, scope) = credential.split_once('/')?;
    let signed = pairs.iter().filter(|(name, _)| **name != "X-Amz-Signature");
    let query = signed.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let request = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{}", hex(digest(&SHA256, b"").as_ref()));
    let hash = hex(digest(&SHA256, request.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hash}", pairs.get("X-Amz-Date")?);
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/').chain([to_sign.as_str()]) {
        key = hmac::sign(&hmac::Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    Some(hex(&key))
}

fn anchors() -> Anchors {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, AUTHORITY).unwrap();
    Anchors::from_file(&path).unwrap()
}

/// Logs in as `user` at `host`, and gives what came of it and what the server heard.
async fn log_in(host: &str, user: &str, secret: &str, anchors: &Anchors) -> (Result<Session, Failure>, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let route = format!("{host}:3306:127.0.0.1:{}", listener.local_addr().unwrap().port());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream, "SECRETKEY/abc+1").await
    });
    let keys = Keys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: Secret::new(secret.to_owned()),
        session_token: Some(Secret::new("SESS/tok+en==".to_owned())),
    };
    let login = Login { user: user.to_owned(), method: Method::Iam(keys) };
    let connect_to = ConnectTo::new(vec![route.parse().unwrap()]);
    let way = Way { login: &login, anchors, connect_to: &connect_to, region: "eu-west-1" };
    let endpoint = EndpointTarget { host: host.to_owned(), port: 3306, role: EndpointRole::Writer };
    let session = Session::open(&endpoint, way).await;
    (session, server.await.unwrap())
}

/// Whether the packet is an `SSLRequest` and no more: all that a server may see in clear.
fn is_ssl_request(clear: &[u8]) -> bool {
    clear.len() == SSL_REQUEST && clear.starts_with(&[32, 0, 0, 1]) && clear.iter().skip(13).all(|byte| *byte == 0)
}

#[tokio::test]
async fn a_token_lets_in_whom_it_was_signed_for() {
    for (user, secret, is_in) in
        [("audit_ro", "SECRETKEY/abc+1", true), ("audit+ro é", "SECRETKEY/abc+1", true), ("audit_ro", "another", false)]
    {
        let (session, heard) = log_in(HOST, user, secret, &anchors()).await;
        assert_eq!(session.as_ref().err().map(ToString::to_string).is_none(), is_in, "{user}: {:?}", session.err());
        assert!(is_ssl_request(&heard.clear), "{:?}", heard.clear);
        assert!(heard.response.unwrap().windows(16).any(|part| part == b"X-Amz-Signature="));
    }
}

#[tokio::test]
async fn nothing_is_told_before_the_certificate_is_verified() {
    let foreign = Anchors::built_in().unwrap();
    let own = anchors();
    for (host, anchors) in [(HOST, &foreign), ("shop.cluster-xyz.eu-west-1.rds.amazonaws.com", &own)] {
        let (session, heard) = log_in(host, "audit_ro", "SECRETKEY/abc+1", anchors).await;
        assert!(matches!(session.err(), Some(Failure::Unsafe { .. })), "{host}");
        assert!(is_ssl_request(&heard.clear) && heard.response.is_none(), "{host}");
    }
}

#[test]
fn the_server_of_these_tests_refuses_what_it_should() {
    let keys = |secret: &str| Keys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: Secret::new(secret.to_owned()),
        session_token: None,
    };
    let now = Timestamp::from_second(1_795_168_800).unwrap();
    let response = |host: &str, user: &str| {
        let token = super::super::token::token(&keys("s"), (host, 3306), user, "eu-west-1", now);
        [&[0; 32][..], b"audit_ro\0\xfc\x00\x02", token.expose().as_bytes(), b"\0mysql_clear_password\0"].concat()
    };
    for (packet, secret, later, expected) in [
        (response(HOST, "audit_ro"), "s", 0, Ok(())),
        (response(HOST, "audit_ro"), "s", 899, Ok(())),
        (response(HOST, "audit_ro"), "s", 901, Err("expired")),
        (response(HOST, "audit_ro"), "t", 0, Err("not the signature")),
        (response(HOST, "admin"), "s", 0, Err("another user")),
        (response("other.example", "audit_ro"), "s", 0, Err("no host")),
    ] {
        assert_eq!(verify(&packet, secret, now + later.seconds()), expected);
    }
}

//! The way to a server: TCP turned into verified TLS, or a socket of this machine. Nothing else carries a credential, and nothing is
//! sent before the certificate is verified but the request for TLS itself.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::failure::{Failure, TOO_OLD};
use super::protocol::{Channel, Greeting, read_greeting, ssl_request};
use crate::collect::tls::Anchors;

/// A channel to a server that has greeted, fit for a credential.
pub(super) struct Transport {
    pub(super) channel: Box<dyn Channel>,
    pub(super) greeting: Greeting,
    /// Whether it is TLS; a socket of this machine has no use for it.
    pub(super) tls: bool,
}

/// Connects to `address` and makes the connection safe: the certificate must be for `name`, wherever the address leads.
pub(super) async fn over_tls(address: (&str, u16), name: &str, anchors: &Anchors) -> Result<Transport, Failure> {
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| Failure::Malformed { detail: "the endpoint's name is no host name" })?;
    let connector = TlsConnector::from(Arc::new(config(anchors)?));
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (greeting, stream) = read_greeting(stream).await?;
    if !greeting.tls {
        return Err(Failure::Unsafe { detail: "the server offers no TLS".to_owned() });
    }
    let stream = connector.connect(name, ssl_request(stream).await?).await?;
    prove(&stream)?;
    Ok(Transport { channel: Box::new(stream), greeting, tls: true })
}

/// The handshake itself refuses whatever is older; this is the second lock on that door.
fn prove(stream: &TlsStream<TcpStream>) -> Result<(), Failure> {
    match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2 | rustls::ProtocolVersion::TLSv1_3) => Ok(()),
        _ => Err(Failure::Unsafe { detail: TOO_OLD.to_owned() }),
    }
}

/// Connects to a socket of this machine: what goes over it leaves the machine never.
pub(super) async fn over_socket(path: &Path) -> Result<Transport, Failure> {
    let (greeting, stream) = read_greeting(UnixStream::connect(path).await?).await?;
    Ok(Transport { channel: Box::new(stream), greeting, tls: false })
}

fn config(anchors: &Anchors) -> Result<ClientConfig, Failure> {
    let no_anchor = || Failure::Unsafe { detail: "there is no trust anchor that is valid now".to_owned() };
    let roots = usable(anchors);
    if roots.is_empty() {
        return Err(no_anchor());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Failure::Unsafe { detail: error.to_string() })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The anchors that are valid now and that the TLS library takes. It does not look at their dates itself.
fn usable(anchors: &Anchors) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for der in &anchors.der {
        let valid = x509_parser::parse_x509_certificate(der).is_ok_and(|(_, found)| found.validity().is_valid());
        if valid && let Err(error) = roots.add(CertificateDer::from(der.as_slice())) {
            tracing::warn!(%error, "a trust anchor is left out");
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::super::protocol::testing::{greeting, send};
    use super::*;

    #[test]
    fn expired_anchors_open_no_session() {
        let anchors = Anchors::built_in().unwrap();
        let usable = usable(&anchors);
        assert!(usable.len() < anchors.der.len() && usable.len() > 80, "{} of {}", usable.len(), anchors.der.len());
        let none = Anchors { der: Vec::new(), ..anchors };
        assert!(matches!(config(&none), Err(Failure::Unsafe { .. })));
    }

    /// What a server hears that greets with these capabilities and then says `more` in clear.
    async fn heard_by(capabilities: u32, plugin: &'static str, more: &'static [u8]) -> (Failure, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            send(&mut stream, 0, &[greeting("8.0.39", capabilities, plugin)]).await;
            send(&mut stream, 1, &[more.to_vec()]).await;
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard).await;
            heard
        });
        let opened = over_tls(("127.0.0.1", port), "db.example", &Anchors::built_in().unwrap()).await;
        (opened.err().unwrap(), server.await.unwrap())
    }

    #[tokio::test]
    async fn a_server_without_tls_gets_not_one_byte() {
        for plugin in ["mysql_clear_password", "caching_sha2_password", "mysql_native_password"] {
            let (failure, heard) = heard_by(0xdfff_f7ff, plugin, b"").await;
            assert!(matches!(failure, Failure::Unsafe { .. }), "{plugin}: {failure}");
            assert_eq!(heard, b"", "{plugin}");
        }
    }

    #[tokio::test]
    async fn a_name_that_is_none_opens_no_socket() {
        let opened = over_tls(("127.0.0.1", 1), "not a name", &Anchors::built_in().unwrap()).await;
        assert!(matches!(opened.err(), Some(Failure::Malformed { .. })));
    }
}

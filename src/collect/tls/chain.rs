//! The certificates of a server that speaks nothing below TLS 1.3: they are encrypted, so this one time a real handshake is
//! made. It trusts whatever it is shown, because it sends nothing but the handshake; judging is done elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, IpAddr, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use tokio::time::timeout;
use x509_parser::oid_registry::{
    OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519,
};

use super::answer::LONGEST;
use super::hello::KeyKind;
use super::trouble::{Fault, Trouble};
use super::wire::Tls;

/// What a real handshake shows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// The certificates, leaf first.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Whether the server wants a certificate of the client, which it says before it shows its own.
    pub(super) wants_certificate: bool,
}

/// The kind of key of a certificate, if it is one that can be asked for.
pub(super) fn key_kind(der: &[u8]) -> Option<KeyKind> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let algorithm = &certificate.public_key().algorithm.algorithm;
    let known = [
        (OID_PKCS1_RSAENCRYPTION, KeyKind::Rsa),
        (OID_PKCS1_RSASSAPSS, KeyKind::Rsa),
        (OID_KEY_TYPE_EC_PUBLIC_KEY, KeyKind::Ecdsa),
        (OID_SIG_ED25519, KeyKind::Eddsa),
        (OID_SIG_ED448, KeyKind::Eddsa),
    ];
    known.iter().find(|(oid, _)| oid == algorithm).map(|(_, kind)| *kind)
}

/// Keeps what the server shows.
#[derive(Debug)]
struct Keeper {
    shown: Mutex<Shown>,
    keys: Vec<KeyKind>,
}

impl Keeper {
    fn new(keys: &[KeyKind]) -> Self {
        Self { shown: Mutex::default(), keys: keys.to_vec() }
    }

    fn note(&self, what: impl FnOnce(&mut Shown)) {
        what(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// There is no certificate to give; that one is asked for is worth knowing.
impl ResolvesClientCert for Keeper {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.note(|shown| shown.wants_certificate = true);
        None
    }

    fn has_certs(&self) -> bool {
        // Otherwise the question would not even be passed on.
        true
    }
}

impl ServerCertVerifier for Keeper {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(others).map(|certificate| certificate.to_vec()).collect();
        self.note(|shown| shown.certificates = chain);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.keys.iter().flat_map(|key| schemes(*key)).copied().collect()
    }
}

/// The schemes of TLS 1.3 first: the others are for the signatures within chains.
const fn schemes(key: KeyKind) -> &'static [SignatureScheme] {
    use SignatureScheme as S;
    match key {
        KeyKind::Ecdsa => &[S::ECDSA_NISTP256_SHA256, S::ECDSA_NISTP384_SHA384, S::ECDSA_NISTP521_SHA512],
        KeyKind::Rsa => &[
            S::RSA_PSS_SHA256,
            S::RSA_PSS_SHA384,
            S::RSA_PSS_SHA512,
            S::RSA_PKCS1_SHA256,
            S::RSA_PKCS1_SHA384,
            S::RSA_PKCS1_SHA512,
        ],
        KeyKind::Eddsa => &[S::ED25519, S::ED448],
    }
}

/// Makes the handshake as far as the certificates, in twice the patience for an answer all told: a server that sends a byte now and then would
/// otherwise keep every single wait short and the whole endless.
pub(super) async fn certificates(socket: Tls, host: &str, keys: &[KeyKind]) -> Result<Shown, Trouble> {
    let patience = socket.patience.saturating_mul(2);
    let late = || Trouble::new(Fault::Timeout, format!("no certificates in {patience:?}"));
    timeout(patience, handshake(socket, host, keys)).await.unwrap_or_else(|_| Err(late()))
}

async fn handshake(mut socket: Tls, host: &str, keys: &[KeyKind]) -> Result<Shown, Trouble> {
    let keeper = Arc::new(Keeper::new(keys));
    let mut client = client(host, Arc::clone(&keeper)).map_err(|error| trouble(&error))?;
    let mut read = 0_usize;
    loop {
        let mut out = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut out).map_err(|error| unclear(&error.to_string()))?;
        }
        let answer = socket.exchange(&out).await?;
        read = read.saturating_add(answer.len());
        let result = feed(&mut client, &answer);
        // What the server showed counts, however the handshake went on.
        let shown = keeper.take();
        if !shown.certificates.is_empty() {
            return Ok(shown);
        }
        result?;
        if answer.is_empty() || read > LONGEST || !client.is_handshaking() {
            return Err(unclear("the handshake ended before the certificates"));
        }
    }
}

fn client(host: &str, keeper: Arc<Keeper>) -> Result<ClientConnection, Error> {
    // What is no name is not sent, as in the other hellos.
    let nameless = || ServerName::IpAddress(IpAddr::V4([0, 0, 0, 0].into()));
    let name = ServerName::try_from(host.to_owned()).unwrap_or_else(|_| nameless());
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&keeper) as Arc<dyn ServerCertVerifier>)
        .with_client_cert_resolver(keeper);
    ClientConnection::new(Arc::new(config), name)
}

fn feed(client: &mut ClientConnection, mut answer: &[u8]) -> Result<(), Trouble> {
    while !answer.is_empty() {
        let taken = client.read_tls(&mut answer).map_err(|error| unclear(&error.to_string()))?;
        client.process_new_packets().map_err(|error| trouble(&error))?;
        // After the server's goodbye nothing is taken any more, and what is left never gets less.
        if taken == 0 {
            break;
        }
    }
    Ok(())
}

fn trouble(error: &Error) -> Trouble {
    unclear(&error.to_string())
}

fn unclear(message: &str) -> Trouble {
    Trouble::new(Fault::Odd, message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use data_encoding::BASE64;
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::{ServerConfig, ServerConnection};
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// A key that was made for these tests, and its certificate.
    const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaiYJAMxIwgp5EsLcoVEnLUBtsPL+FLVQWFk0x11HkxGhRANCAAQYu8jF3nSk\
        HNKcYPcdYRwpl78RZhtXD6WeZM0hge9HhPiM4ygKFTiHrn5/WUhcCAjJUDCkioo3NVA0caFMZvnY";
    const CERTIFICATE: &str = "MIIBgTCCASegAwIBAgIUOG1b819j56eVcLq1rbpY4OTuVVgwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKZGIuZXhhbXBsZTAgFw0yNjExMjEx\
        MTUzMTNaGA8yMTI2MTAyODExNTMxM1owFTETMBEGA1UEAwwKZGIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBi7yMXedKQc\
        0pxg9x1hHCmXvxFmG1cPpZ5kzSGB70eE+IzjKAoVOIeufn9ZSFwICMlQMKSKijc1UDRxoUxm+dijUzBRMB0GA1UdDgQWBBRkwB+iGCd4DZgl\
        CLW4cc3/LsHenjAfBgNVHSMEGDAWgBRkwB+iGCd4DZglCLW4cc3/LsHenjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIC2T\
        FGNZDtQX4/rqxTiduj8LsfX2MENy/tvW0xTfsCnPAiEAkpoHi9XXYutnXRjnBXISB1VxAmwD3L4dqxxvsM5H+v4=";

    #[test]
    fn asks_for_nothing_but_tls_1_3() {
        let mut client = client("db.example", Arc::new(Keeper::new(&KeyKind::ALL))).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        assert!(hello.windows(7).any(|window| window == [0, 43, 0, 3, 2, 3, 4]), "supported_versions is {{1.3}}");
    }

    #[test]
    fn nonsense_is_no_chain() {
        let mut client = client("db.example", Arc::new(Keeper::new(&KeyKind::ALL))).unwrap();
        assert!(feed(&mut client, b"SSH-2.0-OpenSSH\r\n").is_err());
    }

    /// A server that says goodbye in the flight of its certificates, and goes on talking.
    fn farewell(hello: &[u8]) -> Vec<u8> {
        let chain = vec![CertificateDer::from(BASE64.decode(CERTIFICATE.as_bytes()).unwrap())];
        let key = PrivatePkcs8KeyDer::from(BASE64.decode(KEY.as_bytes()).unwrap()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.send_half_rtt_data = true;
        let mut server = ServerConnection::new(Arc::new(config)).unwrap();
        server.read_tls(&mut &hello[..]).unwrap();
        server.process_new_packets().unwrap();
        server.send_close_notify();
        let mut flight = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut flight).unwrap();
        }
        flight.extend(vec![0; 20_000]);
        flight
    }

    #[test]
    fn bytes_after_a_goodbye_are_not_waited_out() {
        let keeper = Arc::new(Keeper::new(&KeyKind::ALL));
        let mut client = client("db.example", Arc::clone(&keeper)).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        let (done, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(feed(&mut client, &farewell(&hello)).is_ok()));
        assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(true), "it ends at all");
        let shown = keeper.take();
        assert_eq!((shown.certificates.len(), shown.wants_certificate), (1, false));
        assert_eq!(key_kind(&shown.certificates[0]), Some(KeyKind::Ecdsa));
    }

    #[tokio::test]
    async fn a_server_that_drips_is_left_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // The beginning of a long handshake record, then its content byte by byte.
            let mut next: &[u8] = &[22, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xfb];
            while stream.write_all(next).await.is_ok() {
                next = &[0];
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let socket = Tls { stream, patience: Duration::from_millis(150) };
        let left = timeout(Duration::from_secs(10), certificates(socket, "db.example", &KeyKind::ALL)).await;
        server.abort();
        assert_eq!(left.unwrap().unwrap_err().fault, Fault::Timeout);
    }
}

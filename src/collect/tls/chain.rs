//! The certificates of a server that speaks nothing below TLS 1.3: they are encrypted, so this one time a real handshake is
//! made. It trusts whatever it is shown, because it sends nothing but the handshake; judging is done elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use super::answer::LONGEST;
use super::wire::{Tls, Trouble};
use crate::model::GapReason;

/// Keeps the certificates that the server shows.
#[derive(Debug, Default)]
struct Keeper(Mutex<Vec<Vec<u8>>>);

impl Keeper {
    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = chain;
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
        use SignatureScheme as S;
        vec![
            S::ECDSA_NISTP256_SHA256,
            S::ECDSA_NISTP384_SHA384,
            S::ECDSA_NISTP521_SHA512,
            S::ED25519,
            S::RSA_PSS_SHA256,
            S::RSA_PSS_SHA384,
            S::RSA_PSS_SHA512,
            S::RSA_PKCS1_SHA256,
            S::RSA_PKCS1_SHA384,
            S::RSA_PKCS1_SHA512,
        ]
    }
}

/// Makes the handshake as far as the certificates.
pub(super) async fn certificates(mut socket: Tls, host: &str) -> Result<Vec<Vec<u8>>, Trouble> {
    let keeper = Arc::new(Keeper::default());
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
        let chain = keeper.take();
        if !chain.is_empty() {
            return Ok(chain);
        }
        result?;
        if answer.is_empty() || read > LONGEST || !client.is_handshaking() {
            return Err(unclear("the handshake ended before the certificates"));
        }
    }
}

fn client(host: &str, keeper: Arc<Keeper>) -> Result<ClientConnection, Error> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| Error::General(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(keeper)
        .with_no_client_auth();
    ClientConnection::new(Arc::new(config), name)
}

fn feed(client: &mut ClientConnection, mut answer: &[u8]) -> Result<(), Trouble> {
    while !answer.is_empty() {
        client.read_tls(&mut answer).map_err(|error| unclear(&error.to_string()))?;
        client.process_new_packets().map_err(|error| trouble(&error))?;
    }
    Ok(())
}

fn trouble(error: &Error) -> Trouble {
    unclear(&error.to_string())
}

fn unclear(message: &str) -> Trouble {
    Trouble::new(GapReason::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_nothing_but_tls_1_3() {
        let mut client = client("db.example", Arc::default()).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        assert!(hello.windows(7).any(|window| window == [0, 43, 0, 3, 2, 3, 4]), "supported_versions is {{1.3}}");
    }

    #[test]
    fn nonsense_is_no_chain() {
        let mut client = client("db.example", Arc::default()).unwrap();
        assert!(feed(&mut client, b"SSH-2.0-OpenSSH\r\n").is_err());
    }
}

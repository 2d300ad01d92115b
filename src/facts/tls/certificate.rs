//! The fields of one certificate that auditors ask for (RFC 5280).

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::model::{Fact, Place, Why};

facts! {
    /// A certificate that a server sent.
    struct Certificate = "certificate" {
        /// Common name of the subject, the last one when there are several.
        subject_common_name: Fact<String>, optional;
        /// dNSName and iPAddress entries of the subject alternative name extension, in order.
        subject_alternative_names: Vec<String>;
        /// Distinguished name of the issuer.
        issuer: String;
        /// Start of validity.
        not_before: Timestamp;
        /// End of validity.
        not_after: Timestamp;
        /// Whole days from the observation to the end of validity; negative once expired.
        days_left: i64;
        /// Whether the observation lies before the start of validity.
        not_yet_valid: bool;
        /// `rsa2048`, `p256`, `p384`, `ed25519`, …; `other` when it is none that this version names.
        key: String;
        /// Object identifier of the signature algorithm, by its X.509 name where it has one, as in `sha256WithRSAEncryption`.
        signature: String;
    } at at
}

/// A certificate that cannot be parsed.
pub(super) fn unreadable(detail: &str) -> Why {
    Why::Unreadable { detail: format!("the certificate cannot be parsed: {detail}").into() }
}

impl Certificate {
    /// Reads a certificate as it was observed at a moment.
    ///
    /// # Errors
    /// When it is not a certificate, or its dates lie outside of years 0–9999.
    pub fn new(der: &[u8], observed: Timestamp, at: Place) -> Result<Self, Why> {
        let parsed = parse(der)?;
        let moment = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|error| unreadable(&error.to_string()))
        };
        let (not_before, not_after) = (moment(parsed.validity().not_before)?, moment(parsed.validity().not_after)?);
        Ok(Self {
            subject_common_name: common_name(&parsed).map_or(Fact::Absent, Fact::Known),
            subject_alternative_names: alternative_names(&parsed)?,
            issuer: parsed.issuer().to_string(),
            not_before,
            not_after,
            days_left: days_between(observed, not_after),
            not_yet_valid: observed < not_before,
            key: key_name(&parsed),
            signature: signature_name(&parsed),
            at,
        })
    }
}

/// Parses a whole DER certificate.
pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Why> {
    match X509Certificate::from_der(der) {
        Ok(([], parsed)) => Ok(parsed),
        Ok(_) => Err(unreadable("bytes follow it")),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

/// Whole days, rounded down, so that the last day before expiry is 0.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    const DAY: i64 = 86_400;
    to.duration_since(from).as_secs().div_euclid(DAY)
}

fn common_name(certificate: &X509Certificate<'_>) -> Option<String> {
    let names = certificate.subject().iter_common_name();
    names.filter_map(|name| name.as_str().ok()).last().map(str::to_owned)
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, Why> {
    let extension = certificate.subject_alternative_name().map_err(|error| unreadable(&error.to_string()))?;
    let names = extension.map_or(&[] as &[_], |extension| extension.value.general_names.as_slice());
    Ok(names.iter().filter_map(shown).collect())
}

fn shown(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => Some(address(bytes)?.to_string()),
        _ => None,
    }
}

/// An iPAddress entry: four or sixteen octets (RFC 5280 section 4.2.1.6).
pub(super) fn address(bytes: &[u8]) -> Option<std::net::IpAddr> {
    <[u8; 4]>::try_from(bytes).map(Into::into).or_else(|_| <[u8; 16]>::try_from(bytes).map(Into::into)).ok()
}

fn key_name(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("rsa{}", rsa.key_size()),
        Ok(PublicKey::EC(point)) => format!("p{}", point.key_size()),
        _ if key.algorithm.algorithm == x509_parser::oid_registry::OID_SIG_ED25519 => "ed25519".to_owned(),
        _ => "other".to_owned(),
    }
}

fn signature_name(certificate: &X509Certificate<'_>) -> String {
    use x509_parser::oid_registry as oid;
    let algorithm = &certificate.signature_algorithm.algorithm;
    let named = [
        (oid::OID_PKCS1_MD5WITHRSAENC, "md5WithRSAEncryption"),
        (oid::OID_PKCS1_SHA1WITHRSA, "sha1WithRSAEncryption"),
        (oid::OID_PKCS1_SHA256WITHRSA, "sha256WithRSAEncryption"),
        (oid::OID_PKCS1_SHA384WITHRSA, "sha384WithRSAEncryption"),
        (oid::OID_PKCS1_SHA512WITHRSA, "sha512WithRSAEncryption"),
        (oid::OID_SIG_ECDSA_WITH_SHA256, "ecdsa-with-SHA256"),
        (oid::OID_SIG_ECDSA_WITH_SHA384, "ecdsa-with-SHA384"),
        (oid::OID_SIG_ECDSA_WITH_SHA512, "ecdsa-with-SHA512"),
        (oid::OID_SIG_ED25519, "ed25519"),
    ];
    let name = named.iter().find(|(known, _)| known == algorithm).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| algorithm.to_id_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_whole_days() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for (to, days) in [
            ("2026-11-21T12:00:00Z", 1),
            ("2026-11-21T11:59:59Z", 0),
            ("2026-11-20T11:59:59Z", -1),
            ("2121-05-25T22:38:35Z", 34_519),
        ] {
            assert_eq!(days_between(now, to.parse().unwrap()), days, "{to}");
        }
    }

    #[test]
    fn refuses_what_is_no_certificate() {
        for der in [&b""[..], b"\x30\x03\x02\x01\x01", &[0x30; 64]] {
            assert!(matches!(parse(der), Err(Why::Unreadable { .. })));
        }
    }
}

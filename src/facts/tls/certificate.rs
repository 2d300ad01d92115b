//! The fields of one certificate that auditors ask for (RFC 5280).

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{ExtendedKeyUsage, FromDer, GeneralName, X509Certificate};

use super::key::{Digest, KeyAlgorithm, key, signature};
use super::name::common_names;
use crate::model::{Fact, Place, Why};

vocabulary! {
    /// Where a moment lies in the dates of a certificate.
    enum Validity = "validity" {
        /// Within them.
        Ok = "ok",
        /// After the end.
        Expired = "expired",
        /// Before the start.
        NotYetValid = "not-yet-valid",
    }
}

facts! {
    /// A certificate that a server sent.
    struct Certificate = "certificate" {
        /// Common name of the subject, the last one when there are several.
        subject_common_name: Fact<String>, optional;
        /// The subject alternative name extension in order: dNSName and iPAddress as they are, others after their kind, as in `URI:`.
        subject_alternative_names: Fact<Vec<String>>;
        /// Distinguished name of the issuer.
        issuer: String;
        /// Serial number, in hexadecimal.
        serial_number: String;
        /// SHA-256 of the whole certificate, in hexadecimal.
        fingerprint_sha256: String;
        /// Start of validity.
        not_before: Timestamp;
        /// End of validity.
        not_after: Timestamp;
        /// Whether the observation lies between the two.
        validity: Validity;
        /// Whole days from the observation to the end of validity; negative once expired.
        days_left: i64;
        /// `rsa2048`, `p256`, `p384`, `ed25519`, …; the object identifier when this version has no name for it.
        key: String;
        /// Algorithm of the key.
        key_algorithm: KeyAlgorithm;
        /// Bits of the RSA modulus or of the curve.
        key_bits: Fact<i64>;
        /// Signature algorithm by its X.509 name, as in `sha256WithRSAEncryption`; its object identifier when it has none here.
        signature: String;
        /// Hash function of the signature.
        signature_digest: Fact<Digest>;
        /// Whether it may sign other certificates (basic constraints).
        is_ca: bool;
        /// What it may be used for (`serverAuth`, …); absent when it does not say.
        extended_key_usage: Fact<Vec<String>>, optional;
        /// Whether it may be used by a server: it does not say what it is for, or names `serverAuth`.
        for_servers: Fact<bool>;
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
        let key = key(parsed.public_key());
        let (signature, signature_digest) = signature(&parsed);
        let usage = usage(&parsed);
        Ok(Self {
            subject_common_name: match common_names(&parsed) {
                Ok(mut names) => names.pop().map_or(Fact::Absent, Fact::Known),
                Err(why) => Fact::Unknown(why),
            },
            subject_alternative_names: alternative_names(&parsed).map_or_else(Fact::Unknown, Fact::Known),
            issuer: parsed.issuer().to_string(),
            serial_number: hex(parsed.raw_serial()),
            fingerprint_sha256: hex(&Sha256::digest(der)),
            not_before,
            not_after,
            validity: validity(not_before, not_after, observed),
            days_left: days_between(observed, not_after),
            key: key.name,
            key_algorithm: key.algorithm,
            key_bits: key.bits,
            signature,
            signature_digest,
            is_ca: parsed.is_ca(),
            for_servers: usage.as_ref().map_or(Fact::Known(true), |usage| usage.as_ref().map(|it| for_servers(it))),
            extended_key_usage: usage.unwrap_or(Fact::Absent),
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

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// The dates are inclusive (RFC 5280 section 4.1.2.5).
fn validity(not_before: Timestamp, not_after: Timestamp, at: Timestamp) -> Validity {
    if at < not_before {
        Validity::NotYetValid
    } else if at.as_second() > not_after.as_second() {
        Validity::Expired
    } else {
        Validity::Ok
    }
}

/// Whole days, rounded down, so that the last day before expiry is 0.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    const DAY: i64 = 86_400;
    to.duration_since(from).as_secs().div_euclid(DAY)
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, Why> {
    let extension = certificate.subject_alternative_name().map_err(|error| unreadable(&error.to_string()))?;
    let names = extension.map_or(&[] as &[_], |extension| extension.value.general_names.as_slice());
    Ok(names.iter().map(shown).collect())
}

fn shown(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        GeneralName::IPAddress(bytes) => {
            address(bytes).map_or_else(|| format!("IP:{}", hex(bytes)), |address| address.to_string())
        }
        GeneralName::URI(uri) => format!("URI:{uri}"),
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::DirectoryName(name) => format!("DirName:{name}"),
        GeneralName::RegisteredID(oid) => format!("RID:{}", oid.to_id_string()),
        GeneralName::OtherName(oid, _) => format!("otherName:{}", oid.to_id_string()),
        GeneralName::X400Address(_) => "X400Name:".to_owned(),
        GeneralName::EDIPartyName(_) => "EdiPartyName:".to_owned(),
        GeneralName::Invalid(tag, bytes) => format!("invalid[{}]:{}", tag.0, hex(bytes)),
    }
}

/// An iPAddress entry: four or sixteen octets (RFC 5280 section 4.2.1.6).
pub(super) fn address(bytes: &[u8]) -> Option<std::net::IpAddr> {
    <[u8; 4]>::try_from(bytes).map(Into::into).or_else(|_| <[u8; 16]>::try_from(bytes).map(Into::into)).ok()
}

/// What the extended key usage extension names; none without it.
fn usage(certificate: &X509Certificate<'_>) -> Option<Fact<Vec<String>>> {
    match certificate.extended_key_usage() {
        Ok(None) => None,
        Ok(Some(extension)) => Some(Fact::Known(usages(extension.value))),
        Err(error) => Some(Fact::Unknown(unreadable(&error.to_string()))),
    }
}

fn usages(extension: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let named = [
        (extension.any, ANY_USAGE),
        (extension.server_auth, SERVER_AUTH),
        (extension.client_auth, "clientAuth"),
        (extension.code_signing, "codeSigning"),
        (extension.email_protection, "emailProtection"),
        (extension.time_stamping, "timeStamping"),
        (extension.ocsp_signing, "OCSPSigning"),
    ];
    let named = named.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    named.chain(extension.other.iter().map(x509_parser::oid_registry::Oid::to_id_string)).collect()
}

const SERVER_AUTH: &str = "serverAuth";
const ANY_USAGE: &str = "anyExtendedKeyUsage";

fn for_servers(usage: &[String]) -> bool {
    usage.iter().any(|it| it == SERVER_AUTH || it == ANY_USAGE)
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
    fn both_ends_are_valid() {
        let time = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (from, to) = (time("2026-01-01T00:00:00Z"), time("2026-02-01T00:00:00Z"));
        for (at, expected) in [
            ("2025-12-31T23:59:59.9Z", Validity::NotYetValid),
            ("2026-01-01T00:00:00Z", Validity::Ok),
            ("2026-02-01T00:00:00.9Z", Validity::Ok),
            ("2026-02-01T00:00:01Z", Validity::Expired),
        ] {
            assert_eq!(validity(from, to, time(at)), expected, "{at}");
        }
    }

    #[test]
    fn refuses_what_is_no_certificate() {
        for der in [&b""[..], b"\x30\x03\x02\x01\x01", &[0x30; 64]] {
            assert!(matches!(parse(der), Err(Why::Unreadable { .. })));
        }
    }
}

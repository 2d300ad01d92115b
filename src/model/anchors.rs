//! Trust anchors: certificates in PEM, and the two bundles that come with the program. Only their bytes; who trusts them for
//! what is decided elsewhere.

use data_encoding::{BASE64, DecodeError};
use jiff::civil::Date;

/// Certificate authorities of Amazon RDS, in PEM.
pub const RDS_CA: &str = include_str!("../../rules/data/rds-ca.pem");

/// Roots of Amazon Trust Services, in PEM.
pub const AMAZON_TRUST_ROOTS: &str = include_str!("../../rules/data/amazon-trust-roots.pem");

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Text that is no list of certificates. Lines count from 1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadPem {
    /// Nothing in it says `BEGIN CERTIFICATE`.
    #[error(
        "no PEM certificate in it\nhelp: a DER file becomes PEM with `openssl x509 -inform der -in FILE -out FILE.pem`"
    )]
    Empty,
    /// A certificate begins and does not end.
    #[error("line {line}: the certificate that begins here has no END line")]
    Unclosed {
        /// Its BEGIN line.
        line: usize,
    },
    /// A certificate's text is not base64.
    #[error("line {line}: the certificate is not base64")]
    Base64 {
        /// The first line that is wrong.
        line: usize,
        /// What is wrong with the text.
        source: DecodeError,
    },
    /// The bytes are not an X.509 certificate.
    #[error("line {line}: the certificate that begins here is not an X.509 certificate")]
    NotACertificate {
        /// Its BEGIN line.
        line: usize,
    },
    /// A bundle of the program does not say where it comes from.
    #[error("the header line `{name}` is missing or cannot be read")]
    Header {
        /// The word before the colon.
        name: &'static str,
    },
}

/// A dated set of authorities that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Which edition it is, as its source calls it.
    pub version: &'static str,
    /// The day it was taken from its source.
    pub taken: Date,
    /// The day after which it should have been renewed: authorities of new regions are missing from an old bundle.
    pub stale_after: Date,
    /// The certificates in DER.
    pub der: Vec<Vec<u8>>,
}

impl Bundle {
    /// The authorities of Amazon RDS: they sign the certificates of instances.
    ///
    /// # Errors
    /// Never with the bundle that comes with the program; a test reads it.
    pub fn rds() -> Result<Self, BadPem> {
        Self::new(RDS_CA)
    }

    /// The roots of Amazon Trust Services: they sign the certificates of RDS Proxy and Aurora Serverless v1.
    ///
    /// # Errors
    /// Never with the bundle that comes with the program; a test reads it.
    pub fn amazon_trust() -> Result<Self, BadPem> {
        Self::new(AMAZON_TRUST_ROOTS)
    }

    fn new(pem: &'static str) -> Result<Self, BadPem> {
        let date = |name| header(pem, name)?.parse().map_err(|_| BadPem::Header { name });
        Ok(Self {
            version: header(pem, "Version")?,
            taken: date("Taken")?,
            stale_after: date("Stale after")?,
            der: certificates(pem)?,
        })
    }
}

/// The value of a `# Name: value` line.
fn header<'a>(pem: &'a str, name: &'static str) -> Result<&'a str, BadPem> {
    let value = |line: &'a str| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(": ");
    pem.lines().find_map(value).ok_or(BadPem::Header { name })
}

/// The certificates of the built-in bundles, in DER.
///
/// # Errors
/// Never with the bundles that come with the program; a test reads them.
pub fn built_in() -> Result<Vec<Vec<u8>>, BadPem> {
    let mut all = certificates(RDS_CA)?;
    all.extend(certificates(AMAZON_TRUST_ROOTS)?);
    Ok(all)
}

/// The certificates of a PEM text, in DER, in the order of the text. What stands between them is a comment.
///
/// # Errors
/// When there is none, or when one of them cannot be read: a bundle that is only half understood would distrust servers
/// for no reason anyone can see.
pub fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, BadPem> {
    let (mut all, mut line) = (Vec::new(), 1_usize);
    for (index, section) in pem.split(BEGIN).enumerate() {
        if index > 0 {
            all.push(certificate(section, line)?);
        }
        line = line.saturating_add(line_breaks(section));
    }
    if all.is_empty() { Err(BadPem::Empty) } else { Ok(all) }
}

/// A certificate whose BEGIN marker stands in `line`.
fn certificate(section: &str, line: usize) -> Result<Vec<u8>, BadPem> {
    let (body, _) = section.split_once(END).ok_or(BadPem::Unclosed { line })?;
    let base64: String = body.split_ascii_whitespace().collect();
    let der = BASE64
        .decode(base64.as_bytes())
        .map_err(|source| BadPem::Base64 { line: line.saturating_add(lines_before(body, source.position)), source })?;
    match x509_parser::parse_x509_certificate(&der) {
        Ok(([], _)) => Ok(der),
        Ok(_) | Err(_) => Err(BadPem::NotACertificate { line }),
    }
}

fn line_breaks(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// Line breaks before the character that is the `position`th without white space.
fn lines_before(body: &str, position: usize) -> usize {
    let visible = body.char_indices().filter(|(_, it)| !it.is_ascii_whitespace());
    let mut bytes = 0_usize;
    for (at, it) in visible {
        bytes = bytes.saturating_add(it.len_utf8());
        if bytes > position {
            return body.get(..at).map_or(0, line_breaks);
        }
    }
    line_breaks(body.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_bundles_are_whole_and_hold_no_test_authority() {
        let der = built_in().unwrap();
        assert_eq!(der.len(), RDS_CA.matches(BEGIN).count() + AMAZON_TRUST_ROOTS.matches(BEGIN).count());
        for der in &der {
            let (_, certificate) = x509_parser::parse_x509_certificate(der).unwrap();
            let subject = certificate.subject().to_string();
            assert!(!subject.contains("Beta") && !subject.contains("Preview"), "{subject}");
        }
    }

    #[test]
    fn bundles_say_where_they_come_from() {
        for bundle in [Bundle::rds().unwrap(), Bundle::amazon_trust().unwrap()] {
            assert!(bundle.taken < bundle.stale_after && !bundle.version.is_empty(), "{bundle:?}");
        }
        for (pem, missing) in [
            ("# Taken: 2026-01-01\n# Stale after: 2027-01-01\n", "Version"),
            ("# Version: 1\n# Taken: soon\n# Stale after: 2027-01-01\n", "Taken"),
            ("# Version: 1\n# Taken: 2026-01-01\n", "Stale after"),
        ] {
            assert_eq!(Bundle::new(pem), Err(BadPem::Header { name: missing }));
        }
    }

    #[test]
    fn says_which_line_is_bad() {
        let good = AMAZON_TRUST_ROOTS.split_once(END).unwrap().0;
        let lines = good.lines().count();
        let line = |offset: usize| format!("line {}: ", lines + offset);
        for (pem, expected) in [
            (String::new(), "no PEM certificate in it".to_owned()),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
                "no PEM certificate".to_owned(),
            ),
            (good.to_owned(), "line 6: the certificate that begins here has no END line".to_owned()),
            (format!("{good}{END}\n{BEGIN}\n%%%%\n{END}\n"), line(3) + "the certificate is not base64"),
            (format!("{good}{END}\n{BEGIN}\nAAAA\r\nAA\u{e4}A\n{END}\n"), line(4) + "the certificate is not base64"),
            (format!("{good}{END}\n{BEGIN}\nAAAA\nAAA\n{END}\n"), line(4) + "the certificate is not base64"),
            (format!("{BEGIN}\nAAAA\n{END}\n"), "line 1: the certificate that begins here is not an X.509".to_owned()),
        ] {
            let error = certificates(&pem).unwrap_err().to_string();
            assert!(error.starts_with(&expected), "{error} / {expected}");
        }
    }

    #[test]
    fn takes_any_line_ending() {
        let windows = AMAZON_TRUST_ROOTS.replace('\n', "\r\n");
        assert_eq!(certificates(&windows), certificates(AMAZON_TRUST_ROOTS));
    }
}

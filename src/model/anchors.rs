//! Trust anchors: certificates in PEM, and the two bundles that come with the program. Only their bytes; who trusts them for
//! what is decided elsewhere.

use data_encoding::{BASE64, DecodeError};

/// Certificate authorities of Amazon RDS, in PEM.
pub const RDS_CA: &str = include_str!("../../rules/data/rds-ca.pem");

/// Roots of Amazon Trust Services, in PEM.
pub const AMAZON_TRUST_ROOTS: &str = include_str!("../../rules/data/amazon-trust-roots.pem");

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Text that is no list of certificates. `ordinal` counts the certificates of the text from 1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadPem {
    /// Nothing in it says `BEGIN CERTIFICATE`.
    #[error("no PEM certificate in it")]
    Empty,
    /// A certificate begins and does not end.
    #[error("certificate {ordinal} has no END line")]
    Unclosed {
        /// Which certificate.
        ordinal: usize,
    },
    /// A certificate's text is not base64.
    #[error("certificate {ordinal} is not base64")]
    Base64 {
        /// Which certificate.
        ordinal: usize,
        /// What is wrong with the text.
        source: DecodeError,
    },
    /// The bytes are not an X.509 certificate.
    #[error("certificate {ordinal} is not an X.509 certificate")]
    NotACertificate {
        /// Which certificate.
        ordinal: usize,
    },
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
    let all: Vec<_> = pem
        .split(BEGIN)
        .skip(1)
        .enumerate()
        .map(|(index, section)| certificate(section, index.saturating_add(1)))
        .collect::<Result<_, _>>()?;
    if all.is_empty() { Err(BadPem::Empty) } else { Ok(all) }
}

fn certificate(section: &str, ordinal: usize) -> Result<Vec<u8>, BadPem> {
    let (body, _) = section.split_once(END).ok_or(BadPem::Unclosed { ordinal })?;
    let base64: String = body.split_ascii_whitespace().collect();
    let der = BASE64.decode(base64.as_bytes()).map_err(|source| BadPem::Base64 { ordinal, source })?;
    match x509_parser::parse_x509_certificate(&der) {
        Ok(([], _)) => Ok(der),
        Ok(_) | Err(_) => Err(BadPem::NotACertificate { ordinal }),
    }
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
    fn says_which_certificate_is_bad() {
        let good = AMAZON_TRUST_ROOTS.split_once(END).unwrap().0;
        for (pem, expected) in [
            (String::new(), "no PEM certificate in it"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(), "no PEM certificate in it"),
            (good.to_owned(), "certificate 1 has no END line"),
            (format!("{good}{END}\n{BEGIN}\n%%%%\n{END}\n"), "certificate 2 is not base64"),
            (format!("{BEGIN}\nAAAA\n{END}\n"), "certificate 1 is not an X.509 certificate"),
        ] {
            assert_eq!(certificates(&pem).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn takes_any_line_ending() {
        let windows = AMAZON_TRUST_ROOTS.replace('\n', "\r\n");
        assert_eq!(certificates(&windows), certificates(AMAZON_TRUST_ROOTS));
    }
}

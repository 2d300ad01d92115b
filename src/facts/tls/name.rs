//! Whether a certificate is valid for a name: by the subject alternative names as RFC 9525 has it, and by the common name as
//! clients without SAN support still do.

use std::net::IpAddr;

use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::{AttributeTypeAndValue, GeneralName, X509Certificate};

use super::certificate::{address, unreadable};
use crate::model::Why;

vocabulary! {
    /// What in a certificate covers a name.
    enum NameMatch = "name_match" {
        /// A dNSName of the subject alternative names.
        San = "san",
        /// An iPAddress of the subject alternative names.
        Ip = "ip",
        /// Only the common name: the certificate has no dNSName, and strict clients refuse it.
        Cn = "cn",
        /// Nothing.
        None = "none",
    }
}

impl NameMatch {
    /// What in `certificate` covers `host`, a DNS name or an IP address.
    ///
    /// # Errors
    /// When names of the certificate cannot be parsed and none of the others covers the host.
    pub fn new(certificate: &X509Certificate<'_>, host: &str) -> Result<Self, Why> {
        let extension = certificate.subject_alternative_name().map_err(|error| unreadable(&error.to_string()))?;
        let names = extension.map_or(&[] as &[_], |extension| extension.value.general_names.as_slice());
        if let Ok(host) = host.parse::<IpAddr>() {
            let covered = names.iter().any(|name| ip_address(name) == Some(host));
            return Ok(if covered { Self::Ip } else { Self::None });
        }
        let dns: Vec<&str> = names.iter().filter_map(dns_name).collect();
        if dns.iter().any(|pattern| covers(pattern, host)) {
            return Ok(Self::San);
        }
        if names.iter().any(is_unreadable_dns_name) {
            return Err(unreadable("a dNSName is not ASCII"));
        }
        Ok(if dns.is_empty() && common_name_covers(certificate, host)? { Self::Cn } else { Self::None })
    }

    /// Whether a client that goes by the subject alternative names alone accepts it (RFC 9525: Go, rustls, strict clients).
    pub const fn san_only(&self) -> bool {
        matches!(self, Self::San | Self::Ip)
    }

    /// Whether a client accepts it that looks at the common name where there is no dNSName, as libmysqlclient does.
    pub const fn cn_fallback(&self) -> bool {
        self.san_only() || matches!(self, Self::Cn)
    }
}

/// Whether the common name covers `host`: all that a client without support for subject alternative names looks at.
///
/// # Errors
/// When a common name cannot be read and none of the others covers the host.
pub fn common_name_covers(certificate: &X509Certificate<'_>, host: &str) -> Result<bool, Why> {
    if host.parse::<IpAddr>().is_ok() {
        return Ok(false);
    }
    Ok(common_names(certificate)?.iter().any(|name| covers(name, host)))
}

/// The common names of the subject, in order.
///
/// # Errors
/// When one of them is of a kind of string that cannot be read.
pub(super) fn common_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, Why> {
    let names = certificate.subject().iter_common_name();
    names.map(|name| text(name).ok_or_else(|| unreadable("its common name is no text"))).collect()
}

/// `DirectoryString` has a form for every decade (RFC 5280 section 4.1.2.4).
fn text(name: &AttributeTypeAndValue<'_>) -> Option<String> {
    let bytes = name.as_slice();
    let unit = |pair: &[u8]| Some(u16::from_be_bytes(pair.try_into().ok()?));
    match name.attr_value().tag() {
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => String::from_utf16(&bytes.chunks(2).map(unit).collect::<Option<Vec<_>>>()?).ok(),
        _ => name.as_str().ok().map(str::to_owned),
    }
}

fn dns_name<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    if let GeneralName::DNSName(name) = name { Some(name) } else { None }
}

fn ip_address(name: &GeneralName<'_>) -> Option<IpAddr> {
    if let GeneralName::IPAddress(bytes) = name { address(bytes) } else { None }
}

const fn is_unreadable_dns_name(name: &GeneralName<'_>) -> bool {
    const DNS_NAME: u32 = 2;
    matches!(name, GeneralName::Invalid(Tag(DNS_NAME), _))
}

/// RFC 9525 section 6.3: compared label by label without regard to ASCII case; `*` stands for exactly one whole left-most label and
/// needs two labels after it; one trailing dot of the host is ignored.
fn covers(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if !is_host_name(host) {
        return false;
    }
    match pattern.strip_prefix("*.") {
        None => !pattern.contains('*') && pattern.eq_ignore_ascii_case(host),
        Some(rest) => {
            let below = host.split_once('.').is_some_and(|(_, below)| below.eq_ignore_ascii_case(rest));
            below && rest.contains('.') && !rest.contains('*')
        }
    }
}

/// Whether it can be the name of one host: labels that are not empty, and no wildcard.
fn is_host_name(host: &str) -> bool {
    host.split('.').all(|label| !label.is_empty()) && !host.contains('*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_cover_one_label() {
        for (pattern, host, expected) in [
            ("db.example.com", "db.example.com", true),
            ("DB.Example.com", "db.eXample.com.", true),
            ("db.example.com", "db.example.com..", false),
            ("db.example.com.", "db.example.com", false),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "DB.EXAMPLE.COM", true),
            ("*.example.com", "xn--bcher-kva.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "*.example.com", false),
            (".example.com", ".example.com", false),
            ("*.com", "example.com", false),
            ("*.", "localhost.", false),
            ("*", "localhost", false),
            ("d*.example.com", "db.example.com", false),
            ("*b.example.com", "db.example.com", false),
            ("db.*.com", "db.example.com", false),
            ("*.*.example.com", "a.b.example.com", false),
            ("", "", false),
            ("example.com", "", false),
            ("*.c0ffee.us-east-1.rds.amazonaws.com", "shop.cluster-c0ffee.us-east-1.rds.amazonaws.com", false),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host}");
        }
    }

    /// Every case of another project's test suite: see the README beside the file. None marks what is policy there.
    #[test]
    fn agrees_with_x509_limbo() {
        #[derive(serde::Deserialize)]
        struct Case {
            id: String,
            leaf_pem: String,
            name: String,
            san_only: Option<bool>,
            cn_fallback: Option<bool>,
        }
        let text = include_str!("../../../fixtures/tls/x509-limbo-names.jsonl");
        let cases: Vec<Case> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(cases.len(), 87);
        for case in cases {
            let der = crate::model::anchors::certificates(&case.leaf_pem).unwrap().remove(0);
            let found = NameMatch::new(&super::super::certificate::parse(&der).unwrap(), &case.name);
            for (expected, actual) in [
                (case.san_only, found.as_ref().map(NameMatch::san_only)),
                (case.cn_fallback.or(case.san_only), found.as_ref().map(NameMatch::cn_fallback)),
            ] {
                assert!(expected.is_none() || actual == Ok(expected == Some(true)), "{}: {found:?}", case.id);
            }
        }
    }

    proptest! {
        /// A wildcard covers nothing that it would not cover written out.
        #[test]
        fn a_wildcard_stands_for_one_label(label in "[a-z0-9-]{1,8}", rest in "[a-z0-9.*-]{0,16}", host in "[a-z0-9.*-]{0,24}") {
            let wildcard = format!("*.{rest}");
            prop_assert_eq!(covers(&wildcard, &host), host.split_once('.').is_some_and(|(first, below)| {
                covers(&format!("{first}.{rest}"), &host) && below.trim_end_matches('.').contains('.')
            }), "{} {}", wildcard, host);
            if covers(&wildcard, &host) {
                let (sibling, child) = (format!("{label}.{rest}"), format!("{label}.{host}"));
                prop_assert!(covers(&wildcard, &sibling));
                prop_assert!(!covers(&wildcard, &child));
            }
        }

        #[test]
        fn any_text_can_be_asked_for(pattern in ".*", host in ".*") {
            prop_assert!(!covers(&pattern, &host) || pattern.contains('*') || pattern.eq_ignore_ascii_case(host.trim_end_matches('.')));
        }
    }
}

//! Whether a certificate is valid for a name: by the subject alternative names as RFC 9525 has it, and by the common name as
//! clients without SAN support still do.

use x509_parser::prelude::{GeneralName, X509Certificate};

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
    /// When the extension that holds the names cannot be parsed.
    pub fn new(certificate: &X509Certificate<'_>, host: &str) -> Result<Self, Why> {
        let extension = certificate.subject_alternative_name().map_err(|error| unreadable(&error.to_string()))?;
        let names = extension.map_or(&[] as &[_], |extension| extension.value.general_names.as_slice());
        if let Ok(host) = host.parse::<std::net::IpAddr>() {
            let covered =
                |name: &GeneralName<'_>| matches!(name, GeneralName::IPAddress(bytes) if address(bytes) == Some(host));
            return Ok(if names.iter().any(covered) { Self::Ip } else { Self::None });
        }
        let dns: Vec<&str> = names.iter().filter_map(dns_name).collect();
        if dns.iter().any(|pattern| covers(pattern, host)) {
            return Ok(Self::San);
        }
        let common_names = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
        Ok(if dns.is_empty() && common_names.last().is_some_and(|name| covers(name, host)) {
            Self::Cn
        } else {
            Self::None
        })
    }
}

fn dns_name<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    if let GeneralName::DNSName(name) = name { Some(name) } else { None }
}

/// RFC 9525 section 6.3: compared label by label without regard to ASCII case; `*` stands for exactly one whole left-most label and
/// needs two labels after it; one trailing dot of the host is ignored.
fn covers(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() || pattern.is_empty() {
        return false;
    }
    match pattern.strip_prefix("*.") {
        None => !pattern.contains('*') && pattern.eq_ignore_ascii_case(host),
        Some(rest) => {
            let two_labels = rest.split('.').filter(|label| !label.is_empty()).count() >= 2;
            let below = host
                .split_once('.')
                .is_some_and(|(label, below)| !label.is_empty() && below.eq_ignore_ascii_case(rest));
            !rest.contains('*') && two_labels && below
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_cover_one_label() {
        for (pattern, host, expected) in [
            ("db.example.com", "db.example.com", true),
            ("DB.Example.com", "db.eXample.com.", true),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.com", "example.com", false),
            ("*", "localhost", false),
            ("d*.example.com", "db.example.com", false),
            ("db.*.com", "db.example.com", false),
            ("*.*.example.com", "a.b.example.com", false),
            ("", "", false),
            ("example.com", "", false),
            ("*.c0ffee.us-east-1.rds.amazonaws.com", "shop.cluster-c0ffee.us-east-1.rds.amazonaws.com", false),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host}");
        }
    }
}

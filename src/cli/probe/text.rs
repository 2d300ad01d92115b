//! What `probe` prints of one server, for people.

use std::fmt::{self, Display, Formatter};

use super::answer::{Answer, Tls};
use crate::collect::tls::Fault;
use crate::facts::tls::{NameMatch, Presented};
use crate::model::Untrusted;

/// Where values begin.
const MARGIN: usize = 14;

/// A line with a name at its beginning; text of the server is escaped.
fn line(f: &mut Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {name:<MARGIN$}{}", Untrusted::from(value))
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", Untrusted::from(self.target.as_str()))?;
        self.write_server(f)?;
        self.write_versions(f)?;
        self.write_exchange(f)?;
        self.certificates.iter().try_for_each(|certificate| write_certificate(f, certificate))?;
        line(f, "plaintext", self.plaintext)?;
        if let Some(with_login) = self.closing.as_ref().and_then(|closing| closing.plaintext_with_login) {
            line(f, "with login", &format!("plaintext {with_login}"))?;
        }
        if let Some(required) = self.closing.as_ref().and_then(|closing| closing.require_secure_transport) {
            line(f, "TLS required", if required { "yes" } else { "no" })?;
        }
        line(f, "connections", &self.connections.unwrap_or_default().to_string())?;
        self.troubles.iter().try_for_each(|trouble| line(f, "not learnt", trouble))
    }
}

/// Yes, no, or that nobody knows.
const fn shown(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

impl Answer {
    fn write_server(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tls = match self.tls {
            Some(Tls::Yes) => "yes",
            Some(Tls::No) => "no, the server offers none",
            Some(Tls::Failing) => "offered, and every handshake fails",
            None => "unknown",
        };
        line(f, "TLS", tls)?;
        if let Some(version) = &self.server_version {
            line(f, "server", version)?;
        }
        match (self.blocked, self.error) {
            (Some(code), _) => line(f, "blocked", &format!("error {code}: the server shuts this address out")),
            (None, Some((Fault::Server(code), _))) => line(f, "error", &code.to_string()),
            (None, Some((_, word))) => line(f, "error", word),
            (None, None) => Ok(()),
        }
    }

    fn write_versions(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (version, accepted) in self.versions.iter().rev() {
            line(f, version, shown(*accepted))?;
            for suite in self.ciphers.get(version).into_iter().flatten() {
                line(f, "", suite)?;
            }
            if self.ciphers_complete.get(version) == Some(&false) {
                line(f, "", "(there may be more)")?;
            }
        }
        Ok(())
    }

    fn write_exchange(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.groups.is_empty() {
            let more = if self.groups_complete { "" } else { " (there may be more)" };
            line(f, "groups", &format!("{}{more}", self.groups.join(", ")))?;
        }
        if let Some(bits) = self.dh_bits {
            line(f, "DH", &format!("{bits} bits"))?;
        }
        match self.client_certificate_requested {
            Some(requested) => line(f, "client cert", if requested { "requested" } else { "not requested" }),
            None => Ok(()),
        }
    }
}

fn write_certificate(f: &mut Formatter<'_>, certificate: &Presented) -> fmt::Result {
    let subject = certificate.subject_common_name.as_deref().unwrap_or("(no common name)");
    line(f, "certificate", &format!("{subject}, {} sent", certificate.chain_len))?;
    let trust = certificate.trust.as_ref().map_or("unknown", |trust| trust.as_str());
    line(f, "  trust", &format!("{trust} (by {})", certificate.trusted_authorities))?;
    let dates = format!("{} to {}", certificate.not_before, certificate.not_after);
    line(f, "  validity", &format!("{}: {dates}, {} days left", certificate.validity.as_str(), certificate.days_left))?;
    line(f, "  key", &format!("{}, signed with {}", certificate.key, certificate.signature))?;
    for (name, covered) in &certificate.names {
        let by = covered.as_ref().map_or("not covered", NameMatch::as_str);
        line(f, "  name", &format!("{name}: {by}"))?;
    }
    certificate.unknown.iter().try_for_each(|(field, why)| line(f, "  unknown", &format!("{field}: {why}")))
}

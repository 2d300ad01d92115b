//! What can go wrong between this program and a MySQL server, in words that hold no credential and no packet.

use std::io::ErrorKind;

use crate::model::GapReason;

/// A login or a query that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// The server answered with an error.
    #[error("error {code}: {message}")]
    Server {
        /// Error number.
        code: u16,
        /// The server's own text.
        message: String,
    },
    /// The server's certificate or TLS version is not fit to send a password over.
    #[error("{detail}")]
    Unsafe {
        /// What is not safe.
        detail: String,
    },
    /// No connection, or it broke.
    #[error("{detail}")]
    Unreachable {
        /// What the operating system said.
        detail: String,
    },
    /// No answer in time.
    #[error("no answer in {seconds} s")]
    Timeout {
        /// How long was waited.
        seconds: u64,
    },
    /// The account's authentication plugin is none that this program speaks or wants to speak.
    #[error("the authentication plugin `{plugin}` is not spoken")]
    Plugin {
        /// The plugin.
        plugin: String,
    },
    /// The answer could not be understood.
    #[error("{detail}")]
    Malformed {
        /// What was wrong with it.
        detail: &'static str,
    },
    /// A call of the RDS Data API failed before any statement came to the server.
    #[error("{message}")]
    Call {
        /// What kind of failure it was.
        reason: GapReason,
        /// What is missing.
        needs: Option<String>,
        /// In the service's own words.
        message: String,
    },
    /// An answer that the RDS Data API does not carry: it ends at 1 MiB.
    #[error("the answer is larger than the RDS Data API carries")]
    TooLarge,
    /// More rows than a grant table can hold in earnest.
    #[error("more than {limit} rows")]
    TooMany {
        /// The most that are read.
        limit: usize,
    },
    /// The server shows only what this login has a privilege on.
    #[error("only a part is shown to this login")]
    Partial,
    /// The same, and the login should not have what it takes to see more.
    #[error("only a part is shown to a login that may do no harm")]
    PartialByDesign,
    /// An earlier failure ended the session.
    #[error("the session ended before")]
    Ended,
}

impl Failure {
    /// The kind of gap that it makes.
    pub(super) const fn reason(&self) -> GapReason {
        match self {
            Self::Server { code, .. } => server_reason(*code),
            Self::Unsafe { .. } => GapReason::Unsafe,
            Self::Unreachable { .. } => GapReason::Unreachable,
            Self::Timeout { .. } => GapReason::Timeout,
            Self::Call { reason, .. } => *reason,
            Self::Plugin { .. } | Self::TooLarge | Self::TooMany { .. } => GapReason::Unsupported,
            Self::Malformed { .. } => GapReason::Malformed,
            Self::Partial => GapReason::Denied,
            Self::PartialByDesign => GapReason::NotRequested,
            Self::Ended => GapReason::Interrupted,
        }
    }

    /// Whether the next endpoint of the cluster is worth a try. A refused login is not: tries add up to a locked account.
    pub(super) const fn may_try_next(&self) -> bool {
        matches!(self, Self::Unsafe { .. } | Self::Unreachable { .. } | Self::Timeout { .. })
    }

    /// What would mend it, where the failure itself knows.
    pub(super) fn needs(&self) -> Option<&str> {
        match self {
            Self::Call { needs, .. } => needs.as_deref(),
            _ => None,
        }
    }

    /// Whether a privilege is missing.
    pub(super) const fn is_denied(&self) -> bool {
        matches!(self.reason(), GapReason::Denied)
    }

    /// Whether the connection can be used further.
    pub(super) const fn leaves_session(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::TooMany { .. })
    }
}

/// Longer messages of a server are cut: real ones are a line.
const MESSAGE_CHARACTERS: usize = 1000;

/// MySQL Server Error Message Reference.
const fn server_reason(code: u16) -> GapReason {
    match code {
        // Access denied: schema, login, table, column, privilege, plugin, blocked and unwanted hosts, locked accounts,
        // expired passwords.
        1044 | 1045 | 1129 | 1130 | 1142 | 1143 | 1227 | 1370 | 1698 | 1820 | 1862 | 3118 | 3955 => GapReason::Denied,
        // Too many connections: of all, of this account, and per hour.
        1040 | 1203 | 1226 => GapReason::Throttled,
        // Lock wait and execution time.
        1205 | 3024 => GapReason::Timeout,
        _ => GapReason::Unsupported,
    }
}

/// Reads what follows the first byte of an `ERR` packet: code 2, ['#' SQLSTATE 5], text. Before authentication servers leave the
/// SQLSTATE out.
pub(super) fn server_failure(packet: &[u8]) -> Failure {
    let Some((&code, text)) = packet.split_first_chunk::<2>() else {
        return Failure::Malformed { detail: "the server's error cannot be read" };
    };
    let text = match text.split_at_checked(6) {
        Some(([b'#', ..], rest)) => rest,
        _ => text,
    };
    let message = String::from_utf8_lossy(text).chars().take(MESSAGE_CHARACTERS).collect();
    Failure::Server { code: u16::from_le_bytes(code), message }
}

/// What is said of a server, or a connection, that has no TLS 1.2.
pub(super) const TOO_OLD: &str = "TLS too old to log in safely";

fn of_tls(error: &rustls::Error) -> Failure {
    use rustls::{AlertDescription, Error, PeerIncompatible};
    let too_old = matches!(
        error,
        Error::AlertReceived(AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                    | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            )
    );
    Failure::Unsafe { detail: if too_old { TOO_OLD.to_owned() } else { error.to_string() } }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => of_tls(tls),
            None if error.kind() == ErrorKind::UnexpectedEof => {
                Self::Unreachable { detail: "the server closed the connection".to_owned() }
            }
            None => Self::Unreachable { detail: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16) -> Failure {
        server_failure(&[&code.to_le_bytes()[..], b"#42000no"].concat())
    }

    #[test]
    fn sorts_failures() {
        let certificate = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let old = || rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion);
        assert_eq!(Failure::from(std::io::Error::other(old())).to_string(), TOO_OLD);
        for (failure, reason, next) in [
            (server(1045), GapReason::Denied, false),
            (server(1142), GapReason::Denied, false),
            (server(1143), GapReason::Denied, false),
            (server(1044), GapReason::Denied, false),
            (server(1129), GapReason::Denied, false),
            (server(1040), GapReason::Throttled, false),
            (server(1146), GapReason::Unsupported, false),
            (std::io::Error::other(certificate).into(), GapReason::Unsafe, true),
            (std::io::Error::from(ErrorKind::ConnectionRefused).into(), GapReason::Unreachable, true),
            (std::io::Error::from(ErrorKind::UnexpectedEof).into(), GapReason::Unreachable, true),
            (Failure::Malformed { detail: "no" }, GapReason::Malformed, false),
            (Failure::Plugin { plugin: "dialog".to_owned() }, GapReason::Unsupported, false),
        ] {
            assert_eq!((failure.reason(), failure.may_try_next()), (reason, next), "{failure}");
        }
    }

    #[test]
    fn reads_errors_as_servers_write_them() {
        for (packet, expected) in [
            (&b"\x15\x04#28000Access denied"[..], "error 1045: Access denied"),
            (b"\x69\x04Host is blocked", "error 1129: Host is blocked"),
            (b"\x15\x04", "error 1045: "),
            (b"\x15", "the server's error cannot be read"),
            (b"\x15\x04#28000\xff", "error 1045: \u{fffd}"),
        ] {
            assert_eq!(server_failure(packet).to_string(), expected);
        }
    }

    #[test]
    fn a_servers_message_is_no_page() {
        let long = [b"\x15\x04#28000", "é".repeat(200_000).as_bytes()].concat();
        assert_eq!(server_failure(&long).to_string().chars().count(), MESSAGE_CHARACTERS + 12);
    }
}

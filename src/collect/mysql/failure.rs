//! What can go wrong between this program and a MySQL server, in words that hold no credential and no packet.

use std::io::ErrorKind;

use mysql_async::{DriverError, Error, IoError, TlsError};

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
    /// More rows than a grant table can hold in earnest.
    #[error("more than {limit} rows")]
    TooMany {
        /// The most that are read.
        limit: usize,
    },
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
            Self::Plugin { .. } | Self::TooMany { .. } => GapReason::Unsupported,
            Self::Malformed { .. } => GapReason::Malformed,
            Self::Ended => GapReason::Interrupted,
        }
    }

    /// Whether the next endpoint of the cluster is worth a try. A refused login is not: tries add up to a locked account.
    pub(super) const fn may_try_next(&self) -> bool {
        matches!(self, Self::Unsafe { .. } | Self::Unreachable { .. } | Self::Timeout { .. })
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

impl From<Error> for Failure {
    /// Packets stay behind: the driver's errors may carry them.
    fn from(error: Error) -> Self {
        match error {
            Error::Server(server) => {
                Self::Server { code: server.code, message: server.message.chars().take(MESSAGE_CHARACTERS).collect() }
            }
            Error::Io(IoError::Io(io)) => from_io(&io),
            Error::Io(IoError::Tls(tls)) => from_tls(&tls),
            Error::Driver(driver) => from_driver(driver),
            Error::Other(_) => Self::Malformed { detail: "the driver failed" },
            Error::Url(_) => Self::Malformed { detail: "the address is not one" },
        }
    }
}

fn from_io(error: &std::io::Error) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => Failure::Unsafe { detail: tls.to_string() },
        None if error.kind() == ErrorKind::InvalidData => {
            Failure::Malformed { detail: "the server does not speak MySQL" }
        }
        None => Failure::Unreachable { detail: error.to_string() },
    }
}

fn from_tls(error: &TlsError) -> Failure {
    let detail = match error {
        TlsError::Tls(error) => error.to_string(),
        TlsError::InvalidDnsName(error) => error.to_string(),
        TlsError::Pem(_) => "a trust anchor cannot be read".to_owned(),
        TlsError::VerifierBuilderError(_) => "there is no trust anchor that is valid now".to_owned(),
    };
    Failure::Unsafe { detail }
}

fn from_driver(error: DriverError) -> Failure {
    match error {
        DriverError::NoClientSslFlagFromServer => Failure::Unsafe { detail: "the server offers no TLS".to_owned() },
        DriverError::ConnectionClosed => Failure::Unreachable { detail: "the server closed the connection".to_owned() },
        DriverError::UnknownAuthPlugin { name } => Failure::Plugin { plugin: name },
        DriverError::CleartextPluginDisabled => Failure::Plugin { plugin: "mysql_clear_password".to_owned() },
        DriverError::MysqlOldPasswordDisabled => Failure::Plugin { plugin: "mysql_old_password".to_owned() },
        DriverError::LocalInfile(_) => Failure::Malformed { detail: "the server asked for a local file" },
        DriverError::PacketTooLarge => Failure::Malformed { detail: "a packet is too large" },
        DriverError::PacketOutOfOrder => Failure::Malformed { detail: "packets came out of order" },
        _ => Failure::Malformed { detail: "the answer is not what the protocol says" },
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::ServerError;

    use super::*;

    fn server(code: u16) -> Error {
        ServerError { code, message: "no".to_owned(), state: "42000".to_owned() }.into()
    }

    #[test]
    fn sorts_errors() {
        let certificate = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        for (error, reason, next) in [
            (server(1045), GapReason::Denied, false),
            (server(1142), GapReason::Denied, false),
            (server(1143), GapReason::Denied, false),
            (server(1044), GapReason::Denied, false),
            (server(1129), GapReason::Denied, false),
            (server(1040), GapReason::Throttled, false),
            (server(1146), GapReason::Unsupported, false),
            (std::io::Error::other(certificate).into(), GapReason::Unsafe, true),
            (std::io::Error::from(ErrorKind::ConnectionRefused).into(), GapReason::Unreachable, true),
            (DriverError::NoClientSslFlagFromServer.into(), GapReason::Unsafe, true),
            (DriverError::CleartextPluginDisabled.into(), GapReason::Unsupported, false),
            (DriverError::ConnectionClosed.into(), GapReason::Unreachable, true),
            (DriverError::PacketOutOfOrder.into(), GapReason::Malformed, false),
        ] {
            let failure = Failure::from(error);
            assert_eq!((failure.reason(), failure.may_try_next()), (reason, next), "{failure}");
        }
    }

    #[test]
    fn a_servers_message_is_no_page() {
        let long = ServerError { code: 1045, message: "é".repeat(200_000), state: "28000".to_owned() };
        assert_eq!(Failure::from(Error::from(long)).to_string().chars().count(), MESSAGE_CHARACTERS + 12);
    }

    #[test]
    fn a_packet_is_never_shown() {
        let failure = Failure::from(Error::from(DriverError::UnexpectedPacket { payload: b"hunter2".to_vec() }));
        assert!(!format!("{failure} {failure:?}").contains("104, 117, 110"), "{failure:?}");
    }
}

//! Why something was not learnt.

use std::io::{Error, ErrorKind};

use crate::model::GapReason;

/// What kept a server from answering, each kind apart from the others: silence proves nothing, a refusal may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer in time.
    Timeout,
    /// Nobody listens there.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed.
    Closed,
    /// No way there, no such name, or another failure of the network.
    Unreachable,
    /// The other side speaks another protocol.
    Foreign,
    /// The server answered with this error number instead of going on.
    Server(u16),
    /// The server refused the connection in words, as PostgreSQL does.
    Turned,
    /// A fatal alert that says nothing about what was offered.
    Alert,
    /// An answer that makes no sense.
    Odd,
    /// The server has no TLS.
    NoTls,
    /// The connections or the time that one endpoint may take are used up.
    Budget,
    /// A light probe does not ask it.
    NotRequested,
}

/// Error number of MySQL: `Host '…' is blocked because of many connection errors`.
pub const HOST_IS_BLOCKED: u16 = 1129;

/// Error number of MySQL: `Too many connections`.
pub const TOO_MANY_CONNECTIONS: u16 = 1040;

/// Error number of MySQL: `Host '…' is not allowed to connect to this MySQL server`.
const HOST_NOT_PRIVILEGED: u16 = 1130;

impl Fault {
    /// Whether the server hung up, which is an answer of a kind, unlike silence.
    pub(super) const fn is_hang_up(self) -> bool {
        matches!(self, Self::Reset | Self::Closed)
    }

    /// The kind of gap that it makes.
    pub const fn reason(self) -> GapReason {
        match self {
            Self::Timeout => GapReason::Timeout,
            Self::Refused | Self::Reset | Self::Closed | Self::Unreachable => GapReason::Unreachable,
            Self::Server(HOST_IS_BLOCKED | HOST_NOT_PRIVILEGED) | Self::Turned => GapReason::Denied,
            Self::Server(TOO_MANY_CONNECTIONS) => GapReason::Throttled,
            Self::Server(_) | Self::Foreign | Self::Alert | Self::Odd => GapReason::Malformed,
            Self::NoTls => GapReason::Unsupported,
            Self::Budget => GapReason::Interrupted,
            Self::NotRequested => GapReason::NotRequested,
        }
    }
}

/// What went wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The kind.
    pub fault: Fault,
    /// What happened.
    pub message: String,
}

impl Trouble {
    pub(super) fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into() }
    }

    pub(super) fn io(error: &Error) -> Self {
        let fault = match error.kind() {
            ErrorKind::TimedOut => Fault::Timeout,
            ErrorKind::ConnectionRefused => Fault::Refused,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Fault::Reset,
            ErrorKind::UnexpectedEof => Fault::Closed,
            _ => Fault::Unreachable,
        };
        Self::new(fault, error.to_string())
    }

    /// The same, with what was asked before it.
    pub(super) fn about(self, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_failures_of_the_network_apart() {
        for (kind, fault, reason) in [
            (ErrorKind::TimedOut, Fault::Timeout, GapReason::Timeout),
            (ErrorKind::ConnectionRefused, Fault::Refused, GapReason::Unreachable),
            (ErrorKind::ConnectionReset, Fault::Reset, GapReason::Unreachable),
            (ErrorKind::BrokenPipe, Fault::Reset, GapReason::Unreachable),
            (ErrorKind::UnexpectedEof, Fault::Closed, GapReason::Unreachable),
            (ErrorKind::HostUnreachable, Fault::Unreachable, GapReason::Unreachable),
        ] {
            let trouble = Trouble::io(&kind.into());
            assert_eq!((trouble.fault, trouble.fault.reason()), (fault, reason), "{kind:?}");
        }
    }

    #[test]
    fn refusals_have_reasons() {
        for (fault, reason) in [
            (Fault::Server(1129), GapReason::Denied),
            (Fault::Server(1130), GapReason::Denied),
            (Fault::Server(1040), GapReason::Throttled),
            (Fault::Server(1043), GapReason::Malformed),
            (Fault::NoTls, GapReason::Unsupported),
            (Fault::NotRequested, GapReason::NotRequested),
        ] {
            assert_eq!(fault.reason(), reason, "{fault:?}");
        }
    }
}

//! What could not be read. A gap is data: it is recorded, shown, and decides verdicts; it never unwinds a collection.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{RecordRef, Untrusted};

/// Something that a collector asked for and did not get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Gap {
    /// What was asked: an API call (`rds:DescribeDBClusters`), a table (`mysql:mysql.user`), or a probe (`tls:handshake`).
    pub what: String,
    /// The one resource it was asked for (group name, cluster ARN, `host:port`), or none when a whole listing failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// The kind of failure.
    pub reason: GapReason,
    /// What would close the gap: the missing IAM action, SQL privilege, or setting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub needs: Option<String>,
    /// What the target or the library said, in its own words.
    pub message: Untrusted,
    /// Where the record stands; filled in by the reader.
    #[serde(skip)]
    pub at: Option<RecordRef>,
}

impl fmt::Display for Gap {
    /// One sentence without its full stop. Text from targets is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Untrusted::from(self.what.as_str()))?;
        if let Some(target) = &self.target {
            write!(f, " of `{}`", Untrusted::from(target.as_str()))?;
        }
        write!(f, " {}", self.reason.verb())?;
        if !self.message.raw().is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.needs {
            Some(needs) => write!(f, "; needs {}", Untrusted::from(needs.as_str())),
            None => Ok(()),
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The target refused: a permission or privilege is missing, or a login was turned away.
    Denied,
    /// The target asked for fewer calls until the retries ran out.
    Throttled,
    /// No answer in time.
    Timeout,
    /// No connection: refused, no route, no such name, no credentials to sign with.
    Unreachable,
    /// The target or this version cannot do it.
    Unsupported,
    /// The answer could not be understood.
    Malformed,
    /// The connection is not safe to send a credential over: certificate or TLS version.
    Unsafe,
    /// The collection was interrupted before it came to this.
    Interrupted,
    /// The user left it out.
    NotRequested,
}

impl GapReason {
    /// The word that reports show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Unsafe => "unsafe",
            Self::Interrupted => "interrupted",
            Self::NotRequested => "not requested",
        }
    }

    /// What happened, for a sentence.
    const fn verb(self) -> &'static str {
        match self {
            Self::Denied => "was denied",
            Self::Throttled => "was throttled",
            Self::Timeout => "timed out",
            Self::Unreachable => "could not be reached",
            Self::Unsupported => "is not supported",
            Self::Malformed => "gave an answer that could not be understood",
            Self::Unsafe => "was not asked over an unsafe connection",
            Self::Interrupted => "was not asked: the collection was interrupted",
            Self::NotRequested => "was not requested",
        }
    }

    /// Whether the user chose this gap: such a gap is named but does not make a run incomplete.
    pub const fn is_voluntary(self) -> bool {
        matches!(self, Self::NotRequested)
    }
}

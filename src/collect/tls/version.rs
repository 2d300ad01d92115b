//! Versions of TLS.

/// A protocol version, in the order of their age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0.
    V10,
    /// TLS 1.1.
    V11,
    /// TLS 1.2.
    V12,
    /// TLS 1.3.
    V13,
}

impl TlsVersion {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::V10, Self::V11, Self::V12, Self::V13];

    /// The number on the wire.
    pub(super) const fn wire(self) -> u16 {
        match self {
            Self::V10 => 0x0301,
            Self::V11 => 0x0302,
            Self::V12 => 0x0303,
            Self::V13 => 0x0304,
        }
    }

    /// The version with this number.
    pub(super) fn from_wire(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.wire() == number)
    }

    /// The name that MySQL gives it, in `tls_version` and in `Ssl_version`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V10 => "TLSv1.0",
            Self::V11 => "TLSv1.1",
            Self::V12 => "TLSv1.2",
            Self::V13 => "TLSv1.3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_versions() {
        assert!(TlsVersion::ALL.iter().all(|version| TlsVersion::from_wire(version.wire()) == Some(*version)));
        assert_eq!((TlsVersion::from_wire(0x0300), TlsVersion::from_wire(0x7f1c)), (None, None));
    }
}

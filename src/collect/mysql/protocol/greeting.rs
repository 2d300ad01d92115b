//! The first packet, with all that a login needs of it.

use super::cursor::Cursor;
use crate::collect::mysql::failure::{Failure, server_failure};

/// `CLIENT_SSL`.
const CLIENT_SSL: u64 = 0x800;

/// What a server says first (`Protocol::HandshakeV10`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collect::mysql) struct Greeting {
    /// Server version, as the server spells it.
    pub(in crate::collect::mysql) version: String,
    /// Whether the server takes an `SSLRequest`.
    pub(in crate::collect::mysql) tls: bool,
    /// Random bytes that a password is mixed with.
    pub(super) salt: Vec<u8>,
    /// The plugin that the server would like.
    pub(super) plugin: String,
}

impl Greeting {
    /// Reads the first packet.
    pub(super) fn read(packet: &[u8]) -> Result<Self, Failure> {
        let mut cursor = Cursor::new(packet);
        match cursor.byte() {
            Some(10) => version_10(cursor).ok_or(Failure::Malformed { detail: "the server does not speak MySQL" }),
            Some(0xff) => Err(server_failure(cursor.rest())),
            _ => Err(Failure::Malformed { detail: "the server does not speak MySQL" }),
        }
    }
}

fn version_10(mut cursor: Cursor<'_>) -> Option<Greeting> {
    let version = String::from_utf8_lossy(cursor.text()).into_owned();
    let _thread = cursor.integer(4)?;
    let mut salt = cursor.bytes(8)?.to_vec();
    let _filler = cursor.byte()?;
    let low = cursor.integer(2)?;
    let _character_set = cursor.byte()?;
    let _status = cursor.integer(2)?;
    let high = cursor.integer(2)?;
    let salt_length = usize::from(cursor.byte()?);
    let _reserved = cursor.bytes(10)?;
    // Twelve bytes and a NUL, by all servers there are.
    let more = cursor.bytes(salt_length.saturating_sub(8).max(13))?;
    salt.extend(more.iter().take(12));
    let plugin = String::from_utf8_lossy(cursor.text()).into_owned();
    Some(Greeting { version, tls: (low | high << 16) & CLIENT_SSL != 0, salt, plugin })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::greeting;
    use super::*;

    #[test]
    fn reads_a_greeting() {
        for (version, capabilities, plugin, tls) in [
            ("9.7.4", 0xdfff_ffff, "caching_sha2_password", true),
            ("5.5.5-10.11.19-MariaDB", 0xffff_f7ff, "mysql_native_password", false),
        ] {
            let read = Greeting::read(&greeting(version, capabilities, plugin)).unwrap();
            assert_eq!((read.version.as_str(), read.plugin.as_str(), read.tls), (version, plugin, tls));
            assert_eq!(read.salt, b"saltsaltrestofthesal");
        }
    }

    #[test]
    fn a_refusal_is_the_servers_word() {
        let failure = Greeting::read(b"\xff\x69\x04Host is blocked").unwrap_err();
        assert_eq!(failure.to_string(), "error 1129: Host is blocked");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_greeting_or_none(packet in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Greeting::read(&packet);
            let _ = Greeting::read(&[&[10][..], &packet].concat());
        }

        #[test]
        fn a_greeting_that_was_cut_is_none(end in 0_usize..51) {
            let whole = greeting("9.7.4", 0xdfff_ffff, "caching_sha2_password");
            prop_assert!(Greeting::read(whole.get(..end).unwrap()).is_err());
        }
    }
}

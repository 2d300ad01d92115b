//! Whether a server goes on without TLS. One connection that sends no credential, and, only where the user said so in so many
//! words, one login whose password is scrambled with the server's salt; it never leaves in clear.
//! Shapes: MySQL internals, `Protocol::HandshakeResponse41`, `AuthSwitchRequest`, `AuthMoreData`.

use super::greeting::{self, Greeting};
use super::postgres;
use super::trouble::Trouble;
use super::wire::Opened;
use crate::collect::mysql::scramble;
use crate::model::Secret;

/// Error number of MySQL: `Connections using insecure transport are prohibited while --require_secure_transport=ON`.
const SECURE_TRANSPORT_REQUIRED: u16 = 3159;

/// What a server does with a connection without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plaintext {
    /// It let the client in, or would have.
    Allowed,
    /// It refused for want of TLS.
    Refused,
    /// It refused for another reason, or was not asked.
    #[default]
    Unknown,
}

impl Plaintext {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// What a server answers to a login.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reply {
    Ok,
    Error(u16),
    /// The plugin that it wants to go on with, and its salt.
    Switch(String, Vec<u8>),
    /// A word of the plugin.
    More(Vec<u8>),
    Other,
}

/// Tries a connection that names a user whom nobody has and sends no credential.
pub(super) async fn without_credential(opened: Opened) -> Result<Plaintext, Trouble> {
    match opened.greeting.clone() {
        Some(greeting) => log_in(opened, &greeting, postgres::NOBODY, "").await,
        None => start_up(opened).await,
    }
}

/// Tries a login. `mysql_native_password` and the fast path of `caching_sha2_password` take a scramble; everything else, clear-text
/// plugins and keys that the server sends itself first of all, is left alone.
pub(super) async fn with_login(opened: Opened, user: &str, password: &Secret) -> Result<Plaintext, Trouble> {
    match opened.greeting.clone() {
        Some(greeting) => log_in(opened, &greeting, user, password.expose()).await,
        None => Ok(Plaintext::Unknown),
    }
}

async fn log_in(mut opened: Opened, greeting: &Greeting, user: &str, password: &str) -> Result<Plaintext, Trouble> {
    let (plugin, scrambled) = begin(greeting, password);
    let mut sequence = greeting.sequence.wrapping_add(1);
    let mut packet = packet(sequence, &response(user, plugin, &scrambled));
    // A switch, its answer, and a word of the plugin: no honest login has more.
    for _ in 0..4 {
        let Some((reply, last)) = opened.exchange_plain(&packet, reply).await? else { return Ok(Plaintext::Unknown) };
        sequence = last.wrapping_add(1);
        packet = match reply {
            Reply::Ok => {
                opened.send_last(&QUIT).await;
                return Ok(Plaintext::Allowed);
            }
            Reply::Error(SECURE_TRANSPORT_REQUIRED) => return Ok(Plaintext::Refused),
            Reply::Switch(plugin, salt) => match scramble(&plugin, password, &salt) {
                Some(scrambled) => self::packet(sequence, &scrambled),
                None => return Ok(Plaintext::Unknown),
            },
            // 3: the scramble was right, the verdict follows. 4: the server wants the password itself.
            Reply::More(word) if word == [3] => Vec::new(),
            Reply::More(_) | Reply::Error(_) | Reply::Other => return Ok(Plaintext::Unknown),
        };
    }
    Ok(Plaintext::Unknown)
}

/// What the first answer to the greeting says, in the words of the server's own plugin where that takes a scramble.
fn begin(greeting: &Greeting, password: &str) -> (&'static str, Vec<u8>) {
    let salt = greeting.salt.get(..20).unwrap_or(&greeting.salt);
    let plugin = if greeting.plugin == SHA2 { SHA2 } else { NATIVE };
    (plugin, scramble(plugin, password, salt).unwrap_or_default())
}

const NATIVE: &str = "mysql_native_password";
const SHA2: &str = "caching_sha2_password";

/// `COM_QUIT`.
const QUIT: [u8; 5] = [1, 0, 0, 0, 1];

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let [a, b, c, _] = u32::try_from(payload.len()).unwrap_or_default().to_le_bytes();
    [&[a, b, c, sequence], payload].concat()
}

/// Capabilities, largest packet, character set, 23 zeros, user NUL, length, scramble, plugin NUL.
fn response(user: &str, plugin: &str, scrambled: &[u8]) -> Vec<u8> {
    // PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH, LONG_PASSWORD; no SSL.
    const CAPABILITIES: u32 = 0x0008_8201;
    const UTF8: u8 = 33;
    let length = u8::try_from(scrambled.len()).unwrap_or_default();
    let head = [&CAPABILITIES.to_le_bytes()[..], &0x0100_0000_u32.to_le_bytes(), &[UTF8], &[0; 23]].concat();
    [&head, user.as_bytes(), &[0, length], scrambled, plugin.as_bytes(), &[0]].concat()
}

/// Reads a reply and its sequence number; `None` asks for more bytes.
fn reply(bytes: &[u8]) -> Option<(Reply, u8)> {
    let (&[low, middle, high, sequence], rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    if length == 0 || length > greeting::LONGEST {
        return Some((Reply::Other, sequence));
    }
    Some((meaning(rest.get(..length)?), sequence))
}

fn meaning(payload: &[u8]) -> Reply {
    match payload {
        [0, ..] => Reply::Ok,
        [0xff, low, high, ..] => Reply::Error(u16::from_le_bytes([*low, *high])),
        [0xfe, rest @ ..] => switch(rest),
        [1, rest @ ..] => Reply::More(rest.to_vec()),
        _ => Reply::Other,
    }
}

/// plugin NUL, salt NUL; nothing at all asks for the scramble of before 4.1.
fn switch(bytes: &[u8]) -> Reply {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let plugin = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    Reply::Switch(plugin, parts.next().unwrap_or_default().to_vec())
}

/// Asking for a password means that the connection as such is fine.
async fn start_up(mut opened: Opened) -> Result<Plaintext, Trouble> {
    let answer = opened.exchange_plain(&postgres::startup(), postgres::parse).await?;
    Ok(match answer {
        Some(postgres::First::Authentication) => Plaintext::Allowed,
        Some(postgres::First::Refused(state, message)) if postgres::wants_tls(&state, &message) => Plaintext::Refused,
        _ => Plaintext::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_replies() {
        for (payload, expected) in [
            (&b"\0\0\0\x02\0\0\0"[..], Reply::Ok),
            (b"\xff\x57\x0c#HY000Connections", Reply::Error(3159)),
            (b"\xff\x15\x04#28000Access denied", Reply::Error(1045)),
            (b"\xfemysql_native_password\0saltsaltsaltsaltsalt\0", {
                Reply::Switch(NATIVE.to_owned(), b"saltsaltsaltsaltsalt\0".to_vec())
            }),
            (b"\xfe", Reply::Switch(String::new(), Vec::new())),
            (b"\x01\x04", Reply::More(vec![4])),
            (b"\x0a9.7", Reply::Other),
            (b"\xff", Reply::Other),
        ] {
            assert_eq!(reply(&packet(2, payload)), Some((expected, 2)), "{payload:?}");
        }
        assert_eq!((reply(b"\x07\0\0\x02\0"), reply(b"\xff\xff\xff\x02")), (None, Some((Reply::Other, 2))));
    }

    #[test]
    fn a_response_names_user_and_plugin_and_no_more() {
        let bytes = response("auditor", NATIVE, &[9; 20]);
        assert!(bytes.ends_with(b"mysql_native_password\0") && bytes[32..].starts_with(b"auditor\0\x14\x09"));
        assert_eq!(u32::from_le_bytes(bytes[..4].try_into().unwrap()) & 0x800, 0, "no CLIENT_SSL");
        assert!(response(postgres::NOBODY, SHA2, &[])[32..].starts_with(b"aurora-audit\0\0caching"));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), password in ".{0,20}") {
            let _ = reply(&bytes);
            if let Some((Reply::Switch(plugin, salt), _)) = reply(&packet(0, &bytes)) {
                let _ = scramble(&plugin, &password, &salt);
            }
        }
    }
}

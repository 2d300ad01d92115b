//! How a credential is shown to a server. What each plugin wants is computed here; whether it may be shown at all was decided
//! before: the channel is verified TLS or a socket of this machine.

use ring::digest::{Context, Digest, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use crate::collect::mysql::failure::Failure;
use crate::model::Secret;

/// What a login proves itself with.
#[derive(Debug, Clone)]
pub(in crate::collect::mysql) enum Credential {
    /// A password that the server knows a hash of.
    Password(Secret),
    /// A token of IAM: sent as it is, and good for a quarter of an hour.
    Token(Secret),
}

/// What the server asks for with `AuthMoreData`, under `caching_sha2_password`.
const FAST_IS_ENOUGH: u8 = 3;
const SEND_IT_ALL: u8 = 4;

/// The plugin that is answered to a greeting.
pub(super) fn first_plugin<'a>(credential: &Credential, offered: &'a str) -> &'a str {
    match (credential, offered) {
        (Credential::Token(_), _) => CLEAR,
        (Credential::Password(_), NATIVE | CACHING | SHA256_PASSWORD) => offered,
        // The server will say what it really wants.
        (Credential::Password(_), _) => NATIVE,
    }
}

const NATIVE: &str = "mysql_native_password";
const CACHING: &str = "caching_sha2_password";
const SHA256_PASSWORD: &str = "sha256_password";
const CLEAR: &str = "mysql_clear_password";

/// The answer to a plugin's question, or none when the plugin is not spoken with this credential.
pub(super) fn answer(credential: &Credential, plugin: &str, salt: &[u8]) -> Result<Vec<u8>, Failure> {
    // A salt is followed by a NUL when it comes with a switch of plugins.
    let salt = salt.get(..20).unwrap_or(salt);
    match (credential, plugin) {
        (Credential::Password(password), NATIVE) => Ok(native(password.expose(), salt)),
        (Credential::Password(password), CACHING) => Ok(caching(password.expose(), salt)),
        (Credential::Password(password), SHA256_PASSWORD) => Ok(clear(password)),
        (Credential::Token(token), CLEAR) => Ok(clear(token)),
        // Which account a server has for the user is not known before: a token is refused by all but one.
        (Credential::Token(_), NATIVE | CACHING) => Ok(Vec::new()),
        _ => Err(Failure::Plugin { plugin: plugin.chars().take(64).collect() }),
    }
}

/// The answer to `AuthMoreData`; none when the server only says that it is content.
pub(super) fn more(credential: &Credential, plugin: &str, data: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    match (credential, plugin, data) {
        (Credential::Password(_), CACHING, [FAST_IS_ENOUGH]) => Ok(None),
        (Credential::Password(password), CACHING, [SEND_IT_ALL]) => Ok(Some(clear(password))),
        _ => Err(Failure::Malformed { detail: "the server asks for what no login has" }),
    }
}

/// The proof that a plugin takes in place of the password, if it takes one: what may be shown on a channel that is not safe, where
/// the user said so.
pub(in crate::collect) fn scramble(plugin: &str, password: &str, salt: &[u8]) -> Option<Vec<u8>> {
    let salt = salt.get(..20).unwrap_or(salt);
    match plugin {
        // No password has no proof, whoever asks.
        _ if password.is_empty() => Some(Vec::new()),
        NATIVE => Some(native(password, salt)),
        CACHING => Some(caching(password, salt)),
        _ => None,
    }
}

fn clear(secret: &Secret) -> Vec<u8> {
    [secret.expose().as_bytes(), b"\0"].concat()
}

/// SHA1(password) XOR SHA1(salt, SHA1(SHA1(password))).
fn native(password: &str, salt: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let twice = digest(&SHA1_FOR_LEGACY_USE_ONLY, once.as_ref());
    let mut mixed = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    mixed.update(salt);
    mixed.update(twice.as_ref());
    exclusive_or(&once, &mixed.finish())
}

/// SHA256(password) XOR SHA256(SHA256(SHA256(password)), salt).
fn caching(password: &str, salt: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = digest(&SHA256, password.as_bytes());
    let twice = digest(&SHA256, once.as_ref());
    let mut mixed = Context::new(&SHA256);
    mixed.update(twice.as_ref());
    mixed.update(salt);
    exclusive_or(&once, &mixed.finish())
}

fn exclusive_or(one: &Digest, other: &Digest) -> Vec<u8> {
    one.as_ref().iter().zip(other.as_ref()).map(|(one, other)| one ^ other).collect()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    const SALT: &[u8] = b"0123456789abcdefghij";

    fn password() -> Credential {
        Credential::Password(Secret::new("hunter2".to_owned()))
    }

    fn token() -> Credential {
        Credential::Token(Secret::new("host:3306/?X-Amz".to_owned()))
    }

    /// Computed with Python's hashlib by the formulas of the manual.
    #[test]
    fn answers_each_plugin() {
        for (credential, plugin, expected) in [
            (password(), NATIVE, "91dbd90edc75e47da9a48a9defc85dcf99fa4fc4"),
            (password(), CACHING, "5bfbc73796cdaa80adfd00eb26e332ac9861333244584e69dea530bbf4414abd"),
            (password(), SHA256_PASSWORD, "68756e7465723200"),
            (token(), CLEAR, "686f73743a333330362f3f582d416d7a00"),
            (token(), NATIVE, ""),
            (Credential::Password(Secret::new(String::new())), NATIVE, ""),
            (Credential::Password(Secret::new(String::new())), CACHING, ""),
        ] {
            for salt in [SALT.to_vec(), [SALT, b"\0"].concat()] {
                assert_eq!(HEXLOWER.encode(&answer(&credential, plugin, &salt).unwrap()), expected, "{plugin}");
            }
        }
    }

    #[test]
    fn scrambles_or_says_nothing() {
        for (plugin, password, expected) in [
            (NATIVE, "hunter2", Some("91dbd90edc75e47da9a48a9defc85dcf99fa4fc4")),
            (CACHING, "hunter2", Some("5bfbc73796cdaa80adfd00eb26e332ac9861333244584e69dea530bbf4414abd")),
            (CLEAR, "", Some("")),
            (CLEAR, "hunter2", None),
            (SHA256_PASSWORD, "hunter2", None),
            ("mysql_old_password", "hunter2", None),
        ] {
            let scrambled = scramble(plugin, password, &[SALT, b"\0"].concat()).map(|bytes| HEXLOWER.encode(&bytes));
            assert_eq!(scrambled.as_deref(), expected, "{plugin}");
        }
    }

    #[test]
    fn shows_a_password_to_no_plugin_that_would_have_it_as_it_is() {
        for (credential, plugin) in [
            (password(), CLEAR),
            (password(), "dialog"),
            (password(), "mysql_old_password"),
            (token(), SHA256_PASSWORD),
            (token(), "dialog"),
        ] {
            assert!(matches!(answer(&credential, plugin, SALT), Err(Failure::Plugin { .. })), "{plugin}");
        }
    }

    #[test]
    fn tells_more_only_where_the_plugin_may_ask() {
        for (credential, plugin, data, expected) in [
            (password(), CACHING, &[3][..], Ok(None)),
            (password(), CACHING, &[4], Ok(Some(b"hunter2\0".to_vec()))),
            (password(), CACHING, &[2], Err(())),
            (password(), NATIVE, &[4], Err(())),
            (token(), CACHING, &[4], Err(())),
        ] {
            assert_eq!(more(&credential, plugin, data).map_err(|_| ()), expected, "{plugin} {data:?}");
        }
    }

    #[test]
    fn answers_the_greeting_with_a_plugin_it_speaks() {
        for (credential, offered, plugin) in [
            (password(), CACHING, CACHING),
            (password(), NATIVE, NATIVE),
            (password(), "client_ed25519", NATIVE),
            (password(), CLEAR, NATIVE),
            (token(), CACHING, CLEAR),
        ] {
            assert_eq!(first_plugin(&credential, offered), plugin);
        }
        assert!(!format!("{:?} {:?}", password(), token()).contains("hunter2"));
    }
}

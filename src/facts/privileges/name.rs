//! Names of accounts and roles.

use std::fmt;

/// An account or a role. User names compare byte by byte, hosts without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName {
    /// User name; empty for the anonymous account.
    pub user: String,
    /// Host in lower case; empty for a role of MariaDB.
    pub host: String,
}

impl AccountName {
    /// The account `user`@`host`.
    pub fn new(user: &str, host: &str) -> Self {
        Self { user: user.to_owned(), host: host.to_ascii_lowercase() }
    }

    /// Reads one name: quoted by backticks, single or double quotes, or not at all; the host defaults to `%`.
    pub fn parse(text: &str) -> Option<Self> {
        match &*Self::parse_list(text) {
            [name] => Some(name.clone()),
            _ => None,
        }
    }

    /// Reads a list of names, as in `mandatory_roles`. What follows a name and is no comma is skipped.
    pub fn parse_list(list: &str) -> Vec<Self> {
        let mut names = Vec::new();
        let mut rest = list.trim();
        while !rest.is_empty() {
            let quoted = rest.starts_with(['`', '\'', '"']);
            let (user, after) = identifier(rest);
            let (host, after) = match after.trim_start().strip_prefix('@') {
                Some(after) => identifier(after.trim_start()),
                None => ("%".to_owned(), after),
            };
            if quoted || !user.is_empty() {
                names.push(Self::new(&user, &host));
            }
            rest = after.trim_start().split_once(',').map_or("", |(_, after)| after).trim_start();
        }
        names
    }

    /// Reads `user@host` without quotes, as `DEFINER` columns have it; a user name may hold an `@`, a host may not.
    pub fn of_definer(text: &str) -> Option<Self> {
        text.rsplit_once('@').map(|(user, host)| Self::new(user, host))
    }
}

/// A quoted name, in which a backslash takes the meaning from what follows and a doubled quote stands for one; or a bare one.
fn identifier(text: &str) -> (String, &str) {
    let mut characters = text.char_indices();
    let Some((_, quote @ ('`' | '\'' | '"'))) = characters.next() else {
        let end = text.find(['@', ',']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return (word.trim().to_owned(), rest);
    };
    let mut word = String::new();
    while let Some((at, character)) = characters.next() {
        let rest = text.get(at.saturating_add(character.len_utf8())..).unwrap_or_default();
        if character == quote && rest.starts_with(quote) {
            word.extend(characters.next().map(|(_, quote)| quote));
        } else if character == quote {
            return (word, rest);
        } else if character == '\\' && quote != '`' {
            word.extend(characters.next().map(|(_, escaped)| escaped));
        } else {
            word.push(character);
        }
    }
    (word, "")
}

impl fmt::Display for AccountName {
    /// `'user'@'host'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.user, &self.host))
    }
}

/// `'user'@'host'`, with quotes and backslashes escaped as `QUOTE()` does.
pub fn quoted(user: &str, host: &str) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{}'@'{}'", quote(user), quote(host))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_names_as_the_server_does() {
        for (user, host, expected) in
            [("app", "%", "'app'@'%'"), ("", "%", "''@'%'"), ("o'neil\\x", "10.%", r"'o\'neil\\x'@'10.%'")]
        {
            assert_eq!(quoted(user, host), expected);
        }
    }

    #[test]
    fn reads_mandatory_roles_as_the_server_does() {
        for (list, roles) in [
            ("", &[][..]),
            ("reader", &[("reader", "%")]),
            ("`reader`@`%`,`writer`@`LocalHost`", &[("reader", "%"), ("writer", "localhost")]),
            (" 'a,b'@'%' , c@10.% ", &[("a,b", "%"), ("c", "10.%")]),
            ("`open", &[("open", "%")]),
            (",,x", &[("x", "%")]),
            ("''@'%'", &[("", "%")]),
            ("`a``b`", &[("a`b", "%")]),
        ] {
            let expected: Vec<_> = roles.iter().map(|(user, host)| AccountName::new(user, host)).collect();
            assert_eq!(AccountName::parse_list(list), expected, "{list}");
        }
    }

    #[test]
    fn reads_definers() {
        for (text, expected) in [
            ("admin@%", Some(("admin", "%"))),
            ("a@b@10.%", Some(("a@b", "10.%"))),
            ("admin", None),
            ("@%", Some(("", "%"))),
        ] {
            assert_eq!(
                AccountName::of_definer(text),
                expected.map(|(user, host)| AccountName::new(user, host)),
                "{text}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

        #[test]
        fn reads_what_it_writes(user in "\\PC{0,8}", host in "[a-z0-9.%_/:]{0,8}") {
            let name = AccountName::new(&user, &host);
            prop_assert_eq!(AccountName::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn any_list_is_read(text in "[`'\",@a\\\\ ]{0,12}") {
            prop_assert!(AccountName::parse_list(&text).len() <= text.len());
        }
    }
}

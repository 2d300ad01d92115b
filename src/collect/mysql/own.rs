//! What the login itself may do everywhere. `information_schema` shows stored objects only to those who may do something with them,
//! and says nothing of the others: whether its answer is whole depends on these privileges alone.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::rows::Table;

/// Asks a server from 5.7 on: the privileges of the session, active roles among them. Older servers, and MariaDB, would show a
/// hash here.
pub(super) const SHOW_GRANTS: &str = "SHOW GRANTS";

/// Asks the others: the privileges of the account alone.
pub(super) const OF_ACCOUNT: &str = "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = \
     CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), \
     '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''') LIMIT 1000";

/// Global privileges of the session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Own {
    privileges: BTreeSet<String>,
    /// Whether some are revoked for single schemas.
    restricted: bool,
}

impl Own {
    /// Reads the answer to [`SHOW_GRANTS`] or to [`OF_ACCOUNT`]; without an answer there is no privilege to build on.
    pub(super) fn new(answer: &Result<Table, Failure>) -> Self {
        let mut own = Self::default();
        for row in answer.iter().flat_map(Table::iter) {
            match (row.get("PRIVILEGE_TYPE"), row.first()) {
                (Some(word), _) => drop(own.privileges.insert(word.to_ascii_uppercase())),
                (None, Some(line)) => own.take(line),
                (None, None) => {}
            }
        }
        own
    }

    /// Takes a line of `SHOW GRANTS`.
    fn take(&mut self, line: &str) {
        self.restricted |= line.starts_with("REVOKE ");
        let words = line.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON *.* TO "));
        if let Some((words, _)) = words {
            self.privileges.extend(words.split(',').map(|word| word.trim().to_ascii_uppercase()));
        }
    }

    /// Whether one of these is held, for all schemas alike.
    pub(super) fn has_any(&self, privileges: &[&str]) -> bool {
        let held = |privilege: &&str| self.privileges.contains(*privilege);
        !self.restricted && (held(&"ALL PRIVILEGES") || privileges.iter().any(held))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A session that holds these.
    pub(in crate::collect::mysql) fn own(privileges: &[&str]) -> Own {
        Own { privileges: privileges.iter().map(|word| (*word).to_owned()).collect(), restricted: false }
    }

    #[test]
    fn reads_both_forms() {
        for (column, rows, asked, expected) in [
            ("Grants for a@%", &["GRANT SELECT, SHOW VIEW ON *.* TO `a`@`%`"][..], "SHOW VIEW", true),
            (
                "Grants for a@%",
                &["GRANT USAGE ON *.* TO `a`@`%`", "GRANT SHOW_ROUTINE ON *.* TO `a`@`%`"],
                "SHOW_ROUTINE",
                true,
            ),
            ("Grants for a@%", &["GRANT SELECT ON `hr`.* TO `a`@`%`"], "SELECT", false),
            (
                "Grants for a@%",
                &["GRANT SELECT ON *.* TO `a`@`%`", "REVOKE SELECT ON `hr`.* FROM `a`@`%`"],
                "SELECT",
                false,
            ),
            ("Grants for a@%", &["GRANT ALL PRIVILEGES ON *.* TO 'a'@'%' WITH GRANT OPTION"], "EVENT", true),
            ("PRIVILEGE_TYPE", &["USAGE"], "EVENT", false),
            ("PRIVILEGE_TYPE", &["SHOW VIEW", "EVENT"], "EVENT", true),
            ("PRIVILEGE_TYPE", &[], "EVENT", false),
        ] {
            let mut table = Table::new(vec![column.to_owned()]);
            for row in rows {
                table.push([Some(row)].into_iter().collect());
            }
            let own = Own::new(&Ok(table));
            assert_eq!(own.has_any(&[asked]), expected, "{column} {asked}");
        }
        assert!(!Own::new(&Err(Failure::Ended)).has_any(&["SELECT"]));
    }
}

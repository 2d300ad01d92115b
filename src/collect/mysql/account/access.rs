//! MariaDB keeps the global privileges of an account as one number, a bit each.
//! MariaDB source, `sql/privilege.h`; MariaDB Knowledge Base, "GRANT".

/// The words of `GRANT` by bit, in the spelling that MySQL shares where it has the privilege.
const WORDS: [&str; 40] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "RELOAD",
    "SHUTDOWN",
    "PROCESS",
    "FILE",
    "GRANT OPTION",
    "REFERENCES",
    "INDEX",
    "ALTER",
    "SHOW DATABASES",
    "SUPER",
    "CREATE TEMPORARY TABLES",
    "LOCK TABLES",
    "EXECUTE",
    "REPLICATION SLAVE",
    "REPLICATION CLIENT",
    "CREATE VIEW",
    "SHOW VIEW",
    "CREATE ROUTINE",
    "ALTER ROUTINE",
    "CREATE USER",
    "EVENT",
    "TRIGGER",
    "CREATE TABLESPACE",
    "DELETE HISTORY",
    "SET USER",
    "FEDERATED ADMIN",
    "CONNECTION ADMIN",
    "READ_ONLY ADMIN",
    "REPLICATION SLAVE ADMIN",
    "REPLICATION MASTER ADMIN",
    "BINLOG ADMIN",
    "BINLOG REPLAY",
    "SLAVE MONITOR",
    "SHOW CREATE ROUTINE",
];

/// What `SUPER` meant in rows that a server before 10.5.2 wrote: the privileges from `SET USER` to `BINLOG REPLAY`.
const OF_OLD_SUPER: u64 = 0xff << 30;
const SUPER: u64 = 1 << 15;
const SPLIT_SUPER: u64 = 100_502;

/// The privileges in `access version_id`, sorted; none when a bit is not known.
pub(super) fn privileges(text: &str) -> Option<Vec<String>> {
    let (access, version) = text.split_once(' ')?;
    let (mut access, version): (u64, u64) = (access.parse().ok()?, version.parse().ok()?);
    if version < SPLIT_SUPER && access & SUPER != 0 {
        access |= OF_OLD_SUPER;
    }
    if access >> WORDS.len() != 0 {
        return None;
    }
    let held = WORDS.iter().enumerate().filter(|(bit, _)| access >> bit & 1 == 1);
    let mut words: Vec<_> = held.map(|(_, word)| (*word).to_owned()).collect();
    words.sort_unstable();
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bits() {
        for (text, expected) in [
            ("0 101119", Some(vec![])),
            ("1 101119", Some(vec!["SELECT"])),
            ("4210688 101119", Some(vec!["SHOW DATABASES", "SHOW VIEW"])),
            ("1073741824 101119", Some(vec!["SET USER"])),
            ("274877906944 101119", Some(vec!["SLAVE MONITOR"])),
            ("32768 101119", Some(vec!["SUPER"])),
            ("1099511627776 101119", None),
            ("-1 101119", None),
            ("x 101119", None),
            ("1", None),
        ] {
            let expected = expected.map(|words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(privileges(text), expected, "{text}");
        }
        assert_eq!(privileges("549755813887 101119").unwrap().len(), 39);
        assert_eq!(privileges("32768 100413").unwrap().len(), 9);
    }
}

//! What the server works with, beside what its tables hold. Whoever may write to the grant tables can change them without a word to
//! the server, and until it flushes, or restarts, both differ. `information_schema` shows what is in force, as `SHOW GRANTS` does,
//! and without a hash.

use std::collections::{BTreeMap, BTreeSet};

use super::account::Held;
use super::context::Context;
use super::failure::Failure;
use super::rows::{Row, Table};
use super::statement::{Statement, limited};
use super::words;
use crate::snapshot::schema::mysql::Flavour;

/// Privileges by who holds them (`'user'@'host'`, the host in lower case), each once: the word, and its object between quotes. Lists,
/// because a server has ten thousand of them, a dozen long each.
#[derive(Debug, Default, PartialEq, Eq)]
struct Grants(BTreeMap<String, Vec<Box<str>>>);

impl Grants {
    /// Adds privileges on an object.
    fn add<W: AsRef<str>>(&mut self, who: &str, object: &str, words: impl IntoIterator<Item = W>) {
        let held = words.into_iter().map(|word| format!("{} {object}", word.as_ref()).into_boxed_str());
        self.0.entry(who.to_owned()).or_default().extend(held);
    }

    fn sorted(mut self) -> Self {
        for held in self.0.values_mut() {
            held.sort_unstable();
            held.dedup();
            held.shrink_to_fit();
        }
        self
    }
}

/// How many statements there are.
pub(super) const COUNT: usize = 4;

/// The statements: what is in force everywhere, on schemas, tables and columns. None where nobody can write to the tables, and
/// none for MariaDB, which shows nothing of roles there.
pub(super) fn statements(context: &Context<'_>) -> Option<[Statement; COUNT]> {
    let read_only = context.flavour == Some(Flavour::Aurora) && !context.is_older_than("8.0");
    let ask = context.flavour.is_some() && !context.is_mariadb() && !read_only;
    ask.then(|| {
        let list = |table: &str, object: &str| {
            limited(&format!(
                "SELECT GRANTEE, {object} AS object, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.{table}"
            ))
            .by(&["GRANTEE", "object", "PRIVILEGE_TYPE"])
        };
        [
            list("USER_PRIVILEGES", "''"),
            list("SCHEMA_PRIVILEGES", "QUOTE(TABLE_SCHEMA)"),
            list("TABLE_PRIVILEGES", "CONCAT_WS('.', QUOTE(TABLE_SCHEMA), QUOTE(TABLE_NAME))"),
            list("COLUMN_PRIVILEGES", "CONCAT_WS('.', QUOTE(TABLE_SCHEMA), QUOTE(TABLE_NAME), QUOTE(COLUMN_NAME))"),
        ]
    })
}

/// Which accounts the server treats otherwise than their rows say.
#[derive(Debug, Default)]
pub(super) struct Force {
    pub(super) differing: BTreeSet<String>,
    /// Accounts that the server knows and the table does not hold.
    pub(super) without_row: Vec<(String, String)>,
}

impl Force {
    /// Whether the account's rows are not what is in force.
    pub(super) fn differs(&self, user: &str, host: &str) -> bool {
        self.differing.contains(&grantee(user, host))
    }
}

/// The tables as they were read: accounts, and grants on schemas, tables and columns.
pub(super) struct Stored<'a> {
    pub(super) accounts: &'a Table,
    pub(super) schemas: &'a Table,
    pub(super) tables: &'a Table,
    pub(super) columns: &'a Table,
}

/// Compares.
pub(super) fn compare(answers: &[Result<Table, Failure>], stored: &Stored<'_>) -> Result<Force, Failure> {
    let mut in_force = Grants::default();
    for answer in answers {
        let answer = answer.as_ref().map_err(Clone::clone)?;
        for row in answer.iter() {
            take(&mut in_force, &row);
        }
    }
    let in_force = in_force.sorted().0;
    // Without a privilege on the whole schema `mysql` the server shows the login's own account alone.
    if in_force.len() <= 1 && stored.accounts.len() > 1 {
        return Err(Failure::Partial);
    }
    let held = stored_grants(stored).ok_or(Failure::Malformed { detail: "a value is not what the column holds" })?.0;
    let mut force = Force::default();
    for name in held.keys().chain(in_force.keys()) {
        if held.get(name) != in_force.get(name) {
            force.differing.insert(name.clone());
        }
        if !held.contains_key(name) {
            force.without_row.extend(parts(name));
        }
    }
    force.without_row.dedup();
    Ok(force)
}

/// A line of `information_schema`. Dynamic privileges stand in a table that the server reads with the others.
fn take(grants: &mut Grants, row: &Row<'_>) {
    let (Some(who), Some(object), Some(word)) = (row.get("GRANTEE"), row.get("object"), row.get("PRIVILEGE_TYPE"))
    else {
        return;
    };
    let is_dynamic = object.is_empty() && word.contains('_');
    let itself = (word != "USAGE" && !is_dynamic).then(|| word.to_ascii_uppercase());
    let option = (row.get("IS_GRANTABLE") == Some("YES") && !is_dynamic).then(|| "GRANT OPTION".to_owned());
    grants.add(&lowered(who), object, itself.into_iter().chain(option));
}

fn stored_grants(stored: &Stored<'_>) -> Option<Grants> {
    let mut grants = Grants::default();
    let mut put = |row: &Row<'_>, object: &str, words: Vec<String>| {
        let who = grantee(row.get("User").unwrap_or_default(), row.get("Host").unwrap_or_default());
        grants.add(&who, object, words);
    };
    for (table, is_schema) in [(stored.accounts, false), (stored.schemas, true)] {
        let held = Held::new(&table.columns);
        for row in table.iter() {
            let object = if is_schema { object(&row, &["Db"]) } else { String::new() };
            put(&row, &object, held.by(&row)?);
        }
    }
    for row in stored.tables.iter() {
        put(&row, &object(&row, &["Db", "Table_name"]), words::of_set(row.get("Table_priv")?));
    }
    for row in stored.columns.iter() {
        put(&row, &object(&row, &["Db", "Table_name", "Column_name"]), words::of_set(row.get("Column_priv")?));
    }
    Some(grants.sorted())
}

/// The object as `QUOTE()` writes it.
fn object(row: &Row<'_>, columns: &[&str]) -> String {
    let part = |column: &&str| super::rows::quote(row.get(column).unwrap_or_default());
    columns.iter().map(part).collect::<Vec<_>>().join(".")
}

/// As `information_schema` writes it, without any escape.
fn grantee(user: &str, host: &str) -> String {
    format!("'{user}'@'{}'", host.to_ascii_lowercase())
}

fn lowered(grantee: &str) -> String {
    parts(grantee).map_or_else(|| grantee.to_owned(), |(user, host)| self::grantee(&user, &host))
}

/// A host cannot hold an `@`.
fn parts(grantee: &str) -> Option<(String, String)> {
    let (user, host) = grantee.strip_prefix('\'')?.strip_suffix('\'')?.rsplit_once("'@'")?;
    Some((user.to_owned(), host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::{cluster, context};
    use super::*;
    use crate::snapshot::schema::rds::Engine;

    fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
        let mut table = Table::new(columns.iter().map(|name| (*name).to_owned()).collect());
        for row in rows {
            table.push(row.iter().copied().map(Some).collect());
        }
        table
    }

    const SHOWN: [&str; 4] = ["GRANTEE", "object", "PRIVILEGE_TYPE", "IS_GRANTABLE"];

    /// Who differs, when the tables hold `a` with `SELECT` everywhere and `b` with `INSERT` on `shop.*`, grantable.
    fn differing(everywhere: &[&[&str]], schemas: &[&[&str]]) -> Result<(Vec<String>, usize), Failure> {
        let accounts = table(&["User", "Host", "Select_priv"], &[&["a", "%", "Y"], &["b", "App.example", "N"]]);
        let grants =
            table(&["User", "Host", "Db", "Insert_priv", "Grant_priv"], &[&["b", "App.example", "shop", "Y", "Y"]]);
        let empty = Table::default();
        let stored = Stored { accounts: &accounts, schemas: &grants, tables: &empty, columns: &empty };
        let answers =
            [Ok(table(&SHOWN, everywhere)), Ok(table(&SHOWN, schemas)), Ok(Table::default()), Ok(Table::default())];
        let force = compare(&answers, &stored)?;
        Ok((force.differing.into_iter().collect(), force.without_row.len()))
    }

    #[test]
    fn tells_rows_that_the_server_has_not_read() {
        let a = ["'a'@'%'", "", "SELECT", "NO"];
        let b = ["'b'@'app.example'", "", "USAGE", "NO"];
        let b_shop = ["'b'@'app.example'", "'shop'", "INSERT", "YES"];
        let more = ["'a'@'%'", "", "DELETE", "NO"];
        let gone = ["'ghost'@'%'", "", "SUPER", "NO"];
        let dynamic = ["'a'@'%'", "", "ROLE_ADMIN", "YES"];
        for (everywhere, schemas, expected) in [
            (vec![&a[..], &b], vec![&b_shop[..]], (vec![], 0)),
            (vec![&a, &b, &dynamic], vec![&b_shop], (vec![], 0)),
            (vec![&a, &b, &more], vec![&b_shop], (vec!["'a'@'%'"], 0)),
            (vec![&a, &b], vec![], (vec!["'b'@'app.example'"], 0)),
            (vec![&a, &b, &gone], vec![&b_shop], (vec!["'ghost'@'%'"], 1)),
        ] {
            let (names, without_row) = differing(&everywhere, &schemas).unwrap();
            assert_eq!((names.iter().map(String::as_str).collect::<Vec<_>>(), without_row), expected);
        }
    }

    #[test]
    fn a_login_that_sees_itself_alone_compares_nothing() {
        assert_eq!(differing(&[&["'a'@'%'", "", "SELECT", "NO"]], &[]).err(), Some(Failure::Partial));
        let stored = Table::default();
        let stored = Stored { accounts: &stored, schemas: &stored, tables: &stored, columns: &stored };
        assert_eq!(compare(&[Err(Failure::Ended)], &stored).err(), Some(Failure::Ended));
    }

    #[test]
    fn only_tables_that_can_be_written_are_compared() {
        let cluster = cluster(Engine::AuroraMysql);
        for (version, flavour, asked) in [
            ("5.7.44", Some(Flavour::Aurora), true),
            ("8.0.39", Some(Flavour::Aurora), false),
            ("9.7.4", Some(Flavour::Mysql), true),
            ("10.11.19", Some(Flavour::Mariadb), false),
            ("5.7.44", None, false),
        ] {
            assert_eq!(statements(&context(&cluster, version, flavour)).is_some(), asked, "{version}");
        }
    }
}

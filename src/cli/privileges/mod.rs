//! `privileges`: who may do what inside the databases of a snapshot, and how it comes to it.

mod document;
mod table;

use self::document::Document;
use super::args::{PrivilegesArgs, PrivilegesFormat};
use super::error::CliError;
use super::exit::Exit;
use super::output::to_stdout;
use crate::facts::Facts;
use crate::facts::privileges::name::AccountName;
use crate::snapshot;

/// Runs the command. What could not be read is named, and ends it with 3: an account may hold more than it shows.
pub fn run(args: &PrivilegesArgs) -> Result<Exit, CliError> {
    let account = args.account.as_deref().map(parse_account).transpose()?;
    let object = args.on.as_deref().map(parse_object).transpose()?;
    let snapshot = snapshot::read(&args.snapshots)?;
    let facts = Facts::new(&snapshot);
    let document = Document::new(&facts, account.as_ref(), object.as_ref());
    if let Some(account) = account
        && document.accounts.is_empty()
        && document.unread.is_empty()
    {
        return Err(CliError::NoSuchAccount(account.to_string().into()));
    }
    let bytes = match args.format {
        PrivilegesFormat::Json => document.json(),
        PrivilegesFormat::Text => table::render(&document),
    };
    to_stdout(bytes.as_bytes())?;
    Ok(document.exit())
}

fn parse_account(text: &str) -> Result<AccountName, CliError> {
    AccountName::parse(text).ok_or_else(|| CliError::BadAccount(text.into()))
}

/// A table: a schema and a name.
type Object = (String, String);

/// `db.table`, either between backticks where it holds a dot.
fn parse_object(text: &str) -> Result<Object, CliError> {
    let bad = || CliError::BadObject(text.into());
    let (db, rest) = word(text).ok_or_else(bad)?;
    let (table, rest) = rest.strip_prefix('.').and_then(word).ok_or_else(bad)?;
    if rest.is_empty() { Ok((db, table)) } else { Err(bad()) }
}

/// A name up to a dot or the end, or one between backticks, in which a doubled one stands for itself.
fn word(text: &str) -> Option<(String, &str)> {
    let (word, rest) = match text.strip_prefix('`') {
        None => {
            let (word, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
            (word.to_owned(), rest)
        }
        Some(quoted) => {
            let mut word = String::new();
            let mut rest = quoted;
            loop {
                let (part, after) = rest.split_once('`')?;
                word.push_str(part);
                rest = after;
                match rest.strip_prefix('`') {
                    Some(after) => {
                        word.push('`');
                        rest = after;
                    }
                    None => break,
                }
            }
            (word, rest)
        }
    };
    (!word.is_empty()).then_some((word, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_objects() {
        for (text, expected) in [
            ("shop.basket", Some(("shop", "basket"))),
            ("`a.b`.`c``d`", Some(("a.b", "c`d"))),
            ("shop.`odd name`", Some(("shop", "odd name"))),
            ("shop", None),
            ("shop.", None),
            (".basket", None),
            ("a.b.c", None),
            ("`open.b", None),
            ("`a`b.c", None),
            ("", None),
        ] {
            let expected = expected.map(|(db, table)| (db.to_owned(), table.to_owned()));
            assert_eq!(parse_object(text).ok(), expected, "{text}");
        }
    }
}

//! Whether AWS offers encryption of storage in a region, by a dated table of what it says.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::table::{ENCRYPTION_REGIONS, stale, table};
use crate::model::{Fact, Why};

#[derive(Debug, Deserialize)]
struct Table {
    stale_after: Date,
    /// Oldest first.
    statements: Vec<Statement>,
}

/// What was said at one time.
#[derive(Debug, Deserialize)]
struct Statement {
    date: String,
    source: String,
    /// Regions in which clusters and snapshots cannot be encrypted.
    without: Vec<String>,
}

static TABLE: LazyLock<Result<Table, Why>> = LazyLock::new(|| table(ENCRYPTION_REGIONS));

/// Whether clusters and snapshots of a region can be encrypted: the newest statement decides.
pub fn encryption_offered(region: &str) -> Fact<bool> {
    let newest = TABLE.as_ref().map(|table| table.statements.last());
    match newest {
        Ok(Some(statement)) => Fact::Known(!statement.lacks(region)),
        Ok(None) => Fact::Unknown(Why::NotCollected),
        Err(why) => Fact::Unknown(why.clone()),
    }
}

/// What an older statement says otherwise of the region, and whether the table has gone stale; absent where neither is so.
pub fn encryption_note(region: &str, used: Timestamp) -> Fact<String> {
    let table = match &*TABLE {
        Ok(table) => table,
        Err(why) => return Fact::Unknown(why.clone()),
    };
    let newest = table.statements.last().is_some_and(|statement| statement.lacks(region));
    let differing = table.statements.iter().filter(|statement| statement.lacks(region) != newest);
    let say = |statement: &Statement| {
        let can = if statement.lacks(region) { "cannot" } else { "can" };
        format!("{} ({}) says that storage in {region} {can} be encrypted", statement.source, statement.date)
    };
    let mut notes: Vec<String> = differing.map(say).collect();
    let stale = stale(Some(table.stale_after), used);
    if !stale.is_empty() {
        notes.push(format!("the table of regions with encryption{stale}"));
    }
    if notes.is_empty() { Fact::Absent } else { Fact::Known(notes.join("; ")) }
}

impl Statement {
    fn lacks(&self, region: &str) -> bool {
        self.without.iter().any(|it| it == region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: &str = "2026-11-21T12:00:00Z";

    #[test]
    fn the_newest_statement_decides_and_an_older_one_is_a_note() {
        for (region, note) in [
            ("cn-northwest-1", Some("(2018) says that storage in cn-northwest-1 cannot be encrypted")),
            ("cn-north-1", None),
            ("eu-west-1", None),
        ] {
            assert_eq!(encryption_offered(region), Fact::Known(true), "{region}");
            let found = encryption_note(region, TODAY.parse().unwrap());
            assert_eq!(found.known().is_some(), note.is_some(), "{region}: {found:?}");
            assert!(note.is_none_or(|note| found.known().unwrap().ends_with(note)), "{found:?}");
        }
    }

    #[test]
    fn the_table_goes_stale_visibly() {
        let found = encryption_note("eu-west-1", "2999-01-01T00:00:00Z".parse().unwrap());
        assert!(found.known().unwrap().contains("stale: it was to be renewed by 2027-"), "{found:?}");
    }
}

//! Which columns of the tables that are read this login may read. A list of privileges is only known when none of its columns is
//! hidden, so hidden and missing columns are told apart.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::rows::Table;

/// Asks for the columns that can be read: `information_schema` shows no others.
pub(super) const STATEMENT: &str = "SELECT TABLE_NAME AS `table`, COLUMN_NAME AS `column` FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME IN ('user', 'db', 'global_priv') \
     OR TABLE_SCHEMA = 'performance_schema' AND TABLE_NAME IN ('threads', 'status_by_thread', 'session_connect_attrs') \
     ORDER BY TABLE_NAME, ORDINAL_POSITION LIMIT 2000";

/// Asks whether every column of a table can be read: the server checks the right to read before it explains. Nothing is read.
pub(super) fn is_whole(table: &str) -> String {
    format!("EXPLAIN SELECT * FROM mysql.{table}")
}

/// The readable columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    by_table: BTreeMap<String, Vec<String>>,
    /// Tables of which every column can be read.
    whole: BTreeSet<&'static str>,
}

impl Columns {
    /// Reads the answers to [`STATEMENT`] and to [`is_whole`].
    pub(super) fn new(
        listed: &Result<Table, Failure>,
        whole: impl IntoIterator<Item = (&'static str, bool)>,
    ) -> Result<Self, Failure> {
        let mut by_table: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in listed.as_ref().map_err(Clone::clone)?.iter() {
            if let (Some(table), Some(column)) = (row.get("table"), row.text("column")) {
                by_table.entry(table.to_ascii_lowercase()).or_default().push(column);
            }
        }
        let whole = whole.into_iter().filter_map(|(table, whole)| whole.then_some(table)).collect();
        Ok(Self { by_table, whole })
    }

    /// The readable columns of a table, in its order.
    pub(super) fn of(&self, table: &str) -> &[String] {
        self.by_table.get(table).map_or(&[], Vec::as_slice)
    }

    /// Whether these are all columns that the table has.
    pub(super) fn are_all(&self, table: &str) -> bool {
        self.whole.contains(table)
    }

    /// Whether the column can be read. Column names know no case.
    pub(super) fn has(&self, table: &str, name: &str) -> bool {
        self.of(table).iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether all of these can be read.
    pub(super) fn have_all<'a>(&self, table: &str, names: impl IntoIterator<Item = &'a str>) -> bool {
        names.into_iter().all(|name| self.has(table, name))
    }

    /// Whether any column of the table can be read.
    pub(super) fn any(&self, table: &str) -> bool {
        !self.of(table).is_empty()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A table with these readable columns.
    pub(in crate::collect::mysql) fn columns(table: &'static str, names: &[&str], whole: bool) -> Columns {
        let mut listed = Table::new(["table", "column"].map(str::to_owned).to_vec());
        for name in names {
            listed.push([Some(table), Some(*name)].into_iter().collect());
        }
        Columns::new(&Ok(listed), [(table, whole)]).unwrap()
    }

    #[test]
    fn finds_columns_in_any_case() {
        let columns = columns("user", &["Host", "User"], false);
        assert!(columns.has("user", "HOST") && !columns.has("db", "Host") && !columns.are_all("user"));
        assert!(columns.have_all("user", ["User", "host"]) && !columns.have_all("user", ["User", "plugin"]));
        assert!(columns.any("user") && !columns.any("db"));
    }

    #[test]
    fn what_was_not_listed_is_not_known() {
        assert_eq!(Columns::new(&Err(Failure::Ended), [("user", true)]), Err(Failure::Ended));
    }
}

//! The answer to a query as text, and how names of MySQL are written in identifiers of records.

/// A result set: every value is text or NULL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Column names.
    pub(super) columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub(super) rows: Vec<Vec<Option<String>>>,
}

impl Table {
    /// The rows, with their columns by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { columns: &self.columns, cells })
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Option<String>],
}

impl<'a> Row<'a> {
    /// The value in a column; none for NULL and for a column that was not asked for. Column names know no case.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        let index = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.cells.get(index)?.as_deref()
    }

    /// The same, as an owned text.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }

    /// The value in the first column.
    pub(super) fn first(&self) -> Option<&'a str> {
        self.cells.first()?.as_deref()
    }

    /// The value of a `Y`/`N` column or of a comparison.
    pub(super) fn flag(&self, column: &str) -> Option<bool> {
        self.get(column).and_then(flag)
    }
}

/// `Y` and `N`, `1` and `0`.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "Y" | "1" => Some(true),
        "N" | "0" => Some(false),
        _ => None,
    }
}

/// A name between quotes, so that no name can look like another or like two.
pub(super) fn quote(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `'user'@'host'`.
pub(super) fn account(user: &str, host: &str) -> String {
    format!("{}@{}", quote(user), quote(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_in_any_case() {
        let table = Table {
            columns: vec!["USER".to_owned(), "locked".to_owned()],
            rows: vec![vec![Some("a".to_owned()), Some("Y".to_owned())], vec![None, None]],
        };
        let read: Vec<_> = table.iter().map(|row| (row.get("User"), row.flag("locked"), row.get("missing"))).collect();
        assert_eq!(read, [(Some("a"), Some(true), None), (None, None, None)]);
    }

    #[test]
    fn names_cannot_break_out_of_their_quotes() {
        for (user, host, expected) in [
            ("app", "10.%", "'app'@'10.%'"),
            ("", "%", "''@'%'"),
            ("a'@'b", "%", "'a\\'@\\'b'@'%'"),
            ("a\\", "%", "'a\\\\'@'%'"),
            ("a\nb", "%", "'a\nb'@'%'"),
        ] {
            assert_eq!(account(user, host), expected);
        }
    }
}

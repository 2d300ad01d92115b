//! The answer to a query as text, and how names of MySQL are written in identifiers of records.

/// A result set: every value is text or NULL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Column names.
    pub(super) columns: Vec<String>,
    rows: Vec<Cells>,
}

impl Table {
    /// A table without rows.
    pub(super) const fn new(columns: Vec<String>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, which must be as long as `columns`.
    pub(super) fn push(&mut self, cells: Cells) {
        self.rows.push(cells);
    }

    /// How many rows there are.
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows, with their columns by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { columns: &self.columns, cells })
    }
}

fn position(columns: &[String], column: &str) -> Option<usize> {
    columns.iter().position(|name| name.eq_ignore_ascii_case(column))
}

/// Marks a value that is NULL.
const NULL: u32 = 1 << 31;

/// The values of a row in one text, each with its end: a table of accounts has a hundred columns, most of them a letter long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cells {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl Cells {
    /// Memory of a row beside its values' text.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>().saturating_add(self.text.len()).saturating_add(size_of_val(&*self.ends))
    }

    /// How many values there are.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value at a place; none for NULL and where there is none.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| end & !NULL);
        let place = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        if end & NULL == 0 { self.text.get(place) } else { None }
    }
}

impl<T: AsRef<str>> FromIterator<Option<T>> for Cells {
    /// Rows come in packets of some MiB at most, so that their ends have room; what had none would be NULL.
    fn from_iter<I: IntoIterator<Item = Option<T>>>(cells: I) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for cell in cells {
            text.push_str(cell.as_ref().map_or("", AsRef::as_ref));
            let end = u32::try_from(text.len()).unwrap_or(NULL);
            ends.push(if cell.is_some() { end } else { end | NULL });
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    columns: &'a [String],
    cells: &'a Cells,
}

impl<'a> Row<'a> {
    /// The value in a column; none for NULL and for a column that was not asked for. Column names know no case.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        self.cells.get(position(self.columns, column)?)
    }

    /// The value at a place.
    pub(super) fn at(&self, index: usize) -> Option<&'a str> {
        self.cells.get(index)
    }

    /// The same, as an owned text.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }

    /// The value in the first column.
    pub(super) fn first(&self) -> Option<&'a str> {
        self.at(0)
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
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A table with these rows.
    pub(in crate::collect::mysql) fn table(columns: &[&str], rows: &[&[Option<&str>]]) -> Table {
        let mut table = Table::new(columns.iter().map(|name| (*name).to_owned()).collect());
        for row in rows {
            table.push(row.iter().copied().collect());
        }
        table
    }

    proptest! {
        #[test]
        fn a_row_gives_back_what_it_was_made_of(cells in proptest::collection::vec(any::<Option<String>>(), 0..12)) {
            let row: Cells = cells.iter().map(Option::as_deref).collect();
            let back: Vec<_> = (0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect();
            prop_assert_eq!(&back, &cells);
            prop_assert_eq!(row.get(cells.len()), None);
            prop_assert!(row.weight() >= cells.iter().flatten().map(String::len).sum::<usize>() + 4 * cells.len());
        }
    }

    #[test]
    fn columns_are_found_by_name_in_any_case() {
        let table = table(&["USER", "locked"], &[&[Some("a"), Some("Y")], &[None, None]]);
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

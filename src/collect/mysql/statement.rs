//! A statement, whichever way it goes to the server.

use super::protocol::MOST_ROWS;

/// SQL, and how its answer can be cut into pages by a way that does not carry all of it at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// The statement.
    pub(super) sql: String,
    /// Columns of the answer that together tell its rows apart; none for an answer that is short.
    pub(super) key: &'static [&'static str],
}

impl From<&str> for Statement {
    fn from(sql: &str) -> Self {
        Self { sql: sql.to_owned(), key: &[] }
    }
}

impl From<String> for Statement {
    fn from(sql: String) -> Self {
        Self { sql, key: &[] }
    }
}

impl Statement {
    /// The same, to be paged by these columns.
    pub(super) fn by(self, key: &'static [&'static str]) -> Self {
        Self { key, ..self }
    }
}

/// Puts the end to a statement that shows when an answer is longer than anything that is read.
pub(super) fn limited(statement: &str) -> Statement {
    format!("{statement} LIMIT {}", MOST_ROWS.saturating_add(1)).into()
}

/// The column that rows are paged by.
#[cfg(feature = "aws")]
const KEY: &str = "aurora_audit_key";

#[cfg(feature = "aws")]
impl Statement {
    /// One page: so many rows behind the row with this key, each with its own key as the last value. The key is a digest of the
    /// bytes of what tells rows apart, so that it is short, needs no quotes, and is in order whatever names and collations are.
    pub(super) fn page(&self, after: &str, rows: usize) -> String {
        let bytes: Vec<_> = self.key.iter().map(|column| format!("COALESCE(HEX(page.`{column}`), '-')")).collect();
        format!(
            "SELECT page.*, SHA2(CONCAT_WS('.', {}), 256) AS {KEY} FROM ({}) AS page HAVING {KEY} > '{}' ORDER BY {KEY} LIMIT {rows}",
            bytes.join(", "),
            self.sql,
            // What a server calls a key goes back into a statement.
            after.chars().filter(char::is_ascii_hexdigit).collect::<String>()
        )
    }

    /// Counts the rows of all pages.
    pub(super) fn count(&self) -> String {
        format!("SELECT COUNT(*) AS number FROM ({}) AS page", self.sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_an_end() {
        assert_eq!(limited("SELECT 1"), Statement { sql: "SELECT 1 LIMIT 1000001".to_owned(), key: &[] });
    }

    #[cfg(feature = "aws")]
    #[test]
    fn a_page_begins_behind_a_key_that_cannot_smuggle_sql() {
        let statement = limited("SELECT User, Host FROM mysql.user").by(&["User", "Host"]);
        let page = statement.page("0aF' OR 1", 20);
        assert!(page.contains("> '0aF1' ORDER BY") && page.ends_with("LIMIT 20"), "{page}");
        assert!(
            page.contains("HEX(page.`User`)") && page.contains("(SELECT User, Host FROM mysql.user LIMIT"),
            "{page}"
        );
        assert!(statement.count().starts_with("SELECT COUNT(*)"));
    }
}

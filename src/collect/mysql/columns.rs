//! Which columns of a grant table this login may read. A list of privileges is only known when none of its columns is hidden, so
//! hidden and missing columns are told apart.

use super::failure::Failure;
use super::session::Session;

/// The readable columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// Their names, in the order of the table.
    pub(super) names: Vec<String>,
    /// Whether these are all columns that the table has.
    pub(super) whole: bool,
}

impl Columns {
    /// Whether the column can be read. Column names know no case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether all of these can be read.
    pub(super) fn have_all<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        names.into_iter().all(|name| self.has(name))
    }

    /// Asks for the columns of a table of the schema `mysql`.
    pub(super) async fn of(session: &mut Session, table: &'static str) -> Result<Self, Failure> {
        // No row is asked for, only whether every column may be read, and how they are called: information_schema does not
        // tell a hidden column from one that the version lacks.
        match session.query(&format!("SELECT * FROM mysql.{table} LIMIT 0")).await {
            Ok(answer) => Ok(Self { names: answer.columns, whole: true }),
            Err(denied) if denied.is_denied() => Self::granted(session, table, denied).await,
            Err(failure) => Err(failure),
        }
    }

    /// The columns granted one by one; without any, the table was refused.
    async fn granted(session: &mut Session, table: &'static str, denied: Failure) -> Result<Self, Failure> {
        let statement = format!(
            "SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = '{table}' AND FIND_IN_SET('select', PRIVILEGES) \
             ORDER BY ORDINAL_POSITION LIMIT 1000"
        );
        let answer = session.query(&statement).await?;
        let names: Vec<_> = answer.iter().filter_map(|row| row.text("name")).collect();
        if names.is_empty() { Err(denied) } else { Ok(Self { names, whole: false }) }
    }
}

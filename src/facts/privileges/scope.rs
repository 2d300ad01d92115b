//! What a privilege holds on.

use std::fmt;

/// What a privilege holds on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything: `*.*`.
    Global,
    /// A schema, or those that match a pattern: `db.*`.
    Schema(String),
    /// A table or view: `db.table`.
    Table(String, String),
    /// A column: `db.table(column)`.
    Column(String, String, String),
    /// A routine: `PROCEDURE db.name`. The word is the table's own.
    Routine(String, String, String),
}

impl Scope {
    /// The routine `db.name`, whose name is compared without regard to case.
    pub fn routine(kind: &str, db: &str, name: &str) -> Self {
        Self::Routine(kind.to_ascii_uppercase(), db.to_owned(), name.to_lowercase())
    }

    /// The schema, or the pattern of schemas; none of what is global.
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::Global => None,
            Self::Schema(db) | Self::Table(db, _) | Self::Column(db, ..) | Self::Routine(_, db, _) => Some(db),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("*.*"),
            Self::Schema(db) => write!(f, "{}.*", plain(db)),
            Self::Table(db, table) => write!(f, "{}.{}", plain(db), plain(table)),
            Self::Column(db, table, column) => write!(f, "{}.{}({})", plain(db), plain(table), plain(column)),
            Self::Routine(kind, db, name) => write!(f, "{kind} {}.{}", plain(db), plain(name)),
        }
    }
}

/// The name, between backticks where it could be taken for something else.
fn plain(name: &str) -> String {
    let odd = |character: char| !(character.is_alphanumeric() || matches!(character, '_' | '$' | '%' | '\\' | '-'));
    if name.is_empty() || name.contains(odd) { format!("`{}`", name.replace('`', "``")) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_looks_like_another_scope() {
        let text = |text: &str| text.to_owned();
        for (scope, expected) in [
            (Scope::Global, "*.*"),
            (Scope::Schema(text("app%")), "app%.*"),
            (Scope::Schema(text("*")), "`*`.*"),
            (Scope::Schema(text(r"app\_1")), r"app\_1.*"),
            (Scope::Table(text("a.b"), text("c`d")), "`a.b`.`c``d`"),
            (Scope::Column(text("hr"), text("pay"), text("amount (€)")), "hr.pay(`amount (€)`)"),
            (Scope::routine("procedure", "mysql", "RDS_kill"), "PROCEDURE mysql.rds_kill"),
            (Scope::Schema(String::new()), "``.*"),
        ] {
            assert_eq!(scope.to_string(), expected);
        }
    }
}

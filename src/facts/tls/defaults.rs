//! What Aurora MySQL does about TLS when no parameter says otherwise.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::facts::table::{TLS_DEFAULTS, table};
use crate::model::{Version, Why};

/// The defaults of the versions from one on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Defaults {
    /// First MySQL version, as in `8.0`.
    mysql: String,
    /// First Aurora version of that line, as in `3.04.0`.
    aurora: String,
    /// `tls_version`.
    pub tls_version: Vec<String>,
    /// `require_secure_transport`.
    pub require_secure_transport: bool,
}

#[derive(Debug, Deserialize)]
struct Table {
    rows: Vec<Defaults>,
}

static TABLE: LazyLock<Result<Table, Why>> = LazyLock::new(|| table(TLS_DEFAULTS));

impl Defaults {
    /// The defaults of an engine version such as `8.0.mysql_aurora.3.08.2` or `8.4.7`.
    ///
    /// # Errors
    /// When it is no version, or one older than the table.
    pub fn of(engine_version: &str) -> Result<&'static Self, Why> {
        let unknown =
            || Why::Unreadable { detail: format!("`{engine_version}` is no version with known defaults").into() };
        let (mysql, aurora) = versions(engine_version).ok_or_else(unknown)?;
        let table = TABLE.as_ref().map_err(Clone::clone)?;
        let begins = |row: &&Self| {
            let (Ok(from), Ok(first)) = (row.mysql.parse::<Version>(), row.aurora.parse::<Version>()) else {
                return false;
            };
            from < mysql || (from == mysql && aurora.as_ref().is_none_or(|aurora| first <= *aurora))
        };
        table.rows.iter().rfind(begins).ok_or_else(unknown)
    }
}

/// MySQL's line and Aurora's version, which newer lines do not carry.
fn versions(engine_version: &str) -> Option<(Version, Option<Version>)> {
    let mut parts = engine_version.split('.');
    let mysql = format!("{}.{}", parts.next()?, parts.next()?).parse().ok()?;
    match engine_version.split_once("mysql_aurora.") {
        Some((_, aurora)) => Some((mysql, Some(aurora.parse().ok()?))),
        None => Some((mysql, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_follow_the_version() {
        let old = &["TLSv1", "TLSv1.1", "TLSv1.2"][..];
        let new = &["TLSv1.2", "TLSv1.3"][..];
        for (version, expected) in [
            ("5.6.10a", Some((&["TLSv1"][..], false))),
            ("5.6.mysql_aurora.1.22.2", Some((&["TLSv1"], false))),
            ("5.7.mysql_aurora.2.11.2", Some((old, false))),
            ("8.0.mysql_aurora.3.03.1", Some((old, false))),
            ("8.0.mysql_aurora.3.04.0", Some((new, false))),
            ("8.0.mysql_aurora.3.10.0", Some((new, false))),
            ("8.4.mysql_aurora.8.4.7", Some((new, true))),
            ("8.4.7", Some((new, true))),
            ("8.10.1", Some((new, true))),
            ("9.7.mysql_aurora.9.01.0", Some((new, true))),
            ("5.5.1", None),
            ("8.0.mysql_aurora.newest", None),
            ("newest", None),
            ("", None),
        ] {
            let found = Defaults::of(version).ok();
            let found =
                found.map(|row| (row.tls_version.iter().map(String::as_str).collect(), row.require_secure_transport));
            assert_eq!(found, expected.map(|(versions, required)| (versions.to_vec(), required)), "{version}");
        }
    }
}

//! Dated tables: what AWS documents and no call answers. Each says where it comes from, when, and when it should have been renewed.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::Why;
use crate::model::anchors::Bundle;

/// Defaults of the TLS parameters.
pub const TLS_DEFAULTS: &str = include_str!("../../rules/data/tls-defaults.json");

/// Certificate authorities of Amazon RDS by name.
pub const RDS_CERTIFICATE_AUTHORITIES: &str = include_str!("../../rules/data/rds-certificate-authorities.json");

/// Connectors of MySQL clients.
pub const MYSQL_CLIENTS: &str = include_str!("../../rules/data/mysql-clients.json");

/// Reads a table that comes with the program.
///
/// # Errors
/// Never with the tables that come with the program; a test reads them.
pub fn table<T: DeserializeOwned>(json: &str) -> Result<T, Why> {
    serde_json::from_str(json).map_err(|error| Why::Unreadable { detail: format!("a built-in table: {error}").into() })
}

#[derive(Debug, Deserialize)]
struct Dated {
    about: String,
    stale_after: Date,
}

/// What was to be renewed by when.
static DATES: LazyLock<Vec<(String, Date)>> = LazyLock::new(|| {
    let tables = [TLS_DEFAULTS, RDS_CERTIFICATE_AUTHORITIES, MYSQL_CLIENTS]
        .into_iter()
        .filter_map(|json| table::<Dated>(json).ok());
    let bundles =
        [("certificate authorities of Amazon RDS", Bundle::rds()), ("Amazon Trust roots", Bundle::amazon_trust())];
    let bundles = bundles.into_iter().filter_map(|(name, bundle)| Some((name.to_owned(), bundle.ok()?.stale_after)));
    tables.map(|table| (table.about, table.stale_after)).chain(bundles).collect()
});

/// The built-in tables and bundles that should have been renewed before `now`.
pub fn stale(now: Timestamp) -> Vec<(&'static str, Date)> {
    let today = now.to_zoned(TimeZone::UTC).date();
    DATES.iter().filter(|(_, last)| today > *last).map(|(about, last)| (about.as_str(), *last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_go_stale_visibly() {
        assert_eq!(DATES.len(), 5);
        assert_eq!(stale("2026-11-21T00:00:00Z".parse().unwrap()), []);
        assert_eq!(stale("2999-01-01T00:00:00Z".parse().unwrap()).len(), 5);
    }
}

//! Dated tables: what AWS documents and no call answers. Each says where it comes from, when, and when it should have been renewed.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::Why;

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
    taken: Date,
    stale_after: Date,
}

/// When a table was taken and, of one that should have been renewed before it was used, by when: as in `of 2026-11-21`.
///
/// # Errors
/// Never with the tables that come with the program.
pub fn edition(json: &str, used: Timestamp) -> Result<String, Why> {
    let Dated { taken, stale_after } = table(json)?;
    Ok(format!("of {taken}{}", stale(Some(stale_after), used)))
}

/// What verdicts say that rest on something which should have been renewed before it was used; empty for what is fresh.
pub fn stale(stale_after: Option<Date>, used: Timestamp) -> String {
    let past = stale_after.filter(|last| used.to_zoned(TimeZone::UTC).date() > *last);
    past.map(|last| format!(", stale: it was to be renewed by {last}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_go_stale_visibly() {
        for json in [TLS_DEFAULTS, RDS_CERTIFICATE_AUTHORITIES, MYSQL_CLIENTS] {
            let fresh = edition(json, "2026-11-21T00:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(fresh, "of 2026-11-21");
            let old = edition(json, "2999-01-01T00:00:00Z".parse().unwrap()).unwrap();
            assert!(old.starts_with("of 2026-11-21, stale: it was to be renewed by 2027-"), "{old}");
        }
        let last: Date = "2027-05-21".parse().unwrap();
        for (used, expected) in [("2027-05-21T23:59:59Z", true), ("2027-05-22T00:00:00Z", false)] {
            assert_eq!(stale(Some(last), used.parse().unwrap()).is_empty(), expected, "{used}");
        }
        assert_eq!(stale(None, "2999-01-01T00:00:00Z".parse().unwrap()), "");
    }
}

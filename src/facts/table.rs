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

/// Privileges that AWS documents for the master user.
pub const MASTER_PRIVILEGES: &str = include_str!("../../rules/data/master-privileges.json");

/// Actions of RDS with their resources and condition keys.
pub const RDS_ACTIONS: &str = include_str!("../../rules/data/rds-actions.json");

/// Chains of permissions that take data, credentials or protection away.
pub const IAM_DANGERS: &str = include_str!("../../rules/data/iam-dangers.json");

/// Regions without encryption of storage.
pub const ENCRYPTION_REGIONS: &str = include_str!("../../rules/data/encryption-regions.json");

/// Tenancies of a VPC that instance classes support.
pub const INSTANCE_TENANCY: &str = include_str!("../../rules/network/instance-tenancy.json");

/// Reads a table that comes with the program.
///
/// # Errors
/// Never with the tables that come with the program; a test reads them.
pub fn table<T: DeserializeOwned>(json: &str) -> Result<T, Why> {
    serde_json::from_str(json).map_err(|error| Why::Unreadable { detail: format!("a built-in table: {error}").into() })
}

/// When a table was taken, and by when it should be renewed.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Dated {
    taken: Date,
    stale_after: Date,
}

impl Dated {
    /// As [`edition`].
    pub fn edition(self, used: Timestamp) -> String {
        format!("of {}{}", self.taken, stale(Some(self.stale_after), used))
    }
}

/// When a table was taken and, of one that should have been renewed before it was used, by when: as in `of 2026-11-21`.
///
/// # Errors
/// Never with the tables that come with the program.
pub fn edition(json: &str, used: Timestamp) -> Result<String, Why> {
    table(json).map(|dated: Dated| dated.edition(used))
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
        for (json, taken) in [
            (TLS_DEFAULTS, "2026-11-21"),
            (RDS_CERTIFICATE_AUTHORITIES, "2026-11-21"),
            (MYSQL_CLIENTS, "2026-11-21"),
            (MASTER_PRIVILEGES, "2026-11-20"),
            (RDS_ACTIONS, "2026-09-23"),
            (IAM_DANGERS, "2026-11-21"),
            (ENCRYPTION_REGIONS, "2026-11-21"),
            (INSTANCE_TENANCY, "2026-11-21"),
        ] {
            let fresh = edition(json, "2026-11-21T00:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(fresh, format!("of {taken}"));
            let old = edition(json, "2999-01-01T00:00:00Z".parse().unwrap()).unwrap();
            assert!(old.starts_with(&format!("of {taken}, stale: it was to be renewed by 2027-")), "{old}");
            let sources: serde_json::Value = serde_json::from_str(json).unwrap();
            let told = ["source", "sources", "statements"].iter().any(|key| !sources[key].is_null());
            assert!(told, "a table says where it comes from: {sources}");
        }
        let last: Date = "2027-05-21".parse().unwrap();
        for (used, expected) in [("2027-05-21T23:59:59Z", true), ("2027-05-22T00:00:00Z", false)] {
            assert_eq!(stale(Some(last), used.parse().unwrap()).is_empty(), expected, "{used}");
        }
        assert_eq!(stale(None, "2999-01-01T00:00:00Z".parse().unwrap()), "");
    }
}

//! Parts that several resources of RDS share.

use aws_sdk_rds::types;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::collect::aws::listing::Entry;
use crate::snapshot::schema::rds::{
    Engine, StorageEncryptionType, Tag, TagAnswer, VpcSecurityGroupMembership, VpcSecurityGroupMembershipAnswer,
};

/// Keeps a record of an Aurora engine, or of one that the server did not name; excludes the others.
pub(super) fn aurora_only<K>(engine: Option<&str>, id: String, record: impl FnOnce() -> K) -> Entry<K> {
    match engine.map(engine_of) {
        Some(Engine::Other(other)) => Entry::Excluded(id, format!("engine {other}")),
        _ => Entry::Kept(id, Box::new(record())),
    }
}

/// The engine of a name.
pub(super) fn engine_of(name: &str) -> Engine {
    Engine::from(name.to_owned())
}

/// The ARN, or the name where the server sent no ARN.
pub(super) fn id(arn: Option<&str>, name: Option<&str>) -> String {
    arn.or(name).unwrap_or_default().to_owned()
}

pub(super) fn encryption(kind: &types::StorageEncryptionType) -> StorageEncryptionType {
    StorageEncryptionType::from(kind.as_str().to_owned())
}

/// A time of the SDK; none when it is outside of what a calendar holds.
pub(super) fn time(time: DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

pub(super) fn tag(tag: types::Tag) -> Tag {
    TagAnswer { key: tag.key, value: tag.value }.record()
}

pub(super) fn membership(membership: types::VpcSecurityGroupMembership) -> VpcSecurityGroupMembership {
    VpcSecurityGroupMembershipAnswer {
        vpc_security_group_id: membership.vpc_security_group_id,
        status: membership.status,
    }
    .record()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aurora_is_kept_and_others_are_counted() {
        for (engine, excluded) in [
            (Some("aurora-mysql"), None),
            (Some("aurora-postgresql"), None),
            (Some("aurora"), None),
            (None, None),
            (Some("neptune"), Some("engine neptune")),
            (Some("docdb"), Some("engine docdb")),
            (Some("mysql"), Some("engine mysql")),
        ] {
            match aurora_only(engine, "x".to_owned(), || ()) {
                Entry::Kept(..) => assert_eq!(excluded, None, "{engine:?}"),
                Entry::Excluded(id, why) => assert_eq!((id.as_str(), Some(why.as_str())), ("x", excluded)),
            }
        }
    }

    #[test]
    fn times_keep_their_instant() {
        for (given, expected) in [
            (DateTime::from_secs(0), Some("1970-01-01T00:00:00Z")),
            (DateTime::from_secs_and_nanos(1_700_000_000, 500_000_000), Some("2023-11-14T22:13:20.5Z")),
            (DateTime::from_secs_and_nanos(-1, 250_000_000), Some("1969-12-31T23:59:59.25Z")),
            (DateTime::from_secs(i64::MAX), None),
        ] {
            assert_eq!(time(given).map(|time| time.to_string()).as_deref(), expected);
        }
    }

    #[test]
    fn ids_prefer_the_arn() {
        for (arn, name, expected) in [(Some("arn"), Some("n"), "arn"), (None, Some("n"), "n"), (None, None, "")] {
            assert_eq!(id(arn, name), expected);
        }
    }
}

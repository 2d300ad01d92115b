//! Parts that several resources of RDS share.

use aws_sdk_rds::types;

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

/// Whether an engine is Aurora's, or not told.
pub(super) fn is_aurora(engine: Option<&str>) -> bool {
    !matches!(engine.map(engine_of), Some(Engine::Other(_)))
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
    fn ids_prefer_the_arn() {
        for (arn, name, expected) in [(Some("arn"), Some("n"), "arn"), (None, Some("n"), "n"), (None, None, "")] {
            assert_eq!(id(arn, name), expected);
        }
    }
}

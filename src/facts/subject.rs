//! What rules judge: each subject has an identity that stays the same from run to run.

use crate::model::{Object, ObjectType, Untrusted, Why};

/// A kind of subject that a rule may target.
#[derive(Debug, Clone, Copy)]
pub struct TargetType {
    /// Name in rule files, as in `db_cluster`.
    pub name: &'static str,
    /// The type that the rule's `r` has.
    pub object_type: &'static ObjectType,
}

/// Who a subject is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Kind, as in `db_cluster`.
    pub kind: &'static str,
    /// The ARN of an AWS resource, `ARN/'user'@'host'` of a database account, `host:port` of an endpoint; for a listing that
    /// could not be read, what was listed.
    pub id: Untrusted,
    /// Short name.
    pub name: Untrusted,
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
}

/// Something that a rule judges, or the knowledge that there may be such things and that they could not be read.
pub struct Subject<'a> {
    /// Who it is.
    pub identity: Identity,
    /// Its facts, or why there are none.
    pub facts: Result<&'a dyn Object, &'a Why>,
}

/// Hands out what there is to judge.
pub trait Subjects: Sync {
    /// The subjects of a kind, by the name of its [`TargetType`]; in any order.
    fn subjects(&self, target: &str) -> Vec<Subject<'_>>;
}

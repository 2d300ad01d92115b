//! The checks, and how much each matters.

use crate::facts::iam::grammar::Effect;
use crate::model::Severity;

vocabulary! {
    /// What kind of trouble a policy makes.
    enum Category = "iam_lint_category" {
        /// It does not do what it says.
        Dead = "dead",
        /// It grants more than anybody would ask for.
        Wide = "too-wide",
        /// It is untidy.
        Hygiene = "hygiene",
    }
}

/// Declares the checks: one line each.
macro_rules! checks {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal, $category:ident;)*) => {
        /// Something that can be wrong with a policy.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check {
            $($(#[doc = $doc])* $name,)*
        }

        impl Check {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its stable name.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What kind of trouble it is.
            pub const fn category(self) -> Category {
                match self { $(Self::$name => Category::$category,)* }
            }
        }
    };
}

checks! {
    /// The statement cannot be read as a whole.
    Unreadable = "unreadable", Dead;
    /// An action is not of the form `service:name`.
    InvalidAction = "invalid-action", Dead;
    /// No action of RDS has such a name.
    UnknownAction = "unknown-action", Dead;
    /// None of the actions is ever asked for on one of the resources.
    ActionResourceMismatch = "action-resource-mismatch", Dead;
    /// No ARN of the service has such a type.
    UnknownResourceType = "unknown-resource-type", Dead;
    /// RDS writes its names in lower case.
    UppercaseName = "uppercase-name", Dead;
    /// A database user is named below a cluster's name, not its resource id.
    FriendlyName = "friendly-name", Dead;
    /// A global cluster's ARN has no region.
    RegionOfGlobalCluster = "region-of-global-cluster", Dead;
    /// An ARN of a regional resource has no region.
    RegionMissing = "region-missing", Dead;
    /// A deny by name does not hold what a restored copy is called.
    DenyEscapedByCopy = "deny-escaped-by-copy", Dead;
    /// No request for the actions has the condition key.
    UnknownConditionKey = "unknown-condition-key", Dead;
    /// A database login does not have the condition key.
    LoginWithoutKey = "login-without-key", Dead;
    /// The operator does not compare values of the key's type.
    OperatorType = "operator-type", Dead;
    /// The document's version takes no policy variables.
    VariableWithoutVersion = "variable-without-version", Dead;
    /// A policy variable stands where IAM takes none.
    MisplacedVariable = "misplaced-variable", Dead;
    /// A wildcard stands in a value that is compared letter by letter.
    WildcardWithoutLike = "wildcard-without-like", Dead;
    /// A caller's address is never private.
    PrivateSourceIp = "private-source-ip", Dead;
    /// A condition compares with nothing.
    EmptyCondition = "empty-condition", Dead;
    /// A key with several values has no `ForAllValues` or `ForAnyValue`.
    MissingSetOperator = "missing-set-operator", Dead;
    /// A deny for want of MFA that access keys without MFA escape.
    MfaDenyEscaped = "mfa-deny-escaped", Dead;
    /// A `*` would have to pass a colon.
    WildcardCrossesSegment = "wildcard-crosses-segment", Dead;
    /// `Allow` with `NotAction`.
    AllowNotAction = "allow-not-action", Wide;
    /// `Allow` with `NotResource`.
    AllowNotResource = "allow-not-resource", Wide;
    /// `Allow` with `NotPrincipal`.
    AllowNotPrincipal = "allow-not-principal", Wide;
    /// Every action of every service.
    EveryAction = "every-action", Wide;
    /// Changes to every database.
    EveryDatabase = "every-database", Wide;
    /// Logins as every user, or to every cluster.
    EveryDatabaseUser = "every-database-user", Wide;
    /// Logins as a user whose name is an administrator's.
    AdminDatabaseUser = "admin-database-user", Wide;
    /// Any role may be passed to any service.
    PassAnyRole = "pass-any-role", Wide;
    /// `ForAllValues` is true when the key is absent.
    ForAllValuesUnguarded = "for-all-values-unguarded", Wide;
    /// `ForAllValues` on a key with one value.
    ForAllValuesOfOne = "for-all-values-of-one", Wide;
    /// `IfExists` in an `Allow`: who leaves the key out is let in.
    IfExistsAllows = "if-exists-allows", Wide;
    /// Access by tag, and the right to set the tag.
    TagsSetByHolder = "tags-set-by-holder", Wide;
    /// The document names an old version of the language, or none.
    OldVersion = "old-version", Hygiene;
    /// Two statements have one `Sid`.
    DuplicateSid = "duplicate-sid", Hygiene;
    /// A statement says what another one says.
    RedundantStatement = "redundant-statement", Hygiene;
    /// An action is listed that another one covers.
    RedundantAction = "redundant-action", Hygiene;
    /// A resource is listed that another one covers.
    RedundantResource = "redundant-resource", Hygiene;
    /// An ARN is compared as a plain string.
    ArnAsString = "arn-as-string", Hygiene;
    /// The document is close to what IAM stores.
    NearQuota = "near-quota", Hygiene;
}

impl Check {
    /// How much it matters in a statement of this effect. A dead deny is worst, for somebody relies on it.
    pub fn severity(self, effect: Option<Effect>) -> Severity {
        match (self.category(), effect) {
            (Category::Dead, Some(Effect::Deny)) => Severity::High,
            (Category::Dead | Category::Hygiene | Category::Other(_), _) => Severity::Low,
            (Category::Wide, _) => match self {
                Self::EveryAction
                | Self::EveryDatabase
                | Self::EveryDatabaseUser
                | Self::AdminDatabaseUser
                | Self::PassAnyRole
                | Self::AllowNotPrincipal => Severity::High,
                _ => Severity::Medium,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_a_dead_deny_is_worst() {
        let ids: std::collections::BTreeSet<_> = Check::ALL.iter().map(|check| check.id()).collect();
        assert_eq!(ids.len(), Check::ALL.len());
        for check in Check::ALL {
            let (deny, allow) = (check.severity(Some(Effect::Deny)), check.severity(Some(Effect::Allow)));
            assert!(deny >= allow, "{check:?}");
            assert_eq!(deny > allow, check.category() == Category::Dead, "{check:?}");
        }
    }
}

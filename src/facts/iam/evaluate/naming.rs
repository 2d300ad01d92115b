//! How the statement of a resource policy names a principal; that decides what else has to allow.
//! IAM User Guide, "AWS JSON policy elements: Principal", "`NotPrincipal`", and "Policy evaluation logic".

use super::principal::{Principal, PrincipalKind};
use crate::facts::iam::arn::Arn;
use crate::facts::iam::grammar::{Effect, Named, Principals};

/// How a principal is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    /// Not at all.
    No,
    /// By its account, whose own policies decide.
    Account,
    /// A session of it is named, and this may be that one.
    Session,
    /// As a role: it stands in for identity policies, and boundary and session policy still limit.
    Role,
    /// As itself, or as everyone: nothing but an explicit deny limits.
    Itself,
}

/// How a statement names the principal. `has_boundary` matters to `NotPrincipal` only.
pub(super) fn naming(principals: &Principals, principal: &Principal, effect: Effect, has_boundary: bool) -> Naming {
    let found = |named: &Named| one(named, principal);
    if !principals.negated {
        return principals.named.iter().map(found).max().unwrap_or(Naming::No);
    }
    let left_out = match effect {
        Effect::Allow => principals.named.iter().any(|named| found(named) != Naming::No),
        // A deny spares only whom it names in full: the account and the user, or account, role and session.
        Effect::Deny => !has_boundary && spared(&principals.named, principal),
    };
    if left_out { Naming::No } else { Naming::Itself }
}

fn one(named: &Named, principal: &Principal) -> Naming {
    let when = |fits: bool, naming| if fits { naming } else { Naming::No };
    match named {
        Named::Everyone => Naming::Itself,
        Named::Account(account) if principal.kind == PrincipalKind::Root => {
            when(*account == principal.account, Naming::Itself)
        }
        Named::Account(account) => when(*account == principal.account, Naming::Account),
        Named::Arn(arn) => by_arn(arn, principal),
        Named::Service(name) => {
            when(principal.kind == PrincipalKind::Service && *name == principal.arn, Naming::Itself)
        }
        Named::Federated(name) => {
            when(principal.kind == PrincipalKind::Other && *name == principal.arn, Naming::Itself)
        }
        Named::Deleted(_) | Named::CanonicalUser(_) => Naming::No,
    }
}

fn by_arn(arn: &str, principal: &Principal) -> Naming {
    let parts = Arn::parse(arn);
    if parts.is_some_and(|parts| principal.is_of_role(parts)) {
        return Naming::Role;
    }
    if arn == principal.arn {
        return Naming::Itself;
    }
    let session_of = |parts: Arn<'_>| {
        let role = parts.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
        parts.service == "sts" && parts.account == principal.account && role == Some(&principal.name)
    };
    let may_be = principal.kind == PrincipalKind::Role && parts.is_some_and(session_of);
    if may_be { Naming::Session } else { Naming::No }
}

fn spared(named: &[Named], principal: &Principal) -> bool {
    let by = |wanted: Naming| named.iter().any(|named| one(named, principal) == wanted);
    let account = by(Naming::Account);
    match principal.kind {
        PrincipalKind::Session => account && by(Naming::Role) && by(Naming::Itself),
        PrincipalKind::Root | PrincipalKind::Service | PrincipalKind::Other => by(Naming::Itself),
        PrincipalKind::Role => account && by(Naming::Role),
        PrincipalKind::User | PrincipalKind::FederatedUser => account && by(Naming::Itself),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user/u";
    const ROLE: &str = "arn:aws:iam::123456789012:role/a/r";
    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/r/s";
    const ROOT: &str = "arn:aws:iam::123456789012:root";

    fn of(named: &[Named], negated: bool, who: &str, effect: Effect, has_boundary: bool) -> Naming {
        let principals = Principals { negated, named: named.to_vec(), at: 0 };
        naming(&principals, &Principal::new(who), effect, has_boundary)
    }

    #[test]
    fn names_decide_what_else_has_to_allow() {
        let arn = |arn: &str| Named::Arn(arn.to_owned());
        let account = Named::Account("123456789012".into());
        for (named, who, expected) in [
            (Named::Everyone, USER, Naming::Itself),
            (account.clone(), USER, Naming::Account),
            (account, ROOT, Naming::Itself),
            (Named::Account("999999999999".into()), USER, Naming::No),
            (arn(USER), USER, Naming::Itself),
            (arn(ROLE), ROLE, Naming::Role),
            (arn(ROLE), SESSION, Naming::Role),
            (arn(SESSION), SESSION, Naming::Itself),
            (arn(SESSION), ROLE, Naming::Session),
            (arn(SESSION), USER, Naming::No),
            (Named::Deleted("AROAX".into()), ROLE, Naming::No),
            (Named::Service("rds.amazonaws.com".into()), "rds.amazonaws.com", Naming::Itself),
            (Named::Service("rds.amazonaws.com".into()), USER, Naming::No),
            (Named::Federated("accounts.google.com".into()), "accounts.google.com", Naming::Itself),
        ] {
            assert_eq!(of(std::slice::from_ref(&named), false, who, Effect::Allow, false), expected, "{named:?} {who}");
        }
    }

    #[test]
    fn not_principal_spares_whom_it_names_in_full() {
        let account = Named::Account("123456789012".into());
        let arn = |arn: &str| Named::Arn(arn.to_owned());
        for (named, who, boundary, spared) in [
            (vec![account.clone(), arn(USER)], USER, false, true),
            (vec![account.clone(), arn(USER)], USER, true, false),
            (vec![arn(USER)], USER, false, false),
            (vec![account.clone(), arn(ROLE)], SESSION, false, false),
            (vec![account.clone(), arn(ROLE), arn(SESSION)], SESSION, false, true),
            (vec![account.clone(), arn(ROLE)], ROLE, false, true),
            (vec![account], ROOT, false, true),
        ] {
            assert_eq!(of(&named, true, who, Effect::Deny, boundary) == Naming::No, spared, "{named:?} {who}");
        }
        assert_eq!(of(&[arn(USER)], true, USER, Effect::Allow, false), Naming::No);
        assert_eq!(of(&[arn(USER)], true, ROLE, Effect::Allow, false), Naming::Itself);
    }
}

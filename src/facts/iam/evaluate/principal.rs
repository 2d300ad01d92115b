//! Who asks. IAM User Guide, "IAM identifiers" and "AWS JSON policy elements: Principal".

use crate::facts::iam::arn::Arn;

/// What kind of principal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// A role, standing for any session of it.
    Role,
    /// One session of a role, by name.
    Session,
    /// A session of `sts:GetFederationToken`.
    FederatedUser,
    /// An AWS service.
    Service,
    /// Somebody else: an identity provider, or nobody.
    Other,
}

/// A principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// Its ARN, or the name of a service.
    pub arn: String,
    /// Its account; empty when it has none.
    pub account: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Name of the user or role, without its path.
    pub name: String,
    /// Path of the user or role, `/` when it is not known.
    pub path: String,
}

impl Principal {
    /// The principal of an ARN, or of a service's name.
    pub fn new(arn: &str) -> Self {
        let parts = Arn::parse(arn);
        let account = parts.map_or("", |parts| parts.account).to_owned();
        let (kind, name, path) = match parts {
            Some(parts) => kind_of(parts),
            None if arn.trim_end_matches(".cn").ends_with(".amazonaws.com") => {
                (PrincipalKind::Service, arn, String::new())
            }
            None => (PrincipalKind::Other, arn, String::new()),
        };
        Self { arn: arn.to_owned(), account, kind, name: name.to_owned(), path }
    }

    /// Whether it is a role that a service made for itself: no SCP and no RCP binds it. Sessions do not show the role's path, but
    /// such a role's name is reserved.
    pub fn is_service_linked_role(&self) -> bool {
        match self.kind {
            PrincipalKind::Role => self.path.starts_with("/aws-service-role/"),
            PrincipalKind::Session => self.name.starts_with("AWSServiceRoleFor"),
            _ => false,
        }
    }

    /// Whether the principal is a session of the role `arn`, or that role.
    pub fn is_of_role(&self, arn: Arn<'_>) -> bool {
        let role = arn.resource.strip_prefix("role/").map(|path| path.rsplit('/').next().unwrap_or(path));
        arn.service == "iam"
            && matches!(self.kind, PrincipalKind::Role | PrincipalKind::Session)
            && arn.account == self.account
            && role == Some(&self.name)
    }
}

fn kind_of(parts: Arn<'_>) -> (PrincipalKind, &str, String) {
    let (word, rest) = parts.resource.split_once('/').unwrap_or((parts.resource, ""));
    let (path, name) =
        rest.rsplit_once('/').map_or((String::from("/"), rest), |(path, name)| (format!("/{path}/"), name));
    match (parts.service, word) {
        ("iam", "root") => (PrincipalKind::Root, "root", "/".to_owned()),
        ("iam", "user") => (PrincipalKind::User, name, path),
        ("iam", "role") => (PrincipalKind::Role, name, path),
        ("sts", "assumed-role") => {
            (PrincipalKind::Session, rest.split_once('/').map_or(rest, |(role, _)| role), "/".to_owned())
        }
        ("sts", "federated-user") => (PrincipalKind::FederatedUser, rest, "/".to_owned()),
        _ => (PrincipalKind::Other, rest, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_from_its_arn() {
        for (arn, kind, name, linked) in [
            ("arn:aws:iam::1:root", PrincipalKind::Root, "root", false),
            ("arn:aws:iam::1:user/a/b/ann", PrincipalKind::User, "ann", false),
            ("arn:aws:iam::1:role/app", PrincipalKind::Role, "app", false),
            (
                "arn:aws:iam::1:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
                PrincipalKind::Role,
                "AWSServiceRoleForRDS",
                true,
            ),
            ("arn:aws:sts::1:assumed-role/app/session", PrincipalKind::Session, "app", false),
            (
                "arn:aws:sts::1:assumed-role/AWSServiceRoleForRDS/x",
                PrincipalKind::Session,
                "AWSServiceRoleForRDS",
                true,
            ),
            ("arn:aws:sts::1:federated-user/bob", PrincipalKind::FederatedUser, "bob", false),
            ("rds.amazonaws.com", PrincipalKind::Service, "rds.amazonaws.com", false),
            ("nobody", PrincipalKind::Other, "nobody", false),
        ] {
            let principal = Principal::new(arn);
            assert_eq!(
                (principal.kind, principal.name.as_str(), principal.is_service_linked_role()),
                (kind, name, linked),
                "{arn}"
            );
        }
    }

    #[test]
    fn a_session_is_of_its_role() {
        let role = Arn::parse("arn:aws:iam::1:role/team/app").unwrap();
        for (arn, expected) in [
            ("arn:aws:iam::1:role/team/app", true),
            ("arn:aws:sts::1:assumed-role/app/x", true),
            ("arn:aws:sts::2:assumed-role/app/x", false),
            ("arn:aws:sts::1:assumed-role/other/x", false),
            ("arn:aws:iam::1:user/app", false),
        ] {
            assert_eq!(Principal::new(arn).is_of_role(role), expected, "{arn}");
        }
    }
}

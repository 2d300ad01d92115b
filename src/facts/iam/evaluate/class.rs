//! What a condition key is about, and so who can meet a condition on it.

use super::condition::{Atom, Why};

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// How the caller signed in with MFA: `aws:MultiFactorAuthPresent`, `aws:MultiFactorAuthAge`.
    Mfa,
    /// The caller's address: `aws:SourceIp`, `aws:VpcSourceIp`.
    SourceIp,
    /// The VPC or VPC endpoint that the call came through.
    VpcEndpoint,
    /// Tags of the principal, which a session may add to.
    PrincipalTags,
    /// Tags of the resource.
    ResourceTags,
    /// The time of the call.
    Time,
    /// What the caller writes into the request: the grant is real for some request.
    RequestParameter,
    /// How the call is made: transport, user agent.
    Transport,
    /// How the session came to be: its name, its source identity, its age, its provider.
    Session,
    /// On whose behalf a service calls: `aws:CalledVia`, `aws:SourceArn`, `iam:PassedToService`.
    Service,
    /// Who the principal is and which organisation it belongs to.
    Principal,
    /// Which resource it is: its name, account or organisation.
    Resource,
    /// A policy or statement that could not be read.
    MissingData,
    /// AWS documents no answer.
    Unsettled,
}

/// The class of each key, or of all that begin so when it ends with `/`. Lower case.
const KEYS: [(&str, Class); 52] = [
    ("aws:multifactorauthpresent", Class::Mfa),
    ("aws:multifactorauthage", Class::Mfa),
    ("aws:sourceip", Class::SourceIp),
    ("aws:vpcsourceip", Class::SourceIp),
    ("aws:sourcevpc", Class::VpcEndpoint),
    ("aws:sourcevpcarn", Class::VpcEndpoint),
    ("aws:sourcevpce", Class::VpcEndpoint),
    ("aws:vpceaccount", Class::VpcEndpoint),
    ("aws:vpceorgid", Class::VpcEndpoint),
    ("aws:vpceorgpaths", Class::VpcEndpoint),
    ("aws:ec2instancesourcevpc", Class::VpcEndpoint),
    ("aws:ec2instancesourceprivateipv4", Class::VpcEndpoint),
    ("aws:principaltag/", Class::PrincipalTags),
    ("aws:resourcetag/", Class::ResourceTags),
    ("secretsmanager:resourcetag/", Class::ResourceTags),
    ("ec2:resourcetag/", Class::ResourceTags),
    ("iam:resourcetag/", Class::ResourceTags),
    ("aws:currenttime", Class::Time),
    ("aws:epochtime", Class::Time),
    ("aws:requesttag/", Class::RequestParameter),
    ("aws:tagkeys", Class::RequestParameter),
    ("aws:securetransport", Class::Transport),
    ("aws:useragent", Class::Transport),
    ("aws:referer", Class::Transport),
    ("aws:tokenissuetime", Class::Session),
    ("aws:userid", Class::Session),
    ("aws:sourceidentity", Class::Session),
    ("aws:federatedprovider", Class::Session),
    ("aws:assumedroot", Class::Session),
    ("aws:signinsessionarn", Class::Session),
    ("aws:ec2instancesourcevpce", Class::VpcEndpoint),
    ("aws:rolesessionname", Class::Session),
    ("sts:rolesessionname", Class::Session),
    ("sts:externalid", Class::RequestParameter),
    ("sts:sourceidentity", Class::Session),
    ("aws:calledvia", Class::Service),
    ("aws:calledviafirst", Class::Service),
    ("aws:calledvialast", Class::Service),
    ("aws:viaawsservice", Class::Service),
    ("aws:sourcearn", Class::Service),
    ("aws:sourceaccount", Class::Service),
    ("aws:sourceorgid", Class::Service),
    ("aws:sourceorgpaths", Class::Service),
    ("iam:passedtoservice", Class::Service),
    ("iam:associatedresourcearn", Class::RequestParameter),
    ("aws:requestedregion", Class::RequestParameter),
    ("aws:username", Class::Principal),
    ("aws:resourceaccount", Class::Resource),
    ("aws:resourceorgid", Class::Resource),
    ("aws:resourceorgpaths", Class::Resource),
    ("saml:", Class::Session),
    ("kms:viaservice", Class::Service),
];

impl Class {
    /// The word that outputs show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::SourceIp => "source-ip",
            Self::VpcEndpoint => "vpc-endpoint",
            Self::PrincipalTags => "principal-tags",
            Self::ResourceTags => "resource-tags",
            Self::Time => "time",
            Self::RequestParameter => "request-parameter",
            Self::Transport => "transport",
            Self::Session => "session",
            Self::Service => "service",
            Self::Principal => "principal",
            Self::Resource => "resource",
            Self::MissingData => "missing-data",
            Self::Unsettled => "unsettled",
        }
    }

    /// The class of a key, in lower case. What a service names itself is a parameter of the request, except tags.
    pub fn of_key(key: &str) -> Self {
        let fits = |name: &str| key == name || name.ends_with(['/', ':']) && key.starts_with(name);
        let listed = KEYS.into_iter().find(|(name, _)| fits(name)).map(|(_, class)| class);
        let service = key.split(':').next().unwrap_or_default();
        listed.unwrap_or(match service {
            "rds" if key.contains("-tag/") && !key.starts_with("rds:req-tag/") => Self::ResourceTags,
            "aws" => Self::Principal,
            _ => Self::RequestParameter,
        })
    }

    /// The classes of an atom.
    pub fn of_atom(atom: &Atom) -> Vec<Self> {
        match atom {
            Atom::Test(test) => test.keys().map(Self::of_key).collect(),
            Atom::Resource(pattern) => {
                let variables = pattern.template.variables().map(Self::of_key);
                if pattern.fixed.is_some() { vec![Self::Resource] } else { variables.collect() }
            }
            Atom::Unread(unread) => vec![match unread.why {
                Why::Statement | Why::Policy | Why::Organization => Self::MissingData,
                Why::Unsettled => Self::Unsettled,
                Why::SessionName => Self::Session,
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_classes() {
        for (key, class) in [
            ("aws:multifactorauthpresent", Class::Mfa),
            ("aws:principaltag/team", Class::PrincipalTags),
            ("rds:cluster-tag/env", Class::ResourceTags),
            ("rds:req-tag/env", Class::RequestParameter),
            ("rds:databaseclass", Class::RequestParameter),
            ("aws:principalarn", Class::Principal),
            ("aws:calledvia", Class::Service),
        ] {
            assert_eq!(Class::of_key(key), class, "{key}");
        }
    }
}

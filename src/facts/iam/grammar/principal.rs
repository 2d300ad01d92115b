//! `Principal` and `NotPrincipal` of resource policies and role trust policies.
//! IAM User Guide, "AWS JSON policy elements: Principal".

use super::condition::doubles;
use super::fault::{Fault, Faulty};
use crate::facts::iam::arn::Arn;
use crate::facts::iam::json::{Member, Node, Value};

/// Somebody whom a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// `*`
    Everyone,
    /// An account, as its number or as its root user: the account's own policies decide.
    Account(String),
    /// A user, a role, or a session, by ARN.
    Arn(String),
    /// The unique id that IAM leaves when a user or role was deleted: it names nobody any more.
    Deleted(String),
    /// A service, as in `rds.amazonaws.com`.
    Service(String),
    /// An identity provider.
    Federated(String),
    /// A canonical user of S3.
    CanonicalUser(String),
}

/// `Principal`, or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principals {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Whom it names.
    pub named: Vec<Named>,
    /// Byte offset in the document.
    pub at: usize,
}

impl Principals {
    /// Reads the element. What cannot be read goes to `faults`.
    pub fn new(node: &Node, negated: bool, faults: &mut Vec<Faulty>) -> Self {
        let mut named = Vec::new();
        match &node.value {
            Value::String(text) if text == "*" => named.push(Named::Everyone),
            Value::Object(members) if !members.is_empty() => {
                doubles(members, faults);
                for member in members {
                    kind(member, &mut named, faults);
                }
            }
            _ => faults.push(Faulty { fault: wrong("Principal", "`*` or an object that names somebody"), at: node.at }),
        }
        Self { negated, named, at: node.at }
    }
}

fn wrong(element: &str, expected: &'static str) -> Fault {
    Fault::WrongKind { element: element.into(), expected }
}

/// The principals of one kind.
fn kind(member: &Member, named: &mut Vec<Named>, faults: &mut Vec<Faulty>) {
    for node in member.node.one_or_many() {
        let found = match node.as_str() {
            None => Err(wrong(&member.key, "a string or a list of strings")),
            Some(text) => one(&member.key, text),
        };
        match found {
            Ok(found) => named.push(found),
            Err(fault) => faults.push(Faulty { fault, at: node.at }),
        }
    }
}

fn one(kind: &str, text: &str) -> Result<Named, Fault> {
    let owned = text.to_owned();
    match kind {
        "AWS" => aws(text).ok_or_else(|| Fault::Principal(text.into())),
        "Service" => Ok(Named::Service(owned)),
        "Federated" => Ok(Named::Federated(owned)),
        "CanonicalUser" => Ok(Named::CanonicalUser(owned)),
        _ => Err(Fault::Principal(kind.into())),
    }
}

fn aws(text: &str) -> Option<Named> {
    if text == "*" {
        return Some(Named::Everyone);
    }
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Named::Account(text.to_owned()));
    }
    match Arn::parse(text) {
        Some(arn) if arn.service == "iam" && arn.resource == "root" => Some(Named::Account(arn.account.to_owned())),
        Some(arn) if !arn.resource.contains('*') => Some(Named::Arn(text.to_owned())),
        Some(_) => None,
        None => text.starts_with('A').then(|| Named::Deleted(text.to_owned())),
    }
}

/// Whether a policy that names `name` means the service that goes by `service` outside of China, where some have a name of their own.
pub fn is_service(name: &str, service: &str) -> bool {
    name == service || name.strip_suffix(CHINA) == Some(service)
}

/// The name by which a service acts in a partition. In China, EC2 goes by one of its own. AWS China documentation, "Amazon EC2".
pub fn service_in(partition: &str, service: &str) -> String {
    if partition == "aws-cn" && service.starts_with("ec2.") { format!("{service}{CHINA}") } else { service.to_owned() }
}

const CHINA: &str = ".cn";

#[cfg(test)]
mod tests {
    use super::super::super::json;
    use super::*;

    #[test]
    fn services_have_names_of_their_own_in_china() {
        let (ec2, lambda) = ("ec2.amazonaws.com", "lambda.amazonaws.com");
        for (partition, service, name) in [
            ("aws", ec2, ec2),
            ("aws-us-gov", ec2, ec2),
            ("aws-cn", ec2, "ec2.amazonaws.com.cn"),
            ("aws-cn", lambda, lambda),
        ] {
            assert_eq!(service_in(partition, service), name);
            assert!(is_service(name, service) && is_service(service, service), "{name}");
        }
        assert!(!is_service("ec2.amazonaws.com.cn", lambda) && !is_service("ec2.amazonaws.com.com", ec2));
    }

    #[test]
    fn reads_whom_it_names() {
        for (text, named, faults) in [
            (r#""*""#, vec![Named::Everyone], 0),
            (r#"{"AWS":"*"}"#, vec![Named::Everyone], 0),
            (r#"{"AWS":"123456789012"}"#, vec![Named::Account("123456789012".into())], 0),
            (r#"{"AWS":["arn:aws:iam::1:root"]}"#, vec![Named::Account("1".into())], 0),
            (r#"{"AWS":"arn:aws:iam::1:role/a/b"}"#, vec![Named::Arn("arn:aws:iam::1:role/a/b".into())], 0),
            (r#"{"AWS":"AROAEXAMPLE"}"#, vec![Named::Deleted("AROAEXAMPLE".into())], 0),
            (r#"{"Service":"rds.amazonaws.com"}"#, vec![Named::Service("rds.amazonaws.com".into())], 0),
            (r#"{"AWS":"arn:aws:iam::1:role/*"}"#, vec![], 1),
            (r#"{"AWS":7}"#, vec![], 1),
            (r#"{"Aws":"*"}"#, vec![], 1),
            (r#"{"AWS":"*","AWS":"*"}"#, vec![Named::Everyone, Named::Everyone], 1),
            ("[]", vec![], 1),
        ] {
            let mut wrong = Vec::new();
            let found = Principals::new(&json::parse(text).unwrap(), false, &mut wrong);
            assert_eq!((found.named, wrong.len()), (named, faults), "{text}");
        }
    }
}

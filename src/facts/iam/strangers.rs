//! Whom a resource policy lets in beyond its own account. IAM User Guide, "The confused deputy problem".

use std::collections::BTreeSet;

use super::grammar::{Document, Effect, Named, Statement};
use crate::model::Why;

/// Whom the statements that allow something name, beyond the account itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Strangers {
    /// Whether anybody is let in.
    pub everyone: bool,
    /// Other accounts, by number.
    pub accounts: BTreeSet<String>,
    /// Identity providers (OIDC) whose tokens are accepted whatever their subject.
    pub providers: BTreeSet<String>,
    /// Services that may act whatever the source.
    pub services: BTreeSet<String>,
}

/// Keys that tie a foreign account down.
const TIES: [&str; 6] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "kms:calleraccount",
    "sts:externalid",
];

/// Keys that tie a service down to its source.
const SOURCES: [&str; 4] = ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

/// The strangers whom `document` lets in without a condition that ties them down. `own` is the account of the resource.
///
/// # Errors
/// When a statement cannot be read.
pub fn strangers(document: &Document, own: &str) -> Result<Strangers, Why> {
    if let Some(faulty) = document.statements.iter().find(|it| !it.faults.is_empty()) {
        return Err(Why::Unreadable { detail: format!("statement {} of the policy", faulty.index + 1).into() });
    }
    let mut found = Strangers::default();
    for statement in document.statements.iter().filter(|statement| statement.effect == Some(Effect::Allow)) {
        let Some(principals) = &statement.principals else { continue };
        let keys = tying_keys(statement);
        if principals.negated {
            found.everyone |= !tied(&keys, &TIES);
        } else {
            principals.named.iter().for_each(|named| found.add(named, &keys, own));
        }
    }
    Ok(found)
}

/// Keys that the request has to have with some value. A `Not…` operator and `IfExists` admit whoever has another value or none.
fn tying_keys(statement: &Statement) -> BTreeSet<&str> {
    let ties = statement.tests.iter().filter(|test| !test.operator.negated && !test.operator.if_exists);
    ties.map(|test| &*test.key.lower).collect()
}

fn tied(keys: &BTreeSet<&str>, ties: &[&str]) -> bool {
    ties.iter().any(|tie| keys.contains(tie))
}

impl Strangers {
    fn add(&mut self, named: &Named, keys: &BTreeSet<&str>, own: &str) {
        match named {
            Named::Everyone => self.everyone |= !tied(keys, &TIES),
            Named::Account(account) if account != own && !tied(keys, &TIES) => {
                self.accounts.insert(account.clone());
            }
            Named::Arn(arn) => {
                let account = arn.split(':').nth(4).unwrap_or_default();
                if !account.is_empty() && account != own && !tied(keys, &TIES) {
                    self.accounts.insert(account.to_owned());
                }
            }
            Named::Federated(provider)
                if provider.contains(":oidc-provider/") && !keys.iter().any(|key| key.ends_with(":sub")) =>
            {
                self.providers.insert(provider.clone());
            }
            Named::Service(service) if !tied(keys, &SOURCES) => {
                self.services.insert(service.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::iam::grammar::Kind;

    fn of(principal: &str, condition: &str) -> Strangers {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"*","Condition":{condition}}}}}"#
        );
        strangers(&Document::parse(&text, Kind::Resource).unwrap(), "111111111111").unwrap()
    }

    #[test]
    fn strangers_are_those_whom_no_condition_ties_down() {
        const FREE: &str = "{}";
        for (principal, condition, everyone, accounts, services) in [
            (r#""*""#, FREE, true, "", ""),
            (r#"{"AWS":"*"}"#, FREE, true, "", ""),
            (r#"{"AWS":"*"}"#, r#"{"StringEquals":{"kms:CallerAccount":"111111111111"}}"#, false, "", ""),
            (r#"{"AWS":"*"}"#, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, false, "", ""),
            (r#"{"AWS":"*"}"#, r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#, true, "", ""),
            (r#"{"AWS":"*"}"#, r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}"#, true, "", ""),
            (r#"{"AWS":"*"}"#, r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true, "", ""),
            (r#"{"AWS":"111111111111"}"#, FREE, false, "", ""),
            (r#"{"AWS":"arn:aws:iam::111111111111:root"}"#, FREE, false, "", ""),
            (r#"{"AWS":"222222222222"}"#, FREE, false, "222222222222", ""),
            (r#"{"AWS":"arn:aws:iam::222222222222:role/r"}"#, FREE, false, "222222222222", ""),
            (r#"{"AWS":"222222222222"}"#, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#, false, "", ""),
            (r#"{"Service":"rds.amazonaws.com"}"#, FREE, false, "", "rds.amazonaws.com"),
            (
                r#"{"Service":"rds.amazonaws.com"}"#,
                r#"{"ArnLike":{"aws:SourceArn":"arn:aws:rds:*:1:*"}}"#,
                false,
                "",
                "",
            ),
        ] {
            let found = of(principal, condition);
            let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
            let all = (found.everyone, list(&found.accounts), list(&found.services));
            assert_eq!(all, (everyone, accounts.to_owned(), services.to_owned()), "{principal} {condition}");
        }
    }

    #[test]
    fn providers_are_strangers_without_a_subject() {
        let provider = r#"{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.example.com"}"#;
        assert_eq!(of(provider, "{}").providers.len(), 1);
        assert!(of(provider, r#"{"StringLike":{"token.example.com:sub":"repo:acme/*"}}"#).providers.is_empty());
    }

    #[test]
    fn a_statement_that_cannot_be_read_hides_whom_it_lets_in() {
        let text = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":7},"Action":"*"}]}"#;
        assert!(strangers(&Document::parse(text, Kind::Resource).unwrap(), "1").is_err());
    }
}

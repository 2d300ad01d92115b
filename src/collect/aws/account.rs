//! The accounts to read, and the credentials for each: those of the chain, those of the roles that are assumed one after the other,
//! and where there are several accounts, those of one role in each.

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::AccountState;

use super::config::AwsError;
use super::listing::Listed;
use super::manners::{Gate, Manners, ORGANIZATIONS_RATE};
use super::{AwsRequest, sts};
use crate::model::{Gap, actions};

/// Stands for an account's number in the ARN of a role.
const ACCOUNT: &str = "{account}";

/// The name by which CloudTrail shows a scan.
const SESSION: &str = "aurora-audit";

/// Which accounts are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Accounts {
    /// The one that the credentials belong to.
    #[default]
    Own,
    /// These.
    Named(Vec<String>),
    /// All active ones of the organization.
    Organization,
}

/// An account, and how to get in.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// Its number, where it is known beforehand.
    pub account: Option<String>,
    /// The role to assume there; none for the credentials at hand.
    pub role: Option<String>,
    /// Credentials and region.
    pub config: SdkConfig,
}

/// The roles of a request: those that are assumed once, and the one that is assumed in each account.
struct Roles<'a> {
    chain: &'a [String],
    each: Option<&'a str>,
}

impl<'a> Roles<'a> {
    fn of(request: &'a AwsRequest) -> Result<Self, AwsError> {
        if let Some(bad) = request.roles.iter().find(|role| !is_role(role)) {
            return Err(AwsError::BadRole { role: bad.as_str().into() });
        }
        match request.roles.split_last() {
            Some((last, chain)) if last.contains(ACCOUNT) => match chain.iter().find(|role| role.contains(ACCOUNT)) {
                Some(early) => Err(AwsError::BadRole { role: early.as_str().into() }),
                None if request.accounts == Accounts::Own => Err(AwsError::RoleWithoutAccounts),
                None => Ok(Self { chain, each: Some(last) }),
            },
            _ if request.roles.iter().any(|role| role.contains(ACCOUNT)) => Err(AwsError::RoleWithoutAccounts),
            _ => Ok(Self { chain: &request.roles, each: None }),
        }
    }
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH`, where the account may be the mark that stands for it.
fn is_role(role: &str) -> bool {
    let mut parts = role.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, name) = (next(), next(), next(), next(), next(), next());
    arn == "arn"
        && partition.starts_with("aws")
        && (service, region) == ("iam", "")
        && (account == ACCOUNT || is_account(account))
        && name.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.contains(ACCOUNT))
}

/// Twelve digits.
pub(super) fn is_account(account: &str) -> bool {
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// The configuration with the credentials of the last role of the chain.
pub(super) async fn chained(request: &AwsRequest, config: SdkConfig) -> Result<SdkConfig, AwsError> {
    let roles = Roles::of(request)?;
    let mut config = config;
    for (left, role) in (0..roles.chain.len()).rev().zip(roles.chain) {
        let last = left == 0 && roles.each.is_none();
        config = assumed(&config, role, request.external_id.as_deref().filter(|_| last)).await;
    }
    Ok(config)
}

/// The accounts of a request; `config` has the credentials of the chain.
pub(super) async fn accounts(request: &AwsRequest, config: &SdkConfig) -> Result<Vec<Access>, AwsError> {
    let each = Roles::of(request)?.each;
    let mut numbers = match &request.accounts {
        Accounts::Own => return Ok(vec![Access { account: None, role: None, config: config.clone() }]),
        Accounts::Named(numbers) => numbers.clone(),
        Accounts::Organization => active(config, request.manners).await.map_err(|gap| AwsError::NoAccounts { gap })?,
    };
    numbers.sort_unstable();
    numbers.dedup();
    if let Some(bad) = numbers.iter().find(|number| !is_account(number)) {
        return Err(AwsError::BadAccount { account: bad.as_str().into() });
    }
    let own = sts::caller(config).await.ok().and_then(|caller| caller.account);
    let mut accesses = Vec::new();
    for number in numbers {
        let account = Some(number.clone());
        accesses.push(if own.as_ref() == Some(&number) {
            Access { account, role: None, config: config.clone() }
        } else {
            let role = each.ok_or_else(|| AwsError::NoRole { account: number.as_str().into() })?;
            let role = role.replace(ACCOUNT, &number);
            let config = assumed(config, &role, request.external_id.as_deref()).await;
            Access { account, role: Some(role), config }
        });
    }
    Ok(accesses)
}

/// The active accounts of the organization.
async fn active(config: &SdkConfig, manners: Manners) -> Result<Vec<String>, Gap> {
    let gate = Gate::new(manners.at_most(ORGANIZATIONS_RATE));
    let pages = Client::new(config).list_accounts().into_paginator().send();
    let open =
        |page: aws_sdk_organizations::operation::list_accounts::ListAccountsOutput| (page.accounts, page.next_token);
    let accounts = Listed::read(actions::LIST_ACCOUNTS, &gate, pages, open).await.whole()?;
    // What does not say that it is out of use is read.
    let active = accounts.into_iter().filter(|it| it.state().is_none_or(|state| *state == AccountState::Active));
    Ok(active.filter_map(|account| account.id).collect())
}

/// The same configuration with the credentials of a role. They are asked for when the first call needs them, and once for all
/// services.
async fn assumed(config: &SdkConfig, role: &str, external_id: Option<&str>) -> SdkConfig {
    let mut builder = AssumeRoleProvider::builder(role).session_name(SESSION).configure(config);
    if let Some(id) = external_id {
        builder = builder.external_id(id);
    }
    let provider = SharedCredentialsProvider::new(builder.build().await);
    let cache = IdentityCache::lazy().build();
    config.clone().into_builder().credentials_provider(provider).identity_cache(cache).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(roles: &[&str], accounts: Accounts) -> AwsRequest {
        AwsRequest { roles: roles.iter().map(|&role| role.to_owned()).collect(), accounts, ..AwsRequest::default() }
    }

    #[test]
    fn roles_are_arns_and_only_the_last_may_be_for_each_account() {
        const FIXED: &str = "arn:aws:iam::123456789012:role/hub";
        const EACH: &str = "arn:aws-cn:iam::{account}:role/path/audit";
        let named = || Accounts::Named(vec!["210987654321".to_owned()]);
        for (roles, accounts, expected) in [
            (&[][..], Accounts::Own, Some((0, false))),
            (&[FIXED], Accounts::Own, Some((1, false))),
            (&[FIXED, FIXED], Accounts::Own, Some((2, false))),
            (&[FIXED, EACH], named(), Some((1, true))),
            (&[EACH], Accounts::Organization, Some((0, true))),
            (&[EACH], Accounts::Own, None),
            (&[EACH, FIXED], named(), None),
            (&[EACH, EACH], named(), None),
            (&["audit"], Accounts::Own, None),
            (&["arn:aws:iam::123456789012:user/audit"], Accounts::Own, None),
            (&["arn:aws:iam::1234:role/audit"], Accounts::Own, None),
            (&["arn:aws:iam::123456789012:role/{account}"], named(), None),
            (&["arn:aws:iam::123456789012:role/"], named(), None),
        ] {
            let request = request(roles, accounts);
            let found = Roles::of(&request).ok().map(|roles| (roles.chain.len(), roles.each.is_some()));
            assert_eq!(found, expected, "{roles:?}");
        }
    }
}

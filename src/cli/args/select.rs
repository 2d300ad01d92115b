//! `--rule`, and whose accounts are read.

use clap::Args;

/// The rules that a command is about.
#[derive(Debug, Clone, Default, Args)]
pub struct RuleSelection {
    /// Only this rule and what it rests on in AWS; repeatable. Default: all rules
    #[arg(long = "rule", value_name = "RULE", value_delimiter = ',')]
    pub only_rules: Vec<String>,
}

/// By which role, and in which accounts.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, Default, Args)]
pub struct HubArgs {
    /// Role to assume; repeat it for a chain. In the last one {account} stands for each account of --accounts
    #[arg(long = "role-arn", value_name = "ARN", env = "AURORA_AUDIT_ROLE_ARN", value_delimiter = ' ')]
    pub roles: Vec<String>,
    /// Accounts to read, or `org` for all of the organization. Default: the one of the credentials
    #[arg(long, value_name = "ACCOUNT", env = "AURORA_AUDIT_ACCOUNTS", value_delimiter = ',')]
    pub accounts: Vec<String>,
}

#[cfg(feature = "aws")]
impl HubArgs {
    /// Whether the accounts are those of the organization.
    pub fn all_of_organization(&self) -> bool {
        self.accounts.iter().any(|account| account == "org")
    }
}

//! Where records belong.

/// The region of services that have none.
pub(super) const GLOBAL: &str = "global";

/// Account and region of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
}

impl Scope {
    /// The scope of an account and region.
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned() }
    }

    /// The form that [`crate::collect::Sink`] takes.
    pub fn pair(&self) -> (&str, &str) {
        (&self.account, &self.region)
    }
}

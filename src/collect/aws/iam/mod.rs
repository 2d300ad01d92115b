//! AWS IAM, once an account: who there is, and how well the account's credentials are kept.

mod authorization;
mod credential_report;
mod summary;

use aws_sdk_iam::Client;

use super::site::Site;
use crate::collect::Sink;
use crate::model::actions;

/// The calls.
pub(super) const ACTIONS: &[&str] = &[
    actions::GET_ACCOUNT_AUTHORIZATION_DETAILS,
    actions::GET_ACCOUNT_SUMMARY,
    actions::GET_CREDENTIAL_REPORT,
    actions::GENERATE_CREDENTIAL_REPORT,
];

/// Reads everything of the account.
pub(super) async fn collect(site: Site) -> Sink {
    let (client, service) = (Client::new(&site.config), site.service());
    let (mut sink, summary, report) = tokio::join!(
        Box::pin(authorization::collect(&client, &service)),
        Box::pin(summary::collect(&client, &service)),
        Box::pin(credential_report::collect(&client, &service))
    );
    sink.absorb(summary);
    sink.absorb(report);
    sink
}

//! AWS IAM, once an account: who there is, and how well the account's credentials are kept.

mod authorization;
mod credential_report;
mod summary;

use aws_config::SdkConfig;

use crate::collect::Sink;

/// Reads everything of the account.
pub(super) async fn collect(config: &SdkConfig, account: &str) -> Sink {
    let (mut sink, summary, report) = tokio::join!(
        authorization::collect(config, account),
        summary::collect(config, account),
        credential_report::collect(config, account)
    );
    sink.absorb(summary);
    sink.absorb(report);
    sink
}

//! Figures about the account: `iam:GetAccountSummary`.

use std::collections::HashMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::SummaryKeyType;

use crate::collect::Sink;
use crate::collect::aws::site::Service;
use crate::model::actions;
use crate::snapshot::schema::iam::{AccountSummary, AccountSummaryAnswer};

/// Reads the summary.
pub(super) async fn collect(client: &Client, service: &Service) -> Sink {
    let (scope, action) = (&service.scope, actions::GET_ACCOUNT_SUMMARY);
    let mut sink = Sink::default();
    match service.call(action, None, client.get_account_summary().send()).await {
        Ok(answer) => {
            let summary = summary(&answer.summary_map.unwrap_or_default());
            sink.record(scope.pair(), &scope.account, action, &summary);
        }
        Err(gap) => sink.gap(scope.pair(), &gap),
    }
    sink
}

fn summary(figures: &HashMap<SummaryKeyType, i32>) -> AccountSummary {
    let figure = |key: &SummaryKeyType| figures.get(key).copied().map(i64::from);
    AccountSummaryAnswer {
        account_mfa_enabled: figure(&SummaryKeyType::AccountMfaEnabled),
        account_access_keys_present: figure(&SummaryKeyType::AccountAccessKeysPresent),
    }
    .record()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_is_not_sent_is_unknown() {
        let figures = HashMap::from([(SummaryKeyType::AccountMfaEnabled, 1), (SummaryKeyType::Users, 7)]);
        let json = serde_json::to_value(summary(&figures)).unwrap();
        assert_eq!(json, serde_json::json!({"AccountMFAEnabled": 1}));
    }
}

//! AWS STS: which account is read, and as whom.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;

use super::error;
use super::scope::{GLOBAL, Scope};
use crate::collect::Sink;
use crate::model::{Gap, actions};
use crate::snapshot::schema::sts::CallerIdentityAnswer;

/// The caller, or why nobody knows.
pub(super) async fn caller(config: &SdkConfig) -> Result<GetCallerIdentityOutput, Gap> {
    let answer = Client::new(config).get_caller_identity().send().await;
    answer.map_err(|failed| error::gap(actions::GET_CALLER_IDENTITY, None, &failed))
}

/// Writes the caller, or the gap.
pub(super) fn write(sink: &mut Sink, account: &str, caller: Result<GetCallerIdentityOutput, Gap>) {
    let scope = Scope::new(account, GLOBAL);
    match caller {
        Ok(caller) => {
            let id = caller.arn.clone().unwrap_or_default();
            sink.record(scope.pair(), id, actions::GET_CALLER_IDENTITY, &identity(caller).record());
        }
        Err(gap) => sink.gap(scope.pair(), &gap),
    }
}

fn identity(caller: GetCallerIdentityOutput) -> CallerIdentityAnswer {
    CallerIdentityAnswer { account: caller.account, arn: caller.arn, user_id: caller.user_id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::aws::testing::lines;

    #[test]
    fn the_caller_is_recorded_as_told() {
        let arn = "arn:aws:iam::123456789012:user/auditor";
        let caller = GetCallerIdentityOutput::builder().account("123456789012").arn(arn).user_id("AIDA").build();
        let mut sink = Sink::default();
        write(&mut sink, "123456789012", Ok(caller));
        let line = &lines(sink)[0];
        assert_eq!(
            (&line["kind"], &line["id"], &line["region"]),
            (&"sts.caller_identity".into(), &arn.into(), &"global".into())
        );
        let expected = serde_json::json!({"Account": "123456789012", "Arn": arn, "UserId": "AIDA"});
        assert_eq!(line["data"], expected);
    }
}

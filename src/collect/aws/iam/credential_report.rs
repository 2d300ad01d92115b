//! The credential report: `iam:GenerateCredentialReport`, which takes its time, and `iam:GetCredentialReport`, which answers in
//! CSV. IAM User Guide, "Generate credential reports for your AWS account".

use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::ReportStateType;

use crate::collect::Sink;
use crate::collect::aws::error;
use crate::collect::aws::site::Service;
use crate::collect::credential_report::read;
use crate::model::{Gap, actions};
use crate::snapshot::schema::iam::CredentialReportRow;

/// How often it is asked whether the report is there, and how long is waited in between.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(2);

/// Reads the report.
pub(super) async fn collect(client: &Client, service: &Service) -> Sink {
    let (scope, mut sink) = (&service.scope, Sink::default());
    match rows(client, service).await {
        Ok(rows) => {
            let count = rows.len();
            for (id, row) in rows {
                sink.record(scope.pair(), id, actions::GET_CREDENTIAL_REPORT, &row);
            }
            sink.listing::<CredentialReportRow>(scope.pair(), actions::GET_CREDENTIAL_REPORT, None, count, Vec::new());
        }
        Err(gap) => sink.gap(scope.pair(), &gap),
    }
    sink
}

async fn rows(client: &Client, service: &Service) -> Result<Vec<(String, CredentialReportRow)>, Gap> {
    generated(client, service).await?;
    let action = actions::GET_CREDENTIAL_REPORT;
    let answer = service.call(action, None, client.get_credential_report().send()).await?;
    let content = answer.content.unwrap_or_else(|| aws_smithy_types::Blob::new(Vec::new()));
    let text = std::str::from_utf8(content.as_ref()).map_err(|_| error::malformed(action, None, "it is not UTF-8"))?;
    read(text).map_err(|what| error::malformed(action, None, &what))
}

/// Waits until there is a report. A permission that is missing is a gap of what it is for.
async fn generated(client: &Client, service: &Service) -> Result<(), Gap> {
    let action = actions::GENERATE_CREDENTIAL_REPORT;
    for _ in 0..TRIES {
        let answer = service.call(action, None, client.generate_credential_report().send()).await;
        let answer = answer.map_err(|gap| Gap { what: actions::GET_CREDENTIAL_REPORT.to_owned(), ..gap })?;
        if answer.state == Some(ReportStateType::Complete) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(error::malformed(actions::GET_CREDENTIAL_REPORT, None, "IAM did not finish the report in half a minute"))
}

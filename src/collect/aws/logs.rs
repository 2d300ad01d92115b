//! Amazon CloudWatch Logs: the groups that RDS writes to.

use aws_sdk_cloudwatchlogs::{Client, types};

use super::listing::Entry;
use super::site::Site;
use crate::collect::Sink;
use crate::model::actions;
use crate::snapshot::schema::logs::{LogGroup, LogGroupAnswer};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::DESCRIBE_LOG_GROUPS];

const PAGE: i32 = 50;

/// What the names of all groups that RDS makes begin with.
const PREFIX: &str = "/aws/rds/";

/// Reads the groups.
pub(super) async fn collect(site: Site) -> Sink {
    let call = Client::new(&site.config).describe_log_groups().log_group_name_prefix(PREFIX);
    let pages = call.into_paginator().page_size(PAGE).send();
    let service = site.service();
    let groups = service.list(actions::DESCRIBE_LOG_GROUPS, pages, |page| (page.log_groups, page.next_token)).await;
    let mut sink = Sink::default();
    groups.write(&mut sink, &site.scope, group);
    sink
}

fn group(group: types::LogGroup) -> Entry<LogGroup> {
    // The older name of the ARN ends in a mark for the streams within.
    let arn = group.log_group_arn.or_else(|| group.arn.map(|arn| arn.trim_end_matches(":*").to_owned()));
    let id = arn.clone().or_else(|| group.log_group_name.clone()).unwrap_or_default();
    let answer = LogGroupAnswer {
        log_group_name: group.log_group_name,
        log_group_arn: arn,
        retention_in_days: group.retention_in_days.map(i64::from),
        kms_key_id: group.kms_key_id,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn groups_keep_their_retention() {
        let name = "/aws/rds/cluster/orders/audit";
        let full = types::LogGroup::builder().log_group_name(name).arn("arn:g:*").retention_in_days(365);
        let expected = json!({"logGroupName": name, "logGroupArn": "arn:g", "retentionInDays": 365, "kmsKeyId": null});
        assert_eq!(kept(group(full.build())), ("arn:g".to_owned(), expected));
    }
}

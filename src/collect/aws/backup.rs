//! AWS Backup: what it has backed up.

use aws_sdk_backup::{Client, types};

use super::listing::{Entry, time};
use super::site::Site;
use crate::collect::Sink;
use crate::model::actions;
use crate::snapshot::schema::backup::{ProtectedResource, ProtectedResourceAnswer};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::LIST_PROTECTED_RESOURCES];

const PAGE: i32 = 1000;

/// What AWS Backup calls clusters of Aurora.
const AURORA: &str = "Aurora";

/// Reads the protected resources, and keeps the clusters of Aurora.
pub(super) async fn collect(site: Site) -> Sink {
    let pages = Client::new(&site.config).list_protected_resources().into_paginator().page_size(PAGE).send();
    let service = site.service();
    let listed = service.list(actions::LIST_PROTECTED_RESOURCES, pages, |page| (page.results, page.next_token)).await;
    let mut sink = Sink::default();
    listed.write(&mut sink, &site.scope, resource);
    sink
}

fn resource(resource: types::ProtectedResource) -> Entry<ProtectedResource> {
    let id = resource.resource_arn.clone().unwrap_or_default();
    if let Some(other) = resource.resource_type().filter(|kind| *kind != AURORA) {
        return Entry::Excluded(id, format!("type {other}"));
    }
    let answer = ProtectedResourceAnswer {
        resource_arn: resource.resource_arn,
        resource_type: resource.resource_type,
        last_backup_time: resource.last_backup_time.and_then(time),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn clusters_are_kept_and_the_others_counted() {
        let of = |kind: &str| {
            let resource = types::ProtectedResource::builder().resource_arn("arn:c").resource_type(kind);
            resource.last_backup_time(DateTime::from_secs(0)).build()
        };
        let expected =
            json!({"ResourceArn": "arn:c", "ResourceType": "Aurora", "LastBackupTime": "1970-01-01T00:00:00Z"});
        assert_eq!(kept(resource(of("Aurora"))), ("arn:c".to_owned(), expected));
        assert!(matches!(resource(of("DynamoDB")), Entry::Excluded(..)));
    }
}

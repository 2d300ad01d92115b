//! AWS CloudTrail: the trails that a region shows, and whether they record.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::{Client, types};

use super::listing::{Entry, Listed};
use super::site::{Service, Site, each};
use crate::collect::Sink;
use crate::model::actions;
use crate::snapshot::schema::cloudtrail::{Trail, TrailAnswer, TrailStatus, TrailStatusAnswer};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::DESCRIBE_TRAILS, actions::GET_TRAIL_STATUS];

/// Reads the trails. Those of other regions and of the organization count where they record this region as well.
pub(super) async fn collect(site: Site) -> Sink {
    let (client, service) = (Client::new(&site.config), site.service());
    let call = client.describe_trails().include_shadow_trails(true).send();
    let answer = service.call(actions::DESCRIBE_TRAILS, None, call).await;
    let trails = Listed::of(actions::DESCRIBE_TRAILS, answer.map(|answer| answer.trail_list));
    let arns: BTreeSet<_> = trails.items.iter().filter_map(|trail| trail.trail_arn.clone()).collect();
    let mut sink = each(arns, |arn| status_of(client.clone(), service.clone(), arn)).await;
    trails.write(&mut sink, &site.scope, trail);
    sink
}

async fn status_of(client: Client, service: Service, arn: String) -> Sink {
    let action = actions::GET_TRAIL_STATUS;
    let answer = service.call(action, Some(&arn), client.get_trail_status().name(&arn).send()).await;
    let mut sink = Sink::default();
    let status = answer.map(|answer| status(&arn, answer.is_logging, answer.latest_delivery_error));
    service.note(&mut sink, &arn, action, status);
    sink
}

fn trail(trail: types::Trail) -> Entry<Trail> {
    let id = trail.trail_arn.clone().unwrap_or_default();
    let answer = TrailAnswer {
        name: trail.name,
        trail_arn: trail.trail_arn,
        home_region: trail.home_region,
        is_multi_region_trail: trail.is_multi_region_trail,
        is_organization_trail: trail.is_organization_trail,
        log_file_validation_enabled: trail.log_file_validation_enabled,
        kms_key_id: trail.kms_key_id,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn status(arn: &str, is_logging: Option<bool>, error: Option<String>) -> TrailStatus {
    let latest_delivery_error = error.filter(|error| !error.is_empty());
    TrailStatusAnswer { trail_arn: Some(arn.to_owned()), is_logging, latest_delivery_error }.record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn what_was_said_is_kept() {
        let full =
            types::Trail::builder().name("all").trail_arn("arn:t").home_region("eu-west-1").is_multi_region_trail(true);
        let expected = json!({"Name": "all", "TrailARN": "arn:t", "HomeRegion": "eu-west-1", "IsMultiRegionTrail": true,
            "KmsKeyId": null});
        assert_eq!(kept(trail(full.build())), ("arn:t".to_owned(), expected));
        for (error, expected) in
            [(None, json!(null)), (Some(""), json!(null)), (Some("AccessDenied"), json!("AccessDenied"))]
        {
            let status = serde_json::to_value(status("arn:t", Some(true), error.map(str::to_owned))).unwrap();
            assert_eq!(status, json!({"TrailARN": "arn:t", "IsLogging": true, "LatestDeliveryError": expected}));
        }
    }
}

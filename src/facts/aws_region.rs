//! An account's region: what watches the databases in it.

use std::sync::Arc;

use super::found::{Found, unread};
use super::region::Region;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::cloudtrail::Trail as TrailRecord;
use crate::snapshot::schema::collection::Listing;
use crate::snapshot::schema::guardduty::Detector;
use crate::snapshot::schema::rds_operations::EventSubscription;

facts! {
    /// A region of an account where Aurora clusters are.
    struct AwsRegion = "aws_region" on Listing, with region: Arc<Region> {
        /// Its name, as in `eu-west-1`.
        name: String => name;
        /// Subscriptions to events of RDS.
        event_subscriptions: Fact<Vec<Arc<Record<EventSubscription>>>> => event_subscriptions;
        /// Detectors of GuardDuty.
        detectors: Fact<Vec<Arc<Record<Detector>>>> => detectors;
        /// Trails of CloudTrail that the region shows.
        trails: Fact<Vec<Arc<Trail>>> => trails;
    }
}

facts! {
    /// A trail of CloudTrail.
    struct Trail = "trail" on TrailRecord, with region: Arc<Region> {
        /// Whether it records now.
        is_logging: Derived<bool> => is_logging;
        /// Whether its last delivery failed.
        delivery_fails: Derived<bool> => delivery_fails;
    }
}

/// The region, where its clusters were listed and there are any.
pub(super) fn aws_regions(region: &Arc<Region>) -> Found<AwsRegion> {
    const SOURCE: &str = "rds:DescribeDBClusters";
    let mut found = Found::default();
    let listing = region.estate.index.newest_listing(&region.scope, SOURCE);
    let clusters = region.clusters();
    match (listing, clusters.incomplete()) {
        (Some(listing), _) if clusters.present().next().is_some() => {
            found.present.push(Arc::new(AwsRegion::new(Arc::clone(listing), Arc::clone(region))));
        }
        (_, Some(why)) => found.unread.push(unread("aws_region", &region.scope, &region.scope.1, why.clone())),
        _ => {}
    }
    found
}

fn name(region: &AwsRegion) -> String {
    region.region.scope.1.clone()
}

fn event_subscriptions(region: &AwsRegion) -> Fact<Vec<Arc<Record<EventSubscription>>>> {
    region.region.event_subscriptions().all().map(owned)
}

fn detectors(region: &AwsRegion) -> Fact<Vec<Arc<Record<Detector>>>> {
    region.region.detectors().all().map(owned)
}

fn owned<T>(records: Vec<&Arc<Record<T>>>) -> Vec<Arc<Record<T>>> {
    records.into_iter().cloned().collect()
}

fn trails(region: &AwsRegion) -> Fact<Vec<Arc<Trail>>> {
    let trail = |record: &Arc<Record<_>>| Arc::new(Trail::new(Arc::clone(record), Arc::clone(&region.region)));
    region.region.trails().all().map(|records| records.into_iter().map(trail).collect())
}

fn is_logging(trail: &Trail) -> Derived<bool> {
    let region = &trail.region;
    let lookup = &region.estate.lookups.trail_statuses;
    match region.one_of("cloudtrail:GetTrailStatus", lookup, &trail.record.data.trail_arn) {
        Fact::Known(status) => {
            Derived::new(status.data.is_logging.clone(), vec![Place::data_of(status.at).member("IsLogging")])
        }
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why),
    }
}

fn delivery_fails(trail: &Trail) -> Derived<bool> {
    let region = &trail.region;
    let lookup = &region.estate.lookups.trail_statuses;
    match region.one_of("cloudtrail:GetTrailStatus", lookup, &trail.record.data.trail_arn) {
        Fact::Known(status) => {
            let fails = match &status.data.latest_delivery_error {
                Fact::Known(error) => Fact::Known(!error.is_empty()),
                Fact::Absent => Fact::Known(false),
                Fact::Unknown(why) => Fact::Unknown(why.clone()),
            };
            Derived::new(fails, vec![Place::data_of(status.at).member("LatestDeliveryError")])
        }
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why),
    }
}

//! What surrounds clusters: global clusters, the support of engine versions, event subscriptions; from the SDK's form to the
//! snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, each, time};
use crate::snapshot::schema::rds_operations::{
    DbMajorEngineVersion, DbMajorEngineVersionAnswer, EventSubscription, EventSubscriptionAnswer, GlobalCluster,
    GlobalClusterAnswer, GlobalClusterMemberAnswer, SupportedEngineLifecycleAnswer,
};

pub(super) fn global_cluster(cluster: types::GlobalCluster) -> Entry<GlobalCluster> {
    let (engine, arn) = (cluster.engine.clone(), cluster.global_cluster_arn.clone());
    let id = part::id(arn.as_deref(), cluster.global_cluster_identifier());
    let member = |member: types::GlobalClusterMember| {
        GlobalClusterMemberAnswer { db_cluster_arn: member.db_cluster_arn, is_writer: member.is_writer }.record()
    };
    part::aurora_only(engine.as_deref(), id, || {
        GlobalClusterAnswer {
            global_cluster_identifier: cluster.global_cluster_identifier,
            global_cluster_members: each(cluster.global_cluster_members, member),
        }
        .record()
    })
}

pub(super) fn major_version(version: types::DbMajorEngineVersion) -> Entry<DbMajorEngineVersion> {
    let engine = version.engine.clone();
    let id = format!("{} {}", version.engine().unwrap_or_default(), version.major_engine_version().unwrap_or_default());
    let lifecycle = |lifecycle: types::SupportedEngineLifecycle| {
        SupportedEngineLifecycleAnswer {
            lifecycle_support_name: lifecycle.lifecycle_support_name.map(|name| name.as_str().to_owned()),
            lifecycle_support_start_date: lifecycle.lifecycle_support_start_date.and_then(time),
            lifecycle_support_end_date: lifecycle.lifecycle_support_end_date.and_then(time),
        }
        .record()
    };
    part::aurora_only(engine.as_deref(), id, || {
        DbMajorEngineVersionAnswer {
            engine: version.engine,
            major_engine_version: version.major_engine_version,
            supported_engine_lifecycles: each(version.supported_engine_lifecycles, lifecycle),
        }
        .record()
    })
}

pub(super) fn subscription(subscription: types::EventSubscription) -> Entry<EventSubscription> {
    let id = part::id(subscription.event_subscription_arn(), subscription.cust_subscription_id());
    let answer = EventSubscriptionAnswer {
        cust_subscription_id: subscription.cust_subscription_id,
        status: subscription.status,
        enabled: subscription.enabled,
        source_type: subscription.source_type,
        source_ids_list: subscription.source_ids_list,
        event_categories_list: subscription.event_categories_list,
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
    fn what_was_said_is_kept() {
        let member = types::GlobalClusterMember::builder().db_cluster_arn("arn:c").is_writer(true).build();
        let full = types::GlobalCluster::builder()
            .global_cluster_identifier("world")
            .global_cluster_arn("arn:g")
            .engine("aurora-mysql")
            .global_cluster_members(member);
        let expected = json!({"GlobalClusterIdentifier": "world",
            "GlobalClusterMembers": [{"DBClusterArn": "arn:c", "IsWriter": true}]});
        assert_eq!(kept(global_cluster(full.build())), ("arn:g".to_owned(), expected));

        let lifecycle = types::SupportedEngineLifecycle::builder()
            .lifecycle_support_name(types::LifecycleSupportName::OpenSourceRdsStandardSupport)
            .lifecycle_support_start_date(DateTime::from_secs(0))
            .lifecycle_support_end_date(DateTime::from_secs(86400))
            .build();
        let full = types::DbMajorEngineVersion::builder()
            .engine("aurora-mysql")
            .major_engine_version("8.0")
            .supported_engine_lifecycles(lifecycle);
        let expected = json!({"Engine": "aurora-mysql", "MajorEngineVersion": "8.0", "SupportedEngineLifecycles": [{
            "LifecycleSupportName": "open-source-rds-standard-support",
            "LifecycleSupportStartDate": "1970-01-01T00:00:00Z", "LifecycleSupportEndDate": "1970-01-02T00:00:00Z"}]});
        assert_eq!(kept(major_version(full.build())), ("aurora-mysql 8.0".to_owned(), expected));
        let other = types::DbMajorEngineVersion::builder().engine("mariadb").major_engine_version("10.6").build();
        assert!(matches!(major_version(other), Entry::Excluded(..)));

        let full = types::EventSubscription::builder().cust_subscription_id("all").enabled(true).status("active");
        let expected = json!({"CustSubscriptionId": "all", "Status": "active", "Enabled": true, "SourceType": null,
            "SourceIdsList": [], "EventCategoriesList": []});
        assert_eq!(kept(subscription(full.build())), ("all".to_owned(), expected));
    }
}

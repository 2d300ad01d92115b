//! Instances, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, each, time};
use crate::snapshot::schema::rds::{
    CertificateDetails, CertificateDetailsAnswer, DbInstance, DbInstanceAnswer, InstanceEndpoint,
    InstanceEndpointAnswer, InstanceSubnetGroup, InstanceSubnetGroupAnswer, PendingModifiedValues,
    PendingModifiedValuesAnswer,
};

pub(super) fn instance(instance: types::DbInstance) -> Entry<DbInstance> {
    let id = part::id(instance.db_instance_arn(), instance.db_instance_identifier());
    let engine = instance.engine.clone();
    part::aurora_only(engine.as_deref(), id, || answer(instance).record())
}

fn answer(instance: types::DbInstance) -> DbInstanceAnswer {
    DbInstanceAnswer {
        db_instance_identifier: instance.db_instance_identifier,
        db_instance_arn: instance.db_instance_arn,
        dbi_resource_id: instance.dbi_resource_id,
        db_cluster_identifier: instance.db_cluster_identifier,
        engine: instance.engine.as_deref().map(part::engine_of),
        engine_version: instance.engine_version,
        db_instance_class: instance.db_instance_class,
        pending_modified_values: instance.pending_modified_values.map(pending),
        db_instance_status: instance.db_instance_status,
        endpoint: instance.endpoint.map(endpoint),
        publicly_accessible: instance.publicly_accessible,
        db_subnet_group: instance.db_subnet_group.map(subnet_group),
        availability_zone: instance.availability_zone,
        vpc_security_groups: each(instance.vpc_security_groups, part::membership),
        ca_certificate_identifier: instance.ca_certificate_identifier,
        certificate_details: instance.certificate_details.map(certificate),
        auto_minor_version_upgrade: instance.auto_minor_version_upgrade,
        tag_list: each(instance.tag_list, part::tag),
    }
}

fn pending(values: types::PendingModifiedValues) -> PendingModifiedValues {
    PendingModifiedValuesAnswer {
        db_instance_class: values.db_instance_class,
        ca_certificate_identifier: values.ca_certificate_identifier,
        engine_version: values.engine_version,
        iam_database_authentication_enabled: values.iam_database_authentication_enabled,
    }
    .record()
}

fn endpoint(endpoint: types::Endpoint) -> InstanceEndpoint {
    InstanceEndpointAnswer { address: endpoint.address, port: endpoint.port.map(i64::from) }.record()
}

fn subnet_group(group: types::DbSubnetGroup) -> InstanceSubnetGroup {
    InstanceSubnetGroupAnswer { db_subnet_group_name: group.db_subnet_group_name, vpc_id: group.vpc_id }.record()
}

fn certificate(details: types::CertificateDetails) -> CertificateDetails {
    CertificateDetailsAnswer { ca_identifier: details.ca_identifier, valid_till: details.valid_till.and_then(time) }
        .record()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn what_was_said_is_kept_and_the_rest_has_its_meaning() {
        let details = types::CertificateDetails::builder()
            .ca_identifier("rds-ca-rsa2048-g1")
            .valid_till(DateTime::from_secs(1_700_000_000));
        let group = types::DbSubnetGroup::builder().db_subnet_group_name("db").vpc_id("vpc-1");
        let full = types::DbInstance::builder()
            .db_instance_arn("arn:i")
            .engine("aurora-mysql")
            .publicly_accessible(true)
            .endpoint(types::Endpoint::builder().address("i.example").port(3306).build())
            .db_subnet_group(group.build())
            .certificate_details(details.build());
        let (id, data) = kept(instance(full.build()));
        assert_eq!(id, "arn:i");
        for (key, expected) in [
            ("PubliclyAccessible", Some(json!(true))),
            ("Endpoint", Some(json!({"Address": "i.example", "Port": 3306}))),
            ("DBSubnetGroup", Some(json!({"DBSubnetGroupName": "db", "VpcId": "vpc-1"}))),
            (
                "CertificateDetails",
                Some(json!({"CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": "2023-11-14T22:13:20Z"})),
            ),
            ("DBClusterIdentifier", Some(json!(null))),
            ("AvailabilityZone", Some(json!(null))),
            ("TagList", Some(json!([]))),
            ("CACertificateIdentifier", None),
            ("AutoMinorVersionUpgrade", None),
        ] {
            assert_eq!(data.get(key), expected.as_ref(), "{key}");
        }
    }

    #[test]
    fn instances_of_other_engines_are_excluded() {
        let other = types::DbInstance::builder().db_instance_arn("arn:i").engine("mysql").build();
        assert!(matches!(instance(other), Entry::Excluded(id, why) if id == "arn:i" && why == "engine mysql"));
    }
}

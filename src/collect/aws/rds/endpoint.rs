//! Endpoints of clusters, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::Entry;
use crate::snapshot::schema::rds_proxy::{DbClusterEndpoint, DbClusterEndpointAnswer};

/// The writer and reader endpoints have no name of their own: each is named by its host, or by its cluster and type.
pub(super) fn endpoint(endpoint: types::DbClusterEndpoint) -> Entry<DbClusterEndpoint> {
    let id = match part::id(endpoint.db_cluster_endpoint_arn(), endpoint.endpoint()) {
        id if id.is_empty() => {
            [endpoint.db_cluster_identifier(), endpoint.endpoint_type()].map(Option::unwrap_or_default).join("/")
        }
        id => id,
    };
    let answer = DbClusterEndpointAnswer {
        db_cluster_endpoint_identifier: endpoint.db_cluster_endpoint_identifier,
        db_cluster_endpoint_arn: endpoint.db_cluster_endpoint_arn,
        db_cluster_identifier: endpoint.db_cluster_identifier,
        endpoint: endpoint.endpoint,
        status: endpoint.status,
        endpoint_type: endpoint.endpoint_type,
        custom_endpoint_type: endpoint.custom_endpoint_type,
        static_members: endpoint.static_members,
        excluded_members: endpoint.excluded_members,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn endpoints_without_a_name_are_named_by_their_host() {
        let writer = || types::DbClusterEndpoint::builder().db_cluster_identifier("shop").endpoint_type("WRITER");
        let custom = writer().db_cluster_endpoint_arn("arn:e").endpoint("c.example");
        for (built, expected) in
            [(writer().endpoint("w.example"), "w.example"), (writer(), "shop/WRITER"), (custom, "arn:e")]
        {
            let (id, data) = kept(endpoint(built.build()));
            assert_eq!((id.as_str(), &data["StaticMembers"]), (expected, &json!([])));
        }
    }
}

//! Subnet groups, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::rds::{DbSubnetGroup, DbSubnetGroupAnswer, GroupedSubnet, GroupedSubnetAnswer};

pub(super) fn subnet_group(group: types::DbSubnetGroup) -> Entry<DbSubnetGroup> {
    let id = part::id(group.db_subnet_group_arn(), group.db_subnet_group_name());
    let answer = DbSubnetGroupAnswer {
        db_subnet_group_name: group.db_subnet_group_name,
        db_subnet_group_arn: group.db_subnet_group_arn,
        vpc_id: group.vpc_id,
        subnets: each(group.subnets, subnet),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn subnet(subnet: types::Subnet) -> GroupedSubnet {
    GroupedSubnetAnswer { subnet_identifier: subnet.subnet_identifier, subnet_status: subnet.subnet_status }.record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn groups_keep_their_subnets() {
        let subnet = types::Subnet::builder().subnet_identifier("subnet-1").subnet_status("Active").build();
        let full = types::DbSubnetGroup::builder().db_subnet_group_name("db").vpc_id("vpc-1").subnets(subnet);
        let expected = json!({"DBSubnetGroupName": "db", "VpcId": "vpc-1",
            "Subnets": [{"SubnetIdentifier": "subnet-1", "SubnetStatus": "Active"}]});
        assert_eq!(kept(subnet_group(full.build())), ("db".to_owned(), expected));
    }
}

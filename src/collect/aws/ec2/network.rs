//! VPCs, subnets and route tables, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    Route, RouteAnswer, RouteTable, RouteTableAnswer, RouteTableAssociation, RouteTableAssociationAnswer, Subnet,
    SubnetAnswer, Tenancy, Vpc, VpcAnswer,
};

pub(super) fn vpc(vpc: types::Vpc) -> Entry<Vpc> {
    let id = vpc.vpc_id.clone().unwrap_or_default();
    let answer = VpcAnswer {
        vpc_id: vpc.vpc_id,
        cidr_block: vpc.cidr_block,
        is_default: vpc.is_default,
        instance_tenancy: vpc.instance_tenancy.map(|tenancy| Tenancy::from(tenancy.as_str().to_owned())),
        owner_id: vpc.owner_id,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

pub(super) fn subnet(subnet: types::Subnet) -> Entry<Subnet> {
    let id = subnet.subnet_id.clone().unwrap_or_default();
    let answer = SubnetAnswer {
        subnet_id: subnet.subnet_id,
        vpc_id: subnet.vpc_id,
        cidr_block: subnet.cidr_block,
        availability_zone: subnet.availability_zone,
        owner_id: subnet.owner_id,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

pub(super) fn route_table(table: types::RouteTable) -> Entry<RouteTable> {
    let id = table.route_table_id.clone().unwrap_or_default();
    let answer = RouteTableAnswer {
        route_table_id: table.route_table_id,
        vpc_id: table.vpc_id,
        routes: each(table.routes, route),
        associations: each(table.associations, association),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn route(route: types::Route) -> Route {
    RouteAnswer {
        destination_cidr_block: route.destination_cidr_block,
        destination_ipv6_cidr_block: route.destination_ipv6_cidr_block,
        destination_prefix_list_id: route.destination_prefix_list_id,
        gateway_id: route.gateway_id,
        nat_gateway_id: route.nat_gateway_id,
        egress_only_internet_gateway_id: route.egress_only_internet_gateway_id,
        transit_gateway_id: route.transit_gateway_id,
        vpc_peering_connection_id: route.vpc_peering_connection_id,
        network_interface_id: route.network_interface_id,
        state: route.state.map(|state| state.as_str().to_owned()),
    }
    .record()
}

fn association(association: types::RouteTableAssociation) -> RouteTableAssociation {
    RouteTableAssociationAnswer { main: association.main, subnet_id: association.subnet_id }.record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn vpcs_keep_what_was_said() {
        let full = types::Vpc::builder()
            .vpc_id("vpc-1")
            .cidr_block("10.0.0.0/16")
            .is_default(false)
            .instance_tenancy(types::Tenancy::Dedicated)
            .owner_id("123456789012");
        let expected = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "IsDefault": false,
            "InstanceTenancy": "dedicated", "OwnerId": "123456789012"});
        assert_eq!(kept(vpc(full.build())), ("vpc-1".to_owned(), expected));
        assert_eq!(kept(vpc(types::Vpc::builder().build())), (String::new(), json!({})));
    }

    #[test]
    fn subnets_may_lack_ipv4() {
        let v6 = types::Subnet::builder().subnet_id("subnet-1").vpc_id("vpc-1").availability_zone("eu-west-1a");
        let expected = json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": null,
            "AvailabilityZone": "eu-west-1a"});
        assert_eq!(kept(subnet(v6.build())), ("subnet-1".to_owned(), expected));
    }

    #[test]
    fn route_tables_keep_routes_and_associations() {
        let route = types::Route::builder().destination_cidr_block("0.0.0.0/0").gateway_id("igw-1");
        let table = types::RouteTable::builder()
            .route_table_id("rtb-1")
            .routes(route.state(types::RouteState::Active).build())
            .associations(types::RouteTableAssociation::builder().main(true).build());
        let (id, data) = kept(route_table(table.build()));
        assert_eq!(id, "rtb-1");
        assert_eq!(data["Routes"][0]["DestinationCidrBlock"], "0.0.0.0/0");
        assert_eq!(data["Routes"][0]["GatewayId"], "igw-1");
        assert_eq!(data["Routes"][0]["State"], "active");
        assert_eq!(data["Routes"][0]["NatGatewayId"], json!(null));
        assert_eq!(data["Associations"], json!([{"Main": true, "SubnetId": null}]));
    }
}

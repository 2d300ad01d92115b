//! VPCs, subnets and route tables, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    CidrBlockState, CidrBlockStateAnswer, Route, RouteAnswer, RouteTable, RouteTableAnswer, RouteTableAssociation,
    RouteTableAssociationAnswer, Subnet, SubnetAnswer, SubnetIpv6CidrBlockAssociation,
    SubnetIpv6CidrBlockAssociationAnswer, Tenancy, Vpc, VpcAnswer, VpcCidrBlockAssociation,
    VpcCidrBlockAssociationAnswer, VpcIpv6CidrBlockAssociation, VpcIpv6CidrBlockAssociationAnswer,
};

pub(super) fn vpc(vpc: types::Vpc) -> Entry<Vpc> {
    let id = vpc.vpc_id.clone().unwrap_or_default();
    let answer = VpcAnswer {
        vpc_id: vpc.vpc_id,
        cidr_block: vpc.cidr_block,
        is_default: vpc.is_default,
        instance_tenancy: vpc.instance_tenancy.map(|tenancy| Tenancy::from(tenancy.as_str().to_owned())),
        owner_id: vpc.owner_id,
        cidr_block_association_set: each(vpc.cidr_block_association_set, v4_range),
        ipv6_cidr_block_association_set: each(vpc.ipv6_cidr_block_association_set, v6_range),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn v4_range(range: types::VpcCidrBlockAssociation) -> VpcCidrBlockAssociation {
    VpcCidrBlockAssociationAnswer {
        cidr_block: range.cidr_block,
        cidr_block_state: range.cidr_block_state.map(|it| state(it.state.map(|state| state.as_str().to_owned()))),
    }
    .record()
}

fn v6_range(range: types::VpcIpv6CidrBlockAssociation) -> VpcIpv6CidrBlockAssociation {
    VpcIpv6CidrBlockAssociationAnswer {
        ipv6_cidr_block: range.ipv6_cidr_block,
        ipv6_cidr_block_state: range
            .ipv6_cidr_block_state
            .map(|it| state(it.state.map(|state| state.as_str().to_owned()))),
    }
    .record()
}

fn subnet_v6_range(range: types::SubnetIpv6CidrBlockAssociation) -> SubnetIpv6CidrBlockAssociation {
    SubnetIpv6CidrBlockAssociationAnswer {
        ipv6_cidr_block: range.ipv6_cidr_block,
        ipv6_cidr_block_state: range
            .ipv6_cidr_block_state
            .map(|it| state(it.state.map(|state| state.as_str().to_owned()))),
    }
    .record()
}

fn state(state: Option<String>) -> CidrBlockState {
    CidrBlockStateAnswer { state }.record()
}

pub(super) fn subnet(subnet: types::Subnet) -> Entry<Subnet> {
    let id = subnet.subnet_id.clone().unwrap_or_default();
    let answer = SubnetAnswer {
        subnet_id: subnet.subnet_id,
        vpc_id: subnet.vpc_id,
        cidr_block: subnet.cidr_block,
        availability_zone: subnet.availability_zone,
        owner_id: subnet.owner_id,
        ipv6_cidr_block_association_set: each(subnet.ipv6_cidr_block_association_set, subnet_v6_range),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

pub(super) fn route_table(table: types::RouteTable) -> Entry<RouteTable> {
    let id = table.route_table_id.clone().unwrap_or_default();
    let answer = RouteTableAnswer {
        route_table_id: table.route_table_id,
        vpc_id: table.vpc_id,
        owner_id: table.owner_id,
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
        instance_id: route.instance_id,
        local_gateway_id: route.local_gateway_id,
        carrier_gateway_id: route.carrier_gateway_id,
        core_network_arn: route.core_network_arn,
        origin: route.origin.map(|origin| origin.as_str().to_owned()),
        state: route.state.map(|state| state.as_str().to_owned()),
    }
    .record()
}

fn association(association: types::RouteTableAssociation) -> RouteTableAssociation {
    RouteTableAssociationAnswer {
        main: association.main,
        subnet_id: association.subnet_id,
        gateway_id: association.gateway_id,
    }
    .record()
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
            "InstanceTenancy": "dedicated", "OwnerId": "123456789012", "CidrBlockAssociationSet": [],
            "Ipv6CidrBlockAssociationSet": []});
        assert_eq!(kept(vpc(full.build())), ("vpc-1".to_owned(), expected));
        let nothing = json!({"CidrBlockAssociationSet": [], "Ipv6CidrBlockAssociationSet": []});
        assert_eq!(kept(vpc(types::Vpc::builder().build())), (String::new(), nothing));
    }

    #[test]
    fn ranges_keep_their_state() {
        let v4_state = types::VpcCidrBlockState::builder().state(types::VpcCidrBlockStateCode::Associated).build();
        let v4 = types::VpcCidrBlockAssociation::builder().cidr_block("10.0.0.0/16").cidr_block_state(v4_state);
        let v6_state = types::VpcCidrBlockState::builder().state(types::VpcCidrBlockStateCode::Failed).build();
        let v6 =
            types::VpcIpv6CidrBlockAssociation::builder().ipv6_cidr_block("2a05::/56").ipv6_cidr_block_state(v6_state);
        let made =
            types::Vpc::builder().cidr_block_association_set(v4.build()).ipv6_cidr_block_association_set(v6.build());
        let (_, data) = kept(vpc(made.build()));
        let expected = json!([{"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}]);
        assert_eq!(data["CidrBlockAssociationSet"], expected);
        let expected = json!([{"Ipv6CidrBlock": "2a05::/56", "Ipv6CidrBlockState": {"State": "failed"}}]);
        assert_eq!(data["Ipv6CidrBlockAssociationSet"], expected);
        let state = types::SubnetCidrBlockState::builder().state(types::SubnetCidrBlockStateCode::Associated).build();
        let range =
            types::SubnetIpv6CidrBlockAssociation::builder().ipv6_cidr_block("2a05::/64").ipv6_cidr_block_state(state);
        let (_, data) = kept(subnet(types::Subnet::builder().ipv6_cidr_block_association_set(range.build()).build()));
        let expected = json!([{"Ipv6CidrBlock": "2a05::/64", "Ipv6CidrBlockState": {"State": "associated"}}]);
        assert_eq!(data["Ipv6CidrBlockAssociationSet"], expected);
    }

    #[test]
    fn subnets_may_lack_ipv4() {
        let v6 = types::Subnet::builder().subnet_id("subnet-1").vpc_id("vpc-1").availability_zone("eu-west-1a");
        let expected = json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": null,
            "AvailabilityZone": "eu-west-1a", "Ipv6CidrBlockAssociationSet": []});
        assert_eq!(kept(subnet(v6.build())), ("subnet-1".to_owned(), expected));
    }

    #[test]
    fn route_tables_keep_routes_and_associations() {
        let route = types::Route::builder().destination_cidr_block("0.0.0.0/0").gateway_id("igw-1");
        let table = types::RouteTable::builder()
            .route_table_id("rtb-1")
            .routes(route.state(types::RouteState::Active).origin(types::RouteOrigin::CreateRoute).build())
            .associations(types::RouteTableAssociation::builder().main(true).build());
        let (id, data) = kept(route_table(table.build()));
        assert_eq!(id, "rtb-1");
        assert_eq!(data["Routes"][0]["DestinationCidrBlock"], "0.0.0.0/0");
        assert_eq!(data["Routes"][0]["GatewayId"], "igw-1");
        assert_eq!(data["Routes"][0]["State"], "active");
        assert_eq!(data["Routes"][0]["Origin"], "CreateRoute");
        assert_eq!(data["Routes"][0]["NatGatewayId"], json!(null));
        assert_eq!(data["Associations"], json!([{"Main": true, "SubnetId": null, "GatewayId": null}]));
    }
}

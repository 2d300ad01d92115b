//! What routes lead to: peering connections, transit gateway attachments, endpoints; from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    PeerCidrBlockAnswer, PeerIpv6CidrBlockAnswer, TransitGatewayAttachment, TransitGatewayAttachmentAnswer,
    VpcAttachmentAnswer, VpcEndpoint, VpcEndpointAnswer, VpcPeeringConnection, VpcPeeringConnectionAnswer,
    VpcPeeringConnectionStatusAnswer, VpcPeeringConnectionVpcInfo, VpcPeeringConnectionVpcInfoAnswer, VpnGateway,
    VpnGatewayAnswer,
};

pub(super) fn peering(peering: types::VpcPeeringConnection) -> Entry<VpcPeeringConnection> {
    let id = peering.vpc_peering_connection_id.clone().unwrap_or_default();
    let status = |status: types::VpcPeeringConnectionStateReason| {
        VpcPeeringConnectionStatusAnswer { code: status.code.map(|code| code.as_str().to_owned()) }.record()
    };
    let answer = VpcPeeringConnectionAnswer {
        vpc_peering_connection_id: peering.vpc_peering_connection_id,
        status: peering.status.map(status),
        requester_vpc_info: peering.requester_vpc_info.map(side),
        accepter_vpc_info: peering.accepter_vpc_info.map(side),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn side(side: types::VpcPeeringConnectionVpcInfo) -> VpcPeeringConnectionVpcInfo {
    let v4 = |range: types::CidrBlock| PeerCidrBlockAnswer { cidr_block: range.cidr_block }.record();
    let v6 = |range: types::Ipv6CidrBlock| PeerIpv6CidrBlockAnswer { ipv6_cidr_block: range.ipv6_cidr_block }.record();
    VpcPeeringConnectionVpcInfoAnswer {
        vpc_id: side.vpc_id,
        owner_id: side.owner_id,
        region: side.region,
        cidr_block_set: each(side.cidr_block_set, v4),
        ipv6_cidr_block_set: each(side.ipv6_cidr_block_set, v6),
    }
    .record()
}

pub(super) fn transit_gateway_attachment(
    attachment: types::TransitGatewayAttachment,
) -> Entry<TransitGatewayAttachment> {
    let id = attachment.transit_gateway_attachment_id.clone().unwrap_or_default();
    let answer = TransitGatewayAttachmentAnswer {
        transit_gateway_attachment_id: attachment.transit_gateway_attachment_id,
        transit_gateway_id: attachment.transit_gateway_id,
        transit_gateway_owner_id: attachment.transit_gateway_owner_id,
        resource_owner_id: attachment.resource_owner_id,
        resource_type: attachment.resource_type.map(|kind| kind.as_str().to_owned()),
        resource_id: attachment.resource_id,
        state: attachment.state.map(|state| state.as_str().to_owned()),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

pub(super) fn vpn_gateway(gateway: types::VpnGateway) -> Entry<VpnGateway> {
    let id = gateway.vpn_gateway_id.clone().unwrap_or_default();
    let attachment = |attachment: types::VpcAttachment| {
        let state = attachment.state.map(|state| state.as_str().to_owned());
        VpcAttachmentAnswer { vpc_id: attachment.vpc_id, state }.record()
    };
    let answer = VpnGatewayAnswer {
        vpn_gateway_id: gateway.vpn_gateway_id,
        state: gateway.state.map(|state| state.as_str().to_owned()),
        vpc_attachments: each(gateway.vpc_attachments, attachment),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

pub(super) fn endpoint(endpoint: types::VpcEndpoint) -> Entry<VpcEndpoint> {
    let id = endpoint.vpc_endpoint_id.clone().unwrap_or_default();
    let answer = VpcEndpointAnswer {
        vpc_endpoint_id: endpoint.vpc_endpoint_id,
        vpc_endpoint_type: endpoint.vpc_endpoint_type.map(|kind| kind.as_str().to_owned()),
        vpc_id: endpoint.vpc_id,
        service_name: endpoint.service_name,
        state: endpoint.state.map(|state| state.as_str().to_owned()),
        network_interface_ids: endpoint.network_interface_ids,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn both_sides_of_a_peering_are_kept() {
        let side = types::VpcPeeringConnectionVpcInfo::builder()
            .vpc_id("vpc-2")
            .owner_id("210987654321")
            .region("eu-west-1")
            .cidr_block_set(types::CidrBlock::builder().cidr_block("10.7.0.0/16").build())
            .ipv6_cidr_block_set(types::Ipv6CidrBlock::builder().ipv6_cidr_block("2a05::/56").build());
        let status = types::VpcPeeringConnectionStateReason::builder()
            .code(types::VpcPeeringConnectionStateReasonCode::Active)
            .build();
        let full = types::VpcPeeringConnection::builder()
            .vpc_peering_connection_id("pcx-1")
            .status(status)
            .accepter_vpc_info(side.build())
            .requester_vpc_info(types::VpcPeeringConnectionVpcInfo::builder().vpc_id("vpc-1").build());
        let (id, data) = kept(peering(full.build()));
        assert_eq!((id.as_str(), &data["Status"]), ("pcx-1", &json!({"Code": "active"})));
        let expected = json!({"VpcId": "vpc-2", "OwnerId": "210987654321", "Region": "eu-west-1",
            "CidrBlockSet": [{"CidrBlock": "10.7.0.0/16"}], "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "2a05::/56"}]});
        assert_eq!(data["AccepterVpcInfo"], expected);
        assert_eq!(data["RequesterVpcInfo"], json!({"VpcId": "vpc-1", "Ipv6CidrBlockSet": []}));
    }

    #[test]
    fn attachments_and_endpoints_keep_what_was_said() {
        let attachment = types::TransitGatewayAttachment::builder()
            .transit_gateway_attachment_id("tgw-attach-1")
            .resource_type(types::TransitGatewayAttachmentResourceType::Vpn)
            .state(types::TransitGatewayAttachmentState::Available);
        let (id, data) = kept(transit_gateway_attachment(attachment.build()));
        assert_eq!(id, "tgw-attach-1");
        assert_eq!((&data["ResourceType"], &data["State"]), (&json!("vpn"), &json!("available")));
        let made = types::VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-1")
            .vpc_endpoint_type(types::VpcEndpointType::GatewayLoadBalancer);
        let (id, data) = kept(endpoint(made.build()));
        let expected = json!({"VpcEndpointId": "vpce-1", "VpcEndpointType": "GatewayLoadBalancer",
            "ServiceName": null, "NetworkInterfaceIds": []});
        assert_eq!((id.as_str(), data), ("vpce-1", expected));
    }

    #[test]
    fn a_vpn_gateway_names_its_networks() {
        let attachment = types::VpcAttachment::builder().vpc_id("vpc-1").state(types::AttachmentStatus::Attached);
        let full = types::VpnGateway::builder()
            .vpn_gateway_id("vgw-1")
            .state(types::VpnState::Available)
            .vpc_attachments(attachment.build());
        let expected = json!({"VpnGatewayId": "vgw-1", "State": "available",
            "VpcAttachments": [{"VpcId": "vpc-1", "State": "attached"}]});
        assert_eq!(kept(vpn_gateway(full.build())), ("vgw-1".to_owned(), expected));
    }
}

//! Network interfaces, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    GroupIdentifierAnswer, NetworkInterface, NetworkInterfaceAnswer, NetworkInterfaceAssociationAnswer,
    NetworkInterfaceAttachmentAnswer, NetworkInterfaceIpv6AddressAnswer, NetworkInterfacePrivateIpAddress,
    NetworkInterfacePrivateIpAddressAnswer,
};

pub(super) fn network_interface(interface: types::NetworkInterface) -> Entry<NetworkInterface> {
    let id = interface.network_interface_id.clone().unwrap_or_default();
    let group = |group: types::GroupIdentifier| GroupIdentifierAnswer { group_id: group.group_id }.record();
    let v6 = |address: types::NetworkInterfaceIpv6Address| {
        NetworkInterfaceIpv6AddressAnswer { ipv6_address: address.ipv6_address }.record()
    };
    let attachment = |attachment: types::NetworkInterfaceAttachment| {
        NetworkInterfaceAttachmentAnswer { instance_id: attachment.instance_id }.record()
    };
    let answer = NetworkInterfaceAnswer {
        network_interface_id: interface.network_interface_id,
        vpc_id: interface.vpc_id,
        subnet_id: interface.subnet_id,
        owner_id: interface.owner_id,
        groups: each(interface.groups, group),
        private_ip_addresses: each(interface.private_ip_addresses, v4),
        ipv6_addresses: each(interface.ipv6_addresses, v6),
        interface_type: interface.interface_type.map(|kind| kind.as_str().to_owned()),
        description: interface.description,
        requester_id: interface.requester_id,
        attachment: interface.attachment.map(attachment),
        status: interface.status.map(|status| status.as_str().to_owned()),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn v4(address: types::NetworkInterfacePrivateIpAddress) -> NetworkInterfacePrivateIpAddress {
    let association = |association: types::NetworkInterfaceAssociation| {
        NetworkInterfaceAssociationAnswer { public_ip: association.public_ip }.record()
    };
    NetworkInterfacePrivateIpAddressAnswer {
        private_ip_address: address.private_ip_address,
        association: address.association.map(association),
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn groups_and_addresses_are_kept() {
        let public = types::NetworkInterfaceAssociation::builder().public_ip("198.51.100.7").build();
        let address =
            types::NetworkInterfacePrivateIpAddress::builder().private_ip_address("10.0.0.5").association(public);
        let full = types::NetworkInterface::builder()
            .network_interface_id("eni-1")
            .groups(types::GroupIdentifier::builder().group_id("sg-1").build())
            .private_ip_addresses(address.build())
            .ipv6_addresses(types::NetworkInterfaceIpv6Address::builder().ipv6_address("2a05::5").build())
            .interface_type(types::NetworkInterfaceType::Lambda)
            .requester_id("amazon-rds")
            .attachment(types::NetworkInterfaceAttachment::builder().instance_id("i-1").build());
        let (id, data) = kept(network_interface(full.build()));
        assert_eq!(id, "eni-1");
        for (key, expected) in [
            ("Groups", json!([{"GroupId": "sg-1"}])),
            (
                "PrivateIpAddresses",
                json!([{"PrivateIpAddress": "10.0.0.5", "Association": {"PublicIp": "198.51.100.7"}}]),
            ),
            ("Ipv6Addresses", json!([{"Ipv6Address": "2a05::5"}])),
            ("InterfaceType", json!("lambda")),
            ("RequesterId", json!("amazon-rds")),
            ("Attachment", json!({"InstanceId": "i-1"})),
        ] {
            assert_eq!(data[key], expected, "{key}");
        }
        let (_, data) = kept(network_interface(types::NetworkInterface::builder().build()));
        assert_eq!((&data["Groups"], &data["Attachment"]), (&json!([]), &json!(null)));
    }
}

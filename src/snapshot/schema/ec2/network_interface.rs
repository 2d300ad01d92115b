//! Network interfaces: whatever has an address in a VPC.

record! {
    /// A network interface, from `ec2:DescribeNetworkInterfaces`.
    struct NetworkInterface / NetworkInterfaceAnswer = "network_interface" {
        /// Id of the interface.
        "NetworkInterfaceId" network_interface_id: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, unknown;
        /// Its subnet.
        "SubnetId" subnet_id: String, unknown;
        /// Account that owns it.
        "OwnerId" owner_id: String, unknown;
        /// Its security groups.
        "Groups" groups: Vec<GroupIdentifier>, empty;
        /// Its private IPv4 addresses, each with the public one that leads to it.
        "PrivateIpAddresses" private_ip_addresses: Vec<NetworkInterfacePrivateIpAddress>, empty;
        /// Its IPv6 addresses.
        "Ipv6Addresses" ipv6_addresses: Vec<NetworkInterfaceIpv6Address>, empty;
        /// `interface`, `lambda`, `network_load_balancer`, `nat_gateway`, …
        "InterfaceType" interface_type: String, unknown;
        /// What made it, in its own words.
        "Description" description: String, absent;
        /// The service that made it, as in `amazon-rds`.
        "RequesterId" requester_id: String, absent;
        /// The machine it is attached to.
        "Attachment" attachment: NetworkInterfaceAttachment, absent;
        /// `in-use` while it is attached.
        "Status" status: String, unknown;
    }
}

record! {
    /// A group that an interface is in.
    struct GroupIdentifier / GroupIdentifierAnswer = "group_identifier" {
        /// Id of the group.
        "GroupId" group_id: String, unknown;
    }
}

record! {
    /// A private IPv4 address.
    struct NetworkInterfacePrivateIpAddress / NetworkInterfacePrivateIpAddressAnswer = "network_interface_private_ip_address" {
        /// The address.
        "PrivateIpAddress" private_ip_address: String, unknown;
        /// The public address that leads to it.
        "Association" association: NetworkInterfaceAssociation, absent;
    }
}

record! {
    /// A public address.
    struct NetworkInterfaceAssociation / NetworkInterfaceAssociationAnswer = "network_interface_association" {
        /// The address.
        "PublicIp" public_ip: String, unknown;
    }
}

record! {
    /// An IPv6 address.
    struct NetworkInterfaceIpv6Address / NetworkInterfaceIpv6AddressAnswer = "network_interface_ipv6_address" {
        /// The address.
        "Ipv6Address" ipv6_address: String, unknown;
    }
}

record! {
    /// What an interface is attached to.
    struct NetworkInterfaceAttachment / NetworkInterfaceAttachmentAnswer = "network_interface_attachment" {
        /// The EC2 instance; none when a service attached it.
        "InstanceId" instance_id: String, absent;
    }
}

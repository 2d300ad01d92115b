//! Route tables, and what their routes lead to.

record! {
    /// A route table, from `ec2:DescribeRouteTables`.
    struct RouteTable / RouteTableAnswer = "route_table" {
        /// Id of the table.
        "RouteTableId" route_table_id: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, unknown;
        /// Account that owns it.
        "OwnerId" owner_id: String, unknown;
        /// Its routes.
        "Routes" routes: Vec<Route>, empty;
        /// What it applies to.
        "Associations" associations: Vec<RouteTableAssociation>, empty;
    }
}

record! {
    /// A route. One of the destinations and one of the targets is there.
    struct Route / RouteAnswer = "route" {
        /// IPv4 destination.
        "DestinationCidrBlock" destination_cidr_block: String, absent;
        /// IPv6 destination.
        "DestinationIpv6CidrBlock" destination_ipv6_cidr_block: String, absent;
        /// Prefix list as destination.
        "DestinationPrefixListId" destination_prefix_list_id: String, absent;
        /// `local`, or an internet (`igw-`), virtual private (`vgw-`) or endpoint gateway.
        "GatewayId" gateway_id: String, absent;
        /// NAT gateway.
        "NatGatewayId" nat_gateway_id: String, absent;
        /// Egress-only internet gateway.
        "EgressOnlyInternetGatewayId" egress_only_internet_gateway_id: String, absent;
        /// Transit gateway.
        "TransitGatewayId" transit_gateway_id: String, absent;
        /// Peering connection.
        "VpcPeeringConnectionId" vpc_peering_connection_id: String, absent;
        /// Network interface.
        "NetworkInterfaceId" network_interface_id: String, absent;
        /// Instance that forwards.
        "InstanceId" instance_id: String, absent;
        /// Local gateway of an Outpost.
        "LocalGatewayId" local_gateway_id: String, absent;
        /// Carrier gateway of a Wavelength zone.
        "CarrierGatewayId" carrier_gateway_id: String, absent;
        /// ARN of a Cloud WAN core network.
        "CoreNetworkArn" core_network_arn: String, absent;
        /// `CreateRouteTable`, `CreateRoute`, `EnableVgwRoutePropagation` or `Advertisement`.
        "Origin" origin: String, unknown;
        /// `active` or `blackhole`.
        "State" state: String, unknown;
    }
}

record! {
    /// What a route table applies to.
    struct RouteTableAssociation / RouteTableAssociationAnswer = "route_table_association" {
        /// Whether it is the VPC's main table.
        "Main" main: bool, unknown;
        /// Subnet that names the table itself.
        "SubnetId" subnet_id: String, absent;
        /// Gateway that hands what comes in to this table.
        "GatewayId" gateway_id: String, absent;
    }
}

record! {
    /// A peering connection, from `ec2:DescribeVpcPeeringConnections`.
    struct VpcPeeringConnection / VpcPeeringConnectionAnswer = "vpc_peering_connection" {
        /// Id of the connection.
        "VpcPeeringConnectionId" vpc_peering_connection_id: String, unknown;
        /// Whether it carries traffic.
        "Status" status: VpcPeeringConnectionStatus, unknown;
        /// The VPC that asked.
        "RequesterVpcInfo" requester_vpc_info: VpcPeeringConnectionVpcInfo, unknown;
        /// The VPC that accepted.
        "AccepterVpcInfo" accepter_vpc_info: VpcPeeringConnectionVpcInfo, unknown;
    }
}

record! {
    /// State of a peering connection.
    struct VpcPeeringConnectionStatus / VpcPeeringConnectionStatusAnswer = "vpc_peering_connection_status" {
        /// `active` while it carries traffic.
        "Code" code: String, unknown;
    }
}

record! {
    /// One side of a peering connection.
    struct VpcPeeringConnectionVpcInfo / VpcPeeringConnectionVpcInfoAnswer = "vpc_peering_connection_vpc_info" {
        /// The VPC.
        "VpcId" vpc_id: String, unknown;
        /// Its account.
        "OwnerId" owner_id: String, unknown;
        /// Its region.
        "Region" region: String, unknown;
        /// Its IPv4 ranges; none while the connection is not active.
        "CidrBlockSet" cidr_block_set: Vec<PeerCidrBlock>, unknown;
        /// Its IPv6 ranges.
        "Ipv6CidrBlockSet" ipv6_cidr_block_set: Vec<PeerIpv6CidrBlock>, empty;
    }
}

record! {
    /// An IPv4 range of a peered VPC.
    struct PeerCidrBlock / PeerCidrBlockAnswer = "peer_cidr_block" {
        /// The range.
        "CidrBlock" cidr_block: String, unknown;
    }
}

record! {
    /// An IPv6 range of a peered VPC.
    struct PeerIpv6CidrBlock / PeerIpv6CidrBlockAnswer = "peer_ipv6_cidr_block" {
        /// The range.
        "Ipv6CidrBlock" ipv6_cidr_block: String, unknown;
    }
}

record! {
    /// Something attached to a transit gateway, from `ec2:DescribeTransitGatewayAttachments`.
    struct TransitGatewayAttachment / TransitGatewayAttachmentAnswer = "transit_gateway_attachment" {
        /// Id of the attachment.
        "TransitGatewayAttachmentId" transit_gateway_attachment_id: String, unknown;
        /// The gateway.
        "TransitGatewayId" transit_gateway_id: String, unknown;
        /// Account of the gateway.
        "TransitGatewayOwnerId" transit_gateway_owner_id: String, unknown;
        /// Account of what is attached.
        "ResourceOwnerId" resource_owner_id: String, unknown;
        /// `vpc`, `vpn`, `direct-connect-gateway`, `peering`, …
        "ResourceType" resource_type: String, unknown;
        /// What is attached.
        "ResourceId" resource_id: String, unknown;
        /// `available` while it carries traffic.
        "State" state: String, unknown;
    }
}

record! {
    /// An endpoint in a VPC, from `ec2:DescribeVpcEndpoints`.
    struct VpcEndpoint / VpcEndpointAnswer = "vpc_endpoint" {
        /// Id of the endpoint.
        "VpcEndpointId" vpc_endpoint_id: String, unknown;
        /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`.
        "VpcEndpointType" vpc_endpoint_type: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, unknown;
        /// The service behind it; none behind a `Resource` endpoint.
        "ServiceName" service_name: String, absent;
        /// `available` while it carries traffic.
        "State" state: String, unknown;
        /// Network interfaces of the endpoint.
        "NetworkInterfaceIds" network_interface_ids: Vec<String>, empty;
    }
}

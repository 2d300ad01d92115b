//! Amazon EC2: VPCs, subnets, route tables, security groups. Shapes: Amazon EC2 API Reference, Data Types; member names as
//! the AWS CLI prints them.

vocabulary! {
    /// Tenancy of instances launched into a VPC.
    enum Tenancy = "tenancy" {
        /// Shared hardware.
        Default = "default",
        /// Hardware of one customer.
        Dedicated = "dedicated",
        /// A dedicated host.
        Host = "host",
    }
}

record! {
    /// A VPC, from `ec2:DescribeVpcs`.
    struct Vpc / VpcAnswer = "vpc" {
        /// Id of the VPC.
        "VpcId" vpc_id: String, unknown;
        /// Primary IPv4 range.
        "CidrBlock" cidr_block: String, unknown;
        /// Whether it is the region's default VPC.
        "IsDefault" is_default: bool, unknown;
        /// Tenancy of instances launched into it.
        "InstanceTenancy" instance_tenancy: Tenancy, unknown;
        /// Account that owns it; another one when it is shared.
        "OwnerId" owner_id: String, unknown;
    }
}

record! {
    /// A subnet, from `ec2:DescribeSubnets`.
    struct Subnet / SubnetAnswer = "subnet" {
        /// Id of the subnet.
        "SubnetId" subnet_id: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, unknown;
        /// IPv4 range; none in an IPv6-only subnet.
        "CidrBlock" cidr_block: String, absent;
        /// Availability zone.
        "AvailabilityZone" availability_zone: String, unknown;
        /// Account that owns it; another one when it is shared.
        "OwnerId" owner_id: String, unknown;
    }
}

record! {
    /// A route table, from `ec2:DescribeRouteTables`.
    struct RouteTable / RouteTableAnswer = "route_table" {
        /// Id of the table.
        "RouteTableId" route_table_id: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, unknown;
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
    }
}

record! {
    /// A security group, from `ec2:DescribeSecurityGroups`.
    struct SecurityGroup / SecurityGroupAnswer = "security_group" {
        /// Id of the group.
        "GroupId" group_id: String, unknown;
        /// Name; `default` is the one that every VPC has.
        "GroupName" group_name: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, absent;
        /// Account that owns it.
        "OwnerId" owner_id: String, unknown;
        /// Ingress rules, grouped by protocol and ports.
        "IpPermissions" ip_permissions: Vec<IpPermission>, empty;
    }
}

record! {
    /// Ingress rules of one protocol and port range.
    struct IpPermission / IpPermissionAnswer = "ip_permission" {
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
        "IpProtocol" ip_protocol: String, unknown;
        /// First port; none when all ports are meant.
        "FromPort" from_port: i64, absent;
        /// Last port; none when all ports are meant.
        "ToPort" to_port: i64, absent;
        /// IPv4 sources.
        "IpRanges" ip_ranges: Vec<IpRange>, empty;
        /// IPv6 sources.
        "Ipv6Ranges" ipv6_ranges: Vec<Ipv6Range>, empty;
        /// Prefix lists as sources.
        "PrefixListIds" prefix_list_ids: Vec<PrefixListId>, empty;
        /// Security groups as sources.
        "UserIdGroupPairs" user_id_group_pairs: Vec<UserIdGroupPair>, empty;
    }
}

record! {
    /// An IPv4 source.
    struct IpRange / IpRangeAnswer = "ip_range" {
        /// The range.
        "CidrIp" cidr_ip: String, unknown;
        /// What its author wrote about it.
        "Description" description: String, absent;
    }
}

record! {
    /// An IPv6 source.
    struct Ipv6Range / Ipv6RangeAnswer = "ipv6_range" {
        /// The range.
        "CidrIpv6" cidr_ipv6: String, unknown;
        /// What its author wrote about it.
        "Description" description: String, absent;
    }
}

record! {
    /// A prefix list as source.
    struct PrefixListId / PrefixListIdAnswer = "prefix_list_id" {
        /// Id of the list.
        "PrefixListId" prefix_list_id: String, unknown;
        /// What its author wrote about it.
        "Description" description: String, absent;
    }
}

record! {
    /// A security group as source.
    struct UserIdGroupPair / UserIdGroupPairAnswer = "user_id_group_pair" {
        /// Id of the group.
        "GroupId" group_id: String, unknown;
        /// Account of the group.
        "UserId" user_id: String, absent;
    }
}

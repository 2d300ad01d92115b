//! VPCs, subnets, and what blocks and logs their traffic.

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
        /// All its IPv4 ranges.
        "CidrBlockAssociationSet" cidr_block_association_set: Vec<VpcCidrBlockAssociation>, empty;
        /// All its IPv6 ranges.
        "Ipv6CidrBlockAssociationSet" ipv6_cidr_block_association_set: Vec<VpcIpv6CidrBlockAssociation>, empty;
    }
}

record! {
    /// An IPv4 range of a VPC.
    struct VpcCidrBlockAssociation / VpcCidrBlockAssociationAnswer = "vpc_cidr_block_association" {
        /// The range.
        "CidrBlock" cidr_block: String, unknown;
        /// Whether it is in use.
        "CidrBlockState" cidr_block_state: CidrBlockState, unknown;
    }
}

record! {
    /// An IPv6 range of a VPC.
    struct VpcIpv6CidrBlockAssociation / VpcIpv6CidrBlockAssociationAnswer = "vpc_ipv6_cidr_block_association" {
        /// The range.
        "Ipv6CidrBlock" ipv6_cidr_block: String, unknown;
        /// Whether it is in use.
        "Ipv6CidrBlockState" ipv6_cidr_block_state: CidrBlockState, unknown;
    }
}

record! {
    /// State of a range of a VPC or subnet.
    struct CidrBlockState / CidrBlockStateAnswer = "cidr_block_state" {
        /// `associating`, `associated`, `disassociating`, `disassociated`, `failing` or `failed`.
        "State" state: String, unknown;
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
        /// Its IPv6 ranges.
        "Ipv6CidrBlockAssociationSet" ipv6_cidr_block_association_set: Vec<SubnetIpv6CidrBlockAssociation>, empty;
    }
}

record! {
    /// An IPv6 range of a subnet.
    struct SubnetIpv6CidrBlockAssociation / SubnetIpv6CidrBlockAssociationAnswer = "subnet_ipv6_cidr_block_association" {
        /// The range.
        "Ipv6CidrBlock" ipv6_cidr_block: String, unknown;
        /// Whether it is in use.
        "Ipv6CidrBlockState" ipv6_cidr_block_state: CidrBlockState, unknown;
    }
}

vocabulary! {
    /// What VPC Block Public Access does to the internet gateways of a region.
    enum InternetGatewayBlockMode = "internet_gateway_block_mode" {
        /// Nothing.
        Off = "off",
        /// Lets nothing in or out.
        BlockBidirectional = "block-bidirectional",
        /// Lets nothing in.
        BlockIngress = "block-ingress",
    }
}

record! {
    /// VPC Block Public Access of an account in a region, from `ec2:DescribeVpcBlockPublicAccessOptions`.
    struct VpcBlockPublicAccessOptions / VpcBlockPublicAccessOptionsAnswer = "vpc_block_public_access_options" {
        /// Account that the options belong to.
        "AwsAccountId" aws_account_id: String, unknown;
        /// What is blocked.
        "InternetGatewayBlockMode" internet_gateway_block_mode: InternetGatewayBlockMode, unknown;
        /// Whether exclusions count: `allowed` or `not-allowed`.
        "ExclusionsAllowed" exclusions_allowed: String, unknown;
        /// `account` or `declarative-policy`.
        "ManagedBy" managed_by: String, unknown;
        /// `default-state`, `update-in-progress` or `update-complete`.
        "State" state: String, unknown;
    }
}

record! {
    /// A VPC or subnet that VPC Block Public Access leaves alone, from `ec2:DescribeVpcBlockPublicAccessExclusions`.
    struct VpcBlockPublicAccessExclusion / VpcBlockPublicAccessExclusionAnswer = "vpc_block_public_access_exclusion" {
        /// Id of the exclusion.
        "ExclusionId" exclusion_id: String, unknown;
        /// `allow-bidirectional` or `allow-egress`.
        "InternetGatewayExclusionMode" internet_gateway_exclusion_mode: String, unknown;
        /// ARN of the VPC or subnet.
        "ResourceArn" resource_arn: String, unknown;
        /// `create-complete` or `update-complete` while it counts.
        "State" state: String, unknown;
    }
}

record! {
    /// A flow log, from `ec2:DescribeFlowLogs`.
    struct FlowLog / FlowLogAnswer = "flow_log" {
        /// Id of the flow log.
        "FlowLogId" flow_log_id: String, unknown;
        /// The VPC, subnet, network interface or transit gateway whose traffic is logged.
        "ResourceId" resource_id: String, unknown;
        /// `ACCEPT`, `REJECT` or `ALL`; none for a transit gateway.
        "TrafficType" traffic_type: String, absent;
        /// `ACTIVE` while it logs.
        "FlowLogStatus" flow_log_status: String, unknown;
        /// `SUCCESS` or `FAILED`; none before the first delivery.
        "DeliverLogsStatus" deliver_logs_status: String, absent;
    }
}

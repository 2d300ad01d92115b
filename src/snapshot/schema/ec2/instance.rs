//! EC2 instances, as far as a path to a database goes through them.

use super::GroupIdentifier;

record! {
    /// An EC2 instance, from `ec2:DescribeInstances`.
    struct Instance / InstanceAnswer = "ec2_instance" {
        /// Id of the instance.
        "InstanceId" instance_id: String, unknown;
        /// Where it is in its life.
        "State" state: InstanceState, unknown;
        /// Its VPC; none once it is terminated.
        "VpcId" vpc_id: String, absent;
        /// Its subnet; none once it is terminated.
        "SubnetId" subnet_id: String, absent;
        /// The security groups of its primary interface.
        "SecurityGroups" security_groups: Vec<GroupIdentifier>, empty;
        /// The role that programs on it may act as.
        "IamInstanceProfile" iam_instance_profile: InstanceProfileAssociation, absent;
        /// Primary private IPv4 address.
        "PrivateIpAddress" private_ip_address: String, absent;
        /// Public IPv4 address.
        "PublicIpAddress" public_ip_address: String, absent;
    }
}

record! {
    /// Where an EC2 instance is in its life.
    struct InstanceState / InstanceStateAnswer = "ec2_instance_state" {
        /// `pending`, `running`, `shutting-down`, `terminated`, `stopping` or `stopped`.
        "Name" name: String, unknown;
    }
}

record! {
    /// The instance profile of an EC2 instance.
    struct InstanceProfileAssociation / InstanceProfileAssociationAnswer = "ec2_instance_profile" {
        /// ARN of the instance profile, which holds a role.
        "Arn" arn: String, unknown;
        /// Id of the instance profile.
        "Id" id: String, unknown;
    }
}

record! {
    /// A virtual private gateway, the AWS end of VPN connections, from `ec2:DescribeVpnGateways`.
    struct VpnGateway / VpnGatewayAnswer = "vpn_gateway" {
        /// Id of the gateway (`vgw-…`).
        "VpnGatewayId" vpn_gateway_id: String, unknown;
        /// `pending`, `available`, `deleting` or `deleted`.
        "State" state: String, unknown;
        /// VPCs that it is attached to.
        "VpcAttachments" vpc_attachments: Vec<VpcAttachment>, empty;
    }
}

record! {
    /// A VPC that a virtual private gateway is attached to.
    struct VpcAttachment / VpcAttachmentAnswer = "vpc_attachment" {
        /// Id of the VPC.
        "VpcId" vpc_id: String, unknown;
        /// `attaching`, `attached`, `detaching` or `detached`.
        "State" state: String, unknown;
    }
}

record! {
    /// A region of AWS as an account sees it, from `ec2:DescribeRegions`.
    struct RegionDescription / RegionDescriptionAnswer = "region_description" {
        /// Name of the region.
        "RegionName" region_name: String, unknown;
        /// `opt-in-not-required`, `opted-in` or `not-opted-in`.
        "OptInStatus" opt_in_status: String, unknown;
    }
}

//! Network ACLs.

record! {
    /// A network ACL, from `ec2:DescribeNetworkAcls`.
    struct NetworkAcl / NetworkAclAnswer = "network_acl" {
        /// Id of the ACL.
        "NetworkAclId" network_acl_id: String, unknown;
        /// Its VPC.
        "VpcId" vpc_id: String, unknown;
        /// Whether it is the VPC's default ACL.
        "IsDefault" is_default: bool, unknown;
        /// Account that owns it.
        "OwnerId" owner_id: String, unknown;
        /// The subnets it filters.
        "Associations" associations: Vec<NetworkAclAssociation>, empty;
        /// Its entries, in both directions.
        "Entries" entries: Vec<NetworkAclEntry>, empty;
    }
}

record! {
    /// A subnet that an ACL filters.
    struct NetworkAclAssociation / NetworkAclAssociationAnswer = "network_acl_association" {
        /// The subnet.
        "SubnetId" subnet_id: String, unknown;
    }
}

record! {
    /// An entry of an ACL. The one with the lowest number that fits a packet decides about it.
    struct NetworkAclEntry / NetworkAclEntryAnswer = "network_acl_entry" {
        /// Its number; 32767 and 32768 are the entries that every ACL ends with.
        "RuleNumber" rule_number: i64, unknown;
        /// Protocol number; `-1` means all.
        "Protocol" protocol: String, unknown;
        /// `allow` or `deny`.
        "RuleAction" rule_action: String, unknown;
        /// Whether it is about what leaves the subnet.
        "Egress" egress: bool, unknown;
        /// IPv4 range of the other side.
        "CidrBlock" cidr_block: String, absent;
        /// IPv6 range of the other side.
        "Ipv6CidrBlock" ipv6_cidr_block: String, absent;
        /// Destination ports; none when the protocol has no ports or all are meant.
        "PortRange" port_range: PortRange, absent;
    }
}

record! {
    /// A range of ports.
    struct PortRange / PortRangeAnswer = "port_range" {
        /// First port.
        "From" from: i64, unknown;
        /// Last port.
        "To" to: i64, unknown;
    }
}

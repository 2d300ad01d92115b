//! Security groups and their rules.

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
        /// Peering connection to the VPC of the group.
        "VpcPeeringConnectionId" vpc_peering_connection_id: String, absent;
        /// What its author wrote about it.
        "Description" description: String, absent;
    }
}

record! {
    /// One rule of a group with its id, from `ec2:DescribeSecurityGroupRules`.
    struct SecurityGroupRule / SecurityGroupRuleAnswer = "security_group_rule" {
        /// Id of the rule.
        "SecurityGroupRuleId" security_group_rule_id: String, unknown;
        /// Its group.
        "GroupId" group_id: String, unknown;
        /// Whether it is about what goes out.
        "IsEgress" is_egress: bool, unknown;
        /// Protocol, as in `ip_permission`.
        "IpProtocol" ip_protocol: String, unknown;
        /// First port; −1 when all are meant.
        "FromPort" from_port: i64, absent;
        /// Last port; −1 when all are meant.
        "ToPort" to_port: i64, absent;
        /// IPv4 range.
        "CidrIpv4" cidr_ipv4: String, absent;
        /// IPv6 range.
        "CidrIpv6" cidr_ipv6: String, absent;
        /// Prefix list.
        "PrefixListId" prefix_list_id: String, absent;
        /// Security group.
        "ReferencedGroupInfo" referenced_group_info: ReferencedSecurityGroup, absent;
    }
}

record! {
    /// A group that a rule names.
    struct ReferencedSecurityGroup / ReferencedSecurityGroupAnswer = "referenced_security_group" {
        /// Id of the group.
        "GroupId" group_id: String, unknown;
    }
}

record! {
    /// A managed prefix list, from `ec2:DescribeManagedPrefixLists`.
    struct ManagedPrefixList / ManagedPrefixListAnswer = "managed_prefix_list" {
        /// Id of the list.
        "PrefixListId" prefix_list_id: String, unknown;
        /// Its name.
        "PrefixListName" prefix_list_name: String, unknown;
        /// `IPv4` or `IPv6`.
        "AddressFamily" address_family: String, unknown;
        /// Account that owns it, or `AWS`.
        "OwnerId" owner_id: String, unknown;
    }
}

record! {
    /// The entries of one managed prefix list, from `ec2:GetManagedPrefixListEntries`.
    struct ManagedPrefixListEntries / ManagedPrefixListEntriesAnswer = "managed_prefix_list_entries" {
        /// Id of the list.
        "PrefixListId" prefix_list_id: String, unknown;
        /// Its entries.
        "Entries" entries: Vec<PrefixListEntry>, empty;
    }
}

record! {
    /// An entry of a prefix list.
    struct PrefixListEntry / PrefixListEntryAnswer = "prefix_list_entry" {
        /// The range.
        "Cidr" cidr: String, unknown;
        /// What its author wrote about it.
        "Description" description: String, absent;
    }
}

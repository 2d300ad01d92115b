//! Security groups, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    IpPermission, IpPermissionAnswer, IpRange, IpRangeAnswer, Ipv6Range, Ipv6RangeAnswer, PrefixListId,
    PrefixListIdAnswer, ReferencedSecurityGroupAnswer, SecurityGroup, SecurityGroupAnswer, SecurityGroupRule,
    SecurityGroupRuleAnswer, UserIdGroupPair, UserIdGroupPairAnswer,
};

pub(super) fn security_group(group: types::SecurityGroup) -> Entry<SecurityGroup> {
    let id = group.group_id.clone().unwrap_or_default();
    let answer = SecurityGroupAnswer {
        group_id: group.group_id,
        group_name: group.group_name,
        vpc_id: group.vpc_id,
        owner_id: group.owner_id,
        ip_permissions: each(group.ip_permissions, permission),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn permission(permission: types::IpPermission) -> IpPermission {
    IpPermissionAnswer {
        ip_protocol: permission.ip_protocol,
        from_port: permission.from_port.map(i64::from),
        to_port: permission.to_port.map(i64::from),
        ip_ranges: each(permission.ip_ranges, v4),
        ipv6_ranges: each(permission.ipv6_ranges, v6),
        prefix_list_ids: each(permission.prefix_list_ids, prefix_list),
        user_id_group_pairs: each(permission.user_id_group_pairs, group_pair),
    }
    .record()
}

fn v4(range: types::IpRange) -> IpRange {
    IpRangeAnswer { cidr_ip: range.cidr_ip, description: range.description }.record()
}

fn v6(range: types::Ipv6Range) -> Ipv6Range {
    Ipv6RangeAnswer { cidr_ipv6: range.cidr_ipv6, description: range.description }.record()
}

fn prefix_list(list: types::PrefixListId) -> PrefixListId {
    PrefixListIdAnswer { prefix_list_id: list.prefix_list_id, description: list.description }.record()
}

fn group_pair(pair: types::UserIdGroupPair) -> UserIdGroupPair {
    UserIdGroupPairAnswer {
        group_id: pair.group_id,
        user_id: pair.user_id,
        vpc_peering_connection_id: pair.vpc_peering_connection_id,
        description: pair.description,
    }
    .record()
}

/// A rule with its id.
pub(super) fn rule(rule: types::SecurityGroupRule) -> Entry<SecurityGroupRule> {
    let id = rule.security_group_rule_id.clone().unwrap_or_default();
    let referenced =
        |group: types::ReferencedSecurityGroup| ReferencedSecurityGroupAnswer { group_id: group.group_id }.record();
    let answer = SecurityGroupRuleAnswer {
        security_group_rule_id: rule.security_group_rule_id,
        group_id: rule.group_id,
        is_egress: rule.is_egress,
        ip_protocol: rule.ip_protocol,
        from_port: rule.from_port.map(i64::from),
        to_port: rule.to_port.map(i64::from),
        cidr_ipv4: rule.cidr_ipv4,
        cidr_ipv6: rule.cidr_ipv6,
        prefix_list_id: rule.prefix_list_id,
        referenced_group_info: rule.referenced_group_info.map(referenced),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::collect::aws::testing::kept;

    fn data(permission: types::IpPermission) -> Value {
        let group = types::SecurityGroup::builder().group_id("sg-1").group_name("db").ip_permissions(permission);
        let (id, data) = kept(security_group(group.build()));
        assert_eq!(id, "sg-1");
        data["IpPermissions"][0].clone()
    }

    #[test]
    fn every_kind_of_source_is_kept() {
        let tcp = || types::IpPermission::builder().ip_protocol("tcp").from_port(3306).to_port(3306);
        let range = types::IpRange::builder().cidr_ip("0.0.0.0/0").description("office").build();
        let v6 = types::Ipv6Range::builder().cidr_ipv6("::/0").build();
        let list = types::PrefixListId::builder().prefix_list_id("pl-1").build();
        let pair = types::UserIdGroupPair::builder().group_id("sg-2").user_id("1").build();
        for (permission, key, expected) in [
            (tcp().ip_ranges(range), "IpRanges", json!([{"CidrIp": "0.0.0.0/0", "Description": "office"}])),
            (tcp().ipv6_ranges(v6), "Ipv6Ranges", json!([{"CidrIpv6": "::/0", "Description": null}])),
            (tcp().prefix_list_ids(list), "PrefixListIds", json!([{"PrefixListId": "pl-1", "Description": null}])),
            (
                tcp().user_id_group_pairs(pair),
                "UserIdGroupPairs",
                json!([{"GroupId": "sg-2", "UserId": "1",
                "VpcPeeringConnectionId": null, "Description": null}]),
            ),
        ] {
            let data = data(permission.build());
            assert_eq!(data[key], expected);
            assert_eq!((&data["FromPort"], &data["ToPort"]), (&json!(3306), &json!(3306)));
        }
    }

    #[test]
    fn all_ports_are_said_by_naming_none() {
        let data = data(types::IpPermission::builder().ip_protocol("-1").build());
        assert_eq!((&data["FromPort"], &data["IpRanges"]), (&json!(null), &json!([])));
    }

    #[test]
    fn rules_keep_their_ids() {
        let group = types::ReferencedSecurityGroup::builder().group_id("sg-2").build();
        let full = types::SecurityGroupRule::builder()
            .security_group_rule_id("sgr-1")
            .group_id("sg-1")
            .is_egress(false)
            .ip_protocol("tcp")
            .from_port(3306)
            .to_port(3306)
            .referenced_group_info(group);
        let (id, data) = kept(rule(full.build()));
        assert_eq!(id, "sgr-1");
        let expected = json!({"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "IsEgress": false,
            "IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "CidrIpv4": null, "CidrIpv6": null,
            "PrefixListId": null, "ReferencedGroupInfo": {"GroupId": "sg-2"}});
        assert_eq!(data, expected);
    }
}

//! EC2 instances, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    GroupIdentifierAnswer, Instance, InstanceAnswer, InstanceProfileAssociationAnswer, InstanceStateAnswer,
};

/// Neither user data nor tags: programs keep secrets in both.
pub(super) fn instance(instance: types::Instance) -> Entry<Instance> {
    let id = instance.instance_id.clone().unwrap_or_default();
    let group = |group: types::GroupIdentifier| GroupIdentifierAnswer { group_id: group.group_id }.record();
    let profile = |profile: types::IamInstanceProfile| {
        InstanceProfileAssociationAnswer { arn: profile.arn, id: profile.id }.record()
    };
    let state = |state: types::InstanceState| {
        InstanceStateAnswer { name: state.name.map(|name| name.as_str().to_owned()) }.record()
    };
    let answer = InstanceAnswer {
        instance_id: instance.instance_id,
        state: instance.state.map(state),
        vpc_id: instance.vpc_id,
        subnet_id: instance.subnet_id,
        security_groups: each(instance.security_groups, group),
        iam_instance_profile: instance.iam_instance_profile.map(profile),
        private_ip_address: instance.private_ip_address,
        public_ip_address: instance.public_ip_address,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn what_was_said_is_kept() {
        let full = types::Instance::builder()
            .instance_id("i-1")
            .state(types::InstanceState::builder().name(types::InstanceStateName::Running).build())
            .vpc_id("vpc-1")
            .subnet_id("subnet-1")
            .security_groups(types::GroupIdentifier::builder().group_id("sg-1").build())
            .iam_instance_profile(types::IamInstanceProfile::builder().arn("arn:p").id("AIPA").build())
            .private_ip_address("10.0.0.1");
        let expected = json!({"InstanceId": "i-1", "State": {"Name": "running"}, "VpcId": "vpc-1", "SubnetId": "subnet-1",
            "SecurityGroups": [{"GroupId": "sg-1"}], "IamInstanceProfile": {"Arn": "arn:p", "Id": "AIPA"},
            "PrivateIpAddress": "10.0.0.1", "PublicIpAddress": null});
        assert_eq!(kept(instance(full.build())), ("i-1".to_owned(), expected));
        let gone = types::Instance::builder().instance_id("i-1");
        let expected = json!({"InstanceId": "i-1", "VpcId": null, "SubnetId": null, "SecurityGroups": [],
            "IamInstanceProfile": null, "PrivateIpAddress": null, "PublicIpAddress": null});
        assert_eq!(kept(instance(gone.build())).1, expected);
    }
}

//! What blocks and what logs the traffic of VPCs, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::Entry;
use crate::snapshot::schema::ec2::{
    FlowLog, FlowLogAnswer, InternetGatewayBlockMode, VpcBlockPublicAccessExclusion,
    VpcBlockPublicAccessExclusionAnswer, VpcBlockPublicAccessOptions, VpcBlockPublicAccessOptionsAnswer,
};

pub(super) fn options(options: types::VpcBlockPublicAccessOptions) -> VpcBlockPublicAccessOptions {
    let mode = |mode: types::InternetGatewayBlockMode| InternetGatewayBlockMode::from(mode.as_str().to_owned());
    VpcBlockPublicAccessOptionsAnswer {
        aws_account_id: options.aws_account_id,
        internet_gateway_block_mode: options.internet_gateway_block_mode.map(mode),
        exclusions_allowed: options.exclusions_allowed.map(|allowed| allowed.as_str().to_owned()),
        managed_by: options.managed_by.map(|manager| manager.as_str().to_owned()),
        state: options.state.map(|state| state.as_str().to_owned()),
    }
    .record()
}

pub(super) fn exclusion(exclusion: types::VpcBlockPublicAccessExclusion) -> Entry<VpcBlockPublicAccessExclusion> {
    let id = exclusion.exclusion_id.clone().unwrap_or_default();
    let answer = VpcBlockPublicAccessExclusionAnswer {
        exclusion_id: exclusion.exclusion_id,
        internet_gateway_exclusion_mode: exclusion.internet_gateway_exclusion_mode.map(|mode| mode.as_str().to_owned()),
        resource_arn: exclusion.resource_arn,
        state: exclusion.state.map(|state| state.as_str().to_owned()),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

pub(super) fn flow_log(log: types::FlowLog) -> Entry<FlowLog> {
    let id = log.flow_log_id.clone().unwrap_or_default();
    let answer = FlowLogAnswer {
        flow_log_id: log.flow_log_id,
        resource_id: log.resource_id,
        traffic_type: log.traffic_type.map(|kind| kind.as_str().to_owned()),
        flow_log_status: log.flow_log_status,
        deliver_logs_status: log.deliver_logs_status,
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
        let full = types::VpcBlockPublicAccessOptions::builder()
            .aws_account_id("123456789012")
            .internet_gateway_block_mode(types::InternetGatewayBlockMode::BlockIngress)
            .exclusions_allowed(types::VpcBlockPublicAccessExclusionsAllowed::Allowed)
            .build();
        let expected = json!({"AwsAccountId": "123456789012", "InternetGatewayBlockMode": "block-ingress",
            "ExclusionsAllowed": "allowed"});
        assert_eq!(serde_json::to_value(options(full)).unwrap(), expected);
        let full = types::VpcBlockPublicAccessExclusion::builder()
            .exclusion_id("vpcbpa-exclude-1")
            .resource_arn("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1")
            .internet_gateway_exclusion_mode(types::InternetGatewayExclusionMode::AllowBidirectional)
            .state(types::VpcBlockPublicAccessExclusionState::CreateComplete);
        let expected = json!({"ExclusionId": "vpcbpa-exclude-1", "State": "create-complete",
            "InternetGatewayExclusionMode": "allow-bidirectional",
            "ResourceArn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"});
        assert_eq!(kept(exclusion(full.build())), ("vpcbpa-exclude-1".to_owned(), expected));
        let full = types::FlowLog::builder()
            .flow_log_id("fl-1")
            .resource_id("vpc-1")
            .traffic_type(types::TrafficType::Reject)
            .flow_log_status("ACTIVE");
        let expected = json!({"FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "REJECT",
            "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": null});
        assert_eq!(kept(flow_log(full.build())), ("fl-1".to_owned(), expected));
    }
}

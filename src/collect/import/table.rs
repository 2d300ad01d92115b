//! What the AWS CLI prints for each call, and the records that it becomes.

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::collect::{Sink, credential_report};
use crate::model::{Answered, ObjectType, Type};
use crate::snapshot::Kind;
use crate::snapshot::schema::collection::ExcludedAnswer;
use crate::snapshot::schema::{
    backup, cloudtrail, ec2, iam, kms, lambda, logs, organizations, rds, rds_operations, rds_parameter, rds_proxy,
    secretsmanager, sts,
};

/// Where an answer goes.
pub(super) struct Out<'o> {
    pub sink: &'o mut Sink,
    pub scope: (&'o str, &'o str),
    pub action: &'static str,
    /// What was asked for by name.
    pub target: Option<&'o str>,
    pub at: Timestamp,
}

/// What becomes of an answer.
struct Entry {
    action: &'static str,
    write: fn(&mut Out<'_>, Value) -> Result<(), String>,
}

macro_rules! table {
    (
        lists: $($action:literal . $member:literal => $answer:ty, [$($id:literal),+] $(, of $engine:literal is $only:literal)?;)*
        ones: $($one:literal $(. $within:literal)? => $one_answer:ty $(, named $name:literal)?;)*
    ) => {
        const TABLE: &[Entry] = &[
            $(Entry { action: $action, write: |out, value| {
                let kept: Only = None $(.or(Some(($engine, $only))))?;
                list::<$answer>(out, items(value, $member)?, &[$($id),+], kept)
            } },)*
            $(Entry { action: $one, write: |out, value| {
                let within: Option<&str> = None $(.or(Some($within)))?;
                let name: Option<&str> = None $(.or(Some($name)))?;
                one::<$one_answer>(out, value, within, name)
            } },)*
            Entry { action: "ec2:DescribeInstances", write: instances },
            Entry { action: "iam:GetAccountAuthorizationDetails", write: authorization },
            Entry { action: "iam:GetCredentialReport", write: report },
        ];
    };
}

/// The member that tells the kind of an item, and what it begins with when the item is kept.
type Only = Option<(&'static str, &'static str)>;

table! {
    lists:
    "ec2:DescribeRegions"."Regions" => ec2::RegionDescriptionAnswer, ["RegionName"];
    "rds:DescribeDBClusters"."DBClusters" => rds::DbClusterAnswer, ["DBClusterArn", "DBClusterIdentifier"], of "Engine" is "aurora";
    "rds:DescribeDBInstances"."DBInstances" => rds::DbInstanceAnswer, ["DBInstanceArn", "DBInstanceIdentifier"], of "Engine" is "aurora";
    "rds:DescribeDBClusterParameterGroups"."DBClusterParameterGroups" => rds::DbClusterParameterGroupAnswer, ["DBClusterParameterGroupName"];
    "rds:DescribeDBParameterGroups"."DBParameterGroups" => rds_parameter::DbParameterGroupAnswer, ["DBParameterGroupName"];
    "rds:DescribeDBSubnetGroups"."DBSubnetGroups" => rds::DbSubnetGroupAnswer, ["DBSubnetGroupArn", "DBSubnetGroupName"];
    "rds:DescribeDBClusterSnapshots"."DBClusterSnapshots" => rds::DbClusterSnapshotAnswer,
        ["DBClusterSnapshotArn", "DBClusterSnapshotIdentifier"], of "Engine" is "aurora";
    "rds:DescribeDBClusterEndpoints"."DBClusterEndpoints" => rds_proxy::DbClusterEndpointAnswer, ["DBClusterEndpointArn", "Endpoint"];
    "rds:DescribeDBProxies"."DBProxies" => rds_proxy::DbProxyAnswer, ["DBProxyArn", "DBProxyName"];
    "rds:DescribeDBProxyEndpoints"."DBProxyEndpoints" => rds_proxy::DbProxyEndpointAnswer, ["DBProxyEndpointArn", "DBProxyEndpointName"];
    "rds:DescribeCertificates"."Certificates" => rds_proxy::CertificateAuthorityAnswer, ["CertificateArn", "CertificateIdentifier"];
    "rds:DescribePendingMaintenanceActions"."PendingMaintenanceActions" => rds_parameter::ResourcePendingMaintenanceActionsAnswer, ["ResourceIdentifier"];
    "rds:DescribeGlobalClusters"."GlobalClusters" => rds_operations::GlobalClusterAnswer,
        ["GlobalClusterArn", "GlobalClusterIdentifier"], of "Engine" is "aurora";
    "rds:DescribeDBMajorEngineVersions"."DBMajorEngineVersions" => rds_operations::DbMajorEngineVersionAnswer,
        ["Engine", "MajorEngineVersion"], of "Engine" is "aurora";
    "rds:DescribeEventSubscriptions"."EventSubscriptionsList" => rds_operations::EventSubscriptionAnswer, ["EventSubscriptionArn", "CustSubscriptionId"];
    "ec2:DescribeVpcs"."Vpcs" => ec2::VpcAnswer, ["VpcId"];
    "ec2:DescribeSubnets"."Subnets" => ec2::SubnetAnswer, ["SubnetId"];
    "ec2:DescribeRouteTables"."RouteTables" => ec2::RouteTableAnswer, ["RouteTableId"];
    "ec2:DescribeSecurityGroups"."SecurityGroups" => ec2::SecurityGroupAnswer, ["GroupId"];
    "ec2:DescribeSecurityGroupRules"."SecurityGroupRules" => ec2::SecurityGroupRuleAnswer, ["SecurityGroupRuleId"];
    "ec2:DescribeNetworkAcls"."NetworkAcls" => ec2::NetworkAclAnswer, ["NetworkAclId"];
    "ec2:DescribeNetworkInterfaces"."NetworkInterfaces" => ec2::NetworkInterfaceAnswer, ["NetworkInterfaceId"];
    "ec2:DescribeManagedPrefixLists"."PrefixLists" => ec2::ManagedPrefixListAnswer, ["PrefixListId"];
    "ec2:DescribeVpcPeeringConnections"."VpcPeeringConnections" => ec2::VpcPeeringConnectionAnswer, ["VpcPeeringConnectionId"];
    "ec2:DescribeTransitGatewayAttachments"."TransitGatewayAttachments" => ec2::TransitGatewayAttachmentAnswer, ["TransitGatewayAttachmentId"];
    "ec2:DescribeVpnGateways"."VpnGateways" => ec2::VpnGatewayAnswer, ["VpnGatewayId"];
    "ec2:DescribeVpcEndpoints"."VpcEndpoints" => ec2::VpcEndpointAnswer, ["VpcEndpointId"];
    "ec2:DescribeVpcBlockPublicAccessExclusions"."VpcBlockPublicAccessExclusions" => ec2::VpcBlockPublicAccessExclusionAnswer, ["ExclusionId"];
    "ec2:DescribeFlowLogs"."FlowLogs" => ec2::FlowLogAnswer, ["FlowLogId"];
    "lambda:ListFunctions"."Functions" => lambda::FunctionAnswer, ["FunctionArn"];
    "logs:DescribeLogGroups"."logGroups" => logs::LogGroupAnswer, ["logGroupArn", "logGroupName"];
    "cloudtrail:DescribeTrails"."trailList" => cloudtrail::TrailAnswer, ["TrailARN"];
    "backup:ListProtectedResources"."Results" => backup::ProtectedResourceAnswer, ["ResourceArn"], of "ResourceType" is "Aurora";
    "secretsmanager:ListSecrets"."SecretList" => secretsmanager::SecretAnswer, ["ARN"], of "OwningService" is "rds";
    ones:
    "sts:GetCallerIdentity" => sts::CallerIdentityAnswer;
    "iam:GetAccountSummary"."SummaryMap" => iam::AccountSummaryAnswer;
    "organizations:DescribeOrganization"."Organization" => organizations::OrganizationAnswer;
    "rds:DescribeDBClusterParameters" => rds::DbClusterParametersAnswer, named "DBClusterParameterGroupName";
    "rds:DescribeDBParameters" => rds_parameter::DbParametersAnswer, named "DBParameterGroupName";
    "rds:DescribeEngineDefaultClusterParameters"."EngineDefaults" => rds_parameter::EngineDefaultsAnswer, named "DBParameterGroupFamily";
    "rds:DescribeDBClusterSnapshotAttributes"."DBClusterSnapshotAttributesResult" => rds::DbClusterSnapshotAttributesAnswer, named "DBClusterSnapshotIdentifier";
    "rds:DescribeDBProxyTargets" => rds_proxy::DbProxyTargetsAnswer, named "DBProxyName";
    "ec2:GetManagedPrefixListEntries" => ec2::ManagedPrefixListEntriesAnswer, named "PrefixListId";
    "ec2:DescribeVpcBlockPublicAccessOptions"."VpcBlockPublicAccessOptions" => ec2::VpcBlockPublicAccessOptionsAnswer;
    "kms:DescribeKey"."KeyMetadata" => kms::KeyAnswer;
    "kms:GetKeyRotationStatus" => kms::KeyRotationStatusAnswer, named "KeyId";
    "kms:GetKeyPolicy" => kms::KeyPolicyAnswer, named "KeyId";
    "cloudtrail:GetTrailStatus" => cloudtrail::TrailStatusAnswer, named "TrailARN";
    "secretsmanager:GetResourcePolicy" => secretsmanager::SecretPolicyAnswer, named "ARN";
}

/// Whether an answer to this call becomes anything.
pub(super) fn has(action: &str) -> bool {
    TABLE.iter().any(|entry| entry.action == action)
}

/// Writes an answer; one that becomes nothing is passed over.
pub(super) fn write(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    TABLE.iter().find(|entry| entry.action == out.action).map_or(Ok(()), |entry| (entry.write)(out, value))
}

fn items(value: Value, member: &str) -> Result<Vec<Value>, String> {
    let Value::Object(mut members) = value else { return Err(format!("it has no member {member}")) };
    match members.remove(member) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(format!("its member {member} is no list")),
    }
}

fn list<A>(out: &mut Out<'_>, items: Vec<Value>, ids: &[&str], only: Only) -> Result<(), String>
where
    A: Answered + DeserializeOwned,
    A::Record: Kind,
{
    let (returned, mut excluded) = (items.len(), Vec::new());
    for item in items {
        let id = ids.iter().find_map(|id| item.get(id)?.as_str()).unwrap_or_default().to_owned();
        let other = only.and_then(|(member, kept)| {
            let word = item.get(member).and_then(Value::as_str).unwrap_or_default();
            // What does not say what it is, is kept; but for secrets, of which most are nobody's business.
            (!word.starts_with(kept) && (!word.is_empty() || member == "OwningService")).then(|| word.to_owned())
        });
        if let Some(word) = other {
            let why = format!("{} {word}", only.map_or("", |(member, _)| member).to_ascii_lowercase());
            excluded.push(ExcludedAnswer { id: Some(id), why: Some(why.trim().to_owned()) }.record());
            continue;
        }
        let record = read::<A>(item)?;
        out.sink.record_at(out.at, out.scope, id, out.action, &record);
    }
    out.sink.listing_at::<A::Record>(out.at, out.scope, (out.action, None), returned, excluded);
    Ok(())
}

fn one<A>(out: &mut Out<'_>, value: Value, within: Option<&str>, name: Option<&str>) -> Result<(), String>
where
    A: Answered + DeserializeOwned,
    A::Record: Kind,
{
    let Value::Object(mut members) = value else { return Err("it is no object".to_owned()) };
    let mut inner = match within {
        None => members,
        Some(member) => match members.remove(member) {
            Some(Value::Object(inner)) => inner,
            _ => return Err(format!("it has no member {member}")),
        },
    };
    if let (Some(name), Some(target)) = (name, out.target) {
        inner.entry(name).or_insert_with(|| target.into());
    }
    sort_parameters(&mut inner);
    let id = out.target.unwrap_or(out.scope.0).to_owned();
    let record = read::<A>(Value::Object(inner))?;
    out.sink.record_at(out.at, out.scope, id, out.action, &record);
    if out.action == "organizations:DescribeOrganization" {
        out.sink.listing_at::<A::Record>(out.at, out.scope, (out.action, None), 1, Vec::new());
    }
    Ok(())
}

fn sort_parameters(members: &mut Map<String, Value>) {
    let name =
        |parameter: &Value| parameter.get("ParameterName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(Value::Array(parameters)) = members.get_mut("Parameters") {
        parameters.sort_by_key(name);
    }
}

fn read<A: Answered + DeserializeOwned>(mut item: Value) -> Result<A::Record, String> {
    let Value::Object(members) = &mut item else { return Err("an item is no object".to_owned()) };
    parse_policies(members);
    fill(A::object_type(), &mut item, true);
    serde_json::from_value::<A>(item).map(Answered::answered).map_err(|error| error.to_string())
}

/// Some services send their policies as text.
fn parse_policies(members: &mut Map<String, Value>) {
    for name in ["Policy", "ResourcePolicy"] {
        let parsed = members.get(name).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        if let Some(policy) = parsed {
            members.insert(name.to_owned(), policy);
        }
    }
}

/// Within a record, what the CLI leaves out and AWS leaves out by design is written down as absent. The outermost object gives its
/// omissions their meaning by itself.
fn fill(object: &ObjectType, value: &mut Value, outermost: bool) {
    let Value::Object(members) = value else { return };
    for field in object.fields {
        match members.get_mut(field.key) {
            Some(inner) => fill_type(&field.ty, inner),
            None if field.optional && !outermost => {
                members.insert(field.key.to_owned(), Value::Null);
            }
            None => {}
        }
    }
}

fn fill_type(of: &Type, value: &mut Value) {
    match (of, value) {
        (Type::Object(object), value) => fill(object, value, false),
        (Type::List(item), Value::Array(items)) => items.iter_mut().for_each(|it| fill_type(item, it)),
        _ => {}
    }
}

fn instances(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    let mut all = Vec::new();
    for reservation in items(value, "Reservations")? {
        all.extend(items(reservation, "Instances")?);
    }
    list::<ec2::InstanceAnswer>(out, all, &["InstanceId"], None)
}

fn authorization(out: &mut Out<'_>, mut value: Value) -> Result<(), String> {
    let mut take = |member: &str| match value.get_mut(member).map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(format!("its member {member} is no list")),
    };
    let (users, groups) = (take("UserDetailList")?, take("GroupDetailList")?);
    let (roles, policies) = (take("RoleDetailList")?, take("Policies")?);
    list::<iam::UserDetailAnswer>(out, users, &["Arn"], None)?;
    list::<iam::GroupDetailAnswer>(out, groups, &["Arn"], None)?;
    list::<iam::RoleDetailAnswer>(out, roles, &["Arn"], None)?;
    list::<iam::ManagedPolicyDetailAnswer>(out, policies, &["Arn"], None)
}

#[expect(clippy::needless_pass_by_value, reason = "all writers have one shape")]
fn report(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    let content = value.get("Content").and_then(Value::as_str).ok_or("it has no member Content")?;
    let bytes = BASE64.decode(content.as_bytes()).map_err(|error| error.to_string())?;
    let rows = credential_report::read(&String::from_utf8(bytes).map_err(|error| error.to_string())?)?;
    let returned = rows.len();
    for (id, row) in rows {
        out.sink.record_at(out.at, out.scope, id, out.action, &row);
    }
    out.sink.listing_at::<iam::CredentialReportRow>(out.at, out.scope, (out.action, None), returned, Vec::new());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actions::CALLS;

    #[test]
    fn the_table_knows_only_calls_that_are_made() {
        for entry in TABLE {
            assert!(CALLS.iter().any(|call| call.action == entry.action), "{}", entry.action);
        }
    }

    #[test]
    fn what_is_left_out_within_is_absent() {
        let group = serde_json::json!({"GroupId": "sg", "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "g"}]}]});
        let record = read::<ec2::SecurityGroupAnswer>(group).unwrap();
        let json = serde_json::to_value(record).unwrap();
        assert_eq!(json.pointer("/IpPermissions/0/FromPort"), Some(&Value::Null), "{json}");
    }
}

//! What the AWS CLI prints for each call, and the records that it becomes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::collect::organization::way_not_asked;
use crate::collect::{Sink, credential_report};
use crate::model::{Answered, ObjectType, Type};
use crate::snapshot::Kind;
use crate::snapshot::schema::collection::{Excluded, ExcludedAnswer};
use crate::snapshot::schema::{
    backup, cloudtrail, ec2, ecs, iam, kms, lambda, logs, organizations, rds, rds_operations, rds_parameter, rds_proxy,
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
    /// Where the answers of the region are.
    pub folder: &'o Path,
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
                one::<$one_answer>(out, value, within, name, None)
            } },)*
            Entry { action: "ec2:DescribeInstances", write: instances },
            Entry { action: "iam:GetAccountAuthorizationDetails", write: authorization },
            Entry { action: "iam:GetCredentialReport", write: report },
            Entry { action: "organizations:DescribeOrganization", write: organization },
            Entry { action: "sts:GetCallerIdentity", write: caller },
            Entry { action: "ec2:DescribeVpcBlockPublicAccessOptions", write: block_options },
            Entry { action: "rds:DescribeDBMajorEngineVersions", write: major_versions },
            Entry { action: "rds:DescribeDBClusterSnapshotAttributes", write: snapshot_attributes },
            Entry { action: "secretsmanager:ListSecrets", write: secrets },
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
    ones:
    "iam:GetAccountSummary"."SummaryMap" => iam::AccountSummaryAnswer;
    "rds:DescribeDBClusterParameters" => rds::DbClusterParametersAnswer, named "DBClusterParameterGroupName";
    "rds:DescribeDBParameters" => rds_parameter::DbParametersAnswer, named "DBParameterGroupName";
    "rds:DescribeEngineDefaultClusterParameters"."EngineDefaults" => rds_parameter::EngineDefaultsAnswer, named "DBParameterGroupFamily";
    "rds:DescribeDBProxyTargets" => rds_proxy::DbProxyTargetsAnswer, named "DBProxyName";
    "ec2:GetManagedPrefixListEntries" => ec2::ManagedPrefixListEntriesAnswer, named "PrefixListId";
    "ecs:DescribeTaskDefinition"."taskDefinition" => ecs::TaskDefinitionAnswer;
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

/// Writes the records of items that are all there are, and that they are.
pub(super) fn list<A>(out: &mut Out<'_>, items: Vec<Value>, ids: &[&str], only: Only) -> Result<(), String>
where
    A: Answered + DeserializeOwned,
    A::Record: Kind,
{
    let returned = items.len();
    let excluded = records::<A>(out, items, ids, only)?;
    out.listing::<A>(returned, excluded);
    Ok(())
}

/// Writes the records of items, and gives those that are only counted.
pub(super) fn records<A>(
    out: &mut Out<'_>,
    items: Vec<Value>,
    ids: &[&str],
    only: Only,
) -> Result<Vec<Excluded>, String>
where
    A: Answered + DeserializeOwned,
    A::Record: Kind,
{
    let mut excluded = Vec::new();
    for item in items {
        let id = ids.iter().find_map(|id| item.get(id)?.as_str()).unwrap_or_default().to_owned();
        let other = only.and_then(|(member, kept)| {
            let word = item.get(member).and_then(Value::as_str).unwrap_or_default();
            // What does not say what it is, is kept.
            (!word.starts_with(kept) && !word.is_empty()).then(|| word.to_owned())
        });
        if let Some(word) = other {
            let member = only.map_or("", |(member, _)| if member == "ResourceType" { "type" } else { member });
            excluded.push((id, format!("{} {word}", member.to_ascii_lowercase())));
            continue;
        }
        let record = read::<A>(item)?;
        out.record(id, &record);
    }
    excluded.sort_unstable();
    let counted = |(id, why)| ExcludedAnswer { id: Some(id), why: Some(why) }.record();
    Ok(excluded.into_iter().map(counted).collect())
}

impl Out<'_> {
    fn record<K: Kind>(&mut self, id: impl Into<String>, record: &K) {
        self.sink.record_at(self.at, self.scope, id, self.action, record);
    }

    fn listing<A>(&mut self, returned: usize, excluded: Vec<Excluded>)
    where
        A: Answered,
        A::Record: Kind,
    {
        self.sink.listing_at::<A::Record>(self.at, self.scope, (self.action, None), returned, excluded);
    }
}

fn one<A>(
    out: &mut Out<'_>,
    value: Value,
    within: Option<&str>,
    name: Option<&str>,
    id: Option<&str>,
) -> Result<(), String>
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
    let id = id.or(out.target).unwrap_or(out.scope.0).to_owned();
    let record = read::<A>(Value::Object(inner))?;
    out.record(id, &record);
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
        // The first version of the CLI prints the times of some services as seconds.
        (Type::Timestamp, value @ Value::Number(_)) => {
            let since = value.as_f64().and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
            if let Some(time) = since.and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok()) {
                *value = time.to_string().into();
            }
        }
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

fn caller(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    let id = text(&value, "Arn").to_owned();
    one::<sts::CallerIdentityAnswer>(out, value, None, None, Some(&id))
}

fn block_options(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    let (within, id) = (Some("VpcBlockPublicAccessOptions"), Some("vpc-block-public-access"));
    one::<ec2::VpcBlockPublicAccessOptionsAnswer>(out, value, within, None, id)
}

/// The organization, and what the account is not asked of it when it is a member.
fn organization(out: &mut Out<'_>, mut value: Value) -> Result<(), String> {
    let found: Vec<_> = value.get_mut("Organization").map(Value::take).into_iter().collect();
    let management = found.first().map(|found| text(found, "MasterAccountId")).unwrap_or_default();
    if !management.is_empty() && management != out.scope.0 {
        out.sink.gap(out.scope, &way_not_asked(out.scope.0));
    }
    list::<organizations::OrganizationAnswer>(out, found, &["Id"], None)
}

/// A version has no name of its own.
fn major_versions(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    const ID: &str = "Id";
    let named = |mut version: Value| {
        let id = format!("{} {}", text(&version, "Engine"), text(&version, "MajorEngineVersion"));
        if let Value::Object(members) = &mut version {
            members.insert(ID.to_owned(), id.into());
        }
        version
    };
    let versions = items(value, "DBMajorEngineVersions")?.into_iter().map(named).collect();
    list::<rds_operations::DbMajorEngineVersionAnswer>(out, versions, &[ID], Some(("Engine", "aurora")))
}

/// They go by the ARN of their snapshot, as far as that is there.
fn snapshot_attributes(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    let snapshots = beside(out.folder, "rds.DescribeDBClusterSnapshots.json", "DBClusterSnapshots");
    let named = |snapshot: &&Value| Some(text(snapshot, "DBClusterSnapshotIdentifier")) == out.target;
    let arn = snapshots.iter().find(named).map(|snapshot| text(snapshot, "DBClusterSnapshotArn"));
    let within = Some("DBClusterSnapshotAttributesResult");
    one::<rds::DbClusterSnapshotAttributesAnswer>(out, value, within, Some("DBClusterSnapshotIdentifier"), arn)
}

/// The secrets of databases: those that RDS keeps, and those that a cluster or a proxy names. The others are nobody's business.
fn secrets(out: &mut Out<'_>, value: Value) -> Result<(), String> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    for cluster in beside(out.folder, "rds.DescribeDBClusters.json", "DBClusters") {
        named.extend(cluster.pointer("/MasterUserSecret/SecretArn").and_then(Value::as_str).map(str::to_owned));
    }
    for proxy in beside(out.folder, "rds.DescribeDBProxies.json", "DBProxies") {
        let auth = proxy.get("Auth").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        named.extend(auth.iter().map(|it| text(it, "SecretArn").to_owned()));
    }
    let of_database = |secret: &Value| text(secret, "OwningService") == "rds" || named.contains(text(secret, "ARN"));
    let (kept, others): (Vec<_>, Vec<_>) = items(value, "SecretList")?.into_iter().partition(of_database);
    let returned = kept.len() + others.len();
    records::<secretsmanager::SecretAnswer>(out, kept, &["ARN"], None)?;
    let mut left_out: Vec<_> = others.iter().map(|secret| text(secret, "ARN").to_owned()).collect();
    left_out.sort_unstable();
    let counted = |id| ExcludedAnswer { id: Some(id), why: Some("not of a database".to_owned()) }.record();
    out.listing::<secretsmanager::SecretAnswer>(returned, left_out.into_iter().map(counted).collect());
    Ok(())
}

/// What another answer of the same region lists. One that cannot be read is told when its turn comes.
pub(super) fn beside(folder: &Path, name: &str, member: &str) -> Vec<Value> {
    let answer = fs::read_to_string(folder.join(name)).ok().and_then(|text| serde_json::from_str(&text).ok());
    answer.and_then(|answer| items(answer, member).ok()).unwrap_or_default()
}

/// A member that is text; empty where it is not.
pub(super) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
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
    fn times_are_texts_or_seconds() {
        for (time, expected) in [
            (serde_json::json!("2026-11-20T05:00:00Z"), Some("2026-11-20T05:00:00Z")),
            (serde_json::json!("2026-11-20T06:00:00+01:00"), Some("2026-11-20T05:00:00Z")),
            (serde_json::json!(1_795_150_800), Some("2026-11-20T05:00:00Z")),
            (serde_json::json!(1_795_150_800.5), Some("2026-11-20T05:00:00.5Z")),
            (serde_json::json!(1e300), None),
            (serde_json::json!(true), None),
        ] {
            let item = serde_json::json!({"ResourceArn": "arn:c", "LastBackupTime": time});
            let record = read::<backup::ProtectedResourceAnswer>(item).ok();
            let found = record.map(|record| serde_json::to_value(record).unwrap()["LastBackupTime"].clone());
            assert_eq!(found.as_ref().and_then(Value::as_str), expected, "{time}");
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

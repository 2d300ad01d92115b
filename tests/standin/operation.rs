//! Which call a request makes, and how AWS pages its answer.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::http::Request;
use super::shape;

/// A call, as the request makes it.
#[derive(Debug)]
pub struct Call {
    pub service: String,
    pub operation: String,
    pub region: String,
    /// The access key.
    pub key: String,
    /// Parameters by name, as the API calls them.
    pub parameters: BTreeMap<String, String>,
}

impl Call {
    pub fn action(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    pub fn model(&self) -> &'static Value {
        shape::service(&self.service).unwrap()
    }

    pub fn protocol(&self) -> &'static str {
        self.model()["protocol"].as_str().unwrap()
    }

    /// AWS answers these to whoever holds credentials.
    pub fn needs_permission(&self) -> bool {
        self.action() != "sts:GetCallerIdentity"
    }

    /// Reads the call out of a signed request.
    pub fn of(request: &Request) -> Option<Self> {
        let authorization = request.header("authorization")?;
        let scope = authorization.split_once("Credential=")?.1.split(',').next()?;
        let [key, _, region, service, _] = scope.split('/').collect::<Vec<_>>().try_into().ok()?;
        let model = shape::service(service)?;
        let (operation, parameters) = match model["protocol"].as_str()? {
            "query" | "ec2" => {
                let form = form(&request.body);
                (form.get("Action")?.clone(), form)
            }
            "json" => {
                let (_, operation) = request.header("x-amz-target")?.rsplit_once('.')?;
                (operation.to_owned(), of_json(&request.body))
            }
            _ => of_path(model, request)?,
        };
        model["operations"].get(&operation)?;
        let (service, region, key) = (service.to_owned(), region.to_owned(), key.to_owned());
        Some(Self { service, operation, region, key, parameters })
    }
}

fn form(body: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect()
}

fn of_json(body: &str) -> BTreeMap<String, String> {
    let Ok(Value::Object(members)) = serde_json::from_str(body) else { return BTreeMap::new() };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Finds the operation whose path fits; what stands in the path becomes a parameter.
fn of_path(model: &Value, request: &Request) -> Option<(String, BTreeMap<String, String>)> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let segments: Vec<_> = path.trim_end_matches('/').split('/').collect();
    for (operation, about) in model["operations"].as_object()? {
        let wanted: Vec<_> = about["path"].as_str()?.trim_end_matches('/').split('/').collect();
        let fits = |(wanted, found): (&&str, &&str)| wanted == found || wanted.starts_with('{');
        if about["method"] == request.method.as_str()
            && wanted.len() == segments.len()
            && wanted.iter().zip(&segments).all(fits)
        {
            let mut parameters = form(query);
            for (name, value) in wanted.iter().zip(&segments).filter(|(name, _)| name.starts_with('{')) {
                parameters.insert(name.trim_matches(['{', '}']).to_owned(), (*value).to_owned());
            }
            return Some((operation.clone(), parameters));
        }
    }
    None
}

/// How a listing is paged.
pub struct Paging {
    /// What is paged: one list, or several that are taken for one.
    pub lists: &'static [&'static str],
    pub limit: &'static str,
    pub token_in: &'static str,
    pub token_out: &'static str,
    /// Smallest and largest page that may be asked for, and the one where none is.
    pub range: (usize, usize),
    pub default: usize,
    /// Where the lists stand in the answer.
    pub within: Option<&'static str>,
}

const fn rds(lists: &'static [&'static str]) -> Paging {
    Paging {
        lists,
        limit: "MaxRecords",
        token_in: "Marker",
        token_out: "Marker",
        range: (20, 100),
        default: 100,
        within: None,
    }
}

const fn ec2(lists: &'static [&'static str], most: usize) -> Paging {
    Paging {
        lists,
        limit: "MaxResults",
        token_in: "NextToken",
        token_out: "NextToken",
        range: (5, most),
        default: most,
        within: None,
    }
}

const fn json(lists: &'static [&'static str], limit: &'static str, token: &'static str, most: usize) -> Paging {
    Paging { lists, limit, token_in: token, token_out: token, range: (1, most), default: most, within: None }
}

/// The paging of an action. Sizes: the `MaxRecords`, `MaxResults` or `MaxItems` of each call in its API reference.
pub fn paging(action: &str) -> Option<Paging> {
    Some(match action {
        "rds:DescribeDBClusters" => rds(&["DBClusters"]),
        "rds:DescribeDBInstances" => rds(&["DBInstances"]),
        "rds:DescribeDBClusterParameterGroups" => rds(&["DBClusterParameterGroups"]),
        "rds:DescribeDBClusterParameters" | "rds:DescribeDBParameters" => rds(&["Parameters"]),
        "rds:DescribeEngineDefaultClusterParameters" => {
            Paging { within: Some("EngineDefaults"), ..rds(&["Parameters"]) }
        }
        "rds:DescribeDBParameterGroups" => rds(&["DBParameterGroups"]),
        "rds:DescribeDBSubnetGroups" => rds(&["DBSubnetGroups"]),
        "rds:DescribeDBClusterSnapshots" => rds(&["DBClusterSnapshots"]),
        "rds:DescribeDBClusterEndpoints" => rds(&["DBClusterEndpoints"]),
        "rds:DescribeDBProxies" => rds(&["DBProxies"]),
        "rds:DescribeDBProxyEndpoints" => rds(&["DBProxyEndpoints"]),
        "rds:DescribeDBProxyTargets" => rds(&["Targets"]),
        "rds:DescribeCertificates" => rds(&["Certificates"]),
        "rds:DescribePendingMaintenanceActions" => rds(&["PendingMaintenanceActions"]),
        "rds:DescribeEventSubscriptions" => rds(&["EventSubscriptionsList"]),
        "rds:DescribeGlobalClusters" => rds(&["GlobalClusters"]),
        "rds:DescribeDBEngineVersions" => rds(&["DBEngineVersions"]),
        "rds:DescribeDBMajorEngineVersions" => rds(&["DBMajorEngineVersions"]),
        "ec2:DescribeVpcs" => ec2(&["Vpcs"], 1000),
        "ec2:DescribeSubnets" => ec2(&["Subnets"], 1000),
        "ec2:DescribeRouteTables" => ec2(&["RouteTables"], 100),
        "ec2:DescribeNetworkAcls" => ec2(&["NetworkAcls"], 1000),
        "ec2:DescribeNetworkInterfaces" => ec2(&["NetworkInterfaces"], 1000),
        "ec2:DescribeInstances" => ec2(&["Reservations"], 1000),
        "ec2:DescribeSecurityGroups" => ec2(&["SecurityGroups"], 1000),
        "ec2:DescribeSecurityGroupRules" => ec2(&["SecurityGroupRules"], 1000),
        "ec2:DescribeManagedPrefixLists" => ec2(&["PrefixLists"], 100),
        "ec2:GetManagedPrefixListEntries" => ec2(&["Entries"], 100),
        "ec2:DescribeVpcPeeringConnections" => ec2(&["VpcPeeringConnections"], 1000),
        "ec2:DescribeTransitGatewayAttachments" => ec2(&["TransitGatewayAttachments"], 1000),
        "ec2:DescribeVpcEndpoints" => ec2(&["VpcEndpoints"], 1000),
        "ec2:DescribeFlowLogs" => ec2(&["FlowLogs"], 1000),
        "ec2:DescribeVpcBlockPublicAccessExclusions" => ec2(&["VpcBlockPublicAccessExclusions"], 1000),
        "iam:GetAccountAuthorizationDetails" => Paging {
            lists: &["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"],
            limit: "MaxItems",
            token_in: "Marker",
            token_out: "Marker",
            range: (1, 1000),
            default: 100,
            within: None,
        },
        "organizations:ListAccounts" => json(&["Accounts"], "MaxResults", "NextToken", 20),
        "organizations:ListRoots" => json(&["Roots"], "MaxResults", "NextToken", 20),
        "organizations:ListParents" => json(&["Parents"], "MaxResults", "NextToken", 20),
        "organizations:ListPoliciesForTarget" => json(&["Policies"], "MaxResults", "NextToken", 20),
        "secretsmanager:ListSecrets" => json(&["SecretList"], "MaxResults", "NextToken", 100),
        "logs:DescribeLogGroups" => json(&["logGroups"], "limit", "nextToken", 50),
        "guardduty:ListDetectors" => Paging {
            token_in: "nextToken",
            limit: "maxResults",
            ..json(&["DetectorIds"], "maxResults", "NextToken", 50)
        },
        "backup:ListProtectedResources" => {
            Paging { token_in: "nextToken", limit: "maxResults", ..json(&["Results"], "maxResults", "NextToken", 1000) }
        }
        "lambda:ListFunctions" => {
            Paging { token_in: "Marker", token_out: "NextMarker", ..json(&["Functions"], "MaxItems", "Marker", 50) }
        }
        "ecs:ListClusters" => json(&["clusterArns"], "maxResults", "nextToken", 100),
        "ecs:ListTasks" => json(&["taskArns"], "maxResults", "nextToken", 100),
        "ecs:ListServices" => json(&["serviceArns"], "maxResults", "nextToken", 100),
        _ => return None,
    })
}

/// The parameter that names the one thing that a call is about.
pub fn target(action: &str) -> Option<&'static str> {
    Some(match action {
        "rds:DescribeDBClusterParameters" => "DBClusterParameterGroupName",
        "rds:DescribeDBParameters" => "DBParameterGroupName",
        "rds:DescribeEngineDefaultClusterParameters" => "DBParameterGroupFamily",
        "rds:DescribeDBClusterSnapshotAttributes" => "DBClusterSnapshotIdentifier",
        "rds:DescribeDBProxyTargets" => "DBProxyName",
        "ec2:GetManagedPrefixListEntries" => "PrefixListId",
        "secretsmanager:GetResourcePolicy" | "secretsmanager:DescribeSecret" | "secretsmanager:GetSecretValue" => {
            "SecretId"
        }
        "kms:DescribeKey" | "kms:GetKeyRotationStatus" | "kms:GetKeyPolicy" => "KeyId",
        "cloudtrail:GetTrailStatus" => "Name",
        "cloudtrail:GetEventSelectors" => "TrailName",
        "guardduty:GetDetector" => "DetectorId",
        "organizations:ListParents" => "ChildId",
        "organizations:DescribePolicy" => "PolicyId",
        "ecs:ListTasks" | "ecs:DescribeTasks" | "ecs:ListServices" | "ecs:DescribeServices" => "cluster",
        "ecs:DescribeTaskDefinition" => "taskDefinition",
        _ => return None,
    })
}

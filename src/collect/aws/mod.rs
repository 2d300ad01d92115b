//! AWS: what the control plane says, through its own SDK. One file a service; [`collect`] runs them over all regions at once and
//! the global ones once. A call that fails leaves a gap, and the others go on.

pub mod actions;
mod config;
mod credentials;
mod ec2;
mod error;
mod iam;
mod listing;
mod rds;
mod scope;
mod secretsmanager;
mod sts;
#[cfg(test)]
mod testing;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_rds::types::DbCluster;
use tokio::task::JoinSet;

pub use actions::ACTIONS;
pub use config::AwsError;
pub use credentials::keys;

use self::listing::Listed;
use self::scope::Scope;
use super::{ClusterTarget, Sink};

/// The account of records when neither STS nor a cluster's ARN tells it.
const UNKNOWN_ACCOUNT: &str = "unknown";

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsRequest {
    /// Regions; none for the one of the SDK's default chain.
    pub regions: Vec<String>,
    /// Profile of the shared AWS configuration; none for the default chain.
    pub profile: Option<String>,
}

/// What was read.
#[derive(Debug)]
pub struct AwsCollection {
    /// Records, listings and gaps.
    pub sink: Sink,
    /// The clusters to connect to, sorted by ARN.
    pub clusters: Vec<ClusterTarget>,
    /// ARN of the caller, when STS told it.
    pub identity: Option<String>,
    /// The regions read, sorted.
    pub regions: Vec<String>,
}

/// Reads the account of the caller in the regions of the request.
///
/// # Errors
/// When the collection cannot begin: no region, or a CA bundle that cannot be used. All later failures are gaps.
pub async fn collect(request: &AwsRequest) -> Result<AwsCollection, AwsError> {
    let config = config::load(request).await?;
    let regions = config::regions(request, &config)?;
    Ok(read(&config, regions).await)
}

async fn read(config: &SdkConfig, regions: BTreeSet<String>) -> AwsCollection {
    let home = config::in_region(config, regions.first().map_or("", String::as_str));
    let parts = regions.iter().map(|name| Region::open(config::in_region(config, name), name.clone()));
    let (caller, parts) = tokio::join!(sts::caller(&home), parts.collect::<JoinSet<_>>().join_all());

    let known = caller.as_ref().ok();
    let identity = known.and_then(|caller| caller.arn.clone());
    let account = known.and_then(|caller| caller.account.clone()).or_else(|| account_of_clusters(&parts));
    let account = account.unwrap_or_else(|| UNKNOWN_ACCOUNT.to_owned());

    let mut sink = Sink::default();
    sts::write(&mut sink, &account, caller);
    let read = parts.into_iter().map(|region| region.read(account.clone())).collect::<JoinSet<_>>();
    let (global, parts) = tokio::join!(iam::collect(&home, &account), read.join_all());
    sink.absorb(global);
    let mut clusters = Vec::new();
    for (part, found) in parts {
        sink.absorb(part);
        clusters.extend(found);
    }
    clusters.sort_unstable_by(|one, other| one.arn.cmp(&other.arn));
    AwsCollection { sink, clusters, identity, regions: regions.into_iter().collect() }
}

/// A region whose clusters have been listed. They come first: their ARNs tell the account when STS does not.
struct Region {
    config: SdkConfig,
    name: String,
    clusters: Listed<DbCluster>,
}

impl Region {
    async fn open(config: SdkConfig, name: String) -> Self {
        let clusters = rds::clusters(&config).await;
        Self { config, name, clusters }
    }

    async fn read(self, account: String) -> (Sink, Vec<ClusterTarget>) {
        let scope = Scope::new(&account, &self.name);
        let secrets = secretsmanager::secrets_of(&self.clusters.items);
        let ((mut sink, targets), network, policies) = tokio::join!(
            rds::Rds::new(&self.config, scope.clone()).collect(self.clusters),
            ec2::collect(&self.config, &scope),
            secretsmanager::collect(&self.config, &scope, secrets)
        );
        sink.absorb(network);
        sink.absorb(policies);
        (sink, targets)
    }
}

fn account_of_clusters(regions: &[Region]) -> Option<String> {
    let clusters = regions.iter().flat_map(|region| &region.clusters.items);
    clusters.filter_map(|cluster| account_of(cluster.db_cluster_arn()?)).min().map(str::to_owned)
}

/// The account in an ARN: `arn:partition:service:region:account:resource`.
fn account_of(arn: &str) -> Option<&str> {
    let account = arn.split(':').nth(4)?;
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(account)
}

#[cfg(test)]
mod tests {
    use super::testing::{Answer, lines, serve};
    use super::*;

    const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
        <Arn>arn:aws:iam::123456789012:user/auditor</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
    const CLUSTERS: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
        <DBClusterIdentifier>orders</DBClusterIdentifier><Engine>aurora-mysql</Engine>\
        <DBClusterArn>arn:aws:rds:eu-west-1:210987654321:cluster:orders</DBClusterArn>\
        <DBClusterParameterGroup>acme</DBClusterParameterGroup></DBCluster></DBClusters>\
        </DescribeDBClustersResult></DescribeDBClustersResponse>";

    const BLOCK_PUBLIC_ACCESS: &str = "<DescribeVpcBlockPublicAccessOptionsResponse><vpcBlockPublicAccessOptions>\
        <internetGatewayBlockMode>off</internetGatewayBlockMode></vpcBlockPublicAccessOptions>\
        </DescribeVpcBlockPublicAccessOptionsResponse>";
    const PREFIX_LISTS: &str = "<DescribeManagedPrefixListsResponse><prefixListSet><item>\
        <prefixListId>pl-1</prefixListId></item></prefixListSet></DescribeManagedPrefixListsResponse>";

    const GENERATED: &str = "<GenerateCredentialReportResponse><GenerateCredentialReportResult><State>COMPLETE</State>\
        </GenerateCredentialReportResult></GenerateCredentialReportResponse>";
    /// `user,arn` and a row, in base64.
    const REPORT: &str = "<GetCredentialReportResponse><GetCredentialReportResult><Content>dXNlcixhcm4KYSxhcm46YQo=\
        </Content></GetCredentialReportResult></GetCredentialReportResponse>";
    const PROXIES: &str = "<DescribeDBProxiesResponse><DescribeDBProxiesResult><DBProxies><member>\
        <DBProxyName>front</DBProxyName></member></DBProxies></DescribeDBProxiesResult></DescribeDBProxiesResponse>";

    /// Answers every call, with an empty list where nothing else is said.
    fn answer(action: &str) -> Answer {
        match action {
            "GetCallerIdentity" => (200, IDENTITY.to_owned()),
            "DescribeDBClusters" => (200, CLUSTERS.to_owned()),
            "DescribeVpcBlockPublicAccessOptions" => (200, BLOCK_PUBLIC_ACCESS.to_owned()),
            "DescribeManagedPrefixLists" => (200, PREFIX_LISTS.to_owned()),
            "GenerateCredentialReport" => (200, GENERATED.to_owned()),
            "GetCredentialReport" => (200, REPORT.to_owned()),
            "DescribeDBProxies" => (200, PROXIES.to_owned()),
            _ => (200, format!("<{action}Response><{action}Result></{action}Result></{action}Response>")),
        }
    }

    async fn collected(
        answers: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> (AwsCollection, Vec<serde_json::Value>) {
        let config = serve(move |request| answers(&request.action)).await;
        let mut collection = read(&config, BTreeSet::from(["eu-west-1".to_owned()])).await;
        let lines = lines(std::mem::take(&mut collection.sink));
        (collection, lines)
    }

    fn of_kind<'a>(lines: &'a [serde_json::Value], kind: &str) -> Vec<&'a serde_json::Value> {
        lines.iter().filter(|line| line["kind"] == kind).collect()
    }

    #[tokio::test]
    async fn a_whole_collection_has_its_listings_and_no_gap() {
        let (collection, lines) = collected(answer).await;
        assert_eq!(collection.identity.as_deref(), Some("arn:aws:iam::123456789012:user/auditor"));
        assert_eq!(collection.clusters[0].arn, "arn:aws:rds:eu-west-1:210987654321:cluster:orders");
        assert_eq!(of_kind(&lines, "gap"), Vec::<&serde_json::Value>::new());
        assert_eq!(of_kind(&lines, "listing").len(), 27);
        assert_eq!(of_kind(&lines, "iam.credential_report")[0]["id"], "arn:a");
        assert_eq!(of_kind(&lines, "rds.db_cluster_parameters")[0]["id"], "acme");
        assert!(lines.iter().all(|line| line["account"] == "123456789012"));
    }

    #[tokio::test]
    async fn each_call_that_fails_leaves_one_gap_and_takes_its_listings_along() {
        for (action, _) in ACTIONS {
            let (_, failing) = action.split_once(':').unwrap();
            let target = match failing {
                "DescribeDBClusterParameters" => "@acme",
                "GetManagedPrefixListEntries" => "@pl-1",
                "DescribeDBProxyTargets" => "@front",
                _ => "",
            };
            let listings = match failing {
                "GetAccountAuthorizationDetails" => 23,
                "GetCallerIdentity"
                | "GetAccountSummary"
                | "DescribeDBClusterParameters"
                | "GetManagedPrefixListEntries"
                | "DescribeDBProxyTargets"
                | "DescribeVpcBlockPublicAccessOptions" => 27,
                "DescribeDBClusterSnapshotAttributes" | "GetResourcePolicy" => continue,
                _ => 26,
            };
            // The gap is that of the report, which is what is missing.
            let action = action.replace("Generate", "Get");
            for (status, body, reason) in
                [(500, "<!doctype html>", "unsupported"), (403, "<Error><Code>AccessDenied</Code></Error>", "denied")]
            {
                let fail = move |asked: &str| if asked == failing { (status, body.to_owned()) } else { answer(asked) };
                let (_, lines) = collected(fail).await;
                let gaps = of_kind(&lines, "gap");
                assert_eq!(gaps.len(), 1, "{action}");
                assert_eq!(
                    (&gaps[0]["id"], &gaps[0]["data"]["Reason"]),
                    (&format!("{action}{target}").into(), &reason.into())
                );
                assert_eq!(of_kind(&lines, "listing").len(), listings, "{action}");
            }
        }
    }

    #[tokio::test]
    async fn without_sts_the_account_is_that_of_the_clusters() {
        let no_sts = |asked: &str| if asked == "GetCallerIdentity" { (403, String::new()) } else { answer(asked) };
        let neither =
            move |asked: &str| if asked == "DescribeDBClusters" { (403, String::new()) } else { no_sts(asked) };
        let (collection, found) = collected(no_sts).await;
        assert_eq!(collection.identity, None);
        assert!(found.iter().all(|line| line["account"] == "210987654321"));
        let (_, found) = collected(neither).await;
        assert!(found.iter().all(|line| line["account"] == UNKNOWN_ACCOUNT));
    }

    #[test]
    fn accounts_stand_in_arns() {
        for (arn, account) in [
            ("arn:aws:rds:eu-west-1:123456789012:cluster:orders", Some("123456789012")),
            ("arn:aws-cn:rds:cn-north-1:123456789012:cluster:orders", Some("123456789012")),
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", None),
            ("arn:aws:rds:eu-west-1:12345678901:cluster:orders", None),
            ("orders", None),
            ("", None),
        ] {
            assert_eq!(account_of(arn), account, "{arn}");
        }
    }
}

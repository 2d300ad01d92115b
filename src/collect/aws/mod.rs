//! AWS: what the control plane says, through its own SDK. One file a service; [`collect`] runs them over all accounts and regions at
//! once, and the global ones once an account. A call that fails leaves a gap, and the others go on.

mod account;
mod backup;
mod cloudtrail;
mod config;
mod ec2;
mod ecs;
mod error;
mod guardduty;
mod iam;
mod keyring;
mod kms;
mod lambda;
mod listing;
mod logs;
mod manners;
mod organizations;
mod rds;
mod region;
mod scope;
mod secretsmanager;
mod site;
mod sts;
#[cfg(test)]
mod testing;
mod whole;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use account::Accounts;
pub use config::AwsError;
pub(in crate::collect) use error::gap as call_gap;
pub use keyring::Keyring;
pub use manners::{CONCURRENCY, Manners, RATE};

use self::account::Access;
use self::config::Regions;
use self::rds::Rds;
use self::region::Region;
use self::scope::Scope;
use self::site::{Site, Wanted};
use super::{ClusterTarget, Intake, Piece, Sink};
use crate::model::{Gap, actions};

/// Accounts that are read at the same time: each has connections of its own to every service of every region.
const ACCOUNTS_AT_ONCE: usize = 16;

/// The account of records when neither STS nor a cluster's ARN tells it.
const UNKNOWN_ACCOUNT: &str = "unknown";

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsRequest {
    /// Regions; `all` for the enabled ones, none for those of them that have anything of Aurora.
    pub regions: Vec<String>,
    /// Profile of the shared AWS configuration; none for the default chain.
    pub profile: Option<String>,
    /// ARNs of roles to assume, each with the credentials of the one before; in the last `{account}` may stand for the account.
    pub roles: Vec<String>,
    /// What the trust policy of the last role asks for.
    pub external_id: Option<String>,
    /// Accounts.
    pub accounts: Accounts,
    /// How fast.
    pub manners: Manners,
    /// The calls that somebody needs an answer of; none for all of them.
    pub wanted: Option<BTreeSet<&'static str>>,
}

/// What was found beside what was handed in.
#[derive(Debug, Default)]
pub struct AwsCollection {
    /// The clusters to connect to, sorted by ARN.
    pub clusters: Vec<ClusterTarget>,
    /// ARNs of the callers, when STS told them.
    pub identity: Vec<String>,
    /// The regions read, sorted.
    pub regions: BTreeSet<String>,
    /// The credentials of the accounts.
    pub keyring: Keyring,
}

impl AwsCollection {
    fn absorb(&mut self, other: Self) {
        self.clusters.extend(other.clusters);
        self.identity.extend(other.identity);
        self.regions.extend(other.regions);
        self.keyring.absorb(other.keyring);
    }
}

/// Reads the accounts and regions of the request, and hands in what it learns.
///
/// # Errors
/// When the collection cannot begin: no region, no such role or account, or a CA bundle that cannot be used. All later failures
/// are gaps.
pub async fn collect(request: &AwsRequest, intake: &Intake) -> Result<AwsCollection, AwsError> {
    let config = config::load(request).await?;
    let (home, regions) = config::regions(request, &config)?;
    let config = config::in_region(&config, &home);
    let accesses = account::accounts(request, &config).await?;
    let alone = request.accounts == Accounts::Own;
    let reader = Reader { regions, manners: request.manners, wanted: Wanted::new(request.wanted.as_ref()), alone };
    if alone {
        return Ok(read(reader, accesses, intake).await);
    }
    let (collection, ()) = tokio::join!(
        Box::pin(read(reader.clone(), accesses.clone(), intake)),
        Box::pin(reader.tree(&config, &accesses, intake))
    );
    Ok(collection)
}

async fn read(reader: Reader, accesses: Vec<Access>, intake: &Intake) -> AwsCollection {
    let limit = Arc::new(Semaphore::new(ACCOUNTS_AT_ONCE));
    let tasks = accesses.into_iter().map(|access| {
        let (limit, reader, intake) = (Arc::clone(&limit), reader.clone(), intake.clone());
        async move {
            // The semaphore is never closed; without a permit the account would be read all the same.
            let _permit = limit.acquire().await;
            Box::pin(reader.account(access, intake)).await
        }
    });
    let mut all = AwsCollection::default();
    for account in tasks.collect::<JoinSet<_>>().join_all().await {
        all.absorb(account);
    }
    all.clusters.sort_unstable_by(|one, other| one.arn.cmp(&other.arn));
    all.identity.sort_unstable();
    all
}

/// How accounts are read.
#[derive(Debug, Clone)]
struct Reader {
    regions: Regions,
    manners: Manners,
    wanted: Wanted,
    /// Whether it is the account of the credentials, and no other.
    alone: bool,
}

impl Reader {
    /// Reads where the accounts hang in the organization, as whoever the credentials belong to.
    async fn tree(&self, config: &SdkConfig, accesses: &[Access], intake: &Intake) {
        let account = sts::caller(config).await.ok().and_then(|caller| caller.account);
        let site = self.site(config, account.as_deref().unwrap_or(UNKNOWN_ACCOUNT)).global();
        let debt = intake.owe(Piece::of_calls(&site.scope.account, scope::GLOBAL, organizations::TREE_ACTIONS));
        let accounts = accesses.iter().filter_map(|access| access.account.clone()).collect();
        intake.work(debt, organizations::tree(site, accounts)).await;
    }

    /// Reads an account: its own services, and its regions.
    async fn account(self, access: Access, intake: Intake) -> AwsCollection {
        let caller = Box::pin(sts::caller(&access.config)).await;
        let known = caller.as_ref().ok();
        let identity: Vec<_> = known.and_then(|caller| caller.arn.clone()).into_iter().collect();
        let account = known.and_then(|caller| caller.account.clone()).or_else(|| access.account.clone());
        let account = match account {
            Some(account) => account,
            None => self.account_of_clusters(&access.config).await,
        };
        let site = self.site(&access.config, &account);
        let shut = caller.as_ref().err().filter(|_| access.role.is_some()).cloned();
        let mut sink = Sink::default();
        sts::write(&mut sink, &account, caller);
        intake.hand_in(sink);
        if let Some(gap) = shut {
            intake.hand_in(self.shut(&site, &gap));
            return AwsCollection { identity, ..AwsCollection::default() };
        }
        let owe = |actions| intake.owe(Piece::of_calls(&account, scope::GLOBAL, actions));
        let (identities, organization) = (owe(iam::ACTIONS), owe(organizations::OWN_ACTIONS));
        let ((clusters, regions), (), ()) = tokio::join!(
            Box::pin(self.in_regions(&site, &intake)),
            intake.work(identities, iam::collect(site.global())),
            intake.work(organization, organizations::own(site.global(), self.alone))
        );
        let mut keyring = Keyring::default();
        keyring.add(account, access.config);
        AwsCollection { clusters, identity, regions, keyring }
    }

    /// The regions of an account, all at once.
    async fn in_regions(&self, site: &Site, intake: &Intake) -> (Vec<ClusterTarget>, BTreeSet<String>) {
        let (names, all) = match &self.regions {
            Regions::Named(names) => (names.iter().cloned().collect(), true),
            other => (self.enabled(site, intake).await, *other == Regions::Enabled),
        };
        let sites = names.into_iter().map(|name| site.in_region(&name));
        let read = sites.map(|site| Box::pin(Region::new(site).read(all, intake.clone())));
        let (mut clusters, mut regions) = (Vec::new(), BTreeSet::new());
        for (name, found) in read.collect::<JoinSet<_>>().join_all().await.into_iter().flatten() {
            regions.insert(name);
            clusters.extend(found);
        }
        (clusters, regions)
    }

    /// The enabled regions; where they are not told, the one at hand.
    async fn enabled(&self, site: &Site, intake: &Intake) -> Vec<String> {
        let global = site.global();
        match ec2::region::enabled(&global).await {
            Ok((sink, names)) => {
                intake.hand_in(sink);
                names
            }
            Err(gap) => {
                let mut sink = Sink::default();
                sink.gap(global.scope.pair(), &gap);
                intake.hand_in(sink);
                vec![site.scope.region.clone()]
            }
        }
    }

    /// An account that does not let the scanner in has clusters that nobody knows of.
    fn shut(&self, site: &Site, gap: &Gap) -> Sink {
        let mut sink = Sink::default();
        let names = match &self.regions {
            Regions::Named(names) => names.clone(),
            Regions::InUse | Regions::Enabled => BTreeSet::from([site.scope.region.clone()]),
        };
        for name in names {
            let gap = Gap { what: actions::DESCRIBE_DB_CLUSTERS.to_owned(), ..gap.clone() };
            sink.gap((&site.scope.account, &name), &gap);
        }
        sink
    }

    /// The account of the caller's clusters, for when STS does not tell it.
    async fn account_of_clusters(&self, config: &SdkConfig) -> String {
        let clusters = Rds::new(&self.site(config, UNKNOWN_ACCOUNT)).clusters().await;
        let account = clusters.items.iter().filter_map(|cluster| account_of(cluster.db_cluster_arn()?)).min();
        account.unwrap_or(UNKNOWN_ACCOUNT).to_owned()
    }

    fn site(&self, config: &SdkConfig, account: &str) -> Site {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Site::new(config.clone(), Scope::new(account, &region), self.manners, self.wanted.clone())
    }
}

/// The account in an ARN: `arn:partition:service:region:account:resource`.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| account::is_account(account))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::testing::{self, Answer, lines, serve};
    use super::*;

    const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
        <Arn>arn:aws:iam::123456789012:user/auditor</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
    const CLUSTERS: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
        <DBClusterIdentifier>orders</DBClusterIdentifier><Engine>aurora-mysql</Engine>\
        <DBClusterArn>arn:aws:rds:eu-west-1:210987654321:cluster:orders</DBClusterArn>\
        <DBClusterParameterGroup>acme</DBClusterParameterGroup></DBCluster></DBClusters>\
        </DescribeDBClustersResult></DescribeDBClustersResponse>";

    /// Answers every call, with an empty list where nothing else is said.
    fn answer(action: &str) -> Answer {
        match action {
            "GetCallerIdentity" => (200, IDENTITY.to_owned()),
            "DescribeDBClusters" => (200, CLUSTERS.to_owned()),
            // Without a state it would be asked again for half a minute.
            "GenerateCredentialReport" => (403, String::new()),
            _ => (200, format!("<{action}Response><{action}Result></{action}Result></{action}Response>")),
        }
    }

    async fn collected(
        answers: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> (AwsCollection, Vec<serde_json::Value>) {
        let config = serve(move |request| answers(&request.action)).await;
        let regions = Regions::Named(BTreeSet::from(["eu-west-1".to_owned()]));
        let reader = Reader {
            regions,
            manners: Manners { rate: 0, ..Manners::default() },
            wanted: Wanted::default(),
            alone: true,
        };
        let intake = Intake::new(|_| ());
        let collection = read(reader, vec![Access { account: None, role: None, config }], &intake).await;
        (collection, lines(intake.take()))
    }

    #[tokio::test]
    async fn without_sts_the_account_is_that_of_the_clusters() {
        let no_sts = |asked: &str| if asked == "GetCallerIdentity" { (403, String::new()) } else { answer(asked) };
        let neither =
            move |asked: &str| if asked == "DescribeDBClusters" { (403, String::new()) } else { no_sts(asked) };
        let (collection, found) = collected(no_sts).await;
        assert_eq!(collection.identity, [""; 0]);
        assert!(found.iter().all(|line| line["account"] == "210987654321"));
        let (_, found) = collected(neither).await;
        assert!(found.iter().all(|line| line["account"] == UNKNOWN_ACCOUNT));
    }

    /// Notes whom it is to speak to, and speaks to nobody.
    #[derive(Debug, Clone, Default)]
    struct Listener(Arc<Mutex<BTreeSet<String>>>);

    impl HttpConnector for Listener {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let host = request.uri().split('/').nth(2).unwrap_or_default().to_owned();
            self.0.lock().unwrap().insert(host);
            HttpConnectorFuture::ready(Err(ConnectorError::user("nobody is there".into())))
        }
    }

    #[tokio::test]
    async fn calls_go_to_the_endpoints_of_their_partition() {
        for (region, suffix) in
            [("eu-west-1", ".amazonaws.com"), ("cn-north-1", ".amazonaws.com.cn"), ("us-gov-west-1", ".amazonaws.com")]
        {
            let listener = Listener::default();
            let connector = SharedHttpConnector::new(listener.clone());
            let client = http_client_fn(move |_, _| connector.clone());
            let config = testing::towards("http://x").into_builder();
            let mut config = config.region(aws_config::Region::new(region)).http_client(client);
            config.set_endpoint_url(None);
            let config = config.build();
            let regions = Regions::Named(BTreeSet::from([region.to_owned()]));
            let manners = Manners { rate: 0, ..Manners::default() };
            let reader = Reader { regions, manners, wanted: Wanted::default(), alone: true };
            let intake = Intake::new(|_| ());
            read(reader, vec![Access { account: None, role: None, config }], &intake).await;
            let hosts = listener.0.lock().unwrap().clone();
            assert!(hosts.len() >= 12, "{hosts:?}");
            for host in &hosts {
                let global = ["iam.", "organizations."].iter().any(|service| host.starts_with(service));
                let partition = region.split('-').next().unwrap_or_default();
                let here = host.contains(region) || global && (partition == "eu" || host.contains(&region[..6]));
                assert!(host.ends_with(suffix) && here, "{region}: {host}");
            }
        }
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

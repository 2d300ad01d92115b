//! One region of one account: the clusters first, because they tell what else to ask, and then every service at once.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_rds::types::DbCluster;

use super::listing::Listed;
use super::rds::{self, Found, Rds};
use super::site::Site;
use super::{backup, cloudtrail, ec2, ecs, guardduty, kms, lambda, logs, secretsmanager};
use crate::collect::{ClusterTarget, Debt, Intake, Piece, Sink};

/// A region of an account.
pub(super) struct Region {
    site: Site,
    rds: Rds,
}

impl Region {
    /// The region of a site.
    pub fn new(site: Site) -> Self {
        let rds = Rds::new(&site);
        Self { site, rds }
    }

    /// Reads the region, and gives its name and the clusters to connect to. Unless it is to be read in any case, a region without
    /// anything of Aurora is only noted.
    pub async fn read(self, in_any_case: bool, intake: Intake) -> Option<(String, Vec<ClusterTarget>)> {
        let debt = intake.owe(piece(&self.site, rds::ACTIONS));
        let clusters = self.rds.clusters().await;
        if in_any_case || rds::may_have_clusters(&clusters) || rds::may_have_snapshots(&self.rds.snapshots().await) {
            let Self { site, rds } = self;
            let name = site.scope.region.clone();
            let (targets, ()) = tokio::join!(
                Box::pin(databases(rds, &site, debt, clusters, &intake)),
                Box::pin(others(&site, &intake))
            );
            return Some((name, targets));
        }
        intake.work(debt, std::future::ready(rds::unused(&clusters, &self.site))).await;
        None
    }
}

/// The clusters, and then what they name.
async fn databases(
    rds: Rds,
    site: &Site,
    debt: Debt,
    clusters: Listed<DbCluster>,
    intake: &Intake,
) -> Vec<ClusterTarget> {
    let (keys, secrets) = (intake.owe(piece(site, kms::ACTIONS)), intake.owe(piece(site, secretsmanager::ACTIONS)));
    let found = Arc::new(Mutex::new(Found::default()));
    intake.work(debt, read_clusters(rds, clusters, Arc::clone(&found))).await;
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    tokio::join!(
        intake.work(keys, kms::collect(site.clone(), found.keys)),
        intake.work(secrets, secretsmanager::collect(site.clone(), found.secrets)),
    );
    found.targets
}

async fn read_clusters(rds: Rds, clusters: Listed<DbCluster>, into: Arc<Mutex<Found>>) -> Sink {
    let (sink, found) = rds.collect(clusters).await;
    *into.lock().unwrap_or_else(PoisonError::into_inner) = found;
    sink
}

/// What stands around the clusters and watches them.
async fn others(site: &Site, intake: &Intake) {
    let owe = |actions| intake.owe(piece(site, actions));
    let (network, functions, tasks) = (owe(ec2::ACTIONS), owe(lambda::ACTIONS), owe(ecs::ACTIONS));
    let (groups, trails) = (owe(logs::ACTIONS), owe(cloudtrail::ACTIONS));
    let (detectors, backups) = (owe(guardduty::ACTIONS), owe(backup::ACTIONS));
    tokio::join!(
        intake.work(network, ec2::collect(site.clone())),
        intake.work(functions, lambda::collect(site.clone())),
        intake.work(tasks, ecs::collect(site.clone())),
        intake.work(groups, logs::collect(site.clone())),
        intake.work(trails, cloudtrail::collect(site.clone())),
        intake.work(detectors, guardduty::collect(site.clone())),
        intake.work(backups, backup::collect(site.clone())),
    );
}

fn piece(site: &Site, actions: &[&str]) -> Piece {
    Piece::of_calls(&site.scope.account, &site.scope.region, actions)
}

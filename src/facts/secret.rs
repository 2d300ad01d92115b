//! The secrets of databases.

use std::sync::Arc;

use super::found::{Found, unread};
use super::region::Region;
use super::resource_policy::{ResourcePolicy, resource_policy};
use crate::model::{Derived, Fact, Place};
use crate::snapshot::Record;
use crate::snapshot::schema::secretsmanager::Secret as SecretRecord;

facts! {
    /// A secret of a database. Its value is never read.
    struct Secret = "secret" on SecretRecord, with region: Arc<Region> {
        /// Whether RDS keeps it as the secret of a master user, and rotates it.
        managed_by_rds: Derived<bool> => managed_by_rds;
        /// Whom its policy lets in.
        policy: Fact<Arc<ResourcePolicy>> => policy;
    }
}

/// The secrets of a region that databases use.
pub(super) fn secrets(region: &Arc<Region>) -> Found<Secret> {
    let secrets = region.secrets();
    let secret = |record: &Arc<Record<_>>| Arc::new(Secret::new(Arc::clone(record), Arc::clone(region)));
    let missing = |why: &_| unread("secret", &region.scope, &region.every("secrets"), Clone::clone(why));
    Found {
        present: secrets.present().map(secret).collect(),
        unread: secrets.incomplete().map(missing).into_iter().collect(),
        incomplete: None,
    }
}

fn managed_by_rds(secret: &Secret) -> Derived<bool> {
    let place = Place::data_of(secret.record.at).member("OwningService");
    let managed = match &secret.record.data.owning_service {
        Fact::Known(service) => Fact::Known(service == "rds"),
        Fact::Absent => Fact::Known(false),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    };
    Derived::new(managed, vec![place])
}

fn policy(secret: &Secret) -> Fact<Arc<ResourcePolicy>> {
    let region = &secret.region;
    let lookup = &region.estate.lookups.secret_policies;
    region.one_of("secretsmanager:GetResourcePolicy", lookup, &secret.record.data.arn).and_then(|record| {
        let place = Place::data_of(record.at).member("ResourcePolicy");
        resource_policy(&record.data.resource_policy, &record.account, &place)
    })
}

//! What rules see of access paths: for each cluster, who gets how far.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::graph::Certainty;
use super::node::Class;
use super::query::{Paths, Reach, SourceKind, Told};
use crate::facts::Facts;
use crate::facts::found::Found;
use crate::model::{Derived, Fact, Place, Reflect, Type, Value, Why};
use crate::snapshot::schema::rds::DbCluster;

/// Places that a finding shows of a path.
const MOST_PLACES: usize = 24;

/// The cluster's place in the graph.
pub struct Of {
    paths: Arc<Paths>,
    cluster: u32,
}

impl fmt::Debug for Of {
    /// Objects that hold the graph are printed without it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Of").field(&self.cluster).finish()
    }
}

type List = Vec<Arc<AccessPath>>;

facts! {
    /// A cluster as the end of access paths: from the internet, from networks, machines and principals, over the wire, to an
    /// account and its privileges.
    struct ClusterAccess = "db_access" on DbCluster, with of: Of {
        /// From the internet to accounts that authenticate by a password; the most powerful class that each reaches.
        internet_password_paths: List => internet_password_paths;
        /// From users and roles to administration.
        principal_admin_paths: List => principal_admin_paths;
        /// From users and roles to a copy of the data.
        principal_exfiltration_paths: List => principal_exfiltration_paths;
        /// From machines and functions, by the roles that they have, to administration.
        compute_admin_paths: List => compute_admin_paths;
        /// From other accounts and identity providers to the data or a copy of it.
        foreign_paths: List => foreign_paths;
        /// From users and roles to the data, where no way does without permissions that are not their own.
        escalation_paths: List => escalation_paths;
    }
}

facts! {
    /// A way from a source to what it is after, the surest and shortest.
    struct AccessPath = "access_path" {
        /// Where it begins.
        kind: SourceKind;
        /// ARN of a principal, id of a machine, or what people call it.
        source: String;
        /// Whether the source is a principal that may do everything in its account.
        administrator: bool;
        /// What it leads to.
        class: Class;
        /// How much it matters, by what it leads to, who takes it, and how sure its steps are.
        gravity: String;
        /// Whether it holds, perhaps under conditions; unknown where something that would decide was not read.
        holds: OfWay<Derived<bool>>;
        /// The steps in words, in order.
        steps: OfWay<Vec<String>>;
        /// What has to hold besides; empty when nothing does.
        conditions: OfWay<Vec<String>>;
    } key key
}

/// A path that is told when somebody asks.
struct Way {
    paths: Arc<Paths>,
    reach: Reach,
    told: OnceLock<Vec<Told>>,
    holds: OnceLock<Derived<bool>>,
    steps: OnceLock<Vec<String>>,
    conditions: OnceLock<Vec<String>>,
}

impl Way {
    fn told(&self) -> &[Told] {
        self.told.get_or_init(|| self.paths.steps(&self.reach))
    }

    fn holds(&self) -> &Derived<bool> {
        self.holds.get_or_init(|| {
            let value = if self.reach.certainty == Certainty::Possible {
                Fact::Unknown(self.paths.why(&self.reach).unwrap_or(Why::NotCollected))
            } else {
                Fact::Known(true)
            };
            Derived::new(value, self.places())
        })
    }

    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for evidence in self.told().iter().flat_map(|told| &told.step.evidence) {
            if places.len() < MOST_PLACES && !places.contains(&evidence.place) {
                places.push(evidence.place.clone());
            }
        }
        places
    }

    fn steps(&self) -> &Vec<String> {
        self.steps.get_or_init(|| self.told().iter().map(|told| told.step.words.clone()).collect())
    }

    fn conditions(&self) -> &Vec<String> {
        let all = || self.told().iter().flat_map(|told| told.step.conditions.iter().cloned());
        self.conditions.get_or_init(|| {
            let all: std::collections::BTreeSet<_> = all().collect();
            all.into_iter().collect()
        })
    }
}

/// A fact of a path, worked out when it is read.
pub struct OfWay<T: 'static> {
    way: Arc<Way>,
    read: fn(&Way) -> &T,
}

impl<T> OfWay<T> {
    /// The fact.
    pub fn get(&self) -> &T {
        (self.read)(&self.way)
    }
}

impl<T> Clone for OfWay<T> {
    fn clone(&self) -> Self {
        Self { way: Arc::clone(&self.way), read: self.read }
    }
}

impl<T: fmt::Debug> fmt::Debug for OfWay<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl<T: Reflect + Send + Sync> Reflect for OfWay<T> {
    const TYPE: Type = T::TYPE;

    fn value(&self) -> Value<'_> {
        self.get().value()
    }

    fn places(&self) -> &[Place] {
        self.get().places()
    }
}

fn access_path(paths: &Arc<Paths>, reach: Reach) -> Option<Arc<AccessPath>> {
    let source = paths.sources().get(reach.source)?;
    let (kind, id, administrator) = (source.kind.clone(), source.id.clone(), source.administrator);
    let (class, gravity) = (reach.class.clone(), reach.severity.as_str().to_owned());
    let way = Arc::new(Way {
        paths: Arc::clone(paths),
        reach,
        told: OnceLock::new(),
        holds: OnceLock::new(),
        steps: OnceLock::new(),
        conditions: OnceLock::new(),
    });
    Some(Arc::new(AccessPath {
        key: format!("{} {id} {}", kind.as_str(), class.as_str()),
        kind,
        source: id,
        administrator,
        class,
        gravity,
        holds: OfWay { way: Arc::clone(&way), read: Way::holds },
        steps: OfWay { way: Arc::clone(&way), read: Way::steps },
        conditions: OfWay { way, read: Way::conditions },
    }))
}

/// The paths from sources of a kind to the first of the classes that each reaches.
fn of(access: &ClusterAccess, kind: &SourceKind, classes: &[Class]) -> List {
    let Of { paths, cluster } = &access.of;
    let mut taken = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    for class in classes {
        for (source, certainty) in paths.reaching(*cluster, class) {
            let is_wanted = paths.sources().get(source).is_some_and(|it| it.kind == *kind);
            // What is only possible of a stronger class must not hide what holds of a weaker one.
            let holds = certainty < Certainty::Possible;
            if is_wanted && !taken.contains(&(source, true)) && taken.insert((source, holds)) {
                found.extend(access_path(paths, paths.reach(source, *cluster, class, certainty)));
            }
        }
    }
    found
}

fn internet_password_paths(access: &ClusterAccess) -> List {
    of(access, &SourceKind::Internet, &[Class::Admin, Class::Write, Class::Read])
}

fn principal_admin_paths(access: &ClusterAccess) -> List {
    of(access, &SourceKind::Principal, &[Class::Admin])
}

fn principal_exfiltration_paths(access: &ClusterAccess) -> List {
    of(access, &SourceKind::Principal, &[Class::Exfiltrate])
}

fn compute_admin_paths(access: &ClusterAccess) -> List {
    of(access, &SourceKind::Compute, &[Class::Admin])
}

fn foreign_paths(access: &ClusterAccess) -> List {
    of(access, &SourceKind::Foreign, &[Class::Admin, Class::Exfiltrate, Class::Write, Class::Read])
}

fn escalation_paths(access: &ClusterAccess) -> List {
    let mut found = of(access, &SourceKind::Principal, &[Class::Admin, Class::Exfiltrate, Class::Write, Class::Read]);
    found.retain(|path| {
        let reach = &path.holds.way.reach;
        match (access.of.paths.without_escalation(reach), reach.certainty) {
            (None, _) => true,
            // Nobody knows whether there is a way without.
            (Some(Certainty::Possible), Certainty::Possible) => access.of.paths.may_escalate(reach),
            (Some(own), certainty) => own > certainty,
        }
    });
    found
}

/// The clusters as ends of paths, in the order of the graph.
pub(in crate::facts) fn cluster_access(facts: &Facts, paths: &Arc<Paths>) -> Found<ClusterAccess> {
    let clusters = facts.clusters();
    let access = |(cluster, it): (u32, &Arc<crate::facts::Cluster>)| {
        Arc::new(ClusterAccess::new(Arc::clone(&it.record), Of { paths: Arc::clone(paths), cluster }))
    };
    let unread = clusters.unread.iter().cloned().map(|mut unread| {
        unread.identity.kind = "db_access";
        unread
    });
    Found {
        present: (0..).zip(&clusters.present).map(access).collect(),
        unread: unread.collect(),
        incomplete: clusters.incomplete.clone(),
    }
}

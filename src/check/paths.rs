//! Access paths as reports and the command show them: steps with evidence, what cuts them, and who reaches what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Location;
use crate::facts::paths::graph::Limits;
use crate::facts::paths::{Change, Class, Paths, Question, Remedy, SourceKind, Told};
use crate::model::{Place, RecordRef, Severity, Untrusted};
use crate::snapshot::Snapshot;

/// Paths of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PathsEntry {
    /// The gravest, first.
    pub paths: Vec<PathEntry>,
    /// How many sources reach something, classes counted one by one; those shown are the gravest of them.
    pub found: usize,
    /// Principals that may do everything in their account, and are not told one by one.
    pub administrators: Vec<Untrusted>,
    /// Who reaches what, sorted.
    pub matrix: Vec<AccessEntry>,
    /// What was left out.
    pub notes: Vec<Untrusted>,
}

impl PathsEntry {
    /// What ends in the clusters of one account.
    #[must_use]
    pub fn of_account(&self, account: &str) -> Self {
        let mut part = self.clone();
        part.paths.retain(|path| path.cluster.account == account);
        part.matrix.retain(|row| row.cluster.account == account);
        part
    }
}

/// A path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PathEntry {
    /// Where it begins.
    pub from: FromEntry,
    /// Where it ends.
    pub cluster: ClusterEntry,
    /// Other clusters that the very same steps lead to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<ClusterEntry>,
    /// `read`, `write`, `admin` or `exfiltrate`.
    pub to: String,
    /// `certain`, `conditional` or `possible`.
    pub certainty: String,
    /// How much it matters, by what it leads to, who takes it, and how sure its steps are.
    pub severity: Severity,
    /// The steps, each after those that it needs.
    pub steps: Vec<StepEntry>,
    /// Whether it is assumed that no service control policy that could not be read denies a step.
    pub assumes_no_scp_denies: bool,
    /// Other minimal ways from the same beginning to the same end that were found.
    pub other_ways: usize,
    /// Whether the search for them was cut short.
    pub more_ways: bool,
    /// What cuts all ways.
    pub cuts: CutsEntry,
}

impl PathEntry {
    /// Every cluster that it leads to.
    pub fn clusters(&self) -> impl Iterator<Item = &ClusterEntry> {
        std::iter::once(&self.cluster).chain(&self.also)
    }

    /// Whether another path of the account differs in nothing but its cluster.
    fn is_like(&self, other: &Self) -> bool {
        let here = Self { cluster: self.cluster.clone(), also: self.also.clone(), ..other.clone() };
        self.cluster.account == other.cluster.account && *self == here
    }
}

/// What would be told again and again is told once.
fn merged(entries: impl Iterator<Item = PathEntry>) -> Vec<PathEntry> {
    let mut told: Vec<PathEntry> = Vec::new();
    for entry in entries {
        match told.iter_mut().find(|known| known.is_like(&entry)) {
            Some(known) => known.also.push(entry.cluster),
            None => told.push(entry),
        }
    }
    told
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FromEntry {
    /// `internet`, `addresses`, `foreign`, `network`, `compute` or `principal`.
    pub kind: String,
    /// ARN of a principal, id of a machine, or what people call it.
    pub id: Untrusted,
    /// What a person calls it.
    pub name: Untrusted,
}

/// Where a path ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClusterEntry {
    /// ARN.
    pub id: Untrusted,
    /// Identifier.
    pub name: Untrusted,
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepEntry {
    /// Its number, counted from 1.
    pub number: usize,
    /// What becomes possible, and by what.
    pub words: Untrusted,
    /// `certain`, `conditional` or `possible`.
    pub certainty: String,
    /// What has to hold besides.
    pub conditions: Vec<Untrusted>,
    /// Why nobody knows whether it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown: Option<Untrusted>,
    /// Numbers of the steps that it needs.
    pub needs: Vec<usize>,
    /// The values that it rests on.
    pub evidence: Vec<StepEvidence>,
}

/// A value that a step rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepEvidence {
    /// What stands there.
    pub value: Untrusted,
    /// Where.
    pub location: Location,
}

/// What cuts a path and all others from the same beginning to the same end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CutsEntry {
    /// Whether these are all minimal sets of up to three changes. Otherwise there is one set at most, and it suffices.
    pub exact: bool,
    /// The sets, the smallest first; each is a list of changes to make together. Empty when nothing that was read cuts it.
    pub sets: Vec<Vec<ChangeEntry>>,
    /// Whether the search was cut short.
    pub cut_short: bool,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeEntry {
    /// `rule`, `statement`, `permission`, `grant`, `account` or `setting`.
    pub kind: String,
    /// What to do.
    pub words: Untrusted,
    /// Where what is changed stands.
    pub locations: Vec<Location>,
}

/// How far somebody gets in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccessEntry {
    /// Who.
    pub from: FromEntry,
    /// Where; none for an administrator of the account, who gets everywhere.
    pub cluster: ClusterEntry,
    /// Class → `certain`, `conditional` or `possible`; classes that are not reached have no key.
    pub classes: BTreeMap<String, String>,
}

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// Paths.
    pub paths: usize,
    /// Rows of the matrix.
    pub rows: usize,
    /// How long is searched.
    pub limits: Limits,
}

impl Default for Telling {
    fn default() -> Self {
        Self { paths: 20, rows: 2_000, limits: Limits::default() }
    }
}

/// Answers a question with evidence.
pub fn tell(snapshot: &Snapshot, paths: &Paths, question: &Question, telling: Telling) -> PathsEntry {
    let all = paths.answers(question);
    let told: Vec<_> =
        all.iter().take(telling.paths).filter_map(|reach| Some((reach, paths.path(reach, telling.limits)?))).collect();
    let places = told.iter().flat_map(|(_, path)| {
        let of_cuts = changes(&path.remedy).into_iter().flatten().flat_map(|change| &change.places);
        path.steps.iter().flat_map(|told| told.step.evidence.iter().map(|it| &it.place)).chain(of_cuts)
    });
    let records = Records::of(snapshot, &places.map(|place| place.record).collect());
    let entries = told.iter().map(|(reach, path)| {
        let steps: Vec<_> = path.steps.iter().zip(1..).map(|(told, number)| records.step(told, number)).collect();
        PathEntry {
            from: from(paths, reach.source),
            cluster: cluster(paths, reach.cluster),
            also: Vec::new(),
            to: reach.class.as_str().to_owned(),
            certainty: path.certainty.as_str().to_owned(),
            severity: reach.severity,
            assumes_no_scp_denies: path.steps.iter().any(|told| told.step.assumes_scps),
            other_ways: path.others,
            more_ways: path.more,
            cuts: records.cuts(&path.remedy),
            steps,
        }
    });
    let mut notes: Vec<_> = paths.notes().map(Untrusted::from).collect();
    let (matrix, left_out) = matrix(paths, question, telling.rows);
    if left_out > 0 {
        notes.push(Untrusted::new(format!("{left_out} more rows of the matrix are left out")));
    }
    if all.len() > telling.paths {
        notes.push(Untrusted::new(format!("{} less grave answers are not told", all.len() - telling.paths)));
    }
    let administrators = paths.sources().iter().filter(|source| source.administrator);
    PathsEntry {
        paths: merged(entries),
        found: all.len(),
        administrators: administrators.map(|source| Untrusted::from(source.id.as_str())).collect(),
        matrix,
        notes,
    }
}

fn from(paths: &Paths, source: usize) -> FromEntry {
    let source = paths.sources().get(source);
    let text = |text: fn(&crate::facts::paths::Source) -> &String| Untrusted::new(source.map_or("", |it| text(it)));
    FromEntry {
        kind: source.map_or("", |source| source.kind.as_str()).to_owned(),
        id: text(|it| &it.id),
        name: text(|it| &it.name),
    }
}

fn cluster(paths: &Paths, number: u32) -> ClusterEntry {
    let label = usize::try_from(number).ok().and_then(|number| paths.clusters().get(number));
    let text = |text: fn(&crate::facts::paths::ClusterLabel) -> &String| label.map_or("", |it| text(it));
    ClusterEntry {
        id: Untrusted::new(text(|it| &it.arn)),
        name: Untrusted::new(text(|it| &it.name)),
        account: text(|it| &it.account).to_owned(),
        region: text(|it| &it.region).to_owned(),
    }
}

fn matrix(paths: &Paths, question: &Question, rows: usize) -> (Vec<AccessEntry>, usize) {
    let mut cells: BTreeMap<(usize, u32), BTreeMap<String, String>> = BTreeMap::new();
    let wanted = |source: usize| {
        let principal = paths.sources().get(source).is_some_and(|it| it.kind == SourceKind::Principal);
        principal && question.sources.as_ref().is_none_or(|sources| sources.contains(&source))
    };
    for number in (0..).take(paths.clusters().len()) {
        if question.cluster.is_some_and(|cluster| cluster != number) {
            continue;
        }
        for class in Class::ALL {
            for (source, certainty) in paths.reaching(number, &class).into_iter().filter(|(source, _)| wanted(*source))
            {
                let row = cells.entry((source, number)).or_default();
                row.insert(class.as_str().to_owned(), certainty.as_str().to_owned());
            }
        }
    }
    let left_out = cells.len().saturating_sub(rows);
    let row = |((source, number), classes)| AccessEntry {
        from: from(paths, source),
        cluster: cluster(paths, number),
        classes,
    };
    (cells.into_iter().take(rows).map(row).collect(), left_out)
}

fn changes(remedy: &Remedy) -> Vec<&[Change]> {
    match remedy {
        Remedy::Exact(sets) => sets.iter().map(Vec::as_slice).collect(),
        Remedy::Sufficient(set, _) => vec![set],
        Remedy::None => Vec::new(),
    }
}

/// What is known of the records that hold the evidence.
struct Records(BTreeMap<RecordRef, (String, Timestamp)>);

impl Records {
    fn of(snapshot: &Snapshot, wanted: &BTreeSet<RecordRef>) -> Self {
        let mut found = BTreeMap::new();
        snapshot.records.for_each(|at, _, _, source, observed| {
            if wanted.contains(&at) {
                found.insert(at, (source.to_owned(), observed));
            }
        });
        Self(found)
    }

    fn location(&self, place: &Place) -> Option<Location> {
        let (source, observed) = self.0.get(&place.record)?;
        let Place { record, pointer } = place.clone();
        Some(Location { file: record.file, line: record.line, pointer, source: source.clone(), observed: *observed })
    }

    fn step(&self, told: &Told, number: usize) -> StepEntry {
        let step = &told.step;
        let evidence = step.evidence.iter().filter_map(|it| {
            Some(StepEvidence { value: Untrusted::from(it.value.as_str()), location: self.location(&it.place)? })
        });
        StepEntry {
            number,
            words: Untrusted::from(step.words.as_str()),
            certainty: step.certainty().as_str().to_owned(),
            conditions: step.conditions.iter().map(|it| Untrusted::from(it.as_str())).collect(),
            unknown: step.unknown.as_ref().map(|why| Untrusted::new(why.to_string())),
            needs: told.needs.iter().map(|need| need + 1).collect(),
            evidence: evidence.collect(),
        }
    }

    fn cuts(&self, remedy: &Remedy) -> CutsEntry {
        let sets = changes(remedy).into_iter().map(|set| set.iter().map(|change| self.change(change)).collect());
        CutsEntry {
            exact: matches!(remedy, Remedy::Exact(_)),
            sets: sets.collect(),
            cut_short: matches!(remedy, Remedy::Sufficient(_, true)),
        }
    }

    fn change(&self, change: &Change) -> ChangeEntry {
        ChangeEntry {
            kind: change.kind.as_str().to_owned(),
            words: Untrusted::from(change.words.as_str()),
            locations: change.places.iter().filter_map(|place| self.location(place)).collect(),
        }
    }
}

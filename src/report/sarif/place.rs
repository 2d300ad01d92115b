//! Where a result stands: a file that a viewer can open, and a logical location that names the subject.

use serde_sarif::sarif;

use super::escape;
use crate::check::{Assessment, EvidenceEntry, Location, SubjectEntry};
use crate::model::Untrusted;
use crate::report::uri;

/// Kind of subject that has a name of its own inside its cluster.
const DATABASE_ACCOUNT: &str = "database_account";
/// What the URIs of absolute paths are relative to.
pub const ROOT: &str = "ROOTPATH";
/// A file of the user's repository.
pub fn in_repository((path, line): (&str, u32)) -> sarif::PhysicalLocation {
    physical(uri::relative(path).0, false, line.max(1))
}

/// A line of a file that the user named, relative to the root when its path is absolute.
pub fn in_file(path: &str, line: u32) -> sarif::PhysicalLocation {
    let (uri, rooted) = uri::relative(path);
    physical(uri, rooted, line.max(1))
}

/// The snapshot line that decided, else the first line of the first snapshot, else what stands for the run.
pub fn in_snapshot(
    assessment: &Assessment,
    location: Option<&Location>,
    otherwise: (&str, u32),
) -> sarif::PhysicalLocation {
    let file = location.map_or(0, |location| usize::from(location.file));
    let line = location.map_or(1, |location| location.line.max(1));
    match assessment.run.snapshots.get(file) {
        Some(snapshot) => {
            let (uri, rooted) = uri::relative(&snapshot.path);
            physical(uri, rooted, line)
        }
        None => in_repository(otherwise),
    }
}

fn physical(uri: String, rooted: bool, line: u32) -> sarif::PhysicalLocation {
    let artifact = sarif::ArtifactLocation {
        uri: Some(uri),
        uri_base_id: rooted.then(|| ROOT.to_owned()),
        ..sarif::ArtifactLocation::default()
    };
    let region = sarif::Region { start_line: Some(i64::from(line)), ..sarif::Region::default() };
    sarif::PhysicalLocation {
        artifact_location: Some(artifact),
        region: Some(region),
        ..sarif::PhysicalLocation::default()
    }
}

/// The place that decided: the first one of the first value that has any.
pub fn decisive(evidence: &[EvidenceEntry]) -> Option<&Location> {
    evidence.iter().find_map(|entry| entry.locations.first())
}

/// The subject, then the value in the snapshot that decided. The first name is the one that people know it by: the ARN of a
/// resource, `host:port` of an endpoint, `'user'@'host'` of a database account, whose cluster the second one names.
pub fn logical(subject: &SubjectEntry, evidence: &[EvidenceEntry]) -> Vec<sarif::LogicalLocation> {
    let mut named = vec![logical_location(escape::name(&subject.id), &subject.kind)];
    if subject.kind == DATABASE_ACCOUNT {
        named.insert(0, logical_location(escape::name(&subject.name), &subject.kind));
    }
    if let Some(location) = decisive(evidence) {
        named.push(logical_location(escape::name(&Untrusted::from(location.pointer.as_str())), "property"));
    }
    named
}

fn logical_location(fully_qualified_name: String, kind: &str) -> sarif::LogicalLocation {
    sarif::LogicalLocation {
        fully_qualified_name: Some(fully_qualified_name),
        kind: Some(kind.to_owned()),
        ..sarif::LogicalLocation::default()
    }
}

/// Both kinds of location as the one location that a result has.
pub fn location(physical: sarif::PhysicalLocation, logical: Vec<sarif::LogicalLocation>) -> sarif::Location {
    sarif::Location {
        physical_location: Some(physical),
        logical_locations: (!logical.is_empty()).then_some(logical),
        ..sarif::Location::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, sample};

    #[test]
    fn a_database_account_is_known_by_its_own_name() {
        let mut subject = sample().verdicts[2].subject.clone();
        subject.kind = DATABASE_ACCOUNT.to_owned();
        let names: Vec<_> = logical(&subject, &[]).into_iter().filter_map(|it| it.fully_qualified_name).collect();
        assert_eq!(names, ["''@'%'", "arn:aws:rds:eu-central-1:111122223333:cluster:orders-prod/''@'%'"]);
    }

    #[test]
    fn lines_are_true_and_never_zero() {
        let (full, none) = (sample(), empty());
        let location = decisive(&full.verdicts[1].evidence);
        for (assessment, location, uri, line) in [
            (&full, location, "snapshots/prod%20aws.jsonl.zst", 11),
            (&full, None, "snapshots/prod%20aws.jsonl.zst", 1),
            (&none, location, "aurora-audit.toml", 1),
        ] {
            let physical = in_snapshot(assessment, location, ("aurora-audit.toml", 1));
            assert_eq!(physical.artifact_location.unwrap().uri.as_deref(), Some(uri));
            assert_eq!(physical.region.unwrap().start_line, Some(line));
        }
    }
}

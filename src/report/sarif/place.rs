//! Where a result stands: a file that a viewer can open, and a logical location that names the subject.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_sarif::sarif;

use super::escape;
use crate::check::{Assessment, EvidenceEntry, Location, SubjectEntry};
use crate::model::Untrusted;

/// The user's configuration: the one file of this program that is checked in beside the code.
const CONFIGURATION: &str = "aurora-audit.toml";
/// What the URIs of absolute paths are relative to.
pub const ROOT: &str = "ROOTPATH";
/// RFC 3986, unreserved.
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A relative URI that no parser takes for anything else, and whether it starts at the root.
pub fn relative_uri(path: &str) -> (String, bool) {
    let segments = path.split(['/', '\\']).filter(|segment| !matches!(*segment, "" | "."));
    let encoded: Vec<String> = segments.map(|segment| utf8_percent_encode(segment, &ENCODED).to_string()).collect();
    (encoded.join("/"), path.starts_with('/'))
}

/// The configuration file, which stands for things that no file of the repository holds.
pub fn configuration() -> sarif::PhysicalLocation {
    physical(CONFIGURATION.to_owned(), false, 1)
}

/// The snapshot line that decided, else the first line of the first snapshot, else the configuration.
pub fn in_snapshot(assessment: &Assessment, location: Option<&Location>) -> sarif::PhysicalLocation {
    let file = location.map_or(0, |location| usize::from(location.file));
    let line = location.map_or(1, |location| location.line.max(1));
    match assessment.run.snapshots.get(file) {
        Some(snapshot) => {
            let (uri, rooted) = relative_uri(&snapshot.path);
            physical(uri, rooted, line)
        }
        None => configuration(),
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

/// The subject, then the value in the snapshot that decided.
pub fn logical(subject: &SubjectEntry, evidence: &[EvidenceEntry]) -> Vec<sarif::LogicalLocation> {
    let mut named = vec![logical_location(escape::name(&subject.id), &subject.kind)];
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
    fn paths_become_relative_uris() {
        for (path, uri, rooted) in [
            ("a.jsonl", "a.jsonl", false),
            ("./snap shots/ä#1?.jsonl", "snap%20shots/%C3%A4%231%3F.jsonl", false),
            ("../a.jsonl", "../a.jsonl", false),
            ("/var/a.jsonl", "var/a.jsonl", true),
            ("c:\\x\\a.jsonl", "c%3A/x/a.jsonl", false),
            ("javascript:alert(1)", "javascript%3Aalert%281%29", false),
            ("//evil.example/x", "evil.example/x", true),
            ("-", "-", false),
        ] {
            assert_eq!(relative_uri(path), (uri.to_owned(), rooted));
        }
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
            let physical = in_snapshot(assessment, location);
            assert_eq!(physical.artifact_location.unwrap().uri.as_deref(), Some(uri));
            assert_eq!(physical.region.unwrap().start_line, Some(line));
        }
    }
}

//! What was asked for, what came back, and what did not.

use serde::Serialize;

use super::shown::Shown;
use crate::check::{GapEntry, Location, Population, SnapshotEntry};
use crate::report::words;

/// A snapshot file.
#[derive(Serialize)]
pub struct Snapshot {
    number: usize,
    path: Shown,
    sha256: Shown,
    records: u64,
    tool_version: Shown,
    started: String,
    finished: Option<String>,
    complete: bool,
    because: Option<Shown>,
    regions: Vec<Shown>,
    collectors: Vec<Shown>,
    identity: Vec<Shown>,
}

impl Snapshot {
    /// The file with the number that the page refers to it by.
    pub fn of((entry, number): (&SnapshotEntry, usize)) -> Self {
        Self {
            number,
            path: Shown::words(&entry.path),
            sha256: Shown::words(&entry.sha256),
            records: entry.records,
            tool_version: Shown::words(&entry.tool_version),
            started: entry.started.to_string(),
            finished: entry.finished.map(|finished| finished.to_string()),
            complete: entry.complete,
            because: entry.incomplete_because.as_ref().map(Shown::of),
            regions: entry.regions.iter().map(|region| Shown::words(region)).collect(),
            collectors: entry.collectors.iter().map(|collector| Shown::words(collector)).collect(),
            identity: Shown::all(&entry.identity),
        }
    }
}

/// What one listing returned.
#[derive(Serialize)]
pub struct Listing {
    account: Shown,
    region: Shown,
    source: Shown,
    kind: Shown,
    target: Option<Shown>,
    returned: u32,
    kept: u32,
}

/// An item that is not assessed.
impl Listing {
    /// The listing as the page shows it.
    pub fn of(entry: &Population) -> Self {
        Self {
            account: Shown::words(&entry.account),
            region: Shown::words(&entry.region),
            source: Shown::words(&entry.source),
            kind: Shown::words(&entry.kind),
            target: entry.target.as_ref().map(Shown::of),
            returned: entry.returned,
            kept: entry.kept,
        }
    }
}

/// An item that is not assessed.
#[derive(Serialize)]
pub struct LeftOut {
    account: Shown,
    region: Shown,
    source: Shown,
    id: Shown,
    why: Shown,
}

impl LeftOut {
    /// The items that a listing returned and that are not assessed.
    pub fn of(entry: &Population) -> impl Iterator<Item = Self> {
        entry.excluded.iter().map(|item| Self {
            account: Shown::words(&entry.account),
            region: Shown::words(&entry.region),
            source: Shown::words(&entry.source),
            id: Shown::of(&item.id),
            why: Shown::of(&item.why),
        })
    }
}

/// Something that could not be read.
#[derive(Serialize)]
pub struct Gap {
    account: Shown,
    region: Shown,
    what: Shown,
    target: Option<Shown>,
    reason: &'static str,
    mend: Shown,
    message: Shown,
    place: Option<Place>,
}

impl Gap {
    /// The gap as the page shows it.
    pub fn of(entry: &GapEntry) -> Self {
        Self {
            account: Shown::words(&entry.account),
            region: Shown::words(&entry.region),
            what: Shown::words(&entry.what),
            target: entry.target.as_ref().map(Shown::of),
            reason: entry.reason.as_str(),
            mend: Shown::words(&words::mend(entry)),
            message: Shown::of(&entry.message),
            place: entry.location.as_ref().map(Place::of),
        }
    }
}

/// A place in a snapshot.
#[derive(Serialize)]
pub struct Place {
    /// Number of the snapshot on the page.
    number: usize,
    line: u32,
    pointer: Shown,
    source: Shown,
    observed: String,
}

impl Place {
    /// The place as the page shows it.
    pub fn of(location: &Location) -> Self {
        Self {
            number: usize::from(location.file) + 1,
            line: location.line,
            pointer: Shown::words(&location.pointer),
            source: Shown::words(&location.source),
            observed: location.observed.to_string(),
        }
    }
}

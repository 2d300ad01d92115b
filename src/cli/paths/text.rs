//! Paths as a story: a step a line, why it holds, and what cuts it.

use std::fmt::Write as _;

use crate::check::{CutsEntry, Location, PathEntry, PathsEntry, StepEntry};
use crate::model::Untrusted;
use crate::report::{cuts_lead, path_goal};
use crate::snapshot::Snapshot;

/// Sets of changes that are shown of a path.
const MOST_SETS: usize = 6;

/// Places that are shown of a step.
const MOST_PLACES: usize = 4;

/// Writes the answer.
pub fn render(entry: &PathsEntry, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    if entry.paths.is_empty() {
        text.push_str("Nobody who was asked about gets in, as far as the snapshot tells.\n");
    }
    for (path, number) in entry.paths.iter().zip(1..) {
        story(&mut text, path, number, snapshot);
    }
    if !entry.administrators.is_empty() {
        let names: Vec<_> = entry.administrators.iter().map(ToString::to_string).collect();
        line(&mut text, 0, &format!("Administrators of their account, not told one by one: {}.", names.join(", ")));
    }
    for note in &entry.notes {
        line(&mut text, 0, &format!("Note: {note}."));
    }
    if entry.paths.iter().any(|path| path.assumes_no_scp_denies) {
        line(&mut text, 0, "Note: service control policies that could not be read are assumed to deny nothing.");
    }
    text
}

fn story(text: &mut String, path: &PathEntry, number: usize, snapshot: &Snapshot) {
    let (severity, to) = (path.severity.as_str(), path_goal(&path.to));
    line(text, 0, &format!("{number}. {severity}, {}: {} {to} {}", path.certainty, path.from.name, path.cluster.name));
    line(text, 1, &format!("from {} ({})", path.from.id, path.from.kind));
    for it in &path.steps {
        step(text, it, snapshot);
    }
    cuts(text, path, snapshot);
    text.push('\n');
}

fn step(text: &mut String, step: &StepEntry, snapshot: &Snapshot) {
    let number = step.number;
    let needs = match step.needs.as_slice() {
        [] => String::new(),
        [only] if only + 1 == number => String::new(),
        list => format!(" (by {})", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    line(text, 1, &format!("{number:>2}  {}{needs}", step.words));
    for condition in &step.conditions {
        line(text, 3, &format!("if {condition}"));
    }
    if let Some(why) = &step.unknown {
        line(text, 3, &format!("not known: {why}"));
    }
    for evidence in step.evidence.iter().take(MOST_PLACES) {
        line(text, 3, &format!("because {} ({})", evidence.value, place(&evidence.location, snapshot)));
    }
    if step.evidence.len() > MOST_PLACES {
        line(text, 3, &format!("and {} places more", step.evidence.len() - MOST_PLACES));
    }
}

/// `file:line /pointer`.
fn place(location: &Location, snapshot: &Snapshot) -> String {
    let file =
        snapshot.files.get(usize::from(location.file)).map_or_else(String::new, |it| it.path.display().to_string());
    format!("{file}:{} {}", location.line, location.pointer)
}

fn cuts(text: &mut String, path: &PathEntry, snapshot: &Snapshot) {
    let CutsEntry { sets, .. } = &path.cuts;
    let ways = match (path.other_ways, path.more_ways) {
        (0, false) => "the only way".to_owned(),
        (others, false) => format!("one of {} ways", others + 1),
        (others, true) => format!("one of more than {} ways; the search was cut short", others + 1),
    };
    line(text, 1, &format!("This is {ways}. {}", cuts_lead(&path.cuts)));
    for set in sets.iter().take(MOST_SETS) {
        let changes: Vec<_> = set.iter().map(|change| change.words.to_string()).collect();
        let at = set.iter().find_map(|change| change.locations.first());
        let at = at.filter(|_| set.len() == 1).map_or_else(String::new, |at| format!(" ({})", place(at, snapshot)));
        line(text, 2, &format!("- {}{at}", changes.join(", and ")));
    }
    if sets.len() > MOST_SETS {
        line(text, 2, &format!("- and {} more", sets.len() - MOST_SETS));
    }
}

/// A line; what hides in text from targets is spelt out.
fn line(text: &mut String, depth: usize, words: &str) {
    let _ = writeln!(text, "{}{}", "  ".repeat(depth), Untrusted::from(words));
}

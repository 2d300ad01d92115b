//! Paths as a story: a step a line, why it holds, and what cuts it.

use std::fmt::Write as _;

use crate::check::{CutsEntry, Location, PathEntry, PathsEntry, StepEntry};
use crate::model::Untrusted;
use crate::report::{cut, cuts_lead, path_title};
use crate::snapshot::Snapshot;

/// Sets of changes that are shown of a path.
const MOST_SETS: usize = 6;

/// Characters of a name in a title.
const NAME: usize = 200;

/// Places that are shown of a step.
const MOST_PLACES: usize = 4;

/// Writes the answer.
pub fn render(entry: &PathsEntry, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    if entry.paths.is_empty() {
        text.push_str("Nobody who was asked about gets in, as far as the snapshot tells.\n");
    }
    if entry.paths.len() > 1 {
        in_short(&mut text, entry);
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

/// All answers at a glance, each with the first thing to do about it.
fn in_short(text: &mut String, entry: &PathsEntry) {
    line(text, 0, "In short, the gravest first, each with one change that ends it:");
    for (path, number) in entry.paths.iter().zip(1..) {
        let (severity, title) = (path.severity.as_str(), path_title(path, NAME));
        line(text, 0, &format!("{number:>3}. {severity:<8} {:<11} {title}", path.certainty));
        let first = cut(&path.cuts, NAME).unwrap_or_else(|| "nothing that was read".to_owned());
        line(text, 13, &first);
    }
    text.push('\n');
}

fn story(text: &mut String, path: &PathEntry, number: usize, snapshot: &Snapshot) {
    let (severity, title) = (path.severity.as_str(), path_title(path, NAME));
    line(text, 0, &format!("{number}. {severity}, {}: {title}", path.certainty));
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

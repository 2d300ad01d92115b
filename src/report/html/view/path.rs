//! Access paths: each as a drawing whose boxes lead to its steps, and as the list of those steps; then who reaches what.

use serde::Serialize;

use super::scope::Place;
use super::shown::{Badge, Shown};
use crate::check::{AccessEntry, Assessment, CutsEntry, PathEntry, PathsEntry, StepEntry};
use crate::report::words;

/// What is shown of access paths.
#[derive(Serialize)]
pub struct Section {
    paths: Vec<Path>,
    found: String,
    administrators: Vec<Shown>,
    rows: Vec<Row>,
    classes: [&'static str; 4],
    notes: Vec<Shown>,
}

#[derive(Serialize)]
struct Path {
    anchor: String,
    severity: Badge,
    certainty: Shown,
    title: Shown,
    from: Shown,
    steps: Vec<Step>,
    drawing: Drawing,
    cuts_lead: &'static str,
    cuts: Vec<Vec<Shown>>,
    assumes_no_scp_denies: bool,
}

#[derive(Serialize)]
struct Step {
    anchor: String,
    words: Shown,
    certainty: Shown,
    conditions: Vec<Shown>,
    unknown: Option<Shown>,
    needs: Vec<Need>,
    evidence: Vec<Evidence>,
}

/// A step that another one needs.
#[derive(Serialize)]
struct Need {
    href: String,
    number: usize,
}

#[derive(Serialize)]
struct Evidence {
    value: Shown,
    place: Place,
}

/// Boxes one below the other, joined by lines at their left from what is needed to what needs it.
#[derive(Serialize)]
struct Drawing {
    width: usize,
    height: usize,
    boxes: Vec<Box>,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Box {
    x: usize,
    y: usize,
    text_x: usize,
    text_y: usize,
    class: &'static str,
    href: String,
    label: Shown,
}

#[derive(Serialize)]
struct Line {
    points: String,
    class: &'static str,
}

/// How far a principal gets in a cluster.
#[derive(Serialize)]
struct Row {
    from: Shown,
    cluster: Shown,
    cells: Vec<Shown>,
}

const CLASSES: [&str; 4] = ["read", "write", "admin", "exfiltrate"];

/// Of the drawing, in its own units.
const ROW: usize = 34;
const BOX: usize = 24;
const LEFT: usize = 60;
const LANE: usize = 7;
const WIDTH: usize = 760;
/// Characters of a label; the list has the rest.
const LABEL: usize = 92;
/// Characters of a name in a title.
const NAME: usize = 200;

impl Section {
    /// The section, when the run asked about paths.
    pub fn of(assessment: &Assessment) -> Option<Self> {
        let PathsEntry { paths, found, administrators, matrix, notes } = assessment.paths.as_ref()?;
        Some(Self {
            paths: paths.iter().zip(1..).map(path).collect(),
            found: words::grouped(*found),
            administrators: Shown::all(administrators),
            rows: matrix.iter().map(row).collect(),
            classes: CLASSES,
            notes: Shown::all(notes),
        })
    }
}

fn path((path, number): (&PathEntry, usize)) -> Path {
    let anchor = format!("path-{number}");
    Path {
        severity: Badge::severity(path.severity),
        certainty: Shown::words(&path.certainty),
        title: Shown::words(&words::path_title(path, NAME)),
        from: Shown::of(&path.from.id),
        steps: path.steps.iter().map(|it| step(&anchor, it)).collect(),
        drawing: drawing(&anchor, path),
        cuts_lead: words::cuts_lead(&path.cuts),
        cuts: cuts(&path.cuts),
        assumes_no_scp_denies: path.assumes_no_scp_denies,
        anchor,
    }
}

fn cuts(cuts: &CutsEntry) -> Vec<Vec<Shown>> {
    cuts.sets.iter().map(|set| set.iter().map(|change| Shown::of(&change.words)).collect()).collect()
}

fn step(path: &str, step: &StepEntry) -> Step {
    let evidence = step.evidence.iter();
    Step {
        anchor: format!("{path}-{}", step.number),
        words: Shown::of(&step.words),
        certainty: Shown::words(&step.certainty),
        conditions: Shown::all(&step.conditions),
        unknown: step.unknown.as_ref().map(Shown::of),
        needs: step.needs.iter().map(|number| Need { href: format!("#{path}-{number}"), number: *number }).collect(),
        evidence: evidence.map(|it| Evidence { value: Shown::of(&it.value), place: Place::of(&it.location) }).collect(),
    }
}

fn drawing(anchor: &str, path: &PathEntry) -> Drawing {
    let labels =
        std::iter::once(path.from.name.to_string()).chain(path.steps.iter().map(|step| step.words.to_string()));
    let classes = std::iter::once("source").chain(path.steps.iter().map(|step| class(&step.certainty)));
    let boxes = labels.zip(classes).enumerate().map(|(at, (label, class))| {
        let short: String = label.chars().take(LABEL).collect();
        let more = if short.len() < label.len() { "…" } else { "" };
        let y = at * ROW + 4;
        Box {
            x: LEFT,
            y,
            text_x: LEFT + 8,
            text_y: y + 16,
            class,
            href: if at == 0 { format!("#{anchor}") } else { format!("#{anchor}-{at}") },
            label: Shown::words(&format!("{short}{more}")),
        }
    });
    Drawing {
        width: WIDTH,
        height: (path.steps.len() + 1) * ROW,
        boxes: boxes.collect(),
        lines: path.steps.iter().flat_map(lines).collect(),
    }
}

/// A line for each step that is needed; one further away goes further left.
fn lines(step: &StepEntry) -> Vec<Line> {
    let middle = |at: usize| at * ROW + 4 + BOX / 2;
    let needs = if step.needs.is_empty() { &[0][..] } else { &step.needs };
    let line = |need: &usize| {
        let lane = LEFT.saturating_sub(LANE * step.number.saturating_sub(*need)).max(4);
        let (from, to) = (middle(*need), middle(step.number));
        Line { points: format!("{LEFT},{from} {lane},{from} {lane},{to} {LEFT},{to}"), class: class(&step.certainty) }
    };
    needs.iter().map(line).collect()
}

fn class(certainty: &str) -> &'static str {
    match certainty {
        "certain" => "certain",
        "conditional" => "conditional",
        _ => "possible",
    }
}

fn row(entry: &AccessEntry) -> Row {
    let cell = |class| entry.classes.get(class).map_or_else(|| Shown::words("–"), |word| Shown::words(word));
    Row {
        from: Shown::of(&entry.from.id),
        cluster: Shown::of(&entry.cluster.name),
        cells: CLASSES.into_iter().map(cell).collect(),
    }
}

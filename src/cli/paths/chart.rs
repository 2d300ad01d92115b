//! Paths as charts for Graphviz and Mermaid. What comes from targets is between quotes, without anything that could end them.

use std::fmt::Write as _;

use crate::check::{PathEntry, PathsEntry, StepEntry};
use crate::model::Untrusted;
use crate::report::path_title;

/// Characters of a name in a title.
const NAME: usize = 200;

/// Graphviz.
pub fn dot(entry: &PathsEntry) -> String {
    let mut text = String::from("digraph paths {\n  rankdir=LR;\n  node [shape=box];\n");
    for (path, number) in entry.paths.iter().zip(1..) {
        let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label=\"{}\";", quoted(&title(path, number)));
        for (id, label) in nodes(path, number) {
            let _ = writeln!(text, "    {id} [label=\"{}\"];", quoted(&label));
        }
        for (one, other, certainty) in arrows(path, number) {
            let style = if certainty == "certain" { "solid" } else { "dashed" };
            let _ = writeln!(text, "    {one} -> {other} [style={style}];");
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

/// Mermaid.
pub fn mermaid(entry: &PathsEntry) -> String {
    let mut text = String::from("flowchart LR\n");
    for (path, number) in entry.paths.iter().zip(1..) {
        let _ = writeln!(text, "  subgraph path{number}[\"{}\"]", entities(&title(path, number)));
        for (id, label) in nodes(path, number) {
            let _ = writeln!(text, "    {id}[\"{}\"]", entities(&label));
        }
        for (one, other, certainty) in arrows(path, number) {
            let arrow = if certainty == "certain" { "-->" } else { "-.->" };
            let _ = writeln!(text, "    {one} {arrow} {other}");
        }
        text.push_str("  end\n");
    }
    text
}

fn title(path: &PathEntry, number: usize) -> String {
    format!("{number}. {}, {}: {}", path.severity.as_str(), path.certainty, path_title(path, NAME))
}

fn nodes(path: &PathEntry, number: usize) -> Vec<(String, String)> {
    let start = (format!("p{number}s0"), path.from.name.to_string());
    let label = |step: &StepEntry| {
        let doubts = step.conditions.iter().chain(&step.unknown).map(|it| format!("; if {it}"));
        let doubts: Vec<_> = doubts.collect();
        let doubts = doubts.concat();
        (format!("p{number}s{}", step.number), format!("{}{doubts}", step.words))
    };
    std::iter::once(start).chain(path.steps.iter().map(label)).collect()
}

/// From each step that is needed to the one that needs it; a step that needs none begins at the source.
fn arrows(path: &PathEntry, number: usize) -> Vec<(String, String, &str)> {
    let mut arrows = Vec::new();
    for step in &path.steps {
        let needs = if step.needs.is_empty() { &[0][..] } else { &step.needs };
        for need in needs {
            arrows.push((format!("p{number}s{need}"), format!("p{number}s{}", step.number), &*step.certainty));
        }
    }
    arrows
}

/// A string of Graphviz.
fn quoted(text: &str) -> String {
    Untrusted::from(text).to_string().replace('\\', "\\\\").replace('"', "\\\"")
}

/// A label of Mermaid, which takes entities and reads Markdown and HTML: whatever is no plain character is written as a number.
fn entities(text: &str) -> String {
    let plain = |it: char| it.is_alphanumeric() || matches!(it, ' ' | '.' | ',' | ':' | '/' | '-' | '_' | '@');
    let shown = Untrusted::from(text).to_string();
    shown.chars().map(|it| if plain(it) { it.to_string() } else { format!("#{};", u32::from(it)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        for text in ["a\"]; evil", "a\\", "</script><b>", "`x`\n\u{202e}", "#quot;"] {
            let dot = quoted(text);
            let unescaped = dot.replace("\\\\", "").replace("\\\"", "");
            assert!(!unescaped.contains(['"', '\\', '\n', '\u{202e}']), "{dot}");
            let mermaid = entities(text);
            assert!(!mermaid.contains(['"', '<', '>', '`', '\\', '\n', '\u{202e}', '{']), "{mermaid}");
        }
        assert_eq!(entities("'a'@'%'"), "#39;a#39;@#39;#37;#39;");
        assert_eq!(entities("#quot;"), "#35;quot#59;");
    }
}

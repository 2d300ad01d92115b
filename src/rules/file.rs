//! The descriptive half of a rule file: what reports and people need, none of what decides.

use std::collections::BTreeMap;

use super::decode::{Fields, Reader};
use super::rule::{Control, Effort, Equivalent, RemediationText, Status};
use super::source::RuleSource;
use super::yaml::{Kind, Node};
use crate::model::Severity;

/// Every key that a rule may have.
pub(super) const KEYS: [&str; 22] = [
    "schema",
    "id",
    "title",
    "severity",
    "severity_reason",
    "status",
    "targets",
    "for_each",
    "params",
    "when",
    "let",
    "check",
    "message",
    "evidence",
    "rationale",
    "remediation",
    "frameworks",
    "docs",
    "source",
    "tags",
    "equivalent_mutants",
    "tests",
];

/// The folders of rules, and how the ids in each begin.
pub(super) const AREAS: [(&str, &str); 8] = [
    ("iam", "iam"),
    ("network", "net"),
    ("tls", "tls"),
    ("database", "db"),
    ("path", "path"),
    ("data", "data"),
    ("logging", "log"),
    ("resilience", "res"),
];

/// The folder for a rule with this id, if it is one.
pub fn area_of(id: &str) -> Option<&'static str> {
    let (prefix, _) = id.split_once('-')?;
    let (area, _) = AREAS.into_iter().find(|(_, of)| *of == prefix)?;
    is_id(id).then_some(area)
}

/// How ids begin, in words.
pub fn prefixes() -> String {
    AREAS.map(|(_, prefix)| format!("{prefix}-")).join(", ")
}

/// Lower-case words joined by hyphens.
fn is_id(id: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    id.split('-').all(word)
}

/// What a rule says of itself.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Severity,
    pub(super) severity_reason: Option<String>,
    pub(super) status: Status,
    pub(super) rationale: String,
    pub(super) remediation: RemediationText,
    pub(super) frameworks: BTreeMap<String, Vec<Control>>,
    pub(super) docs: String,
    pub(super) source: String,
    pub(super) tags: Vec<String>,
    pub(super) equivalent_mutants: Vec<Equivalent>,
}

/// Reads the description. Everything is looked at, so that all that is wrong is said at once.
pub(super) fn read(reader: &mut Reader<'_>, fields: &Fields<'_>, file: &RuleSource) -> Option<Description> {
    schema(reader, fields);
    let id = reader.need(fields, "id").and_then(|node| id(reader, node, file));
    let title = reader.need(fields, "title").and_then(|node| line(reader, node));
    let severity = reader.need(fields, "severity").and_then(|node| reader.word(node, "severity"));
    let severity_reason = fields.get("severity_reason").map_or(Some(None), |node| line(reader, node).map(Some));
    let status = reader.need(fields, "status").and_then(|node| reader.word(node, "status"));
    let rationale = reader.need(fields, "rationale").and_then(|node| reader.string(node));
    let remediation = reader.need(fields, "remediation").and_then(|node| remediation(reader, node));
    let frameworks = reader.need(fields, "frameworks").and_then(|node| frameworks(reader, node));
    let docs = reader.need(fields, "docs").and_then(|node| docs(reader, node));
    let source = reader.need(fields, "source").and_then(|node| line(reader, node));
    let tags = reader.need(fields, "tags").and_then(|node| strings(reader, node));
    let equivalent_mutants =
        fields.get("equivalent_mutants").map_or(Some(Vec::new()), |node| equivalents(reader, node));
    Some(Description {
        id: id?,
        title: title?,
        severity: severity?,
        severity_reason: severity_reason?,
        status: status?,
        rationale: rationale?,
        remediation: remediation?,
        frameworks: frameworks?,
        docs: docs?,
        source: source?,
        tags: tags?,
        equivalent_mutants: equivalent_mutants?,
    })
}

fn schema(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    if let Some(node) = reader.need(fields, "schema")
        && let Some(version) = reader.int(node)
        && version != 1
    {
        reader.complain::<()>(
            &node.at,
            format!("schema {version} is not known"),
            Some("this version reads schema 1".into()),
        );
    }
}

fn id(reader: &mut Reader<'_>, node: &Node, file: &RuleSource) -> Option<String> {
    let id = reader.string(node)?;
    if !is_id(&id) {
        let help = "ids are lower-case words joined by hyphens".to_owned();
        return reader.complain(&node.at, format!("`{id}` is no id"), Some(help));
    }
    if id != file.stem() {
        let help = format!("name the file `{id}.yaml`, or the rule `{}`", file.stem());
        return reader.complain(
            &node.at,
            format!("the id differs from the file's name `{}.yaml`", file.stem()),
            Some(help),
        );
    }
    let Some((_, prefix)) = AREAS.iter().find(|(folder, _)| *folder == file.folder()) else {
        let folders: Vec<&str> = AREAS.iter().map(|(folder, _)| *folder).collect();
        let message = format!("`{}` is no folder for rules", file.folder());
        return reader.complain(&node.at, message, Some(format!("one of {}", folders.join(", "))));
    };
    if id.strip_prefix(prefix).is_none_or(|rest| !rest.starts_with('-')) {
        let message = format!("ids of rules in `{}` begin with `{prefix}-`", file.folder());
        return reader.complain(&node.at, message, None);
    }
    Some(id)
}

/// Text on one line.
fn line(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.string(node)?;
    if text.contains('\n') { reader.complain(&node.at, "this must be one line", None) } else { Some(text) }
}

fn docs(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let link = line(reader, node)?;
    if link.strip_prefix("https://").is_some_and(|rest| rest.contains('.') && !rest.contains(char::is_whitespace)) {
        Some(link)
    } else {
        reader.complain(&node.at, "docs must be one https:// link", None)
    }
}

fn strings(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    let items: Vec<Option<String>> = reader.list(node)?.iter().map(|item| line(reader, item)).collect();
    items.into_iter().collect()
}

fn remediation(reader: &mut Reader<'_>, node: &Node) -> Option<RemediationText> {
    let fields = reader.map(node, "remediation", &["text", "cli", "sql", "terraform", "effort", "risk"])?;
    let text = reader.need(&fields, "text").and_then(|node| reader.string(node));
    let effort: Option<Effort> = fields.get("effort").and_then(|node| reader.word(node, "effort"));
    let mut optional = |key| fields.get(key).and_then(|node| reader.string(node));
    let (cli, sql, terraform, risk) = (optional("cli"), optional("sql"), optional("terraform"), optional("risk"));
    Some(RemediationText { text: text?, cli, sql, terraform, effort, risk })
}

fn frameworks(reader: &mut Reader<'_>, node: &Node) -> Option<BTreeMap<String, Vec<Control>>> {
    let mut frameworks = BTreeMap::new();
    let mut complete = true;
    for (name, _, value) in reader.entries(node, "frameworks")? {
        let controls: Vec<Option<Control>> = reader.list(value)?.iter().map(|item| control(reader, item)).collect();
        complete &= controls.iter().all(Option::is_some);
        frameworks.insert(name.to_owned(), controls.into_iter().flatten().collect());
    }
    complete.then_some(frameworks)
}

fn control(reader: &mut Reader<'_>, node: &Node) -> Option<Control> {
    if let Kind::Scalar(scalar) = &node.kind {
        let help = format!("write {{control: {}, coverage: full}}, or partial, or supporting", scalar.text);
        return reader.complain(&node.at, "a control must say how much of it the rule covers", Some(help));
    }
    let fields = reader.map(node, "a control", &["control", "coverage"])?;
    let control = reader.need(&fields, "control").and_then(|node| line(reader, node));
    let coverage = reader.need(&fields, "coverage").and_then(|node| reader.word(node, "coverage"));
    Some(Control { control: control?, coverage: coverage? })
}

fn equivalents(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Equivalent>> {
    let items: Vec<Option<Equivalent>> = reader.list(node)?.iter().map(|item| equivalent(reader, item)).collect();
    items.into_iter().collect()
}

fn equivalent(reader: &mut Reader<'_>, node: &Node) -> Option<Equivalent> {
    let fields = reader.map(node, "an equivalent mutant", &["was", "became", "reason"])?;
    let was = reader.need(&fields, "was").and_then(|node| line(reader, node));
    let became = reader.need(&fields, "became").and_then(|node| line(reader, node));
    let reason = reader.need(&fields, "reason").and_then(|node| reader.string(node));
    Some(Equivalent { was: was?, became: became?, reason: reason?, at: fields.at })
}

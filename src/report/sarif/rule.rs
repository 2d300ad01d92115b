//! Rules as SARIF reporting descriptors, and the levels and numbers that a severity has there.

use serde_sarif::sarif::{self, ResultLevel};

use super::taxonomy::Taxonomies;
use super::{escape, property_bag};
use crate::check::{ControlEntry, RuleEntry};
use crate::model::{GapReason, Severity, Untrusted};
use crate::report::words;

/// The rule of our own that keeps an incomplete run from looking like a clean one.
pub const INCOMPLETE: &str = "assessment-incomplete";
/// What GitHub takes of a description.
const DESCRIPTION: usize = 1_000;
/// What GitHub shows of a rule's tags.
const TAGS: usize = 10;

/// The level of a failure.
pub const fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// GitHub's number for a severity, from the middle of each band, where rounding cannot move it.
pub const fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

/// Framework → controls, each with how much of it a pass proves.
fn controls(rule: &RuleEntry) -> serde_json::Value {
    let shown = |list: &Vec<ControlEntry>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    rule.frameworks.iter().map(|(name, list)| (name.clone(), shown(list))).collect()
}

/// A rule, with its relations to the controls of frameworks where the log has their taxonomies.
pub fn related(rule: &RuleEntry, taxonomies: &Taxonomies<'_>) -> sarif::ReportingDescriptor {
    let relationships = taxonomies.relationships(rule);
    let relationships = (!relationships.is_empty()).then_some(relationships);
    sarif::ReportingDescriptor { relationships, ..descriptor(rule) }
}

/// A rule.
pub fn descriptor(rule: &RuleEntry) -> sarif::ReportingDescriptor {
    let docs = rule.docs.starts_with("https://").then(|| rule.docs.clone());
    let mut properties: Vec<(&str, serde_json::Value)> = vec![
        ("area", rule.area.clone().into()),
        ("check", rule.check.clone().into()),
        ("frameworks", controls(rule)),
        ("severity", rule.severity.as_str().into()),
    ];
    properties.extend(security_severity(rule.severity).map(|number| ("security-severity", number.into())));
    sarif::ReportingDescriptor {
        help: Some(both(help_text(rule), Some(help_markdown(rule)))),
        help_uri: docs,
        default_configuration: Some(configuration(level(rule.severity))),
        properties: Some(property_bag(Some(tags(rule)), properties)),
        ..bare(&rule.id, &rule.title, &rule.rationale)
    }
}

/// The rule that says that the run is incomplete.
pub fn incomplete() -> sarif::ReportingDescriptor {
    let help = "Grant the permissions that the result names, or reach the targets that it names, and run again. What \
                could not be read is unknown, and unknown is not a pass.";
    sarif::ReportingDescriptor {
        help: Some(both(help.to_owned(), None)),
        default_configuration: Some(configuration(ResultLevel::Warning)),
        properties: Some(property_bag(Some(vec!["security".to_owned(), "completeness".to_owned()]), Vec::new())),
        ..bare(
            INCOMPLETE,
            "The assessment is incomplete",
            "Something that was asked for could not be read or judged, so the absence of other results proves nothing about it.",
        )
    }
}

/// A rule that was there when the baseline was made.
pub fn forgotten(id: &str) -> sarif::ReportingDescriptor {
    let help = "The rule is not among those of this run, so nobody knows whether the finding still holds.";
    sarif::ReportingDescriptor {
        help: Some(both(help.to_owned(), None)),
        properties: Some(property_bag(Some(vec!["security".to_owned()]), Vec::new())),
        ..bare(id, &format!("Rule {id}, of the baseline"), "A rule of the baseline that this run does not have.")
    }
}

/// The kind of notification that a gap is.
pub fn gap_descriptor(reason: GapReason) -> sarif::ReportingDescriptor {
    let text = format!("A reading failed: {}.", reason.as_str());
    sarif::ReportingDescriptor {
        help: Some(both("Close the gap as the notification says, and collect again.".to_owned(), None)),
        ..bare(&gap_id(reason), &text, "What could not be read makes the verdicts that need it unknown.")
    }
}

/// Id of the kind of notification that a gap is.
pub fn gap_id(reason: GapReason) -> String {
    format!("gap-{}", reason.as_str().replace(' ', "-"))
}

/// The kind of notification that a rule which cannot be evaluated gives.
pub fn error_descriptor() -> sarif::ReportingDescriptor {
    sarif::ReportingDescriptor {
        help: Some(both("Mend the rule, or report it to whoever wrote it.".to_owned(), None)),
        ..bare(
            RULE_ERROR,
            "A rule could not be evaluated.",
            "The rule itself broke; its verdict is neither a pass nor a failure.",
        )
    }
}

/// Id of [`error_descriptor`].
pub const RULE_ERROR: &str = "rule-error";

fn bare(id: &str, title: &str, description: &str) -> sarif::ReportingDescriptor {
    sarif::ReportingDescriptor {
        name: Some(pascal_case(id)),
        short_description: Some(both(words::sentence(&clip(title)), None)),
        full_description: Some(both(words::sentence(&clip(description)), None)),
        ..sarif::ReportingDescriptor::builder().id(id).build()
    }
}

/// Rule texts are trusted and may have several lines, but must not outgrow the service's limit, nor be empty.
fn clip(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "No description.".to_owned() } else { words::shown(&Untrusted::from(text), DESCRIPTION) }
}

fn both(text: String, markdown: Option<String>) -> sarif::MultiformatMessageString {
    sarif::MultiformatMessageString { markdown, ..sarif::MultiformatMessageString::builder().text(text).build() }
}

fn configuration(level: ResultLevel) -> sarif::ReportingConfiguration {
    sarif::ReportingConfiguration { level: Some(level.to_string().into()), ..sarif::ReportingConfiguration::default() }
}

/// `security` first: without it GitHub shows no severity. The others sorted and each once.
fn tags(rule: &RuleEntry) -> Vec<String> {
    let mut others: Vec<String> = std::iter::once(&rule.area).chain(&rule.tags).cloned().collect();
    others.retain(|tag| !tag.is_empty() && tag != "security");
    others.sort();
    others.dedup();
    others.truncate(TAGS - 1);
    others.insert(0, "security".to_owned());
    others
}

/// The name that some viewers want, made of the id.
fn pascal_case(id: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        characters
            .next()
            .map(|first| format!("{}{}", first.to_ascii_uppercase(), characters.as_str()))
            .unwrap_or_default()
    };
    id.split('-').map(word).collect()
}

/// The ways to mend a failure of a rule: heading, language of a fence, code.
fn recipes(rule: &RuleEntry) -> Vec<(&'static str, &'static str, String)> {
    let mend = &rule.remediation;
    [("AWS CLI", "sh", &mend.cli), ("SQL", "sql", &mend.sql), ("Terraform", "terraform", &mend.terraform)]
        .into_iter()
        .filter_map(|(title, language, code)| Some((title, language, code_lines(code.as_ref()?))))
        .collect()
}

/// A rule file's own line breaks are wanted; anything else that hides is shown.
fn code_lines(code: &Untrusted) -> String {
    code.raw().lines().map(|line| Untrusted::from(line).to_string()).collect::<Vec<_>>().join("\n")
}

fn help_text(rule: &RuleEntry) -> String {
    let mut parts = vec![words::sentence(&clip(&rule.rationale))];
    parts.push(format!("Wanted: {}", clip(&rule.check)));
    parts.push(format!("To mend: {}", words::sentence(&escape::name(&rule.remediation.text))));
    parts.extend(recipes(rule).into_iter().map(|(title, _, code)| format!("{title}:\n{code}")));
    parts.join("\n\n")
}

fn help_markdown(rule: &RuleEntry) -> String {
    let mut parts = vec![words::sentence(rule.rationale.trim())];
    parts.push(format!("**Wanted**\n\n{}", escape::fence("", &rule.check)));
    parts.push(format!("**To mend**\n\n{}", words::sentence(&escape::name(&rule.remediation.text))));
    parts.extend(
        recipes(rule).iter().map(|(title, language, code)| format!("{title}\n\n{}", escape::fence(language, code))),
    );
    if !rule.frameworks.is_empty() {
        let controls = rule.frameworks.iter().map(|(name, list)| format!("- {name}: {}", words::controls(list)));
        parts.push(format!("**Frameworks**\n\n{}", controls.collect::<Vec<_>>().join("\n")));
    }
    if rule.docs.starts_with("https://") {
        parts.push(format!("<{}>", rule.docs));
    }
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn severities_lie_inside_githubs_bands() {
        for (severity, level_word, band) in [
            (Severity::Critical, "error", Some(9.0..10.0)),
            (Severity::High, "error", Some(7.0..8.9)),
            (Severity::Medium, "warning", Some(4.0..6.9)),
            (Severity::Low, "note", Some(0.1..3.9)),
            (Severity::Info, "note", None),
        ] {
            assert_eq!(level(severity).to_string(), level_word);
            let number = security_severity(severity).map(|number| number.parse::<f64>().unwrap());
            assert_eq!(number.is_some(), band.is_some());
            assert!(number.zip(band).is_none_or(|(number, band)| number > band.start && number < band.end));
        }
    }

    #[test]
    fn names_are_made_of_ids() {
        for (id, name) in [("net-not-public", "NetNotPublic"), ("x", "X"), ("", ""), ("a--b", "AB")] {
            assert_eq!(pascal_case(id), name);
        }
    }

    #[test]
    fn tags_are_few_sorted_and_start_with_security() {
        let mut rule = sample().rules.remove(0);
        rule.tags = (0..30).rev().map(|index| format!("t{index:02}")).chain(["security".to_owned()]).collect();
        let tags = tags(&rule);
        assert_eq!(tags.len(), 10);
        assert_eq!(&tags[..3], ["security", "data", "t00"]);
    }

    #[test]
    fn help_names_the_condition_and_the_way_to_mend() {
        let rule = &sample().rules[3];
        let (text, markdown) = (help_text(rule), help_markdown(rule));
        for part in ["!e.open_to_internet", "Remove the ingress rule", "revoke-security-group-ingress \\\n"] {
            assert!(text.contains(part) && markdown.contains(part), "{part}");
        }
        assert!(markdown.contains("```sh\naws ec2"));
    }

    #[test]
    fn links_that_are_not_https_are_left_out() {
        let mut rule = sample().rules.remove(0);
        assert!(descriptor(&rule).help_uri.is_some());
        rule.docs = "javascript:alert(1)".to_owned();
        assert_eq!(descriptor(&rule).help_uri, None);
        assert!(!help_markdown(&rule).contains("javascript"));
    }
}

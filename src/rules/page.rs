//! The rules of an area as a page to read.

use std::fmt::Write as _;

use super::frameworks::control;
use super::rule::{Control, Param, RemediationText, Rule};

/// All rules of `area`, as Markdown.
pub fn rules_page<'r>(rules: impl IntoIterator<Item = &'r Rule>, area: &str) -> String {
    let of_area: Vec<_> = rules.into_iter().filter(|rule| rule.area == area).collect();
    let mut page = format!("# Rules: {area}\n\n| rule | severity | judges | |\n|---|---|---|---|\n");
    for rule in &of_area {
        let id = &rule.id;
        line(
            &mut page,
            format_args!("| [{id}](#{id}) | {} | `{}` | {} |", rule.severity.as_str(), rule.target, rule.title),
        );
    }
    for rule in of_area {
        one(rule, &mut page);
    }
    page
}

fn one(rule: &Rule, page: &mut String) {
    line(
        page,
        format_args!("\n## {}\n\n**{}** ({}, {})\n", rule.id, rule.title, rule.severity.as_str(), rule.status.as_str()),
    );
    line(page, format_args!("{}\n", rule.rationale.trim()));
    if let Some(reason) = &rule.severity_reason {
        line(page, format_args!("Why {}: {reason}.\n", rule.severity.as_str()));
    }
    if let Some((name, list)) = &rule.for_each {
        line(page, format_args!("Judges each element `{name}` of `{list}` of every `{}`.\n", rule.target));
    }
    if let Some(when) = &rule.when_text {
        code(page, "Applies when", "cel", when);
    }
    for (name, text) in &rule.lets {
        code(page, &format!("Where `{name}` is"), "cel", text);
    }
    code(page, "Holds when", "cel", &rule.check_text);
    if !rule.params.is_empty() {
        line(page, format_args!("| parameter | type | default | |\n|---|---|---|---|"));
        for it in &rule.params {
            parameter(it, page);
        }
        page.push('\n');
    }
    remedy(&rule.remediation, page);
    let mapped: Vec<_> =
        rule.frameworks.iter().flat_map(|(name, controls)| controls.iter().map(move |it| (name, it))).collect();
    if !mapped.is_empty() {
        line(page, format_args!("| framework | control | coverage | basis | |\n|---|---|---|---|---|"));
        for (name, it) in mapped {
            mapping(name, it, page);
        }
        page.push('\n');
    }
    line(page, format_args!("See <{}>.", rule.docs));
}

fn parameter(param: &Param, page: &mut String) {
    let shown = param.shown().replace('|', "\\|");
    line(page, format_args!("| `{}` | `{}` | `{shown}` | {} |", param.name, param.type_name, param.description));
}

fn remedy(remediation: &RemediationText, page: &mut String) {
    line(page, format_args!("To mend it: {}\n", remediation.text.trim()));
    for (language, text) in [("sh", &remediation.cli), ("sql", &remediation.sql), ("hcl", &remediation.terraform)] {
        if let Some(text) = text {
            line(page, format_args!("```{language}\n{}\n```\n", text.trim_end()));
        }
    }
    if let Some(risk) = &remediation.risk {
        line(page, format_args!("Risk: {}\n", risk.trim()));
    }
}

fn mapping(framework: &str, mapped: &Control, page: &mut String) {
    let known = control(framework, &mapped.control);
    let (basis, title) = known.map_or(("", ""), |it| (it.basis.as_str(), it.title.as_str()));
    let coverage = mapped.coverage.as_str();
    line(page, format_args!("| {framework} | {} | {coverage} | {basis} | {title} |", mapped.control));
}

fn code(page: &mut String, heading: &str, language: &str, text: &str) {
    line(page, format_args!("{heading}:\n\n```{language}\n{}\n```\n", text.trim_end()));
}

fn line(page: &mut String, words: std::fmt::Arguments<'_>) {
    let _infallible = writeln!(page, "{words}");
}

//! The report for a terminal: what needs attention, gravest first, then what could not be read and how to mend it, and the
//! summary last, where the eye rests when the output has scrolled by.

mod layout;
mod paint;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use self::layout::{column, wrap};
use self::paint::{Brush, Style};
use super::{Options, ReportError, waiver, words};
use crate::check::{
    Assessment, BaselineState, ElementEntry, GapEntry, GateResult, SubjectEntry, VerdictEntry, WaiverEntry,
    WaiverState, WaiverUse,
};
use crate::model::{Outcome, Severity, Untrusted};

/// Lines of one message, and elements of one verdict, before the terminal refers to the other formats.
const MESSAGE_LINES: usize = 4;
const ELEMENTS: usize = 8;
/// Access paths that are told.
const PATHS: usize = 5;
/// Characters of a text that are looked at: more than the lines can hold.
const TEXT: usize = 600;

/// Writes the report.
pub fn render(assessment: &Assessment, options: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut page = Page {
        lines: Vec::new(),
        brush: Brush { color: options.color, links: options.links },
        width: options.width.clamp(40, 240),
        columns: Columns::of(assessment, options.width.clamp(40, 240)),
        labels: Labels::of(assessment),
        docs: assessment.rules.iter().map(|rule| (&*rule.id, &*rule.docs)).collect(),
        waivers: &assessment.waivers,
    };
    page.head(assessment);
    for severity in Severity::DESCENDING {
        page.group(severity, assessment);
    }
    page.waived(assessment);
    page.since_baseline(assessment);
    page.paths(assessment);
    page.gaps(assessment);
    page.summary(assessment, &options.written);
    let mut text = page.lines.join("\n");
    text.push('\n');
    out.write_all(text.as_bytes()).map_err(ReportError::Write)
}

/// Whether a verdict needs someone's attention.
fn speaks_up(verdict: &VerdictEntry) -> bool {
    matches!(verdict.outcome, Outcome::Fail | Outcome::Error | Outcome::Unknown) && !verdict.is_waived()
}

/// How wide the columns of the verdicts are.
struct Columns {
    rule: usize,
    subject: usize,
    message: usize,
}

/// A message column that is narrower than this is hard to read.
const NARROWEST: usize = 28;
/// Indent, mark, word and the spaces around them.
const LEAD: usize = 2 + 2 + 7 + 2;

impl Columns {
    fn of(assessment: &Assessment, width: usize) -> Self {
        let shown = || assessment.verdicts.iter().filter(|verdict| speaks_up(verdict));
        let labels = Labels::of(assessment);
        let widest_rule = shown().map(|verdict| verdict.rule.chars().count()).max().unwrap_or(0);
        let widest_label =
            shown().map(|verdict| labels.of_subject(&verdict.subject).chars().count()).max().unwrap_or(0);
        let (rule, subject) = (widest_rule.min(width / 3), widest_label.min(width / 4));
        let message = width.saturating_sub(LEAD + rule + 2 + subject + 2);
        if message >= NARROWEST {
            return Self { rule, subject, message };
        }
        let rule = widest_rule.min(width * 2 / 5);
        Self { rule, subject: widest_label.min(width - LEAD - rule - 2), message: 0 }
    }

    /// On a narrow terminal the message goes below the names.
    const fn stacked(&self) -> bool {
        self.message == 0
    }
}

/// Short names of subjects, with as much of account and region as is needed to tell them apart.
struct Labels {
    accounts: bool,
    regions: bool,
}

impl Labels {
    fn of(assessment: &Assessment) -> Self {
        let of_verdicts = assessment.verdicts.iter().map(|verdict| (&verdict.subject.account, &verdict.subject.region));
        let of_gaps = assessment.gaps.iter().map(|gap| (&gap.account, &gap.region));
        let (accounts, regions): (BTreeSet<_>, BTreeSet<_>) = of_verdicts.chain(of_gaps).unzip();
        Self { accounts: accounts.len() > 1, regions: regions.len() > 1 }
    }

    fn of_subject(&self, subject: &SubjectEntry) -> String {
        format!("{}{}", words::shown(&subject.name, TEXT), self.place(&subject.account, &subject.region))
    }

    fn place(&self, account: &str, region: &str) -> String {
        let (account, region) = (self.accounts.then_some(account), self.regions.then_some(region));
        let words: Vec<_> = [account, region].into_iter().flatten().filter(|word| !word.is_empty()).map(safe).collect();
        if words.is_empty() { String::new() } else { format!(" ({})", words.join(" ")) }
    }
}

fn safe(text: &str) -> String {
    words::shown(&Untrusted::from(text), TEXT)
}

struct Page<'a> {
    /// Documentation of each rule.
    docs: BTreeMap<&'a str, &'a str>,
    lines: Vec<String>,
    brush: Brush,
    width: usize,
    columns: Columns,
    labels: Labels,
    waivers: &'a [WaiverEntry],
}

impl Page<'_> {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn heading(&mut self, style: Style, text: &str) {
        self.line("");
        let painted = self.brush.paint(style, text);
        self.line(painted);
    }

    /// Wrapped text below an indent, in one style; later lines two columns further in.
    fn block(&mut self, indent: usize, style: Option<Style>, text: &str) {
        for (index, line) in wrap(text, self.width.saturating_sub(indent + 2), MESSAGE_LINES).into_iter().enumerate() {
            let line = style.map_or_else(|| line.clone(), |style| self.brush.paint(style, &line));
            let indent = if index == 0 { indent } else { indent + 2 };
            self.line(format!("{:indent$}{line}", ""));
        }
    }

    fn head(&mut self, assessment: &Assessment) {
        let (run, summary) = (&assessment.run, &assessment.summary);
        let title = self.brush.paint(Style::Bold, "aurora-audit");
        let mut counts = vec![words::count(summary.clusters, "cluster")];
        if summary.servers > 0 {
            counts.push(words::count(summary.servers, "server"));
        }
        counts.extend([words::count(summary.subjects, "subject"), words::count(assessment.rules.len(), "rule")]);
        if let Some(profile) = run.rules_profile.as_ref().filter(|profile| *profile != "default") {
            counts.push(format!("profile {}", safe(profile)));
        }
        self.line(format!("{title} {} · {} · judged at {}", safe(&run.tool_version), counts.join(", "), run.now));
        for snapshot in &run.snapshots {
            let state = if snapshot.complete { "" } else { ", cut short" };
            let mut parts = vec![safe(&snapshot.path), format!("collected {}", snapshot.started)];
            parts.extend(snapshot.regions.iter().map(|region| safe(region)));
            let text = format!("{}{state}", parts.join(", "));
            self.block(2, Some(Style::Dim), &text);
        }
    }

    fn group(&mut self, severity: Severity, assessment: &Assessment) {
        let mut shown: Vec<_> = assessment.verdicts.iter().filter(|v| v.severity == severity && speaks_up(v)).collect();
        if shown.is_empty() {
            return;
        }
        shown.sort_by_key(|verdict| verdict.outcome);
        let (word, shape) = words::severity(severity);
        self.heading(Style::of_severity(severity), &format!("{shape} {}", word.to_uppercase()));
        for verdict in shown {
            self.verdict(verdict);
        }
    }

    fn verdict(&mut self, verdict: &VerdictEntry) {
        let (word, mark) = words::outcome(verdict.outcome);
        let outcome = self.brush.paint(Style::of_outcome(verdict.outcome), &format!("{mark} {}", column(word, 7)));
        let rule = self.rule(&verdict.rule);
        let subject = column(&self.labels.of_subject(&verdict.subject), self.columns.subject);
        let names = format!("  {outcome}  {rule}  {subject}");
        let message = message(verdict, self.waivers);
        if self.columns.stacked() {
            self.line(names.trim_end().to_owned());
            self.block(4, None, &message);
        } else {
            self.beside(&names, &message);
        }
        self.elements(verdict);
    }

    /// The rule's id as wide as its column; the link to its documentation ends with the id.
    fn rule(&self, id: &str) -> String {
        let padded = column(&safe(id), self.columns.rule);
        let (name, pad) = padded.split_at(padded.trim_end().len());
        let docs = self.docs.get(id).filter(|docs| docs.starts_with("https://")).copied().unwrap_or_default();
        format!("{}{pad}", self.brush.link(docs, &self.brush.paint(Style::Cyan, name)))
    }

    fn beside(&mut self, names: &str, message: &str) {
        let indent = self.width - self.columns.message;
        for (index, line) in wrap(message, self.columns.message, MESSAGE_LINES).into_iter().enumerate() {
            let text = if index == 0 { format!("{names}  {line}") } else { format!("{:indent$}{line}", "") };
            self.line(text.trim_end().to_owned());
        }
    }

    fn elements(&mut self, verdict: &VerdictEntry) {
        let indent = if self.columns.stacked() { 4 } else { self.width - self.columns.message };
        // What a waiver sets aside comes last.
        let (counting, aside): (Vec<_>, Vec<_>) = verdict.elements.iter().partition(|element| waiver::counts(element));
        for element in counting.into_iter().chain(aside).take(ELEMENTS) {
            let (_, mark) = words::outcome(element.outcome);
            self.block(indent, Some(Style::Dim), &format!("{mark} {}", element_line(element, self.waivers)));
        }
        if verdict.elements.len() > ELEMENTS {
            let more = verdict.elements.len() - ELEMENTS;
            self.block(indent, Some(Style::Dim), &format!("and {more} more, in the other formats"));
        }
    }

    fn waived(&mut self, assessment: &Assessment) {
        let mut waived = waiver::waived(assessment).peekable();
        if waived.peek().is_some() {
            self.heading(Style::Bold, "– WAIVED");
        }
        for verdict in waived {
            let (word, _) = words::severity(verdict.severity);
            let names = format!("{word}  {}  {}", safe(&verdict.rule), self.labels.of_subject(&verdict.subject));
            let said = waiver::of_finding(self.waivers, verdict.waiver).unwrap_or_default();
            self.block(2, None, &format!("{names}: {said}"));
        }
        let mut waivers = waiver::to_look_at(assessment).peekable();
        if waivers.peek().is_some() {
            self.heading(Style::Bold, "! WAIVERS TO LOOK AT");
        }
        for entry in waivers {
            let place = format!("{}:{}", safe(&entry.file), entry.line);
            let problems = entry.problems.iter().map(|problem| waiver::problem(*problem, entry));
            let state = Some(waiver::state(entry)).filter(|_| entry.state != WaiverState::Expired);
            let said: Vec<_> = state.into_iter().chain(problems).collect();
            self.block(2, None, &format!("{place}: {}: {}", safe(&entry.rule), said.join("; ")));
        }
    }

    fn since_baseline(&mut self, assessment: &Assessment) {
        let Some(comparison) = &assessment.comparison else { return };
        let parts = [
            ("✓ FIXED SINCE THE BASELINE", &comparison.fixed),
            ("? NOT RE-ASSESSED SINCE THE BASELINE", &comparison.not_reassessed),
        ];
        for (title, findings) in parts {
            if !findings.is_empty() {
                self.heading(Style::Bold, title);
            }
            for finding in findings {
                let element = finding.element.as_ref().map(|key| format!("{} of ", words::shown(key, TEXT)));
                let subject = self.labels.of_subject(&finding.subject);
                let what = format!("{}  {}{subject}", safe(&finding.rule), element.unwrap_or_default());
                self.block(2, None, &format!("{what}: {}", words::shown(&finding.why, TEXT)));
            }
        }
    }

    /// The gravest ways to the data; the page and the command tell their steps.
    fn paths(&mut self, assessment: &Assessment) {
        let Some(entry) = assessment.paths.as_ref().filter(|entry| !entry.paths.is_empty()) else { return };
        self.heading(Style::Bold, "→ ACCESS PATHS");
        for path in entry.paths.iter().take(PATHS) {
            let (word, shape) = words::severity(path.severity);
            self.block(2, None, &format!("{shape} {}  {}", column(word, 8), words::path(path, TEXT)));
            if let Some(cut) = words::cut(&path.cuts, TEXT) {
                self.block(6, Some(Style::Green), &format!("to cut it: {cut}"));
            }
        }
        let told: usize = entry.paths.iter().take(PATHS).map(|path| path.clusters().count()).sum();
        let more = entry.found.saturating_sub(told);
        if more > 0 {
            self.block(2, Some(Style::Dim), &format!("and {} less grave", words::count(more, "answer")));
        }
        self.block(2, Some(Style::Dim), "step by step: aurora-audit paths SNAPSHOT, or the page (-o html=…)");
    }

    fn gaps(&mut self, assessment: &Assessment) {
        let (chosen, failed): (Vec<_>, Vec<_>) = assessment.gaps.iter().partition(|gap| gap.reason.is_voluntary());
        for (title, gaps) in [("? COULD NOT BE READ", failed), ("– LEFT OUT BY CHOICE", chosen)] {
            if !gaps.is_empty() {
                self.heading(Style::Bold, title);
            }
            // One missing permission makes many gaps: the way to mend them is said once.
            let mut by_mend: BTreeMap<String, Vec<&GapEntry>> = BTreeMap::new();
            for gap in gaps {
                by_mend.entry(words::mend(gap)).or_default().push(gap);
            }
            for (mend, gaps) in by_mend {
                for gap in &gaps {
                    self.gap(gap);
                }
                if gaps.iter().all(|gap| gap.reason.is_voluntary()) {
                    continue;
                }
                let arrow = format!("to mend: {}", words::shown(&Untrusted::from(mend), TEXT));
                self.block(6, Some(Style::Green), &arrow);
            }
        }
    }

    fn gap(&mut self, gap: &GapEntry) {
        let target =
            gap.target.as_ref().map(|target| format!(" for {}", words::shown(target, TEXT))).unwrap_or_default();
        let place = self.labels.place(&gap.account, &gap.region);
        self.block(2, None, &format!("{}: {}{target}{place}", gap.reason.as_str(), safe(&gap.what)));
        self.block(6, Some(Style::Dim), &words::shown(&gap.message, TEXT));
    }

    fn summary(&mut self, assessment: &Assessment, written: &[String]) {
        self.line("");
        for sentence in words::headline(assessment) {
            self.block(0, None, &sentence);
        }
        let counts: Vec<String> = Outcome::ALL
            .into_iter()
            .map(|outcome| {
                let text =
                    format!("{} {}", words::grouped(words::verdicts(assessment, outcome)), words::outcome(outcome).0);
                self.brush.paint(Style::of_outcome(outcome), &text)
            })
            .collect();
        let gate = words::gate(assessment.gate.result);
        let style = if assessment.gate.result == GateResult::Clean { Style::Green } else { Style::Alarm };
        let gate = self.brush.paint(style, gate);
        let mut parts = vec![counts.join(", ")];
        parts.extend(words::coverage_in_words(assessment));
        parts.push(format!("gate {gate}: {}", safe(&assessment.gate.reason)));
        parts.extend((!written.is_empty()).then(|| format!("wrote {}", safe(&written.join(", ")))));
        self.line(parts.join(" · "));
    }
}

/// What was found, with the reasons that the message does not give.
fn message(verdict: &VerdictEntry, waivers: &[WaiverEntry]) -> String {
    let text = marked(verdict.baseline, &with_reasons(&verdict.message, &verdict.reasons));
    with_waiver(text, waivers, verdict.waiver)
}

fn element_line(element: &ElementEntry, waivers: &[WaiverEntry]) -> String {
    let text = marked(element.baseline, &with_reasons(&element.message, &element.reasons));
    with_waiver(text, waivers, element.waiver)
}

fn with_waiver(text: String, waivers: &[WaiverEntry], of: Option<WaiverUse>) -> String {
    match waiver::of_finding(waivers, of) {
        Some(said) => format!("{text} ({said})"),
        None => text,
    }
}

fn marked(state: Option<BaselineState>, text: &str) -> String {
    words::since(state).map_or_else(|| text.to_owned(), |word| format!("{word}: {text}"))
}

fn with_reasons(message: &Untrusted, reasons: &[Untrusted]) -> String {
    let parts = std::iter::once(message).chain(words::unsaid(message, reasons)).map(|text| words::shown(text, TEXT));
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, hostile, many, sample, waived};

    fn text(assessment: &Assessment, color: bool, width: usize) -> String {
        let options = Options { color, width, ..Options::default() };
        let mut bytes = Vec::new();
        render(assessment, &options, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_sample_reads_well_on_a_wide_terminal() {
        insta::assert_snapshot!(text(&sample(), false, 110));
    }

    #[test]
    fn the_sample_reads_well_on_a_narrow_terminal() {
        insta::assert_snapshot!(text(&sample(), false, 60));
    }

    #[test]
    fn waivers_and_changes_are_told() {
        insta::assert_snapshot!(text(&waived(), false, 110));
    }

    #[test]
    fn an_empty_run_is_said_to_be_empty() {
        insta::assert_snapshot!(text(&empty(), false, 80));
    }

    #[test]
    fn the_summary_is_the_last_line() {
        let text = text(&sample(), false, 100);
        assert_eq!(
            text.lines().last(),
            Some(
                "5 fail, 1 error, 4 unknown, 5 pass, 1 not applicable · coverage 66.6 % · gate failed: 4 failures are of \
                 severity high or above."
            )
        );
    }

    #[test]
    fn the_summary_names_what_was_written() {
        let options = Options { written: vec!["html=a.html".into(), "sarif=b.sarif".into()], ..Options::default() };
        let mut bytes = Vec::new();
        render(&sample(), &options, &mut bytes).unwrap();
        assert!(String::from_utf8(bytes).unwrap().ends_with(" · wrote html=a.html, sarif=b.sarif\n"));
    }

    #[test]
    fn rules_link_to_their_documentation_and_columns_stay() {
        let with = |links| {
            let mut bytes = Vec::new();
            render(&sample(), &Options { links, width: 110, ..Options::default() }, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let linked = with(true);
        assert!(linked.contains("\x1b]8;;https://docs.aws.amazon.com/"));
        let plain: String = linked
            .split("\x1b]8;;")
            .enumerate()
            .map(|(index, part)| if index == 0 { part } else { part.split_once("\x1b\\").unwrap().1 })
            .collect();
        assert_eq!(plain, with(false));
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let mut plain = String::new();
        let colored = text(&sample(), true, 100);
        for (index, part) in colored.split("\x1b[").enumerate() {
            plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert!(colored.contains("\x1b[1;31m"));
        assert_eq!(plain, text(&sample(), false, 100));
    }

    #[test]
    fn lines_fit_the_terminal_whatever_the_targets_say() {
        for assessment in [sample(), hostile(), waived(), many(40)] {
            for width in [40, 60, 80, 120] {
                let text = text(&assessment, false, width);
                let lines: Vec<&str> = text.lines().collect();
                for line in &lines[1..lines.len() - 1] {
                    assert!(line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn equal_names_in_two_regions_are_told_apart() {
        let mut assessment = sample();
        assessment.verdicts[1].subject.region = "us-east-1".to_owned();
        assert!(text(&assessment, false, 120).contains("shop-staging (us-east-1)"));
    }

    #[test]
    fn many_elements_are_counted_not_dropped() {
        let mut assessment = sample();
        let element = assessment.verdicts[7].elements[0].clone();
        assessment.verdicts[7].elements = vec![element; 30];
        assert!(text(&assessment, false, 100).contains("and 22 more, in the other formats"));
    }
}

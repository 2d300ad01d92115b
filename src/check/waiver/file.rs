//! The waiver file: YAML, every mistake with its line and the mend, all of them at once.

use std::fmt;

use jiff::civil::Date;

use super::{Pattern, Waiver, Waivers};
use crate::rules::{Fields, LoadError, Node, Problem, Reader, RuleSource, did_you_mean, parse_yaml};

const KEYS: [&str; 9] = ["rule", "resource", "element", "reason", "owner", "approver", "ticket", "starts", "expires"];

/// All that is wrong with a waiver file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverErrors(pub Vec<LoadError>);

impl fmt::Display for WaiverErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        let count = self.0.len();
        write!(f, "{count} {} in waivers", if count == 1 { "error" } else { "errors" })
    }
}

impl std::error::Error for WaiverErrors {}

/// Reads a waiver file. `rules` are the ids that there are; `max_days` is how long a waiver may last.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn parse(path: &str, text: &str, rules: &[&str], max_days: u16) -> Result<Waivers, WaiverErrors> {
    let mut reader = Reader { file: text, problems: Vec::new() };
    let list = match parse_yaml(text) {
        Ok(root) => waivers(&mut reader, &root, rules, max_days),
        Err(problem) => {
            reader.problems.push(problem);
            Vec::new()
        }
    };
    if reader.problems.is_empty() {
        return Ok(Waivers { path: path.to_owned(), list });
    }
    reader.problems.sort();
    let source = RuleSource::new(path, text);
    Err(WaiverErrors(reader.problems.into_iter().map(|problem| LoadError::locate(&source, problem)).collect()))
}

fn waivers(reader: &mut Reader<'_>, root: &Node, rules: &[&str], max_days: u16) -> Vec<Waiver> {
    // A file that is all comments is what remains when the last waiver is taken out.
    if root.is_null() {
        return Vec::new();
    }
    let list = reader.map(root, "a file of waivers", &["waivers"]).and_then(|fields| reader.need(&fields, "waivers"));
    let Some(items) = list.filter(|list| !list.is_null()).and_then(|list| reader.list(list)) else { return Vec::new() };
    let context = Context { rules, max_days };
    let read = |item| context.waiver(reader, item);
    items.iter().filter_map(read).collect()
}

/// What a waiver is checked against.
struct Context<'r> {
    rules: &'r [&'r str],
    max_days: u16,
}

impl Context<'_> {
    fn waiver(&self, reader: &mut Reader<'_>, node: &Node) -> Option<Waiver> {
        let fields = reader.map(node, "a waiver", &KEYS)?;
        let rule = self.rule(reader, &fields);
        let [resource, reason, owner, approver] =
            ["resource", "reason", "owner", "approver"].map(|key| required(reader, &fields, key));
        let [element, ticket] = ["element", "ticket"].map(|key| fields.get(key).and_then(|node| reader.string(node)));
        let dates = self.dates(reader, &fields);
        let line = reader.line_of(&fields);
        let (starts, expires) = dates?;
        Some(Waiver {
            rule: rule?,
            resource: Pattern::new(resource?),
            element: element.map(Pattern::new),
            reason: reason?,
            owner: owner?,
            approver: approver?,
            ticket,
            starts,
            expires,
            line,
        })
    }

    fn rule(&self, reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
        let node = reader.need(fields, "rule")?;
        let rule = reader.string(node)?;
        if self.rules.contains(&rule.as_str()) {
            return Some(rule);
        }
        let help = if rule.contains('*') {
            "a waiver is for one rule: write one for each".to_owned()
        } else {
            did_you_mean(&rule, self.rules.iter().copied())
                .unwrap_or_else(|| "`aurora-audit rules list` names them all".to_owned())
        };
        reader.complain(&node.at, format!("there is no rule `{rule}`"), Some(help))
    }

    fn dates(&self, reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<(Date, Date)> {
        let starts = reader.need(fields, "starts").and_then(|node| date(reader, node));
        let node = reader.need(fields, "expires")?;
        let expires = date(reader, node)?;
        let starts = starts?;
        if expires < starts {
            let help = Some("`expires` is the last day on which the waiver holds".to_owned());
            return reader.complain(&node.at, format!("the waiver ends before it starts, on {starts}"), help);
        }
        // Beyond the calendar there is nothing to be later than.
        let latest = starts.checked_add(jiff::Span::new().days(self.max_days)).unwrap_or(Date::MAX);
        if expires > latest {
            let help = format!(
                "{latest} at the latest, then renew it; `max-days` of [waivers] in aurora-audit.toml sets this"
            );
            let message = format!("the waiver lasts longer than {} days", self.max_days);
            return reader.complain(&node.at, message, Some(help));
        }
        Some((starts, expires))
    }
}

fn required(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Option<String> {
    let node = reader.need(fields, key)?;
    reader.string(node)
}

fn date(reader: &mut Reader<'_>, node: &Node) -> Option<Date> {
    let text = reader.string(node)?;
    // Stricter than the parser, which would take a time and drop it.
    let parsed = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    if parsed.is_none() {
        reader.problems.push(
            Problem::new(node.at.clone(), format!("`{text}` is no day"))
                .help("write it as in 2026-11-30; days are UTC"),
        );
    }
    parsed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "\
# Waivers of the platform team.
waivers:
  - rule: net-not-public   # one rule
    resource: arn:aws:rds:eu-west-1:111122223333:db:shop-*
    reason: >
      The load test needs it
      until the end of the year.
    owner: shop team
    approver: security@example.com
    ticket: SEC-1
    starts: 2026-11-01
    expires: 2026-12-31
";

    fn read(text: &str) -> Result<Waivers, WaiverErrors> {
        parse("w.yaml", text, &["net-not-public", "tls-min"], 90)
    }

    #[test]
    fn a_waiver_is_read_with_its_line() {
        let waivers = read(GOOD).unwrap_or_else(|errors| panic!("{errors}"));
        let [waiver] = &waivers.list[..] else { panic!("{waivers:?}") };
        assert_eq!((waiver.line, waiver.rule.as_str()), (3, "net-not-public"));
        assert_eq!(waiver.reason, "The load test needs it until the end of the year.");
        assert_eq!(waiver.expires.to_string(), "2026-12-31");
        assert_eq!((waiver.element.as_ref(), waiver.ticket.as_deref()), (None, Some("SEC-1")));
    }

    #[test]
    fn a_file_without_waivers_has_none() {
        for text in ["", "# nothing\n", "waivers: []\n", "waivers:\n", "---\nwaivers: []\n"] {
            assert_eq!(read(text).map(|waivers| waivers.list), Ok(Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn every_mistake_has_a_line_and_a_mend() {
        for (from, to, line, message, help) in [
            (
                "net-not-public ",
                "net-not-pubic ",
                3,
                "there is no rule `net-not-pubic`",
                "did you mean `net-not-public`?",
            ),
            ("rule: net-not-public ", "rule: 'net-*'", 3, "there is no rule `net-*`", "a waiver is for one rule"),
            ("    owner: shop team\n", "", 3, "`owner` is missing", ""),
            ("    approver: security@example.com\n", "", 3, "`approver` is missing", ""),
            ("    expires: 2026-12-31\n", "", 3, "`expires` is missing", ""),
            ("owner: shop team", "owner:", 8, "expected text, found nothing", ""),
            ("owner: shop team", "owner: ''", 8, "expected text, found nothing", ""),
            ("owner: shop team", "owner: [a]", 8, "expected text, found a list", ""),
            ("expires: 2026-12-31", "expires: 2026-13-01", 12, "`2026-13-01` is no day", "write it as in"),
            ("expires: 2026-12-31", "expires: next year", 12, "`next year` is no day", "write it as in"),
            ("expires: 2026-12-31", "expires: 2026-12-31T00:00:00", 12, "is no day", "write it as in"),
            ("expires: 2026-12-31", "expires: never", 12, "`never` is no day", "write it as in"),
            ("expires: 2026-12-31", "expires: 2027-02-01", 12, "lasts longer than 90 days", "2027-01-30 at the latest"),
            ("expires: 2026-12-31", "expires: 2026-10-31", 12, "ends before it starts, on 2026-11-01", "last day"),
            ("    ticket:", "    tickets:", 10, "unknown key `tickets`", "did you mean `ticket`?"),
            ("waivers:", "waiver:", 2, "unknown key `waiver`", "did you mean `waivers`?"),
            ("    owner: shop team", "    owner: a\n    owner: b", 9, "duplicate key `owner`", ""),
            ("    owner: shop team", "   owner: shop team", 8, "", ""),
            ("  - rule", "  - &a rule", 3, "anchors", ""),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let errors = read(&text).expect_err(to).0;
            let found = errors.iter().find(|error| error.message.contains(message));
            let Some(found) = found else { panic!("{to}: {errors:?}") };
            assert!(found.line == line || message.is_empty(), "{to}: line {}: {found}", found.line);
            assert!(found.help.as_deref().unwrap_or_default().contains(help), "{to}: {found}");
        }
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let text = GOOD.replace("owner", "owners").replace("2026-12-31", "soon").replace("net-not-public", "x");
        let errors = read(&text).expect_err("four mistakes");
        assert_eq!(errors.0.len(), 4, "{errors}");
        assert!(errors.to_string().ends_with("4 errors in waivers"), "{errors}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_the_reader(at in 0..GOOD.len(), junk in "\\PC{0,6}|[-:#&*!|>'\"\\[\\]{}\\n\\t ]{0,6}", cut in 0usize..30) {
            let end = (at + cut).min(GOOD.len());
            let text = format!("{}{junk}{}", &GOOD[..at], &GOOD[end..]);
            match read(&text) {
                Ok(waivers) => prop_assert!(waivers.list.iter().all(|it| it.starts <= it.expires && !it.owner.is_empty())),
                Err(errors) => prop_assert!(!errors.0.is_empty() && errors.0.iter().all(|error| error.line > 0)),
            }
        }
    }
}

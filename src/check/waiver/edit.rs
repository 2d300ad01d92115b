//! A waiver written into a file of people's: at the end of the list, and not a byte of what was there is changed.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::file::{WaiverErrors, parse};
use crate::model::Untrusted;

/// A waiver to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWaiver {
    /// Id of the rule.
    pub rule: String,
    /// Identifier or pattern.
    pub resource: String,
    /// Element or pattern.
    pub element: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who agreed.
    pub approver: String,
    /// Where it was agreed.
    pub ticket: Option<String>,
    /// First day.
    pub starts: Date,
    /// Last day.
    pub expires: Date,
}

/// A waiver that could not be added.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is wrong already.
    #[error(transparent)]
    File(WaiverErrors),
    /// The waiver would be.
    #[error(transparent)]
    Waiver(WaiverErrors),
    /// The list is not written as a block.
    #[error(
        "the list of waivers is not written a line each, so that none can be added in place\nhelp: write it as `waivers:` and below it `  - rule: …`"
    )]
    Shape,
}

/// What a new file begins with.
const HEAD: &str = "\
# Findings that are accepted, each by someone and until a day. `aurora-audit waiver check` says which have expired, cover
# nothing or cover too much. A waiver holds through the day that `expires` names, UTC.
waivers:
";

/// The text of a file with a waiver added at the end of its list. An empty text is a file that is not there yet.
///
/// # Errors
/// When the file or the waiver is wrong, or the list is written in a way that a line cannot be added to.
pub fn append(path: &str, text: &str, new: &NewWaiver, rules: &[&str], max_days: u16) -> Result<String, EditError> {
    let text = if text.trim().is_empty() { HEAD } else { text };
    let before = parse(path, text, rules, max_days).map_err(EditError::File)?;
    let place = place(text).ok_or(EditError::Shape)?;
    let added = place.insert(text, new);
    let after = parse(path, &added, rules, max_days).map_err(EditError::Waiver)?;
    // Lines apart, all that was there is there, and the new one is the last.
    let same = before.list.len() + 1 == after.list.len()
        && before.list.iter().zip(&after.list).all(|(one, other)| one == other)
        && after
            .list
            .last()
            .is_some_and(|it| it.reason == new.reason.trim() && it.resource.as_str() == new.resource.trim());
    if same { Ok(added) } else { Err(EditError::Shape) }
}

/// Where the new waiver goes.
struct Place {
    /// Byte offset of the line that it stands before.
    at: usize,
    /// Blanks before its hyphen.
    indent: usize,
    /// What replaces the line of the key, when it says that the list is empty.
    key: Option<(usize, usize)>,
}

/// Lines with their offsets, line breaks included.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

fn place(text: &str) -> Option<Place> {
    let (key_at, key_line) = lines(text).find(|(_, line)| line.starts_with("waivers:"))?;
    let after_key = key_at + key_line.len();
    let value = key_line.trim_start_matches("waivers:");
    let value = value.split(" #").next().unwrap_or(value).trim();
    let key = match value {
        "" => None,
        "[]" => Some((key_at + key_line.find("[]")?, 2)),
        _ => return None,
    };
    let mut place = Place { at: after_key, indent: 2, key };
    let mut seen_item = false;
    for (at, line) in lines(text).skip_while(|(at, _)| *at < after_key) {
        let body = line.trim();
        let indent = line.len() - line.trim_start_matches(' ').len();
        if body.is_empty() {
            continue;
        }
        let item = body.starts_with("- ") || body == "-";
        if item && !seen_item {
            (place.indent, seen_item) = (indent, true);
        }
        // A comment deeper than the hyphens belongs to the waiver above it; anything else at the margin ends the list.
        let inside = seen_item && (indent > place.indent || (item && indent == place.indent));
        if inside {
            place.at = at + line.len();
        } else if seen_item && !body.starts_with('#') {
            break;
        }
    }
    Some(place)
}

impl Place {
    fn insert(&self, text: &str, new: &NewWaiver) -> String {
        let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let (before, after) = text.split_at_checked(self.at).unwrap_or((text, ""));
        let mut result = match self.key {
            Some((at, width)) => {
                let (head, tail) = before.split_at_checked(at).unwrap_or((before, ""));
                let tail = tail.get(width..).unwrap_or_default();
                format!("{}{tail}", head.trim_end_matches(' '))
            }
            None => before.to_owned(),
        };
        if !result.is_empty() && !result.ends_with('\n') {
            result.push_str(ending);
        }
        for line in new.lines(self.indent) {
            result.push_str(&line);
            result.push_str(ending);
        }
        result + after
    }
}

impl NewWaiver {
    fn lines(&self, indent: usize) -> Vec<String> {
        let mut fields = vec![("rule", plain(&self.rule)), ("resource", quoted(&self.resource))];
        fields.extend(self.element.as_deref().map(|element| ("element", quoted(element))));
        fields.extend([
            ("reason", quoted(&self.reason)),
            ("owner", quoted(&self.owner)),
            ("approver", quoted(&self.approver)),
        ]);
        fields.extend(self.ticket.as_deref().map(|ticket| ("ticket", quoted(ticket))));
        fields.extend([("starts", self.starts.to_string()), ("expires", self.expires.to_string())]);
        let line = |(index, (key, value)): (usize, (&str, String))| {
            format!("{:indent$}{} {key}: {value}", "", if index == 0 { "-" } else { " " })
        };
        fields.into_iter().enumerate().map(line).collect()
    }
}

/// Ids of rules need no quotes; whatever does is none, and the check after the edit says so.
fn plain(rule: &str) -> String {
    let simple = rule.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
    if simple && !rule.is_empty() { rule.to_owned() } else { quoted(rule) }
}

/// A double-quoted scalar of YAML on one line, in which nothing hides.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.trim().chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            hidden if Untrusted::from(hidden.to_string()).to_string().len() > hidden.len_utf8() => {
                // A string takes all that is written to it.
                let _ = write!(quoted, "\\U{:08X}", u32::from(hidden));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new() -> NewWaiver {
        NewWaiver {
            rule: "net-not-public".to_owned(),
            resource: "arn:aws:rds:r:1:db:new".to_owned(),
            element: None,
            reason: "load test".to_owned(),
            owner: "shop".to_owned(),
            approver: "security".to_owned(),
            ticket: Some("SEC-2: yes # no".to_owned()),
            starts: "2026-11-20".parse().unwrap(),
            expires: "2026-12-20".parse().unwrap(),
        }
    }

    fn added(text: &str) -> Result<String, EditError> {
        append("w.yaml", text, &new(), &["net-not-public"], 365)
    }

    fn item(indent: usize, name: &str) -> String {
        new_named(name).lines(indent).join("\n") + "\n"
    }

    fn new_named(name: &str) -> NewWaiver {
        NewWaiver { resource: name.to_owned(), ..new() }
    }

    #[test]
    fn a_file_that_is_not_there_is_begun() {
        insta::assert_snapshot!(added("").unwrap());
    }

    #[test]
    fn comments_order_and_blank_lines_stay() {
        let text = format!(
            "# ours\n\nwaivers:   # the list\n  # first\n{}    # about the first\n\n  # second\n{}\n# the end\n",
            item(2, "a"),
            item(2, "b")
        );
        insta::assert_snapshot!(added(&text).unwrap());
    }

    #[test]
    fn every_way_to_write_a_list_keeps_its_indent() {
        for (text, before) in [
            ("waivers: []\n".to_owned(), "waivers:\n  - rule"),
            ("waivers: []  # none yet\n# end\n".to_owned(), "waivers:  # none yet\n  - rule"),
            ("waivers:\n".to_owned(), "waivers:\n  - rule"),
            ("waivers:".to_owned(), "waivers:\n  - rule"),
            ("---\nwaivers:\n".to_owned(), "---\nwaivers:\n  - rule"),
            (format!("waivers:\n{}", item(0, "a")), "\n- rule"),
            (format!("waivers:\n{}", item(4, "a").trim_end()), "\n    - rule"),
            (format!("waivers:\n{}", item(2, "a")).replace('\n', "\r\n"), "\r\n  - rule"),
        ] {
            let added = added(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert!(added.contains(before), "{text:?} became {added:?}");
            assert_eq!(added.contains("\r\n"), text.contains("\r\n"));
            assert!(!added.replace("\r\n", "").contains('\r') && added.matches("load test").count() >= 1);
        }
    }

    #[test]
    fn what_cannot_be_kept_is_not_touched() {
        for (text, says) in [
            (
                "waivers: [{rule: net-not-public, resource: a, reason: r, owner: o, approver: p, starts: 2026-01-01, expires: 2026-01-02}]\n",
                "in place",
            ),
            ("waivers:\n  - rule: x\n", "there is no rule"),
            ("waiver: []\n", "unknown key"),
            ("{waivers: []}\n", "in place"),
            ("waivers: [\n]\n", "in place"),
        ] {
            let error = added(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_wrong_waiver_is_refused_by_the_same_words_as_in_a_file() {
        let far = NewWaiver { expires: "2029-01-01".parse().unwrap(), ..new() };
        let error = append("w.yaml", "", &far, &["net-not-public"], 365).unwrap_err().to_string();
        assert!(error.contains("lasts longer than 365 days") && error.contains("2027-11-20 at the latest"), "{error}");
        let nobody = NewWaiver { owner: " ".to_owned(), ..new() };
        assert!(matches!(append("w.yaml", "", &nobody, &["net-not-public"], 365), Err(EditError::Waiver(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the words are, they read back, and every line that was there is there in its order.
        #[test]
        fn words_read_back_and_lines_stay(
            reason in "\\PC{1,30}|[\"'\\\\#:\\-\\[\\]{}&*!|>%@` \\n\\t\u{202e}a]{1,20}x",
            indent in 0usize..5,
            comments in proptest::collection::vec("( {0,6}#[ a-z:\\-]{0,9})?", 0..6),
        ) {
            prop_assume!(!reason.trim().is_empty());
            let comments = comments.join("\n");
            let text = format!("# top\nwaivers:\n{}{comments}\n{}{comments}\n", item(indent, "a"), item(indent, "b"));
            let new = NewWaiver { reason: reason.clone(), ..new() };
            let added = append("w.yaml", &text, &new, &["net-not-public"], 365).unwrap();
            let after = parse("w.yaml", &added, &["net-not-public"], 365).unwrap();
            prop_assert_eq!(after.list.len(), 3);
            prop_assert_eq!(after.list[2].reason.as_str(), reason.trim());
            let mut left = added.lines();
            prop_assert!(text.lines().all(|line| left.any(|it| it == line)), "{added}");
        }
    }
}

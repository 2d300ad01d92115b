//! The document for people.

use std::fmt::Write as _;

use super::document::{AccountEntry, Document};
use crate::model::Untrusted;

/// One block an account: what it holds, through whom, and what becomes of it.
pub fn render(document: &Document) -> String {
    let mut text = String::new();
    for account in &document.accounts {
        block(account, &mut text);
    }
    for unread in &document.unread {
        line(&mut text, format_args!("unknown: {}: {}", unread.what, unread.why));
    }
    text
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = writeln!(text, "{what}");
}

/// A line of which every part comes from a target.
fn indented(text: &mut String, label: &str, what: &str) {
    line(text, format_args!("  {label:<14}{}", Untrusted::from(what)));
}

fn block(account: &AccountEntry, text: &mut String) {
    let title = format!("{} on {}", account.account, account.database);
    let flags = if account.flags.is_empty() { String::new() } else { format!("  [{}]", account.flags.join(", ")) };
    line(text, format_args!("{}{}", Untrusted::from(title.as_str()), Untrusted::from(flags.as_str())));
    for origin in &account.origins {
        let way = origin.path.get(1..).unwrap_or_default().join(" > ");
        let through = if way.is_empty() { String::new() } else { format!(" (through {way})") };
        indented(text, "may", &format!("{} on {}{through}", origin.privileges.join(", "), origin.scope));
    }
    for (db, words) in &account.restrictions {
        indented(text, "but not", &format!("{} of *.* on {db}.*", words.join(", ")));
    }
    for (scope, words) in &account.can_grant {
        indented(text, "may grant", &format!("{} on {scope}", words.join(", ")));
    }
    if !account.can_delegate_roles.is_empty() {
        indented(text, "may delegate", &account.can_delegate_roles.join(", "));
    }
    for escalation in &account.escalations {
        indented(text, "may become", &format!("{}: {}", escalation.to, escalation.path.join(" > ")));
    }
    if let Some(on) = &account.on {
        let now = on.now.as_ref().map_or_else(|| "unknown".to_owned(), |words| or_nothing(words));
        indented(text, "now", &format!("{now} on {}", on.object));
        for (client, words) in &on.now_from {
            indented(text, "", &format!("from {client}: {}", or_nothing(words)));
        }
        indented(text, "at most", &format!("{} on {}", or_nothing(&on.upper), on.object));
    }
    for why in &account.unknown {
        indented(text, "unknown", why);
    }
}

fn or_nothing(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

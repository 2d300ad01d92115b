//! Waivers: what is accepted, by whom, and until when. Those that should not last come first.

use serde::Serialize;

use super::shown::Shown;
use crate::check::{Assessment, WaiverEntry, WaiverState};
use crate::report::{waiver, words};

/// Days before its end from which on a waiver is said to end soon.
const SOON: i32 = 30;

/// A waiver.
#[derive(Serialize)]
pub struct Waiver {
    rule: Shown,
    resource: Shown,
    element: Option<Shown>,
    reason: Shown,
    owner: Shown,
    approver: Shown,
    ticket: Option<Shown>,
    starts: String,
    expires: String,
    class: &'static str,
    state: Shown,
    findings: String,
    problems: Vec<Shown>,
    place: Shown,
}

/// All waivers of an assessment.
pub fn all(assessment: &Assessment) -> Vec<Waiver> {
    let mut waivers: Vec<&WaiverEntry> = assessment.waivers.iter().collect();
    waivers.sort_by_key(|waiver| (waiver.days_left, &waiver.rule, &waiver.resource, &waiver.element));
    waivers.into_iter().map(Waiver::of).collect()
}

impl Waiver {
    fn of(entry: &WaiverEntry) -> Self {
        Self {
            rule: Shown::words(&entry.rule),
            resource: Shown::of(&entry.resource),
            element: entry.element.as_ref().map(Shown::of),
            reason: Shown::of(&entry.reason),
            owner: Shown::of(&entry.owner),
            approver: Shown::of(&entry.approver),
            ticket: entry.ticket.as_ref().map(Shown::of),
            starts: entry.starts.to_string(),
            expires: entry.expires.to_string(),
            class: class(entry),
            state: Shown::words(&waiver::state(entry)),
            findings: words::grouped(entry.findings),
            problems: entry.problems.iter().map(|problem| Shown::words(&waiver::problem(*problem, entry))).collect(),
            place: Shown::words(&format!("{}:{}", entry.file, entry.line)),
        }
    }
}

/// The colour of its state.
const fn class(entry: &WaiverEntry) -> &'static str {
    match entry.state {
        WaiverState::Expired => "fail",
        WaiverState::Pending => "na",
        WaiverState::Active if entry.days_left <= SOON => "unknown",
        WaiverState::Active => "pass",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{sample, waived};

    #[test]
    fn what_ends_first_is_on_top_and_expired_is_red() {
        let waivers = all(&waived());
        let classes: Vec<_> = waivers.iter().map(|waiver| waiver.class).collect();
        assert_eq!(classes, ["unknown", "fail", "pass"]);
        assert!(waivers.iter().all(|waiver| !waiver.problems.is_empty()));
        assert!(all(&sample()).is_empty());
    }
}

//! Waivers meet findings. A failure that is waived stays a failure; the gate looks past it, and what a waived failure would
//! hide (elements of which nobody knows) counts as undecided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Waiver, Waivers};
use crate::check::assessment::{ElementEntry, VerdictEntry, WaiverEntry, WaiverProblem, WaiverState, WaiverUse};
use crate::model::{Outcome, Untrusted};

/// Findings of one waiver from which on it is said to cover many.
const MANY: usize = 10;

/// Marks the failures that waivers cover, and says what became of each waiver.
pub fn apply(waivers: &Waivers, verdicts: &mut [VerdictEntry], now: Timestamp) -> Vec<WaiverEntry> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut entries: Vec<Tally<'_>> = waivers.list.iter().map(|waiver| Tally::new(waiver, today)).collect();
    let mut by_rule: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, waiver) in waivers.list.iter().enumerate() {
        by_rule.entry(&waiver.rule).or_default().push(index);
    }
    let mut judged: BTreeMap<String, usize> = BTreeMap::new();
    for verdict in verdicts {
        if let Some(indices) = by_rule.get(verdict.rule.as_str()) {
            *judged.entry(verdict.rule.clone()).or_default() += 1;
            meet(verdict, indices, &mut entries);
        }
    }
    entries.into_iter().map(|tally| tally.entry(&waivers.path, &judged)).collect()
}

/// What a waiver came to cover.
struct Tally<'w> {
    waiver: &'w Waiver,
    state: WaiverState,
    days_left: i32,
    findings: usize,
    subjects: BTreeSet<Untrusted>,
    undecided: bool,
    every_element: bool,
}

impl<'w> Tally<'w> {
    fn new(waiver: &'w Waiver, today: Date) -> Self {
        let state = if today > waiver.expires {
            WaiverState::Expired
        } else if today < waiver.starts {
            WaiverState::Pending
        } else {
            WaiverState::Active
        };
        // Both are days of one calendar, so that the difference is in days and exists.
        let days_left = waiver.expires.since(today).map_or(0, |span| span.get_days());
        let (findings, subjects) = (0, BTreeSet::new());
        Self { waiver, state, days_left, findings, subjects, undecided: false, every_element: false }
    }

    fn covers(&self, verdict: &VerdictEntry) -> bool {
        self.waiver.resource.covers(verdict.subject.id.raw())
    }

    fn covers_element(&self, element: &ElementEntry) -> bool {
        self.waiver.element.as_ref().is_none_or(|pattern| pattern.covers(element.key.raw()))
    }

    fn entry(self, path: &str, judged: &BTreeMap<String, usize>) -> WaiverEntry {
        let problems = self.problems(judged);
        let Waiver { rule, resource, element, reason, owner, approver, ticket, starts, expires, line } =
            self.waiver.clone();
        let text = |text: String| Untrusted::from(text);
        WaiverEntry {
            file: path.to_owned(),
            line,
            rule,
            resource: resource.as_str().into(),
            element: element.map(|pattern| pattern.as_str().into()),
            reason: text(reason),
            owner: text(owner),
            approver: text(approver),
            ticket: ticket.map(text),
            starts,
            expires,
            state: self.state,
            days_left: self.days_left,
            findings: self.findings,
            problems,
        }
    }

    fn problems(&self, judged: &BTreeMap<String, usize>) -> Vec<WaiverProblem> {
        let all = judged.get(&self.waiver.rule).copied().unwrap_or_default();
        let mut problems = Vec::new();
        let mut note = |holds: bool, problem| problems.extend(holds.then_some(problem));
        let covers_something = self.findings > 0;
        note(self.state == WaiverState::Expired, WaiverProblem::Expired);
        note(!covers_something && self.undecided, WaiverProblem::NotJudged);
        note(!covers_something && !self.undecided, WaiverProblem::Unused);
        let wild = self.waiver.resource.is_wild();
        note(wild && all > 1 && self.subjects.len() == all, WaiverProblem::EverySubject);
        note(wild && self.findings > MANY, WaiverProblem::ManyFindings);
        note(self.every_element, WaiverProblem::EveryElement);
        problems
    }
}

/// One verdict and the waivers of its rule.
fn meet(verdict: &mut VerdictEntry, indices: &[usize], entries: &mut [Tally<'_>]) {
    for index in indices {
        if let Some(tally) = entries.get_mut(*index).filter(|tally| tally.covers(verdict)) {
            tally.subjects.insert(verdict.subject.id.clone());
            tally.undecided |= matches!(verdict.outcome, Outcome::Unknown | Outcome::Error);
        }
    }
    if verdict.outcome != Outcome::Fail {
        return;
    }
    let mut elements = std::mem::take(&mut verdict.elements);
    let mut failing = elements.iter_mut().filter(|element| element.outcome == Outcome::Fail).peekable();
    verdict.waiver = if failing.peek().is_none() {
        find(indices, entries, |tally| tally.covers(verdict) && tally.waiver.element.is_none())
    } else {
        let mut uses = Vec::new();
        for element in failing {
            element.waiver = find(indices, entries, |tally| tally.covers(verdict) && tally.covers_element(element));
            uses.push(element.waiver);
        }
        // The verdict is set aside when all that fails in it is.
        let all = uses.iter().all(|it| it.is_some_and(|it| it.state == WaiverState::Active));
        if all { uses.first().copied().flatten() } else { None }
    };
    let of_elements = elements.iter().filter_map(|element| element.waiver);
    for it in of_elements {
        if let Some(tally) = entries.get_mut(it.index) {
            tally.every_element |= tally.waiver.element.is_none();
        }
    }
    verdict.elements = elements;
}

/// The first waiver that holds, else the first that expired: the finding counts again, and says so.
fn find(indices: &[usize], entries: &mut [Tally<'_>], covers: impl Fn(&Tally<'_>) -> bool) -> Option<WaiverUse> {
    for state in [WaiverState::Active, WaiverState::Expired] {
        for index in indices.iter().copied() {
            if let Some(tally) = entries.get_mut(index).filter(|tally| tally.state == state && covers(tally)) {
                tally.findings += 1;
                return Some(WaiverUse { index, state });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;

//! The outcome alone, by closures: what most verdicts need, and what tells which elements are worth explaining.

use super::super::expr::{Const, Fault, Frame, Items, Undecided};
use super::super::given::GivenValue;
use super::super::rule::{Empty, Fast, Rule};
use crate::model::{Object, Outcome};

/// An outcome, and where it comes from.
#[derive(Debug)]
pub(super) struct Quick {
    pub(super) outcome: Outcome,
    /// The elements that do not pass, of a rule that judges each.
    pub(super) elements: Vec<usize>,
    /// Whether the verdict took more than its budget, over all elements together.
    pub(super) exhausted: bool,
}

impl Quick {
    /// Judges a subject; `only` as for the interpreter.
    pub(super) fn judge(rule: &Rule, subject: &dyn Object, values: &[Const], only: Option<&Vec<GivenValue>>) -> Self {
        let mut frame = Frame::new(subject, values);
        let (outcome, elements) = decide(&rule.fast, rule.logic.for_each.as_ref().map(|it| it.empty), only, &mut frame);
        let exhausted = frame.is_exhausted();
        let outcome = if exhausted { Outcome::Error } else { outcome };
        Self { outcome, elements, exhausted }
    }
}

fn decide<'a>(
    fast: &'a Fast,
    empty: Option<Empty>,
    only: Option<&'a Vec<GivenValue>>,
    frame: &mut Frame<'a>,
) -> (Outcome, Vec<usize>) {
    match fast.when.as_ref().map_or(Ok(true), |when| when.decide(frame)) {
        Ok(true) => (),
        Ok(false) => return (Outcome::NotApplicable, Vec::new()),
        Err(undecided) => return (outcome(Err(undecided)), Vec::new()),
    }
    let items = match (&fast.list, only) {
        (None, _) => return (outcome(fast.check.decide(frame)), Vec::new()),
        (Some(_), Some(given)) => Ok(Items::Facts(given, ())),
        (Some(list), None) => list.items(frame),
    };
    match items {
        Err(undecided) => (outcome(Err(undecided)), Vec::new()),
        Ok(items) if items.len() == 0 => (of_nothing(empty), Vec::new()),
        Ok(items) => each(fast, &items, frame),
    }
}

fn of_nothing(empty: Option<Empty>) -> Outcome {
    match empty {
        Some(Empty::Pass) => Outcome::Pass,
        Some(Empty::NotApplicable) | None => Outcome::NotApplicable,
    }
}

/// The worst outcome of the elements, and which do not pass.
fn each<'a>(fast: &'a Fast, items: &Items<'a, ()>, frame: &mut Frame<'a>) -> (Outcome, Vec<usize>) {
    let (mut worst, mut elements) = (Outcome::Pass, Vec::new());
    for index in 0..items.len() {
        frame.set_element(items, index);
        let decided = frame.charge(fast.cost).and_then(|()| fast.check.decide(frame));
        if decided == Err(Undecided::Error(Fault::Budget)) {
            return (Outcome::Error, elements);
        }
        let outcome = outcome(decided);
        if outcome != Outcome::Pass {
            worst = worst.min(outcome);
            elements.push(index);
        }
    }
    (worst, elements)
}

fn outcome(decided: Result<bool, Undecided>) -> Outcome {
    match decided {
        Ok(true) => Outcome::Pass,
        Ok(false) => Outcome::Fail,
        Err(Undecided::Unknown) => Outcome::Unknown,
        Err(Undecided::Error(_)) => Outcome::Error,
    }
}

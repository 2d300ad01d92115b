//! One rule, one subject: the outcome by closures, and the evidence for it by the interpreter, which says the same and why.

mod quick;
#[cfg(test)]
mod tests;

use self::quick::Quick;
use super::expr::{Const, Fault, Interpreter, Ir, Items, NoTrace, Read, Reason, Recording, Trace, Undecided, Val};
use super::given::GivenValue;
use super::rule::{Empty, ForEach, Rule};
use super::verdict::{Element, Evidence, Explanation, Remediation};
use crate::model::{Object, Outcome, Place, Untrusted, Why};

/// An outcome, and what decided it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) message: Untrusted,
    pub(super) reasons: Vec<Untrusted>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) elements: Vec<Element>,
    pub(super) remediation: Option<Remediation>,
    pub(super) gaps: Vec<Why>,
}

/// Facts that a message repeats.
const REPEATED: usize = 3;
/// Facts that a verdict shows.
const SHOWN: usize = 500;

/// Which verdicts come with what decided them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of them.
    All,
    /// All but passes and those that do not apply, which are nothing but their outcome then.
    Findings,
    /// None: each is nothing but its outcome.
    Outcomes,
}

impl Detail {
    const fn explains(self, outcome: Outcome) -> bool {
        match self {
            Self::All => true,
            Self::Findings => !matches!(outcome, Outcome::Pass | Outcome::NotApplicable),
            Self::Outcomes => false,
        }
    }
}

/// Judges a subject, and explains the outcome where `detail` asks for it.
pub(super) fn decide(
    rule: &Rule,
    subject: &dyn Object,
    values: &[Const],
    detail: Detail,
) -> (Outcome, Option<Box<Explanation>>) {
    let quick = Quick::judge(rule, subject, values, None);
    if detail.explains(quick.outcome) {
        explained(rule, subject, values, None, &quick).told()
    } else {
        (quick.outcome, None)
    }
}

/// Judges a subject with all that decided. `only` is a list of one element that stands for those of the subject, in a rule's own
/// tests.
pub(super) fn judge(rule: &Rule, subject: &dyn Object, values: &[Const], only: Option<&Vec<GivenValue>>) -> Judged {
    explained(rule, subject, values, only, &Quick::judge(rule, subject, values, only))
}

/// What the closures found, in the words of the interpreter, which has to agree.
fn explained(
    rule: &Rule,
    subject: &dyn Object,
    values: &[Const],
    only: Option<&Vec<GivenValue>>,
    quick: &Quick,
) -> Judged {
    if quick.exhausted {
        return undecided_by(Undecided::Error(Fault::Budget), Vec::new());
    }
    let judged = explain(rule, subject, values, only, quick);
    if judged.outcome == quick.outcome {
        judged
    } else {
        undecided_by(Undecided::Error(Fault::Disagreement), Vec::new())
    }
}

/// The same by the interpreter, with all that it read.
fn explain(
    rule: &Rule,
    subject: &dyn Object,
    values: &[Const],
    only: Option<&Vec<GivenValue>>,
    quick: &Quick,
) -> Judged {
    let bench = Bench { rule, subject, values };
    if let Some(when) = &rule.logic.when {
        let mut interpreter = bench.start::<Recording>(None);
        match interpreter.decide(when) {
            Ok(true) => (),
            Ok(false) => return bench.not_applicable(interpreter.trace),
            Err(undecided) => return undecided_by(undecided, interpreter.trace.into_reads()),
        }
    }
    match (&rule.logic.for_each, only) {
        (None, _) => bench.judge(None),
        (Some(_), Some(list)) => {
            bench.judge(Some((&Items::Facts(list, ()), &Items::Facts(list, <Recording as Trace>::At::default()), 0)))
        }
        (Some(for_each), None) => bench.judge_each(for_each, &quick.elements),
    }
}

type At = <Recording as Trace>::At;

/// An element, as the fast path and as the recording see its list.
type Chosen<'l, 'a> = (&'l Items<'a, ()>, &'l Items<'a, At>, usize);

#[derive(Clone, Copy)]
struct Bench<'a> {
    rule: &'a Rule,
    subject: &'a dyn Object,
    values: &'a [Const],
}

impl<'a> Bench<'a> {
    fn start<T: Trace>(&self, element: Option<(&Items<'a, T::At>, usize)>) -> Interpreter<'a, T> {
        let interpreter = Interpreter::new(self.subject, self.values);
        match element {
            Some((items, index)) => interpreter.with_element(items, index),
            None => interpreter,
        }
    }

    fn not_applicable(&self, trace: Recording) -> Judged {
        let reason = format!("applies only when {}", self.rule.when_text.as_deref().unwrap_or("its condition holds"));
        Judged {
            outcome: Outcome::NotApplicable,
            message: reason.as_str().into(),
            reasons: vec![reason.into()],
            evidence: all_evidence(trace.into_reads()),
            ..Judged::empty()
        }
    }

    /// Judges the subject, or one element of it.
    fn judge(&self, chosen: Option<Chosen<'_, 'a>>) -> Judged {
        let mut interpreter = self.start::<Recording>(chosen.map(|(_, items, index)| (items, index)));
        let decided = interpreter.decide(&self.rule.logic.check);
        let reads = interpreter.trace.into_reads();
        let mut judged = match decided {
            Ok(true) => Judged { outcome: Outcome::Pass, ..Judged::of(reads) },
            Ok(false) => Judged { outcome: Outcome::Fail, ..Judged::of(reads) },
            Err(undecided) => undecided_by(undecided, reads),
        };
        match judged.outcome {
            Outcome::Pass => judged.message = holding(&judged.evidence),
            Outcome::Fail => {
                let mut fill = self.start::<NoTrace>(chosen.map(|(items, _, index)| (items, index)));
                judged.message = self.rule.logic.message.render(&mut fill).into();
                judged.remediation = Some(self.remediation(chosen));
            }
            _ => (),
        }
        for (fact, ir) in &self.rule.logic.evidence {
            let shown = self.shown(fact, ir, chosen);
            if judged.evidence.iter().all(|known| (&known.fact, &known.places) != (&shown.fact, &shown.places)) {
                judged.evidence.push(shown);
            }
        }
        judged
    }

    /// A fact that the rule shows whatever decided.
    fn shown(&self, fact: &str, ir: &'a Ir, chosen: Option<Chosen<'_, 'a>>) -> Evidence {
        let mut interpreter = self.start::<Recording>(chosen.map(|(_, items, index)| (items, index)));
        let value = interpreter.show(ir).ok().map(|value| value.render().into());
        let mut places: Vec<Place> = Vec::new();
        for place in interpreter.trace.into_reads().into_iter().flat_map(|read| read.places) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Evidence { fact: fact.to_owned(), value, places }
    }

    fn remediation(&self, chosen: Option<Chosen<'_, 'a>>) -> Remediation {
        let logic = &self.rule.logic;
        let mut fill = self.start::<NoTrace>(chosen.map(|(items, _, index)| (items, index)));
        Remediation {
            text: logic.text.render(&mut fill).into(),
            cli: logic.cli.as_ref().map(|template| template.render(&mut fill).into()),
            sql: logic.sql.as_ref().map(|template| template.render(&mut fill).into()),
            terraform: logic.terraform.as_ref().map(|template| template.render(&mut fill).into()),
        }
    }

    fn judge_each(&self, for_each: &'a ForEach, not_passing: &[usize]) -> Judged {
        let mut recording = self.start::<Recording>(None);
        let recorded = recording.list(&for_each.list);
        let fast = self.start::<NoTrace>(None).list(&for_each.list);
        let (fast, recorded) = match (fast, recorded) {
            (Ok(fast), Ok(recorded)) => (fast, recorded),
            (_, Err(undecided)) | (Err(undecided), _) => return undecided_by(undecided, recording.trace.into_reads()),
        };
        let count = recorded.len();
        let listed = Evidence {
            fact: for_each.text.clone(),
            value: Some(format!("{count} {}", if count == 1 { "element" } else { "elements" }).into()),
            places: self.shown(&for_each.text, &for_each.list, None).places,
        };
        if count == 0 {
            return empty_list(for_each, listed);
        }
        let mut whole = Judged { evidence: vec![listed], ..Judged::empty() };
        for index in not_passing.iter().copied() {
            let key = key(&recorded.get(index, Recording::item), index);
            whole.add(key, self.judge(Some((&fast, &recorded, index))));
        }
        whole.summarise(count);
        whole
    }
}

fn empty_list(for_each: &ForEach, listed: Evidence) -> Judged {
    let reason = Untrusted::from(format!("`{}` is empty", for_each.text));
    let (outcome, reasons) = match for_each.empty {
        Empty::Pass => (Outcome::Pass, Vec::new()),
        Empty::NotApplicable => (Outcome::NotApplicable, vec![reason.clone()]),
    };
    Judged { outcome, message: reason, reasons, evidence: vec![listed], ..Judged::empty() }
}

/// The stable name of an element.
fn key(element: &Val<'_, At>, index: usize) -> Untrusted {
    match element {
        Val::Object(object, _) => object.key().unwrap_or_else(|| format!("element {}", index + 1)).into(),
        other => other.render().into(),
    }
}

impl Judged {
    /// As a verdict keeps it.
    pub(super) fn told(self) -> (Outcome, Option<Box<Explanation>>) {
        let Self { outcome, message, reasons, evidence, elements, remediation, gaps } = self;
        (outcome, Some(Box::new(Explanation { message, reasons, evidence, elements, remediation, gaps })))
    }

    fn empty() -> Self {
        Self {
            outcome: Outcome::Pass,
            message: Untrusted::default(),
            reasons: Vec::new(),
            evidence: Vec::new(),
            elements: Vec::new(),
            remediation: None,
            gaps: Vec::new(),
        }
    }

    fn of(reads: Vec<Read>) -> Self {
        Self { evidence: all_evidence(reads), ..Self::empty() }
    }

    /// Adds what was said of an element.
    fn add(&mut self, key: Untrusted, judged: Self) {
        for gap in judged.gaps {
            if !self.gaps.contains(&gap) {
                self.gaps.push(gap);
            }
        }
        let Self { outcome, message, reasons, evidence, remediation, .. } = judged;
        if outcome != Outcome::Fail {
            for reason in &reasons {
                if !self.reasons.contains(reason) {
                    self.reasons.push(reason.clone());
                }
            }
        }
        self.elements.push(Element { key, outcome, message, reasons, evidence, remediation });
    }

    /// The worst outcome of the elements, and how many of them have it; what is wrong with each they say themselves.
    fn summarise(&mut self, count: usize) {
        let Some(worst) = self.elements.iter().map(|element| element.outcome).min() else {
            self.message =
                if count == 1 { "the one element passes".into() } else { format!("all {count} elements pass").into() };
            return;
        };
        self.outcome = worst;
        let number = self.elements.iter().filter(|element| element.outcome == worst).count();
        let does = match worst {
            Outcome::Fail => "fail",
            Outcome::Error => "could not be evaluated",
            _ => "cannot be judged",
        };
        self.message = format!("{number} of {count} {does}").into();
    }
}

/// A verdict that did not come about, and why.
fn undecided_by(undecided: Undecided, reads: Vec<Read>) -> Judged {
    let mut judged = match undecided {
        Undecided::Error(fault) => {
            let reason = fault.to_string();
            Judged {
                outcome: Outcome::Error,
                message: format!("the rule broke: {reason}").into(),
                reasons: vec![reason.into()],
                ..Judged::empty()
            }
        }
        Undecided::Unknown => Judged { outcome: Outcome::Unknown, reasons: reasons(&reads), ..Judged::empty() },
    };
    if judged.outcome == Outcome::Unknown {
        judged.message = format!("cannot be judged: {}", judged.reasons.first().map_or("", Untrusted::raw)).into();
    }
    for read in &reads {
        if let Some(Reason::Why(why)) = &read.reason
            && !judged.gaps.contains(why)
        {
            judged.gaps.push(why.clone());
        }
    }
    judged.evidence = all_evidence(reads);
    judged
}

/// Each reason once.
fn reasons(reads: &[Read]) -> Vec<Untrusted> {
    let mut reasons: Vec<Untrusted> = Vec::new();
    for read in reads {
        let reason = match &read.reason {
            None => continue,
            Some(Reason::Missing) => format!("`{}` has no value", read.fact),
            // These name what they are about.
            Some(Reason::Why(why @ (Why::Gap(_) | Why::Dangling { .. } | Why::Truncated { .. }))) => why.to_string(),
            Some(Reason::Why(why)) => format!("`{}`: {why}", read.fact),
        };
        let reason = Untrusted::from(reason);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// What a pass rests on, in words.
fn holding(evidence: &[Evidence]) -> Untrusted {
    let facts = evidence.iter().take(REPEATED);
    let facts = facts.map(|fact| format!("{} is {}", fact.fact, fact.value.as_ref().map_or("unknown", Untrusted::raw)));
    let more = evidence.len().saturating_sub(REPEATED);
    let more = if more > 0 { format!(", and {more} more facts") } else { String::new() };
    format!("{}{more}", facts.collect::<Vec<_>>().join(", ")).into()
}

/// What was read, up to what a reader can take in; how much more there was is said.
fn all_evidence(reads: Vec<Read>) -> Vec<Evidence> {
    let more = reads.len().saturating_sub(SHOWN);
    let mut shown: Vec<Evidence> = reads.into_iter().take(SHOWN).map(evidence).collect();
    if more > 0 {
        let value = Some(format!("{more} more").into());
        shown.push(Evidence { fact: "facts not shown".to_owned(), value, places: Vec::new() });
    }
    shown
}

fn evidence(read: Read) -> Evidence {
    Evidence { fact: read.fact, value: read.value.map(Untrusted::from), places: read.places }
}

/// A verdict on a subject whose facts could not be had at all.
pub(super) fn unreadable(why: &Why) -> Judged {
    let reason = Untrusted::from(why.to_string());
    Judged {
        outcome: Outcome::Unknown,
        message: format!("cannot be judged: {}", reason.raw()).into(),
        reasons: vec![reason],
        gaps: vec![why.clone()],
        ..Judged::empty()
    }
}

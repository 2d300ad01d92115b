//! What an evaluation leaves behind: nothing on the fast path, or every fact that decided, with its value and its place.

use std::collections::BTreeSet;
use std::ops::Range;

use super::value::Val;
use crate::model::{Field, Object, Place, Why};

/// What the interpreter tells of what it reads.
pub(in crate::rules) trait Trace: Default {
    /// What is known of where a value stands.
    type At: Clone + Default;

    /// Where a field's value stands, for an object that was reached at `at`.
    fn member(at: &Self::At, object: &dyn Object, index: usize, field: &Field) -> Self::At;

    /// Where an element of a list stands.
    fn item(list: &Self::At, index: usize) -> Self::At;

    /// A fact was read.
    fn read(&mut self, fact: &str, value: &Val<'_, Self::At>, at: &Self::At);

    /// A fact is unknown.
    fn unknown(&mut self, fact: &str, why: &Why, at: &Self::At);

    /// A fact that was read has no value where one was needed.
    fn missing(&mut self, fact: &str);

    /// How much was read so far.
    fn mark(&self) -> usize;

    /// Forgets what turned out not to matter.
    fn cut(&mut self, range: Range<usize>);
}

/// The fast path.
#[derive(Debug, Default)]
pub(in crate::rules) struct NoTrace;

impl Trace for NoTrace {
    type At = ();

    fn member((): &(), _: &dyn Object, _: usize, _: &Field) {}
    fn item((): &(), _: usize) {}
    fn read(&mut self, _: &str, _: &Val<'_, ()>, (): &()) {}
    fn unknown(&mut self, _: &str, _: &Why, (): &()) {}
    fn missing(&mut self, _: &str) {}
    fn cut(&mut self, _: Range<usize>) {}

    fn mark(&self) -> usize {
        0
    }
}

/// Where a value stands: at one place, or, when it was computed, where the values stand that decided it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Standing {
    /// Read here.
    At(Place),
    /// Computed from there; from nowhere, when that is not known.
    From(Vec<Place>),
}

impl Default for Standing {
    fn default() -> Self {
        Self::From(Vec::new())
    }
}

impl Standing {
    fn places(&self) -> Vec<Place> {
        match self {
            Self::At(place) => vec![place.clone()],
            Self::From(places) => places.clone(),
        }
    }
}

/// A fact that decided.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) struct Read {
    /// As the rule wrote it.
    pub(in crate::rules) fact: String,
    /// Its value; none when it is unknown.
    pub(in crate::rules) value: Option<String>,
    /// Why it could not decide.
    pub(in crate::rules) reason: Option<Reason>,
    /// Where it stands.
    pub(in crate::rules) places: Vec<Place>,
}

/// Why a fact could not decide.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Reason {
    /// It is unknown.
    Why(Why),
    /// There is none, and the rule needs one.
    Missing,
}

/// Records what decided, in the order of reading.
#[derive(Debug, Default)]
pub(in crate::rules) struct Recording {
    reads: Vec<Read>,
}

impl Recording {
    /// What was read, each once.
    pub(in crate::rules) fn into_reads(self) -> Vec<Read> {
        let mut seen = BTreeSet::new();
        let mut unique = self.reads;
        unique.retain(|read| {
            let reason = match &read.reason {
                None => None,
                Some(Reason::Missing) => Some(None),
                Some(Reason::Why(why)) => Some(Some(why.to_string())),
            };
            seen.insert((read.fact.clone(), read.value.clone(), reason, read.places.clone()))
        });
        unique
    }
}

impl Trace for Recording {
    type At = Standing;

    fn member(at: &Standing, object: &dyn Object, index: usize, field: &Field) -> Standing {
        let stands = object.place().map_or_else(|| at.clone(), Standing::At);
        let decided = object.field_places(index);
        match stands {
            Standing::At(place) if !field.key.is_empty() => Standing::At(place.member(field.key)),
            // The parts of a computed value have no pointer of their own below the record's.
            stands if decided.is_empty() => Standing::From(stands.places()),
            _ => Standing::From(decided.to_vec()),
        }
    }

    fn item(list: &Standing, index: usize) -> Standing {
        match list {
            Standing::At(place) => Standing::At(place.item(index)),
            computed @ Standing::From(_) => computed.clone(),
        }
    }

    fn read(&mut self, fact: &str, value: &Val<'_, Standing>, at: &Standing) {
        let (fact, value) = (fact.to_owned(), Some(value.render()));
        self.reads.push(Read { fact, value, reason: None, places: at.places() });
    }

    fn unknown(&mut self, fact: &str, why: &Why, at: &Standing) {
        let reason = Some(Reason::Why(why.clone()));
        self.reads.push(Read { fact: fact.to_owned(), value: None, reason, places: at.places() });
    }

    fn missing(&mut self, fact: &str) {
        match self.reads.last_mut() {
            Some(last) if last.fact == fact => last.reason = Some(Reason::Missing),
            _ => self.reads.push(Read {
                fact: fact.to_owned(),
                value: Some("none".to_owned()),
                reason: Some(Reason::Missing),
                places: Vec::new(),
            }),
        }
    }

    fn mark(&self) -> usize {
        self.reads.len()
    }

    fn cut(&mut self, range: Range<usize>) {
        let end = range.end.min(self.reads.len());
        self.reads.drain(range.start.min(end)..end);
    }
}

//! What is known of a set of addresses of which a part could not be read: those that are surely in it, those that may be, and
//! why nobody knows about the rest.

use super::space::AddressSet;
use crate::model::Why;

/// A set between two others. What was not read widens `most` and never narrows it, so that nothing is closed by ignorance.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Addresses that are surely in the set.
    pub least: AddressSet,
    /// Addresses that may be in the set; the others surely are not.
    pub most: AddressSet,
    /// Why the two differ, each reason once; empty when they do not.
    pub doubts: Vec<Why>,
}

impl Bounds {
    /// A set that is known.
    pub fn exact(set: AddressSet) -> Self {
        Self { most: set.clone(), least: set, doubts: Vec::new() }
    }

    /// No address.
    pub const fn none() -> Self {
        Self { least: AddressSet::empty(), most: AddressSet::empty(), doubts: Vec::new() }
    }

    /// Any address.
    pub fn all() -> Self {
        Self::exact(AddressSet::all())
    }

    /// A set of which nobody knows anything.
    pub fn unknown(why: Why) -> Self {
        Self::within(AddressSet::all(), why)
    }

    /// Some part of a set, nobody knows which.
    pub fn within(most: AddressSet, why: Why) -> Self {
        Self { least: AddressSet::empty(), most, doubts: vec![why] }
    }

    /// Whether every address is known to be in it or not.
    pub fn is_exact(&self) -> bool {
        self.least == self.most
    }

    /// Whether surely nothing is in it.
    pub const fn is_none(&self) -> bool {
        self.most.is_empty()
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let most = self.most.intersection(&other.most);
        if most.is_empty() {
            return Self::none();
        }
        Self::between(self.least.intersection(&other.least), most, [self, other])
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::between(self.least.union(&other.least), self.most.union(&other.most), [self, other])
    }

    /// What is in this one alone.
    #[must_use]
    pub fn but_not(&self, other: &Self) -> Self {
        Self::between(self.least.difference(&other.most), self.most.difference(&other.least), [self, other])
    }

    /// The addresses that nobody knows about.
    pub fn open(&self) -> AddressSet {
        self.most.difference(&self.least)
    }

    /// The set with nothing sure about it, for one more reason.
    #[must_use]
    pub fn doubted(mut self, why: Why) -> Self {
        if self.is_none() {
            return self;
        }
        self.least = AddressSet::empty();
        if !self.doubts.contains(&why) {
            self.doubts.push(why);
        }
        self
    }

    fn between(least: AddressSet, most: AddressSet, parts: [&Self; 2]) -> Self {
        let mut doubts = Vec::new();
        if least != most {
            for why in parts.into_iter().flat_map(|part| &part.doubts) {
                if !doubts.contains(why) {
                    doubts.push(why.clone());
                }
            }
        }
        Self { least, most, doubts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(prefixes: &[&str]) -> AddressSet {
        AddressSet::of(prefixes.iter().map(|text| text.parse().unwrap()))
    }

    fn why(detail: &str) -> Why {
        Why::Unreadable { detail: detail.into() }
    }

    #[test]
    fn ignorance_never_closes() {
        let known = Bounds::exact(set(&["10.0.0.0/8"]));
        let unknown = Bounds::unknown(why("x"));
        assert_eq!(known.and(&unknown).most, set(&["10.0.0.0/8"]));
        assert!(known.and(&unknown).least.is_empty());
        assert_eq!(known.or(&unknown).least, set(&["10.0.0.0/8"]));
        assert_eq!(known.but_not(&unknown).most, set(&["10.0.0.0/8"]));
        assert!(known.but_not(&unknown).least.is_empty());
        assert_eq!(known.and(&unknown).doubts, [why("x")]);
        assert_eq!(known.clone().doubted(why("y")).doubts, [why("y")]);
    }

    #[test]
    fn a_doubt_that_decides_nothing_is_forgotten() {
        let (ten, eleven) = (Bounds::exact(set(&["10.0.0.0/8"])), Bounds::exact(set(&["11.0.0.0/8"])));
        let some = Bounds::within(set(&["11.0.0.0/8"]), why("x"));
        assert_eq!(ten.and(&some), Bounds::none());
        assert_eq!(eleven.or(&some), eleven);
        assert_eq!(ten.but_not(&some), ten);
        assert_eq!(Bounds::none().doubted(why("x")), Bounds::none());
    }
}

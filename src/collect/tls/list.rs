//! Finding out all that a server accepts, by elimination: what it chooses is offered no more, until it refuses the rest.

use std::collections::BTreeSet;

use super::suite::FEW;

/// A hang-up may have any reason; the second one at the same question is taken for a refusal.
const HANG_UPS: u8 = 2;

/// What is known of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// More may be found.
    #[default]
    Open,
    /// The rest was refused.
    Complete,
    /// It cannot be found out.
    GivenUp,
}

/// Suites or groups that a server may accept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Elimination {
    found: BTreeSet<u16>,
    /// What is still to be offered, likeliest first.
    pending: Vec<u16>,
    state: State,
    hang_ups: u8,
    /// Whether what is pending was refused together with something else, which may have been the reason.
    stalled: bool,
}

impl Elimination {
    /// All of `candidates` may be there, and `found` is.
    pub(super) fn new(candidates: &[u16], found: &BTreeSet<u16>) -> Self {
        let pending = candidates.iter().copied().filter(|candidate| !found.contains(candidate)).collect();
        Self { found: found.clone(), pending, ..Self::default() }
    }

    /// What was chosen at least once.
    pub(super) const fn found(&self) -> &BTreeSet<u16> {
        &self.found
    }

    /// Whether `found` is all there is.
    pub(super) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Whether asking on is worth a connection.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// What to offer next: all that is left, or as much of it as a server can bear that reads only a few.
    pub(super) fn offer(&self, few: bool) -> Vec<u16> {
        let most = if few { FEW } else { usize::MAX };
        self.pending.iter().copied().take(most).collect()
    }

    /// The server chose this one.
    pub(super) fn chose(&mut self, one: u16) {
        self.found.insert(one);
        self.pending.retain(|pending| *pending != one);
        self.hang_ups = 0;
        self.close_if_empty();
    }

    /// The server took none of these.
    pub(super) fn refused(&mut self, offered: &[u16]) {
        self.pending.retain(|pending| !offered.contains(pending));
        self.hang_ups = 0;
        self.close_if_empty();
    }

    /// The server hung up at these.
    pub(super) fn hung_up(&mut self, offered: &[u16]) {
        self.hang_ups = self.hang_ups.saturating_add(1);
        if self.hang_ups >= HANG_UPS {
            self.refused(offered);
        }
    }

    /// What is pending was refused together with something else.
    pub(super) const fn stall(&mut self) {
        self.stalled = true;
    }

    /// Whether it was.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled && self.is_open()
    }

    /// Nothing else can be found out.
    pub(super) fn give_up(&mut self) {
        self.state = State::GivenUp;
    }

    /// The rest was refused by implication.
    pub(super) fn complete(&mut self) {
        self.state = State::Complete;
    }

    /// Strikes out what cannot be told apart by a server that looks at the low byte alone.
    pub(super) fn keep_low_bytes(&mut self) {
        self.pending.retain(|pending| *pending < 0x100);
        self.close_if_empty();
    }

    fn close_if_empty(&mut self) {
        if self.pending.is_empty() && self.is_open() {
            self.state = State::Complete;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn eliminates() {
        let mut list = Elimination::new(&[1, 2, 3, 4], &BTreeSet::from([2]));
        assert_eq!(list.offer(false), [1, 3, 4]);
        list.chose(3);
        list.refused(&[1, 4]);
        assert!(list.is_complete() && *list.found() == BTreeSet::from([2, 3]));
    }

    #[test]
    fn one_hang_up_proves_nothing() {
        let mut list = Elimination::new(&[1, 2], &BTreeSet::new());
        list.hung_up(&[1, 2]);
        assert!(list.is_open());
        list.chose(1);
        list.hung_up(&[2]);
        assert!(list.is_open(), "a choice between them starts the count anew");
        list.hung_up(&[2]);
        assert!(list.is_complete());
    }

    #[test]
    fn what_was_given_up_stays_so() {
        let mut list = Elimination::new(&[1], &BTreeSet::new());
        list.give_up();
        list.refused(&[1]);
        assert!(!list.is_complete() && !list.is_open());
    }

    proptest! {
        /// Whatever a server accepts is found in one question each and one refusal a portion.
        #[test]
        fn finds_all(accepted in prop::collection::btree_set(0_u16..400, 0..100), few in any::<bool>()) {
            let candidates: Vec<u16> = (0..400).collect();
            let mut list = Elimination::new(&candidates, &BTreeSet::new());
            let mut questions = 0;
            while list.is_open() {
                let offer = list.offer(few);
                prop_assert!(!offer.is_empty() && (!few || offer.len() <= FEW));
                match offer.iter().find(|one| accepted.contains(one)) {
                    Some(one) => list.chose(*one),
                    None => list.refused(&offer),
                }
                questions += 1;
            }
            prop_assert_eq!(list.found(), &accepted);
            let portions = if few { 400 / FEW + 1 } else { 1 };
            prop_assert!(questions <= accepted.len() + portions, "{} questions", questions);
        }
    }
}

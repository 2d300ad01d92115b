//! A set of up to 256 actions, by their place in a list.

/// Actions that a set can hold.
pub(super) const MAX: usize = 256;

/// A set of actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ActionSet([u64; 4]);

impl ActionSet {
    /// The first `count` actions.
    pub fn first(count: usize) -> Self {
        (0..count).collect()
    }

    pub const fn contains(&self, action: usize) -> bool {
        let [a, b, c, d] = self.0;
        let word = match action / 64 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        };
        word >> (action % 64) & 1 == 1
    }

    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub fn union(self, other: Self) -> Self {
        self.with(other, |own, other| own | other)
    }

    pub fn intersection(self, other: Self) -> Self {
        self.with(other, |own, other| own & other)
    }

    pub fn without(self, other: Self) -> Self {
        self.with(other, |own, other| own & !other)
    }

    fn with(mut self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = join(*own, other);
        }
        self
    }

    /// Its actions, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(index, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.wrapping_sub(1);
                (bit < 64).then(|| index * 64 + bit as usize)
            })
        })
    }
}

impl FromIterator<usize> for ActionSet {
    fn from_iter<I: IntoIterator<Item = usize>>(actions: I) -> Self {
        let mut set = Self::default();
        for action in actions {
            if let Some(word) = set.0.get_mut(action / 64) {
                *word |= 1 << (action % 64);
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_a_set(left in prop::collection::btree_set(0..MAX, 0..40), right in prop::collection::btree_set(0..MAX, 0..40)) {
            let (one, two): (ActionSet, ActionSet) = (left.iter().copied().collect(), right.iter().copied().collect());
            let of = |set: ActionSet| set.iter().collect::<BTreeSet<_>>();
            prop_assert_eq!(of(one), left.clone());
            prop_assert_eq!(of(one.union(two)), &left | &right);
            prop_assert_eq!(of(one.intersection(two)), &left & &right);
            prop_assert_eq!(of(one.without(two)), &left - &right);
            prop_assert_eq!(one.is_empty(), left.is_empty());
            prop_assert!((0..MAX).all(|it| one.contains(it) == left.contains(&it)));
        }
    }

    #[test]
    fn the_first_few() {
        for count in [0, 1, 64, 65, 256] {
            assert_eq!(ActionSet::first(count).iter().collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
        }
    }
}

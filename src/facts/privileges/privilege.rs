//! Sets of privileges, and the words for them. MySQL Reference Manual, "Privileges Provided by MySQL".

use std::collections::BTreeMap;

/// How many different privileges a server may name.
const MOST: usize = 256;

/// Lets its holder give on what it holds.
pub const GRANT_OPTION: &str = "GRANT OPTION";

/// Privileges that say something about a table.
pub const OF_TABLES: &[&str] = &[
    "ALTER",
    "CREATE",
    "CREATE VIEW",
    "DELETE",
    "DELETE HISTORY",
    "DROP",
    GRANT_OPTION,
    "INDEX",
    "INSERT",
    "LOCK TABLES",
    "REFERENCES",
    "SELECT",
    "SHOW VIEW",
    "TRIGGER",
    "UPDATE",
];

/// Privileges that can be held on columns.
pub const OF_COLUMNS: &[&str] = &["INSERT", "REFERENCES", "SELECT", "UPDATE"];

/// Privileges that can be held on routines.
pub const OF_ROUTINES: &[&str] = &["ALTER ROUTINE", "EXECUTE", GRANT_OPTION];

/// Privileges that can be held on a schema, and so globally with effect on schemas.
pub const OF_SCHEMAS: &[&str] = &[
    "ALTER",
    "ALTER ROUTINE",
    "CREATE",
    "CREATE ROUTINE",
    "CREATE TEMPORARY TABLES",
    "CREATE VIEW",
    "DELETE",
    "DELETE HISTORY",
    "DROP",
    "EVENT",
    "EXECUTE",
    GRANT_OPTION,
    "INDEX",
    "INSERT",
    "LOCK TABLES",
    "REFERENCES",
    "SELECT",
    "SHOW CREATE ROUTINE",
    "SHOW VIEW",
    "TRIGGER",
    "UPDATE",
];

/// A set of privileges of one server, by the numbers that its [`Words`] gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Privileges([u64; MOST / 64]);

impl Privileges {
    /// The empty set.
    pub const NONE: Self = Self([0; MOST / 64]);

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == [0; MOST / 64]
    }

    /// What is in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.word(index) | other.word(index)))
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.word(index) & other.word(index)))
    }

    /// What is here and not there.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.word(index) & !other.word(index)))
    }

    /// Whether the two share a privilege.
    pub fn meets(self, other: Self) -> bool {
        !self.and(other).is_empty()
    }

    fn word(self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// The privileges that a server names, in the words of `GRANT`.
#[derive(Debug, Default)]
pub struct Words {
    names: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

/// The server names more privileges than there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Words {
    /// The set of these privileges, numbering those that are new.
    ///
    /// # Errors
    /// When there are more different ones than a server has.
    pub fn intern<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) -> Result<Privileges, TooMany> {
        let mut set = Privileges::default();
        for word in words {
            let number = match self.numbers.get(word) {
                Some(number) => *number,
                None if self.names.len() >= MOST => return Err(TooMany),
                None => {
                    self.names.push(word.to_owned());
                    self.numbers.insert(word.to_owned(), self.names.len().saturating_sub(1));
                    self.names.len().saturating_sub(1)
                }
            };
            set = set.or(bit(number));
        }
        Ok(set)
    }

    /// The set of those among these privileges that the server names at all.
    pub fn set(&self, words: &[&str]) -> Privileges {
        words.iter().filter_map(|word| self.numbers.get(*word)).fold(Privileges::default(), |set, it| set.or(bit(*it)))
    }

    /// The words of a set, sorted.
    pub fn names(&self, set: Privileges) -> Vec<&str> {
        self.numbers.iter().filter(|(_, number)| set.meets(bit(**number))).map(|(name, _)| name.as_str()).collect()
    }

    /// All privileges whose word fulfils `wanted`.
    pub fn all(&self, wanted: impl Fn(&str) -> bool) -> Privileges {
        let found = self.numbers.iter().filter(|(name, _)| wanted(name));
        found.fold(Privileges::default(), |set, (_, number)| set.or(bit(*number)))
    }
}

fn bit(number: usize) -> Privileges {
    Privileges(std::array::from_fn(|index| {
        let shift = number.checked_sub(index.saturating_mul(64)).filter(|shift| *shift < 64);
        shift.and_then(|shift| u32::try_from(shift).ok()).map_or(0, |shift| 1_u64.wrapping_shl(shift))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_keep_their_words() {
        let mut words = Words::default();
        let many: Vec<_> = (0..MOST).map(|number| format!("P{number:03}")).collect();
        let all = words.intern(many.iter().map(String::as_str)).unwrap();
        assert_eq!(words.names(all), many);
        assert_eq!(words.intern(["one more"]), Err(TooMany));
        let some = words.set(&["P000", "P063", "P064", "P255", "nothing"]);
        assert_eq!(words.names(some), ["P000", "P063", "P064", "P255"]);
        assert_eq!(words.names(all.without(some)).len(), MOST - 4);
        assert!(some.meets(all) && !some.meets(all.without(some)) && !some.is_empty());
        assert_eq!(some.or(all), all);
        assert_eq!(some.and(all), some);
    }
}

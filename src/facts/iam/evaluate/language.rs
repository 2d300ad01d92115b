//! Texts that tell patterns apart. For a few patterns over one value, finds a shortest text for every way in which they can agree
//! and disagree about it: a walk through the product of their automata, breadth first.

use std::collections::{BTreeSet, HashSet};

use crate::facts::iam::glob::Token;

/// A symbol of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// This character.
    Char(char),
    /// This character, in any case.
    AnyCase(char),
    /// Any one character.
    One,
    /// Any run of characters.
    Many,
    /// Any one character but a colon.
    OneInPart,
    /// Any run of characters without a colon.
    ManyInPart,
}

impl Symbol {
    const fn is_run(self) -> bool {
        matches!(self, Self::Many | Self::ManyInPart)
    }

    fn takes(self, found: char) -> bool {
        match self {
            Self::Char(wanted) => wanted == found,
            Self::AnyCase(wanted) => wanted.to_lowercase().eq(found.to_lowercase()),
            Self::One | Self::Many => true,
            Self::OneInPart | Self::ManyInPart => found != ':',
        }
    }
}

/// A pattern as symbols.
pub(super) type Pattern = Vec<Symbol>;

/// The symbols of a glob.
pub(super) fn pattern(tokens: &[Token]) -> Pattern {
    let symbol = |token: &Token| match token {
        Token::Char(it) => Symbol::Char(*it),
        Token::One => Symbol::One,
        Token::Many => Symbol::Many,
    };
    tokens.iter().map(symbol).collect()
}

/// Six parts between five colons; wildcards of the first five stay within their part.
pub(super) fn arn_pattern(parts: &[Vec<Token>]) -> Pattern {
    let mut symbols = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            symbols.push(Symbol::Char(':'));
        }
        let within = |symbol| match symbol {
            Symbol::One if index < 5 => Symbol::OneInPart,
            Symbol::Many if index < 5 => Symbol::ManyInPart,
            other => other,
        };
        symbols.extend(pattern(part).into_iter().map(within));
    }
    symbols
}

/// What every ARN looks like.
pub(super) fn any_arn() -> Pattern {
    let part = |_| vec![Token::Many];
    let mut parts: Vec<_> = (0..6).map(part).collect();
    if let Some(first) = parts.first_mut() {
        *first = "arn".chars().map(Token::Char).collect();
    }
    arn_pattern(&parts)
}

/// States that are looked at before the walk gives up.
const MAX_STATES: usize = 4_000;

/// A text for every way in which the patterns can agree and disagree, and whether there are no others.
pub(super) fn texts(patterns: &[Pattern]) -> (Vec<String>, bool) {
    let product = Product::new(patterns);
    let mut walk = Walk::from(product.start());
    let (mut ways, mut found) = (HashSet::new(), Vec::new());
    let mut at = 0;
    while let Some(state) = walk.states.get(at).cloned() {
        if ways.insert(product.accepts(&state)) {
            found.push(walk.text(at));
        }
        for letter in product.letters_at(&state) {
            let next = product.step(&state, letter);
            if walk.seen.contains(&next) {
                continue;
            }
            if walk.states.len() == MAX_STATES {
                return (found, false);
            }
            walk.add(next, at, letter.character);
        }
        at += 1;
    }
    (found, true)
}

/// A bit a position of every pattern: the positions that the text so far can have reached. A pattern has one position more than
/// symbols, its end.
type State = Vec<u64>;

/// A character, and the positions it leads away from.
struct Letter {
    character: char,
    /// Positions whose symbol takes it.
    takes: State,
    /// Those among them whose symbol names it; it differs from other characters only there, a colon apart.
    named: State,
}

/// The automata of all patterns, side by side.
struct Product {
    alphabet: Vec<Letter>,
    start: State,
    /// Positions of runs, which may be empty.
    runs: State,
    /// Where the patterns end.
    ends: Vec<usize>,
}

impl Product {
    fn new(patterns: &[Pattern]) -> Self {
        let length: usize = patterns.iter().map(|pattern| pattern.len() + 1).sum();
        let empty = vec![0; length.div_ceil(64)];
        let (mut start, mut runs, mut ends, mut placed) = (empty.clone(), empty.clone(), Vec::new(), Vec::new());
        let mut offset = 0;
        for pattern in patterns {
            set(&mut start, offset);
            placed.extend(pattern.iter().enumerate().map(|(index, symbol)| (offset + index, *symbol)));
            offset += pattern.len();
            ends.push(offset);
            offset += 1;
        }
        placed.iter().filter(|(_, symbol)| symbol.is_run()).for_each(|(index, _)| set(&mut runs, *index));
        let letter = |character| {
            let (mut takes, mut named) = (empty.clone(), empty.clone());
            for (index, symbol) in placed.iter().filter(|(_, symbol)| symbol.takes(character)) {
                set(&mut takes, *index);
                if matches!(symbol, Symbol::Char(_) | Symbol::AnyCase(_)) {
                    set(&mut named, *index);
                }
            }
            Letter { character, takes, named }
        };
        Self { alphabet: alphabet(patterns).into_iter().map(letter).collect(), start, runs, ends }
    }

    fn start(&self) -> State {
        self.closed(self.start.clone())
    }

    /// The characters that lead to different states: those that a reached position names, the colon, and one for all others.
    fn letters_at<'p>(&'p self, state: &'p State) -> impl Iterator<Item = &'p Letter> {
        let mut others = false;
        self.alphabet.iter().filter(move |letter| {
            letter.character == ':' || letter.named.iter().zip(state).any(|(named, at)| named & at != 0) || {
                !std::mem::replace(&mut others, true)
            }
        })
    }

    fn step(&self, state: &State, letter: &Letter) -> State {
        let taken = state.iter().zip(&letter.takes).map(|(at, takes)| at & takes);
        let (mut next, mut carry) = (State::with_capacity(state.len()), 0);
        for (taken, run) in taken.zip(&self.runs) {
            let onward = taken & !run;
            next.push((taken & run) | (onward << 1) | carry);
            carry = onward >> 63;
        }
        self.closed(next)
    }

    /// The positions and those behind runs.
    fn closed(&self, mut state: State) -> State {
        loop {
            let (mut grew, mut carry) = (false, 0);
            for (at, runs) in state.iter_mut().zip(&self.runs) {
                let skipped = *at & runs;
                let with = *at | (skipped << 1) | carry;
                carry = skipped >> 63;
                grew |= with != *at;
                *at = with;
            }
            if !grew {
                return state;
            }
        }
    }

    fn accepts(&self, state: &State) -> Vec<bool> {
        self.ends.iter().map(|end| state.get(end / 64).is_some_and(|word| word >> (end % 64) & 1 == 1)).collect()
    }
}

fn set(state: &mut State, index: usize) {
    if let Some(word) = state.get_mut(index / 64) {
        *word |= 1 << (index % 64);
    }
}

/// States in the order in which they were found, each with the one before it and the character between them.
struct Walk {
    states: Vec<State>,
    came: Vec<(usize, char)>,
    seen: HashSet<State>,
}

impl Walk {
    fn from(start: State) -> Self {
        Self { seen: HashSet::from([start.clone()]), states: vec![start], came: vec![(0, '\0')] }
    }

    fn add(&mut self, state: State, from: usize, character: char) {
        self.seen.insert(state.clone());
        self.states.push(state);
        self.came.push((from, character));
    }

    /// The text that leads to a state.
    fn text(&self, mut at: usize) -> String {
        let mut characters = Vec::new();
        while let (Some((from, character)), true) = (self.came.get(at), at > 0) {
            characters.push(*character);
            at = *from;
        }
        characters.iter().rev().collect()
    }
}

/// Every character that some pattern names, in both cases where case does not count, and one that none names.
fn alphabet(patterns: &[Pattern]) -> Vec<char> {
    let mut named = BTreeSet::from([':']);
    for symbol in patterns.iter().flatten() {
        match symbol {
            Symbol::Char(it) => drop(named.insert(*it)),
            Symbol::AnyCase(it) => named.extend(it.to_lowercase().chain(it.to_uppercase())),
            _ => {}
        }
    }
    let fresh = ('a'..='z').chain('\u{E000}'..='\u{F8FF}').find(|it| !named.contains(it));
    named.extend(fresh);
    named.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::iam::glob::Glob;

    fn ways(globs: &[&str]) -> BTreeSet<Vec<bool>> {
        let globs: Vec<_> = globs.iter().map(|it| Glob::new(it)).collect();
        let (found, complete) = texts(&globs.iter().map(|it| pattern(it.tokens())).collect::<Vec<_>>());
        assert!(complete);
        found.iter().map(|text| globs.iter().map(|glob| glob.matches(text)).collect()).collect()
    }

    #[test]
    fn finds_every_way_to_agree() {
        for (globs, count) in [
            (&["a"][..], 2),
            (&["*"], 1),
            (&["a", "b"], 3),
            (&["a*", "*b"], 4),
            (&["a*", "ab*"], 3),
            (&["prod-*", "*-prod", "prod-?"], 5),
            (&["?", "??"], 3),
        ] {
            assert_eq!(ways(globs).len(), count, "{globs:?}");
        }
    }

    #[test]
    fn wildcards_of_arns_stay_in_their_part() {
        let parts: Vec<Vec<Token>> =
            "arn:aws:iam::*:role/x*".splitn(6, ':').map(|it| Glob::new(it).tokens().to_vec()).collect();
        let (found, complete) = texts(&[arn_pattern(&parts), any_arn()]);
        assert!(complete);
        assert_eq!(found, ["", "arn:::::", "arn:aws:iam:::role/x"]);
    }

    #[test]
    fn gives_up_in_time() {
        let hostile = pattern(Glob::new(&format!("*a{}", "?".repeat(30))).tokens());
        let (_, complete) = texts(&[hostile]);
        assert!(!complete);
    }
}

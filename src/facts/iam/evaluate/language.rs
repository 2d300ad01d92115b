//! Texts that tell patterns apart. For a few patterns over one value, finds a shortest text for every way in which they can agree
//! and disagree about it: a walk through the product of their automata, breadth first.

use std::collections::{BTreeSet, VecDeque};

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
    let alphabet = alphabet(patterns);
    let start: State = patterns.iter().map(|pattern| closed(pattern, [0].into())).collect();
    let mut seen = BTreeSet::from([start.clone()]);
    let mut ways = BTreeSet::new();
    let mut found = Vec::new();
    let mut queue = VecDeque::from([(start, String::new())]);
    while let Some((state, text)) = queue.pop_front() {
        if ways.insert(accepts(patterns, &state)) {
            found.push(text.clone());
        }
        for character in &alphabet {
            let next: State = patterns.iter().zip(&state).map(|(pattern, at)| step(pattern, at, *character)).collect();
            if seen.contains(&next) {
                continue;
            }
            if seen.len() == MAX_STATES {
                return (found, false);
            }
            seen.insert(next.clone());
            queue.push_back((next, format!("{text}{character}")));
        }
    }
    (found, true)
}

/// For each pattern, the positions in it that the text so far can have reached.
type State = Vec<BTreeSet<usize>>;

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

/// The positions and those behind runs, which may be empty.
fn closed(pattern: &Pattern, mut at: BTreeSet<usize>) -> BTreeSet<usize> {
    for (index, symbol) in pattern.iter().enumerate() {
        if symbol.is_run() && at.contains(&index) {
            at.insert(index + 1);
        }
    }
    at
}

fn step(pattern: &Pattern, at: &BTreeSet<usize>, character: char) -> BTreeSet<usize> {
    let onward = at.iter().filter_map(|index| {
        let symbol = pattern.get(*index).filter(|symbol| symbol.takes(character))?;
        Some(if symbol.is_run() { *index } else { index + 1 })
    });
    closed(pattern, onward.collect())
}

fn accepts(patterns: &[Pattern], state: &State) -> Vec<bool> {
    patterns.iter().zip(state).map(|(pattern, at)| at.contains(&pattern.len())).collect()
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

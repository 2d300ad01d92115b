//! Pattern matching of IAM: `*` is any run of characters, `?` is exactly one, everything else is itself.
//! IAM User Guide, "IAM JSON policy elements: Resource" and "Action".

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// This character.
    Char(char),
    /// `?`: exactly one character.
    One,
    /// `*`: any run of characters, also none.
    Many,
}

/// A compiled pattern. Matching takes time proportional to the text, whatever the pattern: pieces between stars are found
/// leftmost, and a piece with `?` in it is found by one bit operation for each 64 characters of the piece.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob {
    tokens: Box<[Token]>,
    /// What stands between the stars; the first and the last are anchored.
    pieces: Box<[Piece]>,
}

/// What stands between two stars.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Literal(Box<str>),
    Mixed(Mixed),
}

/// A piece with `?` in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mixed {
    /// Its characters, `None` for `?`.
    wanted: Box<[Option<char>]>,
    /// Where each character that occurs fits, `?` included, a bit a position; sorted by character.
    masks: Box<[(char, Box<[u64]>)]>,
    /// Where any other character fits.
    others: Box<[u64]>,
}

impl Glob {
    /// Compiles `*` and `?` of a text.
    pub fn new(pattern: &str) -> Self {
        Self::of_tokens(pattern.chars().map(token).collect())
    }

    /// Compiles parts.
    pub fn of_tokens(tokens: Vec<Token>) -> Self {
        let pieces = tokens.split(|token| *token == Token::Many).map(Piece::new).collect();
        Self { tokens: tokens.into(), pieces }
    }

    /// Its parts.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether it is nothing but stars.
    pub fn is_everything(&self) -> bool {
        !self.tokens.is_empty() && self.tokens.iter().all(|token| *token == Token::Many)
    }

    /// Whether it covers `text`.
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &*self.pieces else {
            return self.pieces.first().is_some_and(|only| only.at_start(text) == Some(text.len()));
        };
        let Some(mut at) = first.at_start(text) else { return false };
        for piece in middle {
            match text.get(at..).and_then(|rest| piece.find(rest)) {
                Some(end) => at += end,
                None => return false,
            }
        }
        text.get(at..).is_some_and(|rest| last.at_end(rest))
    }

    /// Whether every text that `other` covers is covered. It may be that it is and this is false, never the other way round.
    pub fn covers(&self, other: &Self) -> bool {
        let takes = |own: Token, found: Token| match (own, found) {
            (Token::Many, _) | (Token::One, Token::One | Token::Char(_)) => true,
            (Token::Char(own), Token::Char(found)) => own == found,
            _ => false,
        };
        // Most pairs differ before the first star, where each part takes one part.
        let lead = self.tokens.iter().take_while(|token| **token != Token::Many).count();
        let mut leading = self.tokens.iter().take(lead).zip(&other.tokens);
        if other.tokens.len() < lead || !leading.all(|(own, found)| takes(*own, *found)) {
            return false;
        }
        let mut states = Positions::at(self, lead);
        for token in other.tokens.iter().skip(lead) {
            states = states.after(self, |own| takes(own, *token));
        }
        states.at_end(self)
    }

    /// Whether there is a text that both cover.
    pub fn intersects(&self, other: &Self) -> bool {
        let mut pairs = self.tokens.iter().zip(&other.tokens);
        let single = pairs.by_ref().take_while(|(own, found)| **own != Token::Many && **found != Token::Many);
        let mut lead = 0;
        for pair in single {
            if matches!(pair, (Token::Char(own), Token::Char(found)) if own != found) {
                return false;
            }
            lead += 1;
        }
        // Row by row over the parts of `other`: the positions of `self` that some common text reaches.
        let mut reached = Positions::at(self, lead);
        for token in other.tokens.iter().skip(lead) {
            reached = match token {
                Token::Many => reached.onward(self),
                Token::One => reached.after(self, |_| true),
                Token::Char(found) => reached.after(self, |own| fits(own, *found)),
            };
        }
        reached.at_end(self)
    }
}

/// Positions in the parts of a pattern that can be reached, stars passed over.
#[derive(Clone)]
struct Positions(Vec<bool>);

impl Positions {
    /// One position, and what stars lead to from there.
    fn at(glob: &Glob, position: usize) -> Self {
        let positions = (0..=glob.tokens.len()).map(|at| at == position).collect();
        Self(positions).past_stars(glob)
    }

    /// Where one symbol leads that `fits` takes.
    fn after(&self, glob: &Glob, fits: impl Fn(Token) -> bool) -> Self {
        let mut next = vec![false; self.0.len()];
        for (at, token) in glob.tokens.iter().enumerate() {
            if self.0.get(at) == Some(&true) && fits(*token) {
                let to = if *token == Token::Many { at } else { at + 1 };
                if let Some(slot) = next.get_mut(to) {
                    *slot = true;
                }
            }
        }
        Self(next).past_stars(glob)
    }

    /// Where any text leads: everything from the first reachable position on.
    fn onward(&self, glob: &Glob) -> Self {
        let first = self.0.iter().position(|reached| *reached).unwrap_or(self.0.len());
        Self((0..self.0.len()).map(|at| at >= first).collect()).past_stars(glob)
    }

    fn past_stars(mut self, glob: &Glob) -> Self {
        for (at, token) in glob.tokens.iter().enumerate() {
            if *token == Token::Many
                && self.0.get(at) == Some(&true)
                && let Some(slot) = self.0.get_mut(at + 1)
            {
                *slot = true;
            }
        }
        self
    }

    fn at_end(&self, glob: &Glob) -> bool {
        self.0.get(glob.tokens.len()) == Some(&true)
    }
}

fn token(character: char) -> Token {
    match character {
        '*' => Token::Many,
        '?' => Token::One,
        other => Token::Char(other),
    }
}

fn fits(token: Token, character: char) -> bool {
    match token {
        Token::Char(expected) => expected == character,
        Token::One | Token::Many => true,
    }
}

impl Piece {
    fn new(tokens: &[Token]) -> Self {
        let characters: Box<[_]> =
            tokens.iter().map(|token| if let Token::Char(it) = token { Some(*it) } else { None }).collect();
        match characters.iter().copied().collect::<Option<String>>() {
            Some(literal) => Self::Literal(literal.into()),
            None => Self::Mixed(Mixed::new(characters)),
        }
    }

    /// The byte offset after the piece when `text` begins with it.
    fn at_start(&self, text: &str) -> Option<usize> {
        match self {
            Self::Literal(literal) => text.starts_with(&**literal).then_some(literal.len()),
            Self::Mixed(mixed) => {
                let mut left = text.chars();
                let fits = mixed
                    .wanted
                    .iter()
                    .all(|wanted| left.next().is_some_and(|it| wanted.is_none_or(|want| want == it)));
                fits.then(|| text.len() - left.as_str().len())
            }
        }
    }

    fn at_end(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => text.ends_with(&**literal),
            Self::Mixed(mixed) => {
                let mut left = text.chars().rev();
                mixed
                    .wanted
                    .iter()
                    .rev()
                    .all(|wanted| left.next().is_some_and(|it| wanted.is_none_or(|want| want == it)))
            }
        }
    }

    /// The byte offset after the leftmost place where the piece stands.
    fn find(&self, text: &str) -> Option<usize> {
        match self {
            Self::Literal(literal) => text.find(&**literal).map(|at| at + literal.len()),
            Self::Mixed(mixed) => mixed.find(text),
        }
    }
}

impl Mixed {
    fn new(wanted: Box<[Option<char>]>) -> Self {
        let mut characters: Vec<char> = wanted.iter().copied().flatten().collect();
        characters.sort_unstable();
        characters.dedup();
        let masks = characters.into_iter().map(|it| (it, mask(&wanted, Some(it)))).collect();
        Self { masks, others: mask(&wanted, None), wanted }
    }

    /// The Shift-And algorithm: bit `i` of the state says that the last `i + 1` characters fit the first `i + 1` of the piece.
    fn find(&self, text: &str) -> Option<usize> {
        let last = (self.wanted.len() - 1) % 64;
        let mut state = vec![0_u64; self.others.len()];
        for (at, character) in text.char_indices() {
            let known = self.masks.binary_search_by_key(&character, |(it, _)| *it);
            let mask = known.ok().and_then(|index| self.masks.get(index)).map_or(&self.others, |(_, mask)| mask);
            let mut carry = 1;
            for (word, mask) in state.iter_mut().zip(mask) {
                let shifted = (*word << 1) | carry;
                carry = *word >> 63;
                *word = shifted & mask;
            }
            if state.last().is_some_and(|word| word >> last & 1 == 1) {
                return Some(at + character.len_utf8());
            }
        }
        None
    }
}

/// A bit for each position that takes the character; `None` is one that does not occur in the piece.
fn mask(wanted: &[Option<char>], character: Option<char>) -> Box<[u64]> {
    let fits = |wanted: &Option<char>| wanted.is_none() || *wanted == character;
    let word = |chunk: &[Option<char>]| {
        (0..).zip(chunk).fold(0, |mask, (bit, it): (u32, _)| mask | u64::from(fits(it)) << bit)
    };
    wanted.chunks(64).map(word).collect()
}

/// Whether `pattern` covers `text`.
pub fn matches(pattern: &str, text: &str) -> bool {
    Glob::new(pattern).matches(text)
}

/// Whether a text is one or more stars.
pub fn is_stars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_patterns_end() {
        for pattern in ["*a".repeat(500), "*a?".repeat(500), format!("*{}", "?".repeat(2_000)), "*".repeat(4_000)] {
            assert!(!matches(&format!("{pattern}b"), &"a".repeat(20_000)), "{pattern}");
        }
    }

    #[test]
    fn a_question_mark_is_one_character_of_any_size() {
        for (pattern, text, expected) in [
            ("?", "é", true),
            ("??", "é", false),
            ("*?x", "ééx", true),
            ("a?*c", "a数bc", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    /// The definition, word for word.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => slow(rest, text),
            (Some(('*', rest)), Some((_, tail))) => slow(rest, text) || slow(pattern, tail),
            (Some(('?', rest)), Some((_, tail))) => slow(rest, tail),
            (Some((expected, rest)), Some((found, tail))) => expected == found && slow(rest, tail),
            _ => false,
        }
    }

    fn short_texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        for length in 0..5 {
            let longer: Vec<_> = texts
                .iter()
                .filter(|it| it.len() == length)
                .flat_map(|it| ["a", "b", "c"].map(|c| format!("{it}{c}")))
                .collect();
            texts.extend(longer);
        }
        texts
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), slow(&p, &t));
        }

        #[test]
        fn long_pieces_agree_too(piece in "[ab?]{60,70}", before in "[ab]{0,9}", after in "[ab]{0,9}") {
            let text = format!("{before}{}{after}", piece.replace('?', "a"));
            let pattern = format!("*{piece}*");
            prop_assert!(matches(&pattern, &text));
        }

        #[test]
        fn covering_and_meeting_mean_what_they_say(left in "[ab*?]{0,4}", right in "[ab*?]{0,4}") {
            let (one, two) = (Glob::new(&left), Glob::new(&right));
            let both = short_texts().iter().any(|text| one.matches(text) && two.matches(text));
            prop_assert!(!both || one.intersects(&two));
            let apart = short_texts().iter().any(|text| !one.matches(text) && two.matches(text));
            prop_assert!(!(apart && one.covers(&two)));
            prop_assert!(!one.covers(&two) || one.intersects(&two));
            prop_assert!(one.covers(&one));
        }
    }
}

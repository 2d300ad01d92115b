//! Text with wildcards and policy variables. IAM User Guide, "IAM policy elements: Variables and tags".

use super::fault::Fault;
use crate::facts::iam::glob::Token;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// A character or a wildcard.
    Token(Token),
    /// `${key}` or `${key, 'default'}`.
    Variable {
        /// The key in lower case.
        key: Box<str>,
        /// What stands for a key without a value.
        default: Option<Box<str>>,
    },
}

/// Text with wildcards and variables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Template {
    pieces: Box<[Piece]>,
}

/// What the text is for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// This pattern. What variables put in is literal.
    Tokens(Vec<Token>),
    /// A variable has no value and no default: the text matches nothing.
    Null,
    /// A variable has a value that nobody knows.
    Unknown,
}

impl Template {
    /// Reads a text. Variables are taken from the byte offset `variables_from` on, or nowhere.
    ///
    /// # Errors
    /// When a variable is not well formed.
    pub fn new(text: &str, variables_from: Option<usize>, wildcards: bool) -> Result<Self, Fault> {
        let (plain, open) = text.split_at_checked(variables_from.unwrap_or(text.len())).unwrap_or((text, ""));
        let mut pieces: Vec<_> = plain.chars().map(|it| Piece::Token(token(it, wildcards))).collect();
        let mut rest = open;
        while let Some(at) = rest.find("${") {
            let (before, variable) = rest.split_at(at);
            pieces.extend(before.chars().map(|it| Piece::Token(token(it, wildcards))));
            let (piece, after) = variable_at(variable).ok_or_else(|| Fault::Variable(text.into()))?;
            pieces.push(piece);
            rest = after;
        }
        pieces.extend(rest.chars().map(|it| Piece::Token(token(it, wildcards))));
        Ok(Self { pieces: pieces.into() })
    }

    /// A text of these parts.
    pub fn of_pieces(pieces: Vec<Piece>) -> Self {
        Self { pieces: pieces.into() }
    }

    /// Its parts.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Keys of its variables, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(&**key),
            Piece::Token(_) => None,
        })
    }

    /// Puts the values of variables in. `value` gives `None` for a key whose value nobody knows, and `Some(None)` for a key
    /// without one.
    pub fn resolve<'c>(&self, value: impl Fn(&str) -> Option<Option<&'c str>>) -> Resolved {
        let mut tokens = Vec::with_capacity(self.pieces.len());
        let mut unknown = false;
        for piece in &self.pieces {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => match value(key).map(|known| known.or(default.as_deref())) {
                    Some(Some(text)) => tokens.extend(text.chars().map(Token::Char)),
                    Some(None) => return Resolved::Null,
                    None => unknown = true,
                },
            }
        }
        if unknown { Resolved::Unknown } else { Resolved::Tokens(tokens) }
    }

    /// The pattern, when there is no variable in it.
    pub fn fixed(&self) -> Option<Vec<Token>> {
        match self.resolve(|_| None) {
            Resolved::Tokens(tokens) => Some(tokens),
            Resolved::Null | Resolved::Unknown => None,
        }
    }
}

const fn token(character: char, wildcards: bool) -> Token {
    match character {
        '*' if wildcards => Token::Many,
        '?' if wildcards => Token::One,
        other => Token::Char(other),
    }
}

/// The variable that `text` begins with, and what follows it.
fn variable_at(text: &str) -> Option<(Piece, &str)> {
    let (inside, after) = text.strip_prefix("${")?.split_once('}')?;
    let piece = match inside {
        "*" | "?" | "$" => Piece::Token(Token::Char(inside.chars().next()?)),
        _ => named(inside)?,
    };
    Some((piece, after))
}

fn named(inside: &str) -> Option<Piece> {
    let (key, default) = match inside.split_once(", ") {
        Some((key, quoted)) => (key, Some(quoted.strip_prefix('\'')?.strip_suffix('\'')?)),
        None => (inside, None),
    };
    let well_formed = key.contains(':') && !key.contains(|it: char| it.is_whitespace() || "${},'".contains(it));
    let variable = || Piece::Variable { key: key.to_ascii_lowercase().into(), default: default.map(Into::into) };
    well_formed.then(variable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::iam::glob::Glob;

    fn resolved(text: &str, wildcards: bool) -> Resolved {
        let template = Template::new(text, Some(0), wildcards).unwrap();
        template.resolve(|key| match key {
            "aws:username" => Some(Some("a*")),
            "aws:userid" => None,
            _ => Some(None),
        })
    }

    #[test]
    fn what_a_variable_puts_in_is_literal() {
        for (text, value, matches) in [
            ("x-${aws:username}", "x-a*", true),
            ("x-${AWS:UserName}", "x-a*", true),
            ("x-${aws:username}", "x-ab", false),
            ("x-${aws:username}*", "x-a*b", true),
            ("${aws:PrincipalTag/team, 'company-wide'}", "company-wide", true),
            ("${aws:username, 'x'}", "a*", true),
            ("${*}${?}${$}", "*?$", true),
            ("${*}", "a", false),
        ] {
            let Resolved::Tokens(tokens) = resolved(text, true) else { unreachable!("{text}") };
            assert_eq!(Glob::of_tokens(tokens).matches(value), matches, "{text}");
        }
        assert_eq!(resolved("${aws:PrincipalTag/team}", true), Resolved::Null);
        assert_eq!(resolved("${aws:userid}", true), Resolved::Unknown);
        assert_eq!(resolved("${aws:userid}${aws:PrincipalTag/x}", true), Resolved::Null);
        assert_eq!(resolved("a*", false), Resolved::Tokens(vec![Token::Char('a'), Token::Char('*')]));
    }

    #[test]
    fn a_variable_is_well_formed_or_a_fault() {
        for (text, fault) in [
            ("${aws:username", true),
            ("${ aws:username }", true),
            ("${aws:username,'x'}", true),
            ("${aws:username, \"x\"}", true),
            ("${aws:username, 'x}", true),
            ("${}", true),
            ("${aws:username}", false),
            ("$aws:username {x}", false),
        ] {
            assert_eq!(Template::new(text, Some(0), true).is_err(), fault, "{text}");
        }
        assert!(Template::new("${aws:username", None, true).is_ok(), "without variables everything is literal");
    }
}

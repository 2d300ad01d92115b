//! Characters to tokens.

use super::ast::Span;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits; the sign is an operator.
    Int(u64),
    /// A string without quotes and escapes.
    Str(String),
    /// A name or keyword.
    Name(String),
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// What the text is not, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) struct SyntaxError {
    /// Where, in bytes of the expression.
    pub(in crate::rules) span: Span,
    /// What is wrong.
    pub(in crate::rules) message: String,
    /// What to do about it.
    pub(in crate::rules) help: Option<String>,
}

impl SyntaxError {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Longer signs first: the first that fits is taken.
const SIGNS: [&str; 22] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "-", "+", "*", "/", "%", "?", ":", ".", ",", "(", ")", "[", "]",
];

/// Splits an expression into tokens; the last one is [`Token::End`].
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, Span)>, SyntaxError> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push((token, start..lexer.at));
        if end {
            return Ok(tokens);
        }
    }
}

/// An expression on one line, without its comments.
pub(in crate::rules) fn one_line(source: &str) -> String {
    let mut line = String::new();
    let mut end = 0;
    for (_, span) in tokens(source).unwrap_or_default() {
        let gap = if line.is_empty() || span.start == end { "" } else { " " };
        line.push_str(gap);
        line.push_str(source.get(span.clone()).unwrap_or(""));
        end = span.end;
    }
    line.truncate(line.trim_end().len());
    line
}

/// What tests tell apart.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum TokenKind {
    Name,
    Literal,
}

/// The names and literals of an expression, and where they stand.
#[cfg(test)]
pub(in crate::rules) fn tokens_of(source: &str) -> Vec<(TokenKind, Span)> {
    let kind = |token: &Token| match token {
        Token::Name(_) => Some(TokenKind::Name),
        Token::Int(_) | Token::Str(_) => Some(TokenKind::Literal),
        Token::Sign(_) | Token::End => None,
    };
    tokens(source).unwrap().into_iter().filter_map(|(token, span)| Some((kind(&token)?, span))).collect()
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.find(|character| !fits(character)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
        while self.rest().starts_with("//") {
            self.take_while(|character| character != '\n');
            self.take_while(char::is_whitespace);
        }
    }

    fn token(&mut self) -> Result<Token, SyntaxError> {
        match self.rest().chars().next() {
            None => Ok(Token::End),
            Some('0'..='9') => self.int(),
            Some('a'..='z' | 'A'..='Z' | '_') => {
                Ok(Token::Name(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').to_owned()))
            }
            Some(quote @ ('\'' | '"')) => self.string(quote),
            Some(other) => self.sign(other),
        }
    }

    fn int(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if self.rest().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Err(SyntaxError::new(start..self.at, "this is neither a number nor a name"));
        }
        let fraction = self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.take_while(|c| c.is_ascii_digit() || c == '.');
            return Err(SyntaxError::new(start..self.at, "numbers have no fractions here")
                .help("for a version write version('…')"));
        }
        digits.parse().map(Token::Int).map_err(|_| SyntaxError::new(start..self.at, "this number is too large"))
    }

    fn sign(&mut self, first: char) -> Result<Token, SyntaxError> {
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) {
            self.at += sign.len();
            return Ok(Token::Sign(sign));
        }
        let error = SyntaxError::new(self.at..self.at + first.len_utf8(), format!("`{first}` has no meaning here"));
        Err(match first {
            '=' => error.help("to compare write `==`"),
            '&' => error.help("for `and` write `&&`"),
            '|' => error.help("for `or` write `||`"),
            '‘' | '’' | '“' | '”' => error.help("quote strings with ' or \""),
            _ => error,
        })
    }

    fn string(&mut self, quote: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != quote && c != '\\' && c != '\n'));
            match self.rest().chars().next() {
                Some('\\') => text.push(self.escape()?),
                Some(end) if end == quote => {
                    self.at += quote.len_utf8();
                    return Ok(Token::Str(text));
                }
                _ => return Err(SyntaxError::new(start..self.at, "this string does not end on its line")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        let escaped = self.rest().chars().nth(1);
        self.at += 1 + escaped.map_or(0, char::len_utf8);
        match escaped {
            Some(same @ ('\\' | '\'' | '"' | '`' | '?')) => Ok(same),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.code_point(start),
            _ => Err(SyntaxError::new(start..self.at, "this escape is not known")
                .help("known are \\\\ \\' \\\" \\n \\r \\t and \\uXXXX")),
        }
    }

    fn code_point(&mut self, start: usize) -> Result<char, SyntaxError> {
        let digits = self.rest().get(..4).unwrap_or("");
        self.at += digits.len();
        let number = Some(digits).filter(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        number
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| SyntaxError::new(start..self.at, "\\u takes four hexadecimal digits of a character"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        for (source, expected) in [
            ("r.x==1", r#"[Name("r"), Sign("."), Name("x"), Sign("=="), Int(1), End]"#),
            ("'a\\'b' \"\\u00e4\\n\"", "[Str(\"a'b\"), Str(\"ä\\n\"), End]"),
            ("1 // one\n// two\n<=2", r#"[Int(1), Sign("<="), Int(2), End]"#),
            ("!a&&!b", r#"[Sign("!"), Name("a"), Sign("&&"), Sign("!"), Name("b"), End]"#),
            (" ", "[End]"),
        ] {
            let tokens: Vec<_> = tokens(source).unwrap().into_iter().map(|(token, _)| token).collect();
            assert_eq!(format!("{tokens:?}"), expected);
        }
    }

    #[test]
    fn fits_on_a_line() {
        for (source, line) in [
            ("a\n  && b\n", "a && b"),
            ("// why\na // why not\n|| 'x  // y'\n// end\n", "a || 'x  // y'"),
            ("f(a,b)", "f(a,b)"),
            ("", ""),
        ] {
            assert_eq!(one_line(source), line);
        }
    }

    #[test]
    fn refuses() {
        for (source, span, message) in [
            ("a = 1", 2..3, "`=` has no meaning here"),
            ("a & b", 2..3, "`&` has no meaning here"),
            ("1.5", 0..3, "numbers have no fractions here"),
            ("12ab", 0..4, "this is neither a number nor a name"),
            ("99999999999999999999", 0..20, "this number is too large"),
            ("'abc", 0..4, "this string does not end on its line"),
            ("'a\nb'", 0..2, "this string does not end on its line"),
            ("'\\q'", 1..3, "this escape is not known"),
            ("'\\u12'", 1..3, "\\u takes four hexadecimal digits of a character"),
            ("'\\ud800'", 1..7, "\\u takes four hexadecimal digits of a character"),
            ("a # b", 2..3, "`#` has no meaning here"),
            ("ä", 0..2, "`ä` has no meaning here"),
        ] {
            let error = tokens(source).unwrap_err();
            assert_eq!((error.span, error.message.as_str()), (span, message), "{source}");
        }
    }
}

//! Text out of a rule file that remembers where in the file each of its bytes stands, through indentation and folding.

use std::ops::Range;

use super::problem::Problem;

/// Decoded text of a scalar.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// The text.
    pub(super) value: String,
    /// For each byte of it, and its end, the byte of the file.
    offsets: Vec<usize>,
}

impl Text {
    /// Aligns decoded text with the bytes of the file that it was decoded from, which begin at `start`. The two differ by
    /// indentation, folded lines, quotes and escapes; where they cannot be matched, the place is the nearest one before.
    pub(super) fn align(value: String, raw: &str, start: usize) -> Self {
        let mut offsets = Vec::with_capacity(value.len() + 1);
        let mut rest = raw;
        for character in value.chars() {
            rest = skip_to(rest, character);
            let at = start + raw.len() - rest.len();
            offsets.extend(std::iter::repeat_n(at, character.len_utf8()));
            rest = rest.strip_prefix(character).unwrap_or_else(|| after_escape(rest));
        }
        offsets.push(start + raw.len() - rest.len());
        Self { value, offsets }
    }

    /// A part of it.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let value = self.value.get(range.clone()).unwrap_or("").to_owned();
        let offsets = self.offsets.get(range.start..=range.end).unwrap_or(&[]).to_vec();
        Self { value, offsets }
    }

    /// All of it, as a place in the file.
    pub(super) fn at(&self) -> Range<usize> {
        self.locate(&(0..self.value.trim_end().len()))
    }

    /// Text that stands in no file.
    #[cfg(test)]
    pub(super) fn bare(value: &str) -> Self {
        Self::align(value.to_owned(), value, 0)
    }

    /// Where a range of the text stands in the file.
    pub(super) fn locate(&self, range: &Range<usize>) -> Range<usize> {
        let of = |at: usize| self.offsets.get(at).or(self.offsets.last()).copied().unwrap_or(0);
        let last = of(range.end.saturating_sub(1).max(range.start));
        let end = if range.end > range.start { last + 1 } else { last };
        of(range.start)..end.max(of(range.start))
    }

    /// A problem at a range of the text.
    pub(super) fn problem(&self, range: &Range<usize>, message: impl Into<String>) -> Problem {
        Problem::new(self.locate(range), message)
    }
}

/// The rest of the file from the next such character on, over what decoding may have dropped.
fn skip_to(rest: &str, character: char) -> &str {
    let dropped = |other: char| other != character && (other.is_whitespace() || matches!(other, '\'' | '"'));
    let skipped = rest.trim_start_matches(dropped);
    match skipped.strip_prefix('\\') {
        Some(escaped) if escaped.starts_with(character) => escaped,
        Some(_) => skipped,
        None if skipped.starts_with(character) => skipped,
        None => rest,
    }
}

/// The rest after an escape of a double-quoted scalar, if it begins with one.
fn after_escape(rest: &str) -> &str {
    let Some(escape) = rest.strip_prefix('\\') else { return rest };
    let digits = match escape.chars().next() {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => 0,
    };
    let mut after = escape.chars();
    after.by_ref().take(1 + digits).for_each(drop);
    after.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_decoding() {
        for (raw, value, part, at) in [
            ("r.x == 1", "r.x == 1", "==", 4),
            ("a\n    && b\n", "a\n  && b\n", "b", 9),
            ("foo\n  bar", "foo bar", "bar", 6),
            ("'it''s {{ r.x }}'", "it's {{ r.x }}", "r.x", 10),
            ("\"a\\nb\"", "a\nb", "b", 4),
            ("\"\\u00e4 z\"", "ä z", "z", 8),
            ("größe zz", "größe zz", "zz", 8),
        ] {
            let text = Text::align(value.into(), raw, 100);
            let from = value.find(part).unwrap();
            assert_eq!(text.locate(&(from..from + part.len())), 100 + at..100 + at + part.len(), "{raw:?}");
        }
        assert_eq!(Text::bare("ab").locate(&(2..2)), 2..2);
        assert_eq!(Text::bare("").locate(&(0..5)), 0..1);
    }
}

//! Patterns of schemas and hosts: what they match, and which of two is the more specific. MySQL Reference Manual, "Specifying
//! Account Names" and "Access Control, Stage 2"; MariaDB Knowledge Base, "GRANT".

/// The longest names of hosts and schemas that MariaDB reckons with when it orders patterns.
const MARIADB_HOST: u64 = 255;
const MARIADB_SCHEMA: u64 = 64;

/// Whether `text` matches `pattern`, in which `%` stands for any bytes, `_` for one byte, and `\` takes the meaning from either.
pub fn like(text: &[u8], pattern: &[u8]) -> bool {
    // Position to go back to: after the last `%`, and how much of the text it stood for.
    let (mut text_at, mut pattern_at) = (0_usize, 0_usize);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(pattern_at..).unwrap_or_default();
        if rest.first() == Some(&b'%') {
            pattern_at = pattern_at.saturating_add(1);
            back = Some((text_at, pattern_at));
            continue;
        }
        let step = text.get(text_at).and_then(|byte| one(*byte, rest));
        match (step, text_at >= text.len(), rest.is_empty()) {
            (Some(length), ..) => {
                text_at = text_at.saturating_add(1);
                pattern_at = pattern_at.saturating_add(length);
            }
            (None, true, true) => return true,
            (None, ..) => match back {
                Some((from, after)) if from < text.len() => {
                    text_at = from.saturating_add(1);
                    pattern_at = after;
                    back = Some((text_at, after));
                }
                _ => return false,
            },
        }
    }
}

/// How many bytes of the pattern one byte of text takes, when it fits.
fn one(byte: u8, pattern: &[u8]) -> Option<usize> {
    match pattern {
        [b'_', ..] => Some(1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// The elements of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Byte(u8),
    One,
    Many,
}

fn elements(pattern: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    let mut bytes = pattern.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        found.push(match byte {
            b'%' => Element::Many,
            b'_' => Element::One,
            b'\\' => Element::Byte(bytes.next().unwrap_or(b'\\')),
            byte => Element::Byte(byte),
        });
    }
    found
}

/// Whether some text matches both patterns.
pub fn overlap(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (elements(one), elements(other));
    // `row[j]`: whether what is left of `one` and `other[j..]` have a text in common; from the ends to the beginnings.
    let mut row = vec![false; other.len().saturating_add(1)];
    for i in (0..=one.len()).rev() {
        let below = std::mem::replace(&mut row, vec![false; other.len().saturating_add(1)]);
        for j in (0..=other.len()).rev() {
            let right = j < other.len() && row.get(j.saturating_add(1)).copied().unwrap_or_default();
            let down = i < one.len() && below.get(j).copied().unwrap_or_default();
            let both = below.get(j.saturating_add(1)).copied().unwrap_or_default();
            let common = match (one.get(i), other.get(j)) {
                (None, None) => true,
                (Some(Element::Many), _) | (_, Some(Element::Many)) => right || down,
                (Some(Element::Byte(a)), Some(Element::Byte(b))) => a == b && both,
                (Some(_), Some(_)) => both,
                (None, Some(_)) | (Some(_), None) => false,
            };
            if let Some(cell) = row.get_mut(j) {
                *cell = common;
            }
        }
    }
    row.first().copied().unwrap_or_default()
}

/// Whether the name holds a character that MySQL takes for a wildcard, escaped or not.
pub fn has_wildcard(name: &str) -> bool {
    name.contains(['%', '_'])
}

/// How MySQL ranks a pattern, larger first: none of wildcards 128; else by where the first wildcard stands; nothing 0. From 5.7 on
/// `%` alone comes after every other pattern that begins with a wildcard.
pub fn mysql_rank(pattern: &str, lone_last: bool) -> u8 {
    let bytes = pattern.as_bytes();
    let mut at = 0_usize;
    let mut characters = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if at.saturating_add(1) < bytes.len() => at = at.saturating_add(1),
            b'%' if bytes.len() == 1 => return 1,
            b'%' | b'_' => {
                let place = at.saturating_add(if lone_last { 2 } else { 1 });
                return u8::try_from(place).unwrap_or(127).min(127);
            }
            _ => {}
        }
        characters = 128;
        at = at.saturating_add(1);
    }
    characters
}

/// Which of MariaDB's two kinds of names a pattern is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Host of an account.
    Host,
    /// Name of a schema.
    Schema,
}

/// How MariaDB (10.5 and later) ranks a pattern, smaller first: by the number of texts that match it. The fewer characters it
/// fixes, the more match; the longer what precedes its first wildcard, the later it comes among equals.
pub fn mariadb_rank(pattern: &str, kind: Kind) -> u64 {
    let longest = if kind == Kind::Host { MARIADB_HOST } else { MARIADB_SCHEMA };
    let (mut fixed, mut ones, mut manys, mut prefix) = (0_u64, 0_u64, 0_u64, None);
    let mut last = None;
    for element in elements(pattern.as_bytes()) {
        match element {
            Element::Byte(_) => fixed = fixed.saturating_add(1),
            Element::One => ones = ones.saturating_add(1),
            Element::Many if last != Some(Element::Many) => manys = manys.saturating_add(1),
            Element::Many => {}
        }
        if element == Element::One || element == Element::Many {
            prefix.get_or_insert(fixed);
        }
        last = Some(element);
    }
    let (ones, manys, prefix) = (ones.min(31), manys.min(31), prefix.unwrap_or(0));
    let free = if manys > 0 { longest.saturating_sub(fixed).saturating_sub(ones) } else { 0 };
    let place = longest.saturating_add(1);
    let small = place.min(32);
    let number = |digits: [(u64, u64); 3], first: u64| {
        digits.into_iter().fold(first, |sum, (base, digit)| sum.saturating_mul(base).saturating_add(digit))
    };
    if free > ones {
        number([(place, manys), (small, ones), (place, prefix)], free.saturating_mul(2).saturating_add(1))
    } else {
        number([(place, free), (small, manys), (place, prefix)], ones.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn matches_as_the_server_does() {
        for (text, pattern, expected) in [
            ("app_1", "app_1", true),
            ("appx1", "app_1", true),
            ("appx1", r"app\_1", false),
            ("app_1", r"app\_1", true),
            ("app", "app%", true),
            ("", "%", true),
            ("", "", true),
            ("a", "", false),
            ("ab", "a_%", true),
            ("a", "a_%", false),
            ("axbxc", "a%x_", true),
            ("100%", r"100\%", true),
            ("1000", r"100\%", false),
            (r"a\", r"a\", true),
            ("10.20.3.4", "10.20.%", true),
        ] {
            assert_eq!(like(text.as_bytes(), pattern.as_bytes()), expected, "{text} like {pattern}");
        }
    }

    #[test]
    fn knows_which_patterns_meet() {
        for (one, other, expected) in [
            ("10.%", "%.5", true),
            ("10.%", "11.%", false),
            ("%", "", true),
            ("a_", "ab", true),
            ("a_", "a", false),
            (r"a\_", "ab", false),
            (r"a\_", "a%_", true),
            ("10.0.0._", "10.0.0.17", false),
            ("", "", true),
        ] {
            assert_eq!(overlap(one.as_bytes(), other.as_bytes()), expected, "{one} {other}");
            assert_eq!(overlap(other.as_bytes(), one.as_bytes()), expected, "{other} {one}");
        }
    }

    #[test]
    fn ranks_patterns_as_mysql_does() {
        let sorted = ["127.0.0.1", "127.0.0._", "127.0.%", "127.%", "_%", "%"];
        assert!(sorted.windows(2).all(|pair| mysql_rank(pair[0], true) > mysql_rank(pair[1], true)));
        assert_eq!(mysql_rank("_%", false), mysql_rank("%", false));
        for (pattern, rank) in [(r"app\_1", 128), ("app_1", 5), ("%", 1), ("%%", 2), ("", 0), ("_", 2), ("%x", 2)] {
            assert_eq!(mysql_rank(pattern, true), rank, "{pattern}");
        }
        assert_eq!(mysql_rank(&format!("{}%", "x".repeat(300)), true), 127);
    }

    #[test]
    fn ranks_patterns_as_mariadb_does() {
        let sorted = ["app", "app_", "a__", "app%", "a%p", "a%", "%"];
        for pair in sorted.windows(2) {
            assert!(mariadb_rank(pair[0], Kind::Schema) <= mariadb_rank(pair[1], Kind::Schema), "{pair:?}");
        }
        assert!(mariadb_rank("app%", Kind::Schema) < mariadb_rank("%", Kind::Schema));
    }

    /// The textbook's own matcher.
    fn naive(text: &[u8], pattern: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'%', rest @ ..] => (0..=text.len()).any(|skip| naive(&text[skip..], rest)),
            [b'_', rest @ ..] => !text.is_empty() && naive(&text[1..], rest),
            [b'\\', literal, rest @ ..] | [literal, rest @ ..] => {
                text.first() == Some(literal) && naive(&text[1..], rest)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn agrees_with_the_textbook(text in "[ab_%\\\\]{0,7}", pattern in "[ab_%\\\\]{0,6}") {
            prop_assert_eq!(like(text.as_bytes(), pattern.as_bytes()), naive(text.as_bytes(), pattern.as_bytes()));
        }

        #[test]
        fn what_both_match_they_share(text in "[ab]{0,5}", one in "[ab_%]{0,5}", other in "[ab_%]{0,5}") {
            if like(text.as_bytes(), one.as_bytes()) && like(text.as_bytes(), other.as_bytes()) {
                prop_assert!(overlap(one.as_bytes(), other.as_bytes()));
            }
        }

        #[test]
        fn an_overlap_has_a_witness(one in "[a_%]{0,4}", other in "[a_%]{0,4}") {
            let witness = (0..=9).any(|length| {
                let text = vec![b'a'; length];
                like(&text, one.as_bytes()) && like(&text, other.as_bytes())
            });
            prop_assert_eq!(overlap(one.as_bytes(), other.as_bytes()), witness);
        }
    }
}

//! Lines that fit a terminal: wrapping, cutting and padding, all counted in characters.

/// Cuts a text to `width` characters, with an ellipsis when something is lost.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// Cuts and then fills up with spaces, so that columns line up.
pub fn column(text: &str, width: usize) -> String {
    format!("{:width$}", cut(text, width))
}

/// Breaks a text between words, and inside one that is wider than a line. What does not fit on `lines` lines is cut.
pub fn wrap(text: &str, width: usize, lines: usize) -> Vec<String> {
    let width = width.max(8);
    let mut wrapped = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if wrapped.len() > lines {
            break;
        }
        place(word, width, &mut wrapped);
    }
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            *last = format!("{}…", last.chars().take(width - 1).collect::<String>());
        }
    }
    wrapped
}

fn place(word: &str, width: usize, lines: &mut Vec<String>) {
    let (taken, length) = (lines.last().map_or(0, |line| line.chars().count()), word.chars().count());
    if length > width {
        return break_word(word, width, lines);
    }
    match lines.last_mut() {
        Some(line) if taken == 0 => line.push_str(word),
        Some(line) if taken + 1 + length <= width => {
            line.push(' ');
            line.push_str(word);
        }
        _ => lines.push(word.to_owned()),
    }
}

fn break_word(word: &str, width: usize, lines: &mut Vec<String>) {
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let characters: Vec<char> = word.chars().collect();
    lines.extend(characters.chunks(width).map(|part| part.iter().collect()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters() {
        for (text, width, cell) in [
            ("abc", 5, "abc  "),
            ("abcdef", 5, "abcd…"),
            ("äöü", 4, "äöü "),
            ("数据库账户", 4, "数据库…"),
            ("", 2, "  "),
        ] {
            assert_eq!(column(text, width), cell);
        }
    }

    #[test]
    fn text_is_wrapped_between_words_where_it_can() {
        for (text, lines, wrapped) in [
            ("", 3, &[""][..]),
            ("one two three four", 3, &["one two", "three four"]),
            ("a  b", 3, &["a b"]),
            ("x arn:aws:rds:eu-central-1 y", 5, &["x", "arn:aws:rd", "s:eu-centr", "al-1 y"]),
            ("one two three four five six", 2, &["one two", "three fou…"]),
        ] {
            assert_eq!(wrap(text, 10, lines), wrapped, "{text}");
        }
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "word ".repeat(40) + &"x".repeat(500);
        for width in 8..60 {
            assert!(wrap(&text, width, 100).iter().all(|line| line.chars().count() <= width));
        }
    }
}

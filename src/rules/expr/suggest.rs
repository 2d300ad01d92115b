//! "Did you mean …?"

/// Advice, when one of the candidates is close to a misspelt name.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    closest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The candidate with the fewest edits, unless it takes more than a third of the name to get there; else the shortest one
/// of which the name is a part.
fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = name.chars().count().max(3) / 3;
    let all: Vec<&str> = candidates.into_iter().collect();
    let edited = all.iter().map(|candidate| (distance(name, candidate), *candidate));
    let near = edited.filter(|(edits, _)| *edits <= limit).min().map(|(_, candidate)| candidate);
    let holds = |candidate: &&&str| name.len() >= 4 && candidate.contains(name);
    near.or_else(|| all.iter().filter(holds).min_by_key(|candidate| candidate.len()).copied())
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
    let to: Vec<char> = to.chars().collect();
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, letter) in from.chars().enumerate() {
        let mut new = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&old, column) + usize::from(letter != *other);
            let mut best = replace.min(at(&old, column + 1) + 1).min(at(&new, column) + 1);
            let before = column.checked_sub(1);
            if let Some(before) = before
                && previous == Some(*other)
                && to.get(before) == Some(&letter)
            {
                best = best.min(at(&older, before) + 1);
            }
            new.push(best);
        }
        older = std::mem::replace(&mut old, new);
        previous = Some(letter);
    }
    old.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest() {
        let fields = ["publicly_accessible", "port", "engine", "engine_version"];
        for (name, expected) in [
            ("publicly_acessible", Some("publicly_accessible")),
            ("prot", Some("port")),
            ("Engine", Some("engine")),
            ("enginge_version", Some("engine_version")),
            ("accessible", Some("publicly_accessible")),
            ("storage", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(closest(name, fields), expected, "{name}");
        }
    }
}

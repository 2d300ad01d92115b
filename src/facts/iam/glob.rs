//! Pattern matching of IAM: `*` is any run of characters, `?` is exactly one, everything else is itself.
//! IAM User Guide, "IAM JSON policy elements: Resource" and "Action".

/// Whether `pattern` covers `text`, both compared as they are. Time is at most the product of both lengths, whatever the
/// pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the latest `*` stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(expected) if *expected == '?' || expected == character => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

/// Whether an action pattern covers `action`, as in `rds-db:connect`. Services and names compare without regard to case; a
/// wildcard service is only taken when it is `*` alone.
pub fn action_matches(pattern: &str, action: &str) -> bool {
    if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') {
        return true;
    }
    let (Some((service, name)), Some((of_service, of_name))) = (pattern.split_once(':'), action.split_once(':')) else {
        return false;
    };
    (service == "*" || service.eq_ignore_ascii_case(of_service))
        && matches(&name.to_ascii_lowercase(), &of_name.to_ascii_lowercase())
}

/// Whether an action pattern covers every action of every service.
pub fn is_every_action(pattern: &str) -> bool {
    let all_stars = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    all_stars(pattern) || pattern.split_once(':').is_some_and(|(service, name)| service == "*" && all_stars(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn actions_match_as_iam_does() {
        for (pattern, action, expected) in [
            ("*", "rds-db:connect", true),
            ("**", "rds-db:connect", true),
            ("*:*", "rds-db:connect", true),
            ("rds-db:*", "rds-db:connect", true),
            ("RDS-DB:Connect", "rds-db:connect", true),
            ("rds-db:conn?ct", "rds-db:connect", true),
            ("rds:*", "rds-db:connect", false),
            ("rds*:connect", "rds-db:connect", false),
            ("rds-db", "rds-db:connect", false),
            ("", "rds-db:connect", false),
            ("rds-db:", "rds-db:connect", false),
            ("rds-db:c.nnect", "rds-db:connect", false),
        ] {
            assert_eq!(action_matches(pattern, action), expected, "{pattern}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        assert!(!matches(&"*a".repeat(500), &"b".repeat(5_000)));
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

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), slow(&p, &t));
        }
    }
}

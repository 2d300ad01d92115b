//! `Action` and `NotAction`: `service:name` with wildcards in the name, without regard to case.
//! IAM User Guide, "IAM JSON policy elements: Action".

use crate::facts::iam::glob::{Glob, is_stars};

/// An action that is asked for, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    text: Box<str>,
    colon: usize,
    start: Start,
}

impl Action {
    /// The action `text`, as in `rds:DeleteDBCluster`; nothing when it has no service.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase().into_boxed_str();
        let (service, _) = text.split_once(':')?;
        let (colon, start) = (service.len(), Start::of(service));
        Some(Self { text, colon, start })
    }

    /// `rds-db:connect`
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The service's namespace, as in `rds-db`.
    pub fn service(&self) -> &str {
        self.text.get(..self.colon).unwrap_or_default()
    }

    /// The operation, as in `connect`.
    pub fn name(&self) -> &str {
        self.text.get(self.colon + 1..).unwrap_or_default()
    }
}

/// The first bytes of a service's namespace, which tell nearly all services apart: most patterns that are asked about an action
/// are of another service, and are to be left behind by comparing one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Start(u64);

impl Start {
    fn of(service: &str) -> Self {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(service.bytes()).for_each(|(slot, byte)| *slot = byte);
        Self(u64::from_le_bytes(bytes))
    }
}

/// A pattern of actions as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPattern {
    /// As it was written.
    pub text: String,
    /// Byte offset in the document.
    pub at: usize,
    covers: Covers,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Covers {
    Everything,
    /// Of one service, or of every service.
    Names(Option<(Start, Box<str>)>, Glob),
    /// IAM accepts no such pattern.
    Nothing,
}

impl ActionPattern {
    /// Compiles a pattern.
    pub fn new(text: &str, at: usize) -> Self {
        Self { text: text.to_owned(), at, covers: Covers::new(&text.to_ascii_lowercase()) }
    }

    /// Whether it covers `action`.
    pub fn covers(&self, action: &Action) -> bool {
        match &self.covers {
            Covers::Everything => true,
            Covers::Names(service, name) => {
                let is_its =
                    |(start, service): &(Start, Box<str>)| *start == action.start && **service == *action.service();
                service.as_ref().is_none_or(is_its) && name.matches(action.name())
            }
            Covers::Nothing => false,
        }
    }

    /// Whether it covers every action of every service.
    pub fn covers_everything(&self) -> bool {
        match &self.covers {
            Covers::Everything => true,
            Covers::Names(service, name) => service.is_none() && name.is_everything(),
            Covers::Nothing => false,
        }
    }

    /// Whether IAM would not accept it: it has no service, no name, white space, or wildcards in the service.
    pub fn is_invalid(&self) -> bool {
        self.covers == Covers::Nothing
    }

    /// The one service it is about, in lower case.
    pub fn service(&self) -> Option<&str> {
        match &self.covers {
            Covers::Names(service, _) => service.as_ref().map(|(_, service)| &**service),
            _ => None,
        }
    }

    /// The pattern of names, in lower case.
    pub fn name(&self) -> Option<&Glob> {
        match &self.covers {
            Covers::Names(_, name) => Some(name),
            _ => None,
        }
    }
}

impl Covers {
    fn new(lower: &str) -> Self {
        if is_stars(lower) {
            return Self::Everything;
        }
        match lower.split_once(':') {
            Some((service, name)) if !name.is_empty() && !lower.contains(char::is_whitespace) => match service {
                "*" => Self::Names(None, Glob::new(name)),
                service if service.is_empty() || service.contains(['*', '?']) => Self::Nothing,
                service => Self::Names(Some((Start::of(service), service.into())), Glob::new(name)),
            },
            _ => Self::Nothing,
        }
    }
}

/// `Action`, or `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actions {
    /// Whether it is `NotAction`.
    pub negated: bool,
    /// What it lists.
    pub patterns: Vec<ActionPattern>,
}

impl Actions {
    /// Whether it covers `action`.
    pub fn covers(&self, action: &Action) -> bool {
        self.patterns.iter().any(|pattern| pattern.covers(action)) != self.negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_match_as_iam_does() {
        for (pattern, action, expected) in [
            ("*", "rds-db:connect", true),
            ("**", "rds-db:connect", true),
            ("*:*", "rds-db:connect", true),
            ("*:Delete*", "rds:DeleteDBCluster", true),
            ("rds-db:*", "rds-db:connect", true),
            ("RDS-DB:Connect", "rds-db:connect", true),
            ("rds-db:conn?ct", "rds-db:connect", true),
            ("rds:*", "rds-db:connect", false),
            ("rds*:connect", "rds-db:connect", false),
            ("application-signals:*", "application-autoscaling:connect", false),
            ("application-autoscaling:*", "application-autoscaling:connect", true),
            ("rds-db", "rds-db:connect", false),
            ("rds*", "rds-db:connect", false),
            ("", "rds-db:connect", false),
            ("rds-db:", "rds-db:connect", false),
            (":connect", "rds-db:connect", false),
            ("rds-db: *", "rds-db:connect", false),
            ("rds-db:c.nnect", "rds-db:connect", false),
        ] {
            assert_eq!(ActionPattern::new(pattern, 0).covers(&Action::new(action).unwrap()), expected, "{pattern}");
        }
        assert_eq!(Action::new("connect"), None);
    }

    #[test]
    fn not_action_covers_the_rest() {
        let patterns = vec![ActionPattern::new("iam:*", 0), ActionPattern::new("rds:Delete*", 0)];
        let actions = Actions { negated: true, patterns };
        for (action, expected) in [("rds:DeleteDBCluster", false), ("iam:PassRole", false), ("rds:StopDBCluster", true)]
        {
            assert_eq!(actions.covers(&Action::new(action).unwrap()), expected, "{action}");
        }
    }

    #[test]
    fn knows_what_is_everything_and_what_is_nothing() {
        for (pattern, everything, invalid) in [
            ("*", true, false),
            ("*:*", true, false),
            ("rds:*", false, false),
            ("rds", false, true),
            ("r?s:*", false, true),
        ] {
            let pattern = ActionPattern::new(pattern, 0);
            assert_eq!((pattern.covers_everything(), pattern.is_invalid()), (everything, invalid), "{}", pattern.text);
        }
    }
}

//! Dotted version numbers, compared part by part.

use std::fmt;
use std::str::FromStr;

/// A version of one or more numeric parts: `3.08.2` equals `3.8.2`, and `3.4` equals `3.4.0`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Vec<u32>);

impl Version {
    /// A part, counted from 0; parts that are not written are 0.
    pub fn part(&self, index: usize) -> u32 {
        self.0.get(index).copied().unwrap_or(0)
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.').map(part).collect::<Result<Vec<_>, ()>>()?;
        while parts.len() > 1 && parts.last() == Some(&0) {
            parts.pop();
        }
        Ok(Self(parts))
    }
}

/// One part; `u32::from_str` would take a leading `+`.
fn part(digits: &str) -> Result<u32, ()> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().map_err(drop) } else { Err(()) }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::*;

    #[test]
    fn compares_by_number() {
        for (left, order, right) in
            [("3.08.2", Equal, "3.8.2"), ("3.4", Equal, "3.4.0"), ("3.10.0", Greater, "3.9"), ("2.11", Less, "2.11.1")]
        {
            assert_eq!(left.parse::<Version>().unwrap().cmp(&right.parse().unwrap()), order, "{left} {right}");
        }
    }

    #[test]
    fn refuses_what_is_no_version() {
        for text in ["", ".", "3.", "latest", "3.x", "+3.1", "3.99999999999", "-1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}

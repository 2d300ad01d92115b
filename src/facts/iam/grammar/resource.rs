//! `Resource` and `NotResource`: one glob over the whole ARN, case-sensitive, in which `*` passes `:` and `/`. AWS's own
//! policies rely on that (`arn:aws:logs:*:*:*:/aws-glue/*`). IAM User Guide, "IAM JSON policy elements: Resource".

use std::cmp::Ordering;
use std::sync::Arc;

use super::fault::Fault;
use super::template::{Resolved, Template};
use crate::facts::iam::arn::{Arn, resource_offset};
use crate::facts::iam::glob::{Glob, Token, is_stars};

/// A pattern of resources as it was written.
#[derive(Debug, Clone)]
pub struct ResourcePattern {
    /// As it was written.
    pub text: String,
    /// Byte offset in the document.
    pub at: usize,
    /// Compiled, when it has no variable.
    pub fixed: Option<Glob>,
    /// With its variables.
    pub template: Template,
    /// Whether it is an ARN of fewer than six parts that was filled up.
    pub short: bool,
}

impl PartialEq for ResourcePattern {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ResourcePattern {}

impl PartialOrd for ResourcePattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourcePattern {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.text, &self.template).cmp(&(&other.text, &other.template))
    }
}

impl ResourcePattern {
    /// Compiles a pattern. An ARN of fewer than six parts is filled up with `*`, as IAM does when it reads one.
    ///
    /// # Errors
    /// When it is neither an ARN nor `*`, or a variable in it is not well formed.
    pub fn new(text: &str, variables: bool, at: usize) -> Result<Self, Fault> {
        if !is_stars(text) && !text.starts_with("arn:") {
            return Err(Fault::Resource(text.into()));
        }
        let missing = if is_stars(text) { 0 } else { 5_usize.saturating_sub(text.matches(':').count()) };
        let whole = format!("{text}{}", ":*".repeat(missing));
        let from = if variables { resource_offset(&whole) } else { None };
        let template = Template::new(&whole, from, true)?;
        Ok(Self {
            text: text.to_owned(),
            at,
            fixed: template.fixed().map(Glob::of_tokens),
            template,
            short: missing > 0,
        })
    }

    /// Whether it is nothing but stars: the only pattern that covers an action without a resource.
    pub fn is_everything(&self) -> bool {
        is_stars(&self.text)
    }

    /// The pattern for one request; `value` as in [`Template::resolve`].
    pub fn resolve<'c>(&self, value: impl Fn(&str) -> Option<Option<&'c str>>) -> Resolved {
        self.template.resolve(value)
    }
}

/// Whether a pattern covers an ARN part by part, where no `*` passes one of the first five colons.
pub fn covers_by_parts(pattern: &Glob, arn: &str) -> bool {
    let parts: Vec<_> = pattern.tokens().splitn(6, |token| *token == Token::Char(':')).collect();
    let Some(found) = Arn::parse(arn) else { return pattern.matches(arn) };
    let fits = |(part, text): (&&[Token], &str)| Glob::of_tokens(part.to_vec()).matches(text);
    pattern.is_everything() || parts.len() == 6 && parts.iter().skip(1).zip(found.parts()).all(fits)
}

/// `Resource`, or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// What it lists.
    pub patterns: Vec<Arc<ResourcePattern>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "arn:aws:rds:us-east-1:123456789012:cluster:prod-a";

    #[test]
    fn one_glob_over_the_whole_arn() {
        for (pattern, whole, by_parts) in [
            ("*", true, true),
            ("arn:*", true, true),
            ("arn:aws:rds", true, true),
            ("arn:aws:rds:*", true, true),
            ("arn:aws:rds:us-east-1:123456789012:cluster*", true, true),
            ("arn:aws:rds:*:*:cluster:prod-?", true, true),
            ("arn:aws:rds:*:*:*:prod-*", true, true),
            ("arn:aws:rds:*:cluster:prod-*", true, false),
            ("arn:aws:rds:*:*:cluster:PROD-A", false, false),
            ("arn:aws:rds:*:*:db:prod-a", false, false),
            ("arn:aws-cn:rds:*:*:cluster:*", false, false),
        ] {
            let glob = ResourcePattern::new(pattern, true, 0).unwrap().fixed.unwrap();
            assert_eq!((glob.matches(CLUSTER), covers_by_parts(&glob, CLUSTER)), (whole, by_parts), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_arn_is_a_fault() {
        for (pattern, ok) in
            [("prod-a", false), ("", false), ("?", false), ("*:rds", false), ("arn", false), ("**", true)]
        {
            assert_eq!(ResourcePattern::new(pattern, true, 0).is_ok(), ok, "{pattern}");
        }
    }

    #[test]
    fn variables_begin_after_the_fifth_colon() {
        for (pattern, variables, has_one) in [
            ("arn:aws:rds:r:1:cluster:${aws:PrincipalTag/app}", true, true),
            ("arn:aws:rds:r:1:cluster:${aws:PrincipalTag/app}", false, false),
            ("arn:aws:rds:r:1:cluster:x", true, false),
        ] {
            assert_eq!(ResourcePattern::new(pattern, variables, 0).unwrap().fixed.is_none(), has_one, "{pattern}");
        }
    }
}

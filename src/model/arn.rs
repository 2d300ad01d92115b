//! Amazon Resource Names.

use std::fmt;
use std::str::FromStr;

/// `arn:partition:service:region:account:resource`. AWS General Reference, "Amazon Resource Names (ARNs)".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(Box<str>);

impl Arn {
    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or("")
    }

    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// As in `rds`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// As in `eu-central-1`; empty for global services.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// Twelve digits; empty where names are unique without.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The rest, as in `cluster:orders` or `role/admin`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Arn {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let whole = match parts.as_slice() {
            ["arn", partition, service, region, account, resource] => {
                partition.starts_with("aws")
                    && word(partition)
                    && !service.is_empty()
                    && word(service)
                    && word(region)
                    && (account.is_empty() || *account == "aws" || is_account(account))
                    && !resource.is_empty()
            }
            _ => false,
        };
        if whole { Ok(Self(text.into())) } else { Err(()) }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parts() {
        for (text, parts) in [
            (
                "arn:aws:rds:eu-central-1:123456789012:cluster:orders",
                "aws rds eu-central-1 123456789012 cluster:orders",
            ),
            ("arn:aws-us-gov:iam::aws:policy/A", "aws-us-gov iam  aws policy/A"),
            ("arn:aws:s3:::bucket/a:b", "aws s3   bucket/a:b"),
        ] {
            let arn: Arn = text.parse().unwrap();
            let shown = [arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()].join(" ");
            assert_eq!(shown, parts, "{text}");
            assert_eq!(arn.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_arn() {
        for text in [
            "",
            "arn",
            "arn:aws:rds:eu-central-1:123456789012",
            "arn:aws:rds:eu-central-1:123456789012:",
            "arn:aws:rds:eu-central-1:12345:cluster:x",
            "arn:gcp:rds:eu-central-1:123456789012:cluster:x",
            "arn:aws::eu-central-1:123456789012:cluster:x",
            "arn:aws:RDS:eu-central-1:123456789012:cluster:x",
            "ARN:aws:rds:eu-central-1:123456789012:cluster:x",
            "arn:aws:rds:*:*:cluster:x",
        ] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}

//! Amazon Resource Names: six parts between the first five colons. IAM User Guide, "Amazon Resource Names (ARNs)".

/// The partitions: the commercial one, that of China, and that of the government of the USA.
pub const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

/// An ARN in its parts, of a pattern or of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The service's namespace, as in `rds-db`.
    pub service: &'a str,
    /// The region; empty for a global resource.
    pub region: &'a str,
    /// The account; empty where the resource has none.
    pub account: &'a str,
    /// The rest, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of `text`, or nothing when it has fewer than six or does not begin with `arn`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// The parts, in order.
    pub const fn parts(&self) -> [&'a str; 5] {
        [self.partition, self.service, self.region, self.account, self.resource]
    }
}

/// The byte offset after the fifth colon: policy variables are taken from there on.
pub fn resource_offset(text: &str) -> Option<usize> {
    text.match_indices(':').nth(4).map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_six_parts() {
        for (text, parts) in [
            ("arn:aws:rds:us-east-1:1:cluster:a", Some(["aws", "rds", "us-east-1", "1", "cluster:a"])),
            ("arn:aws:rds::1:global-cluster:g", Some(["aws", "rds", "", "1", "global-cluster:g"])),
            ("arn:aws:s3:::bucket", Some(["aws", "s3", "", "", "bucket"])),
            ("arn:aws:rds:*", None),
            ("*", None),
            ("urn:aws:rds:r:1:x", None),
        ] {
            assert_eq!(Arn::parse(text).map(|arn| arn.parts()), parts, "{text}");
        }
        assert_eq!(resource_offset("arn:aws:rds:r:1:x"), Some(16));
        assert_eq!(resource_offset("arn:aws:rds"), None);
    }
}

//! `scan --plan`: what would be asked of AWS, without asking it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use crate::collect::aws::{Accounts, AwsRequest};
use crate::model::Untrusted;
use crate::model::actions::{ASSUME_ROLE, CALLS, Call, Each, LIST_ACCOUNTS};

/// Prints the plan; `logins` are the calls by which databases are opened.
pub fn print(request: &AwsRequest, logins: &[&str]) -> Result<Exit, CliError> {
    say(&text(request, logins))
}

fn text(request: &AwsRequest, logins: &[&str]) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // A string takes whatever is written to it.
        _ = writeln!(text, "{name:<10}{value}");
    };
    line("accounts", accounts(request));
    line("regions", regions(request));
    line("pace", pace(request));
    let mut groups: BTreeMap<(u8, String), Vec<&Call>> = BTreeMap::new();
    for call in CALLS.iter().filter(|call| wanted(request, call.action)) {
        groups.entry(often(call.each)).or_default().push(call);
    }
    for ((_, often), calls) in groups {
        _ = write!(text, "\n{often}\n");
        for call in calls {
            _ = writeln!(text, "  {:<52}{}", call.action, call.why);
        }
    }
    if !logins.is_empty() {
        text.push_str("\nfor the logins to databases\n");
        for action in logins {
            _ = writeln!(text, "  {action}");
        }
    }
    text
}

fn wanted(request: &AwsRequest, action: &str) -> bool {
    request.wanted.as_ref().is_none_or(|wanted| wanted.contains(action))
}

fn accounts(request: &AwsRequest) -> String {
    let who = match &request.accounts {
        Accounts::Own => "that of the credentials".to_owned(),
        Accounts::Named(named) => Untrusted::new(named.join(", ")).to_string(),
        Accounts::Organization => format!("the active ones of the organization ({LIST_ACCOUNTS})"),
    };
    let roles: Vec<_> = request.roles.iter().map(|role| Untrusted::from(role.as_str()).to_string()).collect();
    if roles.is_empty() { who } else { format!("{who}, as {} ({ASSUME_ROLE})", roles.join(", then ")) }
}

fn regions(request: &AwsRequest) -> String {
    if request.regions.is_empty() {
        "the enabled ones that have Aurora clusters or snapshots".to_owned()
    } else {
        Untrusted::new(request.regions.join(", ")).to_string()
    }
}

fn pace(request: &AwsRequest) -> String {
    let rate = match request.manners.rate {
        0 => "as fast as it goes".to_owned(),
        rate => format!("{rate} calls a second"),
    };
    format!("{rate}, {} at once, to each service in an account and region", request.manners.concurrency)
}

fn often(each: Each) -> (u8, String) {
    match each {
        Each::Account => (0, "once an account".to_owned()),
        Each::GlobalOne(what) => (1, format!("once for each {what}")),
        Each::Region => (2, "once a region".to_owned()),
        Each::One(what) => (3, format!("once for each {what}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::collect::aws::Manners;

    #[test]
    fn a_plan_names_every_call_that_is_wanted() {
        let whole = text(&AwsRequest::default(), &[]);
        assert!(CALLS.iter().all(|call| whole.contains(call.action)), "{whole}");
        assert!(whole.contains("10 calls a second, 8 at once") && !whole.contains("for the logins"), "{whole}");
        let part = AwsRequest {
            regions: vec!["eu-west-1".to_owned(), "us-\u{1b}east-1".to_owned()],
            accounts: Accounts::Named(vec!["123456789012".to_owned()]),
            roles: vec!["arn:aws:iam::{account}:role/audit".to_owned()],
            manners: Manners { rate: 0, ..Manners::default() },
            wanted: Some(BTreeSet::from(["rds:DescribeDBClusters"])),
            ..AwsRequest::default()
        };
        let text = text(&part, &["secretsmanager:GetSecretValue"]);
        assert!(text.ends_with("for the logins to databases\n  secretsmanager:GetSecretValue\n"), "{text}");
        assert!(text.contains("rds:DescribeDBClusters ") && !text.contains("ec2:"), "{text}");
        assert!(
            text.contains("eu-west-1") && !text.contains('\u{1b}') && text.contains("as fast as it goes"),
            "{text}"
        );
    }
}

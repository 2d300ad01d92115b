//! The configuration file that `init` writes: it works as it stands, and says of everything else what it does.

use std::fmt::Write as _;

use super::setting::{SECTIONS, SETTINGS, Setting};

const HEAD: &str = "\
# Configuration of aurora-audit. What is behind a `#` is off; without the `#` it holds.
# A flag goes before its environment variable, that before this file: `aurora-audit config show --origin` tells what holds and
# why. Relative paths begin at the folder of this file. `aurora-audit generate schema config` is its JSON Schema.
";

const TAIL: &str = r#"
# Logins for some clusters: the first that fits serves a cluster, and what stands under [targets] serves the others. Each has
# clusters or a tag, and one of password-env, password-file, secret and iam; a password itself never stands here.
#
# [[credentials]]
# clusters = ["shop-*"]
# login = "aurora_audit"
# password-env = "SHOP_DB_PASSWORD"
#
# [[credentials]]
# tag = "team=billing"
# secret = "master"

# Parameters for every rule that has one of the name: database users that may administer, users and roles of AWS that may, and the
# tag that marks the clusters which must have copies, a second zone and a key of the account (without it: all clusters).
#
# [parameters]
# administrators = ["dba"]
# allowed_principals = ["arn:aws:iam::123456789012:role/dba"]
# tag_key = "environment"
# tag_value = "production"

# What is changed of a rule: `aurora-audit rules list` names them, `aurora-audit explain RULE` tells its parameters. Retention:
#
# [rule.res-backup-retention]
# severity = "high"
# params = { min_days = 30 }
# reason = "our retention policy asks for a month"
#
# [rule.log-retention-encrypted]
# params = { min_days = 730 }
#
# Who else may have what is shared, how wide an admitted range may be, and which clusters need hardware of their own:
#
# [rule.data-snapshot-sharing-allowlisted]
# params = { accounts = ["210987654321"] }
#
# [rule.net-sg-no-broad-cidr]
# params = { min_prefix_ipv4 = 20, min_prefix_ipv6 = 56 }
#
# [rule.net-tenancy-required]
# params = { dedicated_tag_key = "contract", dedicated_tag_value = "regulated" }
#
# A rule that is not for us:
#
# [rule.net-non-default-port]
# enabled = false
# reason = "we do not hide ports"

# A profile goes before all of the above when --config-profile names it.
#
# [profile.nightly.gate]
# fail-on = "medium"
"#;

/// Settings that the file sets, with values that do no harm anywhere.
const SET: [(&str, &str); 2] = [("gate", "fail-on"), ("report", "output")];

/// The text of the file.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    for (section, about) in SECTIONS {
        // A string takes all that is written to it.
        let _ = write!(text, "\n# {about}.\n[{section}]\n");
        for setting in SETTINGS.iter().filter(|setting| setting.section == section) {
            text.push_str(&lines(setting));
        }
    }
    text + TAIL
}

fn lines(setting: &Setting) -> String {
    let Setting { section, key, example, about, .. } = setting;
    let off = if SET.contains(&(section, key)) { "" } else { "# " };
    format!("# {about}.\n{off}{key} = {example}\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::file::parse;

    fn read(text: &str) -> crate::config::ConfigFile {
        parse(Path::new("/x/aurora-audit.toml"), text, None).unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[test]
    fn the_file_works_as_it_stands() {
        let file = read(&template());
        let set: Vec<_> = file.given.iter().map(|given| (given.setting.section, given.setting.key)).collect();
        assert_eq!(set, SET);
        assert!(file.adjustments.is_empty());
    }

    /// Every line that is off works when it is on, but for those that would contradict each other.
    #[test]
    fn every_line_can_be_turned_on() {
        let known = |line: &str| SETTINGS.iter().any(|it| line.starts_with(&format!("# {} = ", it.key)));
        let on = |line: &str| if known(line) { line.trim_start_matches("# ").to_owned() } else { line.to_owned() };
        let text = template();
        let text = text.strip_suffix(TAIL).unwrap();
        for contradicting in [
            ["endpoint", "password-file", "secret"],
            ["endpoint", "iam", "secret"],
            ["endpoint", "password-file", "iam"],
        ] {
            let keeps = |line: &&str| !contradicting.iter().any(|key| line.starts_with(&format!("# {key} = ")));
            let all: String = text.lines().filter(keeps).map(|line| on(line) + "\n").collect();
            assert_eq!(read(&all).given.len(), SETTINGS.len() - 3);
        }
        let tail: String = TAIL
            .lines()
            .map(|line| match line.trim_start_matches("# ") {
                on if on.starts_with('[') || on.contains(" = ") => format!("{on}\n"),
                _ => String::new(),
            })
            .collect();
        let tail = read(&tail);
        assert_eq!((tail.adjustments.len(), tail.parameters.len(), tail.credentials.len()), (6, 4, 2));
    }
}

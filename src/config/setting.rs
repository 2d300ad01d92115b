//! Everything that can be set in a configuration file, in one table: the reader, the JSON Schema, the file that `init` writes and
//! `config show` are made from it. Each setting is the default of one flag, by whose name it goes.

use crate::check::MAX_DAYS;

/// Something that can be set.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Table of the file.
    pub section: &'static str,
    /// Key in that table: the flag without its hyphens, unless that would say the section again.
    pub key: &'static str,
    /// Identifier of the argument that it is the default of.
    pub arg: &'static str,
    /// The flag, without hyphens.
    pub flag: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it means: a sentence without its full stop.
    pub about: &'static str,
    /// A value, as TOML.
    pub example: &'static str,
    /// Arguments that mean something else: when one of them is given, this setting is as if it were not there.
    pub gives_way_to: &'static [&'static str],
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// Several texts.
    Texts,
    /// A path; relative ones begin at the folder of the file.
    Path,
    /// Several paths.
    Paths,
    /// Several of `FORMAT=PATH`.
    Outputs,
    /// `true` or `false`.
    Bool,
    /// A whole number, both ends included.
    Number(u32, u32),
}

/// What each table is about.
pub const SECTIONS: [(&str, &str); 7] = [
    ("targets", "What is collected, and how it is reached"),
    ("snapshot", "Where `scan` keeps what it collected"),
    ("gate", "When a run fails"),
    ("waivers", "Findings that are accepted"),
    ("report", "What is written"),
    ("network", "What counts as inside"),
    ("rules", "Where rules come from"),
];

const fn setting(
    section: &'static str,
    key: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
) -> Setting {
    Setting { section, key, arg: "", flag: key, kind, about, example, gives_way_to: &[] }
}

impl Setting {
    const fn of(self, arg: &'static str) -> Self {
        Self { arg, ..self }
    }

    const fn flag(self, flag: &'static str) -> Self {
        Self { flag, ..self }
    }

    const fn gives_way_to(self, gives_way_to: &'static [&'static str]) -> Self {
        Self { gives_way_to, ..self }
    }

    /// As in `gate.fail-on`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// The environment variable that goes before it.
    pub fn variable(&self) -> String {
        variable(self.flag)
    }
}

/// The environment variable of a flag.
pub fn variable(flag: &str) -> String {
    format!("AURORA_AUDIT_{}", flag.replace('-', "_").to_ascii_uppercase())
}

/// All of them, in the order in which people read them.
pub static SETTINGS: [Setting; 32] = [
    setting("targets", "region", Kind::Texts, r#"["eu-west-1"]"#, "AWS regions")
        .of("regions")
        .gives_way_to(&["endpoints"]),
    setting("targets", "profile", Kind::Text, r#""audit""#, "Profile of the AWS configuration")
        .of("profile")
        .gives_way_to(&["endpoints"]),
    setting(
        "targets",
        "endpoint",
        Kind::Texts,
        r#"["mysql://db.example.com:3306"]"#,
        "Servers to read alone, without AWS",
    )
    .of("endpoints")
    .gives_way_to(&["regions", "profile"]),
    setting("targets", "login", Kind::Text, r#""aurora_audit""#, "Database account to log in with").of("login"),
    setting("targets", "iam", Kind::Bool, "true", "Log in by tokens of IAM instead of a password")
        .of("iam")
        .gives_way_to(&["password_file", "secret"]),
    setting(
        "targets",
        "password-file",
        Kind::Path,
        r#""/run/secrets/aurora-audit""#,
        "File whose first line is the password",
    )
    .of("password_file")
    .gives_way_to(&["iam", "secret"]),
    setting(
        "targets",
        "secret",
        Kind::Text,
        r#""master""#,
        "Secret of Secrets Manager to log in with, by its ARN or name, or master for the one that RDS keeps for each cluster",
    )
    .of("secret")
    .gives_way_to(&["iam", "password_file"]),
    setting("targets", "data-api", Kind::Bool, "true", "Read databases by the RDS Data API, with a secret").of("data_api"),
    setting("targets", "probe", Kind::Word(&["light", "deep"]), r#""light""#, "How deep to probe endpoints")
        .of("probe"),
    setting(
        "targets",
        "max-connections",
        Kind::Number(1, 65_535),
        "60",
        "The most connections of a deep probe to an endpoint",
    )
    .of("max_connections"),
    setting(
        "targets",
        "ca-bundle",
        Kind::Path,
        r#""company-roots.pem""#,
        "Authorities to trust in place of the built-in bundle",
    )
    .of("ca_bundle"),
    setting(
        "targets",
        "connect-to",
        Kind::Texts,
        r#"["db.example.com:3306:127.0.0.1:13306"]"#,
        "Tunnels, each as HOST:PORT:ADDR:PORT",
    )
    .of("connect_to"),
    setting(
        "snapshot",
        "folder",
        Kind::Path,
        r#""snapshots""#,
        "Folder that each scan leaves a snapshot in, named by account, region and time",
    )
    .of("snapshot_folder")
    .flag("snapshot-folder"),
    setting("snapshot", "keep", Kind::Number(1, 100_000), "30", "Snapshots to keep there of each account and region")
        .of("keep"),
    setting(
        "gate",
        "fail-on",
        Kind::Word(&["critical", "high", "medium", "low", "never"]),
        r#""high""#,
        "Lowest severity whose findings fail the gate",
    )
    .of("fail_on"),
    setting("gate", "baseline", Kind::Path, r#""baseline.json""#, "Assessment of an earlier run to compare with")
        .of("baseline"),
    setting("gate", "fail-on-new", Kind::Bool, "true", "Count only findings that the baseline does not have")
        .of("fail_on_new"),
    setting("gate", "min-coverage", Kind::Number(0, 100), "95", "Percent of the verdicts that must have come about")
        .of("min_coverage"),
    setting("gate", "allow-incomplete", Kind::Bool, "true", "Tolerate what could not be read").of("allow_incomplete"),
    setting("gate", "exit-zero", Kind::Bool, "true", "End with 0 where the gate would end with 1 or 3").of("exit_zero"),
    setting("waivers", "file", Kind::Path, r#""aurora-waivers.yaml""#, "The file of waivers")
        .of("waivers")
        .flag("waivers"),
    setting("waivers", "max-days", Kind::Number(1, 3_650), "365", "Days that a waiver may last")
        .of("waiver_max_days")
        .flag("waiver-max-days"),
    setting(
        "report",
        "output",
        Kind::Outputs,
        r#"["html=aurora-audit.html", "json=aurora-audit.json"]"#,
        "Reports to write, each as FORMAT=PATH",
    )
    .of("outputs"),
    setting("report", "sarif-profile", Kind::Word(&["github", "full"]), r#""github""#, "Whom SARIF is for")
        .of("sarif_profile"),
    setting(
        "report",
        "sarif-location",
        Kind::Texts,
        r#"["shop-prod=infra/shop.tf:12"]"#,
        "Where code scanning shows the findings of a resource, each as RESOURCE=PATH:LINE",
    )
    .of("sarif_locations"),
    setting(
        "report",
        "html-detail",
        Kind::Word(&["executive", "control", "full"]),
        r#""full""#,
        "How much the page shows",
    )
    .of("html_detail"),
    setting("report", "html-templates", Kind::Path, r#""page""#, "Folder of templates in place of the built-in ones")
        .of("html_templates"),
    setting(
        "report",
        "summary",
        Kind::Path,
        r#""aurora-audit-summary.json""#,
        "File for how the run ended, for those who watch it",
    )
    .of("summary"),
    setting(
        "network",
        "corporate-cidr",
        Kind::Texts,
        r#"["198.51.100.0/24"]"#,
        "The company's own public ranges, which are not the internet",
    )
    .of("corporate_cidrs"),
    setting("rules", "folders", Kind::Paths, r#"["aurora-rules"]"#, "Folders of rules to use beside the built-in ones")
        .of("rules")
        .flag("rules"),
    setting(
        "rules",
        "profile",
        Kind::Text,
        r#""strict""#,
        "Which rules run: default, strict, all, or the name of a framework",
    )
    .of("profile_rules")
    .flag("profile-rules"),
    setting(
        "rules",
        "scps-unknown",
        Kind::Bool,
        "true",
        "Leave open what only an unread service control policy could deny",
    )
    .of("scps_unknown"),
];

const _: () = assert!(MAX_DAYS == 365, "the example of waivers.max-days is the default");

/// The setting of a section and key.
pub fn find(section: &str, key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.section == section && setting.key == key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_path_and_no_argument_stands_twice() {
        let paths: BTreeSet<_> = SETTINGS.iter().map(Setting::path).collect();
        let args: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.arg).collect();
        assert_eq!((paths.len(), args.len()), (SETTINGS.len(), SETTINGS.len()));
        assert!(
            SETTINGS.iter().all(|it| SECTIONS.iter().any(|(section, _)| *section == it.section) && !it.arg.is_empty())
        );
    }

    #[test]
    fn variables_are_spelt_like_flags() {
        assert_eq!(find("gate", "fail-on").unwrap().variable(), "AURORA_AUDIT_FAIL_ON");
        assert_eq!(find("waivers", "file").unwrap().variable(), "AURORA_AUDIT_WAIVERS");
    }
}

//! Where in a repository a finding is shown: code scanning wants a file and a line, and a cluster has neither. Users say which
//! file stands for which resource; the configuration stands for all others.

use std::str::FromStr;

use crate::check::SubjectEntry;

/// The user's configuration: the one file of this program that is checked in beside the code.
const CONFIGURATION: &str = "aurora-audit.toml";

/// A file and a line that stand for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// ARN, `host:port` or short name; a `*` at the end takes all that begin so.
    pub resource: String,
    /// Path relative to the root of the repository.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
}

/// An anchor that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAnchor {
    /// A part is missing.
    #[error("not RESOURCE=PATH:LINE, as in shop-prod=infra/shop.tf:12")]
    Form,
    /// Code scanning knows the files of the repository only.
    #[error("the path must be relative to the root of the repository, and lie below it")]
    Outside,
}

impl FromStr for Anchor {
    type Err = BadAnchor;

    fn from_str(text: &str) -> Result<Self, BadAnchor> {
        let (resource, place) = text.rsplit_once('=').ok_or(BadAnchor::Form)?;
        let (path, line) = place.rsplit_once(':').ok_or(BadAnchor::Form)?;
        let line = line.parse().ok().filter(|line| *line > 0).ok_or(BadAnchor::Form)?;
        if resource.is_empty() || path.is_empty() {
            return Err(BadAnchor::Form);
        }
        if path.starts_with(['/', '\\']) || path.contains(':') || path.split(['/', '\\']).any(|part| part == "..") {
            return Err(BadAnchor::Outside);
        }
        Ok(Self { resource: resource.to_owned(), path: path.to_owned(), line })
    }
}

impl Anchor {
    /// How closely it fits: none, or more for the closer fit.
    fn fits(&self, subject: &SubjectEntry) -> Option<usize> {
        let (id, name) = (subject.id.raw(), subject.name.raw());
        if self.resource == id || self.resource == name {
            return Some(usize::MAX);
        }
        if let Some(start) = self.resource.strip_suffix('*') {
            return (id.starts_with(start) || name.starts_with(start)).then_some(start.len());
        }
        // What is inside a resource: the account of a database below its cluster.
        id.strip_prefix(&self.resource).is_some_and(|rest| rest.starts_with('/')).then_some(self.resource.len())
    }
}

/// A target as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetAnchor {
    /// An AWS region.
    Region(String),
    /// `host:port` of a server.
    Endpoint(String),
}

impl TargetAnchor {
    fn fits(&self, subject: &SubjectEntry) -> bool {
        match self {
            Self::Region(region) => subject.region == *region,
            Self::Endpoint(server) => {
                let names = [subject.id.raw(), subject.name.raw()];
                let of_server = |rest: &str| rest.is_empty() || rest.starts_with('/');
                names.into_iter().any(|name| name.strip_prefix(&**server).is_some_and(of_server))
            }
        }
    }
}

/// All that is known of where things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchors {
    /// What the user said.
    pub given: Vec<Anchor>,
    /// The lines of the configuration that name targets, the closer ones first.
    pub targets: Vec<(TargetAnchor, u32)>,
    /// The configuration file, relative to the root of the repository.
    pub configuration: String,
}

impl Default for Anchors {
    fn default() -> Self {
        Self { given: Vec::new(), targets: Vec::new(), configuration: CONFIGURATION.to_owned() }
    }
}

impl Anchors {
    /// The file and line that stand for a subject. Of anchors that fit as closely the first one counts.
    pub fn of(&self, subject: &SubjectEntry) -> (&str, u32) {
        let mut best: Option<(usize, &Anchor)> = None;
        for anchor in &self.given {
            if let Some(fit) = anchor.fits(subject)
                && best.is_none_or(|(found, _)| fit > found)
            {
                best = Some((fit, anchor));
            }
        }
        let in_configuration = || {
            let target = self.targets.iter().find(|(target, _)| target.fits(subject));
            (self.configuration.as_str(), target.map_or(1, |(_, line)| *line))
        };
        best.map_or_else(in_configuration, |(_, anchor)| (anchor.path.as_str(), anchor.line))
    }

    /// What stands for the run as a whole.
    pub fn of_run(&self) -> (&str, u32) {
        (self.configuration.as_str(), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(text: &str) -> Anchor {
        text.parse().unwrap()
    }

    #[test]
    fn anchors_are_read() {
        let made = |resource: &str, path: &str, line| Anchor { resource: resource.into(), path: path.into(), line };
        assert_eq!(anchor("shop=infra/shop.tf:12"), made("shop", "infra/shop.tf", 12));
        assert_eq!(anchor("arn:aws:rds:x:1:cluster:a=b.tf:1"), made("arn:aws:rds:x:1:cluster:a", "b.tf", 1));
        assert_eq!(anchor("host:3306=b.tf:7"), made("host:3306", "b.tf", 7));
        for bad in ["", "a", "a=b", "a=b:0", "a=b:x", "=b:1", "a=:1", "a=b:99999999999"] {
            assert_eq!(bad.parse::<Anchor>(), Err(BadAnchor::Form), "{bad}");
        }
        for bad in ["a=/etc/x:1", "a=../x:1", "a=b/../../x:1", "a=c:\\x:1", "a=https://x:1"] {
            assert_eq!(bad.parse::<Anchor>(), Err(BadAnchor::Outside), "{bad}");
        }
    }

    #[test]
    fn the_closest_anchor_counts() {
        let cluster = "arn:aws:rds:eu-west-1:1:cluster:shop";
        let given = ["*=all.tf:1", "arn:aws:rds:eu-west-1:*=region.tf:2", "shop=name.tf:3", "orders*=orders.tf:4"];
        let mut anchors = Anchors { given: given.map(anchor).to_vec(), ..Anchors::default() };
        anchors.given.push(anchor(&format!("{cluster}-two=two.tf:5")));
        anchors.given.push(anchor(&format!("{cluster}=id.tf:6")));
        let of = |id: &str, name: &str| {
            let subject = SubjectEntry {
                kind: "db_cluster".into(),
                id: id.into(),
                name: name.into(),
                account: String::new(),
                region: String::new(),
            };
            let (path, line) = anchors.of(&subject);
            format!("{path}:{line}")
        };
        for (id, name, place) in [
            (cluster, "shop", "name.tf:3"),
            (cluster, "other", "id.tf:6"),
            (&*format!("{cluster}/'app'@'%'"), "'app'@'%'", "id.tf:6"),
            (&format!("{cluster}-two"), "shop-two", "two.tf:5"),
            (&format!("{cluster}-three"), "x", "region.tf:2"),
            ("orders.example:3306", "orders", "orders.tf:4"),
            ("x", "y", "all.tf:1"),
        ] {
            assert_eq!(of(id, name), place, "{id} {name}");
        }
        anchors.given.clear();
        assert_eq!(anchors.of_run(), ("aurora-audit.toml", 1));
    }

    #[test]
    fn what_nobody_placed_stands_at_its_target() {
        let targets = vec![
            (TargetAnchor::Endpoint("db.example:3306".to_owned()), 7),
            (TargetAnchor::Region("eu-west-1".to_owned()), 3),
        ];
        let configuration = "audit/aurora-audit.toml".to_owned();
        let anchors = Anchors { targets, configuration, given: vec![anchor("orders=infra/orders.tf:4")] };
        for (id, name, region, place) in [
            ("arn:aws:rds:eu-west-1:1:cluster:shop", "shop", "eu-west-1", ("audit/aurora-audit.toml", 3)),
            ("arn:aws:rds:eu-west-1:1:cluster:orders", "orders", "eu-west-1", ("infra/orders.tf", 4)),
            ("db.example:3306", "db.example:3306", "", ("audit/aurora-audit.toml", 7)),
            ("db.example:3306/'app'@'%'", "'app'@'%'", "", ("audit/aurora-audit.toml", 7)),
            ("db.example:33060", "db.example:33060", "", ("audit/aurora-audit.toml", 1)),
            ("arn:aws:iam::1:role/x", "x", "global", ("audit/aurora-audit.toml", 1)),
        ] {
            let (kind, account) = (String::new(), String::new());
            let subject = SubjectEntry { kind, id: id.into(), name: name.into(), account, region: region.into() };
            assert_eq!(anchors.of(&subject), place, "{id}");
        }
    }
}

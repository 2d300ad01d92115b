//! `[[credentials]]`: which login serves which clusters. A password stands in none of them, only where one is.

use std::ops::Range;
use std::path::PathBuf;

use toml_edit::{Array, Item, TableLike, Value};

use super::file::{Entry, Reader, entries, not_empty};
use crate::rules::did_you_mean;

/// A login for some clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The clusters.
    pub serves: Serves,
    /// Database user; none where the secret names one.
    pub login: Option<String>,
    /// What the login proves itself with.
    pub proof: Proof,
    /// Whether the database is read by the RDS Data API.
    pub data_api: bool,
    /// Line in the file, counted from 1.
    pub line: usize,
}

/// Some clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serves {
    /// Those whose identifier or ARN is one of these; `*` stands for any run of characters.
    Clusters(Vec<String>),
    /// Those with this tag, and this value where one is given.
    Tag(String, Option<String>),
}

/// Where what a login proves itself with comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// This environment variable holds the password.
    PasswordEnv(String),
    /// The first line of this file is the password.
    PasswordFile(PathBuf),
    /// ARN or name of a secret of Secrets Manager, or `master`.
    Secret(String),
    /// Tokens of IAM.
    Iam,
}

/// Keys, each with a value to show.
pub const KEYS: [(&str, &str, &str); 8] = [
    ("clusters", r#"["shop-*"]"#, "Identifiers or ARNs of clusters; * stands for any run of characters"),
    ("tag", r#""team=shop""#, "A tag of the clusters, as KEY or KEY=VALUE"),
    ("login", r#""aurora_audit""#, "Database account; not needed with a secret that names one"),
    ("password-env", r#""SHOP_DB_PASSWORD""#, "Environment variable that holds the password"),
    ("password-file", r#""/run/secrets/shop""#, "File whose first line is the password"),
    (
        "secret",
        r#""master""#,
        "ARN or name of a secret of Secrets Manager, or master for the one that RDS keeps for each cluster",
    ),
    ("iam", "true", "Log in by tokens of IAM"),
    ("data-api", "true", "Read by the RDS Data API, with a secret, where no network path leads to the clusters"),
];

/// Keys of which a login has exactly one.
const PROOFS: [&str; 4] = ["password-env", "password-file", "secret", "iam"];

/// What stands in one table so far.
#[derive(Default)]
struct Draft {
    serves: Vec<Serves>,
    login: Option<String>,
    proofs: Vec<Proof>,
    data_api: bool,
}

impl Reader<'_> {
    /// Reads the tables of `[[credentials]]`.
    pub(super) fn credentials(&mut self, entry: &Entry<'_>, text: &str) -> Vec<Credential> {
        let Item::ArrayOfTables(tables) = entry.item else {
            let help = "write [[credentials]], once for each login".to_owned();
            self.complain(&entry.at, "`credentials` is a list of tables", Some(help));
            return Vec::new();
        };
        let each = tables.iter().filter_map(|table| {
            let at = table.span().unwrap_or_else(|| entry.at.clone());
            self.credential(table, &at, text)
        });
        each.collect()
    }

    fn credential(&mut self, table: &dyn TableLike, at: &Range<usize>, text: &str) -> Option<Credential> {
        let before = self.problems.len();
        let mut draft = Draft::default();
        for entry in entries(table) {
            self.key(&entry, &mut draft);
        }
        if self.problems.len() > before {
            return None;
        }
        let line = text.get(..at.start).unwrap_or(text).matches('\n').count() + 1;
        match finish(draft, line) {
            Ok(credential) => Some(credential),
            Err((message, help)) => {
                self.complain(at, message, Some(help.to_owned()));
                None
            }
        }
    }

    fn key(&mut self, entry: &Entry<'_>, draft: &mut Draft) {
        let at = entry.item.span().unwrap_or_else(|| entry.at.clone());
        match (entry.name, entry.item.as_value()) {
            ("clusters", Some(Value::Array(patterns))) => match texts(patterns) {
                Some(patterns) => draft.serves.push(Serves::Clusters(patterns)),
                None => self.complain(&at, "`clusters` is a list of texts in quotes", None),
            },
            ("iam", Some(Value::Boolean(value))) => draft.proofs.extend(value.value().then_some(Proof::Iam)),
            ("data-api", Some(Value::Boolean(value))) => draft.data_api = *value.value(),
            ("password", _) => {
                let help =
                    "give password-env, password-file or secret, and take this one out of all copies of the file";
                self.complain(&entry.at, "a password has no place in a configuration file", Some(help.to_owned()));
            }
            (name, Some(Value::String(text))) => match (name, not_empty(text.value())) {
                (_, Err((message, help))) => self.complain(&at, message, help),
                ("tag", Ok(tag)) => draft.serves.push(tagged(&tag)),
                ("login", Ok(login)) => draft.login = Some(login),
                ("password-env", Ok(variable)) => draft.proofs.push(Proof::PasswordEnv(variable)),
                ("password-file", Ok(path)) => draft.proofs.push(Proof::PasswordFile(self.folder.join(path))),
                ("secret", Ok(secret)) => draft.proofs.push(Proof::Secret(secret)),
                _ => self.misfit(entry, &at),
            },
            _ => self.misfit(entry, &at),
        }
    }

    fn misfit(&mut self, entry: &Entry<'_>, at: &Range<usize>) {
        if let Some((key, example, _)) = KEYS.iter().find(|(key, ..)| *key == entry.name) {
            return self.complain(at, format!("`{key}` is something else"), Some(format!("as in {key} = {example}")));
        }
        let keys = KEYS.map(|(key, ..)| key);
        let help = did_you_mean(entry.name, keys).unwrap_or_else(|| format!("a login has {}", keys.join(", ")));
        self.complain(&entry.at, format!("unknown key `{}`", entry.name), Some(help));
    }
}

fn texts(array: &Array) -> Option<Vec<String>> {
    let texts: Option<Vec<_>> = array.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    texts.filter(|texts| !texts.is_empty() && texts.iter().all(|text| !text.trim().is_empty()))
}

fn tagged(tag: &str) -> Serves {
    match tag.split_once('=') {
        Some((key, value)) => Serves::Tag(key.to_owned(), Some(value.to_owned())),
        None => Serves::Tag(tag.to_owned(), None),
    }
}

/// A login has one place, one proof, and a name.
fn finish(draft: Draft, line: usize) -> Result<Credential, (String, &'static str)> {
    let Draft { serves, login, proofs, data_api } = draft;
    let [serves] = <[Serves; 1]>::try_from(serves)
        .map_err(|_| ("a login is for some clusters or for a tag".to_owned(), "give either clusters or tag"))?;
    let [proof] = <[Proof; 1]>::try_from(proofs)
        .map_err(|_| (format!("a login has one of {}", PROOFS.join(", ")), "give exactly one of them"))?;
    let by_secret = matches!(proof, Proof::Secret(_));
    if login.is_none() && !by_secret {
        return Err(("nothing says who logs in".to_owned(), "give login"));
    }
    if data_api && !by_secret {
        return Err(("the RDS Data API logs in with a secret".to_owned(), "give secret, or leave data-api out"));
    }
    Ok(Credential { serves, login, proof, data_api, line })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::parse;
    use super::*;

    fn read(text: &str) -> Result<Vec<Credential>, String> {
        parse(Path::new("/x/aurora-audit.toml"), text, None).map(|file| file.credentials).map_err(|it| it.to_string())
    }

    #[test]
    fn reads_logins_in_their_order() {
        let text = "[targets]\nlogin = \"a\"\n\n[[credentials]]\nclusters = [\"shop-*\", \"orders\"]\nlogin = \"b\"\n\
                    password-file = \"secrets/shop\"\n\n[[credentials]]\ntag = \"team=web=x\"\nsecret = \"master\"\ndata-api = true\n\
                    [[credentials]]\ntag = \"team\"\nlogin = \"c\"\niam = true\n[[credentials]]\ntag = \"x\"\nlogin = \"d\"\npassword-env = \"E\"\n";
        let found = read(text).unwrap();
        let patterns = ["shop-*", "orders"].map(str::to_owned).to_vec();
        let proofs = [
            Proof::PasswordFile("/x/secrets/shop".into()),
            Proof::Secret("master".to_owned()),
            Proof::Iam,
            Proof::PasswordEnv("E".to_owned()),
        ];
        assert_eq!(found.iter().map(|it| &it.proof).collect::<Vec<_>>(), proofs.iter().collect::<Vec<_>>());
        assert_eq!(found.iter().map(|it| it.line).collect::<Vec<_>>(), [4, 9, 13, 17]);
        assert_eq!(found[0].serves, Serves::Clusters(patterns));
        assert_eq!(found[1].serves, Serves::Tag("team".to_owned(), Some("web=x".to_owned())));
        assert_eq!((&found[1].login, found[1].data_api, found[2].data_api), (&None, true, false));
        assert_eq!(found[2].serves, Serves::Tag("team".to_owned(), None));
    }

    #[test]
    fn every_mistake_is_named_with_its_mend() {
        for (body, says) in [
            ("", "either clusters or tag"),
            ("login = \"a\"\niam = true", "either clusters or tag"),
            ("tag = \"t\"\nclusters = [\"c\"]\nlogin = \"a\"\niam = true", "either clusters or tag"),
            ("tag = \"t\"\nlogin = \"a\"", "exactly one of them"),
            ("tag = \"t\"\nlogin = \"a\"\niam = false", "exactly one of them"),
            ("tag = \"t\"\nlogin = \"a\"\niam = true\nsecret = \"s\"", "exactly one of them"),
            ("tag = \"t\"\niam = true", "give login"),
            ("tag = \"t\"\nlogin = \"a\"\niam = true\ndata-api = true", "leave data-api out"),
            ("tag = \"t\"\nlogin = \"a\"\npassword = \"hunter2\"", "no place in a configuration file"),
            ("tag = \"t\"\nlogin = \"a\"\npasword-env = \"E\"", "did you mean `password-env`"),
            ("tag = 1\nlogin = \"a\"\niam = true", "as in tag ="),
            ("tag = \" \"\nlogin = \"a\"\niam = true", "empty"),
            ("clusters = []\nlogin = \"a\"\niam = true", "a list of texts"),
            ("clusters = [1]\nlogin = \"a\"\niam = true", "a list of texts"),
            ("tag = \"t\"\nlogin = \"a\"\niam = \"yes\"", "as in iam = true"),
            ("tag = { a = 1 }\nlogin = \"a\"\niam = true", "as in tag ="),
        ] {
            let said = read(&format!("[[credentials]]\n{body}\n")).unwrap_err();
            assert!(said.contains(says) && !said.lines().next().unwrap().contains("hunter2"), "{body}: {said}");
        }
        for text in ["credentials = 1", "[credentials]\nlogin = \"a\""] {
            assert!(read(text).unwrap_err().contains("[[credentials]]"), "{text}");
        }
    }

    #[test]
    fn a_profile_has_no_logins_of_its_own() {
        let said = read("[[profile.p.credentials]]\ntag = \"t\"\nlogin = \"a\"\niam = true\n").unwrap_err();
        assert!(said.contains("unknown table `credentials`"), "{said}");
    }
}

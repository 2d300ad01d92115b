//! The privileges that AWS documents for the master user, by version of the engine.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::facts::table::MASTER_PRIVILEGES;
use crate::model::Version;

#[derive(Deserialize)]
struct Documented {
    lines: Vec<Line>,
}

/// What one line of the engine gives its master user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    engine_from: String,
    engine_before: String,
    privileges: Vec<String>,
    /// What the master user may hold because it may be granted.
    grantable: Vec<String>,
    added: Vec<Added>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    aurora_from: String,
    privileges: Vec<String>,
}

fn documented() -> Option<&'static Documented> {
    static READ: OnceLock<Option<Documented>> = OnceLock::new();
    READ.get_or_init(|| serde_json::from_str(MASTER_PRIVILEGES).ok()).as_ref()
}

/// Every privilege that the master user may hold on this version of the engine and of Aurora; none when the list does not know it.
/// An Aurora version that nobody knows is taken for the newest.
pub fn documented_privileges(engine: &Version, aurora: Option<&Version>) -> Option<Vec<&'static str>> {
    let reached = |from: &str, version: &Version| from.parse::<Version>().is_ok_and(|from| from <= *version);
    let lines = &documented()?.lines;
    let line = lines.iter().find(|it| reached(&it.engine_from, engine) && !reached(&it.engine_before, engine))?;
    let added = line.added.iter().filter(|it| aurora.is_none_or(|version| reached(&it.aurora_from, version)));
    let words = line.privileges.iter().chain(&line.grantable).chain(added.flat_map(|it| &it.privileges));
    let mut words: Vec<_> = words.map(String::as_str).collect();
    words.sort_unstable();
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_list() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        for (engine, aurora, holds, lacks) in [
            ("5.7.44", None, "LOAD FROM S3", "ROLE_ADMIN"),
            ("5.6.10", None, "SELECT INTO S3", "CREATE ROLE"),
            ("8.0.39", Some("3.08.2"), "SHOW_ROUTINE", "FLUSH_STATUS"),
            ("8.0.28", Some("3.02.0"), "SET_USER_ID", "SHOW_ROUTINE"),
            ("8.0.42", Some("3.10.0"), "FLUSH_STATUS", "SET_ANY_DEFINER"),
            ("8.0.42", None, "FLUSH_STATUS", "SUPER"),
            ("8.4.7", None, "SET_ANY_DEFINER", "SET_USER_ID"),
        ] {
            let words = documented_privileges(&version(engine), aurora.map(version).as_ref()).unwrap();
            assert!(words.contains(&holds) && !words.contains(&lacks), "{engine} {aurora:?}: {words:?}");
        }
        assert!(documented_privileges(&version("9.7"), None).is_none());
    }
}

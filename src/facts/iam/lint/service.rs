//! What RDS, its Data API and its logins take: actions with their resource types and condition keys, from a dated table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Deserialize;

use crate::facts::iam::glob::Glob;
use crate::facts::iam::grammar::Action;
use crate::facts::table::{Dated, RDS_ACTIONS, table};
use crate::model::Why;

/// The dates of the table, which is too long to be read for every policy.
static DATED: LazyLock<Result<Dated, Why>> = LazyLock::new(|| table(RDS_ACTIONS));

/// When the table was taken, and whether it was stale when it was used.
///
/// # Errors
/// Never with the table that comes with the program.
pub fn actions_edition(used: Timestamp) -> Result<String, Why> {
    DATED.clone().map(|dated| dated.edition(used))
}

#[derive(Default, Deserialize)]
struct Table {
    actions: BTreeMap<String, Row>,
    /// Type → pattern of its ARNs.
    resources: BTreeMap<String, String>,
    /// Key → type of its values.
    keys: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Row {
    resources: Vec<String>,
    keys: Vec<String>,
}

/// An action of the table.
pub(super) struct Known {
    pub action: Action,
    /// Patterns of the ARNs that it can be asked for; none when it takes no resource.
    pub resources: Vec<Glob>,
    /// Condition keys in lower case; those that end with `/` are a prefix.
    pub keys: Vec<String>,
}

/// All actions.
pub(super) static ACTIONS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    // A test reads the table; an empty one knows no action and so finds nothing.
    let table: Table = serde_json::from_str(RDS_ACTIONS).unwrap_or_default();
    table.actions.iter().filter_map(|(name, row)| known(&table, name, row)).collect()
});

/// Types of the values of RDS's own keys, by key in lower case.
pub(super) static KEY_TYPES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let table: Table = serde_json::from_str(RDS_ACTIONS).unwrap_or_default();
    table.keys.into_iter().map(|(key, kind)| (prefix(&key), kind)).collect()
});

fn known(table: &Table, name: &str, row: &Row) -> Option<Known> {
    let action = Action::new(name)?;
    let pattern = |kind: &String| {
        let own = table.resources.get(&format!("{}:{kind}", action.service()));
        own.or_else(|| table.resources.get(&format!("rds:{kind}"))).map(|pattern| Glob::new(pattern))
    };
    let resources = row.resources.iter().filter_map(pattern).collect();
    let keys = row.keys.iter().map(|key| prefix(key)).collect();
    Some(Known { action, resources, keys })
}

/// `aws:resourcetag/` of `aws:ResourceTag/${TagKey}`.
fn prefix(key: &str) -> String {
    key.split("${").next().unwrap_or(key).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let table: Table = serde_json::from_str(RDS_ACTIONS).unwrap();
        assert_eq!((ACTIONS.len(), table.resources.len()), (176, 26));
        for (name, row) in &table.actions {
            let known = known(&table, name, row).unwrap();
            assert_eq!(known.resources.len(), row.resources.len(), "{name}");
            let unknown: Vec<_> = row.keys.iter().filter(|key| !table.keys.contains_key(*key)).collect();
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
        }
    }
}

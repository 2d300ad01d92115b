//! Which tenancy of its VPC an instance class supports, by a dated table of what AWS says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::facts::table::INSTANCE_TENANCY;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbInstance;

facts! {
    /// A class that an instance has or will have, and the tenancies that AWS says it supports.
    struct ClassTenancy = "class_tenancy" {
        /// The class.
        db_instance_class: Derived<String>;
        /// Whether the instance has yet to change to it.
        pending: bool;
        /// Tenancies of a VPC that the class supports.
        supported: Fact<Vec<String>>;
        /// Where AWS says so.
        source: String;
        /// When it was read there.
        date: String;
        /// What an older statement says otherwise, and whether the table has gone stale.
        note: Fact<String>, optional;
    } key key
}

/// The table.
#[derive(Debug, Deserialize)]
struct Table {
    stale_after: Date,
    statements: Vec<Statement>,
}

/// What was said at one time.
#[derive(Debug, Deserialize)]
struct Statement {
    date: String,
    source: String,
    families: BTreeMap<String, Vec<String>>,
    /// What holds for families that are not named; none where nothing was said of them.
    others: Option<Vec<String>>,
}

static TABLE: LazyLock<Result<Table, String>> =
    LazyLock::new(|| serde_json::from_str(INSTANCE_TENANCY).map_err(|error| error.to_string()));

/// The classes of an instance: the one it has, and the one it waits for.
pub fn class_tenancies(instance: &Record<DbInstance>) -> Fact<Vec<ClassTenancy>> {
    let table = match &*TABLE {
        Ok(table) => table,
        Err(error) => return Fact::Unknown(Why::Unreadable { detail: error.as_str().into() }),
    };
    let data = Place::data_of(instance.at);
    let now = (&instance.data.db_instance_class, data.member("DBInstanceClass"), false);
    let waiting = match &instance.data.pending_modified_values {
        Fact::Known(values) => Fact::Known(&values.db_instance_class),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
    };
    let place = data.member("PendingModifiedValues").member("DBInstanceClass");
    let waiting = waiting.known().map(|class| (*class, place, true));
    let mut found = Vec::new();
    for (class, place, pending) in [Some(now), waiting].into_iter().flatten() {
        match class {
            Fact::Known(class) => found.push(table.tell(class, place, pending, instance.observed)),
            Fact::Absent if pending => {}
            Fact::Absent => return Fact::Unknown(Why::NotCollected),
            Fact::Unknown(why) => return Fact::Unknown(why.clone()),
        }
    }
    Fact::Known(found)
}

impl Table {
    fn tell(&self, class: &str, at: Place, pending: bool, observed: Timestamp) -> ClassTenancy {
        let family = family(class);
        let newest = self.statements.iter().max_by_key(|statement| &statement.date);
        let supported = newest.and_then(|statement| statement.says(&family)).map_or_else(
            || Fact::Unknown(Why::Unreadable { detail: format!("no statement is known about {family}").into() }),
            |tenancies| Fact::Known(tenancies.clone()),
        );
        let differs = |statement: &&Statement| {
            statement.says(&family).is_some_and(|tenancies| supported.known().is_some_and(|newest| newest != tenancies))
        };
        let mut notes: Vec<String> = self
            .statements
            .iter()
            .filter(differs)
            .map(|it| {
                let tenancies = it.says(&family).map(|tenancies| tenancies.join(" and ")).unwrap_or_default();
                format!("of {family}, {} ({}) says {tenancies} only", it.source, it.date)
            })
            .collect();
        if observed.to_zoned(TimeZone::UTC).date() > self.stale_after {
            notes.push(format!("the table of tenancies was to be renewed by {}", self.stale_after));
        }
        let note = if notes.is_empty() { Fact::Absent } else { Fact::Known(notes.join("; ")) };
        ClassTenancy {
            key: format!("{class}{}", if pending { " (pending)" } else { "" }),
            db_instance_class: Derived::new(Fact::Known(class.to_owned()), vec![at]),
            pending,
            supported,
            source: newest.map(|statement| statement.source.clone()).unwrap_or_default(),
            date: newest.map(|statement| statement.date.clone()).unwrap_or_default(),
            note,
        }
    }
}

impl Statement {
    /// What is said of a family. A burstable one that is not named may be newer than the statement.
    fn says(&self, family: &str) -> Option<&Vec<String>> {
        let named = self.families.get(family);
        let burstable =
            family.strip_prefix("db.t").is_some_and(|rest| rest.starts_with(|it: char| it.is_ascii_digit()));
        if burstable { named } else { named.or(self.others.as_ref()) }
    }
}

/// `db.r4` of `db.r4.large`.
fn family(class: &str) -> String {
    class.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::RecordRef;

    fn tenancies(data: Value, observed: &str) -> Fact<Vec<ClassTenancy>> {
        class_tenancies(&Record {
            at: RecordRef { file: 0, line: 2 },
            id: String::new(),
            account: String::new(),
            region: String::new(),
            source: String::new(),
            observed: observed.parse().unwrap(),
            data: serde_json::from_value(data).unwrap(),
        })
    }

    const TODAY: &str = "2026-11-21T00:00:00Z";

    #[test]
    fn the_newest_statement_decides_and_the_older_one_is_told() {
        for (class, supported, note) in [
            ("db.r3.large", Some("default dedicated"), None),
            ("db.r4.16xlarge", Some("default dedicated"), Some("says default only")),
            ("db.t2.small", Some("default"), None),
            ("db.t3.medium", Some("default"), None),
            ("db.t4g.medium", Some("default"), None),
            ("db.r8g.large", Some("default dedicated"), None),
            ("db.serverless", Some("default dedicated"), None),
            ("db.t9.huge", None, None),
        ] {
            let found = tenancies(json!({"DBInstanceClass": class, "PendingModifiedValues": null}), TODAY);
            let [found] = found.known().unwrap().as_slice() else { panic!("{class}") };
            let words = found.supported.known().map(|it| it.join(" "));
            assert_eq!(words.as_deref(), supported, "{class}");
            let told = found.note.known().map(String::as_str);
            assert_eq!(told.is_some(), note.is_some(), "{class}: {told:?}");
            assert!(told.is_none_or(|told| told.contains(note.unwrap())), "{told:?}");
            assert!(found.source.starts_with("https://docs.aws.amazon.com/"));
        }
    }

    #[test]
    fn a_pending_class_is_judged_too() {
        let pending = json!({"DBInstanceClass": "db.t3.medium"});
        let found = tenancies(json!({"DBInstanceClass": "db.r6g.large", "PendingModifiedValues": pending}), TODAY);
        let keys: Vec<_> = found.known().unwrap().iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["db.r6g.large", "db.t3.medium (pending)"]);
        let none = tenancies(
            json!({"DBInstanceClass": "db.r6g.large", "PendingModifiedValues": {"DBInstanceClass": null}}),
            TODAY,
        );
        assert_eq!(none.known().unwrap().len(), 1);
        for unread in [
            json!({"DBInstanceClass": "db.r6g.large"}),
            json!({"PendingModifiedValues": null}),
            json!({"DBInstanceClass": "db.r6g.large", "PendingModifiedValues": {}}),
        ] {
            assert!(tenancies(unread, TODAY).is_unknown());
        }
    }

    #[test]
    fn the_table_goes_stale_visibly() {
        let data = json!({"DBInstanceClass": "db.r6g.large", "PendingModifiedValues": null});
        for (observed, stale) in [(TODAY, false), ("2027-11-20T23:59:59Z", false), ("2027-11-21T00:00:00Z", true)] {
            let found = tenancies(data.clone(), observed);
            assert_eq!(found.known().unwrap()[0].note.known().is_some(), stale, "{observed}");
        }
    }
}

//! What a cluster's audit log holds. Amazon Aurora User Guide, "Using advanced auditing with an Amazon Aurora MySQL DB cluster".

use super::Cluster;
use crate::model::{Derived, Fact};

facts! {
    /// What goes into the audit log by the cluster parameter group, once it is on. Names without hosts, as the parameters have them.
    struct AuditLog = "audit_log" {
        /// Events, as in `CONNECT` or `QUERY_DCL`.
        events: Derived<Vec<String>>;
        /// The only users whose events are kept; empty for all.
        included_users: Derived<Vec<String>>;
        /// Users whose events are left out, unless they are among those included.
        excluded_users: Derived<Vec<String>>;
    }
}

pub(super) fn audit_log(cluster: &Cluster) -> AuditLog {
    let parameters = cluster.parameters();
    AuditLog {
        events: list(&parameters.server_audit_events, str::to_ascii_uppercase),
        included_users: list(&parameters.server_audit_incl_users, str::to_owned),
        excluded_users: list(&parameters.server_audit_excl_users, str::to_owned),
    }
}

/// The elements of a comma-separated parameter; none when it has no value.
fn list(parameter: &Derived<String>, element: impl Fn(&str) -> String) -> Derived<Vec<String>> {
    let elements = |text: &str| text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(&element).collect();
    let value = match &parameter.value {
        Fact::Known(text) => Fact::Known(elements(text)),
        Fact::Absent => Fact::Known(Vec::new()),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    };
    Derived::new(value, parameter.from.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Why;

    #[test]
    fn lists_are_split_at_commas() {
        for (text, elements) in [
            (Fact::Known("CONNECT,QUERY_DCL"), Fact::Known(vec!["CONNECT", "QUERY_DCL"])),
            (Fact::Known(" connect , ,QUERY"), Fact::Known(vec!["CONNECT", "QUERY"])),
            (Fact::Known(""), Fact::Known(vec![])),
            (Fact::Absent, Fact::Known(vec![])),
            (Fact::Unknown(Why::NotCollected), Fact::Unknown(Why::NotCollected)),
        ] {
            let found = list(&Derived::new(text.map(str::to_owned), Vec::new()), str::to_ascii_uppercase);
            assert_eq!(found.value, elements.map(|it| it.into_iter().map(str::to_owned).collect()));
        }
    }
}

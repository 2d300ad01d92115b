//! Cluster parameter groups and their parameters, from the SDK's form to the snapshot's.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::Entry;
use crate::snapshot::schema::rds::{
    DbClusterParameterGroup, DbClusterParameterGroupAnswer, DbClusterParameters, DbClusterParametersAnswer, Engine,
    Parameter, ParameterAnswer,
};

/// The groups that clusters use, each once. Aurora MySQL 1 is long past its end: nothing reads its parameters.
pub(super) fn groups_in_use(clusters: &[types::DbCluster]) -> BTreeSet<String> {
    let read = |cluster: &&types::DbCluster| {
        let engine = cluster.engine().map(part::engine_of);
        matches!(engine, Some(Engine::AuroraMysql | Engine::AuroraPostgresql))
    };
    let groups = clusters.iter().filter(read).filter_map(|cluster| cluster.db_cluster_parameter_group());
    groups.map(str::to_owned).collect()
}

pub(super) fn group(group: types::DbClusterParameterGroup) -> Entry<DbClusterParameterGroup> {
    let id = group.db_cluster_parameter_group_name.clone().unwrap_or_default();
    let answer = DbClusterParameterGroupAnswer {
        db_cluster_parameter_group_name: group.db_cluster_parameter_group_name,
        db_parameter_group_family: group.db_parameter_group_family,
        db_cluster_parameter_group_arn: group.db_cluster_parameter_group_arn,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

/// All parameters of a group, by name.
pub(super) fn parameters(group: &str, mut parameters: Vec<types::Parameter>) -> DbClusterParameters {
    parameters.sort_by(|one, other| one.parameter_name.cmp(&other.parameter_name));
    DbClusterParametersAnswer {
        db_cluster_parameter_group_name: Some(group.to_owned()),
        parameters: Some(parameters.into_iter().map(parameter).collect()),
    }
    .record()
}

fn parameter(parameter: types::Parameter) -> Parameter {
    ParameterAnswer {
        parameter_name: parameter.parameter_name,
        parameter_value: parameter.parameter_value,
        source: parameter.source,
        apply_type: parameter.apply_type,
        is_modifiable: parameter.is_modifiable,
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_in_use_are_those_of_current_aurora() {
        let cluster = |(engine, group): (Option<&str>, Option<&str>)| {
            types::DbCluster::builder()
                .set_engine(engine.map(str::to_owned))
                .set_db_cluster_parameter_group(group.map(str::to_owned))
                .build()
        };
        let clusters = [
            (Some("aurora-mysql"), Some("b")),
            (Some("aurora-mysql"), Some("b")),
            (Some("aurora-postgresql"), Some("a")),
            (Some("aurora"), Some("old")),
            (Some("neptune"), Some("n")),
            (Some("aurora-mysql"), None),
            (None, Some("x")),
        ];
        let found = groups_in_use(&clusters.map(cluster));
        assert_eq!(found.iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn parameters_are_sorted_and_may_have_no_value() {
        let tls = types::Parameter::builder().parameter_name("tls_version").parameter_value("TLSv1.3").source("user");
        let audit = types::Parameter::builder().parameter_name("server_audit_logging").is_modifiable(true);
        let data = serde_json::to_value(parameters("g", vec![tls.build(), audit.build()])).unwrap();
        let expected = json!({"DBClusterParameterGroupName": "g", "Parameters": [
            {"ParameterName": "server_audit_logging", "ParameterValue": null, "IsModifiable": true},
            {"ParameterName": "tls_version", "ParameterValue": "TLSv1.3", "Source": "user"}]});
        assert_eq!(data, expected);
    }
}

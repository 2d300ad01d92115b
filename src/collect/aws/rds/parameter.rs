//! Parameter groups of clusters and instances, and their parameters, from the SDK's form to the snapshot's.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::Entry;
use crate::snapshot::schema::rds::{
    DbClusterParameterGroup, DbClusterParameterGroupAnswer, DbClusterParameters, DbClusterParametersAnswer, Engine,
    Parameter, ParameterAnswer,
};
use crate::snapshot::schema::rds_parameter::{
    DbParameterGroup, DbParameterGroupAnswer, DbParameters, DbParametersAnswer, EngineDefaults, EngineDefaultsAnswer,
};

/// The groups that clusters use, each once. Aurora MySQL 1 is long past its end: nothing reads its parameters.
pub(super) fn groups_in_use(clusters: &[types::DbCluster]) -> BTreeSet<String> {
    let read = clusters.iter().filter(|cluster| is_read(cluster.engine()));
    let groups = read.filter_map(|cluster| cluster.db_cluster_parameter_group());
    groups.map(str::to_owned).collect()
}

/// The groups that instances of Aurora use, each once.
pub(super) fn instance_groups_in_use(instances: &[types::DbInstance]) -> BTreeSet<String> {
    let read = instances.iter().filter(|instance| is_read(instance.engine()));
    let groups = read.flat_map(types::DbInstance::db_parameter_groups);
    groups.filter_map(|group| group.db_parameter_group_name()).map(str::to_owned).collect()
}

fn is_read(engine: Option<&str>) -> bool {
    matches!(engine.map(part::engine_of), Some(Engine::AuroraMysql | Engine::AuroraPostgresql))
}

/// The families of the groups in use, each once.
pub(super) fn families(groups: &[types::DbClusterParameterGroup], in_use: &BTreeSet<String>) -> BTreeSet<String> {
    let used =
        groups.iter().filter(|group| group.db_cluster_parameter_group_name().is_some_and(|name| in_use.contains(name)));
    used.filter_map(|group| group.db_parameter_group_family()).map(str::to_owned).collect()
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

pub(super) fn instance_group(group: types::DbParameterGroup) -> Entry<DbParameterGroup> {
    let id = group.db_parameter_group_name.clone().unwrap_or_default();
    let answer = DbParameterGroupAnswer {
        db_parameter_group_name: group.db_parameter_group_name,
        db_parameter_group_family: group.db_parameter_group_family,
        db_parameter_group_arn: group.db_parameter_group_arn,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

/// All parameters of a cluster group, by name.
pub(super) fn parameters(group: &str, parameters: Vec<types::Parameter>) -> DbClusterParameters {
    DbClusterParametersAnswer {
        db_cluster_parameter_group_name: Some(group.to_owned()),
        parameters: Some(by_name(parameters)),
    }
    .record()
}

/// All parameters of a group of instances, by name.
pub(super) fn instance_parameters(group: &str, parameters: Vec<types::Parameter>) -> DbParameters {
    DbParametersAnswer { db_parameter_group_name: Some(group.to_owned()), parameters: Some(by_name(parameters)) }
        .record()
}

/// All parameters that an engine sets in a family of groups, by name.
pub(super) fn defaults(family: &str, parameters: Vec<types::Parameter>) -> EngineDefaults {
    EngineDefaultsAnswer { db_parameter_group_family: Some(family.to_owned()), parameters: Some(by_name(parameters)) }
        .record()
}

fn by_name(mut parameters: Vec<types::Parameter>) -> Vec<Parameter> {
    parameters.sort_by(|one, other| one.parameter_name.cmp(&other.parameter_name));
    parameters.into_iter().map(parameter).collect()
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
    fn families_are_those_of_groups_in_use() {
        let group = |(name, family): (&str, &str)| {
            types::DbClusterParameterGroup::builder()
                .db_cluster_parameter_group_name(name)
                .db_parameter_group_family(family)
                .build()
        };
        let groups = [("a", "aurora-mysql8.0"), ("b", "aurora-mysql8.0"), ("c", "aurora-mysql5.7")].map(group);
        let in_use = BTreeSet::from(["a".to_owned(), "b".to_owned(), "gone".to_owned()]);
        assert_eq!(families(&groups, &in_use).into_iter().collect::<Vec<_>>(), ["aurora-mysql8.0"]);
    }

    #[test]
    fn groups_of_instances_are_those_of_aurora() {
        let instance = |(engine, group): (&str, &str)| {
            let status = types::DbParameterGroupStatus::builder().db_parameter_group_name(group).build();
            types::DbInstance::builder().engine(engine).db_parameter_groups(status).build()
        };
        let instances = [("aurora-mysql", "a"), ("aurora-mysql", "a"), ("mysql", "m"), ("neptune", "n")].map(instance);
        assert_eq!(instance_groups_in_use(&instances).into_iter().collect::<Vec<_>>(), ["a"]);
        for data in [
            serde_json::to_value(instance_parameters("a", Vec::new())).unwrap(),
            serde_json::to_value(defaults("f", Vec::new())).unwrap(),
        ] {
            assert_eq!(data["Parameters"], json!([]));
        }
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

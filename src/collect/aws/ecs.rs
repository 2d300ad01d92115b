//! Amazon ECS: tasks, services and the definitions that name their roles, in every cluster of a region. Tasks and services are
//! listed by ARN, cluster by cluster, and then described in batches.

use std::collections::BTreeSet;

use aws_sdk_ecs::{Client, types};

use super::error;
use super::listing::{Entry, each, write_items};
use super::site::{self, Service, Site};
use crate::collect::Sink;
use crate::model::{Gap, actions};
use crate::snapshot::schema::ecs;

/// The calls.
pub(super) const ACTIONS: &[&str] = &[
    actions::LIST_ECS_CLUSTERS,
    actions::LIST_TASKS,
    actions::DESCRIBE_TASKS,
    actions::LIST_SERVICES,
    actions::DESCRIBE_SERVICES,
    actions::DESCRIBE_TASK_DEFINITION,
];

const PAGE: i32 = 100;
/// The most that the calls describe at once.
const TASKS_AT_ONCE: usize = 100;
const SERVICES_AT_ONCE: usize = 10;

/// Reads what runs in the clusters.
pub(super) async fn collect(site: Site) -> Sink {
    let ecs = Ecs { client: Client::new(&site.config), service: site.service() };
    let clusters = ecs.clusters().await;
    let (tasks, services) = tokio::join!(Box::pin(ecs.tasks(&clusters)), Box::pin(ecs.services(&clusters)));
    let definitions = definitions_in_use(&tasks.items, &services.items);
    let definitions = ecs.definitions(definitions).await;
    let mut sink = Sink::default();
    tasks.write(&mut sink, &ecs.service, task);
    services.write(&mut sink, &ecs.service, service);
    sink.absorb(definitions);
    sink
}

/// ECS in one region.
#[derive(Debug, Clone)]
struct Ecs {
    client: Client,
    service: Service,
}

/// What was described in all clusters, or why some of it was not. One gap stands for all that the records lack.
struct Described<T> {
    action: &'static str,
    items: Vec<T>,
    failure: Option<Gap>,
}

impl<T> Described<T> {
    const fn new(action: &'static str) -> Self {
        Self { action, items: Vec::new(), failure: None }
    }

    fn add(&mut self, items: Result<Vec<T>, Gap>) {
        match items {
            Ok(items) => self.items.extend(items),
            Err(gap) => {
                self.failure.get_or_insert(Gap { what: self.action.to_owned(), target: None, ..gap });
            }
        }
    }

    fn write<K: crate::snapshot::Kind>(self, sink: &mut Sink, service: &Service, sort: impl Fn(T) -> Entry<K>) {
        write_items(sink, &service.scope, self.action, self.items, self.failure.is_none(), sort);
        if let Some(gap) = self.failure {
            sink.gap(service.scope.pair(), &gap);
        }
    }
}

impl Ecs {
    async fn clusters(&self) -> Result<Vec<String>, Gap> {
        let pages = self.client.list_clusters().into_paginator().page_size(PAGE).send();
        let listed = self.service.list(actions::LIST_ECS_CLUSTERS, pages, |page| (page.cluster_arns, page.next_token));
        listed.await.whole()
    }

    async fn tasks(&self, clusters: &Result<Vec<String>, Gap>) -> Described<types::Task> {
        let mut found = Described::new(actions::DESCRIBE_TASKS);
        for cluster in named(clusters, &mut found) {
            let arns = match self.task_arns(&cluster).await {
                Ok(arns) => arns,
                Err(gap) => {
                    found.add(Err(gap));
                    continue;
                }
            };
            for arns in arns.chunks(TASKS_AT_ONCE) {
                found.add(self.described_tasks(&cluster, arns).await);
            }
        }
        found
    }

    async fn task_arns(&self, cluster: &str) -> Result<Vec<String>, Gap> {
        let pages = self.client.list_tasks().cluster(cluster).into_paginator().page_size(PAGE).send();
        self.service.list(actions::LIST_TASKS, pages, |page| (page.task_arns, page.next_token)).await.whole()
    }

    async fn described_tasks(&self, cluster: &str, arns: &[String]) -> Result<Vec<types::Task>, Gap> {
        let action = actions::DESCRIBE_TASKS;
        let call = self.client.describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec())).send();
        let answer = self.service.call(action, Some(cluster), call).await?;
        described(action, answer.tasks, answer.failures)
    }

    async fn services(&self, clusters: &Result<Vec<String>, Gap>) -> Described<types::Service> {
        let mut found = Described::new(actions::DESCRIBE_SERVICES);
        for cluster in named(clusters, &mut found) {
            let arns = match self.service_arns(&cluster).await {
                Ok(arns) => arns,
                Err(gap) => {
                    found.add(Err(gap));
                    continue;
                }
            };
            for arns in arns.chunks(SERVICES_AT_ONCE) {
                found.add(self.described_services(&cluster, arns).await);
            }
        }
        found
    }

    async fn service_arns(&self, cluster: &str) -> Result<Vec<String>, Gap> {
        let pages = self.client.list_services().cluster(cluster).into_paginator().page_size(PAGE).send();
        self.service.list(actions::LIST_SERVICES, pages, |page| (page.service_arns, page.next_token)).await.whole()
    }

    async fn described_services(&self, cluster: &str, arns: &[String]) -> Result<Vec<types::Service>, Gap> {
        let action = actions::DESCRIBE_SERVICES;
        let call = self.client.describe_services().cluster(cluster).set_services(Some(arns.to_vec())).send();
        let answer = self.service.call(action, Some(cluster), call).await?;
        described(action, answer.services, answer.failures)
    }

    async fn definitions(&self, arns: BTreeSet<String>) -> Sink {
        site::each(arns, |arn| self.clone().definition(arn)).await
    }

    async fn definition(self, arn: String) -> Sink {
        let action = actions::DESCRIBE_TASK_DEFINITION;
        let call = self.client.describe_task_definition().task_definition(&arn).send();
        let answer = self.service.call(action, Some(&arn), call).await.and_then(|answer| {
            answer.task_definition.ok_or_else(|| error::malformed(action, Some(&arn), "the answer is empty"))
        });
        let mut sink = Sink::default();
        self.service.note(&mut sink, &arn, action, answer.map(task_definition));
        sink
    }
}

/// The clusters; where they are not known, nothing of what is in them is.
fn named<T>(clusters: &Result<Vec<String>, Gap>, found: &mut Described<T>) -> Vec<String> {
    match clusters {
        Ok(clusters) => clusters.clone(),
        Err(gap) => {
            found.add(Err(gap.clone()));
            Vec::new()
        }
    }
}

/// What is gone since it was listed is no longer there; any other failure to describe it is one.
fn described<T>(action: &str, items: Option<Vec<T>>, failures: Option<Vec<types::Failure>>) -> Result<Vec<T>, Gap> {
    let failed = failures.unwrap_or_default().into_iter().find(|failure| failure.reason() != Some("MISSING"));
    match failed {
        None => Ok(items.unwrap_or_default()),
        Some(failure) => {
            Err(error::malformed(action, failure.arn(), failure.reason().unwrap_or("it is not described")))
        }
    }
}

fn definitions_in_use(tasks: &[types::Task], services: &[types::Service]) -> BTreeSet<String> {
    let of_tasks = tasks.iter().filter_map(types::Task::task_definition_arn);
    of_tasks.chain(services.iter().filter_map(types::Service::task_definition)).map(str::to_owned).collect()
}

fn task(task: types::Task) -> Entry<ecs::Task> {
    let id = task.task_arn.clone().unwrap_or_default();
    let overrides =
        |overrides: types::TaskOverride| ecs::TaskOverrideAnswer { task_role_arn: overrides.task_role_arn }.record();
    let answer = ecs::TaskAnswer {
        task_arn: task.task_arn,
        cluster_arn: task.cluster_arn,
        task_definition_arn: task.task_definition_arn,
        group: task.group,
        launch_type: task.launch_type.map(|kind| kind.as_str().to_owned()),
        overrides: task.overrides.map(overrides),
        attachments: each(task.attachments, attachment),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn attachment(attachment: types::Attachment) -> ecs::Attachment {
    let pair = |pair: types::KeyValuePair| ecs::KeyValuePairAnswer { name: pair.name, value: pair.value }.record();
    ecs::AttachmentAnswer { kind: attachment.r#type, details: each(attachment.details, pair) }.record()
}

fn service(service: types::Service) -> Entry<ecs::Service> {
    let id = service.service_arn.clone().unwrap_or_default();
    let answer = ecs::ServiceAnswer {
        service_name: service.service_name,
        service_arn: service.service_arn,
        cluster_arn: service.cluster_arn,
        task_definition: service.task_definition.filter(|definition| !definition.is_empty()),
        status: service.status,
        network_configuration: service.network_configuration.map(network),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn network(network: types::NetworkConfiguration) -> ecs::NetworkConfiguration {
    let place = |place: types::AwsVpcConfiguration| {
        ecs::AwsVpcConfigurationAnswer {
            subnets: Some(place.subnets),
            security_groups: place.security_groups,
            assign_public_ip: place.assign_public_ip.map(|choice| choice.as_str().to_owned()),
        }
        .record()
    };
    ecs::NetworkConfigurationAnswer { awsvpc_configuration: network.awsvpc_configuration.map(place) }.record()
}

fn task_definition(definition: types::TaskDefinition) -> ecs::TaskDefinition {
    ecs::TaskDefinitionAnswer {
        task_definition_arn: definition.task_definition_arn,
        task_role_arn: definition.task_role_arn,
        execution_role_arn: definition.execution_role_arn,
        network_mode: definition.network_mode.map(|mode| mode.as_str().to_owned()),
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn a_task_keeps_what_a_path_needs() {
        let detail = types::KeyValuePair::builder().name("networkInterfaceId").value("eni-1").build();
        let attachment = types::Attachment::builder().r#type("ElasticNetworkInterface").details(detail).build();
        let full = types::Task::builder()
            .task_arn("arn:t")
            .cluster_arn("arn:c")
            .task_definition_arn("arn:d:1")
            .group("service:s")
            .launch_type(types::LaunchType::Fargate)
            .attachments(attachment)
            .build();
        assert_eq!(definitions_in_use(std::slice::from_ref(&full), &[]), BTreeSet::from(["arn:d:1".to_owned()]));
        let expected = json!({"taskArn": "arn:t", "clusterArn": "arn:c", "taskDefinitionArn": "arn:d:1",
            "group": "service:s", "launchType": "FARGATE", "overrides": null, "attachments": [{
                "type": "ElasticNetworkInterface", "details": [{"name": "networkInterfaceId", "value": "eni-1"}]}]});
        assert_eq!(kept(task(full)), ("arn:t".to_owned(), expected));
    }

    #[test]
    fn services_and_definitions_keep_places_and_roles() {
        let place = types::AwsVpcConfiguration::builder().subnets("subnet-1").security_groups("sg-1").build().unwrap();
        let full = types::Service::builder()
            .service_arn("arn:s")
            .network_configuration(types::NetworkConfiguration::builder().awsvpc_configuration(place).build())
            .task_definition("");
        let expected = json!({"serviceArn": "arn:s", "taskDefinition": null, "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": null}}});
        assert_eq!(kept(service(full.build())), ("arn:s".to_owned(), expected));
        let full = types::TaskDefinition::builder().task_definition_arn("arn:d:1").task_role_arn("arn:r").build();
        let expected = json!({"taskDefinitionArn": "arn:d:1", "taskRoleArn": "arn:r", "executionRoleArn": null, "networkMode": null});
        assert_eq!(serde_json::to_value(task_definition(full)).unwrap(), expected);
    }

    #[test]
    fn what_is_gone_is_gone_and_what_is_kept_back_is_a_gap() {
        let failure = |reason: &str| types::Failure::builder().arn("arn:t").reason(reason).build();
        for (failures, kept) in
            [(vec![], Some(1)), (vec![failure("MISSING")], Some(1)), (vec![failure("ACCESS")], None)]
        {
            let found = described("ecs:DescribeTasks", Some(vec![1]), Some(failures));
            assert_eq!(found.ok().map(|items| items.len()), kept);
        }
    }
}

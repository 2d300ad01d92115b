//! Amazon ECS: tasks that run, services that start them, and the definitions that name their roles, as far as a path to a
//! database goes through them. Neither images nor environment variables. Shapes: Amazon ECS API Reference.

record! {
    /// A task that runs, from `ecs:DescribeTasks`.
    struct Task / TaskAnswer = "ecs_task" {
        /// ARN of the task.
        "taskArn" task_arn: String, unknown;
        /// ARN of its cluster.
        "clusterArn" cluster_arn: String, unknown;
        /// ARN of its definition, with the revision.
        "taskDefinitionArn" task_definition_arn: String, unknown;
        /// `service:NAME`, or what else started it.
        "group" group: String, absent;
        /// `EC2`, `FARGATE` or `EXTERNAL`.
        "launchType" launch_type: String, absent;
        /// What it runs as in place of what its definition says.
        "overrides" overrides: TaskOverride, absent;
        /// Its network interface, and what else it is attached to.
        "attachments" attachments: Vec<Attachment>, empty;
    }
}

record! {
    /// What a task has in place of what its definition says.
    struct TaskOverride / TaskOverrideAnswer = "ecs_task_override" {
        /// Role that its containers act as.
        "taskRoleArn" task_role_arn: String, absent;
    }
}

record! {
    /// Something that a task is attached to.
    struct Attachment / AttachmentAnswer = "ecs_attachment" {
        /// `ElasticNetworkInterface` for an interface of its own.
        "type" kind: String, unknown;
        /// `networkInterfaceId`, `subnetId`, `privateIPv4Address`, each with its value.
        "details" details: Vec<KeyValuePair>, empty;
    }
}

record! {
    /// A name and its value.
    struct KeyValuePair / KeyValuePairAnswer = "ecs_key_value_pair" {
        /// The name.
        "name" name: String, unknown;
        /// The value.
        "value" value: String, absent;
    }
}

record! {
    /// A service, which starts tasks, from `ecs:DescribeServices`.
    struct Service / ServiceAnswer = "ecs_service" {
        /// Name of the service.
        "serviceName" service_name: String, unknown;
        /// ARN of the service.
        "serviceArn" service_arn: String, unknown;
        /// ARN of its cluster.
        "clusterArn" cluster_arn: String, unknown;
        /// ARN of the definition of its tasks; none where task sets have one each.
        "taskDefinition" task_definition: String, absent;
        /// `ACTIVE`, `DRAINING` or `INACTIVE`.
        "status" status: String, unknown;
        /// Where its tasks stand, when each has an interface of its own.
        "networkConfiguration" network_configuration: NetworkConfiguration, absent;
    }
}

record! {
    /// Where tasks stand.
    struct NetworkConfiguration / NetworkConfigurationAnswer = "ecs_network_configuration" {
        /// Subnets and groups of tasks with an interface of their own.
        "awsvpcConfiguration" awsvpc_configuration: AwsVpcConfiguration, absent;
    }
}

record! {
    /// Subnets and groups of tasks with an interface of their own.
    struct AwsVpcConfiguration / AwsVpcConfigurationAnswer = "ecs_aws_vpc_configuration" {
        /// Ids of the subnets.
        "subnets" subnets: Vec<String>, empty;
        /// Ids of the security groups; none for the default group of the VPC.
        "securityGroups" security_groups: Vec<String>, empty;
        /// `ENABLED` or `DISABLED`.
        "assignPublicIp" assign_public_ip: String, absent;
    }
}

record! {
    /// What tasks are made after, from `ecs:DescribeTaskDefinition`, once for each definition that a task or a service names.
    struct TaskDefinition / TaskDefinitionAnswer = "ecs_task_definition" {
        /// ARN of the definition, with the revision.
        "taskDefinitionArn" task_definition_arn: String, unknown;
        /// Role that the containers act as.
        "taskRoleArn" task_role_arn: String, absent;
        /// Role that ECS itself acts as for the task: it reads secrets and images.
        "executionRoleArn" execution_role_arn: String, absent;
        /// `awsvpc`, `bridge`, `host` or `none`.
        "networkMode" network_mode: String, absent;
    }
}

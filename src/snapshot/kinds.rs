//! The one list of record kinds: name in the file, type, and table.

use std::sync::Arc;

use jiff::Timestamp;
use serde::de::Error as _;

use super::line::{Line, Record};
use super::schema::{
    backup, cloudtrail, collection, ec2, ecs, guardduty, iam, kms, lambda, logs, mysql, organizations, rds,
    rds_operations, rds_parameter, rds_proxy, secretsmanager, sts, tls,
};
use crate::model::{Gap, RecordRef};

/// A type that a record of a snapshot can hold.
pub trait Kind: serde::Serialize {
    /// The name in the file.
    const KIND: &'static str;
}

impl Kind for Gap {
    const KIND: &'static str = "gap";
}

macro_rules! kinds {
    ($($name:literal $table:ident : $ty:ty;)*) => {
        $(impl Kind for $ty {
            const KIND: &'static str = $name;
        })*

        /// The records of a snapshot, a table a kind, each sorted by account and region, and within these in the
        /// order of the files. A clone shares them.
        #[derive(Debug, Clone, Default)]
        pub struct Records {
            $(#[doc = concat!("`", $name, "`")] pub $table: Vec<Arc<Record<$ty>>>,)*
            /// `gap`
            pub gaps: Vec<Arc<Record<Arc<Gap>>>>,
        }

        /// A line whose data was understood.
        pub(super) enum Parsed {
            $(#[expect(non_camel_case_types, reason = "named after its table")] $table(Arc<Record<$ty>>),)*
            Gap(Arc<Record<Arc<Gap>>>),
        }

        impl Parsed {
            /// Reads `data` as the line's kind asks.
            pub(super) fn from_line(line: Line<&serde_json::value::RawValue>, at: RecordRef) -> Result<Self, serde_json::Error> {
                match line.kind.as_str() {
                    $($name => Ok(Self::$table(Arc::new(record(line, at)?))),)*
                    Gap::KIND => Ok(Self::Gap(Arc::new(gap(line, at)?))),
                    other => Err(serde_json::Error::custom(format_args!(
                        "kind `{other}` is not known; was the file written by a newer version?"
                    ))),
                }
            }
        }

        impl Records {
            /// Calls `visit` with every record's place and envelope: account, region, source, time of the answer.
            pub fn for_each(&self, mut visit: impl FnMut(RecordRef, &str, &str, &str, Timestamp)) {
                $(self.$table.iter().for_each(|it| visit(it.at, &it.account, &it.region, &it.source, it.observed));)*
                self.gaps.iter().for_each(|it| visit(it.at, &it.account, &it.region, &it.source, it.observed));
            }

            /// Reads `line` in place of the record of its kind, account and region that stands at `at`.
            ///
            /// # Errors
            /// When the line is no record.
            pub fn replace(&mut self, at: RecordRef, line: &str) -> Result<(), serde_json::Error> {
                match Parsed::from_line(serde_json::from_str(line)?, at)? {
                    $(Parsed::$table(record) => put(&mut self.$table, record),)*
                    Parsed::Gap(record) => put(&mut self.gaps, record),
                }
                Ok(())
            }

            /// Forgets the record that stands at `at`.
            pub fn remove(&mut self, at: RecordRef) {
                $(self.$table.retain(|record| record.at != at);)*
                self.gaps.retain(|record| record.at != at);
            }

            /// Sorts every table by account and region.
            pub(super) fn sort(&mut self) {
                $(sort(&mut self.$table);)*
                sort(&mut self.gaps);
            }

            /// Adds a line to its table.
            pub(super) fn push(&mut self, parsed: Parsed) {
                match parsed {
                    $(Parsed::$table(record) => self.$table.push(record),)*
                    Parsed::Gap(record) => self.gaps.push(record),
                }
            }
        }
    };
}

kinds! {
    "listing" listings: collection::Listing;
    "sts.caller_identity" caller_identities: sts::CallerIdentity;
    "rds.db_cluster" db_clusters: rds::DbCluster;
    "rds.db_instance" db_instances: rds::DbInstance;
    "rds.db_cluster_parameter_group" db_cluster_parameter_groups: rds::DbClusterParameterGroup;
    "rds.db_cluster_parameters" db_cluster_parameters: rds::DbClusterParameters;
    "rds.db_parameter_group" db_parameter_groups: rds_parameter::DbParameterGroup;
    "rds.db_parameters" db_parameters: rds_parameter::DbParameters;
    "rds.engine_default_cluster_parameters" engine_defaults: rds_parameter::EngineDefaults;
    "rds.pending_maintenance_actions" pending_maintenance_actions: rds_parameter::ResourcePendingMaintenanceActions;
    "rds.db_cluster_endpoint" db_cluster_endpoints: rds_proxy::DbClusterEndpoint;
    "rds.db_proxy" db_proxies: rds_proxy::DbProxy;
    "rds.db_proxy_endpoint" db_proxy_endpoints: rds_proxy::DbProxyEndpoint;
    "rds.db_proxy_targets" db_proxy_targets: rds_proxy::DbProxyTargets;
    "rds.certificate" certificate_authorities: rds_proxy::CertificateAuthority;
    "rds.db_subnet_group" db_subnet_groups: rds::DbSubnetGroup;
    "rds.db_cluster_snapshot" db_cluster_snapshots: rds::DbClusterSnapshot;
    "rds.db_cluster_snapshot_attributes" db_cluster_snapshot_attributes: rds::DbClusterSnapshotAttributes;
    "rds.global_cluster" global_clusters: rds_operations::GlobalCluster;
    "rds.db_major_engine_version" db_major_engine_versions: rds_operations::DbMajorEngineVersion;
    "rds.event_subscription" event_subscriptions: rds_operations::EventSubscription;
    "kms.key" keys: kms::Key;
    "kms.key_rotation_status" key_rotation_statuses: kms::KeyRotationStatus;
    "kms.key_policy" key_policies: kms::KeyPolicy;
    "logs.log_group" log_groups: logs::LogGroup;
    "guardduty.detector" detectors: guardduty::Detector;
    "cloudtrail.trail" trails: cloudtrail::Trail;
    "cloudtrail.trail_status" trail_statuses: cloudtrail::TrailStatus;
    "backup.protected_resource" protected_resources: backup::ProtectedResource;
    "ec2.vpc" vpcs: ec2::Vpc;
    "ec2.subnet" subnets: ec2::Subnet;
    "ec2.route_table" route_tables: ec2::RouteTable;
    "ec2.security_group" security_groups: ec2::SecurityGroup;
    "ec2.security_group_rule" security_group_rules: ec2::SecurityGroupRule;
    "ec2.managed_prefix_list" managed_prefix_lists: ec2::ManagedPrefixList;
    "ec2.managed_prefix_list_entries" managed_prefix_list_entries: ec2::ManagedPrefixListEntries;
    "ec2.network_acl" network_acls: ec2::NetworkAcl;
    "ec2.network_interface" network_interfaces: ec2::NetworkInterface;
    "ec2.vpc_peering_connection" vpc_peering_connections: ec2::VpcPeeringConnection;
    "ec2.transit_gateway_attachment" transit_gateway_attachments: ec2::TransitGatewayAttachment;
    "ec2.vpc_endpoint" vpc_endpoints: ec2::VpcEndpoint;
    "ec2.vpc_block_public_access_options" vpc_block_public_access_options: ec2::VpcBlockPublicAccessOptions;
    "ec2.vpc_block_public_access_exclusion" vpc_block_public_access_exclusions: ec2::VpcBlockPublicAccessExclusion;
    "ec2.flow_log" flow_logs: ec2::FlowLog;
    "ec2.instance" ec2_instances: ec2::Instance;
    "ec2.vpn_gateway" vpn_gateways: ec2::VpnGateway;
    "ec2.region" region_descriptions: ec2::RegionDescription;
    "lambda.function" functions: lambda::Function;
    "ecs.task" tasks: ecs::Task;
    "ecs.service" services: ecs::Service;
    "ecs.task_definition" task_definitions: ecs::TaskDefinition;
    "iam.user" users: iam::UserDetail;
    "iam.group" groups: iam::GroupDetail;
    "iam.role" roles: iam::RoleDetail;
    "iam.policy" policies: iam::ManagedPolicyDetail;
    "iam.account_summary" account_summaries: iam::AccountSummary;
    "iam.credential_report" credential_reports: iam::CredentialReportRow;
    "organizations.organization" organizations: organizations::Organization;
    "organizations.root" organization_roots: organizations::Root;
    "organizations.parent" organization_parents: organizations::Parent;
    "organizations.target_policies" organization_target_policies: organizations::TargetPolicies;
    "organizations.policy" organization_policies: organizations::Policy;
    "secretsmanager.secret" secrets: secretsmanager::Secret;
    "secretsmanager.resource_policy" secret_policies: secretsmanager::SecretPolicy;
    "mysql.session" sessions: mysql::Session;
    "mysql.global_variables" global_variables: mysql::GlobalVariables;
    "mysql.account" accounts: mysql::Account;
    "mysql.schema_grant" schema_grants: mysql::SchemaGrant;
    "mysql.table_grant" table_grants: mysql::TableGrant;
    "mysql.column_grant" column_grants: mysql::ColumnGrant;
    "mysql.routine_grant" routine_grants: mysql::RoutineGrant;
    "mysql.dynamic_grant" dynamic_grants: mysql::DynamicGrant;
    "mysql.role_edge" role_edges: mysql::RoleEdge;
    "mysql.default_role" default_roles: mysql::DefaultRole;
    "mysql.proxy_grant" proxy_grants: mysql::ProxyGrant;
    "mysql.definer" definers: mysql::Definer;
    "mysql.plugin" plugins: mysql::Plugin;
    "mysql.component" components: mysql::Component;
    "mysql.schema" schemas: mysql::Schema;
    "mysql.client_connection" client_connections: mysql::ClientConnection;
    "tls.endpoint" tls_endpoints: tls::TlsEndpoint;
    "tls.trust_anchors" trust_anchors: tls::TrustAnchors;
}

fn sort<T>(table: &mut [Arc<Record<T>>]) {
    table.sort_by(|one, other| (&one.account, &one.region).cmp(&(&other.account, &other.region)));
}

fn put<T>(table: &mut Vec<Arc<Record<T>>>, record: Arc<Record<T>>) {
    match table.iter_mut().find(|known| known.at == record.at) {
        Some(known) => *known = record,
        None => table.push(record),
    }
}

fn record<T: serde::de::DeserializeOwned>(
    line: Line<&serde_json::value::RawValue>,
    at: RecordRef,
) -> Result<Record<T>, serde_json::Error> {
    let data = serde_json::from_str(line.data.get())?;
    let Line { id, account, region, source, at: observed, .. } = line;
    Ok(Record { at, id, account, region, source, observed, data })
}

fn gap(line: Line<&serde_json::value::RawValue>, at: RecordRef) -> Result<Record<Arc<Gap>>, serde_json::Error> {
    let Record { id, account, region, source, observed, data, .. } = record::<Gap>(line, at)?;
    let data = Arc::new(Gap { at: Some(at), ..data });
    Ok(Record { at, id, account, region, source, observed, data })
}

//! Amazon RDS: what stands between clients and instances (custom endpoints, proxies), and the certificate authorities of a region.
//! Shapes: Amazon RDS API Reference, Data Types.

use jiff::Timestamp;

record! {
    /// An endpoint of a cluster, from `rds:DescribeDBClusterEndpoints`.
    struct DbClusterEndpoint / DbClusterEndpointAnswer = "db_cluster_endpoint" {
        /// Name of a custom endpoint; the others have none.
        "DBClusterEndpointIdentifier" db_cluster_endpoint_identifier: String, absent;
        /// ARN of a custom endpoint.
        "DBClusterEndpointArn" db_cluster_endpoint_arn: String, absent;
        /// Name of the cluster.
        "DBClusterIdentifier" db_cluster_identifier: String, unknown;
        /// Host name.
        "Endpoint" endpoint: String, absent;
        /// `available`, `creating`, `inactive`, …
        "Status" status: String, unknown;
        /// `WRITER`, `READER` or `CUSTOM`.
        "EndpointType" endpoint_type: String, unknown;
        /// What a custom endpoint takes: `READER`, `WRITER` or `ANY`.
        "CustomEndpointType" custom_endpoint_type: String, absent;
        /// Instances that it leads to; when empty, all but the excluded ones.
        "StaticMembers" static_members: Vec<String>, empty;
        /// Instances that it does not lead to.
        "ExcludedMembers" excluded_members: Vec<String>, empty;
    }
}

record! {
    /// A proxy, from `rds:DescribeDBProxies`.
    struct DbProxy / DbProxyAnswer = "db_proxy_record" {
        /// Name of the proxy.
        "DBProxyName" db_proxy_name: String, unknown;
        /// ARN of the proxy.
        "DBProxyArn" db_proxy_arn: String, unknown;
        /// Lifecycle status, as in `available`.
        "Status" status: String, unknown;
        /// Protocol that it speaks: `MYSQL`, `POSTGRESQL` or `SQLSERVER`.
        "EngineFamily" engine_family: String, unknown;
        /// VPC.
        "VpcId" vpc_id: String, unknown;
        /// Security groups.
        "VpcSecurityGroupIds" vpc_security_group_ids: Vec<String>, empty;
        /// Subnets.
        "VpcSubnetIds" vpc_subnet_ids: Vec<String>, empty;
        /// How clients authenticate to it, and it to the database.
        "Auth" auth: Vec<UserAuthConfigInfo>, empty;
        /// How it authenticates where `Auth` does not say: `NONE` or `IAM_AUTH`.
        "DefaultAuthScheme" default_auth_scheme: String, absent;
        /// Role by which it reads the secrets.
        "RoleArn" role_arn: String, unknown;
        /// Host name of its default endpoint.
        "Endpoint" endpoint: String, absent;
        /// Whether clients must use TLS.
        "RequireTLS" require_tls: bool, unknown;
        /// Whether statements, which may hold secrets, are logged.
        "DebugLogging" debug_logging: bool, unknown;
    }
}

record! {
    /// One way to authenticate through a proxy.
    struct UserAuthConfigInfo / UserAuthConfigInfoAnswer = "user_auth_config_info" {
        /// `SECRETS`.
        "AuthScheme" auth_scheme: String, absent;
        /// Secret with the user's password.
        "SecretArn" secret_arn: String, absent;
        /// Database user.
        "UserName" user_name: String, absent;
        /// Whether clients must use IAM: `DISABLED`, `REQUIRED` or `ENABLED`.
        "IAMAuth" iam_auth: String, absent;
        /// Authentication plugin that the proxy offers to clients.
        "ClientPasswordAuthType" client_password_auth_type: String, absent;
    }
}

record! {
    /// An endpoint of a proxy, from `rds:DescribeDBProxyEndpoints`.
    struct DbProxyEndpoint / DbProxyEndpointAnswer = "db_proxy_endpoint" {
        /// Name of the endpoint.
        "DBProxyEndpointName" db_proxy_endpoint_name: String, unknown;
        /// ARN of the endpoint.
        "DBProxyEndpointArn" db_proxy_endpoint_arn: String, unknown;
        /// Name of its proxy.
        "DBProxyName" db_proxy_name: String, unknown;
        /// Lifecycle status.
        "Status" status: String, unknown;
        /// VPC, which may be another one than the proxy's.
        "VpcId" vpc_id: String, unknown;
        /// Security groups.
        "VpcSecurityGroupIds" vpc_security_group_ids: Vec<String>, empty;
        /// Subnets.
        "VpcSubnetIds" vpc_subnet_ids: Vec<String>, empty;
        /// Host name.
        "Endpoint" endpoint: String, absent;
        /// `READ_WRITE` or `READ_ONLY`.
        "TargetRole" target_role: String, unknown;
        /// Whether it is the proxy's default endpoint.
        "IsDefault" is_default: bool, unknown;
    }
}

record! {
    /// What one proxy leads to, from `rds:DescribeDBProxyTargets`.
    struct DbProxyTargets / DbProxyTargetsAnswer = "db_proxy_targets" {
        /// Name of the proxy.
        "DBProxyName" db_proxy_name: String, unknown;
        /// Its targets.
        "Targets" targets: Vec<DbProxyTarget>, empty;
    }
}

record! {
    /// One target of a proxy.
    struct DbProxyTarget / DbProxyTargetAnswer = "db_proxy_target" {
        /// ARN of the target.
        "TargetArn" target_arn: String, absent;
        /// `TRACKED_CLUSTER`, `RDS_INSTANCE` or `RDS_SERVERLESS_ENDPOINT`.
        "Type" kind: String, unknown;
        /// Name of the cluster, of a target that is one or belongs to one.
        "TrackedClusterId" tracked_cluster_id: String, absent;
        /// Name of the instance, or of the cluster.
        "RdsResourceId" rds_resource_id: String, unknown;
    }
}

record! {
    /// A certificate authority of Amazon RDS in a region, from `rds:DescribeCertificates`.
    struct CertificateAuthority / CertificateAuthorityAnswer = "certificate_authority" {
        /// Its name, as in `rds-ca-rsa2048-g1`.
        "CertificateIdentifier" certificate_identifier: String, unknown;
        /// ARN of the authority.
        "CertificateArn" certificate_arn: String, unknown;
        /// SHA-1 of its certificate, in hexadecimal.
        "Thumbprint" thumbprint: String, unknown;
        /// Start of its validity.
        "ValidFrom" valid_from: Timestamp, unknown;
        /// End of its validity.
        "ValidTill" valid_till: Timestamp, unknown;
        /// Whether it is what new instances of this account get in place of AWS's default.
        "CustomerOverride" customer_override: bool, unknown;
    }
}

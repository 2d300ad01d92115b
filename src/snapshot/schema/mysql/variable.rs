//! Global variables.

record! {
    /// The global variables that decide security, from `SHOW GLOBAL VARIABLES`, of each instance that could be logged in to. A variable
    /// is absent when the server does not have it.
    struct GlobalVariables / GlobalVariablesAnswer = "mysql_global_variables" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// Whether connections without TLS are refused: `ON` or `OFF`.
        "require_secure_transport" require_secure_transport: String, absent;
        /// TLS versions that the server accepts, as in `TLSv1.2,TLSv1.3`.
        "tls_version" tls_version: String, absent;
        /// Cipher suites up to TLS 1.2.
        "ssl_cipher" ssl_cipher: String, absent;
        /// Cipher suites of TLS 1.3.
        "tls_ciphersuites" tls_ciphersuites: String, absent;
        /// Whether clients may load files of theirs: `ON` or `OFF`.
        "local_infile" local_infile: String, absent;
        /// Whether functions are trusted under binary logging: `ON` or `OFF`.
        "log_bin_trust_function_creators" log_bin_trust_function_creators: String, absent;
        /// SQL modes, as a comma-separated list.
        "sql_mode" sql_mode: String, absent;
        /// Roles that every account has, as a comma-separated list.
        "mandatory_roles" mandatory_roles: String, absent;
        /// Whether granted roles are active at login: `ON` or `OFF`.
        "activate_all_roles_on_login" activate_all_roles_on_login: String, absent;
        /// Whether privileges can be revoked for single schemas: `ON` or `OFF`.
        "partial_revokes" partial_revokes: String, absent;
        /// Days until passwords expire; `0` for never.
        "default_password_lifetime" default_password_lifetime: String, absent;
        /// Plugin of accounts that name none (up to 8.0).
        "default_authentication_plugin" default_authentication_plugin: String, absent;
        /// Plugins that accounts may use (from 8.0.27).
        "authentication_policy" authentication_policy: String, absent;
        /// Whether host names of clients are looked up: `ON` or `OFF`.
        "skip_name_resolve" skip_name_resolve: String, absent;
        /// Whether Aurora's audit log is on: `ON`, `OFF`, `1` or `0`.
        "server_audit_logging" server_audit_logging: String, absent;
        /// Events that go into the audit log.
        "server_audit_events" server_audit_events: String, absent;
        /// Whether the general log is on: `ON` or `OFF`.
        "general_log" general_log: String, absent;
        /// Whether mandatory roles are active at login (from 9.5): `ON` or `OFF`.
        "activate_mandatory_roles" activate_mandatory_roles: String, absent;
        /// Whether plugins that know no proxies look for them: `ON` or `OFF`.
        "check_proxy_users" check_proxy_users: String, absent;
        /// Whether accounts of `mysql_native_password` may be proxies: `ON` or `OFF`.
        "mysql_native_password_proxy_users" mysql_native_password_proxy_users: String, absent;
        /// Whether accounts of `sha256_password` may be proxies: `ON` or `OFF`.
        "sha256_password_proxy_users" sha256_password_proxy_users: String, absent;
        /// Whether the maker of a routine gets privileges on it: `ON` or `OFF`.
        "automatic_sp_privileges" automatic_sp_privileges: String, absent;
        /// How names of schemas and tables are compared: `0` as written, `1` and `2` without regard to case.
        "lower_case_table_names" lower_case_table_names: String, absent;
        /// Connections that an account may have at a time; `0` for any number.
        "max_user_connections" max_user_connections: String, absent;
        /// Passwords before one may be used again; `0` for none.
        "password_history" password_history: String, absent;
        /// Days before a password may be used again; `0` for none.
        "password_reuse_interval" password_reuse_interval: String, absent;
        /// Whether the current password must be told to change it: `ON` or `OFF`.
        "password_require_current" password_require_current: String, absent;
        /// Whether clients that cannot change an expired password are refused: `ON` or `OFF`.
        "disconnect_on_expired_password" disconnect_on_expired_password: String, absent;
        /// Whether Aurora's password validation is on (from 8.4).
        "aurora_enable_validate_password_component" aurora_enable_validate_password_component: String, absent;
        /// Password validation of the plugin (up to 8.0): `LOW`, `MEDIUM` or `STRONG`.
        "validate_password_policy" validate_password_policy: String, absent;
        /// Least length of passwords by the plugin.
        "validate_password_length" validate_password_length: String, absent;
        /// Wrong logins in a row before answers are delayed, by the plugin.
        "connection_control_failed_connections_threshold" connection_control_failed_connections_threshold: String, absent;
        /// Whether passwords that cannot be validated are refused (MariaDB): `ON` or `OFF`.
        "strict_password_validation" strict_password_validation: String, absent;
        /// Accounts whose activity is logged; empty for all.
        "server_audit_incl_users" server_audit_incl_users: String, absent;
        /// Accounts whose activity is not logged.
        "server_audit_excl_users" server_audit_excl_users: String, absent;
        /// Whether the audit log goes to CloudWatch Logs: `ON`, `OFF`, `1` or `0`.
        "server_audit_logs_upload" server_audit_logs_upload: String, absent;
        /// Whether hashes are masked in the audit and general logs; `1` for yes.
        "aurora_mask_password_hashes_type" aurora_mask_password_hashes_type: String, absent;
        /// Whether the slow query log is on: `ON` or `OFF`.
        "slow_query_log" slow_query_log: String, absent;
        /// Where logs go: `FILE`, `TABLE`, `NONE`.
        "log_output" log_output: String, absent;
        /// Whether changes are logged for replication: `ON` or `OFF`.
        "log_bin" log_bin: String, absent;
        /// Form of the binary log: `ROW`, `STATEMENT`, `MIXED` or `OFF`.
        "binlog_format" binlog_format: String, absent;
        /// Whether `SHOW DATABASES` needs its privilege: `ON` or `OFF`.
        "skip_show_database" skip_show_database: String, absent;
        /// Whether events run: `ON`, `OFF` or `DISABLED`.
        "event_scheduler" event_scheduler: String, absent;
        /// The folder that files may be read from and written to; empty for any, `NULL` for none.
        "secure_file_priv" secure_file_priv: String, absent;
        /// How `PASSWORD()` hashes (up to 5.7): `1` for the form before 4.1.
        "old_passwords" old_passwords: String, absent;
        /// Whether passwords in the form before 4.1 are refused: `ON` or `OFF`.
        "secure_auth" secure_auth: String, absent;
        /// Whether the server offers TLS (up to 8.0): `YES`, `DISABLED` or `NO`.
        "have_ssl" have_ssl: String, absent;
        /// Mode of `AES_ENCRYPT()`.
        "block_encryption_mode" block_encryption_mode: String, absent;
        /// ARN of the role with which the server reaches Amazon S3.
        "aws_default_s3_role" aws_default_s3_role: String, absent;
        /// ARN of the role for `LOAD DATA FROM S3`.
        "aurora_load_from_s3_role" aurora_load_from_s3_role: String, absent;
        /// ARN of the role for `SELECT INTO OUTFILE S3`.
        "aurora_select_into_s3_role" aurora_select_into_s3_role: String, absent;
        /// ARN of the role with which the server calls AWS Lambda.
        "aws_default_lambda_role" aws_default_lambda_role: String, absent;
        /// ARN of the role with which the server calls Amazon `SageMaker`.
        "aws_default_sagemaker_role" aws_default_sagemaker_role: String, absent;
        /// ARN of the role with which the server calls Amazon Comprehend.
        "aws_default_comprehend_role" aws_default_comprehend_role: String, absent;
        /// ARN of the role with which the server calls Amazon Bedrock.
        "aws_default_bedrock_role" aws_default_bedrock_role: String, absent;
        /// Password validation of the component (from 8.0): `LOW`, `MEDIUM` or `STRONG`.
        "validate_password.policy" validate_password_component_policy: String, absent;
        /// Least length of passwords by the component.
        "validate_password.length" validate_password_component_length: String, absent;
        /// Whether a password may not be the user name, by the component: `ON` or `OFF`.
        "validate_password.check_user_name" validate_password_component_check_user_name: String, absent;
        /// Wrong logins in a row before answers are delayed, by the component.
        "component_connection_control.failed_connections_threshold" component_connection_control_failed_connections_threshold: String, absent;
    }
}

//! Accounts that Amazon RDS makes and keeps; a customer can neither drop nor change them.
//! Amazon Aurora User Guide, "Master user account privileges" and "Role-based privilege model"; MySQL Reference Manual, "Reserved Accounts".

/// User and host of each, and whether only a bare account of that name is meant: `rdsproxyadmin` is reserved from Aurora
/// MySQL 8.4 on only, so before that one with privileges may be a customer's.
const SERVICE_ACCOUNTS: &[(&str, &str, bool)] = &[
    ("AWS_BEDROCK_ACCESS", "%", false),
    ("AWS_COMPREHEND_ACCESS", "%", false),
    ("AWS_LAMBDA_ACCESS", "%", false),
    ("AWS_LOAD_S3_ACCESS", "%", false),
    ("AWS_SAGEMAKER_ACCESS", "%", false),
    ("AWS_SELECT_S3_ACCESS", "%", false),
    ("mysql.infoschema", "localhost", false),
    ("mysql.session", "localhost", false),
    ("mysql.sys", "localhost", false),
    ("rds_superuser_role", "%", false),
    ("rdsadmin", "localhost", false),
    ("rdsgrprepladmin", "%", false),
    ("rdsproxyadmin", "%", true),
    ("rdsrepladmin", "%", false),
    ("rdsrepladmin_priv_checks_user", "localhost", false),
];

/// Whether the account is one of RDS's own. `bare` says that it holds no global privilege.
pub fn is_service_account(user: &str, host: &str, bare: bool) -> bool {
    let same = |(service_user, service_host, _): &&(&str, &str, bool)| {
        *service_user == user && host.eq_ignore_ascii_case(service_host)
    };
    SERVICE_ACCOUNTS.iter().find(same).is_some_and(|(_, _, only_bare)| bare || !only_bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_accounts_by_user_and_host() {
        for (user, host, bare, expected) in [
            ("rdsadmin", "localhost", false, true),
            ("rdsadmin", "%", false, false),
            ("RDSADMIN", "localhost", false, false),
            ("rdsproxyadmin", "%", true, true),
            ("rdsproxyadmin", "%", false, false),
            ("admin", "%", true, false),
        ] {
            assert_eq!(is_service_account(user, host, bare), expected, "{user}@{host}");
        }
    }
}

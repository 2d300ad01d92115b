//! What is asked of an account, and how: one SQL expression a value. Wherever a hash is in it, the server computes with the hash and
//! tells the result alone.

use super::super::context::Context;

/// A value of an account: its key in the record, the column that it is made from, the version that brought the column, and how
/// it is asked for.
pub(super) struct Value {
    pub(super) field: &'static str,
    pub(super) column: &'static str,
    pub(super) since: &'static str,
    pub(super) sql: &'static str,
}

const fn value(field: &'static str, column: &'static str, since: &'static str, sql: &'static str) -> Value {
    Value { field, column, since, sql }
}

/// The values that this server may have.
pub(super) fn values(context: &Context<'_>) -> Vec<Value> {
    if context.is_mariadb() {
        return OF_MARIADB.map(|(field, sql)| value(field, "Priv", "", sql)).into();
    }
    let of_password = if context.is_older_than("5.7") { BEFORE_57 } else { SINCE_57 };
    // Since 9.0 there is no plugin without a salt, and soon after no function to compute its hash.
    let equal = if context.is_older_than("9.0") { of_password.equal } else { "NULL" };
    let hash = of_password.column;
    OF_MYSQL
        .into_iter()
        .chain([
            value("authentication_string_empty", hash, "", of_password.empty),
            value("password_is_user_name", hash, "", equal),
            value("password_format", hash, "", of_password.format),
        ])
        .collect()
}

const OF_MYSQL: [Value; 19] = [
    value("plugin", "plugin", "5.5.7", "plugin"),
    value("ssl_type", "ssl_type", "4.0", "ssl_type"),
    value("ssl_cipher", "ssl_cipher", "4.0", "NULLIF(CONVERT(ssl_cipher USING utf8mb4), '')"),
    value("x509_issuer", "x509_issuer", "4.0", "NULLIF(CONVERT(x509_issuer USING utf8mb4), '')"),
    value("x509_subject", "x509_subject", "4.0", "NULLIF(CONVERT(x509_subject USING utf8mb4), '')"),
    value("max_user_connections", "max_user_connections", "5.0", "max_user_connections"),
    value("account_locked", "account_locked", "5.7.6", "account_locked"),
    value("password_expired", "password_expired", "5.6.6", "password_expired"),
    value("password_last_changed", "password_last_changed", "5.7.4", "UNIX_TIMESTAMP(password_last_changed)"),
    value("password_lifetime", "password_lifetime", "5.7.4", "password_lifetime"),
    value("Password_reuse_history", "Password_reuse_history", "8.0.3", "Password_reuse_history"),
    value("Password_reuse_time", "Password_reuse_time", "8.0.3", "Password_reuse_time"),
    value("Password_require_current", "Password_require_current", "8.0.13", "Password_require_current"),
    // The document also holds a second password's hash; only these parts of it are asked for.
    value("Restrictions", ATTRIBUTES, "8.0.14", "JSON_EXTRACT(User_attributes, '$.Restrictions')"),
    value(
        "failed_login_attempts",
        ATTRIBUTES,
        "8.0.14",
        "JSON_EXTRACT(User_attributes, '$.Password_locking.failed_login_attempts')",
    ),
    value(
        "password_lock_time_days",
        ATTRIBUTES,
        "8.0.14",
        "JSON_EXTRACT(User_attributes, '$.Password_locking.password_lock_time_days')",
    ),
    value(
        "additional_password",
        ATTRIBUTES,
        "8.0.14",
        "COALESCE(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password'), 0)",
    ),
    value(
        "multi_factor_authentication",
        ATTRIBUTES,
        "8.0.14",
        "JSON_EXTRACT(User_attributes, '$.multi_factor_authentication[*].plugin')",
    ),
    // Of MySQL nobody asks: its roles are accounts like any other.
    value("is_role", "is_role", "999", "NULL"),
];

const ATTRIBUTES: &str = "User_attributes";

/// What is asked about a hash.
struct OfPassword {
    /// The column that must be readable.
    column: &'static str,
    empty: &'static str,
    equal: &'static str,
    format: &'static str,
    /// The hash, where it has no salt; else NULL. It never leaves the server.
    unsalted: &'static str,
}

/// A password is in one of two columns.
const BEFORE_57: OfPassword = OfPassword {
    column: "Password",
    empty: "(Password = '' AND COALESCE(authentication_string, '') = '')",
    equal: "CASE WHEN LENGTH(Password) = 41 THEN Password = PASSWORD(User) END",
    format: "CASE LENGTH(Password) WHEN 0 THEN NULL WHEN 16 THEN 'pre-4.1' ELSE 'native' END",
    unsalted: "NULLIF(Password, '')",
};

const SINCE_57: OfPassword = OfPassword {
    column: "authentication_string",
    empty: "(COALESCE(authentication_string, '') = '')",
    equal: "CASE WHEN plugin = 'mysql_native_password' AND authentication_string <> '' \
            THEN authentication_string = CONCAT('*', UPPER(SHA1(UNHEX(SHA1(User))))) END",
    format: "CASE WHEN COALESCE(authentication_string, '') = '' OR plugin = 'AWSAuthenticationPlugin' THEN NULL \
             WHEN plugin = 'mysql_native_password' THEN 'native' ELSE 'plugin' END",
    unsalted: "CASE WHEN plugin = 'mysql_native_password' THEN NULLIF(authentication_string, '') END",
};

/// Of `mysql.global_priv`, which is one JSON document an account.
const OF_MARIADB: [(&str, &str); 16] = [
    ("plugin", "COALESCE(JSON_VALUE(Priv, '$.plugin'), '')"),
    ("auth_or", "JSON_EXTRACT(Priv, '$.auth_or[*].plugin')"),
    (
        "ssl_type",
        "CASE COALESCE(JSON_VALUE(Priv, '$.ssl_type'), 0) WHEN 0 THEN '' WHEN 1 THEN 'ANY' WHEN 2 THEN 'X509' ELSE 'SPECIFIED' END",
    ),
    ("ssl_cipher", "NULLIF(JSON_VALUE(Priv, '$.ssl_cipher'), '')"),
    ("x509_issuer", "NULLIF(JSON_VALUE(Priv, '$.x509_issuer'), '')"),
    ("x509_subject", "NULLIF(JSON_VALUE(Priv, '$.x509_subject'), '')"),
    ("max_user_connections", "COALESCE(JSON_VALUE(Priv, '$.max_user_connections'), 0)"),
    ("account_locked", "COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0)"),
    ("password_expired", "(COALESCE(JSON_VALUE(Priv, '$.password_last_changed'), 1) = 0)"),
    ("password_last_changed", "NULLIF(JSON_VALUE(Priv, '$.password_last_changed'), 0)"),
    ("password_lifetime", "NULLIF(JSON_VALUE(Priv, '$.password_lifetime'), -1)"),
    ("authentication_string_empty", "(COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '')"),
    (
        "password_is_user_name",
        "CASE WHEN LENGTH(JSON_VALUE(Priv, '$.authentication_string')) = 41 \
         AND COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password') \
         THEN JSON_VALUE(Priv, '$.authentication_string') = CONCAT('*', UPPER(SHA1(UNHEX(SHA1(User))))) END",
    ),
    (
        "password_format",
        "CASE WHEN COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '' THEN NULL \
         WHEN COALESCE(JSON_VALUE(Priv, '$.plugin'), '') NOT IN ('', 'mysql_native_password', 'mysql_old_password') THEN 'plugin' \
         WHEN LENGTH(JSON_VALUE(Priv, '$.authentication_string')) = 16 THEN 'pre-4.1' ELSE 'native' END",
    ),
    ("is_role", "COALESCE(JSON_VALUE(Priv, '$.is_role'), 0)"),
    (
        "access",
        "CONCAT_WS(' ', COALESCE(JSON_VALUE(Priv, '$.access'), 0), COALESCE(JSON_VALUE(Priv, '$.version_id'), 0))",
    ),
];

const UNSALTED_OF_MARIADB: &str = "CASE WHEN COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password', \
     'mysql_old_password') AND JSON_VALUE(Priv, '$.authentication_string') <> 'invalid' \
     THEN NULLIF(JSON_VALUE(Priv, '$.authentication_string'), '') END";

/// Asks which accounts have the same hash: each under the first of its like, and nothing of those that have no like.
pub(super) fn twins(context: &Context<'_>) -> String {
    let (table, secret) = if context.is_mariadb() {
        ("mysql.global_priv", UNSALTED_OF_MARIADB)
    } else if context.is_older_than("5.7") {
        ("mysql.user", BEFORE_57.unsalted)
    } else {
        ("mysql.user", SINCE_57.unsalted)
    };
    format!(
        "SELECT one.User, one.Host, many.first FROM (SELECT User, Host, {secret} AS secret FROM {table}) one JOIN \
         (SELECT MIN(CONCAT(QUOTE(User), '@', QUOTE(Host))) AS first, {secret} AS secret FROM {table} \
         GROUP BY {secret} HAVING COUNT(*) > 1 AND secret IS NOT NULL) many ON one.secret = many.secret"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::context::tests::{cluster, context};
    use super::*;
    use crate::snapshot::schema::mysql::Flavour;
    use crate::snapshot::schema::rds::Engine;

    /// What remains of an expression without what computes with the hash.
    fn bare(sql: &str) -> String {
        let mut sql = sql.to_owned();
        for harmless in [
            "(COALESCE(authentication_string, '') = '')",
            "COALESCE(authentication_string, '') = ''",
            "authentication_string <> ''",
            "authentication_string = CONCAT",
            "LENGTH(Password)",
            "Password = PASSWORD(User)",
            "Password = ''",
            "COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = ''",
            "JSON_VALUE(Priv, '$.authentication_string') = CONCAT",
            "LENGTH(JSON_VALUE(Priv, '$.authentication_string'))",
        ] {
            sql = sql.replace(harmless, "");
        }
        sql
    }

    #[test]
    fn no_value_is_a_hash() {
        let cluster = cluster(Engine::AuroraMysql);
        for (version, flavour) in [
            ("5.6.10", Flavour::Aurora),
            ("5.7.44", Flavour::Aurora),
            ("8.0.39", Flavour::Aurora),
            ("9.7.4", Flavour::Mysql),
            ("10.11.19", Flavour::Mariadb),
        ] {
            for value in values(&context(&cluster, version, Some(flavour.clone()))) {
                let sql = bare(value.sql);
                assert!(!sql.contains("authentication_string"), "{version} {}: {sql}", value.field);
                let whole_document = sql.contains("Priv") && !sql.contains("JSON_") || sql == ATTRIBUTES;
                let password = sql.contains("Password")
                    && !value.field.starts_with("Password_")
                    && !sql.contains("Password_locking");
                assert!(!password && !whole_document, "{version} {}: {sql}", value.field);
            }
        }
    }

    #[test]
    fn twins_are_told_by_name_alone() {
        let cluster = cluster(Engine::AuroraMysql);
        for version in ["5.6.10", "8.0.39"] {
            let sql = twins(&context(&cluster, version, Some(Flavour::Aurora)));
            assert!(sql.starts_with("SELECT one.User, one.Host, many.first FROM"), "{sql}");
        }
    }
}

//! Accounts, and roles as far as they are accounts.

use jiff::Timestamp;

vocabulary! {
    /// What `REQUIRE` demands of an account's connections (`mysql.user.ssl_type`).
    enum SslType = "ssl_type" {
        /// Nothing.
        None = "",
        /// `REQUIRE SSL`.
        Any = "ANY",
        /// `REQUIRE X509`.
        X509 = "X509",
        /// `REQUIRE SUBJECT`, `ISSUER` or `CIPHER`.
        Specified = "SPECIFIED",
    }
}

vocabulary! {
    /// How a password is hashed, told by the length of the hash alone.
    enum PasswordFormat = "password_format" {
        /// 16 characters: before MySQL 4.1, and readable within hours.
        Pre41 = "pre-4.1",
        /// 41 characters: SHA-1 without a salt.
        Native = "native",
        /// Any other form, as of plugins with a salt.
        Plugin = "plugin",
    }
}

record! {
    /// An account or a role: a row of `mysql.user`, or of `mysql.global_priv` on MariaDB.
    struct Account / AccountAnswer = "mysql_account" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// User name; empty for the anonymous account.
        "User" user: String, unknown;
        /// Host pattern that clients must match; empty for a role of MariaDB.
        "Host" host: String, unknown;
        /// Authentication plugin.
        "plugin" plugin: String, unknown;
        /// Plugins any of which admits the account (`IDENTIFIED VIA … OR …` of MariaDB); absent where there is one only.
        "auth_or" auth_or: Vec<String>, absent;
        /// Plugins of the second and third authentication factor (from 8.0.27); absent without them.
        "multi_factor_authentication" multi_factor_authentication: Vec<String>, absent;
        /// Whether `authentication_string` is empty; the server computes it, the value itself is never read.
        "authentication_string_empty" authentication_string_empty: bool, unknown;
        /// Whether the password is the user name; the server computes it. Absent where the hash has a salt or there is none.
        "password_is_user_name" password_is_user_name: bool, absent;
        /// Other accounts with the same password hash, each as `'user'@'host'`, sorted, at most 20 of them; the server computes it.
        /// Absent where no other account has the same, where the hash has a salt, and where there is none.
        "same_password_as" same_password_as: Vec<String>, absent;
        /// How the password is hashed, by the length of the hash; absent without a password.
        "password_format" password_format: PasswordFormat, absent;
        /// Whether a second password is still accepted (`RETAIN CURRENT PASSWORD`, from 8.0.14); absent on servers without.
        "additional_password" additional_password: bool, absent;
        /// What `REQUIRE` demands.
        "ssl_type" ssl_type: SslType, unknown;
        /// Cipher that `REQUIRE CIPHER` demands; absent without.
        "ssl_cipher" ssl_cipher: String, absent;
        /// Issuer that `REQUIRE ISSUER` demands; absent without.
        "x509_issuer" x509_issuer: String, absent;
        /// Subject that `REQUIRE SUBJECT` demands; absent without.
        "x509_subject" x509_subject: String, absent;
        /// Connections that the account may have at a time; `0` means the server's default.
        "max_user_connections" max_user_connections: i64, unknown;
        /// Whether the account is locked; absent on servers older than 5.7.
        "account_locked" account_locked: bool, absent;
        /// Whether the password is expired.
        "password_expired" password_expired: bool, unknown;
        /// When the password was set.
        "password_last_changed" password_last_changed: Timestamp, absent;
        /// Days until the password expires; none means the server's default.
        "password_lifetime" password_lifetime: i64, absent;
        /// Passwords before one may be used again; none means the server's default.
        "Password_reuse_history" password_reuse_history: i64, absent;
        /// Days before a password may be used again; none means the server's default.
        "Password_reuse_time" password_reuse_time: i64, absent;
        /// Whether the current password must be told to change it; none means the server's default.
        "Password_require_current" password_require_current: bool, absent;
        /// Wrong passwords in a row that lock the account (from 8.0.19); none means that they never do.
        "failed_login_attempts" failed_login_attempts: i64, absent;
        /// Days that they lock it for, `-1` for ever (from 8.0.19).
        "password_lock_time_days" password_lock_time_days: i64, absent;
        /// Whether it was made by `CREATE ROLE`; absent on MySQL, whose roles are accounts like any other.
        "is_role" is_role: bool, absent;
        /// Static global privileges held, in the words of `GRANT` (`SELECT`, `CREATE USER`, …), sorted, `GRANT OPTION` among them.
        "Privileges" privileges: Vec<String>, unknown;
        /// Schemas in which global privileges are partially revoked, each with the privileges; none before 8.0.16.
        "Restrictions" restrictions: Vec<Restriction>, absent;
        /// Whether the server works with other grants than its tables hold, because they were written by `INSERT`, `UPDATE` or
        /// `DELETE` and not flushed: the tables compared with what the server shows as granted. Absent where the tables cannot
        /// be written that way (Aurora from MySQL 8.0 on).
        "Unflushed" unflushed: bool, absent;
    }
}

record! {
    /// Global privileges that an account does not have in one schema (`mysql.user.User_attributes`, `Restrictions`).
    struct Restriction / RestrictionAnswer = "mysql_restriction" {
        /// The schema.
        "Database" database: String, unknown;
        /// The privileges.
        "Privileges" privileges: Vec<String>, unknown;
    }
}

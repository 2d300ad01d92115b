//! Accounts and the credentials in them: the root user, and every IAM user's password, MFA device and access keys.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::estate::Estate;
use super::found::{Found, unread};
use super::index::{Scope, Table};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::iam::{AccountSummary, CredentialReportRow};

facts! {
    /// An AWS account.
    struct AwsAccount = "aws_account" on AccountSummary {
        /// Its number.
        id: String => id;
        /// Whether the root user has MFA.
        root_mfa: Derived<bool> => root_mfa;
        /// Whether the root user has access keys.
        root_access_keys: Derived<bool> => root_access_keys;
    }
}

facts! {
    /// The credentials of an IAM user, as the credential report has them. Days are counted at the time of the report.
    struct UserCredentials = "user_credentials" on CredentialReportRow {
        /// Days since the older of the active access keys was made; absent without an active key.
        oldest_active_key_days: Derived<i64> => oldest_active_key_days, optional;
        /// Days since the password or an active key was used that was used last, or since they were made when they never were;
        /// absent without any of them. The longest of them counts.
        unused_days: Derived<i64> => unused_days, optional;
    }
}

/// The summaries of an account's scope.
pub(super) fn aws_accounts(estate: &Estate, scope: &Scope) -> Found<AwsAccount> {
    const SOURCE: &str = "iam:GetAccountSummary";
    let mut found = Found::default();
    let records = &estate.snapshot.records.account_summaries;
    let newest = records.iter().filter(|it| it.account == scope.0).max_by_key(|it| it.observed);
    match newest {
        Some(record) => found.present.push(Arc::new(aws_account(record))),
        None => found.unread.push(unread("aws_account", scope, &scope.0, estate.index.why(scope, SOURCE, None))),
    }
    found
}

/// The users of an account's credential report; the root user is judged with its account.
pub(super) fn user_credentials(estate: &Estate, scope: &Scope) -> Found<UserCredentials> {
    const SOURCE: &str = "iam:GetCredentialReport";
    let rows = Table::new(&estate.index, scope, SOURCE, &estate.snapshot.records.credential_reports, |row| &row.user);
    let users = rows.present().filter(|row| row.data.user.known().is_none_or(|user| user != "<root_account>"));
    let mut found = Found { present: users.map(credentials).collect(), ..Found::default() };
    if let Some(why) = rows.incomplete() {
        let what = format!("the credential report of {}", scope.0);
        found.unread.push(unread("iam_user", scope, &what, why.clone()));
    }
    found
}

fn aws_account(record: &Arc<Record<AccountSummary>>) -> AwsAccount {
    let (id, root_mfa, root_access_keys) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
    AwsAccount { record: Arc::clone(record), id, root_mfa, root_access_keys }
}

fn credentials(record: &Arc<Record<CredentialReportRow>>) -> Arc<UserCredentials> {
    let (oldest_active_key_days, unused_days) = (OnceLock::new(), OnceLock::new());
    Arc::new(UserCredentials { record: Arc::clone(record), oldest_active_key_days, unused_days })
}

fn id(account: &AwsAccount) -> String {
    account.record.account.clone()
}

fn root_mfa(account: &AwsAccount) -> Derived<bool> {
    flag(&account.record, "AccountMFAEnabled", &account.record.data.account_mfa_enabled)
}

fn root_access_keys(account: &AwsAccount) -> Derived<bool> {
    flag(&account.record, "AccountAccessKeysPresent", &account.record.data.account_access_keys_present)
}

fn flag<T>(record: &Record<T>, key: &str, value: &Fact<i64>) -> Derived<bool> {
    let flag = value.clone().and_then(|number| match number {
        0 => Fact::Known(false),
        1.. => Fact::Known(true),
        _ => Fact::Unknown(Why::Unreadable { detail: format!("{key} is {number}").into() }),
    });
    Derived::new(flag, vec![Place::data_of(record.at).member(key)])
}

/// A credential: whether it is active, when it was made, when it was used, and the keys that say so.
struct Credential<'a> {
    active: Fact<bool>,
    made: &'a Fact<Timestamp>,
    used: &'a Fact<Timestamp>,
    keys: [&'static str; 3],
}

fn access_keys(row: &CredentialReportRow) -> [Credential<'_>; 2] {
    [
        Credential {
            active: row.access_key_1_active.clone(),
            made: &row.access_key_1_last_rotated,
            used: &row.access_key_1_last_used_date,
            keys: ["access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date"],
        },
        Credential {
            active: row.access_key_2_active.clone(),
            made: &row.access_key_2_last_rotated,
            used: &row.access_key_2_last_used_date,
            keys: ["access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date"],
        },
    ]
}

fn password(row: &CredentialReportRow) -> Credential<'_> {
    Credential {
        active: match &row.password_enabled {
            Fact::Absent => Fact::Known(false),
            enabled => enabled.clone(),
        },
        made: match &row.password_last_changed {
            Fact::Absent => &row.user_creation_time,
            changed => changed,
        },
        used: &row.password_last_used,
        keys: ["password_enabled", "password_last_changed", "password_last_used"],
    }
}

fn oldest_active_key_days(user: &UserCredentials) -> Derived<i64> {
    let keys = access_keys(&user.record.data);
    longest(user, &keys, |credential| credential.made.clone())
}

fn unused_days(user: &UserCredentials) -> Derived<i64> {
    let row = &user.record.data;
    let [first, second] = access_keys(row);
    longest(user, &[password(row), first, second], |credential| match credential.used {
        Fact::Absent => credential.made.clone(),
        moment => moment.clone(),
    })
}

/// The most days since the moment that `since` finds in an active credential; one that nobody knows makes it unknown.
fn longest(
    user: &UserCredentials,
    credentials: &[Credential<'_>],
    since: impl Fn(&Credential<'_>) -> Fact<Timestamp>,
) -> Derived<i64> {
    let place = Place::data_of(user.record.at);
    let (mut most, mut places) = (Fact::Absent, Vec::new());
    for credential in credentials {
        match &credential.active {
            Fact::Known(false) => continue,
            Fact::Known(true) => {}
            Fact::Absent => return Derived::unknown(Why::NotCollected),
            Fact::Unknown(why) => return Derived::unknown(why.clone()),
        }
        let days = match since(credential) {
            Fact::Known(since) => user.record.observed.duration_since(since).as_hours() / 24,
            Fact::Absent => return Derived::unknown(Why::NotCollected),
            Fact::Unknown(why) => return Derived::unknown(why),
        };
        if most.known().is_none_or(|most| *most < days) {
            most = Fact::Known(days);
            places = credential.keys.iter().map(|key| place.member(key)).collect();
        }
    }
    Derived::new(most, places)
}

//! Who logs in where: the logins that the configuration gives some clusters, then the one of the arguments for the rest.

use super::args::TargetArgs;
use super::error::CliError;
use super::password;
#[cfg(feature = "aws")]
use super::policy::MASTER;
use crate::collect::{Assigned, Chosen, Clusters, Logins};
#[cfg(feature = "aws")]
use crate::collect::{SecretOf, Through};
use crate::config::{ConfigFile, Credential, Proof, Serves};
use crate::model::Secret;
#[cfg(feature = "aws")]
use crate::model::actions::{BEGIN_TRANSACTION, EXECUTE_STATEMENT, GET_SECRET_VALUE, ROLLBACK_TRANSACTION};

/// The logins of a run. Passwords are read here, secrets when a cluster needs them.
pub fn of(args: &TargetArgs, file: Option<&ConfigFile>) -> Result<Logins, CliError> {
    let mut logins = Vec::new();
    for (file, credential) in file.iter().flat_map(|file| file.credentials.iter().map(move |it| (file, it))) {
        logins.push(Assigned { clusters: clusters(&credential.serves), login: of_file(file, credential)? });
    }
    logins.extend(of_arguments(args)?.map(|login| Assigned { clusters: Clusters::All, login }));
    Ok(Logins::new(logins))
}

fn clusters(serves: &Serves) -> Clusters {
    match serves {
        Serves::Clusters(patterns) => Clusters::Named(patterns.clone()),
        Serves::Tag(key, value) => Clusters::Tagged { key: key.clone(), value: value.clone() },
    }
}

fn of_file(file: &ConfigFile, credential: &Credential) -> Result<Chosen, CliError> {
    // The reader of the file saw to it that there is one, but for secrets.
    let user = credential.login.clone().unwrap_or_default();
    let password = match &credential.proof {
        Proof::PasswordEnv(variable) => std::env::var(variable).map(Secret::new).map_err(|_| {
            CliError::CredentialVariable { path: file.path.clone(), line: credential.line, variable: variable.clone() }
        })?,
        Proof::PasswordFile(path) => password::first_line(path)?,
        Proof::Iam => return iam(user),
        Proof::Secret(id) => return secret(id, credential.login.clone(), credential.data_api),
    };
    Ok(Chosen::Password { user, password })
}

#[cfg(feature = "aws")]
#[expect(clippy::unnecessary_wraps, reason = "a build without AWS refuses")]
const fn iam(user: String) -> Result<Chosen, CliError> {
    Ok(Chosen::Iam { user })
}

#[cfg(feature = "aws")]
#[expect(clippy::unnecessary_wraps, reason = "a build without AWS refuses")]
fn secret(id: &str, user: Option<String>, data_api: bool) -> Result<Chosen, CliError> {
    let of = if id == MASTER { SecretOf::Master } else { SecretOf::Named(id.to_owned()) };
    Ok(Chosen::Secret { of, user, through: if data_api { Through::DataApi } else { Through::Connection } })
}

#[cfg(not(feature = "aws"))]
fn iam(_: String) -> Result<Chosen, CliError> {
    Err(CliError::NoAws)
}

#[cfg(not(feature = "aws"))]
fn secret(_: &str, _: Option<String>, _: bool) -> Result<Chosen, CliError> {
    Err(CliError::NoAws)
}

/// The calls to AWS that the logins rest on, without making any.
#[cfg(feature = "aws")]
pub fn calls(args: &TargetArgs, file: Option<&ConfigFile>) -> Vec<&'static str> {
    let credentials = file.map_or(&[][..], |file| file.credentials.as_slice());
    let by_secret = |it: &&Credential| matches!(it.proof, Proof::Secret(_));
    let reads = |data_api: bool| {
        let of_arguments = args.secret.is_some() && args.data_api == data_api;
        of_arguments || credentials.iter().filter(by_secret).any(|it| it.data_api == data_api)
    };
    let mut calls = Vec::new();
    if reads(false) {
        calls.push(GET_SECRET_VALUE);
    }
    if reads(true) {
        calls.extend([BEGIN_TRANSACTION, EXECUTE_STATEMENT, ROLLBACK_TRANSACTION]);
    }
    calls
}

/// Flags and the configuration file have an equal say, so that no flag requires another.
fn of_arguments(args: &TargetArgs) -> Result<Option<Chosen>, CliError> {
    #[cfg(feature = "aws")]
    {
        match (&args.secret, args.data_api) {
            (_, true) if !args.endpoints.is_empty() => return Err(CliError::DataApiOfEndpoint),
            (None, true) => return Err(CliError::DataApiWithoutSecret),
            (Some(id), data_api) => return secret(id, args.login.clone(), data_api).map(Some),
            (None, false) => {}
        }
        if args.iam {
            return args
                .login
                .clone()
                .map(iam)
                .transpose()?
                .map_or(Err(CliError::LoginOfWhom), |login| Ok(Some(login)));
        }
    }
    match args.login.clone() {
        Some(user) => {
            let password = password::read(&user, args.password_file.as_deref())?;
            Ok(Some(Chosen::Password { user, password }))
        }
        None if args.password_file.is_some() => Err(CliError::LoginOfWhom),
        None => Ok(None),
    }
}

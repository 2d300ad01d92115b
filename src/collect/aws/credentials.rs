//! The credentials of the SDK's own chain, for what this program signs itself.

use aws_credential_types::provider::ProvideCredentials;

use super::AwsRequest;
use super::config::{AwsError, load};
use crate::collect::mysql::Keys;
use crate::model::Secret;

/// The keys that tokens of IAM are signed with.
///
/// # Errors
/// When the configuration of AWS cannot be used, or holds no credentials.
pub async fn keys(request: &AwsRequest) -> Result<Keys, AwsError> {
    let config = load(request).await?;
    let provider = config.credentials_provider().ok_or(AwsError::NoCredentials { source: None })?;
    let found = provider.provide_credentials().await;
    let found = found.map_err(|error| AwsError::NoCredentials { source: Some(Box::new(error)) })?;
    Ok(Keys {
        access_key_id: found.access_key_id().to_owned(),
        secret_access_key: Secret::new(found.secret_access_key().to_owned()),
        session_token: found.session_token().map(|token| Secret::new(token.to_owned())),
    })
}

//! An app as the admin API shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Client;

/// The record of the admin API. The last three are the sandbox's own additions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthClient)]
#[allow(clippy::struct_field_names, reason = "the names of the admin API")]
pub(crate) struct ClientView {
    id: String,
    client_id: String,
    client_name: String,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    client_type: ClientType,
    redirect_uris: Vec<String>,
    allowed_scopes: Vec<String>,
    allowed_origins: Vec<String>,
    owner_id: Option<String>,
    brand_id: &'static str,
    is_first_party: bool,
    enabled: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// How long its access tokens live.
    access_token_seconds: u32,
    /// Whether it may ask for scopes that open health data.
    baa: bool,
    webhook_url: Option<String>,
}

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OAuthClientType)]
pub(crate) enum ClientType {
    #[default]
    Confidential,
    Public,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> ClientView {
        ClientView {
            id: client.id,
            client_id: client.client_id,
            client_name: client.client_name,
            client_uri: client.client_uri,
            logo_uri: client.logo_uri,
            client_type: if client.confidential { ClientType::Confidential } else { ClientType::Public },
            redirect_uris: client.redirect_uris,
            allowed_scopes: client.allowed_scopes,
            allowed_origins: client.allowed_origins,
            owner_id: client.owner_id,
            brand_id: "loop",
            is_first_party: false,
            enabled: client.enabled,
            created_at: crate::time_text(client.created_at),
            updated_at: crate::time_text(client.updated_at),
            access_token_seconds: client.access_token_seconds,
            baa: client.baa,
            webhook_url: client.webhook_url,
        }
    }
}

//! The identity service, beside sign-in and tokens: the account, its grants, and registered apps.

use super::operations::operations;
use crate::model::{
    AdminUser, ConnectedApp, Nullable, OauthClient, OauthClientType, OauthClientWithSecret, Page, Profile, Session,
    Settings, UserGrant,
};

operations! {
    /// The person's account at Loop, and registered apps.
    service Identity = "identity" at "identity";

    /// Returns the person as others see them on Loop.
    ///
    /// Source: the platform's API page `identity/users-me`.
    get_me() -> Profile;
    GET "/v1/users/me", person "profile";

    /// Returns what the person has set in their account.
    ///
    /// Source: the platform's API page `identity/users-me-settings`.
    get_settings() -> Settings;
    GET "/v1/users/me/settings", person "read:account";

    /// Lists the browsers and devices in which the person is signed in at Loop.
    ///
    /// Source: the platform's API page `identity/users-me-sessions`.
    list_sessions() -> Page<Session>;
    GET "/v1/users/me/sessions", person "read:account";

    /// Lists what the person has granted to apps.
    ///
    /// Source: the platform's API page `identity/me-grants`.
    list_grants() -> Page<UserGrant>;
    GET "/v1/me/grants", person "manage:connected_apps";

    /// Ends a grant. One that has ended already is no error.
    ///
    /// Source: the platform's API page `identity/delete-grant`.
    delete_grant(
        /// The grant's id.
        grant_id,
    ) -> ();
    DELETE "/v1/me/grants/{grant_id}", person "manage:connected_apps";

    /// Lists the apps that the person has connected.
    ///
    /// Source: the platform's API page `identity/connected-apps`.
    list_connected_apps() -> Page<ConnectedApp>;
    GET "/v1/users/me/connected-apps", person "manage:connected_apps";

    /// Disconnects an app: its access and refresh tokens end.
    ///
    /// Source: the platform's API page `identity/delete-connected-app`.
    delete_connected_app(
        /// The app's public id.
        client_id,
    ) -> ();
    DELETE "/v1/users/me/connected-apps/{client_id}", person "manage:connected_apps";

    /// Returns a person as an administrator sees them.
    ///
    /// Source: the platform's API page `identity/admin-user`.
    get_user(
        /// The person's stable id.
        account_id,
    ) -> AdminUser;
    GET "/v1/admin/users/{account_id}", machine "admin:identity";

    /// Lists registered apps.
    ///
    /// Source: the platform's API page `identity/oauth-clients-get`.
    list_oauth_clients() -> Page<OauthClient>;
    GET "/v1/admin/oauth-clients", machine "admin:identity";

    /// Registers an app. Its secret is shown this once.
    ///
    /// Source: the platform's API page `identity/oauth-clients-post`.
    create_oauth_client() {
        /// The app's name for people, 1 to 255 characters.
        body client_name: String,
        /// Whether it can keep a secret; `confidential` unless said otherwise.
        body client_type: Option<OauthClientType>,
        /// Where people may be sent back, at least one address.
        body redirect_uris: Vec<String>,
        /// What the app may ask for, at least one scope.
        body allowed_scopes: Vec<String>,
        /// Which web pages may call the API themselves.
        body allowed_origins: Option<Vec<String>>,
        /// The app's page.
        body client_uri: Option<String>,
        /// The app's picture.
        body logo_uri: Option<String>,
    } -> OauthClientWithSecret;
    POST "/v1/admin/oauth-clients", machine "admin:identity";

    /// Changes a registered app. What is not named stays as it is.
    ///
    /// Source: the platform's API page `identity/oauth-clients-patch`.
    update_oauth_client(
        /// The app's public id.
        client_id,
    ) {
        /// The app's name for people.
        body client_name: Option<String>,
        /// The app's page.
        body client_uri: Option<Nullable<String>>,
        /// The app's picture.
        body logo_uri: Option<Nullable<String>>,
        /// Where people may be sent back.
        body redirect_uris: Option<Vec<String>>,
        /// What the app may ask for.
        body allowed_scopes: Option<Vec<String>>,
        /// Which web pages may call the API themselves.
        body allowed_origins: Option<Vec<String>>,
        /// Whether it may be used.
        body enabled: Option<bool>,
    } -> OauthClient;
    PATCH "/v1/admin/oauth-clients/{client_id}", machine "admin:identity", within "client";

    /// Gives an app a new secret, which is shown this once. The former one works for 24 hours more.
    ///
    /// Source: the platform's API page `identity/rotate-secret`.
    rotate_oauth_client_secret(
        /// The app's public id.
        client_id,
    ) -> OauthClientWithSecret;
    POST "/v1/admin/oauth-clients/{client_id}/rotate-secret", machine "admin:identity";
}

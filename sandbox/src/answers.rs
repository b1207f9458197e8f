//! The two forms of error answer: OAuth's own, and the one of every other route.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa::ToSchema;

use crate::db::Trouble;
use crate::sys::RandomFailed;

/// Put on an answer so that the journal can name the error without reading the body.
#[derive(Debug, Clone)]
pub(crate) struct NotedError(pub(crate) String);

/// Put on an answer so that the journal knows whose token it was.
#[derive(Debug, Clone)]
pub(crate) struct NotedClient(pub(crate) String);

/// Put on an answer of which the client will not even see the status.
#[derive(Debug, Clone)]
pub(crate) struct NotedUnsent;

/// The body of an error at `/v1/oauth/*` and `/v1/tokens`.
#[derive(Debug, ToSchema)]
#[schema(as = OAuthError)]
#[allow(dead_code, reason = "only its schema is used")]
pub(crate) struct OAuthErrorBody {
    error: String,
    error_description: String,
    error_uri: Option<String>,
}

/// The body of every other error.
#[derive(Debug, ToSchema)]
#[schema(as = ApiError)]
#[allow(dead_code, reason = "only its schema is used")]
pub(crate) struct ApiErrorBody {
    error: String,
    message: String,
}

/// The body of a 429.
#[derive(Debug, ToSchema)]
#[schema(as = RateLimited)]
#[allow(dead_code, reason = "only its schema is used")]
pub(crate) struct RateLimitedBody {
    #[schema(pattern = "^rate_limited$")]
    error: String,
    error_description: String,
    error_uri: Option<String>,
    retry_after_ms: u64,
}

/// An error of RFC 6749, section 5.2: at `/v1/oauth/*`.
#[derive(Debug, Clone)]
pub(crate) struct OAuthError {
    pub(crate) error: &'static str,
    pub(crate) description: String,
    /// The client tried HTTP Basic, so the refusal names that scheme (section 5.2, `invalid_client`).
    pub(crate) basic: bool,
}

impl OAuthError {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> OAuthError {
        OAuthError { error, description: description.into(), basic: false }
    }

    pub(crate) fn invalid_request(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_grant", description)
    }
}

impl From<Trouble> for OAuthError {
    fn from(trouble: Trouble) -> OAuthError {
        OAuthError::new("server_error", format!("The sandbox itself failed: {trouble}."))
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({
            "error": self.error,
            "error_description": self.description,
            "error_uri": format!("https://platform.loop.health/connect/errors#{}", self.error),
        });
        let mut answer = (status, Json(body)).into_response();
        no_store(&mut answer);
        if self.basic && status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"loop\""));
        }
        answer.extensions_mut().insert(NotedError(self.error.to_owned()));
        answer
    }
}

/// An error of every route outside `/v1/oauth/*`: `{error, message}`.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) message: String,
    pub(crate) challenge: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, error, message: message.into(), challenge: None }
    }

    pub(crate) fn validation(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "validation_error", message)
    }

    /// Well-formed, and yet it makes no sense.
    pub(crate) fn unprocessable(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable_entity", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 412: there is nothing yet that this could be worked out from.
    pub(crate) fn precondition(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", message)
    }

    /// 502: somebody else's service, which this one asked, has failed.
    pub(crate) fn upstream(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_GATEWAY, "upstream_error", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The value of `WWW-Authenticate` (RFC 6750, section 3).
    pub(crate) fn challenge(mut self, challenge: impl Into<String>) -> ApiError {
        self.challenge = Some(challenge.into());
        self
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> ApiError {
        let message = format!("The sandbox itself failed: {trouble}.");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message)
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(failure: rusqlite::Error) -> ApiError {
        Trouble::from(failure).into()
    }
}

impl From<RandomFailed> for ApiError {
    fn from(failure: RandomFailed) -> ApiError {
        Trouble::from(failure).into()
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(failure: serde_json::Error) -> ApiError {
        Trouble::from(failure).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "message": self.message });
        let mut answer = (self.status, Json(body)).into_response();
        if let Some(challenge) = self.challenge.and_then(|value| HeaderValue::from_str(&value).ok()) {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer.extensions_mut().insert(NotedError(self.error.to_owned()));
        answer
    }
}

/// Tokens and pages about a person stay out of every cache.
pub(crate) fn no_store(answer: &mut Response) {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

//! One call of an API: the request, the refresh that a stale token may need, and the answer.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use crate::client::{LoopClient, User};
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::grant::cache::Access;
use crate::grants::timed_out_refreshing;
use crate::http::{Answer, policy};
use crate::oauth::authorize::encode;
use crate::schema::{Operation, Place};

/// A call that is sent when it is awaited.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    user: User,
    operation: &'static Operation,
    arguments: Vec<(&'static str, String)>,
    result: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Call of {}>", self.operation.name)
    }
}

impl<T> Call<T> {
    pub(crate) fn new(user: User, operation: &'static Operation) -> Self {
        Self { user, operation, arguments: Vec::new(), result: PhantomData }
    }

    pub(crate) fn set<A: Argument>(&mut self, name: &'static str, value: A) {
        self.arguments.extend(value.text().map(|text| (name, text)));
    }
}

/// What a declared parameter's type may be.
pub(crate) trait Argument {
    fn text(self) -> Option<String>;
}

impl Argument for String {
    fn text(self) -> Option<String> {
        Some(self)
    }
}

impl Argument for Option<String> {
    fn text(self) -> Option<String> {
        self
    }
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let User { client, user_id } = self.user;
            let answer = client.call_operation(&user_id, self.operation, &self.arguments).await?;
            crate::model::decode(&answer.body)
        })
    }
}

/// A request to one of Loop's services that has no method here yet.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiRequest {
    /// For instance `clinical`.
    pub service: String,
    /// For instance `GET`.
    pub method: String,
    /// For instance `/v1/check-ins`.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// A JSON body.
    pub body: Option<crate::model::Json>,
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Path and query may hold a person's id.
        write!(f, "<ApiRequest: {} to {}>", self.method, self.service)
    }
}

impl ApiRequest {
    /// A GET of a service's path.
    pub fn get(service: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new("GET", service, path)
    }

    /// Any method; a body is set as a field.
    pub fn new(method: impl Into<String>, service: impl Into<String>, path: impl Into<String>) -> Self {
        Self { service: service.into(), method: method.into(), path: path.into(), query: Vec::new(), body: None }
    }
}

/// The answer to an [`ApiRequest`].
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ApiResponse {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The platform's id of the request.
    pub request_id: Option<String>,
    /// The body; null where there is none.
    pub body: crate::model::Json,
}

impl LoopClient {
    /// Sends any request to one of Loop's services with this user's access token.
    pub async fn request(&self, user_id: &str, request: ApiRequest) -> Result<ApiResponse, Error> {
        let method = request.method.to_ascii_uppercase();
        let method = method
            .parse::<reqwest::Method>()
            .ok()
            .filter(|method| ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()))
            .ok_or_else(|| invalid("method", "must be GET, HEAD, POST, PUT, PATCH or DELETE"))?;
        check_path(&request.path)?;
        let mut url = self.inner.config.service_url(&request.service, &request.path)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let answer = self.send(user_id, &method, &url, request.body.as_ref().map(|body| &body.0), "").await?;
        let body = if answer.body.is_empty() { serde_json::Value::Null } else { crate::model::decode(&answer.body)? };
        Ok(ApiResponse { status: answer.status, request_id: answer.request_id, body: crate::model::Json(body) })
    }

    pub(crate) async fn call_operation(
        &self,
        user_id: &str,
        operation: &'static Operation,
        arguments: &[(&str, String)],
    ) -> Result<Answer, Error> {
        let mut path = operation.path.to_owned();
        let mut query = Vec::new();
        for parameter in operation.parameters {
            let value = arguments.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value);
            match (parameter.place, value) {
                (Place::Path, Some(value)) if !value.is_empty() && value != "." && value != ".." => {
                    path = path.replace(&format!("{{{}}}", parameter.name), &encode(value));
                }
                (Place::Path, _) => return Err(invalid(parameter.name, "must be a non-empty text")),
                (Place::Query, Some(value)) => query.push((parameter.name, value)),
                (Place::Query, None) => {}
            }
        }
        let mut url = self.inner.config.service_url(operation.service, &path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let method = reqwest::Method::from_bytes(operation.http_method.as_bytes())
            .map_err(|error| Error::new(Code::Internal, "An operation is declared wrongly.").with_source(error))?;
        let span = tracing::debug_span!("loop_call", operation = operation.name, route = operation.path);
        tracing::Instrument::instrument(self.send(user_id, &method, &url, None, operation.scope), span).await
    }

    async fn send(
        &self,
        user_id: &str,
        method: &reqwest::Method,
        url: &url::Url,
        body: Option<&serde_json::Value>,
        scope: &str,
    ) -> Result<Answer, Error> {
        self.send_for(user_id, method, url, body, scope).await.map_err(|error| error.with_user(user_id))
    }

    /// Sends with the user's token; once more with a new one where the platform says that this one is no longer good.
    async fn send_for(
        &self,
        user_id: &str,
        method: &reqwest::Method,
        url: &url::Url,
        body: Option<&serde_json::Value>,
        scope: &str,
    ) -> Result<Answer, Error> {
        // The refresh counts too: a caller's limit is about the call, and the leader goes on by itself.
        let deadline = Instant::now() + self.inner.config.limits.call;
        let manager = self.manager();
        let late = |_| timed_out_refreshing();
        let access = timeout_at(deadline, manager.access(user_id)).await.map_err(late)??;
        let mut answer = self.send_with(&access, method, url, body, deadline).await?;
        if answer.token_is_invalid() {
            let access = timeout_at(deadline, manager.access_other_than(user_id, &access)).await.map_err(late)??;
            answer = self.send_with(&access, method, url, body, deadline).await?;
        }
        if answer.is_success() { Ok(answer) } else { Err(answer.into_error(scope)) }
    }

    async fn send_with(
        &self,
        access: &Access,
        method: &reqwest::Method,
        url: &url::Url,
        body: Option<&serde_json::Value>,
        deadline: Instant,
    ) -> Result<Answer, Error> {
        let http = &self.inner.http;
        let build = || {
            let request = http
                .api()
                .request(method.clone(), url.clone())
                .bearer_auth(access.token.expose())
                .header("accept", "application/json");
            match body {
                Some(body) => request.header("content-type", "application/json").body(body.to_string()),
                None => request,
            }
        };
        if method.is_idempotent() {
            return policy::send_idempotent(http, build, url, deadline).await;
        }
        match timeout_at(deadline, http.send(build())).await {
            Ok(outcome) => outcome.map_err(|failure| policy::send_error(failure, url)),
            Err(_) => Err(Error::new(
                Code::Timeout,
                format!(
                    "No answer from {} within the time limit; the write may have happened all the same.",
                    policy::host(url)
                ),
            )),
        }
    }
}

/// A path can't leave its service: the token would go with it.
fn check_path(path: &str) -> Result<(), Error> {
    let inside = path.starts_with('/') && !path.starts_with("//");
    let plain = !path.contains(['\\', '?', '#']) && !path.chars().any(char::is_whitespace);
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let climbs = decoded.split('/').any(|segment| segment == ".." || segment == ".");
    if inside && plain && !climbs {
        Ok(())
    } else {
        Err(invalid("path", "must begin with one slash, without a query and without .. segments"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_its_service() {
        assert!(check_path("/v1/check-ins/next").is_ok());
        for outside in
            ["", "v1", "//evil.example/", "/v1/../../admin", "/v1/%2e%2e/admin", "/a?b", "/a#b", "/a b", "/\\evil"]
        {
            assert!(check_path(outside).is_err(), "{outside}");
        }
    }
}

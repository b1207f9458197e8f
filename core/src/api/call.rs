//! One call of an API: its arguments become a request, and the answer a record.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::check::check;
use super::send::Outgoing;
use super::{Caller, Received, received};
use crate::config::{Config, invalid};
use crate::error::{Code, Error};
use crate::model::{self, Answered, Json};
use crate::oauth::authorize::encode;
use crate::schema::{Operation, Place, Typed};

/// A call of an operation, which its builder has filled in.
pub(crate) struct Call {
    caller: Caller,
    operation: &'static Operation,
    arguments: Map<String, Value>,
    idempotency_key: Option<String>,
}

impl Call {
    pub(crate) fn new(caller: Caller, operation: &'static Operation) -> Self {
        Self { caller, operation, arguments: Map::new(), idempotency_key: None }
    }

    pub(crate) fn idempotency_key(mut self, key: Option<String>) -> Self {
        self.idempotency_key = key;
        self
    }

    pub(crate) fn set<T: Serialize + Typed>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if value.is_absent() {
            return Ok(());
        }
        let value = serde_json::to_value(value).map_err(|_| invalid(name, "can't be written as JSON"))?;
        // A number that JSON lacks (NaN) is null by now, which its type does not allow.
        check(&T::TYPE, &value, name)?;
        self.arguments.insert(name.to_owned(), value);
        Ok(())
    }

    pub(crate) async fn send<T: Answered>(self) -> Result<T, Error> {
        let received = self.caller.call(self.operation, &self.arguments, self.idempotency_key.clone()).await?;
        let mut result: T = received.decode()?;
        if self.operation.is_paged() {
            result.goes_on(|| Call { ..self });
        }
        Ok(result)
    }

    /// The same call, for another page.
    pub(crate) fn at(&self, cursor: &str) -> Self {
        let mut arguments = self.arguments.clone();
        arguments.insert("cursor".to_owned(), cursor.into());
        Self { caller: self.caller.clone(), operation: self.operation, arguments, idempotency_key: None }
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
    pub body: Option<Json>,
    /// Names a write, so that it can be repeated: the SDK sends it again then where an answer is lost.
    pub idempotency_key: Option<String>,
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
        Self {
            service: service.into(),
            method: method.into(),
            path: path.into(),
            query: Vec::new(),
            body: None,
            idempotency_key: None,
        }
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
    pub body: Json,
}

impl Caller {
    /// Calls an operation with arguments by their names there.
    pub(crate) async fn call(
        &self,
        operation: &'static Operation,
        arguments: &Map<String, Value>,
        idempotency_key: Option<String>,
    ) -> Result<Received, Error> {
        let outgoing = self.outgoing(operation, arguments, idempotency_key)?;
        let (key, is_write) = (outgoing.idempotency_key.clone(), !outgoing.method.is_safe());
        let span = tracing::debug_span!("loop_call", operation = operation.name, route = operation.path);
        let answer = tracing::Instrument::instrument(self.send(outgoing, Some(operation)), span).await?;
        let cursor = arguments.get("cursor").and_then(Value::as_str).map(str::to_owned);
        let (head, body) = received::split(answer, key, is_write, self.user_id());
        Received::new(operation, head, body, cursor)
    }

    fn user_id(&self) -> Option<&str> {
        match self {
            Self::Person(user) => Some(&user.user_id),
            Self::Machine(_) => None,
        }
    }

    fn outgoing(
        &self,
        operation: &'static Operation,
        arguments: &Map<String, Value>,
        idempotency_key: Option<String>,
    ) -> Result<Outgoing, Error> {
        let scope = self.scope(operation)?;
        let mut path = operation.path.to_owned();
        let (mut query, mut body) = (Vec::new(), Map::new());
        for parameter in operation.parameters {
            let value = arguments.get(parameter.name);
            match (parameter.place, value) {
                (Place::Path, Some(Value::String(value))) if !value.is_empty() && value != "." && value != ".." => {
                    path = path.replace(&format!("{{{}}}", parameter.name), &encode(value));
                }
                (Place::Path, _) => return Err(invalid(parameter.name, "must be a non-empty text")),
                (Place::Query, Some(value)) => query.push((parameter.wire, text(value))),
                (Place::Body, Some(value)) => {
                    body.insert(parameter.wire.to_owned(), value.clone());
                }
                (Place::Query | Place::Body, None) => {}
            }
        }
        let mut url = self.config().service_url(operation.host, &path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let method = reqwest::Method::from_bytes(operation.http_method.as_bytes())
            .map_err(|error| Error::new(Code::Internal, "An operation is declared wrongly.").with_source(error))?;
        let has_body = operation.is_write();
        let key = if has_body { Some(checked_key(idempotency_key)?) } else { None };
        Ok(Outgoing {
            name: operation.name.to_owned(),
            method,
            url,
            body: has_body.then(|| Value::Object(body).to_string()),
            idempotency_key: key,
            scope: Some(scope),
            about: person(operation, arguments),
            is_machines_own: operation.scope.is_none(),
        })
    }

    /// What the caller's token has to hold, where it can open the route at all.
    fn scope(&self, operation: &Operation) -> Result<&'static str, Error> {
        let (scope, whose) = match self {
            Self::Person(_) => (operation.scope, "a machine: use M2MClient"),
            Self::Machine(_) => (operation.machine_scope, "a person: use LoopClient"),
        };
        scope.ok_or_else(|| invalid("method", &format!("{} is for {whose}", operation.name)))
    }

    /// Sends any request to one of Loop's services.
    pub(crate) async fn request(&self, request: ApiRequest) -> Result<ApiResponse, Error> {
        let method = request.method.to_ascii_uppercase();
        let method = method
            .parse::<reqwest::Method>()
            .ok()
            .filter(|method| ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()))
            .ok_or_else(|| invalid("method", "must be GET, HEAD, POST, PUT, PATCH or DELETE"))?;
        check_path(&request.path)?;
        let mut url = service_url(self.config(), &request)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let outgoing = Outgoing {
            name: format!("request {method} {}", request.service),
            method,
            url,
            body: request.body.map(|body| body.0.to_string()),
            idempotency_key: request.idempotency_key.map(|key| checked_key(Some(key))).transpose()?,
            scope: None,
            about: None,
            is_machines_own: matches!(self, Self::Machine(_)),
        };
        let (key, is_write) = (outgoing.idempotency_key.clone(), !outgoing.method.is_safe());
        let answer = self.send(outgoing, None).await?;
        let (head, body) = received::split(answer, key, is_write, self.user_id());
        let body =
            if body.is_empty() { Value::Null } else { model::decode(&body).map_err(|error| head.tell(&error))? };
        Ok(ApiResponse { status: head.status, request_id: head.request_id, body: Json(body) })
    }
}

fn service_url(config: &Config, request: &ApiRequest) -> Result<url::Url, Error> {
    config.service_url(&request.service, &request.path)
}

/// A query parameter as it travels.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The caller's key, or one of our own.
fn checked_key(given: Option<String>) -> Result<String, Error> {
    let Some(key) = given else {
        return Ok(crate::secret::base64url(&crate::sys::random_bytes::<18>()?));
    };
    let is_plain = !key.is_empty() && key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain {
        Ok(key)
    } else {
        Err(invalid("idempotency_key", "must be 1 to 255 printable characters without spaces"))
    }
}

/// Whom a call names. The platform has several names for a person.
fn person(operation: &Operation, arguments: &Map<String, Value>) -> Option<String> {
    let is_person = |name| matches!(name, "user_id" | "userId" | "patient_id");
    let named = operation.parameters.iter().find(|parameter| is_person(parameter.wire))?;
    arguments.get(named.name)?.as_str().map(str::to_owned)
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
    fn a_key_of_the_caller_can_stand_in_a_header() {
        assert_eq!(checked_key(Some("order-17".into())).unwrap(), "order-17");
        for wrong in ["", "a b", "a\r\nb", "\u{e9}", &"x".repeat(256)] {
            assert_eq!(checked_key(Some(wrong.into())).unwrap_err().detail(), Some("idempotency_key"), "{wrong}");
        }
        assert_ne!(checked_key(None).unwrap(), checked_key(None).unwrap());
    }

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

//! A small browser that signs a test person in: it follows redirects, keeps cookies, and fills in the forms it finds.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use scraper::{ElementRef, Html, Selector};
use url::{Url, form_urlencoded};

use crate::seed::{self, Person};

/// Redirects and pages of one sign-in; more is a loop.
const MOST_STEPS: usize = 12;

/// What to do.
#[derive(Debug)]
pub(crate) struct SignIn<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) authorization_url: &'a str,
    pub(crate) person: &'a str,
    pub(crate) allow: bool,
    pub(crate) untick: &'a [String],
}

/// The sign-in ended on a page, not at the app.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SignInError {
    /// The page's OAuth error code, or `invalid_order`, `unreachable`, `unexpected_page`.
    pub error: String,
    /// One sentence.
    pub message: String,
    /// What the person would have read.
    pub page_text: String,
}

impl SignInError {
    fn new(error: &str, message: impl Into<String>) -> SignInError {
        SignInError { error: error.to_owned(), message: message.into(), page_text: String::new() }
    }
}

/// Where the browser stands.
enum Step {
    Page(String),
    /// Out of the sandbox, to the app: not followed.
    Left(String),
}

struct Tab<'a> {
    client: reqwest::Client,
    base_url: &'a str,
    cookies: BTreeMap<String, String>,
    hops: usize,
}

/// Goes from the authorization URL through sign-in and consent, and returns the address that the app would be opened at.
pub(crate) async fn sign_in(order: &SignIn<'_>) -> Result<String, SignInError> {
    let person = seed::find(order.person)
        .ok_or_else(|| SignInError::new("invalid_order", format!("There is no test person \"{}\".", order.person)))?;
    let start = own_address(order.base_url, order.authorization_url)?;
    // Proxies are for the world outside; this never leaves the machine.
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        // Nor does it need the system's certificates, which take longer to read than all the pages.
        .tls_certs_only([])
        .build()
        .map_err(|failure| unreachable(&failure))?;
    let mut tab = Tab { client, base_url: order.base_url, cookies: BTreeMap::new(), hops: 0 };
    let mut step = tab.open(start).await?;
    loop {
        let page = match step {
            Step::Left(address) => return Ok(address),
            Step::Page(page) => page,
        };
        let (action, fields) = filled_in(&page, order, person)?;
        let action = own_address(order.base_url, &format!("{}{action}", order.base_url))?;
        step = tab.send(action, fields).await?;
    }
}

/// Only this sandbox is visited, whatever the order or a page says.
fn own_address(base_url: &str, address: &str) -> Result<Url, SignInError> {
    let foreign =
        || SignInError::new("invalid_order", format!("The authorization URL must begin with {base_url}/identity/."));
    let url = Url::parse(address).map_err(|_| foreign())?;
    let base = Url::parse(base_url).map_err(|_| foreign())?;
    if url.origin() == base.origin() && url.path().starts_with("/identity/") { Ok(url) } else { Err(foreign()) }
}

fn unreachable(failure: &reqwest::Error) -> SignInError {
    // The URL would carry state and challenge into a log.
    SignInError::new(
        "unreachable",
        format!("The sandbox can't be reached: {}", failure.to_string().split(" for url").next().unwrap_or_default()),
    )
}

impl Tab<'_> {
    async fn open(&mut self, address: Url) -> Result<Step, SignInError> {
        let request = self.client.get(address);
        let answer = self.exchange(request).await?;
        self.follow(answer).await
    }

    async fn send(&mut self, address: Url, fields: Vec<(String, String)>) -> Result<Step, SignInError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(address).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let answer = self.exchange(request).await?;
        self.follow(answer).await
    }

    async fn exchange(&mut self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, SignInError> {
        self.hops += 1;
        if self.hops > MOST_STEPS {
            return Err(SignInError::new("unexpected_page", "The pages lead round in a circle."));
        }
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = request.send().await.map_err(|failure| unreachable(&failure))?;
        for cookie in answer.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Ok(answer)
    }

    async fn follow(&mut self, mut answer: reqwest::Response) -> Result<Step, SignInError> {
        while answer.status().is_redirection() {
            let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let next = answer.url().join(location).ok();
            match next.filter(|next| own_address(self.base_url, next.as_str()).is_ok()) {
                // As the header says it, not as a URL library would write it: the app compares its redirect URI.
                None => return Ok(Step::Left(location.to_owned())),
                Some(next) => {
                    let request = self.client.get(next);
                    answer = self.exchange(request).await?;
                }
            }
        }
        Ok(Step::Page(answer.text().await.map_err(|failure| unreachable(&failure))?))
    }
}

/// The page's form as the person would send it: where to, and with what.
fn filled_in(page: &str, order: &SignIn<'_>, person: &Person) -> Result<(String, Vec<(String, String)>), SignInError> {
    let document = Html::parse_document(page);
    let Some(form) = select(&document, "form").into_iter().next() else {
        return Err(stuck(&document));
    };
    let action = form.attr("action").unwrap_or_default().to_owned();
    let mut fields = Vec::new();
    let mut untick: Vec<&str> = order.untick.iter().map(String::as_str).collect();
    for input in within(form, "input") {
        let (name, value) = (input.attr("name").unwrap_or_default(), input.attr("value").unwrap_or_default());
        let is_checkbox = input.attr("type") == Some("checkbox");
        if is_checkbox && untick.contains(&value) {
            untick.retain(|scope| *scope != value);
        } else if !is_checkbox || input.attr("checked").is_some() {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    let decision = if order.allow { "allow" } else { "deny" };
    let pressed =
        within(form, "button").into_iter().find_map(|button| match (button.attr("name")?, button.attr("value")?) {
            ("person", handle) if handle == person.handle => Some(("person", handle.to_owned())),
            ("decision", value) if value == decision => Some(("decision", value.to_owned())),
            _ => None,
        });
    let Some((name, value)) = pressed else {
        return Err(stuck(&document));
    };
    if name == "decision" && !untick.is_empty() {
        let text = format!("The consent page has no checkbox to untick for {}.", untick.join(", "));
        return Err(SignInError { page_text: text_of(&document), ..SignInError::new("invalid_order", text) });
    }
    fields.push((name.to_owned(), value));
    Ok((action, fields))
}

fn stuck(document: &Html) -> SignInError {
    let notice = select(document, "[data-error]").into_iter().next();
    let error = notice.and_then(|notice| notice.attr("data-error")).unwrap_or("unexpected_page");
    let message = notice
        .map_or_else(|| "The sandbox showed a page that asks for nothing.".to_owned(), |notice| words(notice.text()));
    SignInError { page_text: text_of(document), ..SignInError::new(error, message) }
}

fn text_of(document: &Html) -> String {
    select(document, "main").into_iter().next().map(|main| words(main.text())).unwrap_or_default()
}

fn words<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn select<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| document.select(&selector).collect()).unwrap_or_default()
}

fn within<'a>(element: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| element.select(&selector).collect()).unwrap_or_default()
}

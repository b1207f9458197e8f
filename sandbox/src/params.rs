//! Query strings and forms as OAuth reads them: no parameter twice, an empty one counts as absent (RFC 6749, section 3).

use url::form_urlencoded;

/// The parameters of one request, in the order received.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(text: &[u8]) -> Params {
        Params(form_urlencoded::parse(text).into_owned().collect())
    }

    pub(crate) fn of_query(query: Option<&str>) -> Params {
        Params::parse(query.unwrap_or_default().as_bytes())
    }

    /// The parameter's value; `None` when it is absent or empty. With duplicates, the first.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    /// The first parameter that came more than once.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.0.iter().map(|(key, _)| key.as_str()).find(|key| self.is_repeated(key))
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// `base?a=b&c=d`, for a redirect URI, which the registration rules keep free of a query of its own.
pub(crate) fn with_query(base: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{base}?{query}")
}

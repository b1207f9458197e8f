//! The keys that one page of a listing may hold.

use std::ops::Bound;

/// From where to where a listing reads, in the order of the keys' bytes.
pub(super) struct Span {
    start: String,
    /// Whether `start` itself belongs to it.
    inclusive: bool,
    /// The first key past the prefix; absent where no key is.
    end: Option<String>,
}

impl Span {
    /// The keys that begin with `prefix` and come after `after`.
    pub(super) fn new(prefix: &str, after: Option<&str>) -> Self {
        let after = after.filter(|after| *after >= prefix);
        Self { start: after.unwrap_or(prefix).to_owned(), inclusive: after.is_none(), end: end_of(prefix) }
    }

    pub(super) fn start(&self) -> &str {
        &self.start
    }

    pub(super) fn is_inclusive(&self) -> bool {
        self.inclusive
    }

    pub(super) fn end(&self) -> Option<&str> {
        self.end.as_deref()
    }

    /// As a range of a sorted map, which panics where the start lies beyond the end.
    pub(super) fn bounds(&self) -> (Bound<&str>, Bound<&str>) {
        let end = match self.end() {
            Some(end) if self.start.as_str() < end => Bound::Excluded(end),
            Some(_) => return (Bound::Included(""), Bound::Excluded("")),
            None => Bound::Unbounded,
        };
        let start = if self.inclusive { Bound::Included(self.start()) } else { Bound::Excluded(self.start()) };
        (start, end)
    }
}

/// The first text that is greater than all which begin with `prefix`. UTF-8 sorts as its characters do.
fn end_of(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_ends_behind_the_last_key_of_its_prefix() {
        assert_eq!(end_of("grant/").as_deref(), Some("grant0"));
        assert_eq!(end_of("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end_of("\u{d7ff}").as_deref(), Some("\u{e000}"), "surrogates are no characters");
        assert_eq!(end_of("\u{10ffff}"), None);
        assert_eq!(end_of(""), None);
    }

    #[test]
    fn a_page_after_the_last_key_of_the_prefix_is_empty() {
        let map = std::collections::BTreeMap::from([("a/1", 1), ("b/1", 2)]);
        let keys = |prefix, after| {
            let span = Span::new(prefix, after);
            map.range::<str, _>(span.bounds()).map(|(key, _)| *key).collect::<Vec<_>>()
        };
        assert_eq!(keys("a/", None), ["a/1"]);
        assert_eq!(keys("b/", Some("a/1")), ["b/1"]);
        assert!(keys("a/", Some("a/1")).is_empty());
        assert!(keys("a/", Some("c")).is_empty());
    }
}

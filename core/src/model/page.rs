//! A page of a list operation, and the one decoder for the four forms in which lists travel.

use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::api::Call;
use crate::schema::{Model, Type, Typed};

/// One page of a list. It behaves like a slice of its items.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in the platform's order.
    pub items: Vec<T>,
    /// Fetches the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// How many records all pages have together; null where the platform does not say.
    pub total: Option<u64>,
    /// The call that brought it, where there may be more.
    #[serde(skip)]
    call: Option<Arc<Call>>,
}

impl<T: PartialEq> PartialEq for Page<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.items, &self.next_cursor, self.total) == (&other.items, &other.next_cursor, other.total)
    }
}

/// What a call of an operation may return.
pub(crate) trait Answered: DeserializeOwned {
    /// What led to it. A page that leads there again would lead on for ever.
    fn came_from(&mut self, _cursor: Option<&str>) {}

    /// Remembers how to fetch what comes after it.
    fn goes_on(&mut self, _call: impl FnOnce() -> Call) {}

    /// How many records it is, for the audit log.
    fn records(&self) -> u64 {
        1
    }
}

impl Answered for () {
    fn records(&self) -> u64 {
        0
    }
}

impl<T: Model> Answered for T {}

impl<T: Model> Answered for Page<T> {
    fn came_from(&mut self, cursor: Option<&str>) {
        self.leave_out(cursor);
    }

    fn goes_on(&mut self, call: impl FnOnce() -> Call) {
        if self.next_cursor.is_some() {
            self.call = Some(Arc::new(call()));
        }
    }

    fn records(&self) -> u64 {
        self.items.len() as u64
    }
}

impl<T: Model> Page<T> {
    /// Makes this the last page if it leads to where it came from.
    #[doc(hidden)]
    pub fn leave_out(&mut self, cursor: Option<&str>) {
        if self.next_cursor.as_deref() == cursor {
            self.next_cursor = None;
        }
    }

    /// Fetches the next page; none after the last one.
    pub async fn next_page(&self) -> Result<Option<Self>, Error> {
        match (&self.call, &self.next_cursor) {
            (Some(call), Some(cursor)) => call.at(cursor).send().await.map(Some),
            _ => Ok(None),
        }
    }

    /// The records of this page and of all that follow, which are fetched as they are needed. A page that leads back to
    /// one of them is the last.
    pub fn into_stream(self) -> impl Stream<Item = Result<T, Error>> + Send {
        struct State<T> {
            items: std::vec::IntoIter<T>,
            rest: Option<Page<T>>,
            cursors: HashSet<String>,
        }
        let begin = |mut page: Self, cursors| State {
            items: std::mem::take(&mut page.items).into_iter(),
            rest: Some(page),
            cursors,
        };
        stream::try_unfold(begin(self, HashSet::new()), move |mut state| async move {
            loop {
                if let Some(item) = state.items.next() {
                    return Ok(Some((item, state)));
                }
                let Some(page) = state.rest.take() else { return Ok(None) };
                if page.next_cursor.as_ref().is_some_and(|cursor| !state.cursors.insert(cursor.clone())) {
                    return Ok(None);
                }
                match page.next_page().await? {
                    Some(page) => state = begin(page, state.cursors),
                    None => return Ok(None),
                }
            }
        })
    }
}

impl<T: Model> Typed for Page<T> {
    const TYPE: Type = Type::Page(T::SCHEMA);
}

/// `{results}`, `{data}`, `{<plural>}` or a bare array: the platform uses all four.
impl<'de, T: Model> Deserialize<'de> for Page<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Model> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Page<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of {}", T::SCHEMA.name)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Page<T>, A::Error> {
                let mut items = Vec::with_capacity(list.size_hint().unwrap_or(0).min(1024));
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Page { items, next_cursor: None, total: None, call: None })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Page<T>, A::Error> {
                let mut items: Option<Vec<T>> = None;
                let mut next_cursor: Option<String> = None;
                let (mut offset, mut total) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "results" | "data" => items = Some(map.next_value()?),
                        "next_cursor" => next_cursor = map.next_value()?,
                        // What is not a number there is no reason to refuse the records.
                        "offset" => offset = map.next_value::<serde_json::Value>()?.as_u64(),
                        "total" => total = map.next_value::<serde_json::Value>()?.as_u64(),
                        key if key == T::SCHEMA.plural => items = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let items = items.ok_or_else(|| serde::de::Error::custom("no list in the answer"))?;
                if let (Some(offset), Some(total)) = (offset, total) {
                    let seen = offset.saturating_add(items.len() as u64);
                    // A page without anything would lead to itself for ever.
                    next_cursor = (seen < total && !items.is_empty()).then(|| seen.to_string());
                }
                // Some services write an empty text for none.
                let next_cursor = next_cursor.filter(|cursor| !cursor.is_empty());
                Ok(Page { items, next_cursor, total, call: None })
            }
        }

        // Deserializing through `any` needs a self-describing format, which JSON is.
        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

impl<T> Deref for Page<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: Model> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Page of {} {}; values hidden, use .items>", self.items.len(), T::SCHEMA.name)
    }
}

impl<T: Model> fmt::Display for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Decodes an answer. The decoder's own message may quote what it read, so only its position is kept.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    decode_borrowed(body)
}

/// The same, for what borrows from the answer.
pub(crate) fn decode_borrowed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        Error::new(
            crate::Code::AnswerInvalid,
            format!(
                "The platform's answer is not what the SDK expects (line {}, column {}); update the SDK, or report it.",
                error.line(),
                error.column()
            ),
        )
    })
}

pub(crate) fn records<T: Answered>(body: &[u8]) -> Result<u64, Error> {
    decode::<T>(body).map(|answer| answer.records())
}

/// How many records an answer of an unknown form seems to hold.
pub(crate) fn records_of_any(body: &[u8]) -> Result<u64, Error> {
    if body.is_empty() {
        return Ok(0);
    }
    let answer: serde_json::Value = decode(body)?;
    let list = answer.as_array().or_else(|| ["results", "data"].into_iter().find_map(|key| answer[key].as_array()));
    Ok(list.map_or(1, |items| items.len() as u64))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{Biomarker, BiomarkerStatus};

    fn biomarker(status: &str) -> Value {
        serde_json::json!({
            "id": "b1", "patient_id": "user_1", "biomarker_code": "ldl_c", "biomarker_name": "LDL",
            "value": 131.5, "unit": "mg/dL", "reference_high": 130.0, "status": status,
            "collected_at": "2026-05-22T12:34:56Z", "parsed_at": "2026-05-23T00:00:00Z", "new_field": [1],
        })
    }

    #[test]
    fn a_list_decodes_in_each_form_that_the_platform_uses() {
        let item = biomarker("high");
        for body in [
            serde_json::json!({"results": [item], "count": 1}),
            serde_json::json!({"data": [item], "next_cursor": "c2"}),
            serde_json::json!({"biomarkers": [item]}),
            serde_json::json!([item]),
        ] {
            let page: Page<Biomarker> = decode(body.to_string().as_bytes()).unwrap();
            assert_eq!(page.len(), 1);
            assert_eq!(page[0].status, BiomarkerStatus::High);
            assert_eq!(page[0].reference_low, None);
            assert_eq!(page.next_cursor.is_some(), body.get("next_cursor").is_some());
        }
    }

    #[test]
    fn both_ways_of_paging_lead_on_until_the_last_page() {
        for (body, next) in [
            (serde_json::json!({"data": [biomarker("low")], "next_cursor": "c2"}), Some("c2")),
            (serde_json::json!({"data": [biomarker("low")], "next_cursor": null}), None),
            (serde_json::json!({"biomarkers": [biomarker("low")], "total": 3, "limit": 1, "offset": 1}), Some("2")),
            (serde_json::json!({"biomarkers": [biomarker("low")], "total": 3, "limit": 1, "offset": 2}), None),
            (serde_json::json!({"biomarkers": [], "total": 3, "limit": 0, "offset": 0}), None),
            (serde_json::json!({"data": [biomarker("low")], "next_cursor": ""}), None),
            (
                serde_json::json!({"data": [biomarker("low")], "next_cursor": "c2", "total": "many", "offset": -1}),
                Some("c2"),
            ),
        ] {
            let page: Page<Biomarker> = decode(body.to_string().as_bytes()).unwrap();
            assert_eq!(page.next_cursor.as_deref(), next, "{body}");
            assert_eq!(page.total, body.get("total").and_then(Value::as_u64));
        }
    }

    #[test]
    fn the_records_of_an_answer_are_counted() {
        let item = biomarker("low");
        let page = serde_json::json!({"biomarkers": [item, item]});
        assert_eq!(records::<Page<Biomarker>>(page.to_string().as_bytes()).unwrap(), 2);
        assert_eq!(records::<Biomarker>(item.to_string().as_bytes()).unwrap(), 1);
        assert_eq!(records::<()>(b"null").unwrap(), 0);
        assert!(records::<Page<Biomarker>>(br#"{"biomarkers": [{}]}"#).is_err());
        for (body, expected) in [("[1,2,3]", 3), (r#"{"data":[1,2]}"#, 2), (r#"{"id":"p"}"#, 1), ("", 0)] {
            assert_eq!(records_of_any(body.as_bytes()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn an_unknown_status_is_kept_as_it_came() {
        let page: Page<Biomarker> =
            decode(serde_json::json!([biomarker("borderline")]).to_string().as_bytes()).unwrap();
        assert_eq!(page[0].status.as_str(), "borderline");
        assert_eq!(serde_json::to_value(&page).unwrap()["items"][0]["status"], "borderline");
    }

    #[test]
    fn printing_shows_no_value_and_serializing_shows_all() {
        let page: Page<Biomarker> = decode(serde_json::json!([biomarker("high")]).to_string().as_bytes()).unwrap();
        let printed = format!("{page:?} {page} {:?} {:#?} {}", page[0], page[0].status, page[0]);
        for value in ["131.5", "ldl_c", "user_1", "high", "High"] {
            assert!(!printed.contains(value), "{printed}");
        }
        assert!(serde_json::to_string(&page).unwrap().contains("131.5"));
    }

    #[test]
    fn a_wrong_answer_is_refused_without_quoting_it() {
        let error = decode::<Page<Biomarker>>(br#"{"results": [{"value": "canary"}]}"#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

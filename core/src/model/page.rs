//! A page of a list operation, and the one decoder for the four forms in which lists travel.

use std::fmt;
use std::ops::Deref;

use crate::schema::{Model, Type, Typed};
use serde::{Deserialize, Serialize};

/// One page of a list. It behaves like a slice of its items.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in the platform's order.
    pub items: Vec<T>,
    /// Fetches the next page; null on the last one.
    pub next_cursor: Option<String>,
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
                Ok(Page { items, next_cursor: None })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Page<T>, A::Error> {
                let mut items = None;
                let mut next_cursor = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "results" | "data" => items = Some(map.next_value()?),
                        "next_cursor" => next_cursor = map.next_value()?,
                        key if key == T::SCHEMA.plural => items = Some(map.next_value()?),
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                let items = items.ok_or_else(|| serde::de::Error::custom("no list in the answer"))?;
                Ok(Page { items, next_cursor })
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
pub(crate) fn decode<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, crate::Error> {
    serde_json::from_slice(body).map_err(|error| {
        crate::Error::new(
            crate::Code::AnswerInvalid,
            format!(
                "The platform's answer is not what the SDK expects (line {}, column {}); update the SDK, or report it.",
                error.line(),
                error.column()
            ),
        )
    })
}

pub(crate) fn normalize<T>(body: &[u8]) -> Result<String, crate::Error>
where
    T: serde::de::DeserializeOwned + Serialize,
{
    let value: T = decode(body)?;
    serde_json::to_string(&value).map_err(|error| {
        crate::Error::new(crate::Code::Internal, "The answer could not be written as JSON.").with_source(error)
    })
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

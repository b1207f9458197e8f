//! Finding results in a laboratory's payload. Every laboratory has its own form; they agree that there is a list
//! somewhere, of objects that have a code or a name, and a value.

use serde_json::{Map, Value};

use super::results::NewResult;
use crate::seed::{self, Person};

/// What can be read as a result; an entry that can't is left out.
pub(super) fn results(payload: &Map<String, Value>, person: &Person, now: i64) -> Vec<NewResult> {
    let collected_at = text(payload, &["collected_at", "drawn_at", "collection_date"])
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map_or_else(|| crate::time_text(now), |at| at.to_string());
    let entries = payload.values().find_map(entries).map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(|entry| result(entry.as_object()?, person, &collected_at)).collect()
}

/// The first list of objects, at any depth that a laboratory uses.
fn entries(value: &Value) -> Option<&Vec<Value>> {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => Some(items),
        Value::Object(members) => members.values().find_map(entries),
        _ => None,
    }
}

fn result(entry: &Map<String, Value>, person: &Person, collected_at: &str) -> Option<NewResult> {
    let value = ["value", "result", "result_value"].iter().find_map(|key| number(entry.get(*key)?))?;
    let code = text(entry, &["code", "biomarker_code", "slug", "test_code"]);
    let name = text(entry, &["name", "biomarker_name", "test_name"]);
    let code = code.map(str::to_owned).or_else(|| name.map(slug))?;
    let marker = seed::marker_of(&code);
    let known = marker.map(|marker| marker.reference(person.sex)).unwrap_or_default();
    let limit = |keys: &[&str], known: Option<f64>| keys.iter().find_map(|key| number(entry.get(*key)?)).or(known);
    let name = name.or(marker.map(|marker| marker.name)).unwrap_or(&code).to_owned();
    let unit = text(entry, &["unit", "units"]).or(marker.map(|marker| marker.unit)).unwrap_or_default();
    Some(NewResult {
        value,
        name,
        unit: unit.to_owned(),
        reference_low: limit(&["reference_low", "min_range_value", "low"], known.0),
        reference_high: limit(&["reference_high", "max_range_value", "high"], known.1),
        collected_at: collected_at.to_owned(),
        code,
    })
}

fn text<'a>(entry: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| entry.get(*key)?.as_str()).filter(|text| !text.trim().is_empty())
}

fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

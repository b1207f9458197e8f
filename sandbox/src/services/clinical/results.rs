//! A person's results: those that they have from the start, and those written since.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::answers::ApiError;
use crate::db::Trouble;
use crate::ids;
use crate::seed::{self, Biomarker, Person};

/// A result to write down, checked.
#[derive(Debug)]
pub(crate) struct NewResult {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    pub(crate) reference_low: Option<f64>,
    pub(crate) reference_high: Option<f64>,
    /// As `api::time` gives it.
    pub(crate) collected_at: String,
}

/// All of them, in the order in which they came.
pub(crate) fn all(db: &Connection, person: &Person) -> Result<Vec<Biomarker>, Trouble> {
    let mut results = seed::of_person(person);
    let mut statement = db.prepare_cached("SELECT * FROM biomarkers WHERE user_id = ?1 ORDER BY rowid")?;
    let rows = statement.query_map([person.user_id], |row| from_row(row, person))?;
    for row in rows {
        results.push(row?);
    }
    Ok(results)
}

/// The newest of each marker: what flags, scores and matches are worked out from.
pub(crate) fn newest(db: &Connection, person: &Person) -> Result<Vec<Biomarker>, Trouble> {
    let mut newest: Vec<Biomarker> = Vec::new();
    for result in all(db, person)? {
        match newest.iter_mut().find(|known| known.biomarker_code == result.biomarker_code) {
            None => newest.push(result),
            Some(known) if collected(known) <= collected(&result) => *known = result,
            Some(_) => {}
        }
    }
    Ok(newest)
}

/// As [`newest`], where there must be some: 412 if there are none.
pub(crate) fn required(db: &Connection, person: &Person) -> Result<Vec<Biomarker>, ApiError> {
    let newest = newest(db, person)?;
    if newest.is_empty() {
        return Err(ApiError::precondition("There are no biomarkers for this patient yet."));
    }
    Ok(newest)
}

/// Only those named; all if none is named.
pub(crate) fn named(results: Vec<Biomarker>, ids: &[String]) -> Result<Vec<Biomarker>, ApiError> {
    if let Some(unknown) = ids.iter().find(|id| !results.iter().any(|result| result.id == **id)) {
        let text = format!("{unknown} is not the newest result of any marker of this patient.");
        return Err(ApiError::unprocessable(text));
    }
    Ok(results.into_iter().filter(|result| ids.is_empty() || ids.contains(&result.id)).collect())
}

fn collected(result: &Biomarker) -> Option<Timestamp> {
    result.collected_at.parse().ok()
}

/// Writes one down.
pub(crate) fn add(
    db: &Connection,
    now: i64,
    person: &Person,
    source: &str,
    new: &NewResult,
) -> Result<Biomarker, Trouble> {
    let id = ids::uuid()?;
    db.execute(
        "INSERT INTO biomarkers (id, user_id, code, name, value, unit, reference_low, reference_high, collected_at,
             parsed_at, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            id,
            person.user_id,
            new.code,
            new.name,
            new.value,
            new.unit,
            new.reference_low,
            new.reference_high,
            new.collected_at,
            now,
            source
        ],
    )?;
    Ok(db.query_row("SELECT * FROM biomarkers WHERE id = ?1", [&id], |row| from_row(row, person))?)
}

fn from_row(row: &Row<'_>, person: &Person) -> Result<Biomarker, rusqlite::Error> {
    let code: String = row.get("code")?;
    let (value, reference) = (row.get("value")?, (row.get("reference_low")?, row.get("reference_high")?));
    let critical = seed::marker_of(&code).map_or((None, None), |marker| marker.critical);
    Ok(Biomarker {
        id: row.get("id")?,
        patient_id: person.patient_id(),
        biomarker_code: code,
        biomarker_name: row.get("name")?,
        value,
        unit: row.get("unit")?,
        reference_low: reference.0,
        reference_high: reference.1,
        status: seed::status(value, reference, critical),
        collected_at: row.get("collected_at")?,
        parsed_at: crate::time_text(row.get("parsed_at")?),
    })
}

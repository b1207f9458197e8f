//! Orders at the laboratory.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{self, At, Body, Caller};
use crate::db::Trouble;
use crate::ids::{self, seeded_uuid};
use crate::seed::{self, BRAND, PEOPLE, Person};
use crate::state::Shared;

/// An order at the laboratory.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabOrder {
    #[schema(format = "uuid")]
    id: String,
    brand_id: &'static str,
    #[schema(format = "uuid")]
    patient_id: String,
    junction_order_id: String,
    panel_id: String,
    status: OrderStatus,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    completed_at: Option<String>,
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderStatus {
    Ordered,
    Completed,
}

/// What a person has ordered, as both services that know of it need it.
#[derive(Debug)]
pub(crate) struct KnownOrder {
    pub(crate) id: String,
    pub(crate) person: &'static Person,
    pub(crate) panel: String,
    pub(crate) junction_order_id: String,
    pub(crate) created_at: String,
    pub(crate) completed_at: Option<String>,
}

impl KnownOrder {
    pub(crate) fn status(&self) -> OrderStatus {
        if self.completed_at.is_some() { OrderStatus::Completed } else { OrderStatus::Ordered }
    }

    fn view(self) -> LabOrder {
        LabOrder {
            status: self.status(),
            id: self.id,
            brand_id: BRAND,
            patient_id: self.person.patient_id(),
            junction_order_id: self.junction_order_id,
            panel_id: self.panel,
            created_at: self.created_at,
            completed_at: self.completed_at,
        }
    }
}

/// The laboratory's own number of an order.
pub(crate) fn junction_id(order_id: &str) -> String {
    format!("jct_{}", &seeded_uuid(&format!("junction {order_id}")).replace('-', "")[..16])
}

/// An order to place.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewLabOrder {
    brand_id: String,
    patient_id: String,
    panel_id: Panel,
    patient: OrderPatient,
    address: OrderAddress,
}

/// What is measured.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Panel {
    Hashimotos,
    Pcos,
    Fertility,
}

impl Panel {
    fn as_str(self) -> &'static str {
        match self {
            Panel::Hashimotos => "hashimotos",
            Panel::Pcos => "pcos",
            Panel::Fertility => "fertility",
        }
    }
}

/// Who is measured.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OrderPatient {
    #[schema(min_length = 1)]
    first_name: String,
    #[schema(min_length = 1)]
    last_name: String,
    #[schema(format = Date)]
    dob: String,
    #[schema(format = Email)]
    email: String,
}

/// Where the kit goes.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OrderAddress {
    #[schema(min_length = 1)]
    line1: String,
    #[allow(dead_code, reason = "the platform takes it, and gives it back nowhere")]
    line2: Option<String>,
    #[schema(min_length = 1)]
    city: String,
    #[schema(min_length = 1)]
    state: String,
    #[schema(min_length = 1)]
    zip: String,
    #[schema(min_length = 1)]
    country: String,
}

/// Order a lab test
#[utoipa::path(
    post, path = "/v1/lab-orders", operation_id = "clinical.create_lab_order",
    security(("user" = ["write:lab_orders"]), ("machine" = ["admin:clinical"])), request_body = NewLabOrder,
    responses(
        (status = 201, body = LabOrder),
        (status = 400, description = "The request does not fit the schema, or has no Idempotency-Key"),
        (status = 404, description = "No such patient"),
    )
)]
pub(crate) async fn create(
    Extract(state): Extract<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Body(asked): Body<NewLabOrder>,
) -> Result<Response, ApiError> {
    if !headers.contains_key("idempotency-key") {
        return Err(ApiError::validation("The header Idempotency-Key is required."));
    }
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    asked.check()?;
    let id = ids::uuid()?;
    api::write(&state, &caller, StatusCode::CREATED, |db, audit| {
        let order = KnownOrder {
            junction_order_id: junction_id(&id),
            id,
            person,
            panel: asked.panel_id.as_str().to_owned(),
            created_at: crate::time_text(audit.now),
            completed_at: None,
        };
        db.execute(
            "INSERT INTO lab_orders (id, user_id, panel_id, junction_order_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![order.id, person.user_id, order.panel, order.junction_order_id, audit.now],
        )?;
        audit.note("clinical.lab_order.created", "lab_order", &order.id, json!({ "panel_id": order.panel }));
        Ok(order.view())
    })
}

impl NewLabOrder {
    fn check(&self) -> Result<(), ApiError> {
        api::said("patient.first_name", &self.patient.first_name)?;
        api::said("patient.last_name", &self.patient.last_name)?;
        api::date("patient.dob", &self.patient.dob)?;
        if !self.patient.email.contains('@') {
            return Err(ApiError::validation("patient.email must be an e-mail address."));
        }
        let address = &self.address;
        for (field, text) in [
            ("address.line1", &address.line1),
            ("address.city", &address.city),
            ("address.state", &address.state),
            ("address.zip", &address.zip),
            ("address.country", &address.country),
        ] {
            api::said(field, text)?;
        }
        Ok(())
    }
}

/// See a lab order
#[utoipa::path(
    get, path = "/v1/lab-orders/{order_id}", operation_id = "clinical.get_lab_order",
    security(("user" = ["read:lab_results"]), ("machine" = ["admin:clinical"])), params(("order_id" = String, Path)),
    responses((status = 200, body = LabOrder), (status = 404, description = "No such order"))
)]
pub(crate) async fn get(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(id): At<String>,
) -> Result<Json<LabOrder>, ApiError> {
    let no_such = || ApiError::not_found("There is no such order, or your token does not open it.");
    let visible = match caller.person {
        Some(person) => state.store.read(|db| of_person(db, person))?,
        None => state
            .store
            .read(|db| PEOPLE.iter().map(|person| of_person(db, person)).collect::<Result<Vec<_>, _>>())?
            .into_iter()
            .flatten()
            .collect(),
    };
    let order = visible.into_iter().find(|order| order.id == id).ok_or_else(no_such)?;
    Ok(Json(order.view()))
}

/// A person's orders, newest first.
pub(crate) fn of_person(db: &Connection, person: &'static Person) -> Result<Vec<KnownOrder>, Trouble> {
    let sql =
        "SELECT id, panel_id, junction_order_id, created_at FROM lab_orders WHERE user_id = ?1 ORDER BY rowid DESC";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([person.user_id], |row| {
        Ok(KnownOrder {
            id: row.get(0)?,
            person,
            panel: row.get(1)?,
            junction_order_id: row.get(2)?,
            created_at: crate::time_text(row.get(3)?),
            completed_at: None,
        })
    })?;
    let mut orders = rows.collect::<Result<Vec<_>, _>>()?;
    orders.extend(seeded(person));
    Ok(orders)
}

/// The order that a person's first results come from.
fn seeded(person: &'static Person) -> Option<KnownOrder> {
    let (collected_at, parsed_at) = seed::panel_times(person)?;
    let id = person.record_id("lab order");
    Some(KnownOrder {
        junction_order_id: junction_id(&id),
        id,
        person,
        panel: seed::ordered_panel(person).to_owned(),
        created_at: collected_at.to_owned(),
        completed_at: Some(parsed_at.to_owned()),
    })
}

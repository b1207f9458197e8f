//! Faults that make no sense are refused when they are ordered.

use axum::http::HeaderValue;

use super::{Fault, FaultBody, FaultKind, InvalidFault, Place, When};

impl Fault {
    /// `Ok`, or one sentence about the first thing that makes no sense.
    pub(crate) fn check(mut self, place: Place) -> Result<Fault, InvalidFault> {
        self.place = place;
        self.check_place()?;
        self.check_kind()?;
        Ok(self)
    }

    fn check_place(&self) -> Result<(), InvalidFault> {
        let refuse = |text: &str| Err(InvalidFault(text.to_owned()));
        let at_api = self.place == Place::Api;
        for (field, is_given, belongs) in [
            ("grant_type", self.grant_type.is_some(), !at_api),
            ("service", self.service.is_some(), at_api),
            ("method", self.method.is_some(), at_api),
            ("path", self.path.is_some(), at_api),
            ("probability", self.probability.is_some(), at_api),
            ("seed", self.seed.is_some(), at_api && self.probability.is_some()),
        ] {
            if is_given && !belongs {
                let at = if at_api { "there" } else { "at the token endpoint" };
                return refuse(&format!("{field} means nothing {at}."));
            }
        }
        if self.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return refuse("probability must be from 0 to 1.");
        }
        if at_api && self.kind == FaultKind::DropRefreshToken {
            return refuse("The kind drop_refresh_token belongs to the token endpoint.");
        }
        Ok(())
    }

    fn check_kind(&self) -> Result<(), InvalidFault> {
        let refuse = |text: &str| Err(InvalidFault(text.to_owned()));
        let (name, kind) = (self.name(), self.kind);
        let cuts = matches!(kind, FaultKind::Reset | FaultKind::Truncate);
        let is_status = kind == FaultKind::Status;
        for (field, is_given, belongs) in [
            ("ms", self.ms.is_some(), matches!(kind, FaultKind::Delay | FaultKind::Hang)),
            ("at_byte", self.at_byte.is_some(), cuts),
            ("at_body_byte", self.at_body_byte.is_some(), cuts),
            ("status", self.status.is_some(), is_status),
            ("body", self.body.is_some(), is_status),
            ("error", self.error.is_some(), is_status),
            ("content_type", self.content_type.is_some(), is_status || kind == FaultKind::ContentType),
            ("retry_after", self.retry_after.is_some(), is_status),
            ("retry_after_ms", self.retry_after_ms.is_some(), is_status),
        ] {
            if is_given && !belongs {
                return refuse(&format!("{field} means nothing with the kind {name}."));
            }
        }
        let headers = [("content_type", &self.content_type), ("retry_after", &self.retry_after)];
        for (field, value) in headers {
            if value.as_ref().is_some_and(|value| HeaderValue::try_from(value).is_err()) {
                return refuse(&format!("{field} can't be sent as a header."));
            }
        }
        let is_json = matches!(self.body(), FaultBody::Oauth | FaultBody::Api | FaultBody::JsonOther);
        match kind {
            _ if self.times == 0 => refuse("times must be at least 1."),
            FaultKind::Delay if self.ms.is_none() => refuse("The kind delay needs ms."),
            FaultKind::Reset | FaultKind::Truncate if self.at_byte.is_some() == self.at_body_byte.is_some() => {
                refuse(&format!("The kind {name} needs at_byte or at_body_byte."))
            }
            FaultKind::Status if !self.status.is_some_and(|status| (200..600).contains(&status)) => {
                refuse("The kind status needs a status from 200 to 599.")
            }
            FaultKind::Status if self.error.is_some() && !matches!(self.body(), FaultBody::Oauth | FaultBody::Api) => {
                refuse("error needs the body oauth or api.")
            }
            FaultKind::Status if self.retry_after_ms.is_some() && !is_json => {
                refuse("retry_after_ms needs the body oauth, api or json_other.")
            }
            FaultKind::ContentType if self.content_type.is_none() => {
                refuse("The kind content_type needs content_type.")
            }
            FaultKind::ContentType if self.when == Some(When::Before) => {
                refuse("The kind content_type changes the right answer, so it can't strike before the work.")
            }
            _ => Ok(()),
        }
    }
}

"""The types of webhook events, by name. Written by `cargo xtask codegen`; do not edit."""

from typing import Final

#: A lab report was uploaded.
CLINICAL_BLOODWORK_UPLOADED_V1: Final = "clinical.bloodwork.uploaded.v1"

#: A lab result needs somebody to look at once.
CLINICAL_LAB_RESULT_CRITICAL_V1: Final = "clinical.lab_result.critical.v1"

#: A vial was reconstituted.
CLINICAL_VIAL_CREATED_V1: Final = "clinical.vial.created.v1"

#: A membership has earned its bonus.
MEMBERSHIP_BONUS_ELIGIBLE_V1: Final = "membership.bonus.eligible.v1"

#: A subscription's plan has changed.
SUBSCRIPTION_TIER_CHANGED_V1: Final = "subscription.tier_changed.v1"

#: A membership's tier has changed.
MEMBERSHIP_TIER_CHANGED_V1: Final = "membership.tier.changed.v1"

#: A person met a clinician.
PATIENT_GRAPH_ENCOUNTER_RECORDED_V1: Final = "patient_graph.encounter.recorded.v1"

#: A person should dispose of sharps.
PATIENT_GRAPH_ADHERENCE_SHARPS_REMINDER_REQUESTED_V1: Final = "patient_graph.adherence.sharps_reminder_requested.v1"

#: A notification was made.
COMMS_NOTIFICATION_CREATED_V1: Final = "comms.notification.created.v1"

#: A message is to be sent.
COMMS_MESSAGE_SEND_REQUESTED_V1: Final = "comms.message.send_requested.v1"

#: Something happened in a live stream.
LIVE_STREAM_EVENT_V1: Final = "live.stream.event.v1"

#: Where a person's screening stands has changed.
OPS_INBOX_SCREENING_STATUS_CHANGED_V1: Final = "ops.inbox.screening_status_changed.v1"

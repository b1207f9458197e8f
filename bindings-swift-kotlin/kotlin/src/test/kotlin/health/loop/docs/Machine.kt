// A block of the guide; DocsTest compares them.
package health.loop.docs.machine

import health.loop.sdk.Biomarker
import health.loop.sdk.ErrorCode
import health.loop.sdk.EventClaim
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopException
import health.loop.sdk.M2MClient
import health.loop.sdk.M2MOptions
import health.loop.sdk.Page
import health.loop.sdk.Scopes
import health.loop.sdk.Webhooks

suspend fun ofPatient(patientId: String): Page<Biomarker> =
    M2MClient(M2MOptions(scopes = listOf(Scopes.ADMIN_CLINICAL))).use { machine ->
        machine.clinical.listPatientBiomarkers(patientId)
    }

/** The HTTP status to answer a webhook with. The body is taken as it came, before anything parses it. */
suspend fun onWebhook(loop: LoopClient, body: ByteArray, headers: Map<String, List<String>>, secret: String): Int {
    val event = try {
        Webhooks.verify(body, headers, secret)
    } catch (error: LoopException) {
        return if (error.code == ErrorCode.WEBHOOK_MALFORMED) 400 else 401
    }
    when (loop.claimEvent(event.id)) {
        EventClaim.DONE -> return 200
        EventClaim.UNDER_WAY -> return 503
        EventClaim.NEW -> loop.finishEvent(event.id) // after your own work on event.record
    }
    return 200
}

// A block of the guide; DocsTest compares them.
package health.loop.docs.audited

import health.loop.sdk.AuditLog
import health.loop.sdk.HealthScore
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopOptions

val audited = LoopClient(
    LoopOptions(store = "memory:", ownDevice = false, auditLog = AuditLog.file("audit.jsonl"), auditRequired = true),
)

suspend fun score(userId: String, clinician: String): HealthScore {
    val user = audited.user(userId, actor = clinician, purpose = "treatment")
    return user.clinical.computeHealthScore(patientId = userId, brandId = "loop")
}

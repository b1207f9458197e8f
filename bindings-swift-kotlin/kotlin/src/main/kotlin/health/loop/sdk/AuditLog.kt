// The audit log: who looked at or changed whose data, and why. Entries say what was done, never what was read.
package health.loop.sdk

import java.time.Instant
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject

/** Where the audit log goes. */
public class AuditLog private constructor(
    internal val path: String?,
    internal val record: (suspend (AuditEntry) -> Unit)?,
) {
    override fun toString(): String = "<AuditLog>"

    public companion object {
        /** Into a file, one JSON object a line. It is made for its owner alone (0600), and only ever appended to. */
        public fun file(path: String): AuditLog = AuditLog(path, null)

        /**
         * To a function of yours, which may suspend or block. What it throws counts as not recorded, and only the name of
         * its class goes further.
         */
        public fun callback(record: suspend (AuditEntry) -> Unit): AuditLog = AuditLog(null, record)
    }
}

/** One call of one of Loop's APIs. It names a person, so it prints without its values; [toJson] gives them all. */
public class AuditEntry private constructor(private val whole: JsonObject) {
    /** When the call ended, or began where [outcome] is `begun`. */
    public val at: Instant = Instant.ofEpochMilli(whole.field("at").integer())

    /** Who called, as the app said. */
    public val actor: String? = whole.field("actor").optional { it.text() }

    /** Why, as the app said. */
    public val purpose: String? = whole.field("purpose").optional { it.text() }

    /** Whose data: the person whose grant was used, or whom a machine's call names; null where it names nobody. */
    public val userId: String? = whole.field("user_id").optional { it.text() }

    /** The app. */
    public val clientId: String = whole.field("client_id").text()

    /** For instance `clinical.list_biomarkers`; `request` with the method and service for any other request. */
    public val operation: String = whole.field("operation").text()

    /** The scope that the operation needs; null where the SDK does not know it. */
    public val scope: String? = whole.field("scope").optional { it.text() }

    /** The platform's id of the request. */
    public val requestId: String? = whole.field("request_id").optional { it.text() }

    /** How many records came back; null where none did. */
    public val records: Long? = whole.field("records").optional { it.integer() }

    /** `ok`, the code of the error, or `begun`. */
    public val outcome: String = whole.field("outcome").text()

    /** The whole entry, `at` in milliseconds since 1970. */
    public fun toJson(): JsonObject = whole

    override fun toString(): String = "<AuditEntry: values hidden>"

    internal companion object {
        fun parse(text: String): AuditEntry = AuditEntry(Json.parseToJsonElement(text) as JsonObject)
    }
}

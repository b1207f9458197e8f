// Webhooks, for servers: whether a delivery comes from Loop, and what it says.
package health.loop.sdk

import health.loop.sdk.ffi.verifyWebhook
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/** Checks what is delivered to the address that an app registered for webhooks. */
public object Webhooks {
    /**
     * Checks a delivery, and reads it.
     *
     * A delivery may come more than once: handle each id once, as [LoopClient.claimEvent] helps to do.
     *
     * @param rawBody the body as it came, before anything parsed it
     * @param headers all of the request's, in any case: texts, or lists of texts
     * @param secret the signing secret (`LOOP_WEBHOOK_SECRET`)
     * @throws LoopException `webhook_signature`: answer 401; `webhook_malformed`: answer 400
     */
    public fun verify(rawBody: ByteArray, headers: Map<String, Any?>, secret: String? = null): WebhookEvent =
        verified(rawBody, headers, jsonOf("secret" to secret))

    /** The same while the secret is being changed: with both, the newest first. */
    public fun verify(rawBody: ByteArray, headers: Map<String, Any?>, secrets: List<String>): WebhookEvent =
        verified(rawBody, headers, jsonOf("secret" to secrets))

    private fun verified(rawBody: ByteArray, headers: Map<String, Any?>, secret: JsonObject): WebhookEvent {
        val given = jsonOf("headers" to headers).getValue("headers").toString()
        NativePart.load()
        val reply = translated { verifyWebhook(rawBody, given, secret.getValue("secret").toString()) }
        return WebhookEvent(Json.parseToJsonElement(reply))
    }
}

/** An event that Loop delivered. It prints without what it is about. */
public class WebhookEvent internal constructor(reply: JsonElement) {
    private val fields = reply.asField().record()

    /** Identifies the event: the key to handle it once. */
    public val id: String = fields.field("id").text()

    /** Its type with its version, for instance `clinical.bloodwork.uploaded.v1`. */
    public val type: String = fields.field("type").text()

    /** The person it is about; null where it is about nobody. */
    public val userId: String? = fields.field("user_id").optional { it.text() }

    /** The app that it was sent to. */
    public val clientId: String? = fields.field("client_id").optional { it.text() }

    /** When it happened (RFC 3339). */
    public val occurredAt: String = fields.field("occurred_at").text()

    /** Which attempt this is, from 1; null where the header is not there. */
    public val attempt: Long? = fields.field("attempt").optional { it.integer() }

    /** What it says, whole. */
    public val data: JsonValue = fields.field("data").json()

    /**
     * What it says as a record, for instance [BloodworkUploaded]; null for a type that is newer than this SDK, and where the
     * data is not as the platform describes it.
     */
    public val record: Record? = fields.field("known").optional { eventRecord(it.text(), fields.field("data").record()) }

    /** The whole event, under the names that the platform uses. */
    public fun toJson(): JsonObject = JsonObject(fields - "known")

    override fun toString(): String = "<WebhookEvent: values hidden>"
}

/** What to do with a delivery of a webhook. */
public enum class EventClaim {
    /** Nobody has handled it: do it now, then call [LoopClient.finishEvent] or [LoopClient.abandonEvent]. */
    NEW,

    /** It was handled: answer with 200, and do nothing. */
    DONE,

    /** Somebody is at it: answer with 503, so that it comes again. */
    UNDER_WAY,
}

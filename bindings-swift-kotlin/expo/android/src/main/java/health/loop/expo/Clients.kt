// The clients that JavaScript knows by number.
package health.loop.expo

import health.loop.sdk.AuditLog
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopEvent
import health.loop.sdk.LoopException
import health.loop.sdk.LoopOptions
import org.json.JSONArray
import org.json.JSONObject

/** Tells JavaScript of an event of a client, as a JSON object. */
internal typealias Tell = (client: Int, event: String) -> Unit

/** Gives JavaScript an entry of a client's audit log, as a JSON object, and ends when it is recorded. */
internal typealias Record = suspend (client: Int, entry: String) -> Unit

/** The code of a client: both lead to JavaScript. */
internal class Code(val onEvent: ((LoopEvent) -> Unit)? = null, val auditLog: AuditLog? = null)

internal class Clients(private val optionsOf: (JSONObject, Code) -> LoopOptions) {
    private val opened = HashMap<Int, LoopClient>()
    private var last = 0

    /** The reply of `create`. */
    fun create(options: String, tell: Tell?, record: Record?): String = try {
        val number = synchronized(opened) { ++last }
        val code = Code(
            onEvent = tell?.let { { event -> it(number, textOf(event)) } },
            auditLog = record?.let { AuditLog.callback { entry -> it(number, entry.toJson().toString()) } },
        )
        val client = LoopClient(optionsOf(JSONObject(options), code))
        synchronized(opened) { opened[number] = client }
        val redirectUri = client.redirectUri ?: JSONObject.NULL
        JSONObject().put("value", JSONObject().put("client", number).put("redirectUri", redirectUri)).toString()
    } catch (error: LoopException) {
        replyOf(error.code.value, error.action.value, error.message.orEmpty(), error.detail)
    } catch (unknown: UnknownOption) {
        replyOf("invalid_option", "fix_call", "An option is not known here.", unknown.name)
    }

    fun find(number: Int): LoopClient = synchronized(opened) { opened.getValue(number) }

    fun close() {
        synchronized(opened) { opened.values.toList() }.forEach { it.close() }
    }
}

/** An event in the form in which the core tells of it. */
private fun textOf(event: LoopEvent): String = JSONObject()
    .put("kind", event.kind.value)
    .put("user_id", event.userId)
    .put("at", event.at.toEpochMilli())
    .put("code", event.code?.value ?: JSONObject.NULL)
    .toString()

/** An error in the form in which calls reply with one. */
private fun replyOf(code: String, action: String, message: String, detail: String?): String {
    val fields = JSONObject()
        .put("code", code)
        .put("action", action)
        .put("message", message.removeSuffix(" ($code)"))
        .put("retry_after_ms", JSONObject.NULL)
        .put("status", JSONObject.NULL)
        .put("request_id", JSONObject.NULL)
        .put("detail", detail ?: JSONObject.NULL)
        .put("cause", JSONObject.NULL)
        .put("missing_scopes", JSONArray())
    return JSONObject().put("error", fields).toString()
}

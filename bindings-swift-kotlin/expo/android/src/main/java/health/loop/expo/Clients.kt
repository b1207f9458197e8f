// The clients that JavaScript knows by number.
package health.loop.expo

import health.loop.sdk.LoopClient
import health.loop.sdk.LoopException
import health.loop.sdk.LoopOptions
import org.json.JSONArray
import org.json.JSONObject

internal class Clients(private val optionsOf: (JSONObject) -> LoopOptions) {
    private val opened = mutableListOf<LoopClient>()

    /** The reply of `create`. */
    fun create(options: String): String = try {
        val client = LoopClient(optionsOf(JSONObject(options)))
        val number = synchronized(opened) {
            opened += client
            opened.lastIndex
        }
        val redirectUri = client.redirectUri ?: JSONObject.NULL
        JSONObject().put("value", JSONObject().put("client", number).put("redirectUri", redirectUri)).toString()
    } catch (error: LoopException) {
        replyOf(error)
    }

    fun find(number: Int): LoopClient = synchronized(opened) { opened[number] }

    fun close() {
        synchronized(opened) { opened.toList() }.forEach { it.close() }
    }
}

/** An error in the form in which calls reply with one. */
private fun replyOf(error: LoopException): String {
    val fields = JSONObject()
        .put("code", error.code.value)
        .put("action", error.action.value)
        .put("message", error.message.orEmpty().removeSuffix(" (${error.code.value})"))
        .put("retry_after_ms", JSONObject.NULL)
        .put("status", JSONObject.NULL)
        .put("request_id", JSONObject.NULL)
        .put("detail", error.detail ?: JSONObject.NULL)
        .put("cause", JSONObject.NULL)
        .put("missing_scopes", JSONArray())
    return JSONObject().put("error", fields).toString()
}

// What of a value may stand in a log.
package health.loop.sdk

import kotlinx.serialization.json.JsonObject

/** What stands in place of a value. */
internal const val HIDDEN = "[hidden]"

/**
 * A record in a form that may stand in a log: its type, and of its values those that say nothing about a person. A field is
 * shown only if its declaration says why it may be.
 */
public fun safeView(value: Record): JsonObject = value.shown()

/** The same of a page: how many records it has, and the safe view of each. */
public fun safeView(value: Page<Record>): JsonObject = jsonOf(
    "type" to "Page",
    "of" to value.name,
    "count" to value.size,
    "items" to value.items.map { it.shown() },
)

/** The same of one of several values: that it is one. */
public fun safeView(value: Choice): JsonObject = jsonOf("type" to value::class.java.simpleName, "value" to HIDDEN)

/** The same of an error: its code, and what helps to find the request. Whose call it was is not in it. */
public fun safeView(value: LoopException): JsonObject = jsonOf(
    "type" to "Error",
    "code" to value.failure.code,
    "action" to value.failure.action,
    "status" to value.failure.status,
    "request_id" to value.failure.requestId,
    "retry_after_ms" to value.failure.retryAfterMs,
)

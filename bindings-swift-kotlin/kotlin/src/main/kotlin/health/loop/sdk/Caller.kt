// How the services' functions reach the core: for anybody, for one person, or as a machine.
package health.loop.sdk

import kotlin.time.Duration
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/** The calls of one client, with what is said of the caller in each of them. */
internal class Caller(private val calls: Calls, private val said: JsonObject = jsonOf()) {
    /** A call whose answer has nothing in it. */
    suspend fun nothing(method: String, arguments: JsonObject, timeout: Duration?) {
        call(method, arguments, timeout)
    }

    /** A call that returns one thing. */
    suspend fun <T> value(method: String, arguments: JsonObject, timeout: Duration?, decode: (Field) -> T): T =
        decode(call(method, arguments, timeout).asField())

    /** A call that returns a whole list. */
    suspend fun <T> page(
        method: String,
        arguments: JsonObject,
        timeout: Duration?,
        name: String,
        decode: (Field) -> T,
    ): Page<T> = pageOf(name, call(method, arguments, timeout), null, decode)

    /** A call that returns one page of several. */
    suspend fun <T> pages(
        method: String,
        arguments: JsonObject,
        timeout: Duration?,
        name: String,
        decode: (Field) -> T,
    ): Page<T> {
        val next: suspend (String) -> Page<T> = { cursor ->
            pages(method, JsonObject(arguments + jsonOf("cursor" to cursor)), timeout, name, decode)
        }
        return pageOf(name, call(method, arguments, timeout), next, decode)
    }

    private suspend fun call(method: String, arguments: JsonObject, timeout: Duration?): JsonElement =
        calls.call(method, JsonObject(arguments + said), timeout)
}

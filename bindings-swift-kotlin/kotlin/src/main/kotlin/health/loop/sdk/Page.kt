// A page of a list operation: iterable, complete as JSON, and silent when printed.
package health.loop.sdk

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/**
 * One page of a list, in the platform's order.
 *
 * A loop goes over this page, [all] over this page and those that follow. It prints without its values.
 */
public class Page<out T> internal constructor(
    internal val name: String,
    private val whole: JsonObject,
    /** The records of this page. */
    public val items: List<T>,
    /** Leads to the next page; null on the last one. */
    public val nextCursor: String?,
    /** How many records all pages have together; null where the platform does not say. */
    public val total: Long?,
    private val fetch: (suspend (cursor: String) -> Page<T>)?,
) : Iterable<T> {
    /** How many records this page has. */
    public val size: Int get() = items.size

    override fun iterator(): Iterator<T> = items.iterator()

    /**
     * Each record of this page, and of the pages that follow, which are fetched as they are needed. A page that leads back
     * to one of them is the last.
     */
    public fun all(): Flow<T> = flow {
        val seen = mutableSetOf<String>()
        var page: Page<T>? = this@Page
        while (page != null) {
            page.items.forEach { emit(it) }
            val cursor = page.nextCursor
            page = if (cursor == null || !seen.add(cursor)) null else page.fetch?.invoke(cursor)
        }
    }

    /** The whole page, as `{items, next_cursor, total}`. */
    public fun toJson(): JsonObject = whole

    override fun toString(): String = "<Page of $size $name; values hidden, use .items or .toJson()>"
}

/** A page of the core's reply. */
internal fun <T> pageOf(
    name: String,
    reply: JsonElement,
    fetch: (suspend (cursor: String) -> Page<T>)? = null,
    decode: (Field) -> T,
): Page<T> {
    val whole = reply.asField().record()
    val items = whole.field("items").list(decode)
    val nextCursor = whole.field("next_cursor").optional { it.text() }
    return Page(name, whole, items, nextCursor, whole.field("total").optional { it.integer() }, fetch)
}

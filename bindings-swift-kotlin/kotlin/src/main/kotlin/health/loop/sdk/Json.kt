// JSON in and out, in a form that shows nothing when it is printed.
package health.loop.sdk

import java.math.BigDecimal
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.longOrNull

/** A record of the platform. It prints without its values; [safeView] has those that may stand in a log. */
public sealed class Record {
    /** The whole record, under the names that the platform uses: for a page, or for a place that keeps health data. */
    public abstract fun toJson(): JsonObject

    /** What [safeView] gives. */
    internal abstract fun shown(): JsonObject
}

/** One of several values that the platform knows, or one that is newer than this SDK. It prints without the value. */
public sealed interface Choice {
    /** As it travels. */
    public val value: String
}

/** Any JSON value, where the platform says no more than that. It prints without what is in it. */
public class JsonValue(
    /** The value itself. What prints it prints all of it. */
    public val value: JsonElement,
) {
    override fun equals(other: Any?): Boolean = other is JsonValue && other.value == value

    override fun hashCode(): Int = value.hashCode()

    override fun toString(): String = "<JsonValue: hidden>"
}

/** A new value, or [Null], which takes the old one away; what is not given at all stays as it is. It prints without it. */
public sealed class Nullable<out T : Any> {
    /** The new value. */
    public class Of<out T : Any>(internal val value: T) : Nullable<T>()

    /** None from now on. */
    public object Null : Nullable<Nothing>()

    override fun toString(): String = "<Nullable: value hidden>"
}

/** A list inside a record. */
internal class HiddenList<T>(private val items: List<T>) : AbstractList<T>() {
    override val size: Int get() = items.size

    override fun get(index: Int): T = items[index]

    override fun toString(): String = "<list of $size: values hidden>"
}

/** One field of a reply of the core, which has decoded the platform's answer before: it is complete and of its type. */
internal class Field(private val name: String, private val element: JsonElement) {
    fun text(): String = primitive { if (it.isString) it.content else null }

    fun number(): Double = primitive { it.doubleOrNull }

    fun integer(): Long = primitive { it.longOrNull }

    fun boolean(): Boolean = primitive { it.booleanOrNull }

    /** It travels as a text, since floating point would change it. */
    fun decimal(): BigDecimal = primitive { if (it.isString) it.content.toBigDecimalOrNull() else null }

    fun json(): JsonValue = JsonValue(element)

    fun record(): JsonObject = element as? JsonObject ?: wrong()

    fun <T> optional(decode: (Field) -> T): T? = if (element is JsonNull) null else decode(this)

    fun <T> list(decode: (Field) -> T): List<T> {
        val items = element as? JsonArray ?: wrong()
        return HiddenList(items.map { decode(Field(name, it)) })
    }

    private fun <T> primitive(read: (JsonPrimitive) -> T?): T =
        (element as? JsonPrimitive)?.takeIf { it !is JsonNull }?.let(read) ?: wrong()

    private fun wrong(): Nothing =
        throw ownError(ErrorCode.ANSWER_INVALID, "The field `$name` is not of the type that it should be.", name)
}

/** A field of an object; one that is absent is null. */
internal fun JsonObject.field(name: String): Field = Field(name, this[name] ?: JsonNull)

/** A whole reply as a field. */
internal fun JsonElement.asField(): Field = Field("answer", this)

/** An object of plain values, records, lists of them, and JSON. */
internal fun jsonOf(vararg fields: Pair<String, Any?>): JsonObject =
    JsonObject(fields.associate { (name, value) -> name to toJsonElement(name, value) })

/** The same without what is null. */
internal fun givenOf(vararg fields: Pair<String, Any?>): JsonObject =
    jsonOf(*fields.filter { (_, value) -> value != null }.toTypedArray())

private fun toJsonElement(name: String, value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is JsonElement -> value
    is JsonValue -> value.value
    is Record -> value.toJson()
    is Choice -> JsonPrimitive(value.value)
    is Nullable.Of<*> -> toJsonElement(name, value.value)
    is Nullable.Null -> JsonNull
    is BigDecimal -> JsonPrimitive(value.toPlainString())
    is String -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    is Number -> {
        // JSON has no such numbers, and the text would not be JSON.
        if (!value.toDouble().isFinite()) throw ownError(ErrorCode.INVALID_OPTION, "`$name` must be a number.", name)
        JsonPrimitive(value)
    }
    is Iterable<*> -> JsonArray(value.map { toJsonElement(name, it) })
    is Map<*, *> -> JsonObject(value.entries.associate { (key, inner) -> "$key" to toJsonElement(name, inner) })
    else -> throw ownError(ErrorCode.INVALID_OPTION, "`$name` can't be written as JSON.", name)
}

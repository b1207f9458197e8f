// Every record there is: it prints nothing, its JSON is whole, and its safe view has every field.
package health.loop.sdk

import java.io.File
import java.lang.reflect.Modifier
import java.lang.reflect.ParameterizedType
import java.lang.reflect.Type
import java.math.BigDecimal
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class RecordsTest {
    /** All of them, by the class files of the package. */
    private val records: List<Class<*>> = File("target/classes/health/loop/sdk").listFiles()!!
        .filter { it.extension == "class" }
        .map { Class.forName("health.loop.sdk.${it.nameWithoutExtension}", false, javaClass.classLoader) }
        .filter { Record::class.java.isAssignableFrom(it) && it != Record::class.java }
        .sortedBy { it.name }

    @Test
    fun `no record prints a value in any way, and its JSON has all of them`() {
        assertTrue(records.size > 60, "${records.size}")
        for (type in records) {
            val json = filled(type)
            val record = made(type, json)
            val page = Page("Records", JsonObject(emptyMap()), listOf(record), null, null, null)
            val shown = "$record ${listOf(record)} ${mapOf("a" to record)} ${String.format("%s", record)} $page " +
                type.declaredFields.filter { !Modifier.isStatic(it.modifiers) }.mapNotNull { field ->
                    field.isAccessible = true
                    // What is inside of it, but for plain values, which print as what they are.
                    field.get(record).takeIf { it !is String && it !is Number && it !is Boolean }
                }
            for (canary in CANARIES) {
                assertFalse(canary in shown, "${type.simpleName}: $shown")
            }
            assertEquals("<${type.simpleName}: values hidden>", "$record")
            assertEquals(json, record.toJson(), type.simpleName)
            assertEquals(record, made(type, record.toJson()), type.simpleName)
        }
    }

    @Test
    fun `a choice prints nothing, and its safe view says no more than that it is one`() {
        for (choice in listOf(BiomarkerStatus("canary"), LabVendor("canary"), DoseStatus("canary"))) {
            assertFalse("canary" in "$choice ${safeView(choice)}")
        }
        assertEquals("BiomarkerStatus", safeView(BiomarkerStatus.HIGH).text("type"))
    }

    @Test
    fun `safe views have the type and every field, and that of an error nothing of whom it is about`() {
        for (type in records) {
            val view = safeView(made(type, filled(type)))
            assertEquals(type.simpleName, view.text("type"))
            val names = filled(type).keys.map { if (it == "type") "type_" else it }
            assertEquals((names + "type").toSet(), view.keys, type.simpleName)
        }
        val error = safeView(ownError(ErrorCode.NOT_FOUND, "canary", "canary"))
        assertEquals(setOf("type", "code", "action", "status", "request_id", "retry_after_ms"), error.keys)
        assertFalse("canary" in "$error")
    }

    private fun made(type: Class<*>, json: JsonObject): Record {
        val companion = type.getField("Companion").get(null)
        return companion.javaClass.getMethod("fromJson", JsonObject::class.java).invoke(companion, json) as Record
    }

    /** A record's JSON whose every value is a canary. */
    private fun filled(type: Class<*>): JsonObject = JsonObject(
        type.declaredFields.filter { !Modifier.isStatic(it.modifiers) }.associate { field ->
            field.name.replace(Regex("[A-Z]")) { "_${it.value.lowercase()}" } to canary(field.genericType)
        },
    )

    private fun canary(type: Type): JsonElement = when {
        type is ParameterizedType -> JsonArray(listOf(canary(elementOf(type))))
        type == BigDecimal::class.java -> JsonPrimitive(DECIMAL)
        type == Double::class.java || type == Double::class.javaObjectType -> JsonPrimitive(NUMBER)
        type == Long::class.java || type == Long::class.javaObjectType -> JsonPrimitive(INTEGER)
        type == Boolean::class.java || type == Boolean::class.javaObjectType -> JsonPrimitive(true)
        type is Class<*> && Record::class.java.isAssignableFrom(type) -> filled(type)
        // A text, a choice, or free-form JSON.
        else -> JsonPrimitive("canary")
    }

    private fun elementOf(type: ParameterizedType): Type = when (val element = type.actualTypeArguments.single()) {
        is java.lang.reflect.WildcardType -> element.upperBounds.single()
        else -> element
    }

    private companion object {
        const val DECIMAL = "424242.50"
        const val NUMBER = 535353.5
        const val INTEGER = 646464L
        val CANARIES = listOf("canary", "424242", "535353", "646464")
    }
}

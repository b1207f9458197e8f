// Every operation of `conformance/operations.json`, with typed arguments and typed results: the values are those of Rust.
package health.loop.sdk

import java.math.BigDecimal
import kotlin.reflect.KClass
import kotlin.reflect.KType
import kotlin.reflect.full.callSuspendBy
import kotlin.reflect.full.companionObjectInstance
import kotlin.reflect.full.instanceParameter
import kotlin.reflect.full.isSubclassOf
import kotlin.reflect.full.memberFunctions
import kotlin.reflect.full.memberProperties
import kotlin.reflect.full.primaryConstructor
import kotlin.reflect.full.valueParameters
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class GoldenTest {
    private val file = Json.parseToJsonElement(repositoryFile("conformance/operations.json").readText()).jsonObject
    private val cases = file.getValue("cases").jsonArray.map { it.jsonObject }

    @Test
    fun `every operation takes its arguments and returns the golden value`() = runBlocking<Unit> {
        Sandbox("my-app://callback", "--scopes", forPeople.joinToString(" ")).use { sandbox ->
            val machine = M2MClient(sandbox.machine(*Scopes.ALL.filter { it.startsWith("admin:") }.toTypedArray()))
            val loop = LoopClient(sandbox.options(browser = sandbox.browser()))
            val saved = mutableMapOf("person" to loop.signIn().userId, "nia" to "user_01HXYN1A00D2F6K8P4T7W1Z3X5")
            val wrong = cases.mapNotNull { case ->
                case["prepare"]?.jsonObject?.let { prepare ->
                    val order = filled(prepare.getValue("body"), saved).jsonObject
                    saved += found(prepare["save"], sandbox.lever("POST", prepare.text("lever"), order))
                }
                val client = if (case.text("caller") == "machine") machine else loop
                val arguments = filled(case.getValue("arguments"), saved).jsonObject
                val (result, view) = called(client, case.text("operation"), arguments)
                saved += found(case["save"], result)
                val names = case["masked"]?.jsonArray.orEmpty().map { it.jsonPrimitive.content }
                listOf("result" to result, "safe_view" to view).mapNotNull { (what, whole) ->
                    val shown = masked(whole, names)
                    val expected = case.getValue(what)
                    "${case.text("operation")}: $what\n  expected $expected\n  got      $shown".takeIf { same(expected, shown).not() }
                }
            }
            assertEquals("", wrong.flatten().joinToString("\n"))
            loop.close()
            machine.close()
        }
    }

    /** Calls the function of this name, with its arguments as the types that it declares. Returns the value, and its safe view. */
    @Suppress("UNCHECKED_CAST")
    private suspend fun called(client: Any, operation: String, arguments: JsonObject): Pair<JsonElement, JsonElement> {
        val (serviceName, methodName) = operation.split(".").map(::camel)
        val service = client::class.memberProperties.single { it.name == serviceName }.getter.call(client)!!
        val function = service::class.memberFunctions.single { it.name == methodName }
        val given = arguments.mapKeys { (name, _) -> camel(name) }
        val unknown = given.keys - function.valueParameters.map { it.name }.toSet()
        check(unknown.isEmpty()) { "$operation does not take $unknown" }
        val typed = function.valueParameters.filter { it.name in given }.associateWith { value(given.getValue(it.name!!), it.type) }
        return when (val result = function.callSuspendBy(mapOf(function.instanceParameter!! to service) + typed)) {
            is Page<*> -> result.toJson().let { whole ->
                // Not only what came, but what was made of it.
                assertEquals(whole.getValue("items"), JsonArray(result.items.map { (it as Record).toJson() }), operation)
                whole to safeView(result as Page<Record>)
            }
            is Record -> result.toJson() to safeView(result)
            Unit -> JsonNull to JsonNull
            else -> error("$operation returned ${result?.javaClass}")
        }
    }

    private fun value(json: JsonElement, type: KType): Any? {
        val kind = type.classifier as KClass<*>
        return when {
            json is JsonNull -> null
            kind == String::class -> json.jsonPrimitive.content
            kind == Long::class -> json.jsonPrimitive.long
            kind == Double::class -> json.jsonPrimitive.double
            kind == Boolean::class -> json.jsonPrimitive.boolean
            kind == BigDecimal::class -> BigDecimal(json.jsonPrimitive.content)
            kind == JsonValue::class -> JsonValue(json)
            kind == JsonObject::class -> json.jsonObject
            kind == Nullable::class -> Nullable.Of(value(json, type.arguments.single().type!!)!!)
            kind == List::class -> json.jsonArray.map { value(it, type.arguments.single().type!!) }
            kind.isSubclassOf(Choice::class) -> kind.primaryConstructor!!.call(json.jsonPrimitive.content)
            kind.isSubclassOf(Record::class) -> {
                val companion = kind.companionObjectInstance!!
                companion::class.memberFunctions.single { it.name == "fromJson" }.call(companion, json.jsonObject)
            }
            else -> error("no value of $type")
        }
    }

    private fun filled(value: JsonElement, saved: Map<String, String>): JsonElement = when (value) {
        is JsonArray -> JsonArray(value.map { filled(it, saved) })
        is JsonObject -> JsonObject(value.mapValues { (_, inner) -> filled(inner, saved) })
        is JsonPrimitive -> {
            val name = value.content.takeIf { value.isString && it.startsWith("\${") }?.removeSurrounding("\${", "}")
            if (name == null) value else JsonPrimitive(saved.getValue(name))
        }
    }

    /** What differs from run to run says only that it is there. */
    private fun masked(value: JsonElement, names: List<String>): JsonElement = when (value) {
        is JsonArray -> JsonArray(value.map { masked(it, names) })
        is JsonObject -> JsonObject(
            value.mapValues { (name, inner) ->
                if (name in names && inner !is JsonNull) JsonPrimitive("<masked>") else masked(inner, names)
            },
        )
        is JsonPrimitive -> value
    }

    /** What later cases need of an answer, by their names for it. */
    private fun found(wanted: JsonElement?, answer: JsonElement): Map<String, String> =
        wanted?.jsonObject.orEmpty().mapValues { (_, path) -> at(answer, path.jsonPrimitive.content) }

    private fun at(value: JsonElement, path: String): String = path.split(".").fold(value) { inner, part ->
        part.toIntOrNull()?.let { inner.jsonArray[it] } ?: inner.jsonObject.getValue(part)
    }.jsonPrimitive.content

    /** Equal, where 5.0 and 5 are one number. */
    private fun same(one: JsonElement, other: JsonElement): Boolean = when {
        one is JsonArray && other is JsonArray -> one.size == other.size && one.zip(other).all { (a, b) -> same(a, b) }
        one is JsonObject && other is JsonObject ->
            one.keys == other.keys && one.all { (name, inner) -> same(inner, other.getValue(name)) }
        one is JsonPrimitive && other is JsonPrimitive && !one.isString && !other.isString && one.content != other.content ->
            one.content.toDoubleOrNull() != null && one.content.toDoubleOrNull() == other.content.toDoubleOrNull()
        else -> one == other
    }

    private fun camel(name: String): String = name.replace(Regex("_(.)")) { it.groupValues[1].uppercase() }
}

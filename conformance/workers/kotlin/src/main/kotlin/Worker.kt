// One process of a race between languages: a JSON command a line on standard input, a JSON answer a line on output, with the
// command's `id` if it has one. SIGTERM is answered with {"told": "SIGTERM"}. `worker.py` says what the commands are.
// Access tokens are told apart by the beginning of their SHA-256, never printed.
import health.loop.sdk.InternalLoopApi
import health.loop.sdk.IssuerOptions
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopException
import health.loop.sdk.LoopOptions
import java.security.MessageDigest
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import sun.misc.Signal

private lateinit var loop: LoopClient

private fun JsonObject.text(name: String): String? = (get(name) as? JsonPrimitive)?.contentOrNull

private fun optionsOf(given: JsonObject): LoopOptions {
    val environment = given["environment"]
    return LoopOptions(
        clientId = given.text("client_id"),
        clientSecret = given.text("client_secret"),
        redirectUri = given.text("redirect_uri"),
        scopes = (given["scopes"] as? JsonArray)?.map { it.jsonPrimitive.content },
        environment = (environment as? JsonPrimitive)?.contentOrNull,
        issuer = (environment as? JsonObject)?.let { IssuerOptions(it.getValue("issuer").jsonPrimitive.content) },
        store = given.text("store"),
        storeKey = given.text("store_key"),
        profile = given.text("profile"),
        tokenRequestsPerMinute = given["token_requests_per_minute"]?.jsonPrimitive?.int,
        timeout = given["timeout"]?.jsonPrimitive?.double?.seconds,
        ownDevice = false,
    )
}

/** Calls an operation by its name in the core; how many items its answer has, if it has any. */
@OptIn(InternalLoopApi::class)
private suspend fun call(command: JsonObject): JsonObject {
    val arguments = JsonObject(command.filterKeys { it != "op" && it != "method" && it != "id" })
    val reply = Json.parseToJsonElement(loop.callJson(command.text("method").orEmpty(), arguments.toString())) as JsonObject
    val error = reply["error"] as? JsonObject ?: return count((reply["value"] as? JsonObject)?.get("items"))
    return buildJsonObject { put("error", error.text("code")) }
}

private fun count(items: JsonElement?): JsonObject = done { put("count", (items as? JsonArray)?.size) }

private fun done(more: JsonObjectBuilder.() -> Unit = {}): JsonObject = buildJsonObject {
    put("ok", true)
    more()
}

private suspend fun answer(command: JsonObject): JsonObject = try {
    when (val op = command.text("op")) {
        "open" -> {
            loop = LoopClient(optionsOf(command.getValue("options") as JsonObject))
            done()
        }
        "call" -> call(command)
        "access_token" -> {
            val token = loop.accessToken(command.text("user_id")).toByteArray()
            val digest = MessageDigest.getInstance("SHA-256").digest(token).take(6)
            done { put("token", digest.joinToString("") { "%02x".format(it) }) }
        }
        "exit" -> done()
        else -> buildJsonObject {
            put("error", "harness")
            put("why", "there is no command $op")
        }
    }
} catch (error: LoopException) {
    buildJsonObject { put("error", error.code.value) }
}

private fun say(line: JsonObject) = synchronized(System.out) {
    println(line)
    System.out.flush()
}

fun main() {
    // The SDK's own hook stores what has arrived.
    Signal.handle(Signal("TERM")) {
        say(buildJsonObject { put("told", "SIGTERM") })
        exitProcess(0)
    }
    for (line in generateSequence(::readLine)) {
        val command = Json.parseToJsonElement(line) as JsonObject
        val answer = runBlocking { answer(command) }
        say(JsonObject(answer + ("id" to (command["id"] ?: JsonNull))))
        if (command.text("op") == "exit") break
    }
}

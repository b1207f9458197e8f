// Starts the Loop sandbox for a test, and pulls its levers.
package health.loop.sdk

import java.io.File
import java.net.URI
import java.net.URLDecoder
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.security.MessageDigest
import java.util.Base64
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonPrimitive

/** A sandbox that runs for this process, with one app registered that has no secret, as a phone's. */
class Sandbox(redirectUri: String = "my-app://callback", vararg more: String) : AutoCloseable {
    private val process: Process
    private val started: JsonObject

    init {
        val program = System.getenv("LOOP_SANDBOX") ?: "../../target/debug/loop-sandbox"
        val arguments = listOf(
            "serve", "--port", "0", "--json", "--exit-with-stdin", "--public", "--redirect-uri", redirectUri,
        )
        process = ProcessBuilder(listOf(program) + arguments + more)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
        val line = process.inputReader().readLine() ?: error("The sandbox ended with ${process.waitFor()}.")
        started = Json.parseToJsonElement(line) as JsonObject
    }

    private fun said(name: String): String = started.getValue(name).jsonPrimitive.content

    /** Options of a client of the registered app, with its grants in memory. */
    fun options(
        store: String? = "memory:",
        tokenStore: TokenStore? = null,
        browser: Browser? = null,
        ownDevice: Boolean = true,
        scopes: List<String> = said("scopes").split(" "),
        auditLog: AuditLog? = null,
        auditRequired: Boolean = false,
        onEvent: ((LoopEvent) -> Unit)? = null,
    ) = LoopOptions(
        clientId = said("client_id"),
        redirectUri = said("redirect_uri"),
        environment = said("environment"),
        scopes = scopes,
        store = if (tokenStore == null) store else null,
        tokenStore = tokenStore,
        // More sign-ins and refreshes than a real minute allows.
        tokenRequestsPerMinute = 100_000,
        browser = browser,
        ownDevice = ownDevice,
        auditLog = auditLog,
        auditRequired = auditRequired,
        onEvent = onEvent,
    )

    /** Registers a machine with these scopes. */
    suspend fun machine(
        vararg scopes: String,
        auditLog: AuditLog? = null,
        source: Boolean = false,
    ): M2MOptions {
        val order = jsonOf("client_name" to "A job", "client_type" to "confidential", "allowed_scopes" to scopes.toList())
        val answer = lever("POST", "clients", order) as JsonObject
        val secret = answer.getValue("client_secret").jsonPrimitive.content
        return M2MOptions(
            clientId = (answer.getValue("client") as JsonObject).getValue("client_id").jsonPrimitive.content,
            clientSecret = if (source) null else secret,
            clientSecretSource = if (source) ({ listOf(secret) }) else null,
            environment = said("environment"),
            auditLog = auditLog,
        )
    }

    /** The same as environment variables, for another process. */
    fun environment(store: String): Map<String, String> = mapOf(
        "LOOP_CLIENT_ID" to said("client_id"),
        "LOOP_REDIRECT_URI" to said("redirect_uri"),
        "LOOP_ENVIRONMENT" to said("environment"),
        "LOOP_SCOPES" to said("scopes"),
        "LOOP_STORE" to store,
    )

    /** A browser in which this person signs in and answers the consent page. */
    fun browser(person: String = "ada", allow: Boolean = true) = Browser { url, _ -> signIn(url, person, allow) }

    /** Signs a person in. Returns the URL that the browser was sent back to. */
    suspend fun signIn(authorizationUrl: String, person: String = "ada", allow: Boolean = true): String {
        val order = jsonOf("authorization_url" to authorizationUrl, "person" to person, "allow" to allow)
        return (lever("POST", "sign-in", order) as JsonObject).getValue("callback_url").jsonPrimitive.content
    }

    suspend fun journal(): List<JsonObject> = (lever("GET", "journal") as JsonArray).map { it as JsonObject }

    /** How many refreshes it has been asked for. */
    suspend fun refreshes(): Int =
        journal().count { it["grant_type"]?.jsonPrimitive?.content == "refresh_token" }

    suspend fun stats(): Map<String, Long> =
        (lever("GET", "stats") as JsonObject).mapValues { (_, number) -> number.jsonPrimitive.content.toLong() }

    suspend fun tokenFault(vararg fault: Pair<String, Any?>) {
        lever("POST", "token-faults", jsonOf(*fault))
    }

    suspend fun clearApiFaults() {
        lever("DELETE", "api-faults")
    }

    suspend fun apiFault(vararg fault: Pair<String, Any?>) {
        lever("POST", "api-faults", jsonOf(*fault))
    }

    /** Gives a client a person's grant without an access token: the first call has to refresh. */
    suspend fun importDue(loop: LoopClient, person: String = "ada"): String {
        val verifier = "v".repeat(43)
        val digest = MessageDigest.getInstance("SHA-256").digest(verifier.toByteArray())
        val query = form(
            "response_type" to "code",
            "client_id" to said("client_id"),
            "redirect_uri" to said("redirect_uri"),
            "scope" to "openid read:biomarkers",
            "state" to "s".repeat(43),
            "nonce" to "n".repeat(43),
            "code_challenge" to Base64.getUrlEncoder().withoutPadding().encodeToString(digest),
            "code_challenge_method" to "S256",
        )
        val code = parameter(signIn("${endpoint("authorize")}?$query", person), "code")
        val body = form(
            "grant_type" to "authorization_code",
            "code" to code,
            "redirect_uri" to said("redirect_uri"),
            "client_id" to said("client_id"),
            "code_verifier" to verifier,
        )
        val request = HttpRequest.newBuilder(URI(endpoint("token")))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body))
        val answer = Json.parseToJsonElement(send(request.build())) as JsonObject
        val claims = answer.getValue("id_token").jsonPrimitive.content.split(".")[1]
        val decoded = Json.parseToJsonElement(String(Base64.getUrlDecoder().decode(claims))) as JsonObject
        val userId = decoded.getValue("sub").jsonPrimitive.content
        loop.importGrant(userId, answer.getValue("refresh_token").jsonPrimitive.content, replace = true)
        return userId
    }

    private fun endpoint(name: String) = said("environment").replace("{service}", "identity") + "/v1/oauth/$name"

    /** Pulls one of its levers. */
    suspend fun lever(method: String, lever: String, order: JsonObject? = null): JsonElement {
        val body = order?.let { HttpRequest.BodyPublishers.ofString(it.toString()) } ?: HttpRequest.BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI("${said("base_url")}/_sandbox/$lever"))
            .header("Content-Type", "application/json")
            .method(method, body)
        val text = send(request.build())
        return if (text.isEmpty()) JsonNull else Json.parseToJsonElement(text)
    }

    private suspend fun send(request: HttpRequest): String = withContext(Dispatchers.IO) {
        val answer = http.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() < 300) { "${request.uri()}: ${answer.statusCode()} ${answer.body()}" }
        answer.body()
    }

    override fun close() {
        process.outputStream.close()
        process.waitFor()
    }

    private companion object {
        val http: HttpClient = HttpClient.newHttpClient()
    }
}

private fun form(vararg fields: Pair<String, String>): String =
    fields.joinToString("&") { (name, value) -> "$name=${URLEncoder.encode(value, Charsets.UTF_8)}" }

/** A parameter of a URL. */
fun parameter(url: String, name: String): String {
    val parameters = url.substringAfter("?").split("&").associate { it.substringBefore("=") to it.substringAfter("=") }
    return URLDecoder.decode(parameters.getValue(name), Charsets.UTF_8)
}

/** What the call failed with, which has to be this code. */
suspend fun failure(code: ErrorCode, call: suspend () -> Any?): LoopException {
    try {
        call()
    } catch (error: LoopException) {
        check(error.code == code) { "expected $code, but failed with $error" }
        return error
    }
    error("expected $code, but nothing failed")
}

/** A file of the repository. */
fun repositoryFile(path: String): File = File("../..", path)

/** What a person can be asked for. */
val forPeople: List<String> = Scopes.ALL.filter { Scopes.consentText(it) != null }

/** A member that is a text. */
fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

fun JsonElement.jsonText(): String? = if (this is JsonNull) null else jsonPrimitive.content

/** A text inside a free-form value. */
fun JsonValue.asText(): String = value.jsonPrimitive.content

/** An app in a process of its own: `KilledApp.kt`'s `main`. */
fun child(step: String, environment: Map<String, String>, vararg more: String): Process {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val command = listOf(java, "-cp", System.getProperty("java.class.path"), "health.loop.sdk.KilledAppKt", step)
    return ProcessBuilder(command + more)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .apply { environment().putAll(environment) }
        .start()
}

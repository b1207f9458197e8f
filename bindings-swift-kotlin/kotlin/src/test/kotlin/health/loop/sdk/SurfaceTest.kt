// The package's shape: codes, printing, pages, options, the end of a client.
package health.loop.sdk

import java.util.concurrent.CopyOnWriteArrayList
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class SurfaceTest {
    @Test
    fun `the codes are those of the core`() {
        val table = Json.parseToJsonElement(repositoryFile("conformance/codes.json").readText()).jsonObject
        val codes = table.getValue("codes").jsonObject.mapValues { it.value.jsonPrimitive.content }
        assertEquals(codes, ERROR_ACTIONS.entries.associate { (code, action) -> code.value to action.value })
        assertEquals(codes.keys.toList(), ErrorCode.KNOWN.map { it.value })
        assertEquals(table.getValue("actions").jsonArray.map { it.jsonPrimitive.content }, Action.KNOWN.map { it.value })
    }

    @Test
    fun `an exception has the class of its action`() {
        val classes = mapOf(
            Action.RETRY to RetryLater::class,
            Action.SIGN_IN_AGAIN to SignInRequired::class,
            Action.ASK_FOR_SCOPE to ScopeRequired::class,
            Action.FIX_CALL to InvalidCall::class,
            Action.CALL_OPERATOR to OperatorError::class,
        )
        assertEquals(Action.KNOWN.toSet(), classes.keys)
        for ((code, action) in ERROR_ACTIONS) {
            val error = ownError(code, "A sentence.")
            assertEquals(classes[action], error::class, code.value)
            assertEquals("A sentence. ($code)", error.message)
        }
    }

    @Test
    fun `nothing that is printed holds a token, a secret, a code or a clinical value`() = runBlocking<Unit> {
        val options = LoopOptions(
            clientId = "canary-id", clientSecret = "canary-secret", storeKey = "none", store = "memory:",
            environment = sandbox.options().environment,
        )
        val loop = LoopClient(sandbox.options())
        val begun = loop.authorizationUrl(AuthorizationRequest(loginHint = "canary-hint", appState = "/canary-state"))
        val callback = sandbox.signIn(begun.url)
        val code = parameter(callback, "code")
        val tokens = loop.resumeSignIn(callback)
        val page = loop.clinical.listBiomarkers()
        val first = page.items.first()
        val protocol = loop.clinical.getProtocol("prt_iron_vitamin_d")
        val response = loop.request("clinical", "/v1/biomarkers/me")
        val errors = listOf(
            failure(ErrorCode.ALREADY_COMPLETED) { loop.resumeSignIn(callback) },
            failure(ErrorCode.STATE_UNKNOWN) { loop.exchangeCode(code, "canary-state") },
            failure(ErrorCode.NOT_FOUND) { loop.clinical.getProtocol("canary-protocol") },
            failure(ErrorCode.NOT_CONNECTED) { loop.accessToken("canary-user") },
        )
        val values = listOf<Any>(
            options, loop, loop.user("canary-user"), begun, AuthorizationRequest(loginHint = "canary-hint"), tokens,
            tokens.claims, page, page.items, first, first.status, protocol, protocol.criteria,
            protocol.recommendations, protocol.recommendations.first(), response, response.body, loop.status(),
            loop.grants(), loop.grants().items, IssuerOptions("https://canary.example"),
            StoreEntry("v", "canary".toByteArray()), ListedEntry("canary-key", "v", "canary".toByteArray()),
        ) + errors
        val canaries = listOf(
            "canary", "lph_", code, begun.state, begun.browserSecret, tokens.accessToken, tokens.userId, first.id,
            first.patientId, first.biomarkerName, first.biomarkerCode, first.collectedAt, first.status.value,
            protocol.name,
        )
        for (value in values) {
            val traces = (value as? Throwable)?.let { "${it.message} ${it.stackTraceToString()} ${it.failure()}" }
            val shown = "$value ${listOf(value)} ${mapOf("a" to value)} ${String.format("%s", value)} $traces"
            for (canary in canaries) {
                assertFalse(canary in shown, "$shown shows $canary")
            }
        }
        assertEquals("<Biomarker: values hidden>", "$first")
        assertEquals("<Page of ${page.size} Biomarker; values hidden, use .items or .toJson()>", "$page")
        assertEquals("<LoopClient>", "$loop")
        loop.close()
    }

    @Test
    fun `grants come page by page, or as a flow over all pages`() = runBlocking<Unit> {
        LoopClient(sandbox.options()).use { loop ->
            repeat(5) { number -> loop.importGrant("u$number", "refresh-$number") }
            val first = loop.grants(limit = 2)
            assertEquals(2, first.size)
            assertTrue(first.nextCursor != null)
            val users = List(5) { "u$it" }
            assertEquals(users, first.all().map { it.userId }.toList().sorted())
            assertEquals(users, loop.allGrants().map { it.userId }.toList().sorted())
            assertEquals(1, loop.allGrants().take(1).toList().size)
            assertEquals("user_id", failure(ErrorCode.INVALID_OPTION) { loop.status() }.detail?.lowercase()?.let {
                if (it == "userid") "user_id" else it
            })
            assertEquals(5, loop.keepAlive().lookedAt)
            assertEquals(Imported.ALREADY_HELD, loop.importGrant("u1", "refresh-1"))
        }
    }

    @Test
    fun `a field that is missing is null, and a value of a newer platform is kept`() {
        val json = Json.parseToJsonElement(
            """{"id":"b","patient_id":"p","biomarker_code":"c","biomarker_name":"n","value":1,"unit":"u","newer":[1],
            "status":"newer","collected_at":"t","parsed_at":"t","reference_low":null}""",
        ) as JsonObject
        val record = Biomarker.fromJson(json)
        assertEquals(null to null, record.referenceLow to record.referenceHigh)
        assertEquals(BiomarkerStatus("newer"), record.status)
        val broken = assertThrows(OperatorError::class.java) { Biomarker.fromJson(JsonObject(json - "unit")) }
        assertEquals("unit", broken.detail)
    }

    @Test
    fun `wrong options are named when the client is made`() {
        val wrong = listOf(
            LoopOptions() to "clientId",
            LoopOptions(clientId = "c", profile = "canary") to "profile",
            LoopOptions(clientId = "c", store = "canary:") to "store",
            LoopOptions(clientId = "c", environment = "canary") to "environment",
            LoopOptions(clientId = "c", clientSecret = "a", clientSecrets = listOf("b")) to "clientSecrets",
            LoopOptions(clientId = "c", environment = "dev", issuer = IssuerOptions("https://a.example")) to "issuer",
            LoopOptions(clientId = "c", store = "memory:", tokenStore = MapStore()) to "tokenStore",
        )
        for ((options, name) in wrong) {
            val error = assertThrows(InvalidCall::class.java) { LoopClient(options) }
            assertEquals(name, error.detail)
            assertFalse("canary" in "$error")
        }
    }

    @Test
    fun `arguments that can't be JSON are refused without being quoted`() = runBlocking<Unit> {
        LoopClient(sandbox.options()).use { loop ->
            failure(ErrorCode.INVALID_OPTION) { loop.accessToken("\uD800") }
            for (value in listOf(Double.NaN, Any(), listOf(Any()))) {
                failure(ErrorCode.INVALID_OPTION) { loop.request("clinical", "/", query = mapOf("a" to value), userId = "u") }
            }
        }
    }

    @Test
    fun `a closed client says so, and may be closed again`() = runBlocking<Unit> {
        val loop = LoopClient(sandbox.options(browser = sandbox.browser()))
        loop.signIn()
        loop.close()
        loop.close()
        val error = assertThrows(IllegalStateException::class.java) { runBlocking { loop.accessToken() } }
        assertTrue("closed" in error.message.orEmpty())
        assertThrows(IllegalStateException::class.java) { loop.redirectUri }
        Unit
    }

    @Test
    fun `a listener hears of a refresh, and what it throws changes nothing`() = runBlocking<Unit>(Dispatchers.Default) {
        val heard = CopyOnWriteArrayList<LoopEvent>()
        val logged = CopyOnWriteArrayList<String>()
        val handler = object : Handler() {
            override fun publish(record: LogRecord) {
                logged.add(record.message)
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
        val logger = Logger.getLogger("health.loop.sdk")
        logger.addHandler(handler)
        logger.useParentHandlers = false
        val options = sandbox.options(onEvent = { event ->
            heard.add(event)
            throw UnsupportedOperationException("canary ${event.userId}")
        })
        LoopClient(options).use { loop ->
            val userId = sandbox.importDue(loop)
            assertTrue(loop.clinical.listBiomarkers(userId).size > 10)
            val refreshed = heard.first { it.kind == LoopEventKind.REFRESHED }
            assertEquals(userId, refreshed.userId)
            assertFalse(userId in "$refreshed")
        }
        logger.removeHandler(handler)
        assertEquals(setOf("onEvent threw UnsupportedOperationException."), logged.toSet())
    }

    @OptIn(InternalLoopApi::class)
    @Test
    fun `another layer of the SDK gets replies as texts`() = runBlocking<Unit> {
        LoopClient(sandbox.options(browser = sandbox.browser())).use { loop ->
            val failed = Json.parseToJsonElement(loop.callJson("status", "{}")).jsonObject.getValue("error").jsonObject
            assertEquals("not_connected", failed.getValue("code").jsonPrimitive.content)
            assertEquals("sign_in_again", failed.getValue("action").jsonPrimitive.content)
            val signedIn = Json.parseToJsonElement(loop.callJson("sign_in", "{}")).jsonObject.getValue("value").jsonObject
            assertTrue("user_id" in signedIn)
            val status = Json.parseToJsonElement(loop.callJson("status", "{}", timeoutMs = 30_000)).jsonObject
            assertEquals("connected", status.getValue("value").jsonObject.getValue("state").jsonPrimitive.content)
        }
    }

    companion object {
        private val sandbox = Sandbox()

        @JvmStatic
        @AfterAll
        fun stop() = sandbox.close()
    }
}

/** What an exception is made of, printed. */
private fun Throwable.failure(): String = (this as? LoopException)?.failure.toString()

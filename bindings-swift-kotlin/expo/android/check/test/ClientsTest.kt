// What of the Android module needs no Android: the clients, the options, the events, the calls.
package health.loop.expo

import health.loop.sdk.InternalLoopApi
import health.loop.sdk.Sandbox
import health.loop.sdk.StoreEntry
import health.loop.sdk.TokenStore
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout

@Timeout(60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClientsTest {
    @Test
    fun `an option that is not known is refused by its name, on Android as on iOS`() {
        val options = """{"clientId":"client_1","redirectUri":"my-app:/callback","clientID":"client_2"}"""
        val error = JSONObject(clients().create(options, null, null)).getJSONObject("error")
        val facts = listOf("code", "action", "detail").map(error::getString)
        assertEquals(listOf("invalid_option", "fix_call", "clientID"), facts)
        assertEquals("An option is not known here.", error.getString("message"))
    }

    @Test
    fun `every option of JavaScript arrives`() {
        val given = """{"clientId":"c","redirectUri":"r:/","scopes":["a","b"],"environment":{"issuer":"https://i"},""" +
            """"profile":"strict","retryUnknownRefresh":true,"identify":false,"timeout":1.5,"auditLog":"/data/audit.jsonl","auditRequired":true}"""
        val options = optionsOf(JSONObject(given), NoStore, { _, _ -> null }, Code(onEvent = {}))
        assertEquals(listOf("c", "r:/", "strict"), listOf(options.clientId, options.redirectUri, options.profile))
        assertEquals(listOf("a", "b"), options.scopes)
        assertEquals("https://i", options.issuer?.issuer)
        assertNull(options.environment)
        assertEquals(listOf(true, false), listOf(options.retryUnknownRefresh, options.identify))
        assertEquals(1500L, options.timeout?.inWholeMilliseconds)
        assertTrue(options.onEvent != null && options.browser != null && options.ownDevice)
        assertTrue(options.auditLog != null && options.auditRequired)
        val fewer = optionsOf(JSONObject("""{"scopes":"a b"}"""), NoStore, { _, _ -> null }, Code())
        assertEquals(listOf("a", "b"), fewer.scopes)
        assertTrue(fewer.auditLog == null && !fewer.auditRequired)
    }

    @OptIn(InternalLoopApi::class)
    @Test
    fun `events cross with the number of their client, in the core's own form`() = runBlocking {
        Sandbox().use { sandbox ->
            val told = LinkedBlockingQueue<Pair<Int, JSONObject>>()
            val clients = Clients { _, code -> sandbox.options(onEvent = code.onEvent) }
            clients.create("{}", null, null)
            val reply = clients.create("{}", { client, event -> told += client to JSONObject(event) }, null)
            val number = JSONObject(reply).getJSONObject("value").getInt("client")
            val userId = sandbox.importDue(clients.find(number))
            assertTrue(clients.find(number).callJson("access_token", "{}").startsWith("""{"value":"""))
            var event = told.take()
            while (event.second.getString("kind") != "refreshed") event = told.take()
            assertEquals(number to userId, event.first to event.second.getString("user_id"))
            assertTrue(event.second.isNull("code") && event.second.getLong("at") > 1_700_000_000_000)
            clients.close()
        }
    }

    @OptIn(InternalLoopApi::class)
    @Test
    fun `a call waits for its entry, and what JavaScript threw fails it by its class alone`() = runBlocking {
        Sandbox().use { sandbox ->
            val entries = LinkedBlockingQueue<Triple<Int, String, JSONObject>>()
            val recordings = Recordings()
            val clients = Clients { _, code -> sandbox.options(auditLog = code.auditLog, auditRequired = true) }
            val created = clients.create("{}", null) { client, entry ->
                recordings.record { id -> entries += Triple(client, id, JSONObject(entry)) }
            }
            val number = JSONObject(created).getJSONObject("value").getInt("client")
            val client = clients.find(number)
            val userId = sandbox.importDue(client)
            val said = """{"userId":"$userId","actor":"caregiver-1","purpose":"treatment"}"""
            suspend fun answered(vararg threw: String?): JSONObject = coroutineScope {
                val call = async { JSONObject(client.callJson("clinical.list_biomarkers", said)) }
                for (each in threw) {
                    val (of, id, entry) = withContext(Dispatchers.IO) { entries.take() }
                    assertFalse(call.isCompleted)
                    assertEquals(number, of)
                    val facts = listOf("actor", "purpose", "user_id", "operation").map(entry::getString)
                    assertEquals(listOf("caregiver-1", "treatment", userId, "clinical.list_biomarkers"), facts)
                    recordings.recorded(id, each)
                }
                call.await()
            }
            assertTrue(answered(null, null).has("value"))
            val error = answered("QuotaExceeded").getJSONObject("error")
            assertEquals("audit_failed", error.getString("code"))
            assertTrue(error.getString("cause").endsWith("it threw QuotaExceeded"), error.getString("cause"))
            recordings.close()
            assertEquals("audit_failed", answered().getJSONObject("error").getString("code"))
            clients.close()
        }
    }

    @Test
    fun `entries that JavaScript left behind are not recorded, and a late answer changes nothing`() = runBlocking {
        val recordings = Recordings()
        val handedOver = CompletableDeferred<String>()
        val left = async { runCatching { recordings.record { handedOver.complete(it) } } }
        val id = handedOver.await()
        recordings.close()
        assertEquals("ThrownElsewhere", left.await().exceptionOrNull()?.javaClass?.simpleName)
        recordings.recorded(id, null)
    }

    @Test
    fun `a cancel ends its call, also one that has not arrived`() = runBlocking {
        val calls = Calls()
        calls.cancel("early")
        val code = { reply: String -> JSONObject(reply).getJSONObject("error").getString("code") }
        assertEquals("cancelled", code(calls.run("early") { awaitCancellation() }))
        val begun = CompletableDeferred<Unit>()
        val late = async {
            calls.run("late") {
                begun.complete(Unit)
                awaitCancellation()
            }
        }
        begun.await()
        calls.cancel("late")
        assertEquals("cancelled", code(late.await()))
        assertEquals("fine", calls.run("early") { "fine" })
    }

    private fun clients() = Clients { options, code -> optionsOf(options, NoStore, { _, _ -> null }, code) }

    private object NoStore : TokenStore {
        override suspend fun load(key: String): StoreEntry? = null

        override suspend fun save(key: String, blob: ByteArray, expected: String?, ttl: Duration?): String? = null

        override suspend fun delete(key: String, expected: String): Boolean = false

        override suspend fun now(): Long = 0
    }
}

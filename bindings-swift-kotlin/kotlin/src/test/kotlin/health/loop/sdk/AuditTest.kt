// The audit log: every call is recorded, to a function, a file or a logger; a required one that fails stops the call.
package health.loop.sdk

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.util.ResourceBundle
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class AuditTest {
    @Test
    fun `a function gets an entry of every call, with who and why, and no value`() = runBlocking<Unit> {
        val entries = CopyOnWriteArrayList<AuditEntry>()
        LoopClient(sandbox.options(browser = sandbox.browser(), auditLog = AuditLog.callback { entries.add(it) })).use { loop ->
            val userId = loop.signIn().userId
            val user = loop.user(userId, actor = "dr-1", purpose = "treatment")
            val page = user.clinical.listBiomarkers()
            user.request("clinical", "/v1/biomarkers/me")
            failure(ErrorCode.NOT_FOUND) { loop.clinical.getProtocol("prt_none") }
            assertEquals(
                listOf("clinical.list_biomarkers", "request GET clinical", "clinical.get_protocol"),
                entries.map { it.operation },
            )
            assertEquals(listOf("ok", "ok", "not_found"), entries.map { it.outcome })
            val first = entries.first()
            assertEquals(listOf("dr-1", "treatment", userId), listOf(first.actor, first.purpose, first.userId))
            assertEquals(page.size.toLong() to Scopes.READ_BIOMARKERS, first.records to first.scope)
            assertNull(entries.last().actor)
            assertEquals("<AuditEntry: values hidden>", "$first")
            val whole = entries.joinToString { it.toJson().toString() }
            assertTrue(userId in whole)
            for (record in page) {
                assertFalse(record.id in whole || record.biomarkerName in whole)
            }
        }
    }

    @Test
    fun `a file gets a line for each call, and is its owner's alone`(@TempDir directory: Path) = runBlocking<Unit> {
        val file = directory.resolve("audit.jsonl")
        LoopClient(sandbox.options(browser = sandbox.browser(), auditLog = AuditLog.file("$file"))).use { loop ->
            loop.signIn()
            repeat(2) { loop.clinical.listBiomarkers() }
        }
        val lines = Files.readAllLines(file).map { Json.parseToJsonElement(it) as JsonObject }
        assertEquals(listOf("ok", "ok"), lines.map { it.text("outcome") })
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
    }

    @Test
    fun `a logger of the JVM gets the entry as JSON`() = runBlocking<Unit> {
        val logged = CopyOnWriteArrayList<String>()
        val logger = object : System.Logger {
            override fun getName() = "audit"

            override fun isLoggable(level: System.Logger.Level) = true

            override fun log(level: System.Logger.Level, text: String) {
                logged.add("$level $text")
            }

            override fun log(level: System.Logger.Level, bundle: ResourceBundle?, text: String, thrown: Throwable?) =
                error("Nothing was thrown.")

            override fun log(level: System.Logger.Level, bundle: ResourceBundle?, format: String, vararg values: Any?) =
                error("An entry is no format.")
        }
        M2MClient(sandbox.machine(Scopes.ADMIN_IDENTITY, auditLog = AuditLog.logger(logger))).use { machine ->
            machine.identity.listOauthClients()
        }
        val entry = Json.parseToJsonElement(logged.single().removePrefix("INFO ")) as JsonObject
        assertEquals("identity.list_oauth_clients" to "ok", entry.text("operation") to entry.text("outcome"))
    }

    @Test
    fun `a required logger that is not enabled lets no call through`() = runBlocking<Unit> {
        val quiet = object : System.Logger {
            override fun getName() = "audit"

            override fun isLoggable(level: System.Logger.Level) = level > System.Logger.Level.INFO

            override fun log(level: System.Logger.Level, bundle: ResourceBundle?, text: String, thrown: Throwable?) = Unit

            override fun log(level: System.Logger.Level, bundle: ResourceBundle?, format: String, vararg values: Any?) = Unit
        }
        val log = AuditLog.logger(quiet)
        LoopClient(sandbox.options(browser = sandbox.browser(), auditLog = log, auditRequired = true)).use { loop ->
            loop.signIn()
            failure(ErrorCode.AUDIT_FAILED) { loop.clinical.listBiomarkers() }
        }
    }

    @Test
    fun `what a function throws stops a call only where the log is required, and is not quoted`() = runBlocking<Unit> {
        val broken = AuditLog.callback { throw UnsupportedOperationException("canary ${it.userId}") }
        LoopClient(sandbox.options(browser = sandbox.browser(), auditLog = broken)).use { loop ->
            loop.signIn()
            assertTrue(loop.clinical.listBiomarkers().size > 0)
        }
        LoopClient(sandbox.options(browser = sandbox.browser(), auditLog = broken, auditRequired = true)).use { loop ->
            loop.signIn()
            val before = sandbox.journal().size
            val error = failure(ErrorCode.AUDIT_FAILED) { loop.clinical.listBiomarkers() }
            assertEquals(before, sandbox.journal().size)
            assertTrue("UnsupportedOperationException" in error.reason.orEmpty(), "${error.reason}")
            assertFalse("canary" in "$error ${error.reason} ${error.stackTraceToString()}")
        }
        val nowhere = LoopOptions(clientId = "c", store = "memory:", auditRequired = true)
        assertEquals("auditRequired", failure(ErrorCode.INVALID_OPTION) { LoopClient(nowhere) }.detail)
    }

    companion object {
        private val sandbox = Sandbox()

        @JvmStatic
        @AfterAll
        fun stop() = sandbox.close()
    }
}

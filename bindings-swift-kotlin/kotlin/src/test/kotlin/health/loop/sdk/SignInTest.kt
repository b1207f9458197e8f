// A person signs in, reads their results, and disconnects; also when the app is killed in between.
package health.loop.sdk

import java.nio.file.Path
import java.time.Instant
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.jsonArray
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class SignInTest {
    @Test
    fun `a person signs in, reads their results, and disconnects`() = runBlocking<Unit> {
        LoopClient(sandbox.options(browser = sandbox.browser())).use { loop ->
            val tokens = loop.signIn(AuthorizationRequest(appState = "/results"))
            assertTrue("read:biomarkers" in tokens.scopes)
            assertEquals("/results", tokens.appState)
            assertTrue(tokens.expiresAt > Instant.now())
            assertEquals(tokens.userId, tokens.claims.getValue("sub").asText())

            val page = loop.clinical.listBiomarkers()
            assertTrue(page.size > 10)
            val first = page.items.first()
            assertEquals(first, Biomarker.fromJson(first.toJson()))
            assertEquals(page.toJson().getValue("items").jsonArray.first(), first.toJson())
            assertTrue(first.value > 0 && first.unit.isNotEmpty() && first.biomarkerName.isNotEmpty())
            assertTrue(page.any { it.status == BiomarkerStatus.NORMAL })
            assertEquals(page.items, loop.user(tokens.userId).clinical.listBiomarkers().all().toList())

            val protocol = loop.clinical.getProtocol("prt_iron_vitamin_d")
            assertTrue(protocol.recommendations.isNotEmpty())
            assertEquals(protocol, Protocol.fromJson(protocol.toJson()))

            val response = loop.request("clinical", "/v1/biomarkers/me", query = mapOf("limit" to 3))
            assertEquals(200, response.status)
            assertEquals(tokens.accessToken, loop.accessToken())

            val status = loop.status()
            assertEquals(GrantState.CONNECTED to true, status.state to status.connected)
            assertNull(status.next)
            assertEquals(tokens.expiresAt, status.accessExpiresAt)

            loop.disconnect()
            failure(ErrorCode.NOT_CONNECTED) { loop.clinical.listBiomarkers() }
        }
    }

    @Test
    fun `a sign-in on a server comes from the browser that began`() = runBlocking<Unit> {
        LoopClient(sandbox.options(ownDevice = false)).use { loop ->
            val begun = loop.authorizationUrl()
            val callback = sandbox.signIn(begun.url)
            failure(ErrorCode.BROWSER_MISMATCH) { loop.handleCallback(callback) }
            val tokens = loop.handleCallback(callback, begun.browserSecret)
            assertEquals("user_id", failure(ErrorCode.MISSING_OPTION) { loop.clinical.listBiomarkers() }.detail?.snake())
            assertTrue(loop.clinical.listBiomarkers(tokens.userId).size > 0)
        }
    }

    @Test
    fun `a code and its state are enough where the caller has compared the state`() = runBlocking<Unit> {
        LoopClient(sandbox.options()).use { loop ->
            val begun = loop.authorizationUrl()
            val callback = sandbox.signIn(begun.url)
            val tokens = loop.exchangeCode(parameter(callback, "code"), parameter(callback, "state"))
            assertTrue(loop.clinical.listBiomarkers(tokens.userId).size > 0)
        }
    }

    @Test
    fun `a denied sign-in, a closed browser and a browser that throws have their own codes`() = runBlocking<Unit> {
        val denied = sandbox.options(browser = sandbox.browser(allow = false))
        LoopClient(denied).use { loop -> failure(ErrorCode.ACCESS_DENIED) { loop.signIn() } }
        val closed = sandbox.options(browser = { _, _ -> null })
        LoopClient(closed).use { loop -> failure(ErrorCode.SIGN_IN_ABANDONED) { loop.signIn() } }
        val broken = sandbox.options(browser = { url, _ -> throw UnsupportedOperationException("canary $url") })
        LoopClient(broken).use { loop ->
            val error = failure(ErrorCode.BROWSER_UNAVAILABLE) { loop.signIn() }
            assertTrue("UnsupportedOperationException" in "${error.message} ${error.reason} ${error.detail}", "$error")
            assertFalse("canary" in "$error ${error.reason} ${error.detail} ${error.stackTraceToString()}")
        }
        LoopClient(sandbox.options()).use { loop ->
            assertEquals("browser", failure(ErrorCode.INVALID_OPTION) { loop.signIn() }.detail)
        }
    }

    @Test
    fun `a missing scope is asked for by signing in again`() = runBlocking<Unit> {
        LoopClient(sandbox.options(scopes = listOf("read:protocols"))).use { loop ->
            loop.resumeSignIn(sandbox.signIn(loop.authorizationUrl().url))
            val error = failure(ErrorCode.SCOPE_REQUIRED) { loop.clinical.listBiomarkers() }
            assertInstanceOf(ScopeRequired::class.java, error)
            assertEquals(listOf("read:biomarkers"), error.missingScopes)
            loop.resumeSignIn(sandbox.signIn(loop.signInAgain(error).url))
            assertTrue(loop.clinical.listBiomarkers().size > 0)
        }
    }

    @Test
    fun `a process that is killed while the browser is open leaves a sign-in that a new one finishes`(
        @TempDir directory: Path,
    ) = runBlocking<Unit> {
        val environment = sandbox.environment("sqlite://$directory/grants.db")
        val begun = child("begin", environment)
        val url = begun.inputReader().readLine()
        begun.destroyForcibly()
        assertNotEquals(0, begun.waitFor())

        val callback = sandbox.signIn(url)
        val finished = child("finish", environment, callback)
        val printed = finished.inputReader().readLine()
        assertTrue(finished.waitFor(60, TimeUnit.SECONDS))
        assertEquals(0, finished.exitValue())
        assertTrue(printed.toInt() > 10)
    }

    companion object {
        private val sandbox = Sandbox()

        @JvmStatic
        @AfterAll
        fun stop() = sandbox.close()
    }
}

/** An option's name, whichever way it is spelled. */
private fun String.snake(): String = replace(Regex("[A-Z]")) { "_${it.value.lowercase()}" }

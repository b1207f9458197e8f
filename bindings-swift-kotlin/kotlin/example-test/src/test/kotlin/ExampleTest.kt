// The command-line example, as a person runs it: a process, a URL to open, a browser that comes back to this machine.
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopOptions
import health.loop.sdk.Sandbox
import health.loop.sdk.SignInRequired
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** How a process ended, and all that it printed. */
private class Ended(val code: Int, val lines: List<String>, val errors: String)

@Timeout(120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExampleTest {
    @TempDir
    lateinit var folder: Path

    private val redirectUri = "http://localhost:${freePort()}/callback"
    private val sandbox = Sandbox(redirectUri)
    private val started = mutableListOf<Process>()

    @AfterEach
    fun stop() {
        started.forEach(Process::destroyForcibly)
        sandbox.close()
    }

    @Test
    fun `a person connects once, later runs need no browser, and disconnect ends it`() = runBlocking {
        val first = start()
        val url = opened(first)
        val page = get(sandbox.signIn(url))
        assertEquals("You may close this window.", page)
        val connected = end(first)

        // What the person asked for, and nothing else: no token, no code, no id.
        val expected = biomarkers()
        assertTrue(expected.isNotEmpty())
        assertEquals(Triple(0, expected, ""), Triple(connected.code, connected.lines, connected.errors))

        val later = end(start())
        assertEquals(Triple(0, expected, ""), Triple(later.code, later.lines, later.errors))
        assertEquals(1, sandbox.stats().getValue("exchanges"))

        val over = end(start("disconnect"))
        assertEquals(Triple(0, emptyList<String>(), ""), Triple(over.code, over.lines, over.errors))
        assertThrows(SignInRequired::class.java) { biomarkers() }
        opened(start())
        Unit
    }

    @Test
    fun `a person who denies is told in one sentence, and the process fails`() = runBlocking {
        val app = start()
        get(sandbox.signIn(opened(app), allow = false))
        val denied = end(app)
        assertEquals(1, denied.code)
        assertEquals(emptyList<String>(), denied.lines)
        assertTrue(Regex("[A-Z][^\n]*\\. \\(access_denied\\)\n").matches(denied.errors), denied.errors)
    }

    @Test
    fun `without an app's id it says which variable is missing`() {
        val ended = end(start(without = "LOOP_CLIENT_ID"))
        assertEquals(1, ended.code)
        assertTrue("LOOP_CLIENT_ID" in ended.errors && "missing_option" in ended.errors, ended.errors)
        assertFalse("\tat " in ended.errors, ended.errors)
    }

    private fun environment() = sandbox.environment("sqlite://${folder.resolve("grants.db")}")

    private fun start(vararg arguments: String, without: String? = null): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val command = listOf(java, "-cp", System.getProperty("java.class.path"), "MainKt") + arguments
        val variables = environment() - setOfNotNull(without)
        val app = ProcessBuilder(command).apply { environment().putAll(variables) }.start()
        started += app
        return app
    }

    /** The URL that it wants opened. It holds what goes through every browser's history, and no secret of the sign-in. */
    private fun opened(app: Process): String {
        val line = app.inputReader().readLine() ?: error("it ended: ${app.errorReader().readText()}")
        val url = line.removePrefix("Open ")
        assertTrue(url.startsWith("http://127.0.0.1:"), line)
        val names = URI(url).rawQuery.split("&").map { it.substringBefore("=") }.toSet()
        val public = setOf("response_type", "client_id", "redirect_uri", "scope", "state", "nonce") +
            setOf("code_challenge", "code_challenge_method")
        assertEquals(public, names)
        return url
    }

    private fun end(app: Process): Ended {
        // Both are short enough for a pipe's buffer.
        val lines = app.inputReader().readLines()
        return Ended(app.waitFor(), lines, app.errorReader().readText())
    }

    /** The lines that the example has to print, from a client on the same store. */
    private fun biomarkers(): List<String> = runBlocking {
        val named = environment()
        val options = LoopOptions(
            clientId = named["LOOP_CLIENT_ID"],
            redirectUri = redirectUri,
            environment = named["LOOP_ENVIRONMENT"],
            store = named["LOOP_STORE"],
        )
        LoopClient(options).use { loop ->
            loop.clinical.listBiomarkers().map { "${it.biomarkerName} ${it.value} ${it.unit}" }
        }
    }

    private fun get(url: String): String =
        HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI(url)).build(), HttpResponse.BodyHandlers.ofString()).body()
}

private fun freePort(): Int = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }

// The guide's code is the code of this folder, which compiles; and it runs against the sandbox.
package health.loop.docs

import health.loop.docs.comeback.results
import health.loop.docs.redirect.onRedirect
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopOptions
import health.loop.sdk.Sandbox
import health.loop.sdk.repositoryFile
import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class DocsTest {
    private val guide = repositoryFile("docs/src/quickstart-kotlin.md").readText()
    private val blocks = Regex("```kotlin\n(.*?)```", RegexOption.DOT_MATCHES_ALL).findAll(guide)
        .map { it.groupValues[1] }
        .toList()

    @Test
    fun `every block of the guide is a file that compiles, except Android's`() {
        val files = listOf("Device", "Redirect", "ComeBack", "Server", "Audited", "Machine").map { name ->
            val text = File("src/test/kotlin/health/loop/docs/$name.kt").readText()
            text.substringAfter("package health.loop.docs.${name.lowercase()}\n\n")
        }
        assertEquals(files, blocks.filter { "AndroidBrowser" !in it })
        assertEquals(files.size + 1, blocks.size)
    }

    @Test
    fun `the options that the docs name are those that there are`() {
        val rows = repositoryFile("docs/src/options.md").readLines().filter { it.startsWith("| ") }
            .map { row -> row.split("|").map(String::trim) }
        val column = rows.first().indexOf("Kotlin")
        val named = rows.drop(2).flatMap { Regex("`([a-z]\\w+)`").findAll(it[column]).map { name -> name.groupValues[1] } }
        val known = LoopOptions::class.java.declaredFields.map { it.name }
        assertEquals(known.toSortedSet(), named.toSortedSet())
    }

    @Test
    fun `a redirect finishes a sign-in, and a missing scope is asked for`() = runBlocking<Unit> {
        Sandbox().use { sandbox ->
            LoopClient(sandbox.options(scopes = listOf("read:protocols"))).use { loop ->
                val userId = onRedirect(loop, sandbox.signIn(loop.authorizationUrl().url))
                assertEquals(userId, loop.status().userId)
                assertTrue(results(loop, sandbox.browser()).size > 10)
            }
        }
    }
}

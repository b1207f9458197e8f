// Nobody is signed out by accident: many callers, and callers that give up at any moment.
package health.loop.sdk

import health.loop.sdk.ffi.livingTasks
import java.net.ServerSocket
import java.nio.file.Path
import java.time.Instant
import kotlin.random.Random
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class LifeTest {
    @Test
    fun `64 coroutines on an expired grant make one token request`() = runBlocking<Unit>(Dispatchers.Default) {
        LoopClient(sandbox.options()).use { loop ->
            val userId = sandbox.importDue(loop)
            val before = sandbox.refreshes()
            val pages = List(64) { async { loop.clinical.listBiomarkers(userId) } }.awaitAll()
            assertTrue(pages.all { it.size > 0 })
            assertEquals(1, sandbox.refreshes() - before)
        }
    }

    @Test
    fun `calls that are cancelled at 200 random moments lose no grant and leave no task`() =
        runBlocking<Unit>(Dispatchers.Default) {
            val moments = Random(20261125)
            var inTime = 0
            LoopClient(sandbox.options()).use { loop ->
                sandbox.importDue(loop)
                repeat(10) { round ->
                    val userId = sandbox.importDue(loop)
                    val before = sandbox.refreshes()
                    val fault = if (round % 2 == 0) "before" else "after"
                    sandbox.tokenFault("kind" to "delay", "when" to fault, "ms" to 100, "grant_type" to "refresh_token")
                    coroutineScope {
                        val calls = List(20) { async { loop.clinical.listBiomarkers(userId).size } }
                        val waiter = async { loop.clinical.listBiomarkers(userId).size }
                        for (call in calls) {
                            delay(moments.nextLong(0, 4_000).microseconds)
                            if (call.isActive) inTime += 1
                            call.cancelAndJoin()
                        }
                        assertTrue(waiter.await() > 10)
                    }
                    assertTrue(loop.clinical.listBiomarkers(userId).size > 10)
                    assertEquals(1, sandbox.refreshes() - before, "round $round")
                }
            }
            assertTrue(inTime > 0)
            val stats = sandbox.stats()
            assertEquals(0L to 0L, stats["replays"] to stats["alerts"])
            assertNoTaskIsLeft()
        }

    @Test
    fun `a cancelled coroutine ends at once, and its call with it`() = runBlocking<Unit>(Dispatchers.Default) {
        ServerSocket(0).use { silent ->
            LoopClient(hanging(silent)).use { loop ->
                loop.importGrant("u", "r", "a", Instant.now().plusSeconds(3600))
                val call = async { loop.clinical.listBiomarkers("u") }
                withContext(Dispatchers.IO) { runInterruptible { silent.accept() } }.use {
                    val started = TimeSource.Monotonic.markNow()
                    call.cancelAndJoin()
                    // Sooner than its own limit, however slow the machine is.
                    assertTrue(started.elapsedNow() < 15.seconds)
                    assertTrue(call.getCompletionExceptionOrNull() is CancellationException)
                }
                assertEquals("a", loop.accessToken("u"))
            }
        }
        assertNoTaskIsLeft()
    }

    @Test
    fun `a time limit ends a call with the code timeout`() = runBlocking<Unit> {
        ServerSocket(0).use { silent ->
            LoopClient(hanging(silent)).use { loop ->
                loop.importGrant("u", "r", "a", Instant.now().plusSeconds(3600))
                val error = failure(ErrorCode.TIMEOUT) { loop.clinical.listBiomarkers("u", timeout = 50.milliseconds) }
                assertTrue(error is RetryLater)
                failure(ErrorCode.INVALID_OPTION) { loop.clinical.listBiomarkers("u", timeout = (-1).seconds) }
            }
        }
    }

    @Test
    fun `a process that ends during a refresh stores its tokens first`(@TempDir directory: Path) = runBlocking<Unit> {
        val store = "sqlite://$directory/grants.db"
        LoopClient(sandbox.options(store = store)).use { loop ->
            val userId = sandbox.importDue(loop)
            val before = sandbox.refreshes()
            sandbox.tokenFault("kind" to "delay", "when" to "after", "ms" to 1500, "grant_type" to "refresh_token")
            val app = child("leave", sandbox.environment(store), userId)
            while (sandbox.refreshes() == before) delay(10.milliseconds)
            app.outputWriter().use { it.write("\n") }
            assertEquals(0, app.waitFor())
            assertTrue(loop.status(userId).accessExpiresAt != null)
            assertTrue(loop.clinical.listBiomarkers(userId).size > 10)
            assertEquals(1, sandbox.refreshes() - before)
        }
    }

    private fun hanging(silent: ServerSocket) = LoopOptions(
        clientId = "client_1",
        environment = "http://127.0.0.1:${silent.localPort}/{service}",
        store = "memory:",
    )

    /** A task that was told to end may take a moment to do so. */
    private suspend fun assertNoTaskIsLeft() {
        val started = TimeSource.Monotonic.markNow()
        while (livingTasks() > idleTasks && started.elapsedNow() < 30.seconds) {
            delay(10.milliseconds)
        }
        assertTrue(livingTasks() <= idleTasks, "${livingTasks()} tasks live on, $idleTasks before")
    }

    companion object {
        private val sandbox = Sandbox()

        /** What lives while nothing is called: the connections that are kept open, of clients of other tests too. */
        private val idleTasks: ULong = runBlocking {
            LoopClient(sandbox.options(browser = sandbox.browser())).use { loop ->
                loop.signIn()
                loop.clinical.listBiomarkers()
            }
            livingTasks()
        }

        @JvmStatic
        @AfterAll
        fun stop() = sandbox.close()
    }
}

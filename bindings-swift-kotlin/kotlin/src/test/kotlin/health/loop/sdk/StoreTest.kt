// A store written in Kotlin: one that works, and those that throw, block, never answer, or don't know.
package health.loop.sdk

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A store in memory; tests override what is to go wrong. */
open class MapStore : TokenStore {
    private class Kept(val entry: StoreEntry, val ends: Long)

    private val entries = ConcurrentHashMap<String, Kept>()
    private val versions = AtomicInteger()

    private fun live(key: String) = entries[key]?.takeIf { it.ends > System.currentTimeMillis() }?.entry

    override suspend fun load(key: String): StoreEntry? {
        yield()
        return live(key)
    }

    override suspend fun save(key: String, blob: ByteArray, expected: String?, ttl: Duration?): String? {
        yield()
        return synchronized(this) {
            if (live(key)?.version != expected) return@synchronized null
            val version = "v${versions.incrementAndGet()}"
            val ends = if (ttl == null) Long.MAX_VALUE else System.currentTimeMillis() + ttl.inWholeMilliseconds
            entries[key] = Kept(StoreEntry(version, blob), ends)
            version
        }
    }

    override suspend fun delete(key: String, expected: String): Boolean = synchronized(this) {
        (live(key)?.version == expected).also { if (it) entries.remove(key) }
    }

    override suspend fun now(): Long = System.currentTimeMillis()

    override suspend fun list(prefix: String, after: String?, limit: Int): List<ListedEntry>? =
        entries.keys.sorted()
            .filter { it.startsWith(prefix) && (after == null || it > after) }
            .mapNotNull { key -> live(key)?.let { ListedEntry(key, it.version, it.blob) } }
            .take(limit)
}

class StoreTest {
    @Test
    fun `a store of the app holds a sign-in, and lets 64 calls of 8 clients make one refresh`() =
        runBlocking<Unit>(Dispatchers.Default) {
            val store = MapStore()
            val first = LoopClient(sandbox.options(tokenStore = store, browser = sandbox.browser()))
            val userId = first.signIn().userId
            LoopClient(sandbox.options(tokenStore = store)).use { assertTrue(it.clinical.listBiomarkers().size > 10) }
            sandbox.importDue(first)
            // Clients of which none remembers the token of the sign-in.
            val clients = List(8) { LoopClient(sandbox.options(tokenStore = store)) }
            val before = sandbox.refreshes()
            val tokens = List(64) { call -> async { clients[call % 8].accessToken(userId) } }.awaitAll()
            assertEquals(1, tokens.toSet().size)
            assertEquals(1, sandbox.refreshes() - before)
            (clients + first).forEach { it.close() }
        }

    @Test
    fun `what a store throws goes no further than the name of its class`() = runBlocking<Unit> {
        val thrown = listOf<Throwable>(
            IllegalStateException("canary-store"),
            StackOverflowError("canary-store"),
            object : RuntimeException("canary-store") {},
        )
        for (each in thrown) {
            val store = object : MapStore() {
                override suspend fun load(key: String): StoreEntry? = throw each
            }
            LoopClient(sandbox.options(tokenStore = store)).use { loop ->
                val error = failure(ErrorCode.STORE_UNAVAILABLE) { loop.accessToken("u") }
                val shown = "$error ${error.reason} ${error.detail} ${error.stackTraceToString()}"
                assertFalse("canary-store" in shown, shown)
                val name = each.javaClass.simpleName.ifEmpty { "something" }
                assertTrue(name in "${error.reason}", shown)
            }
        }
    }

    @Test
    fun `a locked store is asked again later`() = runBlocking<Unit> {
        val store = object : MapStore() {
            override suspend fun load(key: String): StoreEntry? = throw StoreLocked()
        }
        LoopClient(sandbox.options(tokenStore = store)).use { loop ->
            assertTrue(failure(ErrorCode.STORE_BUSY) { loop.accessToken("u") } is RetryLater)
        }
    }

    @Test
    fun `a store that blocks its thread keeps nobody else from working`() = runBlocking<Unit>(Dispatchers.Default) {
        val blocked = CountDownLatch(16)
        val free = CountDownLatch(1)
        val store = object : MapStore() {
            override suspend fun load(key: String): StoreEntry? {
                blocked.countDown()
                free.await()
                return super.load(key)
            }
        }
        LoopClient(sandbox.options(tokenStore = store)).use { loop ->
            // More than there are threads to compute on.
            val calls = List(16) { user -> async { failure(ErrorCode.NOT_CONNECTED) { loop.accessToken("u$user") } } }
            try {
                assertTrue(blocked.await(20, TimeUnit.SECONDS), "${blocked.count} calls can't begin")
            } finally {
                free.countDown()
            }
            assertEquals(16, calls.awaitAll().size)
        }
    }

    @Test
    fun `a store that never answers counts as failed, and the next call is served`() = runBlocking<Unit> {
        val asked = AtomicInteger()
        val store = object : MapStore() {
            override suspend fun load(key: String): StoreEntry? =
                if (asked.incrementAndGet() == 1) awaitCancellation() else super.load(key)
        }
        val options = sandbox.options()
        val hasty = LoopOptions(
            clientId = options.clientId,
            environment = options.environment,
            tokenStore = store,
            timeout = 2.seconds,
        )
        LoopClient(hasty).use { loop ->
            // The store's limit and the call's are the same: either may be over first.
            val busy = setOf(ErrorCode.STORE_UNAVAILABLE, ErrorCode.REFRESH_IN_PROGRESS)
            suspend fun code() = (runCatching { loop.accessToken("u") }.exceptionOrNull() as LoopException).code
            assertTrue(code() in busy)
            val started = TimeSource.Monotonic.markNow()
            var last = code()
            while (last in busy && started.elapsedNow() < 60.seconds) last = code()
            assertEquals(ErrorCode.NOT_CONNECTED, last)
        }
    }

    @Test
    fun `a write of unknown outcome is looked at again, and loses no grant`() = runBlocking<Unit> {
        val unknown = AtomicInteger()
        val store = object : MapStore() {
            override suspend fun save(key: String, blob: ByteArray, expected: String?, ttl: Duration?): String? {
                val version = super.save(key, blob, expected, ttl)
                if (version != null && unknown.incrementAndGet() % 2 == 0) throw StoreOutcomeUnknown("canary-store")
                return version
            }
        }
        LoopClient(sandbox.options(tokenStore = store)).use { loop ->
            val userId = sandbox.importDue(loop)
            val before = sandbox.refreshes()
            assertTrue(loop.clinical.listBiomarkers(userId).size > 10)
            assertEquals(1, sandbox.refreshes() - before)
        }
        assertTrue(unknown.get() >= 2)
        assertEquals(0L, sandbox.stats()["replays"])
    }

    companion object {
        private val sandbox = Sandbox()

        @JvmStatic
        @AfterAll
        fun stop() = sandbox.close()
    }
}

// Every answer of `conformance/verdicts.json`, as bytes on a connection: what the caller hears, and what may follow.
package health.loop.sdk

import java.io.Closeable
import java.io.InputStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Larger answers take longer than a test should: the full proof sends them too. */
private const val LARGEST = 2_000_000

/** How many cases are played at once. */
private const val AT_ONCE = 48

/** What a call heard, and how many requests it made. */
private typealias Heard = Pair<String, Int>

private class Case(fields: JsonObject) {
    val name = fields.text("name")!!
    val verdict = fields.text("verdict")!!
    val code = fields.text("code")
    val retryAfterMs = fields.text("retry_after_ms")?.toLong() ?: 0
    val nextRequests = fields.text("next_requests")?.toInt() ?: 0
    private val answer = fields.getValue("answer").jsonObject
    val transport = answer.text("transport")
    val padding = answer.text("padding")?.toInt() ?: 0

    /** The answer as it goes over the connection. */
    fun bytes(): ByteArray {
        val status = answer.text("status") ?: return ByteArray(0)
        val content = answer.text("body").orEmpty().toByteArray() + " ".repeat(padding).toByteArray()
        val headers = answer["headers"]?.takeIf { it !is JsonNull }?.jsonObject.orEmpty()
        val lines = headers.map { (name, value) -> "$name: ${value.jsonPrimitive.content}\r\n" }.joinToString("")
        // More is promised than comes, where the answer is cut off.
        val length = content.size + if (transport == null) 0 else 100
        val head = "HTTP/1.1 $status X\r\nconnection: close\r\n${lines}content-length: $length\r\n\r\n"
        return head.toByteArray() + content
    }

    /** What each of the two calls is to hear. */
    fun expected(): List<Heard> {
        val heard = code ?: "granted"
        return when (verdict) {
            // A token that is over when it arrives serves one call.
            "granted" -> listOf(heard to 1, heard to if (nextRequests == 1) 1 else 0)
            // Nobody asks again for a few seconds.
            "ambiguous", "rejected", "client", "operator" -> listOf(heard to 1, heard to 0)
            "retry" -> when {
                heard == "unreachable" -> listOf(heard to 0, heard to 0)
                // A longer pause is the caller's to make, and holds for everybody: whatever the reason was.
                retryAfterMs > 5000 -> listOf(heard to 1, "rate_limited" to 0)
                else -> listOf(heard to 3, heard to 3)
            }
            else -> error("$name: $verdict is no verdict")
        }
    }

    private fun JsonObject.text(name: String): String? =
        this[name]?.takeIf { it !is JsonNull }?.jsonPrimitive?.content
}

/** A token endpoint that gives the same answer to everybody, and counts. */
private class Endpoint(private val case: Case) : AutoCloseable {
    private val place = InetSocketAddress(InetAddress.getLoopbackAddress(), 0)
    private val socket: Closeable
    private val port: Int
    val requests = AtomicInteger()
    val environment get() = "http://127.0.0.1:$port/{service}"

    init {
        if (case.transport == "refused") {
            // Nobody listens there, and nobody else gets the port.
            socket = Socket().apply { bind(place) }
            port = socket.localPort
        } else {
            socket = ServerSocket().apply { bind(place, 64) }
            port = socket.localPort
            thread(isDaemon = true) { accept(socket) }
        }
    }

    private fun accept(socket: ServerSocket) {
        // A closed socket ends it.
        runCatching { while (true) socket.accept().let { thread(isDaemon = true) { answer(it) } } }
    }

    private fun answer(connection: Socket) = connection.use {
        // Whoever finds the answer too long hangs up.
        runCatching {
            if (!readRequest(connection.getInputStream())) return@use
            requests.incrementAndGet()
            connection.getOutputStream().write(case.bytes())
            if (case.transport == "reset") connection.setSoLinger(true, 0)
        }
    }

    private fun readRequest(input: InputStream): Boolean {
        val head = StringBuilder()
        while (!head.endsWith("\r\n\r\n")) {
            val byte = input.read()
            if (byte < 0) return false
            head.append(byte.toChar())
        }
        val length = Regex("content-length: (\\d+)", RegexOption.IGNORE_CASE).find(head)?.groupValues?.get(1)?.toInt()
        return input.readNBytes(length ?: 0).size == (length ?: 0)
    }

    override fun close() = socket.close()
}

class VerdictsTest {
    @Test
    fun `every answer has the verdict of the table`() = runBlocking<Unit>(Dispatchers.Default) {
        val table = Json.parseToJsonElement(repositoryFile("conformance/verdicts.json").readText()).jsonArray
            .map { Case(it.jsonObject) }
        assertTrue(table.size >= 60)
        val isProof = System.getenv("LOOP_PROVE") != null
        val (cases, left) = table.partition { isProof || it.padding <= LARGEST }
        left.forEach { println("left to the full proof, because it takes long: ${it.name}") }
        assertTrue(left.size <= 1)

        // Before the first call: a client takes long to make, and a second call must follow its first within seconds.
        val prepared = cases.map { case ->
            val endpoint = Endpoint(case)
            val options = LoopOptions(
                clientId = "client_1", clientSecret = "secret_1", environment = endpoint.environment, store = "memory:",
            )
            val loop = LoopClient(options)
            loop.importGrant("u", "r0")
            Triple(case, endpoint, loop)
        }
        val heard = ConcurrentHashMap<String, List<Heard>>()
        val waiting = Channel<Triple<Case, Endpoint, LoopClient>>(Channel.UNLIMITED)
        prepared.forEach { waiting.send(it) }
        waiting.close()
        List(AT_ONCE) {
            async {
                for ((case, endpoint, loop) in waiting) heard[case.name] = play(endpoint, loop)
            }
        }.awaitAll()
        // Looked up for the whole table: a case that was not played fails.
        val wrong = cases.filter { heard[it.name] != it.expected() }
            .map { "${it.name}: heard ${heard[it.name]}, expected ${it.expected()}" }
        assertEquals(emptyList<String>(), wrong)
        prepared.forEach { (_, endpoint) -> endpoint.close() }
    }

    private suspend fun play(endpoint: Endpoint, loop: LoopClient): List<Heard> = List(2) {
        val before = endpoint.requests.get()
        val said = try {
            loop.accessToken("u")
            "granted"
        } catch (error: LoopException) {
            error.code.value
        }
        said to endpoint.requests.get() - before
    }
}

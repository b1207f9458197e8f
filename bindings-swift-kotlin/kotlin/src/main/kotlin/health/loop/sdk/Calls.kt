// The one way from a method to the core: arguments as JSON, the reply as JSON, cancellation in between.
package health.loop.sdk

import health.loop.sdk.ffi.CancelHandle
import health.loop.sdk.ffi.Fault
import health.loop.sdk.ffi.InternalException
import health.loop.sdk.ffi.NativeClient
import health.loop.sdk.ffi.NativeHooks
import java.nio.charset.CharacterCodingException
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/** How long the end of a client, and of the process, waits for what is under way. */
internal val LAST_WAIT = 10.seconds

/** The calls of one client. */
internal class Calls private constructor(private val native: NativeClient) {
    private val isClosed = AtomicBoolean()

    val redirectUri: String? get() = opened { native.redirectUri() }

    /** Calls a method of the core by its name there. */
    suspend fun call(method: String, arguments: JsonObject, timeout: Duration? = null): JsonElement {
        val limit = timeout?.takeIf { it.isFinite() }?.let { secondsOf("timeout", it) * 1000 }
        return Json.parseToJsonElement(text(method, arguments.toString(), limit?.toULong()))
    }

    /** The same, as texts. */
    suspend fun text(method: String, arguments: String, timeoutMs: ULong?): String = opened {
        send(method, arguments, timeoutMs)
    }

    /** Refuses new calls, waits for what must not be cut off, and lets go of the native part. Once is enough. */
    fun close() {
        if (!isClosed.compareAndSet(false, true)) return
        try {
            runBlocking {
                val limit = jsonOf("timeout" to secondsOf("timeout", LAST_WAIT)).toString()
                // What can't be saved now has been told to the calls that it belongs to.
                withTimeoutOrNull(LAST_WAIT) { runCatching { send("drain", limit, null) } }
            }
        } catch (_: InterruptedException) {
            Thread.currentThread().interrupt()
        } finally {
            native.destroy()
        }
    }

    private suspend fun send(method: String, arguments: String, timeoutMs: ULong?): String {
        val cancel = CancelHandle()
        try {
            return native.call(method, arguments, timeoutMs, cancel)
        } catch (cancelled: CancellationException) {
            cancel.cancel()
            throw cancelled
        } finally {
            cancel.destroy()
        }
    }

    private inline fun <T> opened(ask: () -> T): T {
        if (isClosed.get()) throw closed()
        return try {
            translated(ask)
        } catch (gone: IllegalStateException) {
            // Closed between the look and the call.
            throw if (gone !is CancellationException && isClosed.get()) closed() else gone
        }
    }

    private fun closed() = IllegalStateException("This client is closed; make a new one.")

    companion object {
        fun open(options: LoopOptions): Calls = open(options.toJson()) { hooksOf(options) }

        fun open(options: M2MOptions): Calls = open(options.toJson()) { hooksOf(options) }

        private fun open(options: JsonObject, hooks: () -> NativeHooks): Calls {
            NativePart.load()
            val language = "kotlin/${KotlinVersion.CURRENT}"
            return Calls(translated { NativeClient.open(options.toString(), language, hooks()) })
        }
    }
}

/** Turns what the generated code throws into what the SDK throws. */
internal inline fun <T> translated(ask: () -> T): T = try {
    ask()
} catch (fault: Fault) {
    throw exceptionOf(failureOf(fault))
} catch (_: CharacterCodingException) {
    throw ownError(ErrorCode.INVALID_OPTION, "`arguments` hold text that is not valid Unicode.", "arguments")
} catch (_: InternalException) {
    // Its text may quote what was handled.
    throw ownError(ErrorCode.INTERNAL, "The SDK has a defect; please report it.")
}

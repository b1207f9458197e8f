// The application's own code, wrapped for the core: whatever it throws crosses as the name of its class.
package health.loop.sdk

import health.loop.sdk.ffi.BrowserFault
import health.loop.sdk.ffi.HookFault
import health.loop.sdk.ffi.NativeAudit
import health.loop.sdk.ffi.NativeBrowser
import health.loop.sdk.ffi.NativeEvents
import health.loop.sdk.ffi.NativeHooks
import health.loop.sdk.ffi.NativeSecrets
import health.loop.sdk.ffi.NativeStore
import health.loop.sdk.ffi.SaveAnswer
import health.loop.sdk.ffi.StoreFault
import health.loop.sdk.ffi.StoredEntry
import java.util.logging.Logger
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

internal fun hooksOf(options: LoopOptions): NativeHooks = NativeHooks(
    store = options.tokenStore?.let(::AppStore),
    browser = options.browser?.let(::AppBrowser),
    events = options.onEvent?.let(::AppListener),
    audit = options.auditLog?.record?.let(::AppAudit),
    secrets = options.clientSecretSource?.let(::AppSecrets),
    ownDevice = options.ownDevice,
    machine = false,
)

internal fun hooksOf(options: M2MOptions): NativeHooks = NativeHooks(
    store = null,
    browser = null,
    events = null,
    audit = options.auditLog?.record?.let(::AppAudit),
    secrets = options.clientSecretSource?.let(::AppSecrets),
    ownDevice = false,
    machine = true,
)

/** Stands for what another language threw: for JavaScript, in the Expo package. */
@InternalLoopApi
public class ThrownElsewhere(internal val kind: String) : Exception()

/** The name of an exception's class, if it looks like one. */
@OptIn(InternalLoopApi::class)
internal fun kindOf(thrown: Throwable): String {
    val name = if (thrown is ThrownElsewhere) thrown.kind else thrown.javaClass.simpleName
    return name.takeIf { it.matches(Regex("[A-Za-z_$][\\w$]{0,60}")) } ?: "something"
}

private class AppStore(private val store: TokenStore) : NativeStore {
    override suspend fun load(key: String): StoredEntry? = asked {
        store.load(key)?.let { StoredEntry(key, versionOf(it.version), it.blob) }
    }

    override suspend fun save(key: String, blob: ByteArray, expected: String?, ttlMs: ULong?): SaveAnswer = asked {
        try {
            // A time that does not fit is as good as for ever.
            val ttl = ttlMs?.toLong()?.takeIf { it >= 0 }?.milliseconds
            when (val version = store.save(key, blob, expected, ttl)) {
                null -> SaveAnswer.Conflict
                "" -> SaveAnswer.Unknown
                else -> SaveAnswer.Saved(version)
            }
        } catch (_: StoreOutcomeUnknown) {
            SaveAnswer.Unknown
        } catch (_: CancellationException) {
            // Whether by the core or by a time limit of the store's own: it was cut off in the middle.
            SaveAnswer.Unknown
        }
    }

    override suspend fun delete(key: String, expected: String): Boolean = asked { store.delete(key, expected) }

    override suspend fun now(): ULong = asked {
        val now = store.now()
        if (now < 0) throw StoreFault.Refused("a time before the epoch")
        now.toULong()
    }

    override suspend fun list(prefix: String, after: String?, limit: UInt): List<StoredEntry>? = asked {
        val entries = store.list(prefix, after, limit.toInt())
        if (entries != null && entries.size > limit.toInt()) throw StoreFault.Refused("more entries than were asked for")
        entries?.map { StoredEntry(it.key, versionOf(it.version), it.blob) }
    }

    private fun versionOf(version: String): String =
        version.ifEmpty { throw StoreFault.Refused("an entry without a version") }

    /** uniffi runs this on the few threads that an app computes on: a store that blocks would stop all of them. */
    private suspend fun <T> asked(ask: suspend () -> T): T = try {
        withContext(Dispatchers.IO) { ask() }
    } catch (fault: StoreFault) {
        throw fault
    } catch (_: StoreLocked) {
        throw StoreFault.Locked()
    } catch (thrown: Throwable) {
        // An `Error` too: uniffi lets it pass, and then the core never gets an answer.
        throw StoreFault.Refused(kindOf(thrown))
    }
}

private class AppBrowser(private val browser: Browser) : NativeBrowser {
    override suspend fun open(url: String, redirectUri: String): String? = try {
        // As with a store: one that waits for a socket blocks its thread.
        withContext(Dispatchers.IO) { browser.open(url, redirectUri) }
    } catch (thrown: Throwable) {
        throw BrowserFault.NotOpened(kindOf(thrown))
    }
}

private class AppAudit(private val record: suspend (AuditEntry) -> Unit) : NativeAudit {
    override suspend fun record(entry: String) = answered { record(AuditEntry.parse(entry)) }
}

private class AppSecrets(private val ask: suspend () -> List<String>) : NativeSecrets {
    override suspend fun secrets(): List<String> = answered { ask() }
}

/** As with a store: what blocks must not do so on the few threads that an app computes on. */
private suspend fun <T> answered(ask: suspend () -> T): T = try {
    withContext(Dispatchers.IO) { ask() }
} catch (thrown: Throwable) {
    throw HookFault.Threw(kindOf(thrown))
}

private class AppListener(private val listener: (LoopEvent) -> Unit) : NativeEvents {
    override fun tell(event: String) {
        try {
            listener(LoopEvent.parse(event))
        } catch (thrown: Throwable) {
            // The class only: an exception may quote the event.
            Logger.getLogger("health.loop.sdk").warning("onEvent threw ${kindOf(thrown)}.")
        }
    }
}

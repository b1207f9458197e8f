// The native part on Android: texts in, texts out. What it does is in the Kotlin package.
package health.loop.expo

import expo.modules.kotlin.exception.Exceptions
import expo.modules.kotlin.functions.Coroutine
import expo.modules.kotlin.modules.Module
import expo.modules.kotlin.modules.ModuleDefinition
import health.loop.sdk.InternalLoopApi
import health.loop.sdk.android.AndroidBrowser
import health.loop.sdk.android.keystoreStore
import kotlin.concurrent.thread

@OptIn(InternalLoopApi::class)
class LoopSdkModule : Module() {
    private val calls = Calls()
    private val recordings = Recordings()
    private val clients = Clients { options, code ->
        val context = appContext.reactContext ?: throw Exceptions.ReactContextLost()
        optionsOf(options, keystoreStore(context), AndroidBrowser(context), code)
    }

    override fun definition() = ModuleDefinition {
        Name("LoopSdk")

        Events(EVENT, AUDIT)

        Function("create") { options: String, listens: Boolean, records: Boolean ->
            clients.create(options, if (listens) ::tell else null, if (records) ::record else null)
        }

        AsyncFunction("call") Coroutine
            { client: Int, method: String, arguments: String, callId: String, timeoutMs: Double? ->
                calls.run(callId) { clients.find(client).callJson(method, arguments, timeoutMs?.toLong()) }
            }

        Function("cancel") { callId: String -> calls.cancel(callId) }

        Function("recorded") { id: String, threw: String? -> recordings.recorded(id, threw) }

        Function("pendingRedirect") { -> AndroidBrowser.pendingRedirect() }

        OnDestroy {
            recordings.close()
            // It waits for tokens that are being saved: not on this thread.
            thread(name = "loop-sdk-close") { clients.close() }
        }
    }

    private fun tell(client: Int, event: String) {
        sendEvent(EVENT, mapOf("client" to client, "event" to event))
    }

    private suspend fun record(client: Int, entry: String) {
        recordings.record { id -> sendEvent(AUDIT, mapOf("client" to client, "id" to id, "entry" to entry)) }
    }
}

private const val EVENT = "onLoopEvent"
private const val AUDIT = "onLoopAudit"

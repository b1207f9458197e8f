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
    private val clients = Clients { options, onEvent ->
        val context = appContext.reactContext ?: throw Exceptions.ReactContextLost()
        optionsOf(options, keystoreStore(context), AndroidBrowser(context), onEvent)
    }

    override fun definition() = ModuleDefinition {
        Name("LoopSdk")

        Events(EVENT)

        Function("create") { options: String, listens: Boolean ->
            clients.create(options, if (listens) ::tell else null)
        }

        AsyncFunction("call") Coroutine { client: Int, method: String, arguments: String, callId: String ->
            calls.run(callId) { clients.find(client).callJson(method, arguments) }
        }

        Function("cancel") { callId: String -> calls.cancel(callId) }

        Function("pendingRedirect") { -> AndroidBrowser.pendingRedirect() }

        OnDestroy {
            // It waits for tokens that are being saved: not on this thread.
            thread(name = "loop-sdk-close") { clients.close() }
        }
    }

    private fun tell(client: Int, event: String) {
        sendEvent(EVENT, mapOf("client" to client, "event" to event))
    }
}

private const val EVENT = "onLoopEvent"

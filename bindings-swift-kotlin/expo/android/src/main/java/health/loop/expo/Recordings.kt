// The entries of audit logs that JavaScript is recording, by the ids that it answers with.
package health.loop.expo

import health.loop.sdk.InternalLoopApi
import health.loop.sdk.ThrownElsewhere
import kotlinx.coroutines.CompletableDeferred

@OptIn(InternalLoopApi::class)
internal class Recordings {
    /** Each is completed with the class of what was thrown, or with null. */
    private val waiting = HashMap<String, CompletableDeferred<String?>>()
    private var last = 0L
    private var isClosed = false

    /** Hands an entry over, and waits until it is recorded. The core has a limit for it. */
    suspend fun record(handOver: (id: String) -> Unit) {
        val answer = CompletableDeferred<String?>()
        val id = begin(answer)
        try {
            handOver(id)
            answer.await()?.let { throw ThrownElsewhere(it) }
        } finally {
            synchronized(this) { waiting -= id }
        }
    }

    /** An answer that comes too late changes nothing. */
    fun recorded(id: String, threw: String?) {
        synchronized(this) { waiting[id] }?.complete(threw)
    }

    /** JavaScript is gone, and answers nothing any more. */
    fun close() {
        val unanswered = synchronized(this) {
            isClosed = true
            waiting.values.toList()
        }
        unanswered.forEach { it.complete(GONE) }
    }

    private fun begin(answer: CompletableDeferred<String?>): String = synchronized(this) {
        if (isClosed) answer.complete(GONE)
        "${++last}".also { waiting[it] = answer }
    }
}

private const val GONE = "JavaScriptEnded"

// The calls that are under way, by the ids that JavaScript gave them.
package health.loop.expo

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.ensureActive

/** How many cancels are kept whose calls have not arrived. */
private const val KEPT = 256

private const val CANCELLED =
    """{"error":{"code":"cancelled","action":"retry","message":"The call was cancelled.","retry_after_ms":null,""" +
        """"status":null,"request_id":null,"detail":null,"cause":null}}"""

internal class Calls {
    private val running = HashMap<String, Job>()

    /** Cancelled before they arrived: a cancel is synchronous, a call is not. The oldest are forgotten. */
    private val early = LinkedHashSet<String>()

    suspend fun run(id: String, call: suspend () -> String): String = coroutineScope {
        val work = async(start = CoroutineStart.LAZY) { call() }
        begin(id, work)
        try {
            work.await()
        } catch (cancelled: CancellationException) {
            // Of the module's own end, nobody hears.
            ensureActive()
            CANCELLED
        } finally {
            end(id)
        }
    }

    fun cancel(id: String): Unit = synchronized(this) {
        val job = running[id]
        if (job != null) {
            job.cancel()
        } else {
            early += id
            if (early.size > KEPT) early -= early.first()
        }
    }

    private fun begin(id: String, job: Job): Unit = synchronized(this) {
        running[id] = job
        if (early.remove(id)) job.cancel()
    }

    private fun end(id: String): Unit = synchronized(this) {
        running -= id
    }
}

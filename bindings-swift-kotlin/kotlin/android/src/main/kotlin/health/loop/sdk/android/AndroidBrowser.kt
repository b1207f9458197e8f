// Opens Loop's pages in the person's browser, and waits for the redirect.
package health.loop.sdk.android

import android.content.Context
import android.content.Intent
import health.loop.sdk.Browser
import java.util.concurrent.atomic.AtomicReference
import kotlinx.coroutines.CompletableDeferred

/**
 * The browser of a sign-in: a Custom Tab where the person's browser has them.
 *
 * Where the app is killed meanwhile, the redirect starts it again, and [pendingRedirect] has the URL for
 * `LoopClient.resumeSignIn`.
 */
public class AndroidBrowser(context: Context) : Browser {
    private val app = context.applicationContext

    override suspend fun open(url: String, redirectUri: String): String? {
        val answer = SignIns.begin()
        try {
            app.startActivity(SignInActivity.begin(app, url).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
            return answer.await()
        } finally {
            SignIns.end(answer)
        }
    }

    public companion object {
        /** The URL of a redirect that nobody waited for, once: ask when the app starts or comes to the foreground. */
        public fun pendingRedirect(): String? = SignIns.unclaimed.getAndSet(null)
    }
}

/** The sign-in that waits in this process, and a redirect that came when none did. */
internal object SignIns {
    private val waiting = AtomicReference<CompletableDeferred<String?>?>()
    val unclaimed = AtomicReference<String?>()

    /** One browser at a time: a sign-in that is begun again takes the place of the one before. */
    fun begin(): CompletableDeferred<String?> {
        val answer = CompletableDeferred<String?>()
        waiting.getAndSet(answer)?.complete(null)
        return answer
    }

    fun end(answer: CompletableDeferred<String?>) {
        waiting.compareAndSet(answer, null)
    }

    /** True where a sign-in of this process waited for it. */
    fun answer(url: String?): Boolean {
        val isAwaited = waiting.getAndSet(null)?.complete(url) ?: false
        if (!isAwaited && url != null) unclaimed.set(url)
        return isAwaited
    }
}

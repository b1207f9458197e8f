// A block of the guide; DocsTest compares them.
package health.loop.docs.comeback

import health.loop.sdk.Biomarker
import health.loop.sdk.Browser
import health.loop.sdk.LoopClient
import health.loop.sdk.Page
import health.loop.sdk.RetryLater
import health.loop.sdk.ScopeRequired
import kotlinx.coroutines.delay

suspend fun results(loop: LoopClient, browser: Browser): Page<Biomarker> = try {
    loop.clinical.listBiomarkers()
} catch (error: ScopeRequired) {
    val url = loop.signInAgain(error).url
    loop.resumeSignIn(browser.open(url, loop.redirectUri.orEmpty()) ?: throw error)
    loop.clinical.listBiomarkers()
} catch (error: RetryLater) {
    delay(error.retryAfter ?: throw error)
    loop.clinical.listBiomarkers()
}

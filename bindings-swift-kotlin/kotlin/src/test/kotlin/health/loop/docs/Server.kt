// A block of the guide; DocsTest compares them.
package health.loop.docs.server

import health.loop.sdk.LoopClient
import health.loop.sdk.LoopOptions

val server = LoopClient(LoopOptions(store = "memory:", ownDevice = false))

// Send the browser to url, and keep browserSecret in an HttpOnly, SameSite=Lax cookie of that browser.
suspend fun login() = server.authorizationUrl()

suspend fun callback(url: String, browserSecret: String): Int {
    val tokens = server.handleCallback(url, browserSecret)
    return server.clinical.listBiomarkers(tokens.userId).size
}

// A block of the guide; DocsTest compares them.
package health.loop.docs.redirect

import health.loop.sdk.LoopClient

suspend fun onRedirect(loop: LoopClient, url: String): String = loop.resumeSignIn(url).userId

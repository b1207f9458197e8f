// What a sign-in opens.
package health.loop.sdk

/** Opens Loop's pages for the person. */
public fun interface Browser {
    /**
     * Opens [url], and returns the URL that the browser came back to, which begins with [redirectUri]. Null where the
     * person closed it. It runs on [kotlinx.coroutines.Dispatchers.IO], so it may block.
     *
     * Of what it throws, only the name of its class goes further: the call fails with `browser_unavailable`.
     */
    public suspend fun open(url: String, redirectUri: String): String?
}

// The options of JavaScript as the Kotlin package takes them.
package health.loop.expo

import health.loop.sdk.AuditLog
import health.loop.sdk.Browser
import health.loop.sdk.IssuerOptions
import health.loop.sdk.LoopOptions
import health.loop.sdk.TokenStore
import kotlin.time.Duration.Companion.seconds
import org.json.JSONArray
import org.json.JSONObject

private val KNOWN = setOf(
    "clientId",
    "redirectUri",
    "scopes",
    "environment",
    "profile",
    "retryUnknownRefresh",
    "identify",
    "timeout",
    "auditLog",
    "auditRequired",
)

/** An option of another name than those that are known here: iOS, where the core reads them, refuses it too. */
internal class UnknownOption(val name: String) : IllegalArgumentException()

internal fun optionsOf(options: JSONObject, store: TokenStore, browser: Browser, code: Code): LoopOptions {
    options.keys().forEach { if (it !in KNOWN) throw UnknownOption(it) }
    val environment = options.opt("environment")
    return LoopOptions(
        clientId = options.text("clientId"),
        redirectUri = options.text("redirectUri"),
        scopes = options.words("scopes"),
        environment = environment as? String,
        issuer = (environment as? JSONObject)?.let(::issuerOf),
        tokenStore = store,
        profile = options.text("profile"),
        retryUnknownRefresh = options.opt("retryUnknownRefresh") as? Boolean,
        identify = options.opt("identify") as? Boolean,
        timeout = (options.opt("timeout") as? Number)?.toDouble()?.seconds,
        browser = browser,
        auditLog = code.auditLog ?: options.text("auditLog")?.let { AuditLog.file(it) },
        auditRequired = options.opt("auditRequired") as? Boolean ?: false,
        onEvent = code.onEvent,
    )
}

private fun issuerOf(issuer: JSONObject) = IssuerOptions(
    issuer = issuer.text("issuer").orEmpty(),
    authorizationEndpoint = issuer.text("authorizationEndpoint"),
    tokenEndpoint = issuer.text("tokenEndpoint"),
    revocationEndpoint = issuer.text("revocationEndpoint"),
    introspectionEndpoint = issuer.text("introspectionEndpoint"),
    jwksUri = issuer.text("jwksUri"),
)

private fun JSONObject.text(name: String): String? = opt(name) as? String

private fun JSONObject.words(name: String): List<String>? = when (val given = opt(name)) {
    is String -> given.split(' ').filter(String::isNotEmpty)
    is JSONArray -> List(given.length()) { given.getString(it) }
    else -> null
}

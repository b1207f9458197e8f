// What a client is made of.
package health.loop.sdk

import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/**
 * Options of a client. What is null comes from the environment variable that stands beside it, where there is one.
 *
 * They print without their values.
 */
public class LoopOptions(
    /** The app's public id (`LOOP_CLIENT_ID`). */
    public val clientId: String? = null,
    /** The secret of an app on a server (`LOOP_CLIENT_SECRET`). An app on a person's device has none. */
    public val clientSecret: String? = null,
    /** In place of [clientSecret] while it is being changed: several, the newest first. */
    public val clientSecrets: List<String>? = null,
    /** In place of both: asked for them when they are needed. Only the class of what it throws goes further. */
    public val clientSecretSource: (suspend () -> List<String>)? = null,
    /** Where Loop sends the person back, exactly as registered (`LOOP_REDIRECT_URI`). */
    public val redirectUri: String? = null,
    /** The scopes to ask for (`LOOP_SCOPES`, separated by spaces). `openid` is added by itself. */
    public val scopes: List<String>? = null,
    /** `production`, `staging`, `dev`, `sandbox`, or a base URL with `{service}` in it (`LOOP_ENVIRONMENT`). */
    public val environment: String? = null,
    /** In place of [environment]: another OpenID provider. */
    public val issuer: IssuerOptions? = null,
    /** Where grants are kept: `memory:`, `sqlite:///path` (`LOOP_STORE`). Else SQLite in the user's data directory. */
    public val store: String? = null,
    /** In place of [store]: a store of your own. */
    public val tokenStore: TokenStore? = null,
    /** Seals what is stored (`LOOP_STORE_KEY`): 32 bytes in base64, several with commas between, or `none`. */
    public val storeKey: String? = null,
    /** The rule of the server's refresh tokens: `strict` (default), `introspect`, `grace:SECONDS`, `replay`. */
    public val profile: String? = null,
    /** How many token requests a minute this client and all others on its store may make (60). */
    public val tokenRequestsPerMinute: Int? = null,
    /** Whether a refresh whose answer was lost is sent once more: it may end the grant (not unless said otherwise). */
    public val retryUnknownRefresh: Boolean? = null,
    /** Whether sign-ins say who signed in (default). Without it, name the `userId` of the request. */
    public val identify: Boolean? = null,
    /** Whether a callback must come from the browser that began. Unless said otherwise: not on a person's own device. */
    public val checkBrowser: Boolean? = null,
    /** The time limit of an API call with its retries (30 seconds). */
    public val timeout: Duration? = null,
    /** What [LoopClient.signIn] opens. */
    public val browser: Browser? = null,
    /** Records every call of one of Loop's APIs, for apps that have to show who looked at whose data. */
    public val auditLog: AuditLog? = null,
    /** Whether a call fails whose entry can't be recorded: nothing is sent then. */
    public val auditRequired: Boolean = false,
    /** Hears of what happens to grants, on a thread of the SDK, and must return at once. What it throws changes nothing. */
    public val onEvent: ((LoopEvent) -> Unit)? = null,
    /**
     * The app runs on the person's own device (default): `userId` may be left out of calls while the store holds one
     * grant. A server sets it to false.
     */
    public val ownDevice: Boolean = true,
) {
    override fun toString(): String = "<LoopOptions: values hidden>"

    /** What crosses to the core as JSON; the rest is code. */
    internal fun toJson(): JsonObject {
        onlyOne(
            "clientSecret" to clientSecret,
            "clientSecrets" to clientSecrets,
            "clientSecretSource" to clientSecretSource,
        )
        onlyOne("environment" to environment, "issuer" to issuer)
        onlyOne("store" to store, "tokenStore" to tokenStore)
        val fields = mapOf(
            "client_id" to clientId,
            "client_secret" to (clientSecret ?: clientSecrets),
            "redirect_uri" to redirectUri,
            "scopes" to scopes,
            "environment" to (environment ?: issuer?.toJson()),
            "store" to store,
            "store_key" to storeKey,
            "profile" to profile,
            "token_requests_per_minute" to tokenRequestsPerMinute,
            "retry_unknown_refresh" to retryUnknownRefresh,
            "identify" to identify,
            "check_browser" to checkBrowser,
            "timeout" to timeout?.let { secondsOf("timeout", it) },
            "audit_log" to auditLog?.path,
            "audit_required" to auditRequired,
        )
        return jsonOf(*fields.toList().toTypedArray())
    }
}

/** Another OpenID provider; endpoints that are not given are found by discovery. */
public class IssuerOptions(
    /** Its issuer URL. */
    public val issuer: String,
    /** Where people sign in. */
    public val authorizationEndpoint: String? = null,
    /** Where codes and refresh tokens are exchanged. */
    public val tokenEndpoint: String? = null,
    /** Where grants are ended. */
    public val revocationEndpoint: String? = null,
    /** Where it says whether a token is good. */
    public val introspectionEndpoint: String? = null,
    /** Where its public keys are. */
    public val jwksUri: String? = null,
) {
    override fun toString(): String = "<IssuerOptions>"

    internal fun toJson(): JsonElement {
        val given = listOf(
            "issuer" to issuer,
            "authorization_endpoint" to authorizationEndpoint,
            "token_endpoint" to tokenEndpoint,
            "revocation_endpoint" to revocationEndpoint,
            "introspection_endpoint" to introspectionEndpoint,
            "jwks_uri" to jwksUri,
        )
        return jsonOf(*given.filter { (_, value) -> value != null }.toTypedArray())
    }
}

/** Options of which one at most can be given. */
internal fun onlyOne(vararg options: Pair<String, Any?>) {
    val given = options.filter { (_, value) -> value != null }.map { (name, _) -> name }
    if (given.size > 1) {
        val sentence = "`${given[0]}` and `${given[1]}` can't both be given."
        throw ownError(ErrorCode.INVALID_OPTION, sentence, given[1])
    }
}

/** A length of time for the core, which counts in seconds. */
internal fun secondsOf(name: String, duration: Duration): Double {
    if (duration.isNegative() || duration.isInfinite()) {
        throw ownError(ErrorCode.INVALID_OPTION, "`$name` must be a length of time, zero or more.", name)
    }
    return duration.toDouble(DurationUnit.SECONDS)
}

// What a LoopClient takes and gives back, other than the platform's records.
package health.loop.sdk

import java.time.Instant
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/** What to ask for in a sign-in. It prints without its values. */
public class AuthorizationRequest(
    /** The scopes; the client's own if null. */
    public val scopes: List<String>? = null,
    /** Who is expected to sign in; anybody else is refused. */
    public val userId: String? = null,
    /** The browser's secret from an earlier sign-in, for instance from its cookie. */
    public val browserSecret: String? = null,
    /** A path on your own site to return to; it comes back as [Tokens.appState]. */
    public val appState: String? = null,
    /** OpenID Connect's `prompt`: `login`, `consent`, `none`, `select_account`. */
    public val prompt: String? = null,
    /** An e-mail address or user id that the sign-in page may fill in. */
    public val loginHint: String? = null,
    /** Overrides the client's `checkBrowser` for this sign-in. */
    public val checkBrowser: Boolean? = null,
) {
    override fun toString(): String = "<AuthorizationRequest: values hidden>"

    internal fun fields(): Array<Pair<String, Any?>> = arrayOf(
        "scopes" to scopes,
        "user_id" to userId,
        "browser_secret" to browserSecret,
        "app_state" to appState,
        "prompt" to prompt,
        "login_hint" to loginHint,
        "check_browser" to checkBrowser,
    )
}

/** A sign-in that has begun. It prints without its values. */
public class Authorization internal constructor(reply: JsonElement) {
    private val fields = reply.asField().record()

    /** Send the person's browser there. */
    public val url: String = fields.field("url").text()

    /** Comes back in the callback. */
    public val state: String = fields.field("state").text()

    /** On a server: belongs in an HttpOnly, SameSite=Lax cookie of this browser, and into `handleCallback`. */
    public val browserSecret: String = fields.field("browser_secret").text()

    override fun toString(): String = "<Authorization: use .url>"
}

/** A person who signed in. It prints without the access token and without a claim. */
public class Tokens internal constructor(reply: JsonElement) {
    private val fields = reply.asField().record()

    /** The person's stable id: it selects the grant in every later call. */
    public val userId: String = fields.field("user_id").text()

    /** What the person granted. */
    public val scopes: List<String> = fields.field("scopes").list { it.text() }.toList()

    /** When the access token ends. The SDK renews it by itself. */
    public val expiresAt: Instant = Instant.ofEpochMilli(fields.field("expires_at").integer())

    /** The id_token's claims; empty where the client does not identify. */
    public val claims: Map<String, JsonValue> = fields.field("claims").record().mapValues { (_, claim) -> JsonValue(claim) }

    /** For an HTTP call of your own right now; [LoopClient.accessToken] has a fresh one at any later time. */
    public val accessToken: String = fields.field("access_token").text()

    /** The path that was given at the beginning. */
    public val appState: String? = fields.field("app_state").optional { it.text() }

    override fun toString(): String = "<Tokens: scopes ${scopes.joinToString(" ")}; values hidden>"
}

/** Where one person stands. It prints without the person's id. */
public class GrantStatus internal constructor(fields: JsonObject) {
    /** Whose grant it is. */
    public val userId: String = fields.field("user_id").text()

    /** Where it stands. */
    public val state: GrantState = GrantState(fields.field("state").text())

    /** Whether a call can work without the person. */
    public val connected: Boolean = fields.field("connected").boolean()

    /** What the person granted. */
    public val scopes: List<String> = fields.field("scopes").list { it.text() }.toList()

    /** When the access token ends. The SDK renews it by itself. */
    public val accessExpiresAt: Instant? =
        fields.field("access_expires_at").optional { Instant.ofEpochMilli(it.integer()) }

    /** When the grant lapses unless it is used, where that is known. */
    public val refreshExpiresAt: Instant? =
        fields.field("refresh_expires_at").optional { Instant.ofEpochMilli(it.integer()) }

    /** What to do about it; null where there is nothing to do. */
    public val next: Action? = fields.field("next").optional { Action(it.text()) }

    override fun toString(): String = "<GrantStatus ${state.value}: values hidden>"
}

/** What a run of [LoopClient.keepAlive] did, in numbers of grants. */
public data class KeptAlive internal constructor(
    /** Looked at. */
    public val lookedAt: Long,
    /** Renewed, since they would have lapsed. */
    public val refreshed: Long,
    /** Found to be over: these people have to sign in again. */
    public val ended: Long,
    /** Of unknown outcome: the answer to the refresh was lost. */
    public val unknown: Long,
    /** Left for the next run. */
    public val left: Long,
) {
    internal constructor(fields: JsonObject) : this(
        lookedAt = fields.field("looked_at").integer(),
        refreshed = fields.field("refreshed").integer(),
        ended = fields.field("ended").integer(),
        unknown = fields.field("unknown").integer(),
        left = fields.field("left").integer(),
    )
}

/** What an import did. */
public enum class Imported {
    /** The grant is stored. */
    IMPORTED,

    /** It was there already. */
    ALREADY_HELD,

    /** The refresh token was used before: it is refused. */
    KNOWN_SPENT,
}

/** The answer to [LoopClient.request]. It prints without its body. */
public class ApiResponse internal constructor(fields: JsonObject) {
    /** The HTTP status, 200 to 299. */
    public val status: Int = fields.field("status").integer().toInt()

    /** The platform's id of the request. */
    public val requestId: String? = fields.field("request_id").optional { it.text() }

    /** The body; JSON's null where there is none. */
    public val body: JsonValue = fields.field("body").json()

    override fun toString(): String = "<ApiResponse $status: values hidden>"
}

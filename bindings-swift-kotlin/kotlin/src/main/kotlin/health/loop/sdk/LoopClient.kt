// LoopClient: sign a person in with Loop, keep the grant, call Loop for them.
package health.loop.sdk

import java.time.Instant
import kotlin.time.Duration
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/** What is meant for the SDK's own packages, and may change at any time. */
@RequiresOptIn("Meant for the SDK's own packages; it may change at any time.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION)
public annotation class InternalLoopApi

/**
 * A client of Loop for one registered app.
 *
 * ```kotlin
 * val loop = LoopClient(LoopOptions(clientId = "…", redirectUri = "my-app://callback", browser = browser))
 * loop.signIn()
 * val biomarkers = loop.clinical.listBiomarkers()
 * ```
 *
 * Every failure is a [LoopException]. One client serves a whole process, from all of its threads. [close] ends it.
 *
 * Cancelling the coroutine of a call ends the call; a refresh that it shares with others goes on. Every function takes a
 * `timeout`, after which the call ends with the code `timeout`.
 */
public class LoopClient private constructor(private val calls: Calls) : Services(Caller(calls)), AutoCloseable {
    /** Checks every option; touches neither disk nor network. What is not given comes from `LOOP_*` variables. */
    public constructor(options: LoopOptions = LoopOptions()) : this(Calls.open(options))

    /** Where Loop sends the person back, from the options or `LOOP_REDIRECT_URI`. */
    public val redirectUri: String? get() = calls.redirectUri

    /**
     * Signs the person in: opens the browser of the options, and finishes what comes back from it.
     *
     * The app may be killed meanwhile. When it is started again by the redirect URL, [resumeSignIn] finishes the sign-in.
     */
    public suspend fun signIn(
        request: AuthorizationRequest = AuthorizationRequest(),
        timeout: Duration? = null,
    ): Tokens = Tokens(calls.call("sign_in", jsonOf(*request.fields()), timeout))

    /** Finishes a sign-in from the URL that the browser came back to, also in another process than the one that began. */
    public suspend fun resumeSignIn(url: String, timeout: Duration? = null): Tokens =
        handleCallback(url, timeout = timeout)

    /**
     * Begins a sign-in, which may be finished within ten minutes, by any process that shares the store.
     *
     * On a server: send the browser to `url`, and keep `browserSecret` in an HttpOnly, SameSite=Lax cookie of that browser.
     */
    public suspend fun authorizationUrl(
        request: AuthorizationRequest = AuthorizationRequest(),
        timeout: Duration? = null,
    ): Authorization = Authorization(calls.call("authorization_url", jsonOf(*request.fields()), timeout))

    /**
     * Begins a sign-in of the person whose call failed with this error: it asks for what was granted before, and for the
     * scopes that were missing.
     */
    public suspend fun signInAgain(
        error: LoopException,
        request: AuthorizationRequest = AuthorizationRequest(),
        timeout: Duration? = null,
    ): Authorization {
        val fields = request.fields().toMap() + mapOf(
            "user_id" to (request.userId ?: error.userId),
            "missing_scopes" to error.missingScopes,
        )
        return Authorization(calls.call("sign_in_again", jsonOf(*fields.toList().toTypedArray()), timeout))
    }

    /**
     * Finishes a sign-in from what came back to the redirect URI: the URL, or its query.
     *
     * Checks `error`, `state`, `iss`, parameters that came twice, and on a server that it is the browser that began.
     *
     * @param browserSecret the secret of this browser, as [authorizationUrl] returned it
     */
    public suspend fun handleCallback(
        urlOrQuery: String,
        browserSecret: String? = null,
        timeout: Duration? = null,
    ): Tokens {
        val arguments = jsonOf("url_or_query" to urlOrQuery, "browser_secret" to browserSecret)
        return Tokens(calls.call("handle_callback", arguments, timeout))
    }

    /**
     * Finishes a sign-in from the callback's parameters alone.
     *
     * It can't tell which browser it serves: compare `state` with the one in the browser's session first, or use
     * [handleCallback], which does.
     */
    public suspend fun exchangeCode(code: String, state: String, timeout: Duration? = null): Tokens =
        Tokens(calls.call("exchange_code", jsonOf("code" to code, "state" to state), timeout))

    /** A fresh access token, for HTTP calls of your own. */
    public suspend fun accessToken(userId: String? = null, timeout: Duration? = null): String =
        calls.call("access_token", jsonOf("user_id" to userId), timeout).asField().text()

    /**
     * Brings a grant that the app already holds. It may run at every start: what is held or spent is left alone.
     *
     * @param refreshToken the newest one; the former owner must not use it any more
     * @param accessToken spares the first refresh while it lives
     * @param expiresAt when the access token ends
     * @param scopes what was granted, where known
     * @param replace whether a live grant of this user may be replaced
     */
    public suspend fun importGrant(
        userId: String,
        refreshToken: String,
        accessToken: String? = null,
        expiresAt: Instant? = null,
        scopes: List<String>? = null,
        replace: Boolean = false,
        timeout: Duration? = null,
    ): Imported {
        val arguments = jsonOf(
            "user_id" to userId,
            "refresh_token" to refreshToken,
            "access_token" to accessToken,
            "expires_at" to expiresAt?.let { it.epochSecond + it.nano / 1e9 },
            "scopes" to scopes,
            "replace" to replace,
        )
        val outcome = calls.call("import_grant", arguments, timeout).asField().text()
        return Imported.valueOf(outcome.uppercase())
    }

    /** Where a person stands: connected or not, what was granted, and what to do next. Sends nothing. */
    public suspend fun status(userId: String? = null, timeout: Duration? = null): GrantStatus =
        GrantStatus(calls.call("status", jsonOf("user_id" to userId), timeout).asField().record())

    /** One page of the stored grants, and by its `all()` those that follow. */
    public suspend fun grants(cursor: String? = null, limit: Int? = null, timeout: Duration? = null): Page<GrantStatus> {
        val reply = calls.call("grants", jsonOf("cursor" to cursor, "limit" to limit), timeout)
        return pageOf("GrantStatus", reply, { next -> grants(next, limit, timeout) }) { GrantStatus(it.record()) }
    }

    /** Every stored grant; pages are fetched as they are needed. */
    public fun allGrants(): Flow<GrantStatus> = flow { emitAll(grants().all()) }

    /** Renews the grants that would lapse for want of use, spread over time. For a job that runs daily. */
    public suspend fun keepAlive(timeout: Duration? = null): KeptAlive =
        KeptAlive(calls.call("keep_alive", jsonOf(), timeout).asField().record())

    /**
     * Waits until no refresh is under way and all tokens are saved, at most [timeout]. False where that was not enough.
     *
     * A process that ends by itself or by `exitProcess` waits for that too, 10 seconds at most.
     */
    public suspend fun drain(timeout: Duration? = null): Boolean {
        val limit = timeout?.takeIf { it.isFinite() }?.let { secondsOf("timeout", it) }
        return calls.call("drain", jsonOf("timeout" to limit)).asField().record().field("settled").boolean()
    }

    /**
     * Disconnects: nobody uses the grant from now on, Loop ends it, the tokens are forgotten.
     *
     * Ending the app's own session is another thing, and leaves the grant.
     */
    public suspend fun revoke(userId: String? = null, timeout: Duration? = null) {
        calls.call("revoke", jsonOf("user_id" to userId), timeout)
    }

    /** Disconnects the one person of this device, as [revoke] does. */
    public suspend fun disconnect(timeout: Duration? = null) {
        revoke(timeout = timeout)
    }

    /**
     * Sends any request to one of Loop's services, for what has no function here yet.
     *
     * @param service for instance `clinical`
     * @param path for instance `/v1/check-ins`
     * @param query texts, numbers, booleans, or lists of them
     * @param body anything that JSON can hold
     * @param idempotencyKey names a write, so that the SDK may send it again where an answer is lost
     */
    public suspend fun request(
        service: String,
        path: String,
        method: String = "GET",
        query: Map<String, Any?> = emptyMap(),
        body: JsonElement = JsonNull,
        idempotencyKey: String? = null,
        userId: String? = null,
        timeout: Duration? = null,
    ): ApiResponse {
        val request = requestOf(service, path, method, query, body, idempotencyKey)
        val arguments = JsonObject(request + jsonOf("user_id" to userId))
        return ApiResponse(calls.call("request", arguments, timeout).asField().record())
    }

    /**
     * Loop for one person: `loop.user(id).clinical.listBiomarkers()`.
     *
     * @param actor who calls, for the audit log: a clinician's id at your place, or a job's name
     * @param purpose why, for the audit log
     * @param traceparent ties the calls to a trace (W3C Trace Context); it is sent along
     */
    public fun user(
        userId: String,
        actor: String? = null,
        purpose: String? = null,
        traceparent: String? = null,
    ): User {
        val said = givenOf("user_id" to userId, "actor" to actor, "purpose" to purpose, "traceparent" to traceparent)
        return User(Caller(calls, said), userId)
    }

    /**
     * Whether a webhook's event is to be handled. It keeps all others of this app from doing so meanwhile: other threads,
     * processes and hosts that share the store.
     */
    public suspend fun claimEvent(eventId: String, timeout: Duration? = null): EventClaim {
        val claim = calls.call("claim_event", jsonOf("event_id" to eventId), timeout).asField().text()
        return EventClaim.valueOf(claim.uppercase())
    }

    /** The event is handled: whenever it comes again, it is done. */
    public suspend fun finishEvent(eventId: String, timeout: Duration? = null) {
        calls.call("finish_event", jsonOf("event_id" to eventId), timeout)
    }

    /** The event could not be handled: the next delivery is to try again. */
    public suspend fun abandonEvent(eventId: String, timeout: Duration? = null) {
        calls.call("abandon_event", jsonOf("event_id" to eventId), timeout)
    }

    /**
     * Ends this client: refuses new calls, waits until no refresh is under way and all tokens are saved, 10 seconds at
     * most, and lets go of the native part. It blocks its thread; on a user interface's thread call [drain] first.
     */
    override fun close() {
        calls.close()
    }

    /**
     * Calls a method of the core with a JSON object. The answer is `{"value": …}` or `{"error": {…}}`, as a JSON text.
     */
    @InternalLoopApi
    public suspend fun callJson(method: String, argumentsJson: String, timeoutMs: Long? = null): String = try {
        """{"value":${calls.text(method, argumentsJson, timeoutMs?.coerceAtLeast(0)?.toULong())}}"""
    } catch (error: LoopException) {
        errorJson(error)
    }

    override fun toString(): String = "<LoopClient>"
}

/** One person's data, through one client. It prints without the person's id. */
public class User internal constructor(
    private val caller: Caller,
    /** Whose data this is. */
    public val userId: String,
) : UserServices(caller) {
    /** Sends any request to one of Loop's services, as [LoopClient.request] does. */
    public suspend fun request(
        service: String,
        path: String,
        method: String = "GET",
        query: Map<String, Any?> = emptyMap(),
        body: JsonElement = JsonNull,
        idempotencyKey: String? = null,
        timeout: Duration? = null,
    ): ApiResponse {
        val arguments = requestOf(service, path, method, query, body, idempotencyKey)
        return caller.value("request", arguments, timeout) { ApiResponse(it.record()) }
    }

    override fun toString(): String = "<User>"
}

/** A request as it crosses. */
internal fun requestOf(
    service: String,
    path: String,
    method: String,
    query: Map<String, Any?>,
    body: JsonElement,
    idempotencyKey: String?,
): JsonObject = jsonOf(
    "service" to service,
    "path" to path,
    "method" to method,
    "query" to query,
    "body" to body,
    "idempotency_key" to idempotencyKey,
)

/** An error as it crosses to the Expo module, in the form that the Node package gets it. */
internal fun errorJson(error: LoopException): String {
    val failure = error.failure
    val fields = jsonOf(
        "code" to failure.code,
        "action" to failure.action,
        "message" to failure.sentence,
        "retry_after_ms" to failure.retryAfterMs,
        "status" to failure.status,
        "request_id" to failure.requestId,
        "detail" to failure.detail,
        "cause" to failure.reason,
        "user_id" to failure.userId,
        "missing_scopes" to failure.missingScopes,
    )
    return jsonOf("error" to fields).toString()
}

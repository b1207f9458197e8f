// M2MClient: Loop for a job or a service that acts for no person, with a token of its own.
package health.loop.sdk

import kotlin.time.Duration
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/**
 * A client of Loop for a machine. It keeps no grant: it gets a token by its id and its secret, and shares it between calls.
 *
 * ```kotlin
 * M2MClient(M2MOptions(scopes = listOf(Scopes.ADMIN_CLINICAL))).use { loop ->
 *     val biomarkers = loop.clinical.listPatientBiomarkers(patientId)
 * }
 * ```
 *
 * Its services have the operations that are open to machines. It does not belong into an app on a person's device.
 */
public class M2MClient private constructor(
    private val calls: Calls,
    private val caller: Caller,
    private val ownsCalls: Boolean,
) : MachineServices(caller), AutoCloseable {
    /** Checks every option; touches neither disk nor network. What is not given comes from `LOOP_*` variables. */
    public constructor(options: M2MOptions = M2MOptions()) : this(Calls.open(options))

    private constructor(calls: Calls) : this(calls, Caller(calls), ownsCalls = true)

    /**
     * The same client, with the same token, whose calls belong to a trace. One that is malformed fails them.
     *
     * It ends with this client; to close it by itself changes nothing.
     *
     * @param traceparent The header of W3C Trace Context, sent along.
     */
    public fun inTrace(traceparent: String): M2MClient =
        M2MClient(calls, Caller(calls, jsonOf("traceparent" to traceparent)), ownsCalls = false)

    /** A fresh access token, for HTTP calls of your own. */
    public suspend fun accessToken(timeout: Duration? = null): String =
        caller.value("access_token", jsonOf(), timeout) { it.text() }

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

    /** Ends this client: refuses new calls, and lets go of the native part. */
    override fun close() {
        if (ownsCalls) calls.close()
    }

    override fun toString(): String = "<M2MClient>"
}

/**
 * Options of a machine's client. What is null comes from the environment variable that stands beside it, where there is one.
 *
 * They print without their values.
 */
public class M2MOptions(
    /** The machine's public id (`LOOP_SERVICE_CLIENT_ID`). */
    public val clientId: String? = null,
    /** Its secret (`LOOP_SERVICE_CLIENT_SECRET`). */
    public val clientSecret: String? = null,
    /** In place of [clientSecret] while it is being changed: several, the newest first. */
    public val clientSecrets: List<String>? = null,
    /** In place of both: asked for them when they are needed. Only the class of what it throws goes further. */
    public val clientSecretSource: (suspend () -> List<String>)? = null,
    /** The scopes to ask for (`LOOP_SERVICE_SCOPES`, separated by spaces); all that the machine may have if null. */
    public val scopes: List<String>? = null,
    /** `production`, `staging`, `dev`, `sandbox`, or a base URL with `{service}` in it (`LOOP_ENVIRONMENT`). */
    public val environment: String? = null,
    /** In place of [environment]: another OpenID provider. */
    public val issuer: IssuerOptions? = null,
    /** Where tokens come from; `/v1/tokens` of Loop's identity service if null. */
    public val tokenEndpoint: String? = null,
    /** The time limit of a call with its retries (30 seconds). */
    public val timeout: Duration? = null,
    /** Records every call of one of Loop's APIs. */
    public val auditLog: AuditLog? = null,
    /** Whether a call fails whose entry can't be recorded. */
    public val auditRequired: Boolean = false,
) {
    override fun toString(): String = "<M2MOptions: values hidden>"

    /** What crosses to the core as JSON; the rest is code. */
    internal fun toJson(): JsonObject {
        onlyOne(
            "clientSecret" to clientSecret,
            "clientSecrets" to clientSecrets,
            "clientSecretSource" to clientSecretSource,
        )
        onlyOne("environment" to environment, "issuer" to issuer)
        return jsonOf(
            "client_id" to clientId,
            "client_secret" to (clientSecret ?: clientSecrets),
            "scopes" to scopes,
            "environment" to (environment ?: issuer?.toJson()),
            "token_endpoint" to tokenEndpoint,
            "timeout" to timeout?.let { secondsOf("timeout", it) },
            "audit_log" to auditLog?.path,
            "audit_required" to auditRequired,
        )
    }
}

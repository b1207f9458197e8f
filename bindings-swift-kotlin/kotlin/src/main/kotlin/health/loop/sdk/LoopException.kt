// The one exception of the SDK, with a subclass for each action: the class says what to do, the code what happened.
package health.loop.sdk

import health.loop.sdk.ffi.Fault
import java.io.Serializable
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What an exception holds. */
internal class Failure(
    val code: String,
    val action: String,
    val sentence: String,
    val retryAfterMs: Long? = null,
    val status: Int? = null,
    val requestId: String? = null,
    val detail: String? = null,
    val reason: String? = null,
    val userId: String? = null,
    val missingScopes: List<String> = emptyList(),
) : Serializable {
    val message: String get() = "$sentence ($code)"

    override fun toString(): String = message

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/** Any failure of the SDK. Its message is one sentence and the code; no token, secret or clinical value is in it. */
public sealed class LoopException(message: String) : Exception(message) {
    internal abstract val failure: Failure

    /** What went wrong: a stable name. */
    public val code: ErrorCode get() = ErrorCode(failure.code)

    /** What to do about it; each action has a subclass. */
    public val action: Action get() = Action(failure.action)

    /** How long to wait before the next try, where that is known. */
    public val retryAfter: Duration? get() = failure.retryAfterMs?.milliseconds

    /** The HTTP status, where there was an answer. */
    public val status: Int? get() = failure.status

    /** The platform's id of the request: name it when you ask Loop for help. */
    public val requestId: String? get() = failure.requestId

    /** The platform's own code, or the name of the option or scope that this is about. */
    public val detail: String? get() = failure.detail

    /** What lies underneath, in a sentence or two. */
    public val reason: String? get() = failure.reason

    /** Whose call failed. It is part of nothing that is printed. */
    public val userId: String? get() = failure.userId

    /** What the call needs and the person has not granted, where that is what is wrong. */
    public val missingScopes: List<String> get() = failure.missingScopes
}

/** The same call may work later, after [retryAfter] where it is given. */
public class RetryLater internal constructor(override val failure: Failure) : LoopException(failure.message)

/** The person has to sign in again: [LoopClient.signInAgain] begins it. */
public class SignInRequired internal constructor(override val failure: Failure) : LoopException(failure.message)

/** The person has to grant one more scope: [LoopClient.signInAgain] asks for it. */
public class ScopeRequired internal constructor(override val failure: Failure) : LoopException(failure.message)

/** The call or an option is wrong: repeating it can't help. */
public class InvalidCall internal constructor(override val failure: Failure) : LoopException(failure.message)

/** The deployment, the registration or the platform needs its operator. */
public class OperatorError internal constructor(override val failure: Failure) : LoopException(failure.message)

internal fun exceptionOf(failure: Failure): LoopException = when (Action(failure.action)) {
    Action.RETRY -> RetryLater(failure)
    Action.SIGN_IN_AGAIN -> SignInRequired(failure)
    Action.ASK_FOR_SCOPE -> ScopeRequired(failure)
    Action.FIX_CALL -> InvalidCall(failure)
    else -> OperatorError(failure)
}

/** An error that arises on this side of the border. */
internal fun ownError(code: ErrorCode, sentence: String, detail: String? = null): LoopException {
    val action = ERROR_ACTIONS[code] ?: Action.CALL_OPERATOR
    return exceptionOf(Failure(code.value, action.value, sentence, detail = detail))
}

/** What an error of the core holds. */
internal fun failureOf(fault: Fault): Failure = when (fault) {
    is Fault.Failed -> Failure(
        code = fault.info.code,
        action = fault.info.action,
        sentence = fault.info.sentence,
        retryAfterMs = fault.info.retryAfterMs?.toLong(),
        status = fault.info.status?.toInt(),
        requestId = fault.info.requestId,
        detail = fault.info.detail,
        reason = fault.info.reason,
        userId = fault.info.userId,
        missingScopes = ArrayList(fault.info.missingScopes),
    )
}

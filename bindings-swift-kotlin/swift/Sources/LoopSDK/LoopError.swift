// The one error of the SDK: the action says what to do, the code says what happened.
import Foundation
internal import LoopNative

/// Any failure of the SDK. Neither its texts nor its printed form hold a token, a secret or a clinical value.
///
/// ```swift
/// do {
///     biomarkers = try await loop.clinical.listBiomarkers()
/// } catch let error as LoopError where error.action == .signInAgain {
///     _ = try await loop.signIn()
/// }
/// ```
///
/// A call whose task is cancelled throws `CancellationError`.
public struct LoopError: LocalizedError, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// What went wrong: a stable name.
    public let code: Code
    /// What to do about it.
    public let action: Action
    /// One sentence.
    public let message: String
    /// Seconds to wait before the next try, where that is known.
    public let retryAfter: TimeInterval?
    /// The HTTP status, where there was an answer.
    public let status: Int?
    /// The platform's id of the request: name it when you ask Loop for help.
    public let requestId: String?
    /// The platform's own code, or the name of the option or scope that this is about.
    public let detail: String?
    /// The sentences of the errors underneath. Of an error that your store or browser threw it has the type's name.
    public let reason: String?
    /// Whose call failed, where it was one person's. It is not printed.
    public let userId: String?
    /// What the call needs and the person has not granted. Ask for it with
    /// ``LoopClient/signInAgain(after:_:timeout:)``.
    public let missingScopes: [String]

    init(_ info: FaultInfo) {
        code = Code(rawValue: info.code)
        action = Action(rawValue: info.action)
        message = info.sentence
        retryAfter = info.retryAfterMs.map { TimeInterval($0) / 1000 }
        status = info.status.map { Int($0) }
        requestId = info.requestId
        detail = info.detail
        reason = info.reason
        userId = info.userId
        missingScopes = info.missingScopes
    }

    /// An error that arises on this side of the bridge.
    init(code: Code, message: String, detail: String? = nil) {
        self.code = code
        self.action = Code.actions[code] ?? .callOperator
        self.message = message
        self.detail = detail
        retryAfter = nil
        status = nil
        requestId = nil
        reason = nil
        userId = nil
        missingScopes = []
    }

    public var errorDescription: String? { message }
    public var failureReason: String? { reason }
    public var description: String { "\(message) (\(code.rawValue))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

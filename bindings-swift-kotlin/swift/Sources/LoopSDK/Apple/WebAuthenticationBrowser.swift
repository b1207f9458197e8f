// Sign-in in the system's browser sheet on Apple devices.
#if canImport(AuthenticationServices) && (os(iOS) || os(macOS))
import AuthenticationServices
import Foundation
#if os(iOS)
import UIKit
#else
import AppKit
#endif

/// Opens the system's sign-in sheet (ASWebAuthenticationSession). It catches redirect URIs with a scheme of the app's
/// own, and from iOS 17.4 and macOS 14.4 on also https links that the app claims.
public struct WebAuthenticationBrowser: Browser {
    private let prefersEphemeral: Bool

    /// - Parameter prefersEphemeral: Whether the sheet shares no cookies with Safari: nobody is signed in already.
    public init(prefersEphemeral: Bool = false) {
        self.prefersEphemeral = prefersEphemeral
    }

    public func open(_ url: URL, redirectUri: String) async throws -> URL? {
        let sheet = await SignInSheet.make()
        return try await withTaskCancellationHandler {
            try await sheet.present(url, redirectUri: redirectUri, prefersEphemeral: prefersEphemeral)
        } onCancel: {
            Task { @MainActor in sheet.cancel() }
        }
    }
}

/// One sheet. The system holds neither the session nor the anchor's provider.
@MainActor
private final class SignInSheet: NSObject, ASWebAuthenticationPresentationContextProviding {
    private var session: ASWebAuthenticationSession?
    private var answer: Answer?
    private var isCancelled = false

    /// NSObject's initializer belongs to no actor.
    static func make() -> SignInSheet { SignInSheet() }

    func present(_ url: URL, redirectUri: String, prefersEphemeral: Bool) async throws -> URL? {
        if isCancelled { throw CancellationError() }
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<URL?, any Error>) in
            let answer = Answer(continuation)
            self.answer = answer
            // The system calls it on a thread of its own choice.
            let finish: @Sendable (URL?, (any Error)?) -> Void = { callback, error in
                if let callback {
                    answer.give(.success(callback))
                } else if let error = error as? ASWebAuthenticationSessionError, error.code == .canceledLogin {
                    answer.give(.success(nil))
                } else {
                    answer.give(.failure(error ?? BrowserError.notStarted))
                }
            }
            guard let session = Self.session(url, redirectUri: redirectUri, finish) else {
                answer.give(.failure(BrowserError.redirectUriUnsupported))
                return
            }
            session.presentationContextProvider = self
            session.prefersEphemeralWebBrowserSession = prefersEphemeral
            self.session = session
            if !session.start() {
                answer.give(.failure(BrowserError.notStarted))
            }
        }
    }

    func cancel() {
        isCancelled = true
        session?.cancel()
        answer?.give(.failure(CancellationError()))
    }

    func presentationAnchor(for session: ASWebAuthenticationSession) -> ASPresentationAnchor {
        #if os(iOS)
        let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
        let active = scenes.first { $0.activationState == .foregroundActive } ?? scenes.first
        return active?.keyWindow ?? ASPresentationAnchor()
        #else
        return NSApplication.shared.keyWindow ?? ASPresentationAnchor()
        #endif
    }

    private static func session(
        _ url: URL,
        redirectUri: String,
        _ finish: @escaping @Sendable (URL?, (any Error)?) -> Void
    ) -> ASWebAuthenticationSession? {
        guard let redirect = URLComponents(string: redirectUri), let scheme = redirect.scheme else { return nil }
        if scheme == "http" { return nil }
        if scheme != "https" {
            return ASWebAuthenticationSession(url: url, callbackURLScheme: scheme, completionHandler: finish)
        }
        guard #available(iOS 17.4, macOS 14.4, *), let host = redirect.host else { return nil }
        let callback = ASWebAuthenticationSession.Callback.https(host: host, path: redirect.path)
        return ASWebAuthenticationSession(url: url, callback: callback, completionHandler: finish)
    }
}

/// A continuation that whoever comes first resumes: the system, or a cancellation.
private final class Answer: @unchecked Sendable {
    private let lock = NSLock()
    private var continuation: CheckedContinuation<URL?, any Error>?

    init(_ continuation: CheckedContinuation<URL?, any Error>) {
        self.continuation = continuation
    }

    func give(_ result: Result<URL?, any Error>) {
        let waiting = lock.withLock {
            let waiting = continuation
            continuation = nil
            return waiting
        }
        waiting?.resume(with: result)
    }
}
#endif

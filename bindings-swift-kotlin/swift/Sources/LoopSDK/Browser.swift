// What a sign-in opens: the protocol, and its wrapping for the core.
import Foundation
internal import LoopNative

/// Opens a URL for the person. ``WebAuthenticationBrowser`` is the one of Apple's systems.
public protocol Browser: Sendable {
    /// The URL that the browser came back to, which begins with `redirectUri`; nil where the person closed it.
    ///
    /// What it throws becomes the error `browser_unavailable`, with the name of the thrown type and not its text.
    func open(_ url: URL, redirectUri: String) async throws -> URL?
}

/// Why a browser can't be opened.
public enum BrowserError: Error, Sendable {
    /// This system can't catch such a redirect URI: https needs iOS 17.4 or macOS 14.4, and http is never caught.
    case redirectUriUnsupported
    /// The system refused to open it.
    case notStarted
}

extension BrowserError: Told {
    var kind: String {
        switch self {
        case .redirectUriUnsupported: return "this system can't catch such a redirect URI"
        case .notStarted: return "the system refused to start it"
        }
    }
}

/// The browser as the core opens it.
final class BrowserAdapter: NativeBrowser {
    private let browser: any Browser

    init(_ browser: any Browser) {
        self.browser = browser
    }

    func open(url: String, redirectUri: String) async throws -> String? {
        guard let address = URL(string: url) else { throw BrowserFault.NotOpened(kind: "no URL") }
        do {
            return try await browser.open(address, redirectUri: redirectUri)?.absoluteString
        } catch {
            throw BrowserFault.NotOpened(kind: kind(of: error))
        }
    }
}

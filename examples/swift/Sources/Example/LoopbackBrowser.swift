// A browser for a command-line app: the person opens the URL, and comes back to a port of this machine (RFC 8252, 7.3).
import Foundation
import LoopSDK

#if canImport(Glibc)
import Glibc
private let streamSocket = Int32(SOCK_STREAM.rawValue)
#else
import Darwin
private let streamSocket = SOCK_STREAM
#endif

struct LoopbackBrowser: Browser {
    func open(_ url: URL, redirectUri: String) async throws -> URL? {
        guard let redirect = URL(string: redirectUri), redirect.scheme == "http", let port = redirect.port else {
            throw BrowserError.redirectUriUnsupported
        }
        let listener = try startListening(on: UInt16(port))
        print("Open this in a browser:\n\(url.absoluteString)")
        // Waiting blocks its thread, so it has one of its own.
        return await withCheckedContinuation { (continuation: CheckedContinuation<URL?, Never>) in
            Thread.detachNewThread {
                defer { _ = close(listener) }
                // A browser may also ask for an icon.
                while let asked = next(listener) {
                    let callback = URL(string: asked, relativeTo: redirect)?.absoluteURL
                    if callback?.path == redirect.path {
                        return continuation.resume(returning: callback)
                    }
                }
                continuation.resume(returning: nil)
            }
        }
    }
}

/// Listens on 127.0.0.1 only.
private func startListening(on port: UInt16) throws -> Int32 {
    let listener = socket(AF_INET, streamSocket, 0)
    var reuse: Int32 = 1
    _ = setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(listener, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard listener >= 0, bound == 0, listen(listener, 4) == 0 else { throw BrowserError.notStarted }
    return listener
}

/// The path and query of the next request; nil where there will be none.
private func next(_ listener: Int32) -> String? {
    let connection = accept(listener, nil, nil)
    guard connection >= 0 else { return nil }
    defer { _ = close(connection) }
    let most = 16_384
    var buffer = [UInt8](repeating: 0, count: most)
    let count = read(connection, &buffer, most)
    let page = "You may close this window."
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(page.count)\r\nConnection: close"
    let answer = "\(head)\r\n\r\n\(page)"
    _ = write(connection, answer, answer.utf8.count)
    let words = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
    return words.count > 1 ? String(words[1]) : ""
}

// A store of the app's own: the protocol that it keeps, and its wrapping for the core.
import Foundation
internal import LoopNative

/// One stored entry.
public struct StoreEntry: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Its key.
    public let key: String
    /// Changes at every write, and never comes again for this key, also after a deletion.
    public let version: String
    /// The record. It holds secrets, unless the client has a `storeKey`.
    public let blob: Data

    /// An entry of a store.
    public init(key: String, version: String, blob: Data) {
        self.key = key
        self.version = version
        self.blob = blob
    }

    public var description: String { "<StoreEntry: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a store throws to say more than that it failed.
public enum TokenStoreError: Error, Sendable {
    /// It can't be opened just now, for instance while the phone is locked: the call fails with `store_busy`, to be
    /// retried.
    case locked
    /// Nobody knows whether the write happened.
    case outcomeUnknown
}

/// A store of your own: compare-and-swap is all that it promises.
///
/// Whatever else a method throws becomes the error `store_unavailable`, with the name of the thrown type and not its
/// text. A method that does not end within the client's `timeout` counts as failed.
public protocol TokenStore: Sendable {
    /// The entry under a key; nil where there is none, or where it has expired.
    func load(key: String) async throws -> StoreEntry?

    /// Writes an entry, if what is there has the `expected` version; nil expects that nothing is there. Look and write
    /// have to be one step, also for other processes.
    ///
    /// Returns the new version, or nil where the entry was not as expected. Throws ``TokenStoreError/outcomeUnknown``
    /// where nobody knows whether the write happened. With `timeToLive`, the entry vanishes after so many seconds.
    func save(key: String, blob: Data, expected: String?, timeToLive: TimeInterval?) async throws -> String?

    /// Removes an entry of exactly this version. False where it is not there, or another.
    func delete(key: String, expected: String) async throws -> Bool

    /// The time by the clock that all users of this store share.
    func now() async throws -> Date

    /// Up to `limit` live entries whose key begins with `prefix` and comes after `after`, in the order of their keys;
    /// nil where the store can't list, as without this method: only `grants()`, `keepAlive()` and a `userId` that is
    /// left out need it.
    func list(prefix: String, after: String?, limit: Int) async throws -> [StoreEntry]?
}

extension TokenStore {
    /// This device's clock.
    public func now() async throws -> Date { Date() }

    /// Nothing: the store can't list.
    public func list(prefix: String, after: String?, limit: Int) async throws -> [StoreEntry]? { nil }
}

/// The store as the core asks it.
final class StoreAdapter: NativeStore {
    private let store: any TokenStore

    init(_ store: any TokenStore) {
        self.store = store
    }

    func load(key: String) async throws -> StoredEntry? {
        do {
            return try await store.load(key: key).map { Self.crossing($0) }
        } catch {
            throw Self.fault(error)
        }
    }

    func save(key: String, blob: Data, expected: String?, ttlMs: UInt64?) async throws -> SaveAnswer {
        let timeToLive = ttlMs.map { TimeInterval($0) / 1000 }
        do {
            let saved = try await store.save(key: key, blob: blob, expected: expected, timeToLive: timeToLive)
            guard let version = saved else { return .conflict }
            // An empty version can't be expected later on: the write may have happened, and is of no use.
            return version.isEmpty ? .unknown : .saved(version: version)
        } catch {
            throw Self.fault(error)
        }
    }

    func delete(key: String, expected: String) async throws -> Bool {
        do {
            return try await store.delete(key: key, expected: expected)
        } catch {
            throw Self.fault(error)
        }
    }

    func now() async throws -> UInt64 {
        do {
            let milliseconds = try await store.now().timeIntervalSince1970 * 1000
            guard milliseconds >= 0, milliseconds < 1e15 else { throw StoreFault.Refused(kind: "a time out of range") }
            return UInt64(milliseconds)
        } catch {
            throw Self.fault(error)
        }
    }

    func list(prefix: String, after: String?, limit: UInt32) async throws -> [StoredEntry]? {
        do {
            let entries = try await store.list(prefix: prefix, after: after, limit: Int(limit))
            return entries.map { $0.map { Self.crossing($0) } }
        } catch {
            throw Self.fault(error)
        }
    }

    private static func crossing(_ entry: StoreEntry) -> StoredEntry {
        StoredEntry(key: entry.key, version: entry.version, blob: entry.blob)
    }

    /// What was thrown may quote what was stored, so its type's name is all that goes on.
    private static func fault(_ error: any Error) -> StoreFault {
        switch error {
        case let fault as StoreFault: return fault
        case let error as TokenStoreError: return error == .locked ? .Locked : .Unexpected
        // A cancelled write may have happened.
        case is CancellationError: return .Unexpected
        default: return .Refused(kind: kind(of: error))
        }
    }
}

/// An error of ours, whose text quotes nothing.
protocol Told: Error {
    var kind: String { get }
}

/// What may be told of an error that was thrown: the name of its type. Its text may quote secrets.
func kind(of error: any Error) -> String {
    (error as? any Told)?.kind ?? String(describing: type(of: error))
}

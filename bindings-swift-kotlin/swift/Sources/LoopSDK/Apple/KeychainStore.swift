// Grants in the keychain of an Apple device.
#if canImport(Security)
import Foundation
import Security

/// Keeps grants in the keychain: readable after the first unlock, on this device only, in no backup.
///
/// It serves one process: compare-and-swap is a lock in it. Give an app extension that shares the access group a client
/// that only reads, or a store of another kind. Entries outlive the app's removal from an iPhone; `revoke` removes
/// them.
///
/// While the phone has not been unlocked since it started, calls fail with `store_busy`: retry later.
public final class KeychainStore: TokenStore, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let service: String
    private let accessGroup: String?

    /// One lock for all stores of the process: two of them may share a service.
    private static let lock = NSLock()

    /// A store under a service name of your own.
    public init(service: String = "health.loop.sdk", accessGroup: String? = nil) {
        self.service = service
        self.accessGroup = accessGroup
    }

    public func load(key: String) async throws -> StoreEntry? {
        try Self.lock.withLock { try live(key) }
    }

    public func save(
        key: String,
        blob: Data,
        expected: String?,
        timeToLive: TimeInterval?
    ) async throws -> String? {
        try Self.lock.withLock {
            // An expired entry is absent, and in the way of a new one.
            let there = try item(key)
            let version = UUID().uuidString
            let ends = timeToLive.map { Date().addingTimeInterval($0) }
            let data = try PropertyListEncoder().encode(Item(version: version, blob: blob, ends: ends))
            guard expected == there?.liveVersion else { return nil }
            if there == nil {
                var query = self.query(key)
                query[kSecAttrAccessible] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
                query[kSecValueData] = data
                let status = SecItemAdd(query as CFDictionary, nil)
                // Another process was faster.
                if status == errSecDuplicateItem { return nil }
                try Self.check(status)
            } else {
                let change: [CFString: Any] = [kSecValueData: data]
                let status = SecItemUpdate(query(key) as CFDictionary, change as CFDictionary)
                // Another process removed it.
                if status == errSecItemNotFound { return nil }
                try Self.check(status)
            }
            return version
        }
    }

    public func delete(key: String, expected: String) async throws -> Bool {
        try Self.lock.withLock {
            guard try item(key)?.liveVersion == expected else { return false }
            let status = SecItemDelete(query(key) as CFDictionary)
            if status == errSecItemNotFound { return false }
            try Self.check(status)
            return true
        }
    }

    public func list(prefix: String, after: String?, limit: Int) async throws -> [StoreEntry]? {
        try Self.lock.withLock {
            var query = self.query(nil)
            query[kSecMatchLimit] = kSecMatchLimitAll
            query[kSecReturnAttributes] = true
            var found: CFTypeRef?
            let status = SecItemCopyMatching(query as CFDictionary, &found)
            if status == errSecItemNotFound { return [] }
            try Self.check(status)
            let items = found as? [[String: Any]] ?? []
            let keys = items.compactMap { $0[kSecAttrAccount as String] as? String }
            var entries: [StoreEntry] = []
            for key in keys.sorted(by: Self.precedes) where key.hasPrefix(prefix) {
                if let after, !Self.precedes(after, key) { continue }
                if entries.count >= limit { break }
                if let entry = try live(key) { entries.append(entry) }
            }
            return entries
        }
    }

    public var description: String { "<KeychainStore>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    private func live(_ key: String) throws -> StoreEntry? {
        guard let item = try item(key), let version = item.liveVersion else { return nil }
        return StoreEntry(key: key, version: version, blob: item.blob)
    }

    private func item(_ key: String) throws -> Item? {
        var query = self.query(key)
        query[kSecMatchLimit] = kSecMatchLimitOne
        query[kSecReturnData] = true
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        if status == errSecItemNotFound { return nil }
        try Self.check(status)
        guard let data = found as? Data else { throw KeychainError.unreadable }
        do {
            return try PropertyListDecoder().decode(Item.self, from: data)
        } catch {
            // A decoder's error may quote the item.
            throw KeychainError.unreadable
        }
    }

    private func query(_ key: String?) -> [CFString: Any] {
        var query: [CFString: Any] = [
            kSecClass: kSecClassGenericPassword,
            kSecAttrService: service,
            kSecAttrSynchronizable: false,
            // Without it macOS uses the old keychain, which knows no accessibility.
            kSecUseDataProtectionKeychain: true,
        ]
        if let key { query[kSecAttrAccount] = key }
        if let accessGroup { query[kSecAttrAccessGroup] = accessGroup }
        return query
    }

    /// The order of bytes, as the core expects it.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func check(_ status: OSStatus) throws {
        switch status {
        case errSecSuccess: return
        case errSecInteractionNotAllowed: throw TokenStoreError.locked
        // macOS, for an app that is not signed with a keychain access group.
        case errSecMissingEntitlement: throw KeychainError.missingEntitlement
        default: throw KeychainError.refused(status)
        }
    }
}

/// Why the keychain did not answer. The status is one of Security.framework's.
public enum KeychainError: Error, Sendable {
    case refused(OSStatus)
    /// The app is not signed with a keychain access group.
    case missingEntitlement
    /// The item was not written by this SDK, or is damaged.
    case unreadable
}

extension KeychainError: Told {
    var kind: String {
        switch self {
        case .refused(let status): return "KeychainError \(status)"
        case .missingEntitlement: return "KeychainError: the app has no keychain access group"
        case .unreadable: return "KeychainError: the item is not readable"
        }
    }
}

/// What one keychain item holds: the version is inside, so that both change in one step.
private struct Item: Codable {
    let version: String
    let blob: Data
    let ends: Date?

    /// Nil where its time is over.
    var liveVersion: String? {
        if let ends, ends <= Date() { return nil }
        return version
    }
}
#endif

// An argument that may be taken away, besides being given or left out.

/// A new value, or `null`, which takes the old one away. What is not given at all stays as it is. It prints without its value.
public enum Nullable<Value: Sendable>: Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The new value.
    case value(Value)
    /// None from now on.
    case null

    public var description: String { "<Nullable: value hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension [String: JSONValue] {
    /// The same with what is to be changed; what is nil is not sent.
    func changing(_ changes: [String: Nullable<String>?]) -> [String: JSONValue] {
        var all = self
        for (name, change) in changes {
            switch change {
            case .some(.value(let text)): all[name] = .string(text)
            case .some(.null): all[name] = .null
            case .none: break
            }
        }
        return all
    }
}

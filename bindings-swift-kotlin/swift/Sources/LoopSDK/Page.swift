// A page of a list: a collection of its records, and the way to the next ones.

/// One page of a list, in the platform's order.
///
/// `for item in page` goes over this page, `for try await item in page.all` over all pages. It prints without its
/// values.
public struct Page<Item: Sendable>: RandomAccessCollection, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The records.
    public let items: [Item]
    /// Leads to the next page; nil on the last one.
    public let nextCursor: String?
    /// How many records all pages have together; nil where the platform does not say.
    public let total: Int64?

    let fetch: (@Sendable (String) async throws -> Page<Item>)?

    init(
        items: [Item],
        nextCursor: String?,
        total: Int64? = nil,
        fetch: (@Sendable (String) async throws -> Page<Item>)? = nil
    ) {
        self.items = items
        self.nextCursor = nextCursor
        self.total = total
        self.fetch = fetch
    }

    /// This page's records and those of all pages after it, fetched as they are needed. A page that leads back to one of
    /// them is the last.
    public var all: AllItems<Item> { AllItems(first: self) }

    public var startIndex: Int { items.startIndex }
    public var endIndex: Int { items.endIndex }

    public subscript(position: Int) -> Item { items[position] }

    public var description: String { "<Page of \(items.count) \(Item.self); values hidden, use .items>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The records of a page and of all pages after it.
public struct AllItems<Item: Sendable>: AsyncSequence, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    public typealias Element = Item

    let first: Page<Item>

    public func makeAsyncIterator() -> Iterator { Iterator(page: first) }

    public var description: String { "<AllItems of \(Item.self); values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// Goes from record to record, and from page to page.
    public struct Iterator: AsyncIteratorProtocol,
        CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
    {
        private var page: Page<Item>
        private var position = 0
        private var seen: Set<String> = []

        init(page: Page<Item>) {
            self.page = page
        }

        public mutating func next() async throws -> Item? {
            while position >= page.items.count {
                guard let cursor = page.nextCursor, let fetch = page.fetch else { return nil }
                guard seen.insert(cursor).inserted else { return nil }
                page = try await fetch(cursor)
                position = 0
            }
            defer { position += 1 }
            return page.items[position]
        }

        public var description: String { "<AllItems.Iterator: values hidden>" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: [:]) }
    }
}

// Lists that come in pages. WebexClient returns them; nothing is asked before the first element is.

/// The elements of a list, page after page as they are wanted.
///
/// Each iteration starts at the first page. The next page's address comes from the `Link` header
/// (RFC 8288) and is checked like any address before the token goes there. Throws `WebexError` or
/// `CancellationError`.
public struct Paged<Element: Sendable & Decodable>: AsyncSequence, Sendable {
  /// What one page said: its elements, and where the next one is.
  struct Page: Sendable {
    var items: [Element]
    var next: String?
  }

  let firstURL: String
  let load: @Sendable (String) async throws -> Page

  public struct AsyncIterator: AsyncIteratorProtocol {
    let load: @Sendable (String) async throws -> Page
    var nextURL: String?
    var visited: Set<String> = []
    var items: ArraySlice<Element> = []

    public mutating func next() async throws -> Element? {
      while items.isEmpty, let url = nextURL {
        // A server that links in a circle would otherwise be read for ever.
        guard visited.insert(url).inserted else {
          throw WebexError(.undecodable, message: "the list's next page is one already read")
        }
        let page = try await load(url)
        items = page.items[...]
        nextURL = page.next
      }
      return items.popFirst()
    }
  }

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(load: load, nextURL: firstURL)
  }

  /// The first elements, at most `limit`; no further page is asked for than needed.
  public func collect(upTo limit: Int) async throws -> [Element] {
    var elements: [Element] = []
    var iterator = makeAsyncIterator()
    while elements.count < limit, let element = try await iterator.next() {
      elements.append(element)
    }
    return elements
  }
}

// Finding a list's next page. Webex names it in `Link`; sometimes the address has lost parameters.

import CurlHTTP
import FoundationEssentials
import HTTPTypes

extension WebexClient {
  /// A list below the base URL. Parameters without a value are left out.
  func paged<Element: Sendable & Decodable>(
    _ path: String, _ query: [(String, String?)], priority: CallPriority = .ordinary,
    of type: Element.Type = Element.self
  ) -> Paged<Element> {
    let items = query.compactMap { name, value in
      value.map { "\(name)=\(Self.pathSegment($0))" }
    }
    let url = baseURL + path + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    return Paged(firstURL: url) { [self] pageURL in
      guard let answer = try await perform(Call(.get, absolute: pageURL, priority: priority))
      else {
        return .init(items: [], next: nil)
      }
      let list: Items<Element> = try decode(answer, of: .get)
      let next = answer.response.headerFields[.link].flatMap(NextPage.target(ofLink:))
        .map { NextPage.url(target: $0, from: pageURL, first: url) }
      return .init(items: list.items, next: next)
    }
  }

  /// Percent-encodes everything but RFC 3986's unreserved characters. Never empty: a call on one
  /// thing must not become a call on the collection.
  static func pathSegment(_ text: String) -> String {
    guard !text.isEmpty else { return "-" }
    let hex = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { encoded, byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        encoded.append(Character(Unicode.Scalar(byte)))
      default:
        encoded += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
      }
    }
  }
}

/// `{"items": […]}`; an element that cannot be read is left out.
private struct Items<Element: Decodable>: Decodable {
  let items: [Element]
  private enum CodingKeys: CodingKey { case items }

  init(from decoder: any Decoder) throws {
    items = try decoder.container(keyedBy: CodingKeys.self).lenientArray(.items)
  }
}

/// The rules of `Link`, pure.
enum NextPage {
  /// What Webex has been seen to drop from the next address, or to write as `null`
  /// (webexpythonsdk, `_fix_next_url`).
  static let fragileParameters: Set<String> = [
    "max", "roomId", "parentId", "mentionedPeople", "before", "beforeMessage",
  ]

  /// The target of the first link whose relation is `next` (RFC 8288 §3). A link with an anchor is
  /// about something else.
  static func target(ofLink header: String) -> String? {
    for link in HeaderParameters.split(header, at: ",") {
      let link = link.trimmingCharacters(where: \.isWhitespace)
      guard link.hasPrefix("<"), let end = link.firstIndex(of: ">") else { continue }
      let parameters = HeaderParameters(link)
      let relations = parameters["rel"]?.lowercased().split(whereSeparator: \.isWhitespace) ?? []
      guard relations.contains("next"), parameters["anchor"] == nil else { continue }
      let target = link[link.index(after: link.startIndex)..<end]
      return target.isEmpty ? nil : String(target)
    }
    return nil
  }

  /// The next page's absolute address: the target as it is, except for parameters of the list's
  /// first address that went missing.
  static func url(target: String, from pageURL: String, first firstURL: String) -> String {
    let absolute = resolve(target, against: pageURL)
    let (path, query) = cut(absolute)
    let wanted = items(cut(firstURL).query).filter { fragileParameters.contains($0.name) }
    var kept = items(query).filter {
      !(fragileParameters.contains($0.name) && ($0.value == "null" || $0.value.isEmpty))
    }
    for item in wanted where !kept.contains(where: { $0.name == item.name }) { kept.append(item) }
    guard !kept.isEmpty else { return path }
    return path + "?" + kept.map(\.text).joined(separator: "&")
  }

  private struct Item {
    let name: String
    let value: String
    /// As it stood, so that nothing is encoded twice.
    let text: String
  }

  private static func items(_ query: String) -> [Item] {
    query.split(separator: "&").map { item in
      let name = item.prefix { $0 != "=" }
      return Item(
        name: String(name), value: String(item.dropFirst(name.count + 1)), text: String(item))
    }
  }

  /// Without the fragment.
  private static func cut(_ url: String) -> (path: String, query: String) {
    let url = url.prefix { $0 != "#" }
    let path = url.prefix { $0 != "?" }
    return (String(path), String(url.dropFirst(path.count + 1)))
  }

  /// RFC 3986 §5.2 for the references that occur; Webex sends absolute ones.
  private static func resolve(_ target: String, against base: String) -> String {
    guard let separator = base.range(ofASCII: "://") else { return target }
    let scheme = base[..<separator.lowerBound]
    let origin =
      base[..<separator.upperBound]
      + base[separator.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if target.prefix(while: { $0 != "/" && $0 != "?" && $0 != "#" }).contains(":") { return target }
    if target.hasPrefix("//") { return "\(scheme):\(target)" }
    if target.hasPrefix("/") { return origin + target }
    let path = cut(base).path
    if target.hasPrefix("?") { return path + target }
    guard path.count > origin.count, let slash = path.lastIndex(of: "/") else {
      return origin + "/" + target
    }
    return path[...slash] + target
  }
}

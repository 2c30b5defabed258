// The parts of `http:` in which a value could do harm: address, headers, credentials, body.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import WebexAPI
import Yams

extension CommandTemplates {
  /// Scheme and authority come from the file and the environment alone.
  func readAddress(_ own: NodeFields) -> (origin: String, target: TemplateText)? {
    guard let node = own.node("url"), let written = text(node, "url") else {
      reading.note("\"http\" needs a \"url\"", at: own.root)
      return nil
    }
    let (front, rest) = Self.split(written)
    guard TemplateTag.all(in: front).isEmpty, !front.contains("{{") else {
      reading.note("the host of a URL must not come from {{…}}", at: node)
      return nil
    }
    guard rest.isEmpty || "/?#".contains(rest.first ?? "/") else {
      reading.note("the host of a URL must end with / before anything else", at: node)
      return nil
    }
    let problems = reading.problems.count
    var base = substituted(front, node, .address)
    guard reading.problems.count == problems else { return nil }
    while base.hasSuffix("/") { base.removeLast() }
    let request: HTTPRequest
    do {
      request = try HTTPRequest(method: .get, url: base)
    } catch {
      reading.note("the URL cannot be used: \(error.message)", at: node)
      return nil
    }
    guard base.lowercased().hasPrefix("http"), let scheme = request.scheme,
      let authority = request.authority
    else {
      reading.note("a URL begins with https:// or http://", at: node)
      return nil
    }
    let path = request.path == "/" ? "" : request.path ?? ""
    let tail = substituted(rest, node, .secret) { value in
      TemplateDestination.url.escaped(TemplateDestination.percentEncoded(value))
    }
    let target = path + (tail.hasPrefix("/") ? tail : path.isEmpty ? "/" + tail : tail)
    return template(target, node, "url", for: .url, roots: Self.requestRoots)
      .map { ("\(scheme)://\(authority)", $0) }
  }

  /// The part with scheme and authority, and the rest.
  private static func split(_ url: String) -> (front: String, rest: String) {
    var start = url.startIndex
    if url.hasPrefix("${"), let close = url.firstIndex(of: "}") {
      // The variable holds a whole base URL, with a path perhaps.
      let end = url.index(after: close)
      if !url[end...].hasPrefix("://") { return (String(url[..<end]), String(url[end...])) }
    }
    if let scheme = url.firstRange(of: "://") { start = scheme.upperBound }
    let end = url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex
    return (String(url[..<end]), String(url[end...]))
  }

  private static let forbiddenHeaders: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade",
    "expect", "proxy-authorization", "proxy-connection",
  ]

  func readHeaders(_ own: NodeFields) -> [(name: HTTPField.Name, value: TemplateText)] {
    own.pairs("headers").compactMap { name, node in
      guard let field = HTTPField.Name(name), !Self.forbiddenHeaders.contains(name.lowercased())
      else {
        reading.note("\"\(name)\" is not a header that can be set", at: node)
        return nil
      }
      return request(node, name).map { (name: field, value: $0) }
    }
  }

  func readBasicAuth(_ own: NodeFields) -> String? {
    guard let node = own.node("basic_auth"),
      let pair = NodeFields(node, "basic_auth", keys: ["user", "password"], reading)
    else { return nil }
    guard let user = pair.node("user"), let password = pair.node("password"),
      let userText = text(user, "user"), let passwordText = text(password, "password")
    else {
      reading.note("\"basic_auth\" needs a user and a password", at: node)
      return nil
    }
    if own.pairs("headers").contains(where: { $0.name.lowercased() == "authorization" }) {
      reading.note("a command has \"basic_auth\" or an Authorization header, not both", at: node)
    }
    let joined =
      substituted(userText, user, .address) + ":" + substituted(passwordText, password, .secret)
    let encoded = Data(joined.utf8).base64EncodedString()
    hide(encoded)
    return "Basic \(encoded)"
  }

  func readBody(_ own: NodeFields, _ method: HTTPRequest.Method?) -> HTTPAction.Body {
    let fields = own.node("fields")
    guard let node = own.node("body") ?? fields else { return .none }
    if method == .get || method == .head {
      reading.note("a \(method?.rawValue ?? "GET") request has no body", at: node)
    }
    if let fields, own.node("body") != nil {
      reading.note("a command has \"body\" or \"fields\", not both", at: fields)
    }
    guard own.node("body") != nil else {
      return .fields(
        own.pairs("fields").compactMap { name, node in
          request(node, name).map { (name: name, value: $0) }
        })
    }
    if node.scalar != nil {
      return request(node, "body", for: .json).map { .json($0) } ?? .none
    }
    return tree(node, TreeRole(what: "body", isCard: false, roots: Self.requestRoots))
      .map { .tree($0) } ?? .none
  }
}

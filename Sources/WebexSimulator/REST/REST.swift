// `/v1`: the public REST API as a bot and its people use it. One file per resource.

extension Cloud {
  func rest(_ request: Request) async -> Response {
    await answer(request) { person in
      let call = RESTCall(cloud: self, request: request, person: person)
      return try call.respond()
    }
  }
}

/// One authenticated request.
struct RESTCall: Sendable {
  let cloud: Cloud
  let request: Request
  let person: Person

  func respond() throws(WebexFailure) -> Response {
    let segments = Array(request.segments.dropFirst())
    switch segments.first {
    case "people": return try people(Array(segments.dropFirst()))
    case "messages": return try messages(Array(segments.dropFirst()))
    case "rooms": return try rooms(Array(segments.dropFirst()))
    case "memberships": return try memberships(Array(segments.dropFirst()))
    case "attachment" where segments.dropFirst().first == "actions":
      return try attachmentActions(Array(segments.dropFirst(2)))
    case "contents": return try contents(Array(segments.dropFirst()))
    // Bots look for these at their start; nobody here has any.
    case "webhooks" where segments.count == 1 && request.method == "GET",
      "teams" where segments.count == 1 && request.method == "GET":
      return .json(["items": []])
    default: throw .notFound
    }
  }

  /// The body as a JSON object.
  func object() throws(WebexFailure) -> JSON {
    if let type = request.mediaType, type != "application/json" {
      throw WebexFailure(415, "Content type '\(type)' not supported")
    }
    guard let body = JSON(parsing: request.body), body.members != nil else { throw .badJSON }
    return body
  }

  /// `max`, clamped to what Webex allows.
  func limit(default standard: Int, upTo maximum: Int) throws(WebexFailure) -> Int {
    // SDKs send `max=null` back from next links.
    guard let text = request.query("max"), text != "null", !text.isEmpty else { return standard }
    guard let value = Int(text), value > 0 else {
      throw WebexFailure(400, "The parameter 'max' must be a positive number.")
    }
    return min(value, maximum)
  }

  /// A page of `items`, with RFC 5988 `Link` if there are more. `cursor` continues after an item.
  func page(_ items: [JSON], isLast: Bool, cursor: (name: String, value: String)?) -> Response {
    var response = Response.json(["items": .array(items)])
    if !isLast, let cursor {
      var query = request.query.filter { $0.name != cursor.name && $0.value != "null" }
      query.append(cursor)
      let text = query.map {
        "\(HTTPParser.percentEncoded($0.name))=\(HTTPParser.percentEncoded($0.value))"
      }
      response.headers["Link"] =
        "<\(cloud.baseURL)\(request.path)?\(text.joined(separator: "&"))>; rel=\"next\""
    }
    return response
  }

  /// Pages through a whole list by the id of the last item shown.
  func page(_ all: [(key: String, json: JSON)], default standard: Int, upTo maximum: Int)
    throws(WebexFailure) -> Response
  {
    let count = try limit(default: standard, upTo: maximum)
    var rest = all[...]
    if let after = request.query("cursor") {
      rest = (all.firstIndex { $0.key == after }).map { all[($0 + 1)...] } ?? []
    }
    let shown = rest.prefix(count)
    return page(
      shown.map(\.json), isLast: shown.count == rest.count,
      cursor: shown.last.map { ("cursor", $0.key) })
  }
}

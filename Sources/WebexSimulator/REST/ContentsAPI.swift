// `/v1/contents` with the states of the malware scan, and `/v1/attachment/actions`.

extension RESTCall {
  /// GET and HEAD. Scanning: 423 with `Retry-After`; infected: 410; unscannable: 428, unless
  /// `allow=unscannable` (Webex's content states, as the SDKs document them).
  func contents(_ path: [String]) throws(WebexFailure) -> Response {
    guard path.count == 1 else { throw .notFound }
    guard request.method == "GET" || request.method == "HEAD" else { throw .methodNotAllowed }
    let scan = cloud.faults.fileScan
    let content = try cloud.change { (state) throws(WebexFailure) -> (Content, [Happening]) in
      guard case .key(let key) = state.lookup(path[0], .content), var content = state.contents[key],
        let message = state.messages[String(key.prefix { $0 != "/" })],
        state.isVisible(message, to: person)
      else { throw .noContent }
      content.scansAnswered += 1
      state.contents[key] = content
      return (content, [])
    }
    if scan.applies(to: content.filename) {
      switch scan.state {
      case .infected: throw WebexFailure(410, "File is infected and unavailable")
      case .unscannable where request.query("allow") != "unscannable":
        throw WebexFailure(428, "File could not be scanned; use allow=unscannable")
      case .scanning where content.scansAnswered <= scan.times:
        throw WebexFailure(
          423, "File is being scanned for malware", headers: ["Retry-After": "\(scan.retryAfter)"])
      default: break
      }
    }
    var response = Response(status: 200, body: .bytes(content.bytes))
    response.headers["Content-Type"] = content.contentType
    let plain = content.filename.unicodeScalars.map { scalar in
      scalar.isASCII && scalar.value >= 32 && scalar != "\"" && scalar != "\\"
        ? Character(scalar) : "_"
    }
    response.headers["Content-Disposition"] =
      "attachment; filename=\"\(String(plain))\"; filename*=UTF-8''"
      + HTTPParser.percentEncoded(content.filename)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
  }

  func attachmentActions(_ path: [String]) throws(WebexFailure) -> Response {
    switch (request.method, path.count) {
    case ("POST", 0):
      let body = try object()
      guard body["type"]?.string == "submit" else {
        throw WebexFailure(400, "The type of an attachment action must be 'submit'.")
      }
      guard let messageID = body["messageId"]?.text else { throw .missing("messageId") }
      let inputs = body["inputs"] ?? [:]
      guard inputs.members != nil else { throw WebexFailure(400, "'inputs' must be an object.") }
      let action = try cloud.change { (state) throws(WebexFailure) in
        try state.press(messageID, inputs: inputs, by: person)
      }
      return .json(cloud.read { $0.json(action) }, status: 202)
    case ("GET", 1):
      return .json(
        try cloud.read { (state) throws(WebexFailure) in
          guard case .key(let key) = state.lookup(path[0], .attachmentAction) else { throw .badID }
          guard let action = state.actions[key],
            action.personUUID == person.uuid
              || state.messages[action.messageUUID].map({ state.isVisible($0, to: person) }) == true
          else { throw .noAction }
          return state.json(action)
        })
    case (_, 0...1): throw .methodNotAllowed
    default: throw .notFound
    }
  }
}

// `/sim`: the control API of tests and of the page. JSON in, JSON out; errors are
// `{"error": sentence}` with 400 or 404.

extension Cloud {
  func control(_ request: Request) async -> Response {
    do {
      return try await controlAnswer(request)
    } catch let error as SimulatorError {
      let status = error.code == .notFound ? 404 : 400
      return .json(["error": .string(error.message)], status: status)
    } catch let failure as WebexFailure {
      return .json(["error": .string(failure.message)], status: failure.status)
    } catch {
      return .json(["error": "The request failed."], status: 500)
    }
  }

  private func controlAnswer(_ request: Request) async throws -> Response {
    let path = request.segments.dropFirst().joined(separator: "/")
    switch (request.method, path) {
    case ("GET", "state"): return .json(stateJSON)
    case ("GET", "events"): return try eventStream(request)
    case ("POST", "people"): return .json(try addPerson(try body(request)))
    case ("POST", "rooms"): return .json(try addRoom(try body(request)))
    case ("GET", "record"): return .json(record.json(deliveries: mercury.deliveriesJSON))
    case ("DELETE", "record"):
      clearRecord()
      return .noContent
    case ("GET", "messages"):
      return .json(["messages": try messagesJSON(roomID: request.query("roomId"))])
    case ("GET", "faults"): return .json(faults.json)
    case ("POST", "faults"):
      try faults.set(try body(request))
      return .json(faults.json)
    case ("DELETE", "faults"):
      faults.clear()
      return .noContent
    case ("GET", "mercury"): return .json(mercury.json)
    case ("POST", "mercury"):
      let count = try mercury.command(try body(request))
      return .json(["sockets": .int(count)])
    case ("POST", "activity"):
      try inject(try body(request))
      return .json(["ok": true])
    case ("GET", "devices"): return .json(["devices": .array(mercury.allDevicesJSON)])
    case ("DELETE", "devices"):
      mercury.removeAllDevices()
      return .noContent
    case ("DELETE", _) where path.hasPrefix("devices/"):
      guard mercury.removeDevice(named: String(path.dropFirst("devices/".count))) else {
        throw SimulatorError(.notFound, "There is no such device.")
      }
      return .noContent
    case ("GET", "clock"): return .json(["now": .string(clock.now.iso)])
    case ("POST", "clock"): return .json(try setClock(try body(request)))
    case ("POST", "tokens"): return .json(try setToken(try body(request)))
    case ("POST", "model"):
      let body = try body(request)
      guard body["script"] != nil || body["models"] != nil else {
        throw SimulatorError(.badConfiguration, "The body needs a 'script' or 'models'.")
      }
      if let script = body["script"] { try model.setDefault(script) }
      if let models = body["models"] { try model.setCatalog(models) }
      return .json(["script": model.defaultJSON])
    case ("DELETE", "model"):
      model.reset()
      return .noContent
    case ("GET", "model/requests"): return .json(["requests": model.requestsJSON])
    case ("DELETE", "model/requests"):
      model.clearRequests()
      return .noContent
    default: throw SimulatorError(.notFound, "There is no \(request.method) /sim/\(path).")
    }
  }

  private func body(_ request: Request) throws(SimulatorError) -> JSON {
    guard let json = JSON(parsing: request.body), json.members != nil else {
      throw SimulatorError(.badConfiguration, "The body must be a JSON object.")
    }
    return json
  }

  /// `{"offsetMs"}`: the cloud's time from now on, measured from the machine's.
  func setClock(_ json: JSON) throws(SimulatorError) -> JSON {
    try Faults.check(json, "clock", keys: ["offsetMs"])
    guard let offset = json["offsetMs"]?.int else {
      throw SimulatorError(.badConfiguration, "The clock needs 'offsetMs'.")
    }
    change { state in
      state.setClock(offsetMilliseconds: offset)
      return ((), [])
    }
    return ["now": .string(clock.now.iso)]
  }

  /// `{"token", "revoked", "closeSockets"?}`, or `{"token", "email"}`: one more token of a person.
  func setToken(_ json: JSON) throws(SimulatorError) -> JSON {
    try Faults.check(json, "tokens", keys: ["token", "revoked", "closeSockets", "email"])
    guard let token = json["token"]?.text else {
      throw SimulatorError(.badConfiguration, "'token' is missing.")
    }
    if let email = json["email"]?.text {
      try change { (state) throws(SimulatorError) -> (Void, [Happening]) in
        guard let person = state.person(email: email) else {
          throw SimulatorError(.notFound, "There is no person '\(email)'.")
        }
        try state.addToken(token, of: person)
        return ((), [])
      }
      return ["token": .string(token)]
    }
    guard let isRevoked = json["revoked"]?.bool else {
      throw SimulatorError(.badConfiguration, "Tokens need 'revoked' or 'email'.")
    }
    let owner = change { state in (state.setToken(token, isRevoked: isRevoked), []) }
    guard let owner else { throw SimulatorError(.notFound, "The token belongs to nobody.") }
    if isRevoked, json["closeSockets"]?.bool == true {
      mercury.closeSockets(of: owner, code: 1008, reason: "authentication failed")
    }
    return ["revoked": .bool(isRevoked)]
  }

  var stateJSON: JSON {
    read { state in
      .compact([
        "people": .array(state.allPeople.map { state.controlJSON($0) }),
        "rooms": .array(
          state.roomOrder.compactMap { state.rooms[$0] }.map { state.controlJSON($0) }),
        "bot": state.bot.map { state.controlJSON($0) },
        "region": .string(state.cluster), "model": state.answeringModel.map(JSON.string),
        "limits": [
          "messageBytes": .int(WebexLimits.messageBytes), "edits": .int(WebexLimits.edits),
        ],
      ])
    }
  }

  func clearRecord() {
    record.clear()
    history.clear()
    mercury.clearDeliveries()
  }

  /// - Parameter roomID: a REST id; nil for all rooms.
  func messagesJSON(roomID: String?) throws(SimulatorError) -> JSON {
    try read { (state) throws(SimulatorError) -> JSON in
      guard let roomID else { return history.json(roomUUID: nil, in: state) }
      guard case .key(let uuid) = state.lookup(roomID, .room) else {
        throw SimulatorError(.notFound, "There is no room '\(roomID.prefix(100))'.")
      }
      return history.json(roomUUID: uuid, in: state)
    }
  }

  func setAnsweringModel(_ name: String) {
    change { state in
      state.answeringModel = name
      return ((), [])
    }
  }

  func addPerson(_ json: JSON) throws(SimulatorError) -> JSON {
    guard let email = json["email"]?.text, let name = json["displayName"]?.text else {
      throw SimulatorError(.badConfiguration, "A person needs 'email' and 'displayName'.")
    }
    return try change { (state) throws(SimulatorError) -> (JSON, [Happening]) in
      let person = try state.addPerson(
        email: email, displayName: name, isBot: json["type"]?.string == "bot",
        token: json["token"]?.text ?? "sim-\(RawID.random())", now: state.tick())
      return (state.controlJSON(person), [])
    }
  }

  func addRoom(_ json: JSON) throws(SimulatorError) -> JSON {
    let isDirect = json["type"]?.string == "direct"
    let emails = json["members"]?.array?.compactMap(\.string) ?? []
    guard isDirect ? emails.count == 2 : !emails.isEmpty, isDirect || json["title"]?.text != nil
    else {
      throw SimulatorError(
        .badConfiguration, "A group needs 'title' and 'members', a direct room two 'members'.")
    }
    return try change { (state) throws(SimulatorError) -> (JSON, [Happening]) in
      var members: [String] = []
      for email in emails {
        guard let person = state.person(email: email) else {
          throw SimulatorError(.notFound, "There is no person '\(email)'.")
        }
        members.append(person.uuid)
      }
      if isDirect, let room = state.directRoom(of: members[0], and: members[1]) {
        return (state.controlJSON(room), [])
      }
      let (room, happenings) = state.addRoom(
        title: json["title"]?.text ?? "", isDirect: isDirect, members: members)
      return (state.controlJSON(room), happenings)
    }
  }

  private func eventStream(_ request: Request) throws(SimulatorError) -> Response {
    let token = request.query("token") ?? request.bearerToken ?? ""
    guard let person = read({ $0.person(token: token) }) else {
      throw SimulatorError(.notFound, "The token belongs to nobody.")
    }
    let stream = events.subscribe(person.uuid)
    return Response(
      status: 200,
      headers: ["Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"],
      body: .stream { writer in
        try await writer.write("retry: 1000\n: connected\n\n")
        // A comment every 15 s keeps proxies and the reader's watchdog quiet.
        let (merged, continuation) = AsyncStream.makeStream(
          of: String.self, bufferingPolicy: .bufferingOldest(EventStreams.maximumBacklog))
        let feed = Task {
          for await frame in stream {
            if case .dropped = continuation.yield(frame) { break }
          }
          continuation.finish()
        }
        let heartbeat = Task {
          while (try? await Task.sleep(for: .seconds(15))) != nil {
            continuation.yield(": alive\n\n")
          }
        }
        defer {
          feed.cancel()
          heartbeat.cancel()
        }
        for await frame in merged { try await writer.write(frame) }
        try Task.checkCancellation()
      })
  }
}

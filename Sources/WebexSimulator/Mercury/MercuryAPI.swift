// The upgrade request of a Mercury socket, and injected activities of `POST /sim/activity`.

extension Cloud {
  func mercuryUpgrade(_ request: Request, registration: String) -> Response {
    let trackingID = Self.trackingID()
    if let handshake = faults.takeHandshake() {
      var headers: Headers = [:]
      if let retryAfter = handshake.retryAfter { headers["Retry-After"] = String(retryAfter) }
      return WebexFailure(handshake.status, "Simulated handshake failure", headers: headers)
        .response(trackingID: trackingID)
    }
    let isAliased = request.query("aliasHttpStatus") == "true"
    func refuse(_ failure: WebexFailure) -> Response {
      guard isAliased, faults.mercury.aliasCloses else {
        return failure.response(trackingID: trackingID)
      }
      return Response(
        status: 101,
        body: .webSocket { socket in
          try? await socket.send(.close(code: 4000 + failure.status, reason: failure.message))
          _ = try? await socket.receive()
        })
    }
    guard
      let (device, id) = mercury.open(
        registration: registration, expireAfter: faults.wdm.expireAfter)
    else { return refuse(.notFound) }
    let owns: @Sendable (String) -> Bool = { [weak self] token in
      self?.read { $0.person(token: token)?.uuid } == device.ownerUUID
    }
    // The header is optional, but if it is there, it must be right.
    let token = request.bearerToken
    if let token, !owns(token) { return refuse(.unauthorized) }
    let owner = read { $0.people[device.ownerUUID]?.email ?? "" }
    let session = MercurySession(
      id: id, device: device, request: request, hub: mercury, faults: faults, tokenIsValid: owns)
    let query = request.target.split(separator: "?").dropFirst().joined(separator: "?")
    return Response(
      status: 101,
      body: .webSocket { socket in
        await session.run(socket, query: query, owner: owner, isHeaderValid: token != nil)
      })
  }

  /// `{"kind":"typing"|"acknowledge"|"reaction"|"kms"|"activity", "room", "person", "message",
  /// "verb", "object"}`: frames that a bot must survive without understanding them.
  func inject(_ json: JSON) throws(SimulatorError) {
    let kind = json["kind"]?.string ?? "activity"
    if kind == "kms" {
      return mercury.broadcast(
        [
          "eventType": "encryption.kms_message",
          "encryption": ["kmsMessages": [.string(OpaqueText.jwe("kms"))]],
        ], to: read { $0.peopleOrder })
    }
    let (activity, event, members) = try read {
      (state) throws(SimulatorError) -> (Activity?, JSON?, [String]) in
      guard let roomID = json["room"]?.string, case .key(let key) = state.lookup(roomID, .room),
        let room = state.rooms[key]
      else { throw SimulatorError(.notFound, "'room' names no room.") }
      guard let email = json["person"]?.string, let person = state.person(email: email) else {
        throw SimulatorError(.notFound, "'person' names no person.")
      }
      let members = room.members.map(\.personUUID).filter { $0 != person.uuid }
      let message: Message? =
        if let id = json["message"]?.string, case .key(let key) = state.lookup(id, .message) {
          state.messages[key]
        } else { nil }
      func make(_ verb: String, _ object: JSON, _ parent: JSON? = nil) -> Activity {
        mercury.activities.make(
          verb: verb, actor: person.uuid, object: object, room: room, parent: parent, in: state)
      }
      switch kind {
      case "typing":
        return (
          nil,
          [
            "eventType": .string(json["event"]?.string ?? "status.start_typing"),
            "actor": mercury.activities.person(person.uuid, in: state),
            "conversationId": .string(room.uuid),
          ], members
        )
      case "acknowledge":
        let uuid = message?.uuid ?? room.messageUUIDs.last ?? RawID.random()
        return (
          make(
            "acknowledge",
            [
              "id": .string(uuid), "objectType": "activity",
              "url": .string(mercury.activities.activityURL(uuid)),
              "published": .string(clock.now.iso),
            ]), nil, members
        )
      case "reaction":
        guard let message else { throw SimulatorError(.notFound, "'message' names no message.") }
        return (
          make(
            json["verb"]?.string ?? "add",
            [
              "objectType": "reaction2", "displayName": .string(OpaqueText.jwe("celebrate")),
              "hmac": .string(OpaqueText.jwe("").suffix(22).description),
            ], mercury.activities.parent(message, type: "reaction")), nil, members
        )
      case "activity":
        guard let verb = json["verb"]?.string else {
          throw SimulatorError(.badConfiguration, "An activity needs a 'verb'.")
        }
        return (make(verb, json["object"] ?? ["objectType": "unknown"]), nil, members)
      default:
        throw SimulatorError(
          .badConfiguration, "'kind' is typing, acknowledge, reaction, kms or activity.")
      }
    }
    if let activity { mercury.publish(activity) }
    if let event { mercury.broadcast(event, to: members) }
  }
}

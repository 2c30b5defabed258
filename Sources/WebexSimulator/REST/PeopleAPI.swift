// `/v1/people`, `/v1/rooms` and `/v1/memberships`.

extension RESTCall {
  // MARK: - People

  func people(_ path: [String]) throws(WebexFailure) -> Response {
    guard request.method == "GET" else { throw .methodNotAllowed }
    switch path.count {
    case 0:
      let email = request.query("email")?.lowercased()
      let name = request.query("displayName")?.lowercased()
      let ids = request.query("id")?.split(separator: ",").map(String.init)
      guard email != nil || name != nil || ids != nil else {
        throw WebexFailure(400, "Email, displayName, or id list should be specified.")
      }
      let found = try cloud.read { (state) throws(WebexFailure) -> [(key: String, json: JSON)] in
        var wanted: Set<String>?
        if let ids {
          wanted = []
          for id in ids { wanted?.insert(try state.person(id).uuid) }
        }
        return state.allPeople.filter { candidate in
          (email == nil || candidate.email.lowercased() == email)
            && (name == nil || candidate.displayName.lowercased().hasPrefix(name ?? ""))
            && (wanted?.contains(candidate.uuid) ?? true)
        }.map { (key: $0.uuid, json: state.json($0)) }
      }
      return try page(found, default: 100, upTo: 1000)
    case 1:
      let found =
        path[0] == "me"
        ? person : try cloud.read { (state) throws(WebexFailure) in try state.person(path[0]) }
      return .json(cloud.read { $0.json(found) })
    default: throw .notFound
    }
  }

  // MARK: - Rooms

  func rooms(_ path: [String]) throws(WebexFailure) -> Response {
    switch (request.method, path.count) {
    case ("GET", 0): return try listRooms()
    case ("POST", 0):
      guard let title = try object()["title"]?.text else { throw .missing("title") }
      return room(
        cloud.change { $0.addRoom(title: title, isDirect: false, members: [person.uuid]) })
    case ("GET", 1): return room(try find(path[0]))
    case ("PUT", 1):
      let body = try object()
      let found = try find(path[0])
      guard body["title"]?.text != nil || body["isLocked"]?.bool != nil else {
        throw .missing("title")
      }
      return room(
        try cloud.change { (state) throws(WebexFailure) in
          try state.update(
            found, title: body["title"]?.text, isLocked: body["isLocked"]?.bool, by: person)
        })
    case ("DELETE", 1):
      let found = try find(path[0])
      try cloud.change { (state) throws(WebexFailure) in ((), try state.remove(found, by: person)) }
      return .noContent
    case (_, 0...1): throw .methodNotAllowed
    default: throw .notFound
    }
  }

  private func find(_ id: String) throws(WebexFailure) -> Room {
    try cloud.read { (state) throws(WebexFailure) in try state.room(id, for: person) }
  }

  private func room(_ room: Room) -> Response {
    .json(cloud.read { $0.json(room, for: person) })
  }

  private func listRooms() throws(WebexFailure) -> Response {
    let type = request.query("type")
    let sort = request.query("sortBy") ?? "id"
    guard type == nil || type == "direct" || type == "group",
      ["id", "lastactivity", "created"].contains(sort)
    else { throw WebexFailure(400, "Unknown value of 'type' or 'sortBy'.") }
    let found = cloud.read { state in
      var rooms = state.rooms(of: person.uuid).filter {
        type == nil || $0.isDirect == (type == "direct")
      }
      switch sort {
      case "lastactivity": rooms.sort { $0.lastActivity > $1.lastActivity }
      case "created": rooms.sort { $0.created > $1.created }
      default: rooms.sort { $0.uuid < $1.uuid }
      }
      return rooms.map { (key: $0.uuid, json: state.json($0, for: person)) }
    }
    return try page(found, default: 100, upTo: 1000)
  }

  // MARK: - Memberships

  func memberships(_ path: [String]) throws(WebexFailure) -> Response {
    switch (request.method, path.count) {
    case ("GET", 0): return try listMemberships()
    case ("POST", 0): return try addMembership()
    case ("GET", 1):
      let (room, member) = try membership(path[0])
      return .json(cloud.read { $0.json(member, of: room) })
    case ("PUT", 1):
      guard let isModerator = try object()["isModerator"]?.bool else {
        throw .missing("isModerator")
      }
      let (room, member) = try membership(path[0])
      let changed = try cloud.change { (state) throws(WebexFailure) in
        try state.setModerator(isModerator, member.personUUID, in: room, by: person)
      }
      return try show(member.personUUID, of: changed)
    case ("DELETE", 1):
      let (room, member) = try membership(path[0])
      try cloud.change { (state) throws(WebexFailure) in
        ((), try state.removeMember(member.personUUID, from: room, by: person))
      }
      return .noContent
    case (_, 0...1): throw .methodNotAllowed
    default: throw .notFound
    }
  }

  private func show(_ personUUID: String, of room: Room) throws(WebexFailure) -> Response {
    guard let member = room.members.first(where: { $0.personUUID == personUUID }) else {
      throw .noMembership
    }
    return .json(cloud.read { $0.json(member, of: room) })
  }

  private func addMembership() throws(WebexFailure) -> Response {
    let body = try object()
    guard let roomID = body["roomId"]?.text else { throw .missing("roomId") }
    let (id, email) = (body["personId"]?.text, body["personEmail"]?.text)
    guard (id == nil) != (email == nil) else {
      throw WebexFailure(400, "Exactly one of personId or personEmail is required.")
    }
    let isModerator = body["isModerator"]?.bool ?? false
    let (room, added) = try cloud.change {
      (state) throws(WebexFailure) -> ((Room, String), [Happening]) in
      let room = try state.room(roomID, for: person)
      let found: Person
      if let email {
        guard let match = state.person(email: email) else { throw .noPerson }
        found = match
      } else {
        found = try state.person(id ?? "")
      }
      let (changed, happenings) = try state.add(
        found, to: room, isModerator: isModerator, by: person)
      return ((changed, found.uuid), happenings)
    }
    return try show(added, of: room)
  }

  private func membership(_ id: String) throws(WebexFailure) -> (Room, Member) {
    try cloud.read { (state) throws(WebexFailure) in
      guard case .key(let key) = state.lookup(id, .membership) else { throw .badID }
      let parts = key.split(separator: ":")
      guard parts.count == 2, let room = state.rooms[String(parts[1])],
        room.contains(person.uuid),
        let member = room.members.first(where: { $0.personUUID == parts[0] })
      else { throw .noMembership }
      return (room, member)
    }
  }

  private func listMemberships() throws(WebexFailure) -> Response {
    let email = request.query("personEmail")?.lowercased()
    let id = request.query("personId")
    let roomID = request.query("roomId")
    let found = try cloud.read { (state) throws(WebexFailure) -> [(key: String, json: JSON)] in
      guard let roomID else {
        guard email == nil, id == nil else { throw .missing("roomId") }
        return state.rooms(of: person.uuid).flatMap { room in
          room.members.filter { $0.personUUID == person.uuid }
            .map { (key: room.uuid, json: state.json($0, of: room)) }
        }
      }
      let room = try state.room(roomID, for: person)
      let wanted = try id.map { (id) throws(WebexFailure) in try state.person(id).uuid }
      return room.members.filter { member in
        (wanted == nil || member.personUUID == wanted)
          && (email == nil || state.people[member.personUUID]?.email.lowercased() == email)
      }.map { (key: $0.personUUID, json: state.json($0, of: room)) }
    }
    return try page(found, default: 100, upTo: 1000)
  }
}

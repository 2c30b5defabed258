// `/v1/messages`: create (JSON, form, multipart), list, list direct, get, edit, delete.

extension RESTCall {
  func messages(_ path: [String]) throws(WebexFailure) -> Response {
    switch (request.method, path.count) {
    case ("POST", 0):
      let message = try cloud.post(try draft(), by: person)
      return json(message)
    case ("GET", 0): return try list()
    case ("GET", 1) where path[0] == "direct": return try listDirect()
    case ("GET", 1):
      // Races are real on Webex: the event may come before the message can be read.
      if cloud.faults.lookupFails(path[0], by: person.uuid) { throw .noMessage }
      return json(
        try cloud.read { (state) throws(WebexFailure) in try state.message(path[0], for: person) })
    case ("PUT", 1):
      let draft = try draft()
      let message = try cloud.change { (state) throws(WebexFailure) in
        try state.edit(path[0], draft, by: person, cardEdits: cloud.faults.cardEdits)
      }
      return json(message)
    case ("DELETE", 1):
      try cloud.change { (state) throws(WebexFailure) in ((), try state.delete(path[0], by: person))
      }
      return .noContent
    case (_, 0...1): throw .methodNotAllowed
    default: throw .notFound
    }
  }

  private func json(_ message: Message) -> Response {
    .json(cloud.read { $0.json(message, baseURL: cloud.baseURL) })
  }

  // MARK: - Reading drafts

  private func draft() throws(WebexFailure) -> MessageDraft {
    switch request.mediaType {
    case "multipart/form-data":
      guard let type = request.headers["content-type"],
        let form = MultipartForm(body: request.body, contentType: type)
      else { throw WebexFailure(400, "Malformed multipart body.") }
      return try draft(of: form)
    case "application/x-www-form-urlencoded":
      let fields = HTTPParser.form(String(decoding: request.body, as: UTF8.self))
      return try draft(of: .object(fields.map { .init($0.name, .string($0.value)) }))
    default:
      return try draft(of: try object())
    }
  }

  private func draft(of body: JSON) throws(WebexFailure) -> MessageDraft {
    var draft = MessageDraft()
    draft.roomID = body["roomId"]?.text
    draft.toPersonID = body["toPersonId"]?.text
    draft.toPersonEmail = body["toPersonEmail"]?.text
    draft.parentID = body["parentId"]?.text
    draft.text = body["text"]?.text
    draft.markdown = body["markdown"]?.text
    draft.html = body["html"]?.text
    draft.clientTempID = body["clientTempId"]?.text
    draft.attachments = body["attachments"]?.array ?? []
    // Webex fetches a public URL; the simulator never leaves loopback and stores the address.
    for file in (body["files"]?.array ?? []).compactMap(\.text) {
      let name = file.split(separator: "/").last.map(String.init) ?? "file"
      draft.files.append(
        .init(
          filename: name, contentType: "text/plain",
          bytes: Array("The simulator does not fetch \(file)\n".utf8)))
    }
    return draft
  }

  private func draft(of form: MultipartForm) throws(WebexFailure) -> MessageDraft {
    var draft = MessageDraft()
    for part in form.parts {
      let text = part.bytes.isEmpty ? nil : part.text
      switch part.name {
      case "roomId": draft.roomID = text
      case "toPersonId": draft.toPersonID = text
      case "toPersonEmail": draft.toPersonEmail = text
      case "parentId": draft.parentID = text
      case "text": draft.text = text
      case "markdown": draft.markdown = text
      case "html": draft.html = text
      case "clientTempId": draft.clientTempID = text
      case "attachments":
        guard let json = JSON(parsing: part.bytes) else { throw .badJSON }
        draft.attachments = json.array ?? [json]
      case "files":
        guard part.bytes.count <= WebexLimits.fileBytes else {
          throw WebexFailure(400, "A file may have at most 100 MB.")
        }
        draft.files.append(
          .init(
            filename: part.filename ?? "file",
            contentType: part.contentType ?? "application/octet-stream", bytes: part.bytes))
      default: break
      }
    }
    return draft
  }

  // MARK: - Lists

  private func list() throws(WebexFailure) -> Response {
    guard let roomID = request.query("roomId"), !roomID.isEmpty else { throw .missing("roomId") }
    let mentioned = request.query("mentionedPeople")
    let parentID = request.query("parentId")
    let count = try limit(default: 50, upTo: mentioned == nil ? 1000 : 100)
    return try messages(count: count) { (state) throws(WebexFailure) in
      let room = try state.room(roomID, for: person)
      var mentionedUUID: String?
      if let mentioned, mentioned != "null" {
        mentionedUUID = mentioned == "me" ? person.uuid : try state.person(mentioned).uuid
      }
      if person.isBot, !room.isDirect, mentionedUUID != person.uuid { throw .botListing }
      var parent: String?
      if let parentID, parentID != "null" {
        // A thread may outlive its deleted root.
        guard case .key(let key) = state.lookup(parentID, .message) else { throw .badID }
        parent = key
      }
      return (
        room,
        { message in
          (mentionedUUID == nil || message.mentionedPeople.contains(mentionedUUID!))
            && (parent == nil || message.parentUUID == parent)
        }
      )
    }
  }

  private func listDirect() throws(WebexFailure) -> Response {
    let count = try limit(default: 50, upTo: 1000)
    return try messages(count: count) { (state) throws(WebexFailure) in
      let other: Person
      if let email = request.query("personEmail") {
        guard let found = state.person(email: email) else { throw .noPerson }
        other = found
      } else if let id = request.query("personId") {
        other = try state.person(id)
      } else {
        throw WebexFailure(400, "Exactly one of personId or personEmail is required.")
      }
      guard let room = state.directRoom(of: person.uuid, and: other.uuid) else { throw .noRoom }
      return (room, { _ in true })
    }
  }

  /// Newest first, before `before` and `beforeMessage`.
  private func messages(
    count: Int,
    of select: (borrowing WorldState) throws(WebexFailure) -> (Room, (Message) -> Bool)
  ) throws(WebexFailure) -> Response {
    var before: Timestamp?
    if let text = request.query("before"), text != "null" {
      guard let time = Timestamp(iso: text) else {
        throw WebexFailure(400, "The parameter 'before' must be an ISO 8601 date.")
      }
      before = time
    }
    let beforeMessage = request.query("beforeMessage").flatMap { $0 == "null" ? nil : $0 }
    let (items, isLast, last) = try cloud.read {
      (state) throws(WebexFailure) -> ([JSON], Bool, String?) in
      let (room, isWanted) = try select(state)
      var uuids = room.messageUUIDs[...]
      if let beforeMessage {
        guard case .key(let key) = state.lookup(beforeMessage, .message) else { throw .badID }
        guard let index = uuids.lastIndex(of: key) else { throw .noMessage }
        uuids = uuids[..<index]
      }
      var shown: [Message] = []
      var isLast = true
      for uuid in uuids.reversed() {
        guard let message = state.messages[uuid], before.map({ message.created < $0 }) ?? true,
          isWanted(message), state.isVisible(message, to: person)
        else { continue }
        if shown.count == count {
          isLast = false
          break
        }
        shown.append(message)
      }
      return (
        shown.map { state.json($0, baseURL: cloud.baseURL) }, isLast,
        shown.last.map { state.id(.message, $0.uuid) }
      )
    }
    return page(items, isLast: isLast, cursor: last.map { ("beforeMessage", $0) })
  }
}

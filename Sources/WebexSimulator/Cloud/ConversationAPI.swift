// The conversation service, as far as bots use it: raw uuid → REST id, on the host that
// `activity.target.url` names.

extension Cloud {
  func conversation(_ request: Request) -> Response {
    let trackingID = Self.trackingID()
    do throws(WebexFailure) {
      let person = try authenticated(request)
      guard request.method == "GET" else { throw .methodNotAllowed }
      let path = Array(request.segments.dropFirst(3))
      guard request.segments.prefix(3) == ["conversation", "api", "v1"] else { throw .notFound }
      return .json(
        try read { (state) throws(WebexFailure) -> JSON in
          switch (path.count, path.first) {
          case (2, "messages"):
            let uuid = path[1].lowercased()
            let message = try state.message(state.activityMessages[uuid] ?? uuid, for: person)
            return ["id": .string(state.id(.message, message.uuid))]
          case (3, "attachment") where path[1] == "actions":
            guard let action = state.actions[path[2].lowercased()],
              let card = state.messages[action.messageUUID], state.isVisible(card, to: person)
            else { throw .noAction }
            return ["id": .string(state.id(.attachmentAction, action.uuid))]
          case (2, "conversations"):
            let room = try state.room(path[1], for: person)
            return Activities.target(
              room, in: state, baseURL: baseURL,
              now: state.rooms[room.uuid]?.lastActivity ?? room.created)
          default: throw .notFound
          }
        })
    } catch {
      return error.response(trackingID: trackingID)
    }
  }
}

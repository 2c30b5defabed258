// From an activity's raw uuids to REST ids (the cluster is read from the space's `globalId`) and the
// few questions that a reader of activities asks.

public import WebexAPI

extension Activity {
  /// The cluster of this activity's ids. People and organizations are always `us`, whatever this is.
  public var cluster: String {
    target?.globalID.flatMap { WebexID($0) }?.cluster ?? "us"
  }

  /// The message that this activity is about: a new one, the edited one, the card's, the deleted one.
  public var messageID: WebexID? {
    switch verb {
    case "post", "share": isEdit ? message(parent?.id) : message(id)
    case "update": isEdit ? message(parent?.id ?? object?.id) : nil
    case "cardAction": message(parent?.id)
    case "delete": isDeletedMessage ? message(object?.id) : nil
    default: nil
    }
  }

  /// The space.
  public var roomID: WebexID? {
    if let globalID = target?.globalID, let id = WebexID(globalID), id.kind == .room { return id }
    return target?.id.map { WebexID(cluster: cluster, kind: .room, uuid: $0) }
  }

  /// The root of the thread that this message was written in; nil outside a thread, and for an edit,
  /// whose parent names the edited message instead.
  public var threadRootID: WebexID? {
    parent?.type == "reply" ? message(parent?.id) : nil
  }

  /// A press of a card's button, as `GET /attachment/actions/{id}` wants it.
  public var attachmentActionID: WebexID? {
    verb == "cardAction" ? WebexID(cluster: cluster, kind: .attachmentAction, uuid: id) : nil
  }

  /// Who did it, as REST names them.
  public var personID: WebexID? {
    actorUUID.map { WebexID(cluster: "us", kind: .people, uuid: $0) }
  }

  /// The actor's uuid. Compare it with the decoded id of people/me to know one's own activities.
  public var actorUUID: String? { actor?.entryUUID ?? actor?.id }

  /// A new text for an existing message. Webex sends `post` with `parent.type == "edit"`; an `update`
  /// of a comment is read as one too.
  public var isEdit: Bool {
    switch verb {
    case "post", "share": parent?.type == "edit"
    case "update": parent?.type == "edit" || object?.objectType == "comment"
    default: false
    }
  }

  private var isDeletedMessage: Bool {
    parent?.type != "reaction" && (object?.objectType ?? "activity") == "activity"
  }

  private func message(_ uuid: String?) -> WebexID? {
    uuid.map { WebexID(cluster: cluster, kind: .message, uuid: $0) }
  }
}

// What the model is asked, and in which relation it stands to what was asked before.

/// One question to the model.
struct Question: Sendable {
  enum Kind: Sendable, Equatable {
    case fresh
    /// The question of an earlier turn once more. `isObsolete`: it was edited, so the earlier answer
    /// is wrong in any case.
    case again(PastTurn, isObsolete: Bool)
    /// The rest of an earlier turn's answer.
    case goingOn(PastTurn)
    /// Of a command: without history, and not remembered.
    case standalone(CommandQuestion)
  }

  /// As the model is given it: in a group with the name of who asks.
  var text: String
  var speaker: String
  var email: String?
  var isDirect: Bool
  /// The space's title.
  var space = ""
  /// A sentence under the answer, such as the one about files.
  var note: String?
  var kind = Kind.fresh

  static let continuation =
    "Your last answer was cut off. Go on exactly where it ended, in the middle of the word if need be. Repeat nothing of it, and write no introduction."

  /// Whether it makes sense only behind the answer that it goes on with.
  var isContinuation: Bool {
    if case .goingOn = kind { true } else { false }
  }

  /// What a command asks for beside the text.
  var command: CommandQuestion? {
    if case .standalone(let question) = kind { question } else { nil }
  }

  var remembering: Remembering {
    switch kind {
    case .fresh, .standalone: .new
    case .again(let past, let isObsolete): .replacing(turnID: past.id, isObsolete: isObsolete)
    case .goingOn(let past): .extending(turnID: past.id)
    }
  }
}

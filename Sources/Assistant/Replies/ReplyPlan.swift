// What a reply is to be: where its words come from and what it takes the place of. Made by a turn,
// read by the reply machine.

/// What a reader is told while there is no text.
enum ReplyWait: Equatable, Sendable {
  /// No token yet, since the question.
  case model(for: Duration)
  /// The model thinks, since it began to.
  case reasoning(for: Duration)
  /// Rate limited; tried again after this time.
  case busy(retryIn: Duration)
}

/// What an answer without text is waiting for. The machine computes the durations.
enum ReplyWaitKind: Equatable, Sendable {
  case model
  case reasoning
  /// A time since the start of the reply.
  case busy(until: Duration)
}

/// A message of an earlier answer.
struct ReplacedMessage: Equatable, Sendable {
  var id: String
  /// Attempted edits so far.
  var edits: Int
  /// With fewer edits left it is deleted instead of taken over.
  var worthTaking = EditBudget.worthTaking

  /// Whether it is worth editing in place.
  var isEditable: Bool { EditBudget.limit - edits >= worthTaking }
}

/// Whether a new message is the answer or stands beside one that is kept.
enum PostRole: Equatable, Sendable { case answer, notice }

struct ReplyPlan: Sendable {
  var timing = ReplyTiming()
  /// UTF-8 bytes of one message. Webex: 7,439.
  var limit: Int
  /// The words of a notice; Markdown, far shorter than a message.
  var notice: @Sendable (ReplyWait) -> String
  /// Messages of an earlier answer that this one takes the place of, in order, edited in place
  /// where their budget allows, else deleted once the new text stands.
  var replaces: [ReplacedMessage] = []
  /// What an earlier process sent of the answer, whose whole text is known by now.
  var standing: StandingReply?
  /// The earlier answer stays until there is text to take its place (/retry): notice and error
  /// sentence are messages of their own, posted with role `.notice`. False (an edited question, a
  /// restart): notice and sentence overwrite the first of them.
  var keepsUntilText = false
  /// With `keepsUntilText`: where there was text, what the notice becomes, or is posted beside it; nil
  /// deletes it.
  var doneNotice: String?
  /// /continue: the answer begins inside this open fence.
  var fence: CodeFence?
}

// Webex as far as a reply can tell: ten edits, 7,439 bytes, and faults on demand. Every rule that is
// broken is noted, also in attempts that a fault keeps from arriving.

@testable import Assistant

/// What goes wrong with a send.
struct Fault: Sendable {
  enum Kind: Sendable { case post, edit, finalEdit, delete, attach }
  enum Effect: Sendable {
    /// Not sent, or 429.
    case failed
    case rejected
    case superseded
    /// The response is lost, and nothing arrived.
    case lost
    /// The response is lost, and the message or edit is there.
    case arrived
    /// A post whose response is lost and whose echo is found after this time.
    case found(after: Duration)
    case slow(Duration)
  }

  var kind: Kind
  /// Which of this kind, from 1.
  var which: ClosedRange<Int>
  var effect: Effect

  init(_ kind: Kind, _ which: ClosedRange<Int>, _ effect: Effect) {
    self.kind = kind
    self.which = which
    self.effect = effect
  }

  init(_ kind: Kind, _ which: Int, _ effect: Effect) { self.init(kind, which...which, effect) }

  static func every(_ kind: Kind, _ effect: Effect) -> Fault { Fault(kind, 1...Int.max, effect) }
}

struct RehearsedWebex {
  struct Entry {
    var id: String
    var text: String
    var role = PostRole.answer
    var file: CodeAttachment?
    var edits = 0
    var lastSendAt: Duration
    /// Of an earlier answer, there before the reply.
    var isEarlier = false
    /// The machine cannot know that it is there.
    var isGhost = false
    /// The machine may not know what it shows.
    var isDoubtful = false
    var isDeleted = false
    var failedDeletes = 0
  }

  let limit: Int
  var faults: [Fault] = []
  var latency: Duration = .milliseconds(100)
  /// In the order of the thread.
  private(set) var entries: [Entry] = []
  private(set) var violations: [String] = []
  /// When something that the reader sees changed, and of which message.
  private(set) var movements: [(at: Duration, id: String, text: String)] = []
  private(set) var counts: [Fault.Kind: Int] = [:]
  private var isBusy = false

  init(limit: Int, earlier: [ReplacedMessage] = []) {
    self.limit = limit
    entries = earlier.map {
      Entry(
        id: $0.id, text: "Earlier \($0.id).", edits: $0.edits, lastSendAt: .seconds(-60),
        isEarlier: true)
    }
  }

  var visible: [Entry] { entries.filter { !$0.isDeleted } }
  /// The messages of the answer, in the order of the thread.
  var texts: [String] { visible.filter { $0.role == .answer && $0.file == nil }.map(\.text) }
  var asides: [String] { visible.filter { $0.role == .notice }.map(\.text) }
  var files: [CodeAttachment] { visible.compactMap(\.file) }

  mutating func violation(_ what: String) { violations.append(what) }
  mutating func settled() { isBusy = false }

  /// A new process does not know what the messages show, and time has passed.
  mutating func restarted() {
    for index in entries.indices {
      entries[index].isDoubtful = true
      entries[index].lastSendAt = .seconds(-60)
      if entries[index].isDeleted { entries[index].failedDeletes += 1 }
    }
    faults = []
  }

  /// Takes a send at `now`: what comes of it, and how long that takes.
  mutating func take(_ action: ReplyAction, at now: Duration) -> (SendResult, after: Duration)? {
    let kind: Fault.Kind
    switch action {
    case .post: kind = .post
    case .edit(_, _, let isFinal): kind = isFinal ? .finalEdit : .edit
    case .delete: kind = .delete
    case .attach: kind = .attach
    case .close, .wake, .finished: return nil
    }
    if isBusy { violation("two sends at a time") }
    isBusy = true
    counts[kind, default: 0] += 1
    let count = counts[kind, default: 0]
    let effect = faults.first { $0.kind == kind && $0.which.contains(count) }?.effect
    var wait = latency
    if case .slow(let time) = effect { wait = time }
    if case .found(let time) = effect { wait = time }
    switch action {
    case .post(let text, let role):
      check(text)
      return (place(Entry(id: "", text: text, role: role, lastSendAt: now), effect), wait)
    case .attach(let file):
      return (place(Entry(id: "", text: "", file: file, lastSendAt: now), effect), wait)
    case .edit(let id, let text, let isFinal):
      check(text)
      return (edit(id, text, isFinal: isFinal, effect, at: now), wait)
    case .delete(let id): return (delete(id, effect, at: now), wait)
    case .close, .wake, .finished: return nil
    }
  }

  private mutating func check(_ text: String) {
    if text.utf8.count > limit { violation("\(text.utf8.count) bytes in a message") }
    if text.allSatisfy(\.isWhitespace) { violation("an empty message") }
  }

  private mutating func place(_ entry: Entry, _ effect: Fault.Effect?) -> SendResult {
    switch effect {
    case .failed, .superseded: return .failed
    case .rejected: return .rejected
    case .lost: return .lost
    case .arrived, .found, .slow, nil: break
    }
    var entry = entry
    entry.id = "m\(entries.count + 1)"
    if case .arrived = effect { entry.isGhost = true }
    entries.append(entry)
    movements.append((entry.lastSendAt, entry.id, entry.text))
    return entry.isGhost ? .lost : .posted(messageID: entry.id)
  }

  private mutating func edit(
    _ id: String, _ text: String, isFinal: Bool, _ effect: Fault.Effect?, at now: Duration
  ) -> SendResult {
    guard let index = entries.firstIndex(where: { $0.id == id && !$0.isGhost }) else {
      violation("an edit of an unknown message")
      return .rejected
    }
    var entry = entries[index]
    defer { entries[index] = entry }
    if entry.isDeleted {
      // A process that was killed while it deleted it left it on record.
      if entry.failedDeletes == 0 { violation("an edit of a deleted message") }
      return .rejected
    }
    if entry.file != nil { violation("an edit of a file") }
    if entry.text == text, !entry.isDoubtful, !entry.isEarlier {
      violation("the same text again: \(text.prefix(40))")
    }
    if !isFinal, now - entry.lastSendAt < .seconds(1) { violation("edits under a second apart") }
    if case .superseded = effect { return .superseded }
    entry.lastSendAt = now
    entry.edits += 1
    if entry.edits > 10 {
      violation("an 11th edit of \(id)")
      return .rejected
    }
    switch effect {
    case .failed: return .failed
    case .rejected: return .rejected
    case .lost:
      entry.isDoubtful = true
      return .lost
    case .arrived:
      entry.isDoubtful = true
      entry.text = text
      movements.append((now, id, text))
      return .lost
    default:
      entry.isDoubtful = false
      entry.isEarlier = false
      if entry.text != text { movements.append((now, id, text)) }
      entry.text = text
      return .edited
    }
  }

  private mutating func delete(_ id: String, _ effect: Fault.Effect?, at now: Duration)
    -> SendResult
  {
    guard let index = entries.firstIndex(where: { $0.id == id && !$0.isGhost }) else {
      violation("a deletion of an unknown message")
      return .rejected
    }
    switch effect {
    case .failed, .superseded, .lost:
      entries[index].failedDeletes += 1
      return .failed
    case .rejected:
      entries[index].failedDeletes += 3
      return .rejected
    case .arrived, .found, .slow, nil: break
    }
    if entries[index].isDeleted, entries[index].failedDeletes == 0 { violation("deleted twice") }
    entries[index].isDeleted = true
    guard case .arrived = effect else { return .deleted }
    entries[index].failedDeletes += 1
    return .failed
  }
}

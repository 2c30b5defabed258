// What must hold for every reply, whatever happens to it.

import Testing

@testable import Assistant

extension ReplyRehearsal {
  /// Everything that is wrong with a reply that has run.
  var complaints: [String] {
    var found = webex.violations
    guard let outcome else { return found + ["never finished"] }
    if outcome == .undelivered { found += complaintsAboutLeftovers }
    if outcome == .delivered { found += complaintsAboutText + complaintsAboutLeftovers }
    return found
  }

  private var complaintsAboutText: [String] {
    let expected = expected
    let isAside = plan.keepsUntilText && isEarlierKept
    if isAside, expected.text.isBlank {
      let note = expected.note ?? ""
      return (note.isBlank ? [] : [note]) == trusted(.notice).map(\.text)
        ? [] : ["beside the answer: \(webex.asides)"]
    }
    let files = webex.visible.filter { !$0.isGhost }.compactMap(\.file)
    guard files == expected.attachments.filter(files.contains) else {
      return ["files: \(files.map(\.name))"]
    }
    // A block that is not there as a file is there as text, behind the answer.
    let splitter = MarkdownSplitter(limit: plan.limit)
    let code = expected.attachments.filter { !files.contains($0) }
      .flatMap { splitter.split($0.asText).map(\.text) }
    let messages = trusted(.answer).filter { $0.file == nil }.map(\.text)
    guard messages.suffix(code.count) == code[...] else { return ["code is missing"] }
    // Before a note there is no white space to keep.
    let text = expected.note == nil ? expected.text : expected.text.trimmingTrailingWhitespace()
    let wrong = ReplyReading.difference(
      source: text, note: expected.note, fence: isRestarted ? nil : plan.fence,
      messages: messages.dropLast(code.count))
    return [wrong].compactMap { $0 }
  }

  /// Nothing of the earlier answer was touched, so that it may stay.
  private var isEarlierKept: Bool {
    let earlier = webex.entries.prefix(plan.replaces.count)
    return earlier.allSatisfy { $0.text == "Earlier \($0.id)." && !$0.isDeleted }
      && !webex.movements.contains { movement in
        webex.entries.contains { $0.id == movement.id && $0.role == .answer }
      }
  }

  private var isRestarted: Bool {
    script.contains { if case .restart = $0.input { true } else { false } }
  }

  /// What the machine can answer for: not what it cannot know of, nor what cannot be deleted.
  private func trusted(_ role: PostRole) -> [RehearsedWebex.Entry] {
    webex.visible.filter {
      $0.role == role && !$0.isGhost && $0.failedDeletes < ReplacedMessages.maximumAttempts
    }
  }

  private var complaintsAboutLeftovers: [String] {
    let notices = (trusted(.answer) + trusted(.notice)).filter {
      $0.text.hasPrefix(Self.noticeMark)
    }
    return notices.map { "an orphaned notice: \($0.text)" }
  }
}

/// Reads the messages of an answer one after another, as a person does.
struct ReplyReading {
  typealias Bytes = ArraySlice<UInt8>

  let messages: [String]
  let note: String
  /// The first message that could not be read.
  private var stuck = 0

  /// What is wrong with messages that should be the source apart from fences closed and reopened,
  /// and the note behind it; nil: nothing.
  static func difference(
    source: String, note: String?, fence: CodeFence?, messages: [String]
  ) -> String? {
    var reading = ReplyReading(messages: messages, note: note ?? "")
    if reading.reads(from: 0, rest: Array(source.utf8)[...], fence: fence) { return nil }
    guard reading.stuck < messages.count else { return "something is missing" }
    return
      "message \(reading.stuck + 1) of \(messages.count): \(messages[reading.stuck].prefix(300))"
  }

  private init(messages: [String], note: String) {
    self.messages = messages
    self.note = note
  }

  /// Tries each way to read a message: the text may look like a fence that closes it.
  private mutating func reads(from index: Int, rest: Bytes, fence: CodeFence?) -> Bool {
    stuck = max(stuck, index)
    if rest.allSatisfy(\.isSpace) { return isNote(messages[index...].joined(), fence: nil) }
    // The line that closes a block may be left out where the message before closed it.
    if let fence, let after = Self.skipping(fence, in: rest),
      reads(from: index, rest: after, fence: nil)
    {
      return true
    }
    guard index < messages.count else { return false }
    var body = Array(messages[index].utf8)[...]
    if let fence {
      let head = Array((fence.opening + "\n").utf8)
      guard body.starts(with: head) else { return false }
      body = body.dropFirst(head.count)
    }
    // A message of white space alone is left out.
    for (body, rest) in [(body, rest), (body.drop(while: \.isSpace), rest.drop(while: \.isSpace))] {
      if body.starts(with: rest) {
        let tail = String(decoding: body.dropFirst(rest.count), as: UTF8.self)
        let open = AnswerText.openFence(
          in: String(decoding: rest, as: UTF8.self)[...], fence: fence)
        return isNote(([tail] + messages[(index + 1)...]).joined(), fence: open)
      }
      let unclosed = body.withoutFence
      let candidates = unclosed.count < body.count ? [body, unclosed, unclosed.dropLast()] : [body]
      for candidate in candidates where !candidate.isEmpty && rest.starts(with: candidate) {
        let covered = String(decoding: candidate, as: UTF8.self)
        let open = AnswerText.openFence(in: covered[...], fence: fence)
        if reads(from: index + 1, rest: rest.dropFirst(candidate.count), fence: open) {
          return true
        }
      }
    }
    return false
  }

  private static func skipping(_ fence: CodeFence, in rest: Bytes) -> Bytes? {
    let code = rest.drop(while: \.isSpace)
    let line = code.prefix { $0 != 0x0A }
    guard fence.isClosed(by: Substring(String(decoding: line, as: UTF8.self))) else { return nil }
    return code.dropFirst(line.count + 1)
  }

  /// What is behind the text: the note, and before it the fence that was open.
  private func isNote(_ tail: String, fence: CodeFence?) -> Bool {
    var tail = tail.trimmingWhitespace()
    if let fence, tail.hasPrefix(fence.marker) {
      tail = String(tail.dropFirst(fence.marker.count)).trimmingWhitespace()
    }
    return tail == note.trimmingWhitespace()
  }
}

extension ArraySlice<UInt8> {
  /// Without a fence that closes at the end.
  fileprivate var withoutFence: Self {
    guard let mark = last, Array("`~".utf8).contains(mark) else { return self }
    var rest = self
    while rest.last == mark { rest.removeLast() }
    return rest
  }
}

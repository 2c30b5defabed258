// Plays a model and Webex against the reply machine, on a clock of its own. Used by every test of
// the machine.

@testable import Assistant

struct ReplyRehearsal {
  typealias Input = ReplyMachine.Input

  static let noticeMark = "⏳"
  static let notice: @Sendable (ReplyWait) -> String = { wait in
    switch wait {
    case .model(let time): "\(noticeMark) model \(time.components.seconds) s"
    case .reasoning(let time): "\(noticeMark) thinking \(time.components.seconds) s"
    case .busy(let time): "\(noticeMark) busy \(time.components.seconds) s"
    }
  }

  var plan: ReplyPlan
  var webex: RehearsedWebex
  private(set) var machine: ReplyMachine
  private(set) var now: Duration = .zero
  private(set) var outcome: ReplyOutcome?
  /// What the model and the people did, in order of time.
  private(set) var script: [(at: Duration, input: Input)] = [(.zero, .tick)]
  /// Wakes and outcomes of sends.
  private var coming: [(at: Duration, input: Input)] = []
  private var lastTick: Duration = .seconds(-1)
  /// While tokens come: the longest time in which what could be shown was not.
  private(set) var longestPause: Duration = .zero
  private var waitingSince: Duration?
  private var movementsSeen = 0
  private(set) var firstTextShownAt: Duration?
  private(set) var sends: [(at: Duration, action: ReplyAction)] = []
  /// What is on record of the reply's messages.
  var records: [PostedReply]
  /// The send under way: which part it is to have for good, and the message if it is there already.
  var underWay: (place: ReplyPlace?, messageID: String?)?
  /// So many inputs after the end the process is killed.
  var killedAfter: Int?

  init(limit: Int = 7439, change: (inout ReplyPlan) -> Void = { _ in }) {
    var plan = ReplyPlan(limit: limit, notice: Self.notice)
    change(&plan)
    self.plan = plan
    webex = RehearsedWebex(limit: plan.limit, earlier: plan.replaces)
    records = plan.replaces.map { PostedReply(id: $0.id, edits: $0.edits) }
    machine = ReplyMachine(plan: plan)
  }

  mutating func at(_ time: Duration, _ input: Input) {
    script.append((time, input))
  }

  /// What was to come after this time does not.
  mutating func forget(after time: Duration) { script.removeAll { $0.at > time } }

  mutating func fails(_ faults: Fault...) { webex.faults += faults }

  /// Tokens at a steady speed; returns when the last one came.
  @discardableResult
  mutating func stream(
    _ text: String, from start: Duration = .milliseconds(300), perSecond: Int, size: Int = 4
  ) -> Duration {
    var time = start
    var rest = Substring(text)
    while !rest.isEmpty {
      at(time, .text(String(rest.prefix(size))))
      rest = rest.dropFirst(size)
      time += .seconds(1) / perSecond
    }
    return time
  }

  /// The same, and the end.
  mutating func answer(
    _ text: String, from start: Duration = .milliseconds(300), perSecond: Int,
    note: String? = nil
  ) {
    at(stream(text, from: start, perSecond: perSecond), .end(ReplyEnding(note: note)))
  }

  // MARK: The play

  mutating func run() {
    // Stable: inputs of one time keep their order.
    script = script.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
    var position = 0
    var steps = 0
    while true {
      steps += 1
      guard steps < 100_000 else { return webex.violation("the reply never ends") }
      let soon = coming.indices.min { coming[$0].at < coming[$1].at }
      let input: Input
      if let soon, position == script.count || coming[soon].at <= script[position].at {
        now = max(now, coming[soon].at)
        input = coming.remove(at: soon).input
        if case .sent = input { webex.settled() }
      } else if position < script.count {
        now = max(now, script[position].at)
        input = script[position].input
        position += 1
      } else {
        return
      }
      feed(input)
      guard machine.ending != nil, let left = killedAfter else { continue }
      if left == 0 { return }
      killedAfter = left - 1
    }
  }

  private mutating func feed(_ input: Input) {
    let hadFinished = outcome != nil
    switch input {
    case .text(let text) where !text.allSatisfy(\.isWhitespace):
      waitingSince = waitingSince ?? now
    case .restart, .end:
      if let since = waitingSince { longestPause = max(longestPause, now - since) }
      waitingSince = nil
    default: break
    }
    if case .sent(let result) = input { record(result) }
    let actions = machine.handle(input, at: now)
    if hadFinished, !actions.isEmpty { webex.violation("something after the end") }
    for action in actions { perform(action) }
    if coming.isEmpty, outcome == nil { checkThatItGoesOn() }
    look()
  }

  /// Nothing is on its way and no wake: then the reader has all there is, or Webex refused progress.
  private mutating func checkThatItGoesOn() {
    if machine.ending != nil { return webex.violation("it stops before its end at \(now)") }
    guard machine.showsProgress else { return }
    let shown = machine.preview
    if !shown.isBlank, shown != machine.message?.shown {
      webex.violation("unseen text, and nothing follows at \(now)")
    }
  }

  private mutating func perform(_ action: ReplyAction) {
    switch action {
    case .wake(let time):
      if time < now { webex.violation("a wake in the past") }
      if !coming.contains(where: { if case .tick = $0.input { $0.at == time } else { false } }) {
        coming.append((time, .tick))
      }
    case .close(let id, let place):
      guard let index = records.firstIndex(where: { $0.id == id }) else { return }
      records[index].place = place
    case .finished(let result):
      if outcome != nil { webex.violation("finished twice") }
      outcome = result
    default:
      sends.append((now, action))
      guard let (result, wait) = webex.take(action, at: now) else { return }
      begins(action, result)
      coming.append((now + wait, .sent(result)))
    }
  }

  /// What the reader has seen move since the last look.
  private mutating func look() {
    for movement in webex.movements.dropFirst(movementsSeen)
    where !movement.text.hasPrefix(Self.noticeMark) {
      firstTextShownAt = firstTextShownAt ?? movement.at
      if let since = waitingSince { longestPause = max(longestPause, movement.at - since) }
      waitingSince = nil
    }
    movementsSeen = webex.movements.count
  }

  // MARK: What should be there

  /// The answer as the machine was told it, since the last restart.
  /// What was open in it where it was cut is closed.
  var expected: (text: String, note: String?, attachments: [CodeAttachment]) {
    var answer = AnswerText(fence: plan.fence)
    var fence = plan.fence
    var note: String?
    var isCut = false
    var hasEnded = false
    for (_, input) in script {
      switch input {
      case .text(let delta) where !hasEnded: answer.append(delta)
      case .end(let ending) where !hasEnded:
        hasEnded = true
        (note, isCut) = (ending.note, ending.isCut)
      case .kept(let text, let ending):
        answer.append(text)
        hasEnded = true
        (note, isCut) = (ending.note, ending.isCut)
      case .restart:
        (answer, fence, note, hasEnded, isCut) = (AnswerText(), nil, nil, false, false)
      default: break
      }
    }
    answer.finish()
    let text = isCut ? PreviewTail.closed(answer.text, fence: fence) : answer.text
    return (text, note, answer.attachments)
  }
}

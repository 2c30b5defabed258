// Performs what the waiting signs decide: one message in a conversation in which questions wait. Told
// by the ConversationManager of each change; on record in the store while it stands.

import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

actor WaitingSigns {
  private struct Post {
    var sign: WaitingSign
    var roomID: String
    /// When the first of the messages came; the sign is younger. Webex's clock.
    var after: Date?
    var wakes: Set<Duration> = []
  }

  private let environment: TurnEnvironment
  private let elapsed: @Sendable () -> Duration
  private var posts: [String: Post] = [:]
  /// When each waiting message was first seen.
  private var since: [String: [String: Duration]] = [:]

  init(environment: TurnEnvironment) {
    self.environment = environment
    elapsed = Stopwatch.start(environment.clock)
  }

  private var now: Duration { elapsed() }

  /// What waits in a conversation now.
  func update(_ conversation: String, waiting jobs: [Job]) {
    // Who may not use the assistant is not told that it is busy.
    let (policy, admins) = (environment.configuration.access, environment.configuration.admins)
    let jobs = jobs.filter { job in
      guard ![.added, .press, .missed].contains(job.kind) else { return false }
      let decision = policy.decide(
        AccessSubject(of: job.activity, spaceID: job.spaceID), admins: admins)
      // In a direct space somebody is answered already, and there is nobody else.
      return decision.isAllowed || job.activity.target?.isDirect == true
    }
    guard posts[conversation] != nil || !jobs.isEmpty else { return }
    guard let roomID = jobs.first?.activity.roomID?.encoded ?? posts[conversation]?.roomID else {
      return
    }
    if posts[conversation] == nil {
      posts[conversation] = Post(
        sign: WaitingSign(timing: environment.configuration.waitingTiming), roomID: roomID,
        after: jobs.compactMap(\.activity.published).min())
    }
    let times = since[conversation] ?? [:]
    var questions: [WaitingSign.Question] = []
    for job in jobs {
      guard let threadID = job.threadID else { continue }
      let id = job.activity.id
      questions.append(
        WaitingSign.Question(id: id, threadID: threadID, since: times[id] ?? now))
    }
    since[conversation] = Dictionary(
      questions.map { ($0.id, $0.since) }, uniquingKeysWith: { first, _ in first })
    handle(.waiting(questions), in: conversation)
  }

  /// The process ends: what waits is answered after the next start, and needs no sign until then.
  func removeAll() async {
    for conversation in posts.keys { update(conversation, waiting: []) }
    // Deleting takes a moment; what remains is on record and removed at the next start.
    for _ in 0..<20 where !posts.isEmpty {
      try? await environment.clock.sleep(for: .milliseconds(100))
    }
  }

  /// Removes what a killed process left standing.
  func removeLeftovers() async {
    for id in (try? await environment.store.notices()) ?? [] { _ = await delete(id) }
  }

  // MARK: Perform

  private func handle(_ input: WaitingSign.Input, in conversation: String) {
    guard var post = posts[conversation] else { return }
    let actions = post.sign.handle(input, at: now)
    posts[conversation] = post.sign.isOver ? nil : post
    if post.sign.isOver { since[conversation] = nil }
    for action in actions { perform(action, in: conversation, post) }
  }

  private func perform(_ action: WaitingSign.Action, in conversation: String, _ post: Post) {
    let roomID = post.roomID
    switch action {
    case .wake(let time):
      guard posts[conversation]?.wakes.insert(time).inserted == true else { return }
      Task {
        try? await environment.clock.sleep(for: max(.zero, time - now))
        posts[conversation]?.wakes.remove(time)
        handle(.tick, in: conversation)
      }
    case .post(let count, let threadID):
      Task {
        let text = Sentences.waiting(count)
        let result = await send { environment in
          let id = try await environment.say(
            text, as: .notice, in: roomID, spaceID: conversation, threadID: threadID,
            after: post.after)
          return .posted(messageID: id)
        }
        handle(.sent(result), in: conversation)
      }
    case .edit(let id, let count):
      Task {
        let text = Sentences.waiting(count)
        let result = await send { environment in
          switch try await environment.webex.editMessage(
            id, roomID: roomID, markdown: text, priority: .progress)
          {
          case .edited: .edited
          case .superseded: .superseded
          }
        }
        handle(.sent(result), in: conversation)
      }
    case .delete(let id):
      Task { handle(.sent(await delete(id)), in: conversation) }
    }
  }

  private func delete(_ id: String) async -> SendResult {
    let result = await send { environment in
      try await environment.webex.deleteMessage(id)
      return .deleted
    }
    if result == .deleted || result == .rejected {
      try? await environment.store.forgetNotice(id)
    }
    return result
  }

  private func send(_ send: (TurnEnvironment) async throws -> SendResult) async -> SendResult {
    do {
      return try await send(environment)
    } catch let error as WebexError {
      environment.logger.notice("waiting sign not sent", metadata: ["error": "\(error)"])
      return SendResult(of: error)
    } catch {
      environment.logger.warning("waiting sign not sent", metadata: ["error": "\(error)"])
      return .failed
    }
  }
}

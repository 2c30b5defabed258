// A turn that ended with an error: its event is parked for another try, given up as a dead letter, or
// left to the next start. Its conversation goes on with the others in every case.

import FoundationEssentials
import GRDB
import Logging
import MercuryClient
import WebexAPI

extension Turn {
  /// - Parameter failures: of earlier tries.
  func setBack(_ error: any Error, failures: Int) async {
    if let error = error as? DatabaseError { environment.storing.note(error, "turn") }
    let setback = Setback.of(error, isEnding: Task.isCancelled)
    if setback.isLater, let outcome = unwanted { return await finish(outcome) }
    switch setback {
    case .left: return
    case .outage: await park(for: environment.retrySchedule.pauseOfAll, counts: false, error)
    case .passing(let code): await retry(after: error, code, failures: failures)
    case .vanished:
      logger.notice("message not visible", metadata: ["error": "\(error)"])
      await removeReplies()
      await finish("not visible")
    case .hopeless(let reason):
      logger.error("given up", metadata: ["reason": "\(reason)", "error": "\(error)"])
      // An event that names no message was nobody's question.
      if let error = error as? WebexError {
        await tell(Sentences.unreadable(error, reference: reference))
      } else if job.messageUUID != nil || job.kind == .press {
        await tell(Sentences.internalFailure(reference: reference))
      }
      await fail(reason)
    }
  }

  /// Nobody waits for the answer any more: what for another try?
  private var unwanted: String? {
    switch running.takeIntent() {
    case .drop: "deleted before its turn"
    case .stop: "stopped"
    // An edit is read with the next try.
    case .restart, nil: nil
    }
  }

  private func retry(after error: any Error, _ code: WebexError.Code?, failures: Int) async {
    // While Webex fails for everybody, no message is to blame.
    if code == .serverFailure, (try? await environment.webex.me()) == nil {
      return await park(for: environment.retrySchedule.pauseOfAll, counts: false, error)
    }
    let pause = environment.retrySchedule.pause(
      afterFailure: failures + 1, random: .random(in: 0..<1))
    if let pause { return await park(for: pause, counts: true, error) }
    logger.error("given up", metadata: ["tries": "\(failures + 1)", "error": "\(error)"])
    if let error = error as? WebexError {
      await tell(Sentences.unreadable(error, reference: reference))
    }
    await fail("Webex failed on it \(failures + 1) times: \(code.map { "\($0)" } ?? "no answer")")
  }

  private func park(for pause: Duration, counts: Bool, _ error: any Error) async {
    let until = environment.now().addingTimeInterval(pause / .seconds(1))
    logger.warning(
      "put aside until its next try",
      metadata: ["seconds": "\(pause.components.seconds)", "error": "\(error)"])
    do {
      try await environment.storing("parking") {
        try await store.parkEvent(job.activity.id, until: until, counts: counts)
      }
      environment.retries.ring()
    } catch {
      environment.storing.note(error, "parking")
    }
  }

  /// Ends the event as a dead letter.
  func fail(_ reason: String) async {
    do {
      try await environment.storing("dead letter") {
        try await store.failEvent(job.activity.id, reason: reason, at: environment.now())
      }
    } catch {
      environment.storing.note(error, "dead letter")
    }
  }
}

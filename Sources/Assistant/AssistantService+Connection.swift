// The connection to Webex as the service sees it: events, gaps, and a token that is refused after it has
// worked. Called by the service's run.

import Logging
import MercuryClient
import Synchronization
import WebexAPI

extension AssistantService {
  /// Until cancelled, or until Mercury ends for good; a refused token is waited for.
  func hear(_ intake: Intake) async throws {
    let refusals = Mutex(0)
    while true {
      do {
        return try await mercury.run(
          onState: { state in
            if state == .ready { refusals.withLock { $0 = 0 } }
            intake.stream.note(state == .ready ? .ready : .lost)
            self.note(state)
          },
          onNotice: { notice in
            switch notice {
            case .sequenceGap: intake.stream.note(.sequenceGap)
            case .newDevice: intake.stream.note(.newDevice)
            }
          },
          handler: { event in try await intake.accept(event) })
      } catch let error as MercuryError where error.code == .unauthorized {
        intake.stream.note(.lost)
        // It worked when the program started: somebody has to make it good again, here or there.
        let earlier = refusals.withLock { count in
          defer { count += 1 }
          return count
        }
        await webex.tokenWasRefused()
        try await webex.untilTokenIsAccepted()
        // REST takes it, Mercury does not yet.
        if earlier > 0 { try await clock.sleep(for: .seconds(min(5 << min(earlier, 6), 300))) }
        intake.stream.note(.newDevice)
      }
    }
  }

  func watchToken() async {
    await webex.watchToken { [board, logger] isAccepted in
      let wasAccepted = board.current.isTokenAccepted
      board.update { health in
        health.isTokenAccepted = isAccepted
        if !isAccepted { health.mercury = "Webex refuses the token (401)" }
      }
      if wasAccepted, !isAccepted {
        logger.error(
          "Webex refuses the token (401): check WEBEX_API_TOKEN. All waits until it works again")
      } else if !wasAccepted, isAccepted {
        board.update { if $0.isReady { $0.mercury = "ready" } }
        logger.notice("Webex takes the token again")
      }
    }
  }

  private func note(_ state: MercuryState) {
    let words: String
    switch state {
    case .waiting(let time, let reason):
      words = "waiting \(time.components.seconds) s: \(reason)"
      logger.warning("disconnected", metadata: ["state": "\(words)"])
    case .ready:
      words = "ready"
      logger.notice("ready for messages")
    case .stopped(let reason): words = "stopped: \(reason)"
    default: words = "\(state)"
    }
    board.update {
      if $0.isTokenAccepted { $0.mercury = words }
      $0.isReady = state == .ready
    }
  }
}

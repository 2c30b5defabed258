// What becomes of an event whose turn ended with an error: a table of decisions, without effects.
// Asked by `Turn+Parking.swift`.

import FoundationEssentials
import GRDB
import MercuryClient
import WebexAPI

enum Setback: Equatable, Sendable {
  /// The process ends: the next start takes the event up.
  case left
  /// It can pass: another try later, so many times.
  case passing(WebexError.Code?)
  /// Nobody's messages can be had now: another try later, as often as it takes.
  case outage
  /// The message is gone, or never was for us.
  case vanished
  /// Trying again would change nothing.
  case hopeless(reason: String)

  var isLater: Bool {
    switch self {
    case .passing, .outage: true
    case .left, .vanished, .hopeless: false
    }
  }

  static func of(_ error: any Error, isEnding: Bool) -> Setback {
    switch error {
    case is CancellationError: return isEnding ? .left : .outage
    case let error as WebexError: return of(error, isEnding)
    case let error as MercuryError:
      return error.code == .badRequest
        ? .hopeless(reason: "the event names no message") : .passing(nil)
    case let error as DatabaseError:
      if error.isDamage { return .left }
      return error.passes
        ? .outage
        : .hopeless(reason: "the database refused it (\(error.extendedResultCode.rawValue))")
    default: return .hopeless(reason: "an error in the program: \(type(of: error))")
    }
  }

  private static func of(_ error: WebexError, _ isEnding: Bool) -> Setback {
    switch error.code {
    case .cancelled: isEnding ? .left : .outage
    case .unauthorized, .unreachable, .timedOut, .rateLimited: .outage
    case .serverFailure, .undecodable, .conflict, .locked, .other: .passing(error.code)
    // The reader has asked for twenty seconds: deleted before it was read, most likely.
    case .notFound: .vanished
    default:
      .hopeless(reason: "Webex refused it: \(error.code)\(error.status.map { " (\($0))" } ?? "")")
    }
  }
}

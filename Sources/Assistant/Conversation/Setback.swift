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

  /// A message that is not visible yet is there within minutes, or never.
  static let lookups = 3

  static func of(_ error: any Error, kind: ActivityKind, failures: Int, isEnding: Bool) -> Setback {
    switch error {
    case is CancellationError: return isEnding ? .left : .outage
    case let error as WebexError: return of(error, kind: kind, failures: failures, isEnding)
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

  private static func of(
    _ error: WebexError, kind: ActivityKind, failures: Int, _ isEnding: Bool
  ) -> Setback {
    switch error.code {
    case .cancelled: isEnding ? .left : .outage
    case .unauthorized, .unreachable, .timedOut, .rateLimited: .outage
    case .serverFailure, .undecodable, .conflict, .locked, .other: .passing(error.code)
    // What was edited or pressed has been there before.
    case .notFound: kind == .message && failures < lookups ? .passing(.notFound) : .vanished
    default:
      .hopeless(reason: "Webex refused it: \(error.code)\(error.status.map { " (\($0))" } ?? "")")
    }
  }
}

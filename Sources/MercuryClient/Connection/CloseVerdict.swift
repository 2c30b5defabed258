// What a close code means for us: one table. Webex's codes are those that its JavaScript SDK knows;
// 44xx are HTTP statuses in disguise (`aliasHttpStatus`).

enum CloseVerdict: Equatable {
  /// Connect again to the same URL.
  case retry
  /// Refresh the device first.
  case refresh
  /// The registration is gone: make a new device.
  case reregister
  case permanent(MercuryError.Code)

  /// - Parameters:
  ///   - code: 1005 for a close frame without code, 1006 for no close frame.
  ///   - isReady: whether the socket had been authorized.
  static func judge(code: Int, reason: String, isReady: Bool) -> CloseVerdict {
    let reason = reason.lowercased()
    switch code {
    case 1003: return .permanent(.closed)  // "service rejected last message"
    case 4000: return reason == "replaced" ? .permanent(.replaced) : .retry
    case 4001: return isReady ? .permanent(.replaced) : .retry
    case 4400: return .permanent(.badRequest)
    case 4401: return .permanent(.unauthorized)
    case 4403: return .permanent(.forbidden)
    case 4404: return .reregister
    case 1005 where reason == "replaced": return .permanent(.replaced)
    case 1005 where reason == "authentication failed", 1008 where reason == "authentication failed":
      return .permanent(.unauthorized)
    case 1005 where !isReady: return .refresh
    case 1000, 3050:
      let isTransient = ["idle", "done (forced)", "pong not received", "pong mismatch"]
        .contains(reason)
      // The device may have been deleted on the server; whatever else it was, the back-off bounds it.
      return isTransient || !isReady ? .retry : .refresh
    default: return .retry
    }
  }

  func error(code: Int, reason: String) -> MercuryError {
    let shown = reason.isEmpty ? "" : " \"\(reason.prefix(100))\""
    return switch self {
    case .permanent(.replaced):
      MercuryError(
        .replaced,
        "another process took over this registration: it runs with the same token and device name",
        status: code)
    case .permanent(.unauthorized):
      MercuryError(.unauthorized, "Webex does not accept the token", status: code)
    case .permanent(.forbidden):
      MercuryError(.forbidden, "the token may not use Mercury", status: code)
    case .permanent(let permanent):
      MercuryError(permanent, "the server closed the socket for good\(shown)", status: code)
    case .retry, .refresh, .reregister:
      MercuryError(.connection, "the socket was closed\(shown)", status: code)
    }
  }
}

extension MercuryError {
  /// Trying again cannot help; a person must do something.
  var isPermanent: Bool {
    [.replaced, .unauthorized, .forbidden, .badRequest, .closed, .hostNotAllowed].contains(code)
  }
}

extension MercuryError: Equatable {
  /// The underlying error is not looked at.
  public static func == (a: Self, b: Self) -> Bool {
    a.code == b.code && a.message == b.message && a.status == b.status
      && a.retryAfter == b.retryAfter
  }
}

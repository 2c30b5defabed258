// A token that Webex refuses after it has worked: one probe asks for all, everyone else waits at the
// gate. The assistant tells its health from here, and Mercury waits here too.

import CurlHTTP
import HTTPTypes
import Synchronization

extension WebexClient {
  /// How often one call is sent again after a 401 whose token the probe then found good.
  static var maximumRefusals: Int { 3 }

  /// Tells at once whether the token is accepted as far as known, and then at each change.
  public func watchToken(_ watcher: @escaping @Sendable (_ isAccepted: Bool) -> Void) async {
    await gate.watch(watcher)
  }

  /// Webex refused the token outside of this client's calls.
  public func tokenWasRefused() async { await refused(nil) }

  /// Returns when calls may be sent; throws `CancellationError`.
  public func untilTokenIsAccepted() async throws {
    let ticket = await gate.ticket(priority: .background, editedMessage: nil)
    _ = try await gate.enter(ticket)
    await gate.leave(ticket)
  }

  func refused(_ ticket: RateTicket?) async {
    await gate.refused(ticket) { [weak self] in await self?.probe() ?? true }
  }

  /// The only request while the token is refused. It may have been exchanged meanwhile.
  private func probe() async -> Bool {
    transport.reloadToken()
    do {
      let head = try HTTPRequest(method: .get, url: baseURL + "/people/me")
      var options = HTTPRequestOptions()
      options.timeouts = HTTPTimeouts(
        connect: configuration.connectTimeout, firstByte: configuration.firstByteTimeout,
        idle: configuration.firstByteTimeout, total: configuration.totalTimeout)
      let (response, body) = try await transport.send(head, options: options)
      _ = try? await body.collect(upTo: WebexLimits.maximumResponseBytes)
      return response.status.kind == .successful
    } catch {
      return false
    }
  }
}

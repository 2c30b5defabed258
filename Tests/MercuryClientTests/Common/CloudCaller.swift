// The parts of the client below `MercuryClient`, each against a cloud of its own, without a socket.

import CurlHTTP
import Foundation
import Logging
import WebexAPI

@testable import MercuryClient

/// Calls a fake cloud with its token. Every other host of plain `http` is reached too, through a proxy
/// that is a second fake cloud: what must not get a request can be seen not to get one.
final class CloudCaller: Sendable {
  let cloud = FakeCloud()
  let elsewhere = FakeCloud()
  let transport: BearerTransport
  let logger = Logger(label: "mercury-tests") { _ in SwiftLogNoOpLogHandler() }

  init() throws {
    let proxy = ProxyConfiguration.explicit(
      http: elsewhere.url, https: elsewhere.url, noProxy: "127.0.0.1")
    let http = try HTTPClient(configuration: HTTPClientConfiguration(proxy: proxy))
    transport = BearerTransport(
      token: FakeCloud.token, http: http, hosts: TokenHostPolicy(operatorURLs: [cloud.url]),
      userAgent: "mercury-tests", logger: logger)
  }

  var call: ServiceCall { ServiceCall(transport: transport, timeout: .seconds(60)) }
}

// U2C: which WDM serves this bot. Regional: a device registered with another region's WDM looks
// healthy and never gets an event, so there is no fallback to a well-known host.

import FoundationEssentials
import HTTPTypes
import WebexAPI

struct ServiceDiscovery: Sendable {
  let call: ServiceCall
  let u2cURL: String

  /// The base address of WDM, without a slash at its end.
  /// - Throws: `MercuryError` or `CancellationError`.
  func wdmURL() async throws -> String {
    let what = "asking U2C for the catalog"
    let answer = try await call.send(.get, Self.catalogURL(u2cURL), what)
    guard answer.isSuccess else { throw answer.error(.discovery, what) }
    guard var url = answer.decode(Catalog.self)?.wdm else {
      throw MercuryError(.discovery, "the catalog of U2C names no WDM service")
    }
    while url.hasSuffix("/") { url.removeLast() }
    // Fails here, with its own name, rather than at the first request to it.
    do {
      _ = try call.transport.bearerValue(for: url)
    } catch {
      throw MercuryError.wrapping(error, "the WDM address in the catalog")
    }
    return url
  }

  /// `…/u2c/api/v1` and `…/u2c/api/v1/catalog` mean the same; a query of the operator's is kept.
  static func catalogURL(_ configured: String) -> String {
    let bare = configured.prefix { $0 != "#" }
    var path = bare.prefix { $0 != "?" }
    var query = bare.dropFirst(path.count).dropFirst()
    while path.hasSuffix("/") { path.removeLast() }
    if !path.hasSuffix("/catalog") { path += "/catalog" }
    if !query.split(separator: "&").contains(where: { $0.lowercased().hasPrefix("format=") }) {
      query = query.isEmpty ? "format=hostmap" : query + "&format=hostmap"
    }
    return "\(path)?\(query)"
  }

  /// `format=hostmap`, and `format=U2Cv2` should the operator have asked for that.
  struct Catalog: Decodable {
    private struct Service: Codable {
      struct Address: Codable {
        var baseUrl: String?
        var priority: Int?
      }
      var serviceName: String?
      var serviceUrls: [Address]?
    }

    let wdm: String?

    private enum CodingKeys: String, CodingKey { case serviceLinks, services }
    private enum LinkKeys: String, CodingKey { case wdm }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let links = try? container.nestedContainer(keyedBy: LinkKeys.self, forKey: .serviceLinks)
      if let link = links?.lenient(String.self, .wdm) {
        wdm = link
        return
      }
      let services = container.lenient(Lossy<Service>.self, .services)?.elements ?? []
      wdm =
        services.first { $0.serviceName == "wdm" }?.serviceUrls?
        .min { ($0.priority ?? .max) < ($1.priority ?? .max) }?.baseUrl
    }
  }
}

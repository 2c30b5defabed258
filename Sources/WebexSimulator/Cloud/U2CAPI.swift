// U2C: the service catalog in its three formats. Every URL in it is the simulator's own.

extension Cloud {
  func u2c(_ request: Request) -> Response {
    let path = request.segments.dropFirst().joined(separator: "/")
    let trackingID = Self.trackingID()
    // The limited and sign-in catalogs come before any token.
    let isOpen = ["api/v1/limited/catalog", "api/v1/signin/catalog"].contains(path)
    do throws(WebexFailure) {
      guard isOpen || ["api/v1/catalog", "api/v1/user/catalog"].contains(path) else {
        throw .notFound
      }
      guard request.method == "GET" else { throw .methodNotAllowed }
      if !isOpen { _ = try authenticated(request) }
      return catalog(format: request.query("format")?.lowercased() ?? "hostmap")
    } catch {
      return error.response(trackingID: trackingID)
    }
  }

  /// `us` is the cluster of `urn:TEAM:us-east-2_a`.
  private var clusterURN: String {
    configuration.region == "us" ? "urn:TEAM:us-east-2_a" : configuration.region
  }

  var authority: String { String(baseURL.dropFirst("http://".count)) }

  private var serviceURLs: KeyValuePairs<String, String> {
    [
      "u2c": "\(baseURL)/u2c/api/v1",
      "wdm": "\(baseURL)/wdm/api/v1",
      "conversation": "\(baseURL)/conversation/api/v1",
      "hydra": "\(baseURL)/v1",
      "mercuryConnection": "ws://\(authority)/v1/apps/wx2",
    ]
  }

  private func catalog(format: String) -> Response {
    switch format {
    case "servicelist":
      return .json([
        "services": [
          [
            "id": .string("\(clusterURN):identityLookup"), "serviceName": "identityLookup",
            "serviceUrls": [["baseUrl": .string("\(baseURL)/conversation/api/v1"), "priority": 1]],
          ]
        ]
      ])
    case "u2cv2":
      return .json([
        "activeServices": .object(
          serviceURLs.map { .init($0.key, .string("\(clusterURN):\($0.key)")) }),
        "services": .array(
          serviceURLs.map { name, url in
            [
              "id": .string("\(clusterURN):\(name)"), "serviceName": .string(name),
              "serviceUrls": [
                ["baseUrl": .string(url), "host": .string(authority), "priority": 1]
              ],
            ]
          }),
        "orgId": .string(read { $0.orgUUID }),
        "timestamp": .string("\(Timestamp.now.milliseconds)"),
        "format": "U2Cv2",
      ])
    default:
      return .json([
        "serviceLinks": .object(serviceURLs.map { .init($0.key, .string($0.value)) }),
        "hostCatalog": .object([
          .init(
            authority,
            .array(
              serviceURLs.map { name, _ in
                [
                  "host": .string(authority), "ttl": -1, "priority": 5,
                  "id": .string("\(clusterURN):\(name)"),
                ]
              }))
        ]),
      ])
    }
  }
}

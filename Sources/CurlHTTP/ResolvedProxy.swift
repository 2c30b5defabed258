// Which proxy a target goes through, read once from the configuration or the environment.

import Glibc

struct ResolvedProxy: Sendable, Equatable {
  var http: String?
  var https: String?
  /// libcurl's list: hosts, domains, CIDR ranges, or `*`.
  var noProxy: String
  /// Loopback targets are reached directly.
  var sparesLoopback: Bool

  init(_ configuration: ProxyConfiguration, environment: (String) -> String? = Self.variable) {
    func first(_ names: String...) -> String? {
      names.lazy.compactMap(environment).first { !$0.isEmpty }
    }
    switch configuration {
    case .none:
      (http, https, noProxy, sparesLoopback) = (nil, nil, "", true)
    case .explicit(let http, let https, let noProxy):
      self.http = http.flatMap { $0.isEmpty ? nil : $0 }
      self.https = https.flatMap { $0.isEmpty ? nil : $0 }
      self.noProxy = noProxy ?? ""
      sparesLoopback = false
    case .environment:
      let all = first("all_proxy", "ALL_PROXY")
      http = first("http_proxy", "HTTP_PROXY") ?? all
      https = first("https_proxy", "HTTPS_PROXY") ?? all
      noProxy = first("no_proxy", "NO_PROXY") ?? ""
      sparesLoopback = true
    }
  }

  func proxy(for url: URLParts) -> String? {
    if sparesLoopback, url.isLoopback { return nil }
    return url.scheme == "https" ? https : http
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}

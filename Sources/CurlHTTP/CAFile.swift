// Which certificate bundle to trust.

import Glibc

enum CAFile {
  /// Where the distributions keep theirs: Debian and Ubuntu, Fedora, openSUSE, Alpine.
  private static let system = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
  ]

  /// - Throws: `.fileError` when the operator named a file that cannot be read.
  static func choose(_ configured: String?) throws(HTTPError) -> String? {
    let named = configured ?? getenv("SSL_CERT_FILE").map { String(cString: $0) }
    if let named, !named.isEmpty {
      guard access(named, R_OK) == 0 else {
        throw HTTPError(code: .fileError, message: "the CA file cannot be read: \(named)")
      }
      return named
    }
    return system.first { access($0, R_OK) == 0 }
  }
}

// Serves the web page's files from the package's resources at `/`.

import Foundation
import Synchronization

extension Cloud {
  /// No outside host; images of cards may come from anywhere https, and files of one's own as blobs.
  private static let policy =
    "default-src 'self'; img-src 'self' https: data: blob:; style-src 'self' 'unsafe-inline'; "
    + "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  func page(_ request: Request) -> Response {
    guard request.method == "GET" || request.method == "HEAD" else {
      return .text("Method not allowed", status: 405)
    }
    let names = request.segments.isEmpty ? ["index.html"] : request.segments
    guard names.allSatisfy({ !$0.hasPrefix(".") && !$0.contains("/") && !$0.contains("\0") }),
      let root = Bundle.module.url(forResource: "page", withExtension: nil),
      let data = try? Data(
        contentsOf: names.reduce(root) { $0.appendingPathComponent($1) }, options: [])
    else { return .text("Not found", status: 404) }
    let suffix = names[names.count - 1].split(separator: ".").last.map(String.init) ?? ""
    let type =
      [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon",
        "json": "application/json", "webmanifest": "application/manifest+json",
        "woff2": "font/woff2", "txt": "text/plain; charset=utf-8",
      ][suffix] ?? "application/octet-stream"
    return Response(
      status: 200,
      headers: [
        "Content-Type": type, "Content-Security-Policy": Self.policy,
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
      ], body: .bytes([UInt8](data)))
  }
}

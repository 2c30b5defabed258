// Redirects are followed here and not by libcurl, which would repeat a custom method and knows
// nothing of which headers are secrets.

import CCurl
import HTTPTypes

extension RequestPlan {
  /// The request that a redirect asks for (RFC 9110 §15.4), or `nil` if the response is none.
  func redirected(by head: HTTPResponse) throws(HTTPError) -> RequestPlan? {
    guard [301, 302, 303, 307, 308].contains(head.status.code),
      let location = head.headerFields[.location], !location.isEmpty
    else { return nil }
    var next = self
    next.url = try Self.resolve(location, against: url)
    let becomesGet =
      head.status.code == 303 ? method != .head : head.status.code < 303 && method == .post
    if becomesGet {
      next.method = .get
      next.body = .none
      next.isRepeatable = true
      for name in [HTTPField.Name.contentType, .contentEncoding, .contentLanguage] {
        next.headerFields[name] = nil
      }
    }
    if next.url.scheme != url.scheme || next.url.authority != url.authority {
      for name in [HTTPField.Name.authorization, .cookie, .proxyAuthorization] {
        next.headerFields[name] = nil
      }
    }
    return next
  }

  private static func resolve(_ location: String, against base: URLParts) throws(HTTPError)
    -> URLParts
  {
    guard let url = curl_url() else { throw HTTPError(code: .other, message: "curl_url failed") }
    defer { curl_url_cleanup(url) }
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_set(url, CURLUPART_URL, base.urlString, 0) == CURLUE_OK,
      curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK,
      curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK, let text
    else {
      throw HTTPError(
        code: .protocolError, message: "a redirect to nowhere", receivedResponseBytes: true,
        requestWasSent: true)
    }
    defer { curl_free(text) }
    return try URLParts(String(cString: text))
  }
}

extension BodyOwner {
  /// Reads the little that a redirect usually carries, so that its connection can be used again.
  func drain() async {
    var left = 64 * 1024
    while left > 0, let chunk = try? await next() { left -= chunk.count }
  }
}

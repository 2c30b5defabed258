// Shared files. Their addresses come in `Message.files` and need the token.

public import CurlHTTP
import HTTPTypes

extension WebexClient {
  /// A file's head and its bytes as a stream; dropping the body closes the transfer.
  ///
  /// Throws `.locked` with `retryAfter` while Webex still scans the file, `.gone` when it is
  /// infected, `.preconditionRequired` when it cannot be scanned: `allowUnscannable` takes such a
  /// file all the same.
  public func content(_ url: String, allowUnscannable: Bool = false) async throws
    -> (ContentInfo, HTTPBody)
  {
    var call = Call(.get, absolute: Self.contentURL(url, allowUnscannable: allowUnscannable))
    call.acceptsJSON = false
    call.timeouts = downloadTimeouts
    let (response, body) = try await open(call)
    return (ContentInfo(headers: response.headerFields), body)
  }

  /// A file's head only; throws as `content` does.
  public func contentInfo(_ url: String, allowUnscannable: Bool = false) async throws
    -> ContentInfo
  {
    var call = Call(.head, absolute: Self.contentURL(url, allowUnscannable: allowUnscannable))
    call.acceptsJSON = false
    let (response, body) = try await open(call)
    body.cancel()
    return ContentInfo(headers: response.headerFields)
  }

  private static func contentURL(_ url: String, allowUnscannable: Bool) -> String {
    guard allowUnscannable else { return url }
    return url + (url.contains("?") ? "&" : "?") + "allow=unscannable"
  }
}

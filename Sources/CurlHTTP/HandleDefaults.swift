// What requests and raw connections of one client have in common: TLS, proxy, protocols.

import CCurl

/// Settings that every handle of one client shares, worked out once.
struct HandleDefaults {
  var configuration: HTTPClientConfiguration
  var caFile: String?
  var proxy: ResolvedProxy

  /// TLS, proxy and protocol settings, the same for requests and raw connections.
  func apply(to easy: OpaquePointer, url: URLParts) {
    ccurl_set_string(easy, CURLOPT_URL, url.urlString)
    ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    ccurl_set_quick_exit(easy)
    if let caFile {
      // With a CApath libcurl parses the whole store again for each connection.
      ccurl_set_string(easy, CURLOPT_CAINFO, caFile)
      ccurl_set_string(easy, CURLOPT_CAPATH, nil)
      ccurl_set_string(easy, CURLOPT_PROXY_CAINFO, caFile)
      ccurl_set_string(easy, CURLOPT_PROXY_CAPATH, nil)
    }
    // An empty proxy also keeps libcurl from reading the environment itself.
    ccurl_set_string(easy, CURLOPT_PROXY, proxy.proxy(for: url) ?? "")
    ccurl_set_string(easy, CURLOPT_NOPROXY, proxy.noProxy)
  }
}

// libcurl's hundred result codes, sorted into the few kinds that a caller can act on.

import CCurl
import Glibc

extension HTTPError.Code {
  /// - Parameter isConnected: the request was already being written.
  init(_ code: CURLcode, isConnected: Bool, easy: OpaquePointer) {
    let connectStatus = ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE)
    if !isConnected, connectStatus != 0, !(200...299).contains(connectStatus) {
      self = .proxy
      return
    }
    let systemError = Int32(truncatingIfNeeded: ccurl_get_long(easy, CURLINFO_OS_ERRNO))
    switch code {
    case CURLE_URL_MALFORMAT:
      self = .badURL
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      self = .resolve
    case CURLE_COULDNT_CONNECT:
      self = systemError == ETIMEDOUT ? .connectTimeout : .refused
    case CURLE_OPERATION_TIMEDOUT:
      self = isConnected ? .deadlineExceeded : .connectTimeout
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE:
      self = .certificate
    case CURLE_SSL_CONNECT_ERROR where systemError == ECONNRESET || systemError == EPIPE:
      self = .connectionLost
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED,
      CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
      self = .tls
    case CURLE_PROXY:
      self = .proxy
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND, CURLE_HTTP3, CURLE_QUIC_CONNECT_ERROR:
      self = .connectionLost
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING,
      CURLE_CHUNK_FAILED:
      self = .protocolError
    case CURLE_TOO_MANY_REDIRECTS:
      self = .tooManyRedirects
    case CURLE_FILESIZE_EXCEEDED:
      self = .bodyTooLarge
    case CURLE_READ_ERROR, CURLE_FILE_COULDNT_READ_FILE:
      self = .fileError
    default:
      self = .other
    }
  }
}

/// libcurl's sentence about this failure, else its name for the code.
func curlText(_ code: CURLcode, _ buffer: UnsafeMutablePointer<CChar>) -> String {
  let text = String(cString: buffer)
  return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
}

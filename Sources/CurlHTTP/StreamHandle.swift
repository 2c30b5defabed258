// A raw connection on the loop thread: connected by libcurl (CURLOPT_CONNECT_ONLY), then read and
// written through it whenever epoll says so.

import CCurl
import Glibc

final class StreamHandle {
  let stream: ByteStream
  private unowned let loop: LoopThread
  private let easy: OpaquePointer
  private let multi: MultiHandle
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private let connectDeadline: UInt64
  private var socket: Int32?
  private var watched: UInt32 = 0
  private var current: (write: ByteStream.Write, offset: Int)?
  private(set) var hasEnded = false
  private var isOpen = true

  init(stream: ByteStream, loop: LoopThread) throws(HTTPError) {
    guard let easy = curl_easy_init() else {
      throw HTTPError(code: .other, message: "curl_easy_init failed")
    }
    self.easy = easy
    self.stream = stream
    self.loop = loop
    connectDeadline = loop.now &+ stream.connectTimeout.nanoseconds
    errorText[0] = 0
    do throws(HTTPError) {
      multi = try MultiHandle(epoll: loop.epoll)
    } catch {
      curl_easy_cleanup(easy)
      errorText.deallocate()
      throw error
    }
  }

  deinit {
    close()
    errorText.deallocate()
  }

  func start() throws(HTTPError) {
    loop.defaults.apply(to: easy, url: stream.url)
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    ccurl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
    // Else ALPN would offer h2, which is no byte stream.
    ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    ccurl_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
    ccurl_set_long(
      easy, CURLOPT_CONNECTTIMEOUT_MS,
      Int(min(stream.connectTimeout.nanoseconds / 1_000_000, 1 << 30)))
    multi.onSocket = { [unowned self] socket, isThere in
      loop.route(socket: socket, to: isThere ? self : nil)
    }
    try multi.add(easy)
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    hasEnded = true
    if let socket {
      ccurl_epoll_forget(loop.epoll, socket)
      loop.route(socket: socket, to: nil)
    }
    multi.remove(easy)
    curl_easy_cleanup(easy)
    multi.close()
  }

  // MARK: events

  var nextDeadline: UInt64 {
    socket == nil ? min(connectDeadline, multi.deadline ?? .max) : .max
  }

  func runTimers(now: UInt64) {
    guard socket == nil, !hasEnded else { return }
    multi.runTimer(now: now)
    checkConnected()
    if socket == nil, !hasEnded, connectDeadline <= now {
      fail(
        HTTPError(
          code: .connectTimeout, message: "no connection within \(stream.connectTimeout)"))
    }
  }

  func socketIsReady(_ event: ccurl_event) {
    if socket == nil {
      multi.socketIsReady(event)
      checkConnected()
    } else {
      service()
    }
  }

  private func checkConnected() {
    guard let (_, code) = multi.nextFinished() else { return }
    guard code == CURLE_OK else {
      return fail(
        HTTPError(
          code: .init(code, isConnected: false, easy: easy), message: curlText(code, errorText),
          curlCode: Int(code.rawValue)))
    }
    let socket = ccurl_get_socket(easy)
    guard socket >= 0 else {
      return fail(HTTPError(code: .other, message: "connected without a socket"))
    }
    self.socket = socket
    loop.route(socket: socket, to: self)
    stream.receiveConnected()
    // Whatever the peer said first may already be inside TLS's buffers.
    service()
  }

  /// Reads and writes until the socket or the reader has had enough.
  func service() {
    guard socket != nil, !hasEnded else { return }
    var wanted: UInt32 = 0
    if !writeAll() { wanted |= UInt32(ccurl_out) }
    if !hasEnded, readAll() { wanted |= UInt32(ccurl_in) }
    guard let socket, !hasEnded, wanted != watched else { return }
    watched = wanted
    if wanted == 0 {
      ccurl_epoll_forget(loop.epoll, socket)
    } else {
      _ = ccurl_epoll_watch(loop.epoll, socket, wanted)
    }
  }

  /// - Returns: whether more may be read later; `false` while the reader is behind.
  private func readAll() -> Bool {
    while stream.hasRoom() {
      var count = 0
      var code = CURLE_OK
      let chunk = [UInt8](unsafeUninitializedCapacity: 16 * 1024) { buffer, initialized in
        code = curl_easy_recv(easy, buffer.baseAddress, buffer.count, &count)
        initialized = code == CURLE_OK ? count : 0
      }
      switch code {
      case CURLE_OK where count > 0:
        stream.receive(chunk)
      case CURLE_OK:
        hasEnded = true
        stream.finishAtEOF()
        return false
      case CURLE_AGAIN:
        return true
      default:
        fail(lost(code))
        return false
      }
    }
    return false
  }

  /// - Returns: whether everything is written; `false` when the socket is full.
  private func writeAll() -> Bool {
    while true {
      if current == nil { current = stream.nextWrite().map { ($0, 0) } }
      guard let (write, offset) = current else { return true }
      var count = 0
      let code = write.bytes.withUnsafeBytes { bytes in
        curl_easy_send(easy, bytes.baseAddress! + offset, bytes.count - offset, &count)
      }
      switch code {
      case CURLE_OK where offset + count == write.bytes.count:
        current = nil
        stream.finishWrite(write.id)
      case CURLE_OK:
        current?.offset += count
      case CURLE_AGAIN:
        return false
      default:
        // The peer's last words may explain why it went.
        _ = readAll()
        if !hasEnded { fail(lost(code)) }
        return true
      }
    }
  }

  private func lost(_ code: CURLcode) -> HTTPError {
    HTTPError(
      code: .connectionLost, message: curlText(code, errorText), requestWasSent: true,
      curlCode: Int(code.rawValue))
  }

  private func fail(_ error: HTTPError) {
    hasEnded = true
    stream.finish(throwing: error)
  }
}

// One request on the loop thread, in the hands of one easy handle of libcurl: what its callbacks
// say, and when it has taken too long. LoopThread owns these and nobody else sees them.

import CCurl
import Glibc
import HTTPTypes

final class EasyHandle {
  let easy: OpaquePointer
  let transfer: Transfer
  /// Made after the first try met a dead pooled connection; there is no third.
  let isSecondTry: Bool
  unowned let loop: LoopThread
  // What the options point at, for as long as the handle lives.
  var headers: UnsafeMutablePointer<curl_slist>?
  var mime: OpaquePointer?
  var uploadFD: Int32 = -1
  let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var headParser = ResponseHeadParser()
  private var bodyBytes = 0

  // What the timers look at; times are `monotonicNow`'s.
  private let startedAt: UInt64
  /// When the earliest reminder in the loop's heap is due.
  var scheduled: UInt64?
  private(set) var requestsWritten = 0
  /// What libcurl had sent by the first time: a proxy's CONNECT.
  private var bytesBeforeRequest = 0
  private(set) var hasResponseBytes = false
  private var lastActivity: UInt64
  private var isUploading = false
  private var uploaded: Int64 = 0
  private(set) var isPaused = false
  /// An error of ours that made a callback abort libcurl.
  private(set) var ownError: HTTPError? {
    didSet { closeWhenAlone() }
  }

  init(transfer: Transfer, loop: LoopThread, freshConnection: Bool) throws(HTTPError) {
    guard let easy = curl_easy_init() else {
      throw HTTPError(code: .other, message: "curl_easy_init failed")
    }
    self.easy = easy
    self.transfer = transfer
    self.loop = loop
    isSecondTry = freshConnection
    startedAt = loop.now
    lastActivity = loop.now
    errorText[0] = 0
    configure(freshConnection: freshConnection)
    try addBody()
    addHeaders()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
    curl_mime_free(mime)
    if uploadFD >= 0 { close(uploadFD) }
    errorText.deallocate()
  }

  // MARK: timers

  private enum Limit {
    case connect, firstByte, idle, total
  }

  /// The limits that apply in the present phase, and when each is reached.
  private var limits: [(limit: Limit, at: UInt64)] {
    let timeouts = transfer.plan.timeouts
    var limits: [(Limit, UInt64)] = []
    if requestsWritten == 0 {
      limits.append((.connect, startedAt &+ timeouts.connect.nanoseconds))
    } else if !hasResponseBytes, !isUploading {
      if let firstByte = timeouts.firstByte {
        limits.append((.firstByte, lastActivity &+ firstByte.nanoseconds))
      }
    } else if !isPaused, let idle = timeouts.idle {
      limits.append((.idle, lastActivity &+ idle.nanoseconds))
    }
    if let deadline = transfer.plan.deadline { limits.append((.total, deadline)) }
    return limits
  }

  var nextDeadline: UInt64? {
    limits.map(\.at).min()
  }

  /// What has taken too long by now.
  func expired(at now: UInt64) -> HTTPError? {
    guard let (limit, _) = limits.filter({ $0.at <= now }).min(by: { $0.at < $1.at }) else {
      return nil
    }
    let timeouts = transfer.plan.timeouts
    switch limit {
    case .connect: return error(.connectTimeout, "no connection within \(timeouts.connect)")
    case .firstByte:
      return error(.firstByteTimeout, "no response within \(timeouts.firstByte ?? .zero)")
    case .idle: return error(.idleTimeout, "no byte for \(timeouts.idle ?? .zero)")
    case .total: return error(.deadlineExceeded, "not done within \(timeouts.total ?? .zero)")
    }
  }

  func unpause() -> CURLcode {
    guard isPaused else { return CURLE_OK }
    isPaused = false
    lastActivity = loop.now
    return curl_easy_pause(easy, CURLPAUSE_CONT)
  }

  /// For a transfer that ends before its response: closes its connection, unless other HTTP/2 streams
  /// are on it. libcurl would keep it and, on its own, never send the RST_STREAM that it queues.
  /// Must come before libcurl is done with the handle, so also from the callbacks that abort it.
  func closeWhenAlone() {
    ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
  }

  /// Makes libcurl write out what an HTTP/2 connection has queued: changing a pause does. Only the
  /// sending half, and only when the request is out, so that nothing is held up or handed over.
  func flushConnection() {
    guard requestsWritten > 0, !isUploading, !isPaused else { return }
    curl_easy_pause(easy, CURLPAUSE_SEND)
    curl_easy_pause(easy, CURLPAUSE_CONT)
  }

  // MARK: callbacks

  func willWriteRequest() -> Bool {
    // A second time without a byte in between is libcurl's own retry on a dead pooled connection,
    // which it does for POST as well (five times at most). If the first write failed, as it does
    // after a reset that libcurl 7.88 overlooks, the server has seen nothing and it is welcome.
    if requestsWritten > 0, !hasResponseBytes, !transfer.plan.isRepeatable, wasSent {
      ownError = error(.connectionLost, "the pooled connection died before a response came")
      return false
    }
    if requestsWritten == 0 {
      bytesBeforeRequest = ccurl_get_long(easy, CURLINFO_REQUEST_SIZE)
    }
    requestsWritten += 1
    lastActivity = loop.now
    isUploading = false
    uploaded = 0
    loop.schedule(self)
    return true
  }

  func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    lastActivity = loop.now
    if !hasResponseBytes {
      hasResponseBytes = true
      loop.schedule(self)
    }
    do throws(HTTPError) {
      if let head = try headParser.handle(line: line) { transfer.receive(head: head) }
      return true
    } catch {
      ownError = self.error(error.code, error.message)
      return false
    }
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    lastActivity = loop.now
    if let limit = transfer.plan.maximumBodyBytes, bodyBytes + bytes.count > limit {
      ownError = .bodyTooLarge(limit)
      return 0
    }
    switch transfer.receive(bytes) {
    case .taken:
      bodyBytes += bytes.count
      return bytes.count
    case .pause:
      isPaused = true
      return ccurl_write_pause()
    case .abort:
      closeWhenAlone()
      return 0
    }
  }

  func progress(uploaded now: Int64, of total: Int64) {
    guard now != uploaded || isUploading != (now < total) else { return }
    uploaded = now
    isUploading = now < total
    lastActivity = loop.now
    loop.schedule(self)
  }

  func readUpload(into buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
    let count = read(uploadFD, buffer, capacity)
    if count < 0 {
      ownError = error(.fileError, "the file to upload cannot be read: errno \(errno)")
      return ccurl_read_abort()
    }
    return count
  }

  func seekUpload(to offset: Int64, origin: Int32) -> Bool {
    lseek(uploadFD, off_t(offset), origin) >= 0
  }

  // MARK: results

  /// Nothing came back and the connection was an old one: the request deserves a new one.
  func deservesFreshConnection(after code: CURLcode) -> Bool {
    guard ownError == nil, !hasResponseBytes, transfer.plan.isRepeatable || !wasSent,
      requestsWritten > 0, ccurl_get_long(easy, CURLINFO_NUM_CONNECTS) == 0
    else { return false }
    switch code {
    // An HTTP/2 connection that ends under a stream is a "partial file", even before its head.
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
      return true
    default:
      return false
    }
  }

  func failure(_ code: CURLcode) -> HTTPError {
    if let ownError { return ownError }
    return error(
      .init(code, isConnected: requestsWritten > 0, easy: easy), curlText(code, errorText),
      curlCode: Int(code.rawValue))
  }

  private func error(_ code: HTTPError.Code, _ message: String, curlCode: Int? = nil) -> HTTPError {
    HTTPError(
      code: code, message: message, receivedResponseBytes: hasResponseBytes,
      requestWasSent: wasSent, curlCode: curlCode)
  }

  /// Whether the kernel (or, for HTTP/2, the framing layer) took any byte of the request.
  private var wasSent: Bool {
    requestsWritten > 0 && ccurl_get_long(easy, CURLINFO_REQUEST_SIZE) > bytesBeforeRequest
  }
}

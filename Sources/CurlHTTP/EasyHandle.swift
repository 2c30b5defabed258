// One easy handle of libcurl on the loop thread: how a RequestPlan becomes options, and what its
// callbacks say. LoopThread owns these and nobody else sees them.

import CCurl
import Glibc
import HTTPTypes

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

final class EasyHandle {
  let easy: OpaquePointer
  let transfer: Transfer
  /// Made after the first try met a dead pooled connection; there is no third.
  let isSecondTry: Bool
  private unowned let loop: LoopThread
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var mime: OpaquePointer?
  private var uploadFD: Int32 = -1
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
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
  private(set) var ownError: HTTPError?

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

  // MARK: options

  private func configure(freshConnection: Bool) {
    let plan = transfer.plan
    let defaults = loop.defaults
    defaults.apply(to: easy, url: plan.url)
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, context)
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    ccurl_set_write(easy, onBody, context)
    ccurl_set_header(easy, onHeader, context)
    ccurl_set_prereq(easy, onRequest, context)
    ccurl_set_long(
      easy, CURLOPT_CONNECTTIMEOUT_MS,
      Int(min(plan.timeouts.connect.nanoseconds / 1_000_000, 1 << 30)))
    switch defaults.configuration.version {
    case .http1:
      ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    case .http2:
      ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      ccurl_set_long(easy, CURLOPT_PIPEWAIT, 1)
    }
    // libcurl drops the fraction before it compares, so "3" still admits 3.9 s. A request that
    // must not be sent twice takes only what was in use a moment ago.
    let age = Int(defaults.configuration.maximumIdleAge.components.seconds)
    ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, plan.isRepeatable ? max(age - 1, 0) : 0)
    if freshConnection { ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
  }

  private func addBody() throws(HTTPError) {
    let plan = transfer.plan
    guard plan.method != .head else {
      ccurl_set_long(easy, CURLOPT_NOBODY, 1)
      return
    }
    switch plan.body {
    case .none:
      // Those without a body still say so: `Content-Length: 0`.
      switch plan.method {
      case .post, .put, .patch: post([])
      default: ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
      }
      ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, plan.method.rawValue)
      return
    case .bytes(let bytes): post(bytes)
    case .multipart(let form): try addForm(form)
    case .file(let path): try addFile(path)
    }
    // HTTPGET and MIMEPOST reset the method's name.
    ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, plan.method.rawValue)
    ccurl_set_progress(easy, onProgress, Unmanaged.passUnretained(self).toOpaque())
  }

  private func post(_ bytes: [UInt8]) {
    ccurl_set_long(easy, CURLOPT_POST, 1)
    _ = bytes.withUnsafeBytes { ccurl_copy_postfields(easy, $0.baseAddress, curl_off_t($0.count)) }
  }

  private func addForm(_ form: MultipartForm) throws(HTTPError) {
    mime = curl_mime_init(easy)
    for part in form.parts {
      let slot = curl_mime_addpart(mime)
      curl_mime_name(slot, part.name)
      switch part.content {
      case .bytes(let bytes):
        _ = bytes.withUnsafeBytes { buffer in
          curl_mime_data(
            slot, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
      case .file(let path):
        _ = try regularFileSize(path)
        guard curl_mime_filedata(slot, path) == CURLE_OK else { throw .unreadable(path) }
      }
      // After `filedata`, which would put the file's own name there.
      if let filename = part.filename { curl_mime_filename(slot, filename) }
      if let type = part.contentType { curl_mime_type(slot, type) }
    }
    ccurl_set_mime(easy, mime)
  }

  private func addFile(_ path: String) throws(HTTPError) {
    let size = try regularFileSize(path)
    uploadFD = open(path, O_RDONLY | O_CLOEXEC)
    guard uploadFD >= 0 else { throw .unreadable(path) }
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
    ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(size))
    ccurl_set_read(easy, onUpload, context)
    ccurl_set_seek(easy, onSeek, context)
  }

  private func regularFileSize(_ path: String) throws(HTTPError) -> Int64 {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, access(path, R_OK) == 0 else {
      throw .unreadable(path)
    }
    return Int64(info.st_size)
  }

  private func addHeaders() {
    let plan = transfer.plan
    func add(_ line: String) { headers = curl_slist_append(headers, line) }
    // No "100 Continue" dance, and no form type that libcurl would make up.
    add("Expect:")
    var isForm = false
    if case .multipart = plan.body { isForm = true }
    if !isForm, !plan.headerFields.contains(.contentType) { add("Content-Type:") }
    if !plan.headerFields.contains(.userAgent) {
      ccurl_set_string(easy, CURLOPT_USERAGENT, loop.defaults.configuration.userAgent)
    }
    for field in plan.headerFields {
      switch field.name {
      case .contentLength, .transferEncoding, .expect: continue  // the framing is libcurl's
      case .contentType where isForm: continue
      default: add(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
      }
    }
    ccurl_set_headers(easy, headers)
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

  // MARK: callbacks

  fileprivate func willWriteRequest() -> Bool {
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

  fileprivate func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
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

  fileprivate func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
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
      return 0
    }
  }

  fileprivate func progress(uploaded now: Int64, of total: Int64) {
    guard now != uploaded || isUploading != (now < total) else { return }
    uploaded = now
    isUploading = now < total
    lastActivity = loop.now
    loop.schedule(self)
  }

  fileprivate func readUpload(into buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
    let count = read(uploadFD, buffer, capacity)
    if count < 0 {
      ownError = error(.fileError, "the file to upload cannot be read: errno \(errno)")
      return ccurl_read_abort()
    }
    return count
  }

  fileprivate func seekUpload(to offset: Int64, origin: Int32) -> Bool {
    lseek(uploadFD, off_t(offset), origin) >= 0
  }

  // MARK: results

  /// Nothing came back and the connection was an old one: the request deserves a new one.
  func deservesFreshConnection(after code: CURLcode) -> Bool {
    guard ownError == nil, !hasResponseBytes, transfer.plan.isRepeatable || !wasSent,
      requestsWritten > 0, ccurl_get_long(easy, CURLINFO_NUM_CONNECTS) == 0
    else { return false }
    switch code {
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_SEND_FAIL_REWIND:
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

extension HTTPError {
  fileprivate static func unreadable(_ path: String) -> HTTPError {
    HTTPError(code: .fileError, message: "not a readable file: \(path)")
  }
}

private func handle(_ context: UnsafeMutableRawPointer?) -> EasyHandle {
  Unmanaged<EasyHandle>.fromOpaque(context!).takeUnretainedValue()
}

private let onBody: ccurl_bytes_callback = { bytes, size, count, context in
  handle(context).receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let onHeader: ccurl_bytes_callback = { bytes, size, count, context in
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return handle(context).receiveHeader(line) ? line.count : 0
}

private let onUpload: ccurl_bytes_callback = { bytes, size, count, context in
  handle(context).readUpload(into: bytes!, size * count)
}

private let onSeek: ccurl_seek_callback = { context, offset, origin in
  handle(context).seekUpload(to: Int64(offset), origin: origin)
    ? Int32(CURL_SEEKFUNC_OK) : Int32(CURL_SEEKFUNC_FAIL)
}

private let onProgress: ccurl_progress_callback = { context, _, _, total, uploaded in
  handle(context).progress(uploaded: Int64(uploaded), of: Int64(total))
  return 0
}

private let onRequest: ccurl_prereq_callback = { context, _, _, _, _ in
  handle(context).willWriteRequest() ? Int32(CURL_PREREQFUNC_OK) : Int32(CURL_PREREQFUNC_ABORT)
}

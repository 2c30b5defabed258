// How a RequestPlan becomes options of an easy handle, and the C side of its callbacks.

import CCurl
import Glibc
import HTTPTypes

extension EasyHandle {
  func configure(freshConnection: Bool) {
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
    // Not for HTTP/2, where the dead connection's other streams want a second one as well: each on a
    // connection of its own, they would not fit under the cap. libcurl has closed the dead one.
    if freshConnection, defaults.configuration.version == .http1 {
      ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
    }
  }

  func addBody() throws(HTTPError) {
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

  func addHeaders() {
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

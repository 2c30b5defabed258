// A multi handle of libcurl on the loop's epoll. The client's requests share one, and with it the
// connection pool; every raw connection has its own, so that the pool never touches it.

import CCurl

final class MultiHandle {
  private var multi: OpaquePointer?
  private let epoll: Int32
  /// When libcurl wants to be called although no socket moved.
  private(set) var deadline: UInt64?
  /// Told of each socket that comes (true) and goes.
  var onSocket: ((Int32, Bool) -> Void)?

  init(epoll: Int32) throws(HTTPError) {
    guard let multi = curl_multi_init() else {
      throw HTTPError(code: .other, message: "curl_multi_init failed")
    }
    self.multi = multi
    self.epoll = epoll
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_set_callbacks(multi, onSocketChange, onTimerChange, context)
  }

  deinit {
    close()
  }

  func setLong(_ option: CURLMoption, _ value: Int) {
    ccurl_multi_set_long(multi, option, value)
  }

  func add(_ easy: OpaquePointer) throws(HTTPError) {
    let code = curl_multi_add_handle(multi, easy)
    guard code == CURLM_OK else {
      throw HTTPError(
        code: .other, message: "libcurl: " + String(cString: curl_multi_strerror(code)))
    }
  }

  func remove(_ easy: OpaquePointer) {
    curl_multi_remove_handle(multi, easy)
  }

  /// Closes the pooled connections. All easy handles must be out.
  func close() {
    guard let multi else { return }
    self.multi = nil
    curl_multi_cleanup(multi)
  }

  func socketIsReady(_ event: ccurl_event) {
    var mask: Int32 = 0
    if event.events & UInt32(ccurl_in) != 0 { mask |= Int32(CURL_CSELECT_IN) }
    if event.events & UInt32(ccurl_out) != 0 { mask |= Int32(CURL_CSELECT_OUT) }
    if event.events & UInt32(ccurl_error | ccurl_hangup) != 0 {
      mask |= Int32(CURL_CSELECT_ERR)
    }
    var running: Int32 = 0
    curl_multi_socket_action(multi, event.fd, mask, &running)
  }

  func runTimer(now: UInt64) {
    guard let due = deadline, due <= now else { return }
    deadline = nil
    var running: Int32 = 0
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
  }

  func nextFinished() -> (OpaquePointer, CURLcode)? {
    var code = CURLE_OK
    return ccurl_multi_next_done(multi, &code).map { ($0, code) }
  }

  // MARK: callbacks

  fileprivate func socketChanged(_ socket: Int32, _ what: Int32) {
    var events: UInt32 = 0
    if what == CURL_POLL_IN || what == CURL_POLL_INOUT { events |= UInt32(ccurl_in) }
    if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { events |= UInt32(ccurl_out) }
    if events == 0 {
      // Gone or paused. Even without events epoll would report a hang-up, again and again.
      ccurl_epoll_forget(epoll, socket)
      onSocket?(socket, false)
    } else {
      _ = ccurl_epoll_watch(epoll, socket, events)
      onSocket?(socket, true)
    }
  }

  fileprivate func timerChanged(_ milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : monotonicNow() + UInt64(milliseconds) * 1_000_000
  }
}

private let onSocketChange: ccurl_socket_callback = { _, socket, what, context, _ in
  Unmanaged<MultiHandle>.fromOpaque(context!).takeUnretainedValue().socketChanged(socket, what)
  return 0
}

private let onTimerChange: ccurl_timer_callback = { _, milliseconds, context in
  Unmanaged<MultiHandle>.fromOpaque(context!).takeUnretainedValue().timerChanged(milliseconds)
  return 0
}

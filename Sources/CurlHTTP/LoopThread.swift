// The one thread that talks to libcurl: epoll says which socket moved, libcurl does the rest, and
// its callbacks feed the transfers. Started and ended by CurlLoop; nothing here is shared.

import CCurl
import Glibc

final class LoopThread {
  let defaults: HandleDefaults
  /// The time of this turn of the loop: callbacks need no clock of their own.
  private(set) var now = monotonicNow()
  let epoll: Int32
  private let mailbox: LoopMailbox
  private let multi: MultiHandle
  private var handles: [ObjectIdentifier: EasyHandle] = [:]
  private var timers = TimerHeap()
  private var streams: [ObjectIdentifier: StreamHandle] = [:]
  /// Sockets that do not belong to the common multi handle.
  private var streamSockets: [Int32: StreamHandle] = [:]
  /// Where an HTTP/2 stream was given up in this turn.
  private var hostsToFlush: Set<String> = []
  private var isStopping = false

  init(mailbox: LoopMailbox, configuration: HTTPClientConfiguration) throws(HTTPError) {
    defaults = try HandleDefaults(
      configuration: configuration, caFile: CAFile.choose(configuration.caFile),
      proxy: ResolvedProxy(configuration.proxy))
    self.mailbox = mailbox
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0, ccurl_epoll_watch(epoll, mailbox.eventFD, UInt32(ccurl_in)) == 0
    else { throw HTTPError(code: .other, message: "epoll: errno \(errno)") }
    multi = try MultiHandle(epoll: epoll)
    var perHost = configuration.maximumConnectionsPerHost
    if case .http2(let cap) = configuration.version { perHost = max(1, cap) }
    multi.setLong(CURLMOPT_MAX_HOST_CONNECTIONS, perHost)
    // Idle connections beyond this are closed instead of kept.
    multi.setLong(CURLMOPT_MAXCONNECTS, 256)
  }

  deinit {
    close(epoll)
  }

  // MARK: the loop

  func run() {
    blockSignals()
    while true {
      for command in mailbox.take() { perform(command) }
      flushResets()
      reapFinished()
      if isStopping { break }
      turn()
    }
    stop()
  }

  private func turn() {
    var events = [ccurl_event](repeating: ccurl_event(), count: 128)
    let count = ccurl_epoll_wait(epoll, &events, 128, millisecondsToWait())
    now = monotonicNow()
    for event in events.prefix(max(0, Int(count))) {
      if event.fd == mailbox.eventFD {
        mailbox.clearSignal()
      } else if let stream = streamSockets[event.fd] {
        stream.socketIsReady(event)
        finishIfEnded(stream)
      } else {
        multi.socketIsReady(event)
      }
    }
    multi.runTimer(now: now)
    for stream in streams.values {
      stream.runTimers(now: now)
      finishIfEnded(stream)
    }
    runDeadlines()
    reapFinished()
    flushResets()
  }

  private func millisecondsToWait() -> Int32 {
    var next = min(timers.next ?? .max, multi.deadline ?? .max)
    for stream in streams.values { next = min(next, stream.nextDeadline) }
    guard next != .max else { return -1 }
    let now = monotonicNow()
    guard next > now else { return 0 }
    return Int32(min((next - now + 999_999) / 1_000_000, 3_600_000))
  }

  /// Signals are the program's; a write to a closed socket must not kill it.
  private func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }

  // MARK: commands

  private func perform(_ command: LoopCommand) {
    switch command {
    case .start(let transfer):
      if !transfer.hasEnded { begin(transfer, freshConnection: false) }
    case .unpause(let transfer):
      guard let handle = handles[ObjectIdentifier(transfer)] else { return }
      let code = handle.unpause()
      if code != CURLE_OK { finish(handle, code) } else { schedule(handle) }
    case .cancel(let transfer):
      if let handle = handles[ObjectIdentifier(transfer)] { abandon(handle) }
    case .connect(let stream):
      connect(stream)
    case .service(let stream):
      guard let handle = streams[ObjectIdentifier(stream)] else { return }
      handle.service()
      finishIfEnded(handle)
    case .close(let stream):
      if let handle = streams[ObjectIdentifier(stream)] { remove(handle) }
    case .shutdown:
      isStopping = true
    }
  }

  private func stop() {
    for handle in Array(handles.values) {
      remove(handle)
      handle.transfer.finish(throwing: HTTPError.shutdown)
    }
    for handle in Array(streams.values) {
      remove(handle)
      handle.stream.finish(throwing: .shutdown)
    }
    for command in mailbox.closeForGood() {
      switch command {
      case .start(let transfer): transfer.finish(throwing: HTTPError.shutdown)
      case .connect(let stream), .service(let stream): stream.finish(throwing: .shutdown)
      case .unpause, .cancel, .close, .shutdown: break
      }
    }
    multi.close()
    mailbox.markEnded()
  }

  // MARK: transfers

  private func begin(_ transfer: Transfer, freshConnection: Bool) {
    do throws(HTTPError) {
      let handle = try EasyHandle(
        transfer: transfer, loop: self, freshConnection: freshConnection)
      handles[ObjectIdentifier(transfer)] = handle
      mailbox.setLiveHandles(handles.count + streams.count)
      schedule(handle)
      try multi.add(handle.easy)
    } catch {
      if let handle = handles[ObjectIdentifier(transfer)] { remove(handle) }
      transfer.finish(throwing: error)
    }
  }

  private func reapFinished() {
    while let (easy, code) = multi.nextFinished() {
      guard let context = ccurl_get_private(easy) else { continue }
      finish(Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue(), code)
    }
  }

  private func finish(_ handle: EasyHandle, _ code: CURLcode) {
    let transfer = handle.transfer
    if code == CURLE_OK {
      remove(handle)
      transfer.finishComplete()
    } else if handle.deservesFreshConnection(after: code), !handle.isSecondTry {
      remove(handle)
      begin(transfer, freshConnection: true)
    } else {
      let error = handle.failure(code)
      abandon(handle)
      transfer.finish(throwing: error)
    }
  }

  private func remove(_ handle: EasyHandle) {
    handles[ObjectIdentifier(handle.transfer)] = nil
    multi.remove(handle.easy)
    mailbox.setLiveHandles(handles.count + streams.count)
  }

  /// Removes a transfer that the server may still be working on, and lets it know.
  private func abandon(_ handle: EasyHandle) {
    handle.closeWhenAlone()
    remove(handle)
    if defaults.configuration.version != .http1 {
      hostsToFlush.insert(handle.transfer.plan.url.authority)
    }
  }

  /// libcurl 7.88 only queues an HTTP/2 stream's RST_STREAM, until the connection has other business:
  /// with nothing but silent neighbours, the server would go on with an answer that nobody wants.
  private func flushResets() {
    guard !hostsToFlush.isEmpty else { return }
    for handle in handles.values where hostsToFlush.contains(handle.transfer.plan.url.authority) {
      handle.flushConnection()
    }
    hostsToFlush.removeAll()
  }

  // MARK: deadlines

  /// Makes sure that someone looks at this handle when its next deadline is due.
  func schedule(_ handle: EasyHandle) {
    guard let deadline = handle.nextDeadline, deadline < handle.scheduled ?? .max else { return }
    handle.scheduled = deadline
    timers.push(.init(deadline: deadline, id: ObjectIdentifier(handle.transfer)))
  }

  private func runDeadlines() {
    while let due = timers.pop(dueBy: now) {
      guard let handle = handles[due.id] else { continue }
      if handle.scheduled == due.deadline { handle.scheduled = nil }
      if let error = handle.expired(at: now) {
        abandon(handle)
        handle.transfer.finish(throwing: error)
      } else {
        schedule(handle)
      }
    }
    timers.compact(live: handles.count) { handles[$0] != nil }
  }

  // MARK: raw connections

  private func connect(_ stream: ByteStream) {
    guard !stream.hasEnded else { return }
    do throws(HTTPError) {
      let handle = try StreamHandle(stream: stream, loop: self)
      streams[ObjectIdentifier(stream)] = handle
      mailbox.setLiveHandles(handles.count + streams.count)
      try handle.start()
    } catch {
      if let handle = streams[ObjectIdentifier(stream)] { remove(handle) }
      stream.finish(throwing: error)
    }
  }

  func route(socket: Int32, to handle: StreamHandle?) {
    streamSockets[socket] = handle
  }

  private func finishIfEnded(_ handle: StreamHandle) {
    if handle.hasEnded { remove(handle) }
  }

  private func remove(_ handle: StreamHandle) {
    streams[ObjectIdentifier(handle.stream)] = nil
    handle.close()
    mailbox.setLiveHandles(handles.count + streams.count)
  }
}

// The owner of the loop thread. HTTPClient and everything still in flight hold it; when the last
// of them lets go, the thread ends.

import CCurl
import Glibc

final class CurlLoop: Sendable {
  let mailbox: LoopMailbox
  private let thread: Lock<pthread_t?>

  init(configuration: HTTPClientConfiguration) throws(HTTPError) {
    guard Self.globalInit else {
      throw HTTPError(code: .other, message: "libcurl cannot be initialised")
    }
    mailbox = try LoopMailbox()
    let core = try LoopThread(mailbox: mailbox, configuration: configuration)
    var id = pthread_t()
    let start = Unmanaged.passRetained(core)
    let status = pthread_create(
      &id, nil,
      { argument in
        let core = Unmanaged<LoopThread>.fromOpaque(argument!).takeRetainedValue()
        core.run()
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      start.release()
      throw HTTPError(code: .other, message: "pthread_create: errno \(status)")
    }
    thread = Lock(id)
  }

  deinit {
    mailbox.post(.shutdown)
    if let id = thread.withLock({ $0.take() }) { pthread_detach(id) }
  }

  /// Ends everything and returns when the thread is gone.
  func shutdown() async {
    mailbox.post(.shutdown)
    await mailbox.waitForEnd()
    // The thread has nothing left to do but return.
    if let id = thread.withLock({ $0.take() }) { pthread_join(id, nil) }
  }

  private static let globalInit = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// Nanoseconds on a clock that never jumps.
func monotonicNow() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

extension Duration {
  /// Clamped to 0…about 290 years.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 9_000_000_000 else { return 9_000_000_000 * 1_000_000_000 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}

// How long a message is looked for whose POST has no answer: pure, one for each search. Time passes in
// steps of its own, so that it needs no clock.

struct LostSearch: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    /// Ask Webex what stands in the thread; then `listed`.
    case list
    /// Wait that long; then `next` again.
    case wait(Duration)
    /// `isSettled`: it is certainly not there.
    case giveUp(isSettled: Bool)
  }

  static let interval: Duration = .milliseconds(250)
  /// An echo usually comes within a second.
  static let echoWait: Duration = .seconds(10)
  /// A socket that does not come back for so long brings no echo in time.
  static let readyWait: Duration = .seconds(60)
  /// REST lags behind by a second or two: what is not there twice is not there.
  static let listingGap: Duration = .seconds(3)
  static let listings = 2

  /// A bot may list a direct space only.
  let mayList: Bool
  private var waited: Duration = .zero
  /// While events flow.
  private var heard: Duration = .zero
  private var unheard: Duration = .zero
  private var listed = 0
  private var nextListing: Duration = .zero

  init(mayList: Bool) { self.mayList = mayList }

  mutating func next(isReady: Bool) -> Step {
    if listed >= Self.listings { return .giveUp(isSettled: true) }
    if mayList, waited >= nextListing { return .list }
    // An echo may come as long as events flow; a broken socket brings it once it is back.
    if isReady {
      if heard >= Self.echoWait { return .giveUp(isSettled: false) }
      heard += Self.interval
    } else {
      if unheard >= Self.readyWait { return .giveUp(isSettled: false) }
      heard = .zero
      unheard += Self.interval
    }
    waited += Self.interval
    return .wait(Self.interval)
  }

  /// - Parameter isWhole: what Webex listed reaches back to the send.
  mutating func listed(isWhole: Bool) {
    if isWhole { listed += 1 }
    nextListing = waited + Self.listingGap
  }
}

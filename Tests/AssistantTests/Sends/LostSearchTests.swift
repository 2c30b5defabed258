import Testing

@testable import Assistant

@Suite("How long a lost post is looked for")
struct LostSearchTests {
  /// The steps until it gives up: listings by the time at which they are asked for, in seconds.
  private func run(
    mayList: Bool, isReady: (Double) -> Bool = { _ in true }, isWhole: (Int) -> Bool = { _ in true }
  ) -> (listings: [Double], end: Double, isSettled: Bool) {
    var search = LostSearch(mayList: mayList)
    var (listings, time): ([Double], Double) = ([], 0)
    while time < 1_000 {
      switch search.next(isReady: isReady(time)) {
      case .list:
        listings.append(time)
        search.listed(isWhole: isWhole(listings.count))
      case .wait(let duration): time += duration / .seconds(1)
      case .giveUp(let isSettled): return (listings, time, isSettled)
      }
    }
    return (listings, .infinity, false)
  }

  @Test("a direct space is listed twice, three seconds apart, and that settles it")
  func direct() {
    let search = run(mayList: true)
    #expect(search.listings == [0, 3])
    #expect(search.end == 3)
    #expect(search.isSettled)
  }

  @Test("also while the socket is down")
  func directWithoutEchoes() {
    let search = run(mayList: true, isReady: { _ in false })
    #expect(search.end == 3)
    #expect(search.isSettled)
  }

  @Test("a list that fails says nothing: it is asked for again, and echoes decide in the end")
  func failingList() {
    let search = run(mayList: true, isWhole: { $0 == 2 || $0 == 4 })
    #expect(search.listings == [0, 3, 6, 9])
    #expect(search.isSettled)
    let never = run(mayList: true, isWhole: { _ in false })
    #expect(never.end == 10)
    #expect(!never.isSettled)
  }

  @Test("in a group its echo is waited for for ten seconds")
  func group() {
    let search = run(mayList: false)
    #expect(search.listings.isEmpty)
    #expect(search.end == 10)
    #expect(!search.isSettled)
  }

  @Test("ten seconds from when the socket is back, and a minute for it to come back")
  func reconnecting() {
    #expect(run(mayList: false, isReady: { $0 >= 20 }).end == 30)
    #expect(run(mayList: false, isReady: { $0 < 5 || $0 >= 20 }).end == 30)
    #expect(run(mayList: false, isReady: { _ in false }).end == 60)
    // Up and down for ever, it ends all the same.
    #expect(run(mayList: false, isReady: { Int($0) % 2 == 0 }).end < 150)
  }
}

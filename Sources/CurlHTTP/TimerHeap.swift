// Deadlines of the loop's transfers. An entry is a reminder to look, not the deadline itself: a
// byte that moves the deadline later does not touch the heap.

struct TimerHeap {
  struct Entry {
    var deadline: UInt64
    var id: ObjectIdentifier
  }

  private(set) var entries: [Entry] = []

  var next: UInt64? { entries.first?.deadline }

  mutating func push(_ entry: Entry) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].deadline < entries[parent].deadline else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// The earliest entry, if it is due.
  mutating func pop(dueBy now: UInt64) -> Entry? {
    guard let first = entries.first, first.deadline <= now else { return nil }
    let last = entries.removeLast()
    guard !entries.isEmpty else { return first }
    entries[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].deadline < entries[smallest].deadline { smallest = child }
      }
      guard smallest != parent else { return first }
      entries.swapAt(parent, smallest)
      parent = smallest
    }
  }

  /// Forgets entries whose transfer is gone, once they are the majority.
  mutating func compact(live: Int, isLive: (ObjectIdentifier) -> Bool) {
    guard entries.count > 64, entries.count > 4 * live else { return }
    let kept = entries.filter { isLive($0.id) }
    entries = []
    for entry in kept { push(entry) }
  }
}

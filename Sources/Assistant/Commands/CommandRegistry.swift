// The commands that exist at this moment: those of the program, and those of commands.yaml, which
// change when the file does. Read by the router and by turns.

import Synchronization

final class CommandRegistry: Sendable {
  private struct State {
    var all: [any Command]
    var table: CommandTable
  }

  /// Built in, in the order of `/help`.
  private let own: [any Command]
  private let state: Mutex<State>

  init(_ own: [any Command]) {
    self.own = own
    state = Mutex(State(all: own, table: CommandTable(own)))
  }

  var all: [any Command] { state.withLock { $0.all } }
  var table: CommandTable { state.withLock { $0.table } }

  /// Keywords that no declared command may have.
  var reserved: Set<String> { Set(own.map { $0.keyword.lowercased() }) }

  func command(_ keyword: String) -> (any Command)? { all.first { $0.keyword == keyword } }

  /// Takes the place of what was declared before.
  func declare(_ commands: [any Command]) {
    let all = own + commands
    let table = CommandTable(all)
    state.withLock { $0 = State(all: all, table: table) }
  }
}

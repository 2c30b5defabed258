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
  private let state: Box

  /// - Parameter make: gives the built-in commands; /help among them asks the registry later.
  init(_ make: (@escaping @Sendable () -> [any Command]) -> [any Command]) {
    let state = Box(State(all: [], table: CommandTable([])))
    own = make { state.value.withLock { $0.all } }
    self.state = state
    declare([])
  }

  private final class Box: Sendable {
    let value: Mutex<State>
    init(_ state: State) { value = Mutex(state) }
  }

  var all: [any Command] { state.value.withLock { $0.all } }
  var table: CommandTable { state.value.withLock { $0.table } }

  func command(_ keyword: String) -> (any Command)? { all.first { $0.keyword == keyword } }

  /// Takes the place of what was declared before.
  func declare(_ commands: [any Command]) {
    let all = own + commands
    let table = CommandTable(all)
    state.value.withLock { $0 = State(all: all, table: table) }
  }
}

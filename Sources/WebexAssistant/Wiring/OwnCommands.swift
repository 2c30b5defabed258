// The commands in Swift that this program has beside the built-in ones. docs/commands.md tells how to
// write one.
import Assistant

enum OwnCommands {
  static let all: [any Command] = []
}

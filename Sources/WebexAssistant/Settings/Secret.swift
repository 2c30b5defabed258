// A token or key on its way from the configuration to the one client that uses it.

/// Prints as "<redacted>" wherever it is interpolated, dumped or logged by accident.
struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  let value: String

  var description: String { "<redacted>" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [:]) }
}

// What declared commands need of the outside. Made once by the program, given to `CommandFile.read`.

public import CurlHTTP

/// The outside world of declared commands.
public struct DeclaredServices: Sendable {
  /// A client of their own, so that a slow service takes no connection from Webex or the model.
  public var http: HTTPClient
  /// Between SIGTERM and SIGKILL, for a program that is to end.
  public var patience: Duration
  /// The programs of `run` that are running; ended before the process ends.
  public let programs = RunningPrograms()

  public init(http: HTTPClient, patience: Duration = .seconds(3)) {
    self.http = http
    self.patience = patience
  }
}

// What goes into the connection machine, what comes out, and the limits that it keeps.

package import Logging

extension ConnectionMachine {
  package enum Registration: Sendable, Equatable {
    /// Take the existing device again if there is one.
    case reuse
    /// Give the device up and create a new one.
    case fresh
  }

  package enum Timer: Hashable, Sendable {
    case attempt
    case ready(SocketID)
    case ping(SocketID)
    case pong(SocketID)
    case retire(SocketID)
  }

  package enum Input: Sendable {
    case start
    /// The caller wants to end.
    case stop
    case discovered
    case discoveryFailed(MercuryError)
    case registered(webSocketURL: String)
    case registrationFailed(MercuryError)
    /// The upgrade is done.
    case opened(SocketID)
    case openFailed(SocketID, MercuryError)
    /// The state frame, or an event, came: only an authorized socket gets those.
    case authorized(SocketID)
    case pong(SocketID, id: String)
    /// The server asks us to move to a new socket.
    case shutdown(SocketID)
    /// The handler is behind and the socket is not read: no pong can arrive.
    case readerPaused(SocketID)
    case readerResumed(SocketID)
    /// 1005: a close frame without code. 1006: no close frame.
    case closed(SocketID, code: Int, reason: String)
    /// The catalog changed: ask U2C before the next registration.
    case catalogChanged
    /// The connection looks healthy and brings nothing: U2C, and a device, anew.
    case rediscover
    case timer(Timer)
  }

  package enum Action: Sendable, Equatable {
    case discover
    case register(Registration)
    case open(SocketID, url: String)
    case authorize(SocketID)
    case ping(SocketID, id: String)
    case close(SocketID, code: Int, reason: String)
    case startTimer(Timer, Duration)
    case cancelTimer(Timer)
    case report(MercuryState)
    case log(Logger.Level, String)
    /// Over; nil when asked to stop.
    case finish(MercuryError?)
  }

  package struct Limits: Sendable {
    package var pingInterval: Duration = .seconds(15)
    package var pongTimeout: Duration = .seconds(14)
    package var readyTimeout: Duration = .seconds(30)
    package var backoffBase: Duration = .seconds(1)
    package var backoffMaximum: Duration = .seconds(60)
    package var healthyAfter: Duration = .seconds(60)
    /// How long a socket that was replaced after `shutdown` may wait for the server to close it.
    package var retireTimeout: Duration = .seconds(10)
    /// Failed connections on one URL before a new device is made.
    package var failuresPerURL = 3
    /// Failed registrations, or new devices without health, before U2C is asked again.
    package var failuresPerCatalog = 3
    package var freshDevicesPerCatalog = 2
    package init() {}
  }
}

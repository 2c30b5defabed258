// What a simulated Webex cloud looks like at its start.

/// Port, region, people and spaces, and the faults that are on from the start.
public struct SimulatorConfiguration: Sendable {
  /// Only loopback is accepted: `127.0.0.1` or `localhost`.
  public var address = "127.0.0.1"
  /// 0 takes any free port.
  public var port: UInt16 = 0
  /// The Hydra cluster: `us`, or an urn such as `urn:TEAM:us-west-2_r`. Ids of messages and spaces
  /// carry it, and ids of another cluster are 404, as on Webex.
  public var region = "us"
  public var world: World = .standard
  /// Whether `/` serves the web page.
  public var servesPage = true
  /// The key that `/llm` requires; nil accepts anything.
  public var modelAPIKey: String?
  /// The scripted model's default behaviour, as `POST /sim/model {"script": …}` takes it.
  public var modelScript: JSON = [:]
  /// Faults that are on from the start, as `POST /sim/faults` takes them.
  public var faults: JSON = [:]
  /// How many requests the record keeps.
  public var maximumRecords = 20_000

  public init(port: UInt16 = 0, region: String = "us", world: World = .standard) {
    self.port = port
    self.region = region
    self.world = world
  }

  /// People and spaces. The bot is the first person of type bot.
  public struct World: Sendable {
    public var people: [Person]
    public var rooms: [Room]

    public init(people: [Person], rooms: [Room]) {
      self.people = people
      self.rooms = rooms
    }

    /// Alice, Bob and Carol Example, the bot "Assistant", a direct space of each with the bot, and
    /// the groups "Deploy desk" and "Reading club".
    public static let standard = World(
      people: [
        Person(email: "alice@example.com", displayName: "Alice Example", token: "sim-alice-token"),
        Person(email: "bob@example.com", displayName: "Bob Example", token: "sim-bob-token"),
        Person(
          email: "carol@partner.example", displayName: "Carol Example", token: "sim-carol-token"),
        Person(
          email: "assistant@webex.bot", displayName: "Assistant", isBot: true,
          token: "sim-bot-token"),
      ],
      rooms: [
        Room(direct: "alice@example.com", "assistant@webex.bot"),
        Room(direct: "bob@example.com", "assistant@webex.bot"),
        Room(direct: "carol@partner.example", "assistant@webex.bot"),
        Room(
          group: "Deploy desk",
          members: [
            "alice@example.com", "bob@example.com", "carol@partner.example", "assistant@webex.bot",
          ]),
        Room(
          group: "Reading club",
          members: ["alice@example.com", "bob@example.com", "assistant@webex.bot"]),
      ])

    /// The standard world and `count` more people (`person1@example.com`, token
    /// `sim-person1-token`), each with a direct space with the bot.
    public static func crowd(_ count: Int) -> World {
      var world = standard
      for index in 1...max(1, count) {
        let email = "person\(index)@example.com"
        world.people.append(
          Person(email: email, displayName: "Person \(index)", token: "sim-person\(index)-token"))
        world.rooms.append(Room(direct: email, "assistant@webex.bot"))
      }
      return world
    }
  }

  public struct Person: Sendable {
    public var email: String
    public var displayName: String
    public var isBot: Bool
    public var token: String

    public init(email: String, displayName: String, isBot: Bool = false, token: String) {
      self.email = email
      self.displayName = displayName
      self.isBot = isBot
      self.token = token
    }
  }

  public struct Room: Sendable {
    public var title: String
    public var isDirect: Bool
    /// Emails; the first one created the space.
    public var members: [String]

    public init(direct first: String, _ second: String) {
      title = ""
      isDirect = true
      members = [first, second]
    }

    public init(group title: String, members: [String]) {
      self.title = title
      isDirect = false
      self.members = members
    }
  }
}

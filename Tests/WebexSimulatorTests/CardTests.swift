import Testing

@testable import WebexSimulator

@Suite("Cards: presses and edits")
struct CardTests {
  private static func attachment(_ text: String) -> JSON {
    [
      "contentType": "application/vnd.microsoft.card.adaptive",
      "content": [
        "type": "AdaptiveCard", "version": "1.3",
        "body": [["type": "TextBlock", "text": .string(text)]],
        "actions": [["type": "Action.Submit", "title": "Go", "data": ["run": "go"]]],
      ],
    ]
  }

  private static func text(_ message: JSON) -> String? {
    message["attachments"]?[0]?["content"]?["body"]?[0]?["text"]?.string
  }

  /// A card of the bot in Deploy desk.
  private static func card(_ cloud: TestCloud) async throws -> (room: String, id: String) {
    let room = try await cloud.room("Deploy desk")
    let answer = try await cloud.post(
      ["roomId": .string(room), "markdown": "A card", "attachments": [attachment("first")]],
      token: TestCloud.bot)
    return (room, try #require(answer.json["id"]?.string))
  }

  private static func edit(_ cloud: TestCloud, _ card: (room: String, id: String), _ text: String)
    async throws -> Answer
  {
    try await cloud.send(
      "PUT", "/v1/messages/\(card.id)", token: TestCloud.bot,
      [
        "roomId": .string(card.room), "markdown": .string(text), "attachments": [attachment(text)],
      ])
  }

  @Test(
    "an edit of a card is refused, as documented; a switch lets it through, or ignores the card",
    arguments: [
      (nil, 400, "first", "A card"), ("refused", 400, "first", "A card"),
      ("allowed", 200, "second", "second"), ("ignored", 200, "first", "second"),
    ] as [(String?, Int, String, String)])
  func edits(mode: String?, status: Int, shown: String, markdown: String) async throws {
    try await TestCloud.run { cloud async throws in
      let card = try await Self.card(cloud)
      if let mode { try cloud.simulator.setFaults(["cardEdits": .string(mode)]) }
      let answer = try await Self.edit(cloud, card, "second")
      #expect(answer.status == status)
      if status == 400 {
        #expect(answer.message == "Editing messages with files or attachments is not supported")
      }
      for token in [TestCloud.bot, TestCloud.alice] {
        let now = try await cloud.get("/v1/messages/\(card.id)", token: token).json
        #expect(Self.text(now) == shown)
        #expect(now["markdown"]?.string == markdown)
      }
      // The record tells the cards that readers saw.
      let versions = try cloud.simulator.messages()[0]?["versions"]?.array ?? []
      let cards = versions.map { $0["card"]?["body"]?[0]?["text"]?.string }
      #expect(cards == (status == 400 ? ["first"] : ["first", shown]))
    }
  }

  @Test("an allowed edit of a card keeps the other rules: its own text, ten edits, valid cards")
  func editRules() async throws {
    try await TestCloud.run { cloud async throws in
      let card = try await Self.card(cloud)
      try cloud.simulator.setFaults(["cardEdits": "allowed"])
      let room = JSON.string(card.room)
      let plain = try await cloud.post(["roomId": room, "text": "x"], token: TestCloud.bot)
      let refused: [(String, JSON)] = [
        (card.id, ["roomId": room, "markdown": "no card"]),
        (card.id, ["roomId": room, "markdown": "x", "attachments": [["contentType": "x"]]]),
        (card.id, ["roomId": room, "attachments": [Self.attachment("x")]]),
        (
          plain.json["id"]?.string ?? "",
          ["roomId": room, "markdown": "x", "attachments": [Self.attachment("x")]]
        ),
      ]
      for (id, body) in refused {
        let answer = try await cloud.send(
          "PUT", "/v1/messages/\(id)", token: TestCloud.bot, body)
        #expect(answer.status == 400)
      }
      for number in 1...10 {
        #expect(try await Self.edit(cloud, card, "edit \(number)").status == 200)
      }
      #expect(try await Self.edit(cloud, card, "edit 11").status == 400)
      let now = try await cloud.get("/v1/messages/\(card.id)", token: TestCloud.alice).json
      #expect(Self.text(now) == "edit 10")
      #expect(throws: SimulatorError.self) { try cloud.simulator.setFaults(["cardEdits": "yes"]) }
    }
  }

  @Test("the same card is pressed again and by others; Mercury names each of them")
  func presses() async throws {
    try await TestCloud.run { cloud async throws in
      let card = try await Self.card(cloud)
      let socket = try await cloud.mercury(try await cloud.device())
      let people = try await cloud.get("/sim/state").json["people"]?.array ?? []
      let tokens = [TestCloud.alice, TestCloud.alice, TestCloud.bob, TestCloud.carol]
      var ids: Set<String> = []
      for (number, token) in tokens.enumerated() {
        let press = try await cloud.send(
          "POST", "/v1/attachment/actions", token: token,
          [
            "type": "submit", "messageId": .string(card.id), "inputs": ["n": .string("\(number)")],
          ])
        #expect(press.status == 202)
        let person = people.first { $0["token"]?.string == token }
        #expect(press.json["personId"] == person?["id"])
        let activity = try await socket.activity()["data"]?["activity"]
        #expect(activity?["verb"]?.string == "cardAction")
        #expect(activity?["actor"]?["id"] == person?["uuid"])
        #expect(activity?["actor"]?["emailAddress"] == person?["email"])
        #expect(activity?["parent"]?["id"]?.string == HydraID(card.id)?.key)
        let id = try #require(press.json["id"]?.string)
        #expect(HydraID(id)?.key == activity?["id"]?.string)
        let read = try await cloud.get("/v1/attachment/actions/\(id)", token: TestCloud.bot)
        #expect(read.json["inputs"] == ["n": .string("\(number)")])
        ids.insert(id)
      }
      #expect(ids.count == tokens.count)
    }
  }

  @Test("nobody from outside the space presses its card")
  func strangers() async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await cloud.room("Reading club")
      let card = try await cloud.post(
        [
          "roomId": .string(room), "markdown": "A card", "attachments": [Self.attachment("x")],
        ], token: TestCloud.bot)
      let press = try await cloud.send(
        "POST", "/v1/attachment/actions", token: TestCloud.carol,
        ["type": "submit", "messageId": card.json["id"] ?? .null, "inputs": [:]])
      #expect(press.status == 404)
    }
  }

  @Test("a membership is found by space and person, tells the moderator, and is left by its owner")
  func memberships() async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await cloud.room("Deploy desk")
      let people = try await cloud.get("/sim/state").json["people"]?.array ?? []
      func id(_ token: String) -> String {
        people.first { $0["token"]?.string == token }?["id"]?.string ?? ""
      }
      func place(_ token: String) async throws -> [JSON] {
        try await cloud.get(
          "/v1/memberships?roomId=\(room)&personId=\(id(token))", token: TestCloud.bot
        ).json["items"]?.array ?? []
      }
      for (token, isModerator) in [(TestCloud.bob, true), (TestCloud.bob, false)] {
        let membership = try #require(try await place(token).first?["id"]?.string)
        let answer = try await cloud.send(
          "PUT", "/v1/memberships/\(membership)", token: TestCloud.alice,
          ["isModerator": .bool(isModerator)])
        #expect(answer.status == 200)
        let found = try await place(token)
        #expect(found.count == 1)
        #expect(found.first?["personId"]?.string == id(token))
        #expect(found.first?["isModerator"] == .bool(isModerator))
      }
      let own = try #require(try await place(TestCloud.bot).first?["id"]?.string)
      let left = try await cloud.request(
        "DELETE", "/v1/memberships/\(own)", token: TestCloud.bot)
      #expect(left.status == 204)
      #expect(try await cloud.get("/v1/rooms/\(room)", token: TestCloud.bot).status == 404)
      let rest = try await cloud.get("/v1/memberships?roomId=\(room)", token: TestCloud.alice)
      #expect(rest.json["items"]?.array?.count == 3)
    }
  }
}

@Suite("The model endpoint's catalog")
struct ModelCatalogTests {
  private static func ask(
    _ cloud: TestCloud, _ model: String, temperature: Double? = nil, system: String? = nil
  ) async throws -> Answer {
    var messages: [JSON] = [["role": "user", "content": "hello"]]
    if let system { messages.insert(["role": "system", "content": .string(system)], at: 0) }
    return try await cloud.send(
      "POST", "/llm/v1/chat/completions",
      .compact([
        "model": .string(model), "stream": true, "messages": .array(messages),
        "temperature": temperature.map(JSON.double),
      ]))
  }

  private static func names(_ cloud: TestCloud, _ path: String, _ key: String) async throws
    -> [String]
  {
    (try await cloud.get(path).json["data"]?.array ?? []).compactMap { $0[key]?.string }
  }

  @Test("a model that takes no temperature says so, and refuses one")
  func temperature() async throws {
    try await TestCloud.run { cloud async throws in
      let groups = try await cloud.get("/llm/model_group/info").json["data"]?.array ?? []
      for group in groups {
        let takes = group["supported_openai_params"]?.array?.contains("temperature")
        #expect(takes == (group["model_group"]?.string != "scripted-fixed"))
      }
      #expect(try await Self.ask(cloud, "scripted-fixed").status == 200)
      #expect(try await Self.ask(cloud, "scripted-fast", temperature: 0.5).status == 200)
      let refused = try await Self.ask(cloud, "scripted-fixed", temperature: 0.5)
      #expect(refused.status == 400)
      let message = refused.json["error"]?["message"]?.string ?? ""
      #expect(message.hasPrefix("litellm.UnsupportedParamsError"))
      #expect(message.contains("['temperature']"))
      // One that does not say so.
      try cloud.simulator.setModelScript(["refuseTemperature": true])
      #expect(try await Self.ask(cloud, "scripted-fast", temperature: 0.5).status == 400)
      #expect(try await Self.ask(cloud, "scripted-fast").status == 200)
    }
  }

  @Test("the catalog can be replaced: many models, prices, one that disappears")
  func catalog() async throws {
    try await TestCloud.run { cloud async throws in
      let many = (1...40).map { JSON.string("model-\($0)") }
      try cloud.simulator.setModels(.array(many))
      #expect(try await Self.names(cloud, "/llm/v1/models", "id").count == 40)
      #expect(try await Self.names(cloud, "/llm/model_group/info", "model_group").count == 40)
      #expect(try await Self.ask(cloud, "model-7", temperature: 1).status == 200)
      #expect(try await Self.ask(cloud, "scripted").status == 400)

      let set = try await cloud.send(
        "POST", "/sim/model",
        [
          "models": [
            [
              "name": "big", "inputTokens": 200_000, "outputTokens": 32_000, "inputCost": 2e-6,
              "outputCost": 8e-6,
            ],
            ["name": "fixed", "temperature": false], ["name": "embed", "mode": "embedding"],
            ["name": "bare", "info": false],
          ]
        ])
      #expect(set.status == 200)
      #expect(try await Self.ask(cloud, "model-7").status == 400)
      #expect(try await Self.ask(cloud, "fixed", temperature: 1).status == 400)
      #expect(
        try await Self.names(cloud, "/llm/v1/models", "id") == ["big", "fixed", "embed", "bare"])
      let groups = try await cloud.get("/llm/model_group/info").json["data"]?.array ?? []
      #expect(groups.compactMap { $0["model_group"]?.string } == ["big", "fixed", "embed"])
      #expect(groups.first?["max_input_tokens"]?.double == 200_000)
      #expect(groups.first?["input_cost_per_token"]?.double == 2e-6)
      #expect(groups.last?["mode"]?.string == "embedding")
      for wrong: JSON in [
        ["models": "x"], ["models": [["x": 1]]], ["models": [["name": "a", "y": 1]]], [:],
      ] {
        #expect(try await cloud.send("POST", "/sim/model", wrong).status == 400)
      }
      _ = try await cloud.request("DELETE", "/sim/model")
      #expect(try await Self.ask(cloud, "scripted").status == 200)
    }
  }

  @Test("the record shows model, temperature, system prompt and every message")
  func record() async throws {
    try await TestCloud.run { cloud async throws in
      _ = try await Self.ask(cloud, "scripted-fast", temperature: 0.25, system: "Be brief.")
      _ = try await Self.ask(cloud, "scripted-echo")
      let calls = try cloud.simulator.modelRequests().array ?? []
      #expect(calls.map { $0["model"]?.string } == ["scripted-fast", "scripted-echo"])
      #expect(calls.first?["temperature"]?.double == 0.25)
      #expect(calls.first?["system"]?.string == "Be brief.")
      #expect(calls.first?["body"]?["messages"]?.array?.count == 2)
      #expect(calls.last?["temperature"] == nil)
      #expect(calls.last?["system"] == nil)
    }
  }
}

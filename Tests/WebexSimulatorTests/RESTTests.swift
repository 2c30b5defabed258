import Testing

@testable import WebexSimulator

@Suite("REST keeps Webex's rules")
struct RESTTests {
  /// A refused request: what is sent, and what Webex says.
  struct Refusal: Sendable, CustomTestStringConvertible {
    var name: String
    var method = "POST"
    var path = "/v1/messages"
    var token: String? = TestCloud.alice
    /// `ROOM` stands for Deploy desk.
    var body: String?
    var contentType = "application/json"
    var status: Int
    var message: String
    var testDescription: String { name }
  }

  static let destination =
    "Exactly one of the destination fields must not be empty (roomId, toPersonEmail, toPersonId)"

  static let refusals: [Refusal] = [
    .init(
      name: "no token", token: nil, body: "{}", status: 401,
      message:
        "The request requires a valid access token set in the Authorization request header."),
    .init(
      name: "unknown token", method: "GET", path: "/v1/people/me", token: "nope", status: 401,
      message:
        "The request requires a valid access token set in the Authorization request header."),
    .init(name: "no destination", body: #"{"text":"x"}"#, status: 400, message: destination),
    .init(
      name: "two destinations",
      body: #"{"roomId":"ROOM","toPersonEmail":"bob@example.com","text":"x"}"#, status: 400,
      message: destination),
    .init(
      name: "nothing to say", body: #"{"roomId":"ROOM"}"#, status: 400,
      message: "Both text and file cannot be empty."),
    .init(
      name: "empty text", body: #"{"roomId":"ROOM","text":""}"#, status: 400,
      message: "Both text and file cannot be empty."),
    .init(
      name: "malformed room id", body: #"{"roomId":"!!","text":"x"}"#, status: 400,
      message: "Expect base64 ID or UUID."),
    .init(
      name: "unknown room",
      body: #"{"roomId":"8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24","text":"x"}"#, status: 404,
      message: "Could not find a room with provided ID."),
    .init(
      name: "room of another cluster",
      body:
        #"{"roomId":"Y2lzY29zcGFyazovL3VybjpURUFNOnVzLXdlc3QtMl9yL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0","text":"x"}"#,
      status: 404, message: "Could not find a room with provided ID."),
    .init(
      name: "no JSON", body: "{", status: 400, message: "Unable to parse the request body as JSON."),
    .init(
      name: "another content type", body: "x", contentType: "text/plain", status: 415,
      message: "Content type 'text/plain' not supported"),
    .init(
      name: "unknown parent",
      body:
        #"{"roomId":"ROOM","text":"x","parentId":"8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24"}"#,
      status: 404, message: "Unable to get message."),
    .init(
      name: "two cards",
      body:
        #"{"roomId":"ROOM","text":"x","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.3"}},{}]}"#,
      status: 400, message: "Only one card per message is supported."),
    .init(
      name: "a card of version 1.4",
      body:
        #"{"roomId":"ROOM","text":"x","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.4"}}]}"#,
      status: 400,
      message: "Unsupported Adaptive Card version; the highest supported is 1.3."),
    .init(
      name: "two files", body: #"{"roomId":"ROOM","files":["http://a/b","http://a/c"]}"#,
      status: 400, message: "Only one file per message is supported."),
    .init(
      name: "list without room", method: "GET", status: 400,
      message: "Required String parameter 'roomId' is not present"),
    .init(
      name: "a bot lists a group", method: "GET", path: "/v1/messages?roomId=ROOM",
      token: TestCloud.bot, status: 403,
      message: "Bots must include mentionedPeople=me to list messages in group rooms"),
    .init(
      name: "unknown message", method: "GET",
      path: "/v1/messages/8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24", status: 404,
      message: "Unable to get message."),
    .init(
      name: "malformed message id", method: "GET", path: "/v1/messages/%21", status: 400,
      message: "Expect base64 ID or UUID."),
    .init(
      name: "joining twice", path: "/v1/memberships",
      body: #"{"roomId":"ROOM","personEmail":"bob@example.com"}"#, status: 409,
      message: "Person is already in the room."),
    .init(
      name: "unknown path", method: "GET", path: "/v1/nothing", status: 404,
      message: "The requested resource could not be found."),
    .init(
      name: "wrong method", method: "PATCH", path: "/v1/messages", body: "{}", status: 405,
      message: "The request method is not supported."),
  ]

  @Test("a wrong request gets Webex's status, words and tracking id", arguments: refusals)
  func refusal(_ refusal: Refusal) async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await cloud.room("Deploy desk")
      let answer = try await cloud.request(
        refusal.method, refusal.path.replacing("ROOM", with: room), token: refusal.token,
        body: refusal.body.map { Array($0.replacing("ROOM", with: room).utf8) },
        headers: refusal.body == nil ? [:] : ["Content-Type": refusal.contentType])
      #expect(answer.status == refusal.status)
      #expect(answer.message == refusal.message)
      #expect(answer.json["errors"]?[0]?["description"]?.string == refusal.message)
      #expect(answer.json["trackingId"]?.string == answer.headers["trackingid"])
      #expect(answer.headers["trackingid"]?.hasPrefix("ROUTERGW_") == true)
    }
  }

  @Test(
    "text and markdown take 7,439 bytes of UTF-8, not one more", arguments: ["text", "markdown"])
  func byteLimit(field: String) async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      // ä is two bytes: 3,719 of them and one more byte make 7,439.
      let fits = String(repeating: "ä", count: 3719) + "x"
      #expect(
        try await cloud.post(.object([.init("roomId", room), .init(field, .string(fits))])).status
          == 200)
      let over = try await cloud.post(
        .object([.init("roomId", room), .init(field, .string(fits + "x"))]))
      #expect(over.status == 400)
      let short = try await cloud.post(["roomId": room, "text": "x"]).json["id"]?.string ?? ""
      let edit = try await cloud.send(
        "PUT", "/v1/messages/\(short)", token: TestCloud.alice,
        .object([.init("roomId", room), .init(field, .string(fits + "x"))]))
      #expect(edit.status == 400)
    }
  }

  @Test("a message takes ten edits; the eleventh is refused and changes nothing")
  func editLimit() async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      let id = try await cloud.post(["roomId": room, "text": "0"]).json["id"]?.string ?? ""
      for number in 1...10 {
        let edit = try await cloud.send(
          "PUT", "/v1/messages/\(id)", token: TestCloud.alice,
          ["roomId": room, "markdown": "edit **\(number)**"])
        #expect(edit.status == 200)
        #expect(edit.json["updated"]?.string != nil)
      }
      let last = try await cloud.send(
        "PUT", "/v1/messages/\(id)", token: TestCloud.alice, ["roomId": room, "text": "11"])
      #expect(last.status == 400)
      #expect(last.message == "Maximum number of edits reached for this message")
      let now = try await cloud.get("/v1/messages/\(id)", token: TestCloud.alice).json
      #expect(now["text"]?.string == "edit 10")
    }
  }

  @Test("an edit needs the room, the author, and a message without card or file")
  func editRules() async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      func edit(_ id: String, _ body: JSON, _ token: String = TestCloud.alice) async throws
        -> Answer
      {
        try await cloud.send("PUT", "/v1/messages/\(id)", token: token, body)
      }
      let plain = try await cloud.post(["roomId": room, "text": "x"]).json["id"]?.string ?? ""
      #expect(
        try await edit(plain, ["text": "y"]).message
          == "Required String parameter 'roomId' is not present")
      #expect(try await edit(plain, ["roomId": room, "text": "y"], TestCloud.bob).status == 403)
      #expect(try await edit(plain, ["roomId": room]).status == 400)
      let card = try await cloud.post(["roomId": room, "text": "x", "attachments": [Self.card]])
      let file = try await cloud.post(["roomId": room, "files": ["http://a/b.txt"]])
      for id in [card, file].compactMap({ $0.json["id"]?.string }) {
        let answer = try await edit(id, ["roomId": room, "text": "y"])
        #expect(answer.status == 400)
        #expect(
          answer.message == "Editing messages with files or attachments is not supported")
      }
    }
  }

  static let card: JSON = [
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": ["type": "AdaptiveCard", "version": "1.3", "body": []],
  ]

  @Test("a bot sees of a group only its own messages and those that mention it")
  func botVisibility() async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      let unmentioned = try await cloud.post(["roomId": room, "text": "Assistant in text"])
      let all = try await cloud.post(["roomId": room, "markdown": "<@all> hello"])
      let mention = try await cloud.post([
        "roomId": room, "markdown": "<@personEmail:assistant@webex.bot> hello",
      ])
      let own = try await cloud.post(["roomId": room, "text": "mine"], token: TestCloud.bot)
      for (message, status) in [(unmentioned, 404), (all, 404), (mention, 200), (own, 200)] {
        let id = message.json["id"]?.string ?? ""
        #expect(try await cloud.get("/v1/messages/\(id)", token: TestCloud.bot).status == status)
        #expect(try await cloud.get("/v1/messages/\(id)", token: TestCloud.bob).status == 200)
      }
      let list = try await cloud.get(
        "/v1/messages?roomId=\(room.string ?? "")&mentionedPeople=me", token: TestCloud.bot)
      #expect(list.json["items"]?.array?.compactMap { $0["id"] } == [mention.json["id"]])
      let html = mention.json["html"]?.string ?? ""
      #expect(html.contains("<spark-mention data-object-type=\"person\""))
      #expect(mention.json["text"]?.string == "Assistant hello")
    }
  }

  @Test("a reply to a reply goes to the thread's root, and only within its room")
  func threads() async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      let root = try await cloud.post(["roomId": room, "text": "root"]).json["id"] ?? .null
      let reply = try await cloud.post(["roomId": room, "text": "1", "parentId": root]).json
      #expect(reply["parentId"] == root)
      let second = try await cloud.post([
        "roomId": room, "text": "2", "parentId": reply["id"] ?? .null,
      ])
      #expect(second.json["parentId"] == root)
      let uuid = HydraID(root.string ?? "")?.key ?? ""
      let raw = try await cloud.post(["roomId": room, "text": "3", "parentId": .string(uuid)])
      #expect(raw.json["parentId"] == root)
      let elsewhere = JSON.string(try await cloud.room("Reading club"))
      #expect(
        try await cloud.post(["roomId": elsewhere, "text": "4", "parentId": root]).status == 400)
      let thread = try await cloud.get(
        "/v1/messages?roomId=\(room.string ?? "")&parentId=\(root.string ?? "")",
        token: TestCloud.alice)
      #expect(thread.json["items"]?.array?.compactMap { $0["text"]?.string } == ["3", "2", "1"])
    }
  }

  @Test("pages follow the Link header, newest first, each message once")
  func paging() async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await cloud.room("Deploy desk")
      for number in 1...7 {
        _ = try await cloud.post(["roomId": .string(room), "text": .string("\(number)")])
      }
      var path: String? = "/v1/messages?roomId=\(room)&max=3"
      var pages: [[String]] = []
      while let current = path {
        let page = try await cloud.get(current, token: TestCloud.alice)
        pages.append(page.json["items"]?.array?.compactMap { $0["text"]?.string } ?? [])
        let link = page.headers["link"]
        #expect(link == nil || link?.hasSuffix(">; rel=\"next\"") == true)
        path = link.map {
          String($0.dropFirst(1 + cloud.addresses.baseURL.count).prefix { $0 != ">" })
        }
      }
      #expect(pages == [["7", "6", "5"], ["4", "3", "2"], ["1"]])

      let memberships = try await cloud.get(
        "/v1/memberships?roomId=\(room)&max=3&personId=null".replacing("&personId=null", with: ""),
        token: TestCloud.alice)
      #expect(memberships.json["items"]?.array?.count == 3)
      #expect(memberships.headers["link"] != nil)
    }
  }

  @Test("a direct message makes its space once, and is listed for both")
  func direct() async throws {
    try await TestCloud.run { cloud async throws in
      let first = try await cloud.post(["toPersonEmail": "bob@example.com", "text": "hi"])
      #expect(first.json["roomType"]?.string == "direct")
      let again = try await cloud.post(
        ["toPersonEmail": "alice@example.com", "text": "hello"], token: TestCloud.bob)
      #expect(again.json["roomId"] == first.json["roomId"])
      let list = try await cloud.get(
        "/v1/messages/direct?personEmail=bob@example.com", token: TestCloud.alice)
      #expect(list.json["items"]?.array?.compactMap { $0["text"]?.string } == ["hello", "hi"])
      let room = try await cloud.get(
        "/v1/rooms/\(first.json["roomId"]?.string ?? "")", token: TestCloud.alice)
      #expect(room.json["title"]?.string == "Bob Example")
      #expect(
        try await cloud.post(["toPersonEmail": "no@body.example", "text": "x"]).status == 404)
    }
  }

  @Test("only the author or a moderator deletes a message")
  func deletion() async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await cloud.room("Deploy desk")
      let id =
        try await cloud.post(["roomId": .string(room), "text": "x"]).json["id"]?.string ?? ""
      #expect(
        try await cloud.request("DELETE", "/v1/messages/\(id)", token: TestCloud.bob).status == 403)
      let bob = try await cloud.get(
        "/v1/memberships?roomId=\(room)&personEmail=bob@example.com", token: TestCloud.alice)
      let membership = bob.json["items"]?[0]?["id"]?.string ?? ""
      #expect(
        try await cloud.send(
          "PUT", "/v1/memberships/\(membership)", token: TestCloud.alice, ["isModerator": true]
        ).json["isModerator"] == true)
      let deleted = try await cloud.request("DELETE", "/v1/messages/\(id)", token: TestCloud.bob)
      #expect(deleted.status == 204)
      #expect(deleted.body.isEmpty)
      #expect(try await cloud.get("/v1/messages/\(id)", token: TestCloud.alice).status == 404)
    }
  }

  @Test("rooms and memberships: create, rename, list, leave, delete")
  func rooms() async throws {
    try await TestCloud.run { cloud async throws in
      let made = try await cloud.send("POST", "/v1/rooms", token: TestCloud.alice, ["title": "New"])
      #expect(made.status == 200)
      let id = made.json["id"]?.string ?? ""
      let joined = try await cloud.send(
        "POST", "/v1/memberships", token: TestCloud.alice,
        ["roomId": .string(id), "personEmail": "assistant@webex.bot"])
      #expect(joined.json["personDisplayName"]?.string == "Assistant")
      #expect(
        try await cloud.send("PUT", "/v1/rooms/\(id)", token: TestCloud.bot, ["title": "Newer"])
          .json["title"]?.string == "Newer")
      let groups = try await cloud.get("/v1/rooms?type=group", token: TestCloud.bot)
      #expect(groups.json["items"]?.array?.count == 3)
      let membership = joined.json["id"]?.string ?? ""
      #expect(
        try await cloud.request("DELETE", "/v1/memberships/\(membership)", token: TestCloud.bot)
          .status == 204)
      #expect(try await cloud.get("/v1/rooms/\(id)", token: TestCloud.bot).status == 404)
      #expect(
        try await cloud.request("DELETE", "/v1/rooms/\(id)", token: TestCloud.alice).status == 204)
    }
  }

  @Test("people are found by email, and me is oneself")
  func people() async throws {
    try await TestCloud.run { cloud async throws in
      let me = try await cloud.get("/v1/people/me", token: TestCloud.bot).json
      #expect(me["type"]?.string == "bot")
      #expect(me["emails"]?[0]?.string == "assistant@webex.bot")
      let found = try await cloud.get(
        "/v1/people?email=Carol@Partner.example", token: TestCloud.bot)
      #expect(found.json["items"]?[0]?["displayName"]?.string == "Carol Example")
      #expect(try await cloud.get("/v1/people", token: TestCloud.bot).status == 400)
      let id = found.json["items"]?[0]?["id"]?.string ?? ""
      #expect(
        try await cloud.get("/v1/people/\(id)", token: TestCloud.bot).json["type"]?.string
          == "person")
    }
  }

  @Test("a press on a card is 202, and the bot reads its inputs")
  func cardPress() async throws {
    try await TestCloud.run { cloud async throws in
      let card = try await cloud.post(
        ["toPersonEmail": "alice@example.com", "text": "card", "attachments": [Self.card]],
        token: TestCloud.bot)
      let press = try await cloud.send(
        "POST", "/v1/attachment/actions", token: TestCloud.alice,
        [
          "type": "submit", "messageId": card.json["id"] ?? .null,
          "inputs": ["env": "prod"],
        ])
      #expect(press.status == 202)
      let id = press.json["id"]?.string ?? ""
      let read = try await cloud.get("/v1/attachment/actions/\(id)", token: TestCloud.bot)
      #expect(read.json["inputs"] == ["env": "prod"])
      #expect(read.json["messageId"] == card.json["id"])
      #expect(
        try await cloud.get("/v1/attachment/actions/\(id)", token: TestCloud.bob).status == 404)
      let plain = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "x"])
      let wrong = try await cloud.send(
        "POST", "/v1/attachment/actions", token: TestCloud.alice,
        ["type": "submit", "messageId": plain.json["id"] ?? .null, "inputs": [:]])
      #expect(wrong.status == 400)
    }
  }

  @Test(
    "a file goes through its scan",
    arguments: [
      ("clean", [200]), ("scanning", [423, 423, 200]), ("infected", [410]),
      ("unscannable", [428]),
    ])
  func fileScan(state: String, statuses: [Int]) async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults([
        "fileScan": ["state": .string(state), "times": 2, "retryAfter": 3]
      ])
      let body = """
        --B\r
        Content-Disposition: form-data; name="toPersonEmail"\r
        \r
        assistant@webex.bot\r
        --B\r
        Content-Disposition: form-data; name="files"; filename="nöte \\"1\\".txt"\r
        Content-Type: text/plain\r
        \r
        line 1\r
        --not a boundary\r
        --B--\r

        """
      let posted = try await cloud.request(
        "POST", "/v1/messages", token: TestCloud.alice, body: Array(body.utf8),
        headers: ["Content-Type": "multipart/form-data; boundary=B"])
      #expect(posted.status == 200)
      let url = posted.json["files"]?[0]?.string ?? ""
      let path = String(url.dropFirst(cloud.addresses.baseURL.count))
      #expect(path.hasPrefix("/v1/contents/"))
      for status in statuses {
        let answer = try await cloud.get(path, token: TestCloud.bot)
        #expect(answer.status == status)
        if status == 423 { #expect(answer.headers["retry-after"] == "3") }
        if status == 200 {
          #expect(answer.text == "line 1\r\n--not a boundary")
          #expect(answer.headers["content-type"] == "text/plain")
          #expect(
            answer.headers["content-disposition"]
              == "attachment; filename=\"n_te _1_.txt\"; filename*=UTF-8''n%C3%B6te%20%221%22.txt")
          let head = try await cloud.request("HEAD", path, token: TestCloud.bot)
          #expect(head.headers["content-length"] == "\(answer.body.count)")
          #expect(head.body.isEmpty)
        }
      }
      if state == "unscannable" {
        #expect(
          try await cloud.get(path + "?allow=unscannable", token: TestCloud.bot).status == 200)
      }
      #expect(try await cloud.get(path, token: TestCloud.bob).status == 404)
      #expect(try await cloud.get(path).status == 401)
    }
  }

  @Test("in another region ids carry its cluster, and ids of us are not found")
  func region() async throws {
    var configuration = SimulatorConfiguration()
    configuration.region = "urn:TEAM:us-west-2_r"
    try await TestCloud.run(configuration) { cloud async throws in
      let message = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "x"]).json
      let id = HydraID(message["id"]?.string ?? "")
      #expect(id?.cluster == "urn:TEAM:us-west-2_r")
      #expect(HydraID(message["personId"]?.string ?? "")?.cluster == "us")
      let wrong = HydraID(cluster: "us", kind: .message, key: id?.key ?? "").encoded
      #expect(try await cloud.get("/v1/messages/\(wrong)", token: TestCloud.bot).status == 404)
      #expect(
        try await cloud.get("/v1/messages/\(id?.encoded ?? "")", token: TestCloud.bot).status == 200
      )
      // The conversation service knows the way from the raw uuid.
      let looked = try await cloud.get(
        "/conversation/api/v1/messages/\(id?.key ?? "")", token: TestCloud.bot)
      #expect(looked.json["id"] == message["id"])
    }
  }
}

// Cards against exact JSON, both ways.

import FoundationEssentials
import Testing
import WebexAPI

private func json(_ value: some Encodable) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
}

private func parse(_ text: String) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
}

@Suite("AdaptiveCard")
struct AdaptiveCardTests {
  @Test("a card is the JSON that Webex documents")
  func documentedCard() throws {
    let reason = CardInput.text(
      id: "reason", label: "Reason", isRequired: true, errorMessage: "Say why")
    let card = AdaptiveCard(
      body: [
        .textBlock("Deploy?", weight: .bolder, wrap: nil), .input(reason),
        .input(
          .choices(
            id: "env", [.init("Prod", value: "prod"), .init("Staging", value: "staging")],
            value: "prod")),
      ],
      actions: [.submit("Go", data: ["callback_keyword": "deploy_go"])])
    let request = try parse(Fixture.messagePostCardRequest)
    #expect(try json(card) == request["attachments"]?.arrayValue?.first?["content"])
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let element: CardElement
    let json: String
    var testDescription: String { String(json.prefix(60)) }
  }

  static let elements: [Row] = {
    var block = TextBlock("Hi")
    block.size = .extraLarge
    block.color = .attention
    block.fontType = .monospace
    block.isSubtle = true
    block.maxLines = 2
    block.horizontalAlignment = .center
    var run = TextRun("b")
    run.italic = true
    run.underline = true
    run.selectAction = CardAction(.openURL("https://example.com"))
    var image = CardImage(url: "https://example.com/a.png", altText: "a")
    image.size = .small
    image.style = .person
    var container = CardContainer([.textBlock("in", wrap: nil)], style: .emphasis)
    container.selectAction = CardAction(.submit(data: nil))
    var number = NumberInput(id: "n")
    number.min = 1
    number.max = 2.5
    var date = DateInput(id: "d")
    date.value = "2026-01-02"
    var time = TimeInput(id: "t")
    time.max = "18:00"
    var toggle = ToggleInput(id: "on", title: "On?")
    toggle.valueOn = "yes"
    toggle.valueOff = "no"
    var choices = ChoiceSetInput(id: "c", choices: [.init("A", value: "a")])
    choices.isMultiSelect = true
    choices.style = .expanded
    var text = TextInput(id: "x")
    text.regex = "^[a-z]+$"
    text.isMultiline = true
    text.maxLength = 10
    text.style = .email
    return [
      Row(
        element: CardElement(.textBlock(block), layout: .init(id: "b", isVisible: false)),
        json: #"""
          {"type":"TextBlock","text":"Hi","size":"ExtraLarge","color":"Attention",
           "fontType":"Monospace","isSubtle":true,"maxLines":2,"horizontalAlignment":"Center",
           "id":"b","isVisible":false}
          """#),
      Row(
        element: .richText([TextRun("a"), run]),
        json: #"""
          {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"a"},
           {"type":"TextRun","text":"b","italic":true,"underline":true,
            "selectAction":{"type":"Action.OpenUrl","url":"https://example.com"}}]}
          """#),
      Row(
        element: CardElement(.image(image)),
        json: #"""
          {"type":"Image","url":"https://example.com/a.png","altText":"a","size":"Small","style":"Person"}
          """#),
      Row(
        element: CardElement(.imageSet(ImageSet([CardImage(url: "u")], imageSize: .medium))),
        json: #"{"type":"ImageSet","images":[{"type":"Image","url":"u"}],"imageSize":"Medium"}"#),
      Row(
        element: .facts(["Build": "812", "State": "green"]),
        json: #"""
          {"type":"FactSet","facts":[{"title":"Build","value":"812"},{"title":"State","value":"green"}]}
          """#),
      Row(
        element: CardElement(
          .container(container), layout: .init(spacing: .large, separator: true)),
        json: #"""
          {"type":"Container","items":[{"type":"TextBlock","text":"in"}],"style":"emphasis",
           "selectAction":{"type":"Action.Submit"},"spacing":"Large","separator":true}
          """#),
      Row(
        element: .columns([
          Column([.textBlock("l", wrap: nil)], width: "auto"),
          Column([], width: 2, layout: .init(id: "right")),
        ]),
        json: #"""
          {"type":"ColumnSet","columns":[
            {"type":"Column","items":[{"type":"TextBlock","text":"l"}],"width":"auto"},
            {"type":"Column","items":[],"width":2,"id":"right"}]}
          """#),
      Row(
        element: .actions([.openURL("Docs", "https://example.com")]),
        json: #"""
          {"type":"ActionSet","actions":[
            {"type":"Action.OpenUrl","title":"Docs","url":"https://example.com"}]}
          """#),
      Row(
        element: .input(.text(text)),
        json: #"""
          {"type":"Input.Text","id":"x","regex":"^[a-z]+$","isMultiline":true,"maxLength":10,"style":"email"}
          """#),
      Row(
        element: .input(.number(number)),
        json: #"{"type":"Input.Number","id":"n","min":1,"max":2.5}"#),
      Row(
        element: .input(.date(date)),
        json: #"{"type":"Input.Date","id":"d","value":"2026-01-02"}"#),
      Row(
        element: .input(.time(time)), json: #"{"type":"Input.Time","id":"t","max":"18:00"}"#),
      Row(
        element: .input(.toggle(toggle)),
        json: #"""
          {"type":"Input.Toggle","id":"on","title":"On?","valueOn":"yes","valueOff":"no"}
          """#),
      Row(
        element: .input(.choiceSet(choices)),
        json: #"""
          {"type":"Input.ChoiceSet","id":"c","choices":[{"title":"A","value":"a"}],
           "isMultiSelect":true,"style":"expanded"}
          """#),
    ]
  }()

  @Test("an element is its JSON, both ways", arguments: elements)
  func element(row: Row) throws {
    let expected = try parse(row.json)
    #expect(try json(row.element) == expected)
    #expect(try expected.decoded(as: CardElement.self) == row.element)
  }

  @Test("an action is its JSON, both ways")
  func actions() throws {
    let rows: [(CardAction, String)] = [
      (
        .submit("Go", data: ["a": [1, 2.5, true, nil]], style: .positive),
        #"{"type":"Action.Submit","title":"Go","style":"positive","data":{"a":[1,2.5,true,null]}}"#
      ),
      (
        .openURL("Docs", "https://e.example"),
        #"{"type":"Action.OpenUrl","title":"Docs","url":"https://e.example"}"#
      ),
      (
        .showCard("More", AdaptiveCard(body: [])),
        #"""
        {"type":"Action.ShowCard","title":"More","card":{"type":"AdaptiveCard",
         "$schema":"http://adaptivecards.io/schemas/adaptive-card.json","version":"1.3","body":[]}}
        """#
      ),
      (
        CardAction(.toggleVisibility([.init("a"), .init("b", isVisible: true)]), id: "x"),
        #"""
        {"type":"Action.ToggleVisibility","id":"x",
         "targetElements":["a",{"elementId":"b","isVisible":true}]}
        """#
      ),
    ]
    for (action, text) in rows {
      #expect(try json(action) == parse(text))
      #expect(try parse(text).decoded(as: CardAction.self) == action)
    }
  }

  @Test(
    "what is unknown is kept as it came",
    arguments: [
      #"{"type":"Table","rows":[{"cells":[1,null,{"a":"b"}]}]}"#, #"{"type":"Media"}"#,
      #"{"noType":1}"#, #"{"type":"TextBlock","text":{"odd":true}}"#,
      #"{"type":"TextBlock","text":"x","isVisible":"${odd}"}"#,
      #"{"type":"Input.Rating","id":"r"}"#,
    ])
  func unknownElements(text: String) throws {
    let element: CardElement = try parse(text).decoded()
    guard case .unknown = element.content else {
      Issue.record("\(element) should be unknown")
      return
    }
    #expect(try json(element) == parse(text))
    let action: CardAction = try parse(#"{"type":"Action.Execute","verb":"v"}"#).decoded()
    #expect(try json(action) == parse(#"{"type":"Action.Execute","verb":"v"}"#))
  }

  @Test("a word that is not ours is kept, and case makes no difference")
  func words() throws {
    let element: CardElement = try parse(
      #"{"type":"TextBlock","text":"x","size":"gigantic","weight":"bolder"}"#
    ).decoded()
    guard case .textBlock(let block) = element.content else {
      Issue.record("\(element) should be a text block")
      return
    }
    #expect(block.size?.rawValue == "gigantic")
    #expect(block.weight == .bolder)
  }

  @Test(
    "a JSON value is written as it was read",
    arguments: [
      "null", "true", "0", "-7", "9007199254740993", "2.5", #""é\n""#, "[]", "{}",
      #"{"a":[1,{"b":null}]}"#,
    ])
  func jsonValues(text: String) throws {
    let encoded = try JSONEncoder().encode(parse(text))
    #expect(String(decoding: encoded, as: UTF8.self) == text)
  }
}

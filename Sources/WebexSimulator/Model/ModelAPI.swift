// `/llm`: an OpenAI-compatible endpoint in LiteLLM's dialect. Chat completions, streamed or not,
// models, model groups.

extension Cloud {
  func llm(_ request: Request) async -> Response {
    var path = Array(request.segments.dropFirst())
    if path.first == "v1" { path.removeFirst() }
    if path == ["health", "liveliness"] { return .json("I'm alive!") }
    if let failure = keyFailure(request) { return failure }
    switch (request.method, path) {
    case ("POST", ["chat", "completions"]): return chat(request)
    case ("GET", ["models"]):
      return .json(["data": .array(model.catalog.map(\.modelJSON)), "object": "list"])
    case ("GET", ["model_group", "info"]):
      return .json(["data": .array(model.catalog.filter(\.hasInfo).map(\.groupJSON))])
    default: return .json(["detail": "Not Found"], status: 404)
    }
  }

  private func keyFailure(_ request: Request) -> Response? {
    guard let key = model.apiKey, request.bearerToken != key else { return nil }
    guard request.bearerToken != nil else {
      return .json(
        [
          "error": [
            "message": "Authentication Error, No api key passed in.", "type": "auth_error",
            "param": "None", "code": "401",
          ]
        ], status: 401)
    }
    return ModelFailure.response("key", script: ModelScript())
  }

  private func chat(_ request: Request) -> Response {
    func refuse(_ message: String, param: JSON = .null) -> Response {
      .json(
        [
          "error": [
            "message": .string(message), "type": "invalid_request_error", "param": param,
            "code": "400",
          ]
        ], status: 400)
    }
    guard let body = JSON(parsing: request.body), body.members != nil else {
      return refuse("Invalid JSON payload: the body is no JSON object.", param: "request_body")
    }
    guard let messages = body["messages"]?.array, !messages.isEmpty else {
      return refuse("/chat/completions: Missing required parameter: 'messages'.", param: "messages")
    }
    guard let name = body["model"]?.text else {
      return refuse("/chat/completions: Missing required parameter: 'model'.", param: "model")
    }
    let id = model.begin(body, headers: request.headers)
    guard let entry = model.entry(name) else {
      model.end(id, "error")
      return refuse(
        "litellm.BadRequestError: You passed in model=\(name.prefix(100)). There are no healthy "
          + "deployments for this model")
    }
    let question = messages.last { $0["role"]?.string == "user" }.map { Self.text(of: $0) } ?? ""
    var script = model.script
    if body["temperature"] != nil, !entry.takesTemperature || script.refusesTemperature {
      model.end(id, "error")
      return refuse(entry.temperatureRefusal)
    }
    script.apply(model: name)
    let asked = script.takeDirectives(from: question)
    let completion = ScriptedCompletion(
      script: script, model: name, callID: request.headers["x-litellm-call-id"] ?? RawID.random(),
      question: script.mode == .echo ? question : asked, promptTokens: Self.size(messages),
      isStream: body["stream"]?.bool ?? false,
      wantsUsage: body["stream_options"]?["include_usage"]?.bool ?? false,
      maxTokens: body["max_tokens"]?.int ?? body["max_completion_tokens"]?.int)
    return completion.response(model, id: id)
  }

  /// A content that is text, or parts of which some are text.
  private static func text(of message: JSON) -> String {
    switch message["content"] {
    case .string(let text): text
    case .array(let parts): parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
    default: ""
    }
  }

  private static func size(_ messages: [JSON]) -> Int {
    messages.reduce(0) { $0 + text(of: $1).utf8.count / 4 + 4 }
  }
}

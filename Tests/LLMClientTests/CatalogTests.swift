// The model list, the model groups, and what becomes of them together.

import CurlHTTP
import Testing

@testable import LLMClient

@Suite("Model catalog", .timeLimit(.minutes(1)))
struct CatalogTests {
  private static let models = #"""
    {"object":"list","data":[
      {"id":"embed","object":"model","owned_by":"openai","mode":"embedding"},
      {"id":"fake/*","object":"model"},
      {"id":"plain","object":"model","created":1677610602,"owned_by":"openai"},
      {"id":"full","mode":"chat","max_input_tokens":8192,"max_output_tokens":0},
      {"id":"plain"}, {"nonsense":true}, 7]}
    """#
  private static let groups = #"""
    {"data":[
      {"model_group":"plain","providers":["openai"],"mode":"chat","max_input_tokens":32768.0,
       "max_output_tokens":4096.0,"input_cost_per_token":1e-06,"supports_vision":true,
       "supports_function_calling":false,"supports_reasoning":null,
       "supported_reasoning_efforts":["low","high"],"supported_openai_params":["tools"]},
      {"model_group":"unlisted","mode":"chat"}, {}]}
    """#

  private func server(groupStatus: Int = 200, groups: String = groups) throws -> ScriptedServer {
    try ScriptedServer { exchange in
      switch exchange.path {
      case "/v1/models": exchange.respond(Self.models)
      case "/model_group/info": exchange.respond(groupStatus, groups)
      default: exchange.respond(404, #"{"detail":"Not Found"}"#)
      }
      return true
    }
  }

  @Test("both lists are merged; the first chat model is neither embedding nor wildcard")
  func merged() async throws {
    let server = try server()
    let catalog = try await Bench(server.baseURL + "/v1").client.catalog()
    #expect(catalog.models.map(\.id) == ["embed", "fake/*", "plain", "full"])
    let plain = try #require(catalog.firstChatModel)
    #expect(plain.id == "plain")
    #expect(plain.maxInputTokens == 32_768)
    #expect(plain.maxOutputTokens == 4096)
    #expect(plain.supportsVision == true)
    #expect(plain.supportsFunctionCalling == nil)
    #expect(plain.reasoningEfforts == ["low", "high"])
    #expect(plain.inputCostPerToken == 1e-06)
    #expect(catalog["full"]?.maxInputTokens == 8192)
    #expect(catalog["full"]?.maxOutputTokens == nil)
    #expect(catalog["unlisted"] == nil)
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer sk-test" })
  }

  @Test(
    "a proxy without the group route is normal", arguments: [400, 401, 403, 404, 405, 500, 503])
  func withoutGroups(_ status: Int) async throws {
    let server = try server(groupStatus: status, groups: #"{"detail":"no"}"#)
    let bench = try Bench(server.baseURL)
    #expect(try await bench.client.modelGroups().isEmpty)
    let catalog = try await bench.client.catalog()
    #expect(catalog["full"]?.maxInputTokens == 8192)
    #expect(bench.manual.waits.isEmpty)
  }

  @Test("groups that are no list are none", arguments: ["", "[]", "<html>", #"{"data":7}"#])
  func oddGroups(_ body: String) async throws {
    let server = try server(groups: body)
    #expect(try await Bench(server.baseURL).client.modelGroups().isEmpty)
  }

  @Test("a model list that is none is an error")
  func oddModels() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond("<html>sign in</html>")
      return true
    }
    await #expect {
      try await Bench(server.baseURL).client.models()
    } throws: {
      ($0 as? LLMError)?.code == .undecodable
    }
  }

  @Test("a wrong key is told from the model list")
  func unauthorized() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond(
        401, ErrorCase.litellm("Authentication Error", type: "auth_error", code: "401"))
      return true
    }
    await #expect {
      try await Bench(server.baseURL).client.catalog()
    } throws: {
      ($0 as? LLMError)?.code == .unauthorized
    }
  }

  @Test("the model list is retried")
  func retried() async throws {
    let server = try ScriptedServer { exchange in
      if exchange.number == 1 { exchange.respond(503, "") } else { exchange.respond(Self.models) }
      return true
    }
    let bench = try Bench(server.baseURL)
    #expect(try await bench.client.models().count == 5)
    #expect(bench.manual.waits.count == 1)
  }

  @Test(
    "a model takes a temperature if the proxy lists it, but for those that reason with a fixed one",
    arguments: [
      ([], nil), (["temperature", "top_p"], true), (["top_p", "tools"], false),
      // As LiteLLM 1.106 lists gpt-4o, claude-sonnet-4-5, gpt-5 and o3-mini.
      (["temperature", "top_p", "reasoning_effort"], true),
      (["temperature", "reasoning_effort", "tools"], false),
    ] as [([String], Bool?)])
  func temperature(_ parameters: [String], _ takes: Bool?) {
    let group = ModelGroup(name: "m", supportedParameters: parameters)
    let catalog = ModelCatalog(models: [ModelInfo(id: "m")], groups: [group])
    #expect(catalog["m"]?.takesTemperature == takes)
  }

  @Test(
    "a model is offered by its name or by a wildcard",
    arguments: [
      ("plain", true), ("Plain", false), ("azure/gpt", true), ("azure/", false), ("azure", false),
      ("x-mini", true), ("-mini", false), ("anything", false),
    ])
  func offers(_ id: String, _ isOffered: Bool) {
    let catalog = ModelCatalog(models: ["plain", "azure/*", "*-mini"].map { CatalogModel(id: $0) })
    #expect(catalog.offers(id) == isOffered)
  }

  @Test("no models, no chat model")
  func empty() {
    #expect(ModelCatalog(models: [], groups: []).firstChatModel == nil)
  }
}

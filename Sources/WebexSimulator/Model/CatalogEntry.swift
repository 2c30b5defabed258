// A model that the endpoint lists, as LiteLLM's `/model_group/info` tells of it.

struct CatalogEntry: Sendable {
  var name: String
  var mode = "chat"
  var takesTemperature = true
  var inputTokens = 8192
  var outputTokens = 16_384
  /// Dollars per token.
  var inputCost = 0.0
  var outputCost = 0.0
  /// False: only `/models` lists it, as behind an endpoint that is no LiteLLM.
  var hasInfo = true

  static let standard =
    [
      "scripted", "scripted-long", "scripted-echo", "scripted-slow", "scripted-fast",
      "scripted-reasoning", "scripted-fixed",
    ].map { CatalogEntry($0) }

  init(_ name: String) {
    self.name = name
    takesTemperature = name != "scripted-fixed"
  }

  /// A name, or an object with a name.
  init(_ json: JSON) throws(SimulatorError) {
    guard let name = json.string ?? json["name"]?.text else {
      throw SimulatorError(.badConfiguration, "A model is a name, or an object with 'name'.")
    }
    self.init(name)
    for member in json.members ?? [] {
      switch member.key {
      case "name": break
      case "mode": mode = member.value.string ?? mode
      case "temperature": takesTemperature = member.value.bool ?? true
      case "inputTokens": inputTokens = member.value.int ?? inputTokens
      case "outputTokens": outputTokens = member.value.int ?? outputTokens
      case "inputCost": inputCost = member.value.double ?? inputCost
      case "outputCost": outputCost = member.value.double ?? outputCost
      case "info": hasInfo = member.value.bool ?? true
      default:
        throw SimulatorError(
          .badConfiguration, "Unknown key '\(member.key.prefix(40))' in 'models'.")
      }
    }
  }

  var modelJSON: JSON {
    [
      "id": .string(name), "object": "model", "created": 1_677_610_602, "owned_by": "openai",
      "mode": .string(mode), "max_input_tokens": .int(inputTokens),
      "max_output_tokens": .int(outputTokens),
    ]
  }

  var groupJSON: JSON {
    [
      "model_group": .string(name), "providers": ["scripted"],
      "max_input_tokens": .double(Double(inputTokens)),
      "max_output_tokens": .double(Double(outputTokens)),
      "input_cost_per_token": .double(inputCost), "output_cost_per_token": .double(outputCost),
      "mode": .string(mode), "supports_vision": false, "supports_function_calling": true,
      "supports_reasoning": .bool(name == "scripted-reasoning"),
      "supported_openai_params": .strings(
        (takesTemperature ? ["temperature"] : [])
          + ["max_tokens", "stream", "stream_options", "tools"]),
    ]
  }

  /// What LiteLLM says to a temperature that the model does not take.
  var temperatureRefusal: String {
    "litellm.UnsupportedParamsError: openai does not support parameters: ['temperature'], for "
      + "model=\(name). To drop these, set `litellm.drop_params=True` or for proxy: "
      + "`litellm_settings:\n drop_params: true`"
  }
}

// The JSON of `GET /v1/models` and `GET /model_group/info`. Rows that make no sense are left out.

import FoundationEssentials

struct WireModelList: Decodable {
  var models: [ModelInfo]

  private struct Row: Decodable {
    var model: ModelInfo?
    private enum CodingKeys: String, CodingKey {
      case id, mode
      case ownedBy = "owned_by"
      case maxInput = "max_input_tokens"
      case maxOutput = "max_output_tokens"
    }
    init(from decoder: any Decoder) throws {
      guard let container = try? decoder.container(keyedBy: CodingKeys.self) else { return }
      guard let id = container.lenientText(.id) else { return }
      model = ModelInfo(
        id: id, ownedBy: container.lenientText(.ownedBy), mode: container.lenientText(.mode),
        maxInputTokens: container.lenientLimit(.maxInput),
        maxOutputTokens: container.lenientLimit(.maxOutput))
    }
  }
  private enum CodingKeys: String, CodingKey { case data }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    models = try container.decode([Row].self, forKey: .data).compactMap(\.model)
  }
}

struct WireModelGroupList: Decodable {
  var groups: [ModelGroup]

  private struct Row: Decodable {
    var group: ModelGroup?
    private enum CodingKeys: String, CodingKey {
      case name = "model_group"
      case mode
      case maxInput = "max_input_tokens"
      case maxOutput = "max_output_tokens"
      case inputCost = "input_cost_per_token"
      case outputCost = "output_cost_per_token"
      case vision = "supports_vision"
      case functionCalling = "supports_function_calling"
      case reasoning = "supports_reasoning"
      case pdfInput = "supports_pdf_input"
      case webSearch = "supports_web_search"
      case reasoningEfforts = "supported_reasoning_efforts"
      case parameters = "supported_openai_params"
    }
    init(from decoder: any Decoder) throws {
      guard let container = try? decoder.container(keyedBy: CodingKeys.self) else { return }
      guard let name = container.lenientText(.name) else { return }
      group = ModelGroup(
        name: name, mode: container.lenientText(.mode),
        maxInputTokens: container.lenientLimit(.maxInput),
        maxOutputTokens: container.lenientLimit(.maxOutput),
        inputCostPerToken: container.lenient(Double.self, .inputCost),
        outputCostPerToken: container.lenient(Double.self, .outputCost),
        supportsVision: container.lenient(Bool.self, .vision) ?? false,
        supportsFunctionCalling: container.lenient(Bool.self, .functionCalling) ?? false,
        supportsReasoning: container.lenient(Bool.self, .reasoning) ?? false,
        supportsPDFInput: container.lenient(Bool.self, .pdfInput) ?? false,
        supportsWebSearch: container.lenient(Bool.self, .webSearch) ?? false,
        reasoningEfforts: container.lenient([String].self, .reasoningEfforts) ?? [],
        supportedParameters: container.lenient([String].self, .parameters) ?? [])
    }
  }
  private enum CodingKeys: String, CodingKey { case data }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    groups = try container.decode([Row].self, forKey: .data).compactMap(\.group)
  }
}

extension KeyedDecodingContainer {
  /// A limit in tokens; 0 and less mean that nobody knows.
  fileprivate func lenientLimit(_ key: Key) -> Int? {
    lenientCount(key).flatMap { $0 > 0 ? $0 : nil }
  }
}

// Which models the proxy offers, and what they can do.

/// A row of `GET /v1/models`.
public struct ModelInfo: Hashable, Sendable {
  public var id: String
  public var ownedBy: String?
  /// `chat`, `embedding`, `image_generation`, …; nil where the proxy does not say.
  public var mode: String?
  public var maxInputTokens: Int?
  public var maxOutputTokens: Int?

  public init(
    id: String, ownedBy: String? = nil, mode: String? = nil, maxInputTokens: Int? = nil,
    maxOutputTokens: Int? = nil
  ) {
    self.id = id
    self.ownedBy = ownedBy
    self.mode = mode
    self.maxInputTokens = maxInputTokens
    self.maxOutputTokens = maxOutputTokens
  }
}

/// A row of LiteLLM's `GET /model_group/info`. LiteLLM writes false for "not known to", so an
/// ability is only ever known to be there.
public struct ModelGroup: Hashable, Sendable {
  public var name: String
  public var mode: String?
  public var maxInputTokens: Int?
  public var maxOutputTokens: Int?
  /// US dollars.
  public var inputCostPerToken: Double?
  public var outputCostPerToken: Double?
  public var supportsVision: Bool
  public var supportsFunctionCalling: Bool
  public var supportsReasoning: Bool
  public var supportsPDFInput: Bool
  public var supportsWebSearch: Bool
  public var reasoningEfforts: [String]
  public var supportedParameters: [String]

  public init(
    name: String, mode: String? = nil, maxInputTokens: Int? = nil, maxOutputTokens: Int? = nil,
    inputCostPerToken: Double? = nil, outputCostPerToken: Double? = nil,
    supportsVision: Bool = false, supportsFunctionCalling: Bool = false,
    supportsReasoning: Bool = false, supportsPDFInput: Bool = false,
    supportsWebSearch: Bool = false, reasoningEfforts: [String] = [],
    supportedParameters: [String] = []
  ) {
    self.name = name
    self.mode = mode
    self.maxInputTokens = maxInputTokens
    self.maxOutputTokens = maxOutputTokens
    self.inputCostPerToken = inputCostPerToken
    self.outputCostPerToken = outputCostPerToken
    self.supportsVision = supportsVision
    self.supportsFunctionCalling = supportsFunctionCalling
    self.supportsReasoning = supportsReasoning
    self.supportsPDFInput = supportsPDFInput
    self.supportsWebSearch = supportsWebSearch
    self.reasoningEfforts = reasoningEfforts
    self.supportedParameters = supportedParameters
  }
}

/// One model with everything known about it from either route.
public struct CatalogModel: Hashable, Sendable {
  public var id: String
  public var mode: String?
  public var maxInputTokens: Int?
  public var maxOutputTokens: Int?
  public var inputCostPerToken: Double?
  public var outputCostPerToken: Double?
  /// Nil: not known to.
  public var supportsVision: Bool?
  public var supportsFunctionCalling: Bool?
  public var supportsReasoning: Bool?
  public var supportsPDFInput: Bool?
  public var reasoningEfforts: [String]

  public init(
    id: String, mode: String? = nil, maxInputTokens: Int? = nil, maxOutputTokens: Int? = nil,
    inputCostPerToken: Double? = nil, outputCostPerToken: Double? = nil,
    supportsVision: Bool? = nil, supportsFunctionCalling: Bool? = nil,
    supportsReasoning: Bool? = nil, supportsPDFInput: Bool? = nil, reasoningEfforts: [String] = []
  ) {
    self.id = id
    self.mode = mode
    self.maxInputTokens = maxInputTokens
    self.maxOutputTokens = maxOutputTokens
    self.inputCostPerToken = inputCostPerToken
    self.outputCostPerToken = outputCostPerToken
    self.supportsVision = supportsVision
    self.supportsFunctionCalling = supportsFunctionCalling
    self.supportsReasoning = supportsReasoning
    self.supportsPDFInput = supportsPDFInput
    self.reasoningEfforts = reasoningEfforts
  }

  /// Whether it can hold a conversation. Unknown counts as yes; a wildcard is no model.
  public var isChatModel: Bool {
    !id.contains("*") && (mode == nil || mode == "chat" || mode == "responses")
  }
}

/// The models that our key may use, in the proxy's order.
public struct ModelCatalog: Hashable, Sendable {
  public var models: [CatalogModel]

  public init(models: [CatalogModel]) { self.models = models }

  /// Merges the model list (what our key may use) with the groups (what is known about them).
  public init(models list: [ModelInfo], groups: [ModelGroup]) {
    let byName = Dictionary(groups.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    models = list.filter { seen.insert($0.id).inserted }.map { model in
      let group = byName[model.id]
      return CatalogModel(
        id: model.id,
        mode: group?.mode ?? model.mode,
        maxInputTokens: group?.maxInputTokens ?? model.maxInputTokens,
        maxOutputTokens: group?.maxOutputTokens ?? model.maxOutputTokens,
        inputCostPerToken: group?.inputCostPerToken,
        outputCostPerToken: group?.outputCostPerToken,
        supportsVision: group?.supportsVision == true ? true : nil,
        supportsFunctionCalling: group?.supportsFunctionCalling == true ? true : nil,
        supportsReasoning: group?.supportsReasoning == true ? true : nil,
        supportsPDFInput: group?.supportsPDFInput == true ? true : nil,
        reasoningEfforts: group?.reasoningEfforts ?? [])
    }
  }

  public subscript(id: String) -> CatalogModel? { models.first { $0.id == id } }

  /// The first model that can hold a conversation: what is used when the operator named none.
  public var firstChatModel: CatalogModel? { models.first(where: \.isChatModel) }
}

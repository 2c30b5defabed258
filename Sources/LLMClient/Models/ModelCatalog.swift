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

  /// Whether a temperature of one's own is taken; nil where no parameters are listed.
  ///
  /// Models that reason with a fixed temperature (the o-series, gpt-5) are listed with
  /// `temperature`, since they take 1, and are told by `top_p`, which is left out (LiteLLM 1.106).
  public var takesTemperature: Bool? {
    let known = Set(supportedParameters)
    guard !known.isEmpty else { return nil }
    return known.contains("temperature")
      && !(known.contains("reasoning_effort") && !known.contains("top_p"))
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
  /// Nil: the proxy does not say.
  public var takesTemperature: Bool?

  public init(
    id: String, mode: String? = nil, maxInputTokens: Int? = nil, maxOutputTokens: Int? = nil,
    inputCostPerToken: Double? = nil, outputCostPerToken: Double? = nil,
    supportsVision: Bool? = nil, supportsFunctionCalling: Bool? = nil,
    supportsReasoning: Bool? = nil, supportsPDFInput: Bool? = nil,
    reasoningEfforts: [String] = [], takesTemperature: Bool? = nil
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
    self.takesTemperature = takesTemperature
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
        reasoningEfforts: group?.reasoningEfforts ?? [],
        takesTemperature: group?.takesTemperature)
    }
  }

  public subscript(id: String) -> CatalogModel? { models.first { $0.id == id } }

  /// The first model that can hold a conversation: what is used when the operator named none.
  public var firstChatModel: CatalogModel? { models.first(where: \.isChatModel) }

  /// Whether requests may name this model: it is listed, or a listed wildcard covers it.
  public func offers(_ id: String) -> Bool {
    models.contains { model in
      guard let star = model.id.firstIndex(of: "*") else { return model.id == id }
      let (front, back) = (model.id[..<star], model.id[star...].dropFirst())
      return id.count > front.count + back.count && id.hasPrefix(front) && id.hasSuffix(back)
    }
  }
}

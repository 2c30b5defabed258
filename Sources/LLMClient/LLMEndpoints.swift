// Which addresses the client talks to, from the base URL that the operator wrote.

/// The routes of the proxy.
struct LLMEndpoints: Hashable, Sendable {
  let chatCompletions: String
  let models: String
  /// LiteLLM's own route, beside `/v1`.
  let modelGroupInfo: String

  /// `http://host:4000`, `http://host:4000/`, `…/v1` and `…/v1/` mean the same.
  init(baseURL: String) {
    var root = Substring(baseURL)
    while root.first?.isWhitespace == true { root.removeFirst() }
    while let last = root.last, last == "/" || last.isWhitespace { root.removeLast() }
    if root.hasSuffix("/v1") {
      root.removeLast(3)
      while root.last == "/" { root.removeLast() }
    }
    chatCompletions = root + "/v1/chat/completions"
    models = root + "/v1/models"
    modelGroupInfo = root + "/model_group/info"
  }
}

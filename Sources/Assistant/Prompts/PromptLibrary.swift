// The system prompts: Markdown files with optional YAML front matter and Mustache variables.

import FoundationEssentials
import Mustache

/// What a prompt may mention.
struct PromptVariables: Sendable {
  /// ISO 8601 date, UTC.
  var date: String
  var model: String
  /// The person's name; empty if unknown.
  var person: String
  var isDirect: Bool
}

/// Reads `default.md` from a folder, anew for each answer, so an edit needs no restart.
struct PromptLibrary: Sendable {
  static let builtIn = """
    You are a helpful assistant in Cisco Webex. Today is {{date}}. Answer in the language of the \
    question, in Markdown, and as briefly as the question allows. Say so when you \
    do not know something.
    """

  let directory: String

  /// Why `default.md` cannot be used, for the log at start; nil if it can.
  func problem() -> String? {
    guard FileManager.default.fileExists(atPath: directory + "/default.md") else {
      return "\(directory)/default.md is not there"
    }
    do {
      _ = try MustacheTemplate(string: Self.body(try read()))
      return nil
    } catch {
      return String("\(directory)/default.md: \(error)".prefix(200))
    }
  }

  /// The system prompt. A file that is missing or broken gives way to the built-in one.
  func systemPrompt(_ variables: PromptVariables) -> String {
    let source = (try? read()).map(Self.body) ?? Self.builtIn
    return render(source, variables) ?? render(Self.builtIn, variables) ?? ""
  }

  private func read() throws -> String {
    let data = try Data(contentsOf: URL(filePath: directory).appending(path: "default.md"))
    let text = String(decoding: data.prefix(64 << 10), as: UTF8.self)
    // A file saved on Windows: its front matter must not reach the model.
    return text.replacing("\r\n", with: "\n")
  }

  private func render(_ source: String, _ variables: PromptVariables) -> String? {
    // Prompts are plain text: nothing may be escaped for HTML.
    guard let template = try? MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + source) else {
      return nil
    }
    return template.render(
      [
        "date": variables.date, "model": variables.model, "person": variables.person,
        "direct": variables.isDirect,
      ] as [String: Any]
    ).trimmingWhitespace()
  }

  /// The text behind the front matter.
  static func body(_ file: String) -> String {
    guard file.hasPrefix("---\n"), let end = file.dropFirst(4).firstRange(of: "\n---\n") else {
      return file
    }
    return String(file[end.upperBound...])
  }
}

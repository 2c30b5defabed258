// The system prompts of a folder: every `*.md`, read anew when it changes. Asked by SettingsDesk for
// each answer, and by the cards and commands that choose one.

import FoundationEssentials
import Glibc
import Logging
import Mustache
import Synchronization

/// The prompts of a folder. A file that is missing or bad harms no other; one that becomes bad stays
/// as it was.
final class PromptLibrary: Sendable {
  /// The prompt that answers where none is chosen.
  static let defaultName = "default"
  static let builtIn = """
    You are a helpful assistant in Cisco Webex. Today is {{date}}. Answer in the language of the \
    question, in Markdown, and as briefly as the question allows. Say so when you \
    do not know something.
    """ + "\n" + frame
  /// What goes with a text that a person wrote on the card.
  static let frame = """
    {{#direct}}You are talking with "{{person}}" alone.{{/direct}}\
    {{^direct}}Several people take part; each message begins with its author's name. Answer the \
    last one, "{{person}}", and do not begin your answer with a name.{{/direct}}
    """
  private static let maximumFiles = 200

  private struct File {
    var stamp: Stamp
    /// As it was last good.
    var prompt: Prompt?
    var problem: PromptProblem?
  }

  /// What tells that a file has changed.
  private struct Stamp: Equatable {
    var inode: UInt
    var size: Int
    var seconds: [Int]
  }

  let directory: String
  private let logger: Logger?
  private let files = Mutex<[String: File]>([:])

  /// - Parameter logger: hears of files that become bad; what is bad from the start is in
  ///   ``problems()``.
  init(directory: String, logger: Logger? = nil) {
    self.directory = directory
    self.logger = logger
    files.withLock { refresh(&$0, logger: nil) }
  }

  /// All prompts by name, the default one first.
  func prompts() -> [Prompt] { read().prompts }

  func prompt(_ name: String) -> Prompt? {
    prompts().first { $0.name == name.lowercased() }
  }

  /// Files that cannot be used, with the reason, for the log at start.
  func problems() -> [PromptProblem] { read().problems }

  /// The prompt of that name, or the built-in one.
  func systemPrompt(_ variables: PromptVariables, named name: String = PromptLibrary.defaultName)
    -> String
  {
    prompt(name)?.render(variables) ?? Self.render(Self.builtIn, variables)
  }

  static func render(_ source: String, _ variables: PromptVariables) -> String {
    let template = try? MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + source)
    return template?.render(variables.values).trimmingWhitespace() ?? ""
  }

  // MARK: The folder

  private func read() -> (prompts: [Prompt], problems: [PromptProblem]) {
    files.withLock { files in
      refresh(&files, logger: logger)
      var (prompts, problems): ([String: Prompt], [PromptProblem]) = ([:], [])
      for (name, file) in files.sorted(by: { $0.key < $1.key }) {
        if let problem = file.problem { problems.append(problem) }
        guard let prompt = file.prompt else { continue }
        if prompts[prompt.name] == nil {
          prompts[prompt.name] = prompt
        } else {
          problems.append(
            PromptProblem(
              file: path(name), reason: "another file is named \(prompt.name) already"))
        }
      }
      if prompts[Self.defaultName] == nil, files[Self.defaultName + ".md"] == nil {
        problems.append(
          PromptProblem(
            file: path(Self.defaultName + ".md"), reason: "is not there, a built-in prompt answers")
        )
      }
      let order = prompts.values.sorted {
        ($0.name == Self.defaultName ? "" : $0.name) < ($1.name == Self.defaultName ? "" : $1.name)
      }
      return (order, problems)
    }
  }

  private func refresh(_ files: inout [String: File], logger: Logger?) {
    // A folder that is being replaced, or cannot be read: what was last known stays.
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      return
    }
    let prompts = names.filter {
      $0.hasSuffix(".md") && !$0.hasPrefix(".") && !$0.hasPrefix("_") && $0 != "README.md"
    }.sorted().prefix(Self.maximumFiles)
    files = files.filter { prompts.contains($0.key) }
    for name in prompts {
      guard let stamp = stamp(name), files[name]?.stamp != stamp else { continue }
      let before = files[name]
      do {
        let bytes = try Self.read(path(name))
        let prompt = try Prompt(file: name, path: path(name), bytes: bytes)
        files[name] = File(stamp: stamp, prompt: prompt)
        if before != nil { logger?.notice("prompt read anew", metadata: ["file": "\(path(name))"]) }
      } catch {
        let problem =
          error as? PromptProblem ?? PromptProblem(file: path(name), reason: "cannot be read")
        files[name] = File(stamp: stamp, prompt: before?.prompt, problem: problem)
        logger?.warning(
          before?.prompt == nil ? "prompt unusable" : "prompt unusable, the old one stays",
          metadata: ["problem": "\(problem)"])
      }
    }
  }

  private func path(_ name: String) -> String { "\(directory)/\(name)" }

  private static func read(_ path: String) throws -> [UInt8] {
    let file = try Data(contentsOf: URL(filePath: path))
    return Array(file)
  }

  private func stamp(_ name: String) -> Stamp? {
    var info = stat()
    guard stat(path(name), &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(
      inode: UInt(info.st_ino), size: Int(info.st_size),
      seconds: [
        info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec,
      ])
  }
}

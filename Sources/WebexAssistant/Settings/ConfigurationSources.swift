// The four places that settings come from, read but not yet judged: flags, environment, `.env`,
// `assistant.yaml`. `Settings.load` judges them; tests fill this in by hand.
import Configuration
import FoundationEssentials
import Synchronization

/// Everything outside the program that the configuration depends on.
struct ConfigurationSources: Sendable {
  var flags: [SettingKey: Flag] = [:]
  var environment: [String: String] = [:]
  var dotEnv = DotEnvFile("")
  var settingsFile = SettingsFile("")
  /// Files that are there and could not be read: taken for empty, they would open the access lists.
  var unreadableFiles: [String] = []
  /// The text of a secret's file; nil when it cannot be read.
  var readFile: @Sendable (_ path: String) -> String? = { _ in nil }
  var isDirectory: @Sendable (_ path: String) -> Bool = { _ in false }
  var isFile: @Sendable (_ path: String) -> Bool = { _ in false }

  /// A setting's value from the command line.
  struct Flag: Sendable {
    /// As the person wrote it: `--litellm-model`, or a command's own short form of it.
    var name: String
    var value: String
  }

  /// The real ones: this process's environment and the files of the working directory.
  static func ofProcess(
    flags: [SettingKey: Flag],
    directory: String = FileManager.default.currentDirectoryPath
  ) -> ConfigurationSources {
    var unreadable: [String] = []
    func configuration(_ name: String) -> String {
      let path = "\(directory)/\(name)"
      if let text = text(of: path) { return text }
      // Looks at a link itself, so that a dangling one counts as there.
      if (try? FileManager.default.attributesOfItem(atPath: path)) != nil {
        unreadable.append(name)
      }
      return ""
    }
    let dotEnv = DotEnvFile(configuration(".env"))
    let settingsFile = SettingsFile(configuration("assistant.yaml"))
    return ConfigurationSources(
      flags: flags,
      environment: ProcessInfo.processInfo.environment,
      dotEnv: dotEnv,
      settingsFile: settingsFile,
      unreadableFiles: unreadable,
      readFile: { text(of: $0) },
      isDirectory: { path in
        var isDirectory = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
          && isDirectory
      },
      // Looks at a link itself: what cannot be read is a mistake to be told, not a missing file.
      isFile: { (try? FileManager.default.attributesOfItem(atPath: $0)) != nil })
  }

  /// At most 1 MiB: nothing that belongs here is longer.
  private static func text(of path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else {
      return nil
    }
    return String(decoding: data, as: UTF8.self)
  }
}

/// The sources as one swift-configuration hierarchy that remembers where each value came from.
struct SettingHierarchy: Sendable {
  private let reader: ConfigReader
  private let provenance: Provenance
  private let origins: [String: [SettingKey: SettingOrigin]]

  /// An empty value means "not set" in every source: `.env.example` and docker compose produce them.
  init(_ sources: ConfigurationSources, problems: inout [ConfigurationProblem]) {
    var layers = [Layer(name: "flags"), Layer(name: "environment"), Layer(name: ".env")]
    for (key, flag) in sources.flags { layers[0].set(key, flag.value, .flag(flag.name)) }
    for key in SettingKey.allCases {
      let names = key.hasLowerCaseVariable ? [key.fileName, key.rawValue] : [key.rawValue]
      for name in names {
        layers[1].set(key, sources.environment[name] ?? "", .environment(variable: name))
      }
    }
    problems += sources.unreadableFiles.map {
      ConfigurationProblem(
        key: $0, origin: nil, finding: "is there but cannot be read",
        accepted: "a readable file of at most 1 MiB, or none")
    }
    for (name, value) in sources.environment.sorted(by: { $0.key < $1.key })
    where !value.trimmed.isEmpty {
      if let problem = UnknownName.problem(environment: name) { problems.append(problem) }
    }
    problems += sources.dotEnv.problems
    for entry in sources.dotEnv.entries {
      if let key = SettingKey(rawValue: entry.key) {
        layers[2].set(key, entry.value, .dotEnv(line: entry.line))
      } else if let problem = UnknownName.problem(dotEnv: entry) {
        problems.append(problem)
      }
    }
    var file = Layer(name: "assistant.yaml")
    problems += sources.settingsFile.problems
    for entry in sources.settingsFile.entries {
      if let key = SettingKey(anySpelling: entry.name) {
        file.set(key, entry.value, .settingsFile(line: entry.line))
      } else {
        problems.append(UnknownName.problem(settingsFile: entry))
      }
    }
    layers.append(file)
    for index in [0, 3] { problems += layers[index].removeSecrets() }

    let provenance = Provenance()
    let providers = layers.map(\.provider)
    self.provenance = provenance
    self.origins = Dictionary(
      uniqueKeysWithValues: zip(providers.map(\.providerName), layers.map(\.origins)))
    self.reader = ConfigReader(providers: providers, accessReporter: provenance)
  }

  /// The value with the highest precedence; nil when the setting is in no source.
  func value(of key: SettingKey) -> (text: String, origin: SettingOrigin)? {
    guard let text = reader.string(forKey: key.configKey),
      let provider = provenance.provider(of: key), let origin = origins[provider]?[key]
    else { return nil }
    return (text, origin)
  }

  /// 0 for a flag … 3 for assistant.yaml.
  static func rank(_ origin: SettingOrigin) -> Int {
    switch origin {
    case .flag: 0
    case .environment: 1
    case .dotEnv: 2
    case .settingsFile: 3
    }
  }
}

extension SettingKey {
  fileprivate var configKey: ConfigKey { ConfigKey([fileName]) }
}

/// One source on its way to becoming a provider.
private struct Layer {
  let name: String
  var values: [SettingKey: String] = [:]
  var origins: [SettingKey: SettingOrigin] = [:]

  init(name: String) { self.name = name }

  mutating func set(_ key: SettingKey, _ value: String, _ origin: SettingOrigin) {
    let value = value.trimmed
    guard !value.isEmpty else { return }
    values[key] = value
    origins[key] = origin
  }

  /// Takes the secrets out of a source that others can read, each as a problem.
  mutating func removeSecrets() -> [ConfigurationProblem] {
    let misplaced = values.keys.filter(\.isSecret).sorted { $0.rawValue < $1.rawValue }
    return misplaced.map { key in
      values[key] = nil
      return ConfigurationProblem(
        key: key.rawValue, origin: origins[key], finding: "is a secret and must not be there",
        accepted: "the environment, .env, or a file whose path is in "
          + (key.secretFile?.rawValue ?? "a *_FILE setting"))
    }
  }

  var provider: InMemoryProvider {
    InMemoryProvider(
      name: name,
      values: Dictionary(
        uniqueKeysWithValues: values.map { key, value in
          (AbsoluteConfigKey(key.configKey), ConfigValue(.string(value), isSecret: key.isSecret))
        }))
  }
}

/// Hears from swift-configuration which provider answered.
private final class Provenance: AccessReporter {
  private let providers = Mutex<[String: String]>([:])

  func report(_ event: AccessEvent) {
    let name = event.metadata.key.components.joined(separator: ".")
    let answered = event.providerResults.first { (try? $0.result.get().value) != nil }
    providers.withLock { $0[name] = answered?.providerName }
  }

  func provider(of key: SettingKey) -> String? { providers.withLock { $0[key.fileName] } }
}

/// Names that are none of ours but look as if they were meant for us.
private enum UnknownName {
  /// LiteLLM's own variables, which share our prefix and often the same `.env`.
  static let ofLiteLLM: Set<String> = [
    "LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "LITELLM_LICENSE", "LITELLM_LOG", "LITELLM_MODE",
    "LITELLM_LOCAL_MODEL_COST_MAP",
  ]

  private static let accessPrefixes = ["APPROVED_", "REQUIRE_"]
  private static let accessKeys: [SettingKey] = [
    .settingsPolicy, .deniedReply, .leaveUnapprovedSpaces,
  ]

  /// Who may talk to the assistant: a slip of the pen in these names would let everyone in.
  private static func looksLikeAccess(_ name: String) -> Bool {
    let name = name.uppercased()
    if accessPrefixes.contains(where: { name.hasPrefix($0) }) { return true }
    return SettingKey.allCases.contains { key in
      (accessKeys.contains(key) || accessPrefixes.contains { key.rawValue.hasPrefix($0) })
        && NearestName.distance(Array(name.utf8), Array(key.rawValue.utf8)) <= 2
    }
  }

  /// The environment is everyone's, so only names that look like the access lists are judged.
  static func problem(environment name: String) -> ConfigurationProblem? {
    guard SettingKey(rawValue: name) == nil, looksLikeAccess(name) else { return nil }
    return problem(
      name: name, origin: .environment(variable: SettingValue.onOneLine(name)),
      known: SettingKey.allCases.map(\.rawValue))
  }

  /// nil for other programs' variables: `.env` is shared with docker compose.
  static func problem(dotEnv entry: DotEnvFile.Entry) -> ConfigurationProblem? {
    let looksLikeOurs = ["WEBEX_", "LITELLM_"].contains { entry.key.hasPrefix($0) }
    guard looksLikeOurs || looksLikeAccess(entry.key), !ofLiteLLM.contains(entry.key) else {
      return nil
    }
    return problem(
      name: entry.key, origin: .dotEnv(line: entry.line), known: SettingKey.allCases.map(\.rawValue)
    )
  }

  static func problem(settingsFile entry: SettingsFile.Entry) -> ConfigurationProblem {
    problem(
      name: entry.name, origin: .settingsFile(line: entry.line),
      known: SettingKey.allCases.filter { !$0.isSecret }.map(\.fileName))
  }

  private static func problem(
    name: String, origin: SettingOrigin, known: [String]
  ) -> ConfigurationProblem {
    let isUpperCase = known.contains { $0 == $0.uppercased() }
    let nearest = NearestName.of(isUpperCase ? name.uppercased() : name.lowercased(), among: known)
    return ConfigurationProblem(
      key: SettingValue.onOneLine(name), origin: origin, finding: "is not a setting",
      accepted: nearest == nil ? known.joined(separator: ", ") : nil, suggestion: nearest)
  }
}

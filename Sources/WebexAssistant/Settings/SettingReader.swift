// Goes through the settings one by one for `Settings.load`, keeping every problem.

struct SettingReader {
  private let hierarchy: SettingHierarchy
  private let keys: Set<SettingKey>
  private let readFile: @Sendable (String) -> String?
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var origins: [SettingKey: SettingOrigin] = [:]
  /// Of secrets that were read from a file.
  private(set) var secretPaths: [SettingKey: String] = [:]

  init(_ sources: ConfigurationSources, keys: Set<SettingKey>) {
    hierarchy = SettingHierarchy(sources, problems: &problems)
    self.keys = keys
    readFile = sources.readFile
  }

  /// nil when the setting is not there, not used, or malformed (then a problem is noted).
  mutating func read<Value>(_ key: SettingKey, _ parse: (String) -> Value?) -> Value? {
    guard keys.contains(key), let (text, origin) = hierarchy.value(of: key) else { return nil }
    guard let value = parse(text) else {
      note(key, origin, "is \(SettingValue.shown(text, isURL: key.isURL))")
      return nil
    }
    origins[key] = origin
    return value
  }

  /// In no source, or not asked for by this command.
  func isUnset(_ key: SettingKey) -> Bool { hierarchy.value(of: key) == nil }

  mutating func read<Value>(
    _ key: SettingKey, into value: inout Value, _ parse: (String) -> Value?
  ) {
    if let read = read(key, parse) { value = read }
  }

  /// The secret itself or the content of its file, whichever has the higher precedence.
  mutating func secret(_ key: SettingKey) -> Secret? {
    guard keys.contains(key), let fileKey = key.secretFile else { return nil }
    let direct = hierarchy.value(of: key)
    let file = hierarchy.value(of: fileKey)
    if let direct, let file,
      SettingHierarchy.rank(direct.origin) == SettingHierarchy.rank(file.origin)
    {
      note(key, direct.origin, "and \(fileKey.rawValue) are both set", accepted: "one of the two")
      return nil
    }
    if let file,
      direct.map({ SettingHierarchy.rank(file.origin) < SettingHierarchy.rank($0.origin) }) ?? true
    {
      guard let content = readFile(file.text) else {
        note(fileKey, file.origin, "names a file that cannot be read")
        return nil
      }
      origins[fileKey] = file.origin
      secretPaths[key] = file.text
      return checked(content.trimmed, fileKey, file.origin)
    }
    guard let direct else { return nil }
    origins[key] = direct.origin
    return checked(direct.text, key, direct.origin)
  }

  /// A value that would break the Authorization header is refused, and never shown.
  private mutating func checked(
    _ text: String, _ key: SettingKey, _ origin: SettingOrigin
  ) -> Secret? {
    if text.isEmpty {
      note(key, origin, "holds nothing")
    } else if text.lowercased().hasPrefix("bearer ") {
      note(key, origin, "begins with \"Bearer\"")
    } else if !text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
      note(key, origin, "has white space or other characters in it that no such secret has")
    } else {
      return Secret(value: text)
    }
    return nil
  }

  /// Notes that a required secret is missing, unless something is already wrong with it.
  mutating func require(_ key: SettingKey, _ value: Secret?) {
    let names = [key.rawValue, key.secretFile?.rawValue]
    guard value == nil, !problems.contains(where: { names.contains($0.key) }) else { return }
    problems.append(
      ConfigurationProblem(
        key: key.rawValue, origin: nil, finding: "is not set",
        accepted: "\(key.accepts); in the environment, in .env, or in a file whose path is in "
          + (key.secretFile?.rawValue ?? "a *_FILE setting")))
  }

  private mutating func note(
    _ key: SettingKey, _ origin: SettingOrigin, _ finding: String, accepted: String? = nil
  ) {
    problems.append(
      ConfigurationProblem(
        key: key.rawValue, origin: origin, finding: finding, accepted: accepted ?? key.accepts))
  }
}

// The table of every setting: its name, whether it is a secret, and what it accepts.
//
// One name serves everywhere: `LITELLM_MODEL` in the environment and in `.env`, `litellm_model` in
// assistant.yaml, `--litellm-model` on the command line.

/// A setting's name, spelled as in the environment.
enum SettingKey: String, CaseIterable, Sendable {
  case webexAPIToken = "WEBEX_API_TOKEN"
  case webexAPITokenFile = "WEBEX_API_TOKEN_FILE"
  case webexAPIBaseURL = "WEBEX_API_BASE_URL"
  case webexU2CURL = "WEBEX_U2C_URL"
  case deviceName = "DEVICE_NAME"
  case liteLLMBaseURL = "LITELLM_BASE_URL"
  case liteLLMAPIKey = "LITELLM_API_KEY"
  case liteLLMAPIKeyFile = "LITELLM_API_KEY_FILE"
  case liteLLMModel = "LITELLM_MODEL"
  case approvedUsers = "APPROVED_USERS"
  case approvedDomains = "APPROVED_DOMAINS"
  case approvedRooms = "APPROVED_ROOMS"
  case requireApproval = "REQUIRE_APPROVAL"
  case admins = "ADMINS"
  case settingsPolicy = "SETTINGS_POLICY"
  case deniedReply = "DENIED_REPLY"
  case leaveUnapprovedSpaces = "LEAVE_UNAPPROVED_SPACES"
  case commandsFile = "COMMANDS_FILE"
  case databasePath = "DATABASE_PATH"
  case promptsDirectory = "PROMPTS_DIR"
  case maximumConcurrentAnswers = "MAXIMUM_CONCURRENT_ANSWERS"
  case maximumWaitingPerSpace = "MAXIMUM_WAITING_PER_SPACE"
  case maximumWaitingPerPerson = "MAXIMUM_WAITING_PER_PERSON"
  case rateLimitWait = "RATE_LIMIT_WAIT"
  case backfillMaximumAge = "BACKFILL_MAX_AGE"
  case greeting = "GREETING"
  case replyFooter = "REPLY_FOOTER"
  case adminAddress = "ADMIN_ADDRESS"
  case logLevel = "LOG_LEVEL"
  case logFormat = "LOG_FORMAT"
  case httpsProxy = "HTTPS_PROXY"
  case httpProxy = "HTTP_PROXY"
  case noProxy = "NO_PROXY"
  case caFile = "CA_FILE"

  /// As in assistant.yaml: `litellm_model`.
  var fileName: String { rawValue.lowercased() }

  /// As on the command line: `--litellm-model`.
  var flagName: String { "--" + fileName.replacing("_", with: "-") }

  /// Secrets come from the environment, `.env` or the path in the `*_FILE` setting, because a flag
  /// is in every process list and assistant.yaml is meant to be committed.
  var isSecret: Bool { secretFile != nil }

  /// For a secret: the setting that names a file with it.
  var secretFile: SettingKey? {
    switch self {
    case .webexAPIToken: .webexAPITokenFile
    case .liteLLMAPIKey: .liteLLMAPIKeyFile
    default: nil
    }
  }

  /// Its value is a URL, in which people put passwords and keys.
  var isURL: Bool {
    switch self {
    case .webexAPIBaseURL, .webexU2CURL, .liteLLMBaseURL, .httpsProxy, .httpProxy: true
    default: false
    }
  }

  /// The proxy variables exist in lower case too, by the convention of curl and its kin.
  var hasLowerCaseVariable: Bool {
    switch self {
    case .httpsProxy, .httpProxy, .noProxy: true
    default: false
    }
  }

  /// What a value must be; ends the sentence "accepted: …".
  var accepts: String {
    switch self {
    case .webexAPIToken: "the access token of the bot, from developer.webex.com, without \"Bearer\""
    case .liteLLMAPIKey: "a key of the LiteLLM proxy on one line, without \"Bearer\""
    case .webexAPITokenFile, .liteLLMAPIKeyFile:
      "the path of a readable file that holds the secret and nothing else"
    case .webexAPIBaseURL, .webexU2CURL:
      "an absolute https:// URL without query, user or password (http:// only on loopback)"
    case .liteLLMBaseURL:
      "an absolute http:// or https:// URL without query, user or password, with or without /v1"
    case .liteLLMModel: "the name of a model that the proxy lists, without white space around it"
    case .deviceName: "1 to 64 printable ASCII characters"
    case .approvedUsers: "e-mail addresses with commas between them; * stands for any characters"
    case .approvedDomains:
      "domain names with commas between them; .example.com takes in its subdomains"
    case .approvedRooms: "ids or links of spaces (Y2lz… or a uuid) with commas between them"
    case .requireApproval, .leaveUnapprovedSpaces: "true or false"
    case .admins: "e-mail addresses with commas between them; * stands for any characters"
    case .settingsPolicy: "anyone, moderators or admins"
    case .deniedReply: "a sentence of at most 1000 bytes, or off"
    case .commandsFile: "the path of a readable YAML file, or of a folder with such files"
    case .databasePath: "the path of the SQLite file; it is created when it is not there"
    case .promptsDirectory: "the path of a folder that exists"
    case .rateLimitWait: "a whole number of seconds from 0 to 3600"
    case .backfillMaximumAge: "a whole number of seconds from 0 to 518400"
    case .greeting: "true or false"
    case .replyFooter: "on, off, or some of model, tokens, cost, seconds with commas between them"
    case .maximumConcurrentAnswers, .maximumWaitingPerSpace, .maximumWaitingPerPerson:
      "a whole number from 1 to 1000"
    case .adminAddress:
      "HOST:PORT with a loopback host (127.0.0.1:8080, [::1]:8080, localhost:8080; port 0 takes any "
        + "free one), or off"
    case .logLevel: "trace, debug, info, notice, warning, error or critical"
    case .logFormat: "text or json"
    case .httpsProxy, .httpProxy: "the URL of a proxy, http://HOST:PORT"
    case .noProxy: "host names with commas between them, or *"
    case .caFile: "the path of a readable PEM file with CA certificates"
    }
  }

  /// Accepts `litellm_model`, `LITELLM_MODEL` and `litellm-model` alike.
  init?(anySpelling name: some StringProtocol) {
    self.init(rawValue: name.uppercased().replacing("-", with: "_"))
  }
}

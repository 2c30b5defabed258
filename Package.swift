// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours; dependencies keep their own.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
  name: "webex-assistant",
  products: [
    .executable(name: "webex-assistant", targets: ["WebexAssistant"]),
    .library(name: "CurlHTTP", targets: ["CurlHTTP"]),
    .library(name: "WebexAPI", targets: ["WebexAPI"]),
    .library(name: "MercuryClient", targets: ["MercuryClient"]),
    .library(name: "LLMClient", targets: ["LLMClient"]),
    .library(name: "Assistant", targets: ["Assistant"]),
    .library(name: "WebexSimulator", targets: ["WebexSimulator"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-async-algorithms", exact: "1.1.4"),
    .package(
      url: "https://github.com/apple/swift-configuration", exact: "1.4.0",
      traits: ["JSON", "YAML", "Logging"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    // Subprocess takes its paths as these.
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
  ],
  targets: [
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(
      name: "CurlHTTP",
      dependencies: [
        "CCurl", httpTypes, .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "WebexAPI", dependencies: ["CurlHTTP", httpTypes, logging], swiftSettings: strict),
    .target(
      name: "MercuryClient",
      dependencies: ["CrashPoints", "WebexAPI", "CurlHTTP", httpTypes, logging],
      swiftSettings: strict),
    .target(name: "CrashPoints", swiftSettings: strict),
    .target(
      name: "LLMClient", dependencies: ["CurlHTTP", httpTypes, logging], swiftSettings: strict),
    .target(
      name: "Assistant",
      dependencies: [
        "CrashPoints", "WebexAPI", "MercuryClient", "LLMClient", "CurlHTTP", httpTypes, logging,
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "WebexSimulator",
      dependencies: [
        .product(name: "FlyingSocks", package: "FlyingFox")
      ],
      resources: [.copy("Resources/page")],
      swiftSettings: strict),
    .executableTarget(
      name: "WebexAssistant",
      dependencies: [
        "Assistant", "WebexSimulator", "WebexAPI", "MercuryClient", "LLMClient", "CurlHTTP",
        httpTypes, logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CurlHTTPTests", dependencies: ["CurlHTTP", httpTypes], swiftSettings: strict),
    .testTarget(
      name: "WebexAPITests", dependencies: ["WebexAPI", "CurlHTTP", httpTypes, logging],
      swiftSettings: strict),
    .testTarget(
      name: "MercuryClientTests",
      dependencies: ["MercuryClient", "WebexAPI", "CurlHTTP", httpTypes, logging],
      exclude: ["Fixtures", "Support"], swiftSettings: strict),
    .testTarget(
      name: "LLMClientTests", dependencies: ["LLMClient", "CurlHTTP", httpTypes, logging],
      swiftSettings: strict),
    .testTarget(
      name: "AssistantTests",
      dependencies: [
        "Assistant", "WebexAPI", "MercuryClient", "LLMClient", "CurlHTTP", httpTypes, logging,
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Schemas"], swiftSettings: strict),
    .testTarget(
      name: "SimulatedDayTests",
      dependencies: [
        "Assistant", "WebexAPI", "MercuryClient", "LLMClient", "CurlHTTP", "WebexSimulator",
        logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["Assistant", "WebexAPI", "LLMClient", "CurlHTTP", httpTypes, logging],
      swiftSettings: strict),
    .testTarget(
      name: "WebexSimulatorTests",
      dependencies: ["WebexSimulator", .product(name: "FlyingSocks", package: "FlyingFox")],
      swiftSettings: strict),
    .testTarget(
      name: "WebexAssistantTests",
      dependencies: [
        "WebexAssistant", "Assistant", "CurlHTTP", httpTypes, logging,
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "WebexAssistant", "CurlHTTP", "WebexAPI", httpTypes,
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
  ]
)

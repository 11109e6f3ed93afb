// swift-tools-version: 6.2
import PackageDescription

// The folder listing is the data's path; ARCHITECTURE.md explains it and
// Tests/WorkbenchTests/ImportTableTests.swift holds the dependencies below against its table.

/// Strict settings, the same for every target of ours.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

func stage(_ name: String, _ dependencies: [Target.Dependency], plugins: [Target.PluginUsage] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings, plugins: plugins)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestNumbers"], swiftSettings: settings)
}

var targets: [Target] = [
  // C: single functions of the C library that Swift's Glibc module hides, libarchive, and libpcap.
  .target(name: "CBytes"),
  .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev", "zlib1g-dev"])]),
  .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),

  // C++ with a C face: regular expressions in linear time.
  .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),

  // The vocabulary, and what the field knows as data.
  stage("Evidence", ["CBytes"]),
  stage("Knowledge", ["Evidence", yams], plugins: ["EmbedKnowledge"]),

  // The stages, in the order that data passes them.
  stage("Capture", ["Evidence", "CArchive", "CPcap"]),
  stage("Decode", ["CBytes", "Evidence", "Knowledge"]),
  stage("Detect", ["Evidence", "Knowledge", "CRE2"]),
  stage("Fuse", ["Evidence"]),
  stage("Judge", ["Evidence", "Knowledge", "Fuse"]),
  stage("Workbench", ["Evidence", "Knowledge", "Capture", "Decode", "Detect", "Fuse", "Judge", argumentParser]),
  // With an allocator that is made for many small objects of several threads: glibc's makes a system call for every page
  // by which the memory of a thread beside the first grows.
  .executableTarget(
    name: "watchfloor", dependencies: ["Workbench"], swiftSettings: settings,
    linkerSettings: [.linkedLibrary("tcmalloc_minimal")]),

  // Build tool: writes the Knowledge folder, and what its YAML says, into one Swift file.
  .executableTarget(name: "embed-knowledge", dependencies: [yams], swiftSettings: settings),
  .plugin(name: "EmbedKnowledge", capability: .buildTool(), dependencies: ["embed-knowledge"]),

  .target(name: "TestNumbers", path: "Tests/TestNumbers", swiftSettings: settings),
  tests("CaptureTests", ["Capture", "Evidence"]),
  tests("EvidenceTests", ["Evidence"]),
  tests("KnowledgeTests", ["Knowledge", "Decode", "Detect", "Judge", "Evidence"]),
  tests("DecodeTests", ["Decode", "Capture", "Evidence", "Knowledge"]),
  tests("DetectTests", ["Detect", "Evidence", "Knowledge"]),
  tests("FuseTests", ["Fuse", "Evidence", "Knowledge"]),
  tests("JudgeTests", ["Judge", "Fuse", "Evidence", "Knowledge"]),
  tests(
    "WorkbenchTests",
    ["Workbench", "Fuse", "Judge", "Decode", "Detect", "Capture", "Evidence", "Knowledge"]),
]

// Only on request, with the path of libFuzzer: `swift test` links everything, and would not know it (scripts/fuzz).
if let libFuzzer = Context.environment["WATCHFLOOR_FUZZ"] {
  func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
      name: name, dependencies: ["FuzzDriver", "Evidence"] + dependencies, path: "Fuzz/\(name)", swiftSettings: settings
    )
  }
  let linking: LinkerSetting = .unsafeFlags(["-Xlinker", libFuzzer, "-lstdc++"])
  targets += [
    .target(name: "FuzzDriver", path: "Fuzz/FuzzDriver", swiftSettings: settings, linkerSettings: [linking]),
    fuzzer("FuzzText", ["Capture", "Decode", "Knowledge"]),
    fuzzer("FuzzCapture", ["Capture", "Decode"]),
    fuzzer("FuzzPacket", ["Decode"]),
    fuzzer("FuzzRPC", ["Decode"]),
  ]
}

let package = Package(
  name: "watchfloor",
  products: [.executable(name: "watchfloor", targets: ["watchfloor"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: targets
)

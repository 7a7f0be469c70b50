// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "MyProject",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "swift-torch", path: "SWIFT_TORCH")],
  targets: [
    .executableTarget(
      name: "MyProject",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils"].map {
        .product(name: $0, package: "swift-torch")
      })
  ],
  swiftLanguageModes: [.v6]
)

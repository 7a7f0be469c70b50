// swift-tools-version: 6.2
// The rooms of the house and the arrows between them; ARCHITECTURE.md tells what each is for.
import PackageDescription

// Where the C rooms of products find what they share with the kernels: how a body is compiled for each instruction set.
let sharedC: [CSetting] = [.headerSearchPath("../CTorchKernels/shared")]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "swift-torch",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "TorchNN", targets: ["TorchNN"]),
    .library(name: "TorchOptim", targets: ["TorchOptim"]),
    .library(name: "TorchData", targets: ["TorchData"]),
    .library(name: "TorchUtils", targets: ["TorchUtils"]),
    .library(name: "TorchHub", targets: ["TorchHub"]),
    .library(name: "TorchVision", targets: ["TorchVision"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C: numbers in, numbers out.
    .target(name: "CTorchKernels"),
    // C: thread-local switches and the one thread pool.
    .target(name: "CTorchRuntime", linkerSettings: [.linkedLibrary("gomp", .when(platforms: [.linux]))]),
    // C: matrix products in float32 and float64.
    .target(name: "CTorchGemm", dependencies: ["CTorchKernels", "CTorchRuntime"], cSettings: sharedC),
    // C: convolutions in float32 of our own: Winograd's tiles, the matrix unit.
    .target(name: "CTorchConv", dependencies: ["CTorchGemm", "CTorchKernels", "CTorchRuntime"], cSettings: sharedC),
    // C: convolutional layers over images that lie channels last.
    .target(name: "CTorchChannels", dependencies: ["CTorchKernels", "CTorchRuntime"], cSettings: sharedC),
    // C: every oneDNN call.
    .target(name: "CTorchDNN", dependencies: ["CTorchRuntime"], linkerSettings: [.linkedLibrary("dnnl")]),
    // C: zlib, for packed data sets and checkpoints.
    .target(name: "CTorchZlib", linkerSettings: [.linkedLibrary("z")]),

    // C: Pillow's arithmetic on pixels.
    .target(name: "CTorchPixels", dependencies: ["CTorchKernels"]),
    // C: every libjpeg and libpng call.
    .target(name: "CTorchImages", linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png")]),

    .target(
      name: "TorchBackend",
      dependencies: [
        "CTorchKernels", "CTorchRuntime", "CTorchGemm", "CTorchConv", "CTorchChannels", "CTorchDNN",
      ]),
    // C: the functions of OpenCL, found at run time, and the texts of kernels.
    .target(
      name: "CTorchGPU", exclude: ["kernels"], linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "TorchGPU", dependencies: ["TorchBackend", "CTorchGPU"]),
    .target(name: "Torch", dependencies: ["TorchBackend", "TorchGPU", "CTorchZlib"]),
    .target(name: "TorchNN", dependencies: ["Torch"]),
    .target(name: "TorchOptim", dependencies: ["Torch"]),
    .target(name: "TorchData", dependencies: ["Torch", "CTorchZlib"]),
    .target(name: "TorchUtils", dependencies: ["Torch", "CTorchZlib"]),
    // Foundation's URL sessions live here, so that the others do without.
    .target(name: "TorchHub", dependencies: ["Torch", "TorchUtils"]),
    .target(
      name: "TorchVision",
      dependencies: ["Torch", "TorchNN", "TorchData", "TorchUtils", "TorchHub", "CTorchImages", "CTorchPixels"]),

    // The signature table: its reader, its rules and what is made of it.
    .target(name: "TorchSignatures", exclude: ["table.txt"]),
    .executableTarget(
      name: "torch-signatures",
      dependencies: ["TorchSignatures", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    // The judge: PyTorch's answers against the public API.
    .target(
      name: "TorchConformance",
      dependencies: [
        "Torch", "TorchNN", "TorchOptim", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "torch-conformance", dependencies: ["TorchConformance"]),
    .executableTarget(name: "conformance-probe", dependencies: ["TorchConformance"], path: "Tests/ConformanceProbe"),
    // Every program of the GPU backend, by CUDA's compiler.
    .executableTarget(name: "gpu-programs", dependencies: ["TorchGPU", argumentParser], path: "Tests/GPUPrograms"),
    // Half of Tools/checkpoints/compare: what files of weights hold.
    .executableTarget(name: "checkpoint-dump", dependencies: ["Torch"], path: "Tools/checkpoints/Dump"),
    // Half of Tools/images/compare: the pixels of pictures.
    .executableTarget(name: "image-dump", dependencies: ["TorchVision"], path: "Tools/images/Dump"),
    // Ops under random arguments, in a process that they may end.
    .executableTarget(name: "hostile-probe", dependencies: ["TorchNN"], path: "Tests/HostileProbe"),

    // What `./run inspect` and `./run convert` do.
    .target(name: "TorchFiles", dependencies: ["Torch", "TorchUtils"]),
    .executableTarget(name: "torch-files", dependencies: ["TorchFiles", argumentParser]),
    // What `./run gpu-info` and `./run gpu-selftest` do.
    .executableTarget(name: "torch-gpu", dependencies: ["TorchNN", "TorchOptim", "TorchUtils", argumentParser]),
    // Saves that are cut off, and trainings that go on from files.
    .executableTarget(
      name: "checkpoint-probe", dependencies: ["TorchNN", "TorchOptim"], path: "Tests/CheckpointProbe"),

    // C: the data set inside the digits example.
    .target(name: "CDigitsData", path: "Examples/Digits/Data", exclude: ["digits.bin", "DATA_LICENSE.md"]),

    // The digits as tensors, for the examples that learn from them.
    .target(name: "DigitsSet", dependencies: ["Torch", "TorchData", "CDigitsData"], path: "Examples/Digits/Set"),

    .executableTarget(
      name: "digits",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "DigitsSet", argumentParser],
      path: "Examples/Digits", exclude: ["Data", "Set"]),
    .executableTarget(
      name: "ensemble",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "DigitsSet", argumentParser],
      path: "Examples/Ensemble"),
    .executableTarget(
      name: "earlystopping",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "DigitsSet", argumentParser],
      path: "Examples/EarlyStopping"),
    .executableTarget(
      name: "mnist", dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", argumentParser],
      path: "Examples/MNIST"),
    .executableTarget(
      name: "classify", dependencies: ["TorchVision", "TorchUtils", argumentParser], path: "Examples/Classify"),
    .executableTarget(
      name: "finetune",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "TorchVision", argumentParser],
      path: "Examples/Finetune", exclude: ["prepare"]),
    .executableTarget(
      name: "vae",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "DigitsSet", argumentParser],
      path: "Examples/VAE"),
    .executableTarget(
      name: "gan",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "DigitsSet", argumentParser],
      path: "Examples/GAN"),
    .executableTarget(
      name: "ddpm",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "DigitsSet", argumentParser],
      path: "Examples/DDPM"),
    .executableTarget(
      name: "forecast", dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", argumentParser],
      path: "Examples/Forecast"),
    .executableTarget(
      name: "dqn", dependencies: ["TorchNN", "TorchOptim", "TorchUtils", argumentParser], path: "Examples/DQN"),
    .executableTarget(
      name: "reviews", dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", argumentParser],
      path: "Examples/Reviews", exclude: ["prepare"]),
    .executableTarget(
      name: "cifar10",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "TorchVision", argumentParser],
      path: "Examples/CIFAR10"),
    .executableTarget(
      name: "dates", dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", argumentParser],
      path: "Examples/Dates"),

    // PyTorch's usual tutorial, and the documents that show it beside its Python.
    .executableTarget(
      name: "tutorial",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "TorchVision", argumentParser],
      path: "Examples/Tutorial", exclude: ["PyTorch", "rows.txt"]),
    .executableTarget(name: "tutorial-docs", path: "Tools/tutorial"),

    .target(name: "TutorialNetworks", dependencies: ["TorchNN"], path: "Benchmarks/TutorialNetworks"),
    .executableTarget(
      name: "torch-bench",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchVision", "TutorialNetworks", argumentParser],
      path: "Benchmarks/TorchBench"),

    // Readers of foreign bytes as a fuzzer calls them; Tools/fuzz/run builds the fuzzer itself.
    .target(
      name: "FuzzReaders", dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "TorchVision"],
      path: "Tests/Fuzz/Readers"),
    .testTarget(
      name: "TorchBackendTests", dependencies: ["TorchBackend", "CTorchKernels", "CTorchRuntime", "CTorchConv"],
      exclude: ["Goldens"]),
    .testTarget(name: "TorchTests", dependencies: ["Torch"], exclude: ["Goldens"]),
    .testTarget(
      name: "TorchGPUTests",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchGPU", "CTorchGPU", "TutorialNetworks"]),
    .testTarget(
      name: "TorchDataTests", dependencies: ["TorchData", "TorchUtils", "CTorchZlib", "CDigitsData"],
      exclude: ["Goldens"]),
    .testTarget(
      name: "ConformanceTests",
      dependencies: ["TorchConformance", "TorchSignatures", "torch-conformance", "conformance-probe"]),
    .testTarget(name: "TorchFilesTests", dependencies: ["TorchFiles", "torch-files"], exclude: ["Goldens"]),
    // A host on this machine, for what is downloaded.
    .target(name: "TestServer", path: "Tests/TestServer"),
    .testTarget(
      name: "TorchVisionTests", dependencies: ["TorchVision", "TorchHub", "TestServer"], exclude: ["Goldens"]),
    .testTarget(name: "TorchHubTests", dependencies: ["TorchHub", "Torch", "TestServer"]),
    .testTarget(name: "TutorialTests", dependencies: ["tutorial"], exclude: ["Goldens"]),
    // Counts of what a step of training costs.
    .testTarget(name: "SpeedGuardTests", dependencies: ["torch-bench"], exclude: ["counts.txt"]),
    .testTarget(name: "FuzzCorpusTests", dependencies: ["FuzzReaders"], path: "Tests/Fuzz/Replay"),
    .testTarget(name: "TorchUtilsTests", dependencies: ["TorchUtils", "CTorchZlib"], exclude: ["Goldens"]),
    .testTarget(
      name: "TorchNNTests",
      dependencies: ["TorchNN", "TorchOptim", "TorchData", "TorchUtils", "hostile-probe", "checkpoint-probe"],
      exclude: ["Goldens"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c2x
)

// libFuzzer brings its own main, which only its own build has.
if Context.environment["FUZZ"] == "1" {
  package.targets.append(
    .executableTarget(name: "torch-fuzz", dependencies: ["FuzzReaders"], path: "Tests/Fuzz/Harness"))
}

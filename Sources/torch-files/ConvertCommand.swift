import ArgumentParser
import Torch
import TorchFiles
import TorchUtils

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Goes from one format of files of tensors to another.",
    discussion: """
      IN is told by its content, OUT by the end of its name: .safetensors, .pth, .pt, .bin, .npz, or .npy for \
      one tensor. A checkpoint becomes a .pth as \
      a whole; for the others the state of the model is taken where there is only one, and what is left out is named. OUT \
      is replaced in one step.
      """)

  @Argument(help: "The file to read.") var input: String
  @Argument(help: "The file to write.") var output: String
  @Option(help: "The part of a checkpoint to take, such as model_state_dict or a/b.") var key: String?
  @Option(help: "What numbers with a fraction become: float32, float16, bfloat16, float64.") var dtype: String?
  @Option(help: "A beginning that names lose, such as module. (with its dot).") var stripPrefix: String?
  @Option(help: "Several safetensors files and an index where one would have more bytes, such as 5GB.")
  var maxShardSize: String?
  @Flag(name: .shortAndLong, help: "Say nothing.") var quiet = false

  func run() throws {
    var conversion = Conversion()
    (conversion.key, conversion.stripPrefix) = (key, stripPrefix)
    if let dtype {
      guard let type = DType(name: dtype), type.isFloatingPoint else {
        throw ValidationError("--dtype is one of float32, float16, bfloat16, float64")
      }
      conversion.dtype = type
    }
    if let maxShardSize {
      guard let bytes = Self.bytes(maxShardSize) else {
        throw ValidationError("--max-shard-size is a size such as 5GB")
      }
      conversion.maxShardSize = bytes
    }
    try reporting {
      let notes = try conversion.run(from: input, to: output)
      if !quiet { for note in notes { Terminal.standardError.write("\(output): \(note)\n") } }
    }
  }

  /// A size in bytes: 5GB, 300MB, 1GiB, 1000.
  private static func bytes(_ text: String) -> Int? {
    let units = [
      "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "": 1,
    ]
    let digits = text.prefix { $0.isNumber }
    guard let number = Int(digits), number > 0, let unit = units[text.dropFirst(digits.count).lowercased()] else {
      return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : product
  }
}

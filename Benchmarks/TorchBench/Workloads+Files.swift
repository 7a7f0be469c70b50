import Foundation
import Torch

/// Reading of files of weights: 19 MB in 213 tensors, as a small image network has them.
enum Files {
  static var all: [Workload] {
    [
      Workload("load_pth_19mb") { reading("pth", { try save(state(), $0) }) { try load($0).stateDict() } },
      Workload("load_safetensors_19mb") {
        reading("safetensors", { try Safetensors.save(state(), to: $0) }) { try Safetensors.load($0) }
      },
    ]
  }

  private static func state() -> StateDict {
    manualSeed(0)
    var state = StateDict()
    for block in 0..<71 {
      state["blocks.\(block).weight"] = .randn(256, 256)
      state["blocks.\(block).scale"] = .randn(256)
      state["blocks.\(block).shift"] = .randn(256)
    }
    return state
  }

  /// Writes a file once and reads it again and again; the time is that of opening it, the digest touches every number.
  private static func reading(
    _ name: String, _ write: (String) throws -> Void, _ read: @escaping (String) throws -> StateDict
  ) -> Workload.Run {
    let path = FileManager.default.temporaryDirectory.appending(path: "torch-bench.\(name)").path
    do {
      try write(path)
    } catch {
      fatalError("\(error)")
    }
    func state() -> StateDict {
      do { return try read(path) } catch { fatalError("\(error)") }
    }
    return Workload.Run(
      step: { _ in _ = state() }, checksum: { state().reduce(0.0) { $0 + digest($1.value) } })
  }
}

import Foundation
import Testing

import Torch
import TorchFiles

@Suite struct ConvertTests {
  private func convert(
    _ source: String, to path: String, _ setUp: (inout Conversion) -> Void = { _ in }
  ) throws -> [String] {
    var conversion = Conversion()
    setUp(&conversion)
    return try conversion.run(from: source, to: path)
  }

  private func reason(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func theOnlyStateIsTaken() throws {
    try Fixtures.withFolder { folder in
      let path = folder + "run.safetensors"
      let notes = try convert(Fixtures.path("run.pt"), to: path)
      #expect(
        notes == [
          "took model_state_dict alone; left out: epoch, optimizer_state_dict, scheduler, loss, history, config",
          "wrote 9 tensors",
        ])
      let wanted = try load(Fixtures.path("run.pt"))["model_state_dict"].stateDict(), found = try Safetensors.load(path)
      #expect(Set(found.keys) == Set(wanted.keys))
      for (name, tensor) in wanted {
        #expect(found[name]?.dtype == tensor.dtype && found[name]?.shape == tensor.shape)
        #expect(found[name]?.array(Double.self) == tensor.array(Double.self))
      }
      #expect(try Safetensors.metadata(path) == ["format": "pt"])
      // A whole model gives its state too.
      #expect(try convert(Fixtures.torch("checkpoints/whole.pt"), to: path) == ["wrote 9 tensors"])
    }
  }

  @Test func choices() throws {
    try Fixtures.withFolder { folder in
      let path = folder + "two.safetensors", source = Fixtures.path("two.pt")
      #expect(
        reason { _ = try convert(source, to: path) }
          == "\(source): there are several states in it: model, ema; choose one with --key model, or all with --key /")
      _ = try convert(source, to: path) {
        ($0.key, $0.stripPrefix, $0.dtype) = ("model", "module.", .bfloat16)
      }
      let state = try Safetensors.load(path)
      #expect(Set(state.keys) == ["w", "turned", "row", "tied", "n"])
      #expect(state["w"]?.dtype == .bfloat16 && state["n"]?.dtype == .int64)
      #expect(state["turned"]?.shape == [4, 3])
      #expect(state["turned"]?.reshape([-1]).array(Double.self) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
      #expect(state["row"]?.array(Double.self) == [4, 5, 6, 7] && state["tied"]?.shape == [3, 4])
      _ = try convert(source, to: path) { $0.key = "/" }
      #expect(Set(try Safetensors.load(path).keys).isSuperset(of: ["model.module.w", "ema.w"]))
      _ = try convert(source, to: path) { $0.key = "model/module.row" }
      #expect(try Safetensors.load(path).keys == ["module.row"])
      #expect(
        reason { _ = try convert(source, to: path) { ($0.key, $0.stripPrefix) = ("ema", "module.") } }
          .contains("no name begins with \"module.\""))
    }
  }

  @Test func torchsFormatKeepsTheWhole() throws {
    try Fixtures.withFolder { folder in
      let path = folder + "run.pth", source = Fixtures.path("run.pt")
      #expect(try convert(source, to: path) == ["wrote the whole of it"])
      let old = try Inspection(of: source).text(), new = try Inspection(of: path).text()
      func content(_ text: String) -> Substring { text[text.range(of: "\n\n")!.upperBound...] }
      #expect(content(old) == content(new))
      // A part of it, and a whole model's state.
      _ = try convert(source, to: path) { ($0.key, $0.dtype) = ("model_state_dict", .float16) }
      #expect(try load(path).stateDict()["0.weight"]?.dtype == .float16)
      _ = try convert(Fixtures.torch("checkpoints/whole.pt"), to: path)
      #expect(try load(path).stateDict().count == 9)
      // What shared memory shares it again.
      _ = try convert(Fixtures.path("two.pt"), to: path) { $0.key = "model" }
      #expect(try Inspection(of: path).text().contains("strides [1, 4], shares memory with module.w"))
      _ = try convert(Fixtures.torch("safetensors/plain.safetensors"), to: path)
      #expect(try load(path)["w"].tensor.array(Double.self) == [0, 1, 2, 3])
    }
  }

  @Test func numPyBothWays() throws {
    try Fixtures.withFolder { folder in
      let path = folder + "run.npz", back = folder + "back.safetensors"
      _ = try convert(Fixtures.path("run.pt"), to: path)
      #expect(try Inspection(of: path).text().contains("0.weight"))
      _ = try convert(path, to: back)
      let wanted = try load(Fixtures.path("run.pt"))["model_state_dict"].stateDict(), found = try Safetensors.load(back)
      #expect(Set(found.keys) == Set(wanted.keys))
      for (name, tensor) in wanted { #expect(found[name]?.array(Double.self) == tensor.array(Double.self), "\(name)") }
      _ = try convert(Fixtures.path("two.pt"), to: folder + "one.npy") { $0.key = "model/module.turned" }
      #expect(try Inspection(of: folder + "one.npy").text().contains("float32  [4, 3]"))
      _ = try convert(folder + "one.npy", to: back)
      #expect(try Safetensors.load(back)["array"]?.shape == [4, 3])
      #expect(reason { _ = try convert(path, to: folder + "x.npy") }.contains("holds one tensor, and there are 9"))
      #expect(
        reason { _ = try convert(path, to: folder + "x.npz") { $0.dtype = .bfloat16 } }
          .contains("NumPy has no bfloat16"))
    }
  }

  @Test func whatCannotBeWrittenIsRefused() throws {
    try Fixtures.withFolder { folder in
      let path = folder + "o.safetensors", source = Fixtures.path("run.pt")
      let optimizer = reason { _ = try convert(source, to: path) { $0.key = "optimizer_state_dict" } }
      #expect(optimizer.contains("optimizer_state_dict/param_groups/0/lr: is 0.01, not a tensor"))
      #expect(reason { _ = try convert(source, to: path) { $0.key = "nothing" } }.contains("has no key \"nothing\""))
      #expect(
        reason { _ = try convert(source, to: folder + "o.gguf") }.contains("the end of the name tells the format"))
      #expect(reason { _ = try convert(Fixtures.path("script.pt"), to: path) }.contains("TorchScript"))
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func theProgramSaysWhatItDid() throws {
    try Fixtures.withFolder { folder in
      let path = folder + "a.safetensors", source = Fixtures.path("run.pt")
      let (output, errors, status) = try Fixtures.run("convert", source, path, "--dtype", "float16")
      #expect(status == 0 && output.isEmpty)
      #expect(errors.contains("\(path): took model_state_dict alone; left out: epoch"))
      #expect(try Safetensors.load(path)["0.weight"]?.dtype == .float16)
      #expect(try Fixtures.run("convert", "--quiet", source, path).errors.isEmpty)
      let several = try Fixtures.run("convert", source, folder + "b.safetensors", "--max-shard-size", "100")
      #expect(several.status == 0)
      #expect(try Safetensors.load(folder + "b.safetensors.index.json").count == 9)
      let wrong = try Fixtures.run("convert", source, folder + "c.xyz")
      #expect(wrong.status == 1 && wrong.errors.filter { $0 == "\n" }.count == 1)
      #expect(try Fixtures.run("convert", source, path, "--dtype", "int8").status != 0)
    }
  }
}

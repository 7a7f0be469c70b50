import Foundation
import Testing

import Torch

/// Files of the Python package, recorded by `Tools/goldens/safetensors_files.py`.
@Suite struct SafetensorsGoldenTests {
  private func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "Goldens/safetensors/\(name).safetensors"
    ).path
  }

  /// What the files hold: 0, 1, 2... in each.
  private func counted(_ dtype: DType, _ shape: Int...) -> Tensor {
    Tensor.arange(shape.reduce(1, *)).to(dtype).reshape(shape)
  }

  private func all() -> [(String, Tensor)] {
    DType.allCases.map { ("dtype.\($0.name)", counted($0, 2, 3)) } + [
      ("b", counted(.float32, 1)), ("B", counted(.float32, 2)), ("empty", counted(.float32, 0, 3)),
      ("scalar", Tensor(2.5)), ("10", counted(.int64, 1)), ("9", counted(.int64, 1)),
      ("ключ \"q\"\\\n\t\u{8}\u{c}\u{1}\u{7f}/", counted(.int64, 2)), ("Ä", counted(.uint8, 1)),
      ("z", counted(.uint8, 1)),
    ]
  }

  private func written(_ tensors: [(String, Tensor)], _ metadata: [String: String] = [:]) throws -> Data {
    let path = NSTemporaryDirectory() + "/golden-\(getpid())-\(UInt32.random(in: 0 ... .max)).safetensors"
    defer { unlink(path) }
    try Safetensors.save(tensors, to: path, metadata: metadata)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test func filesAreThoseOfThePythonPackage() throws {
    func golden(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }
    #expect(try written(all(), ["format": "pt"]) == golden("all"))
    #expect(try written(all().reversed(), ["format": "pt"]) == golden("all"))
    #expect(try written([("w", counted(.float32, 2, 2))]) == golden("plain"))
    // Views are written as what they show.
    #expect(try written([("w", counted(.float32, 2, 2).t().contiguous().t())]) == golden("plain"))
    #expect(try written([]) == golden("none"))
  }

  @Test(arguments: [true, false]) func filesOfThePythonPackageAreRead(_ mapped: Bool) throws {
    let file = try Safetensors.open(path("all"), mapped: mapped)
    #expect(file.metadata == ["format": "pt"])
    let state = try file.stateDict()
    #expect(state.keys == file.keys && state.count == all().count)
    #expect(
      Array(state.keys.prefix(5)) == [
        "10", "9", "dtype.int64", "ключ \"q\"\\\n\t\u{8}\u{c}\u{1}\u{7f}/", "dtype.float64",
      ])
    for (name, tensor) in all() {
      let found = try #require(state[name])
      #expect(found.dtype == tensor.dtype && found.shape == tensor.shape && found.isContiguous(), "\(name)")
      #expect(found.array(Double.self) == tensor.array(Double.self), "\(name)")
    }
    #expect(try Safetensors.load(path("none")).isEmpty)
  }

  @Test func strangeDtypesSpoilOnlyTheirTensors() throws {
    let file = try Safetensors.open(path("strange"))
    #expect(Set(file.keys) == ["a", "u16", "u32", "u64", "c64", "f8", "f8e5m2", "f4"])
    #expect(try file["a"].array(Double.self) == [0, 1])
    let entry = try #require(file.entries.first { $0.name == "f8" })
    #expect(entry.dtype == nil && entry.dtypeName == "F8_E4M3" && entry.shape == [2] && entry.byteCount == 2)
    #expect(file.entries.first { $0.name == "f4" }?.shape == [4])
    for name in file.keys where name != "a" {
      let error = #expect(throws: SafetensorsError.self) { try file[name] }
      #expect(error?.kind == .badDType && error?.reason.contains("\"\(name)\"") == true)
    }
    let error = #expect(throws: SafetensorsError.self) { try file.stateDict() }
    #expect(error?.reason.contains("c64 (C64)") == true)
    let missing = #expect(throws: SafetensorsError.self) { try file["b"] }
    #expect(missing?.kind == .noSuchTensor)
    #expect(try file.get("b") == nil)
  }

  /// Tensors that do not lie aligned are copied, wherever the header lets them lie.
  @Test(arguments: [true, false]) func crookedFilesAreRead(_ mapped: Bool) throws {
    let state = try Safetensors.load(path("crooked"), mapped: mapped)
    #expect(state.keys == ["u", "f"])
    #expect(state["u"]?.item() == 7)
    #expect(state["f"]?.array(Double.self) == [1.5, -2, 3.25])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path("crooked"))))
    #expect(try Safetensors.load(bytes: bytes)["f"]?.array(Double.self) == [1.5, -2, 3.25])
    #expect(throws: SafetensorsError.self) { try Safetensors.load(bytes: bytes.dropLast()) }
  }
}

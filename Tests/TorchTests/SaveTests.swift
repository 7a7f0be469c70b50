import Foundation
import Testing

import Torch

/// What `save` writes, read again; `Tools/checkpoints/saved.py` lets PyTorch read the committed file.
@Suite struct SaveTests {
  private func again(_ value: SavedValue) throws -> Checkpoint { try load(bytes: saveToBytes(value)) }

  @Test func dictionariesOfAllKinds() throws {
    let epoch = 3, name = "run 1", best: Double? = nil, loss = Tensor(0.5)
    let state: StateDict = ["w": Tensor([1, 2]), "b": Tensor(3.0)]
    let plain: [String: any Savable] = ["z": 1, "a": "x", "m": [1, 2]]
    let bytes = try saveToBytes([
      "epoch": epoch, "model_state_dict": state, "loss": loss.item() as Float, "history": [0.1, 0.2], "best": best,
      "name": name, "done": true, "plain": plain, "nested": ["k": 1, 2: "two"] as SavedValue,
      "mixed": [1, "a", loss] as SavedValue, "bytes": [UInt8(0), 255], "empty": [UInt8](), "shape": Shape([2, 3]),
      "device": Device.cpu, "dtype": DType.float16, "betas": SavedValue.tuple(0.9, 0.999), "set": Set([3, 1, 2]),
      "numbers": [1: "one", 10: "ten", 2: "two"], "complex": SavedValue.complex(1.5, -2),
      "counter": SavedValue.counter([2: 1]), "ordered": SavedValue.orderedDict(["z": 1, "a": "b"]),
      "none": SavedValue.none,
    ])
    let checkpoint = try load(bytes: bytes)
    #expect(
      try checkpoint.keys == [
        "epoch", "model_state_dict", "loss", "history", "best", "name", "done", "plain", "nested", "mixed", "bytes",
        "empty",
        "shape", "device", "dtype", "betas", "set", "numbers", "complex", "counter", "ordered", "none",
      ])
    #expect(try checkpoint["epoch"].int == 3 && checkpoint["loss"].double == 0.5)
    #expect(try StateDict(checkpoint["model_state_dict"]).keys == ["w", "b"])
    #expect(try checkpoint["history"].list.map { try $0.double } == [0.1, 0.2])
    #expect(try checkpoint["best"].isNone && checkpoint["none"].isNone && checkpoint["done"].bool)
    #expect(try checkpoint["plain"].keys == ["a", "m", "z"])
    #expect(try checkpoint["nested"][2].string == "two" && checkpoint["mixed"][2].tensor.item() == 0.5)
    #expect(try checkpoint["bytes"].bytes == [0, 255] && checkpoint["empty"].bytes == [])
    #expect(try checkpoint["shape"].kind == .size && checkpoint["shape"].shape == [2, 3])
    #expect(try checkpoint["device"].device == .cpu && checkpoint["dtype"].dtype == .float16)
    #expect(try checkpoint["betas"].kind == .tuple && checkpoint["set"].kind == .set)
    #expect(try checkpoint["numbers"].items.map { try $0.key.int } == [1, 2, 10])
    #expect(try checkpoint["complex"].complex.imaginary == -2)
    #expect(try "\(checkpoint["counter"])" == "Counter of 1" && checkpoint["ordered"].keys == ["z", "a"])
  }

  @Test func variablesOfPlainTypes() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "save-\(UUID().uuidString).pth").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let typed = ["b": 1, "a": 2], mixed: [String: any Savable] = ["b": 1, "a": "x"], any: [String: Any] = ["a": 1.5]
    let values: [any Savable] = [
      typed, mixed, any, Tensor([1, 2]), [Tensor([1]), Tensor([2])], "text", 7, [1.5, nil] as [Double?],
    ]
    for value in values {
      try save(value, folder)
      #expect(try load(folder).kind == load(bytes: saveToBytes(value)).kind)
    }
    try save(typed, folder)
    #expect(try load(folder).keys == ["a", "b"])
    try save(any, folder)
    #expect(try load(folder)["a"].double == 1.5)
    try Torch.save(Tensor([1, 2]), folder)
    #expect(try load(folder).tensor.array(Int.self) == [1, 2])
  }

  @Test func numbersOfEverySize() throws {
    let ints = [
      0, 1, -1, 255, 256, 65535, 65536, -128, -32769, 1 << 31, -(1 << 31), .max, .min, -(1 << 31) - 1, 1 << 40,
    ]
    #expect(try again(ints.savedValue).list.map { try $0.int } == ints)
    #expect(try again([UInt64.max, 1 << 63].savedValue).list.map { try $0.bytes.count } == [9, 9])
    let doubles = [0.1, -0.0, .infinity, .leastNonzeroMagnitude, 1e300]
    #expect(try again(doubles.savedValue).list.map { try $0.double.bitPattern } == doubles.map(\.bitPattern))
    #expect(try again(Double.nan.savedValue).double.isNaN)
    let texts = ["", "ä", "e\u{301}", "é", "🙂\0\n", String(repeating: "x", count: 70_000)]
    #expect(try again(texts.savedValue).list.map { Array(try $0.string.utf8) } == texts.map { Array($0.utf8) })
    let many = Array(0..<2501)
    #expect(try again(many.savedValue).list.map { try $0.int } == many)
    let keyed = Dictionary(uniqueKeysWithValues: many.map { ($0, "\($0)") })
    #expect(try again(keyed.savedValue).items.count == 2501)
  }

  @Test func tensorsKeepStridesAndMemory() throws {
    let base = Tensor.arange(24).reshape(2, 3, 4).to(.float32)
    let leaf = Tensor([1.0, 2.0], requiresGrad: true)
    let checkpoint = try again([
      "base": base, "turned": base.transpose(0, 2), "part": base[1, 1..., 0], "wide": Tensor(5.0).expand(4, 3),
      "empty": Tensor.empty(0, 3), "scalar": Tensor(2.5), "leaf": leaf, "result": leaf * 2, "tied": [leaf, leaf],
      "parameter": SavedValue.parameter(leaf), "bool": Tensor([true, false]),
    ])
    let turned = try checkpoint["turned"].tensor
    #expect(turned.stride() == [1, 4, 12] && turned.array(Float.self) == base.transpose(0, 2).array(Float.self))
    #expect(try turned.storage === checkpoint["base"].tensor.storage)
    #expect(try checkpoint["part"].tensor.storage === turned.storage && checkpoint["part"].tensor.storageOffset() == 16)
    #expect(try checkpoint["wide"].tensor.stride() == [0, 0] && checkpoint["empty"].tensor.shape == [0, 3])
    #expect(try checkpoint["leaf"].tensor.requiresGrad && checkpoint["parameter"].tensor.requiresGrad)
    #expect(try !checkpoint["base"].tensor.requiresGrad && checkpoint["result"].tensor.isLeaf)
    #expect(try checkpoint["tied"][0].tensor === checkpoint["tied"][1].tensor)
    #expect(try checkpoint["bool"].tensor.array(Bool.self) == [true, false])
    for dtype in DType.allCases {
      let tensor = Tensor([0, 1, 1, 0]).to(dtype)
      let found = try again(tensor.savedValue).tensor
      #expect(found.dtype == dtype && found.array(Double.self) == [0, 1, 1, 0])
    }
  }

  @Test func whatCannotBeSavedIsNamed() throws {
    struct Odd {}
    func reason(_ value: SavedValue) -> String {
      do {
        _ = try saveToBytes(value)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      reason(["a": ["x": 1, "y": [1, Odd()] as [Any]] as [String: Any]])
        == #"checkpoint["a"]["y"][1]: is a Odd, which is not Savable"#)
    #expect(reason(["a": 1, "a": 2]) == #"checkpoint: has the key "a" twice"#)
    #expect(reason([[1, 2]: 1]).contains("as a key"))
    var deep: SavedValue = [1]
    for _ in 0..<1100 { deep = [deep] }
    #expect(reason(deep).contains("more than 1000 deep"))
    let complex = try load(CheckpointTests.path("complex"))
    #expect(reason(["c": complex]).contains("torch.complex64"))
  }

  /// What torch wrote is written again with all that it shares; `CheckpointTests` compares it with torch's own words.
  @Test(arguments: ["tensors", "training", "values", "protocol5", "whole", "bigendian"])
  func whatWasReadIsWrittenAgain(_ name: String) throws {
    let first = try load(CheckpointTests.path(name), weightsOnly: false)
    let second = try load(bytes: saveToBytes(first), weightsOnly: false)
    // The second time nothing changes any more.
    #expect(try saveToBytes(second) == saveToBytes(first))
    #expect("\(second)" == "\(first)" && second.className == first.className)
    if name != "values", name != "protocol5" {
      let states = try [first, second].map { try (name == "training" ? $0["model_state_dict"] : $0).stateDict() }
      #expect(states[0].keys == states[1].keys)
      for (key, tensor) in states[0] {
        let other = try #require(states[1][key])
        #expect(tensor.stride() == other.stride() && tensor.storageOffset() == other.storageOffset())
        #expect(tensor.withUnsafeBytes { Array($0) } == other.withUnsafeBytes { Array($0) })
      }
    }
  }

  @Test func circlesAreWrittenAsCircles() throws {
    // A list that holds itself, and a tuple that holds a list that holds the tuple.
    let pickles: [[UInt8]] = [
      [0x80, 2, 0x5d, 0x71, 0, 0x68, 0, 0x61, 0x2e],
      [0x80, 2, 0x5d, 0x71, 0, 0x68, 0, 0x85, 0x71, 1, 0x30, 0x68, 0, 0x68, 1, 0x61, 0x30, 0x30, 0x68, 1, 0x2e],
    ]
    for pickle in pickles {
      let first = try load(bytes: ZipWriter(pickle: pickle).bytes)
      let second = try load(bytes: saveToBytes(first))
      #expect(try second[0][0][0][0].kind == first.kind && second[0][0][0].kind == first[0].kind)
      #expect(try saveToBytes(second) == saveToBytes(first))
    }
  }

  /// The file that `Tools/checkpoints/saved.py` shows to PyTorch.
  private static func value() -> SavedValue {
    let base = Tensor.arange(12).reshape(3, 4).to(.float32)
    return [
      "tensors": SavedValue.dictionary(DType.allCases.map { ($0.name, Tensor([0, 1, 1]).to($0)) }), "base": base,
      "turned": base.t(), "row": base[1], "parameter": SavedValue.parameter(Tensor([1.0, 2.0], requiresGrad: true)),
      "empty": Tensor.empty(0, 3), "ints": [0, -1, 255, 65536, 1 << 40, .min], "big": UInt64.max, "float": 0.1,
      "none": Int?.none, "yes": true, "text": "Grüße 🙂", "bytes": [UInt8(0), 1, 255], "no bytes": [UInt8](),
      "set": Set([3]), "size": Shape([2, 3]), "device": Device.cpu, "gpu": Device.cuda(1), "dtype": DType.bfloat16,
      "tuple": SavedValue.tuple(1, SavedValue.tuple(), SavedValue.tuple(1, 2, 3, 4)),
      "complex": SavedValue.complex(1.5, -2),
      "counter": SavedValue.counter([3: 2, 1: 1]), "ordered": SavedValue.orderedDict(["z": 1, "a": "b"]),
      "state": ["w": base] as StateDict, 7: "int key", "list": [] as [Int],
    ]
  }

  /// `TORCH_RECORD_SAVED=FILE` in the environment writes the file anew; `saved.py` must accept it then.
  @Test func theFileIsTheOneThatTorchWasShown() throws {
    let bytes = try saveToBytes(Self.value())
    if let path = ProcessInfo.processInfo.environment["TORCH_RECORD_SAVED"] {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    #expect(try bytes == [UInt8](Data(contentsOf: folder.appending(path: "Goldens/saved/archive.pt"))))
  }
}

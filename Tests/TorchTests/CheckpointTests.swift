import Foundation
import Testing

import Torch

/// Files of torch.save against what torch says of them; `Tools/goldens/checkpoints.py` records both.
@Suite struct CheckpointTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/checkpoints")

  static func path(_ name: String) -> String {
    folder.appending(path: "\(name).\(name.hasPrefix("lpips/") ? "pth" : "pt")").path
  }

  static func file(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  private static func expected() throws -> [String: [String: Any]] {
    let data = try Data(contentsOf: folder.appending(path: "expected.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
  }

  @Test(arguments: [
    "tensors", "training", "values", "protocol3", "protocol4", "protocol5", "bigendian", "deflated", "empties",
    "legacy",
    "legacy-training", "legacy-values", "legacy-bigendian", "legacy-old", "legacy-empties", "legacy-protocol0",
    "legacy-protocol1", "legacy-python2", "lpips/alex", "lpips/vgg", "lpips/squeeze",
  ])
  func everyValueIsTorchs(_ name: String) throws {
    let expected = try #require(try Self.expected()[name])
    let first = try load(Self.path(name))
    // Read in two ways, and after we wrote it ourselves.
    let others = [try load(bytes: try Self.file(name), weightsOnly: false), try load(bytes: saveToBytes(first))]
    for checkpoint in [first] + others {
      var storages: [Int: ObjectIdentifier] = [:]
      try compare(checkpoint, expected, &storages, name)
      // Storages that torch tells apart are apart here.
      #expect(Set(storages.values).count == storages.count)
    }
  }

  /// torch allows the names of NumPy no more by itself; they are data here, never called.
  @Test(arguments: ["numpy", "numpy5", "legacy-numpy"])
  func valuesOfNumPyAreReadWhereTheyAreAllowed(_ name: String) throws {
    let refused = #expect(throws: CheckpointError.self) { try load(Self.path(name)) }
    #expect(refused?.kind == .refused && refused?.reason.contains("values of NumPy") == true)
    let checkpoint = try load(Self.path(name), weightsOnly: false)
    var storages: [Int: ObjectIdentifier] = [:]
    try compare(checkpoint, try #require(try Self.expected()[name]), &storages, name)
    #expect(try checkpoint["array"].tensor === checkpoint["again"].tensor)
    #expect(try checkpoint["double"].description == "numpy.float64 0.1")
    let kinds = [try checkpoint["array"].kind, try checkpoint["double"].kind]
    #expect(kinds == [.tensor, .double])
    #expect(throws: CheckpointError.self) { try checkpoint["double"].int }
    #expect(throws: CheckpointError.self) { try checkpoint["huge"].int }
  }

  /// What is saved again needs no trust: Python's numbers, torch's tensors.
  @Test func valuesOfNumPyAreSavedAsPythons() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pt").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try save(load(Self.path("numpy"), weightsOnly: false), path)
    let again = try load(path)
    #expect(try again["double"].double == 0.1 && again["int"].int == -5 && again["bool"].bool)
    #expect(try again["fortran"].tensor.stride() == [1, 2] && again["dtype"].dtype == .float32)
    #expect(try again["array"].tensor === again["again"].tensor)
    #expect(try bigInt(again["huge"].bytes) == "9223372036854775808")
    #expect(try again["text"].string == "hé🙂" && again["bytes"].bytes == [97, 0, 98])
    let unknown = try load(Self.path("numpy-unknown"), weightsOnly: false)
    let error = #expect(throws: CheckpointError.self) { try save(unknown, path) }
    #expect(error?.kind == .unsupported && error?.description.contains("uint16") == true)
  }

  @Test func valuesOfNumPyWithoutAKindHereAreNamed() throws {
    let checkpoint = try load(Self.path("numpy-unknown"), weightsOnly: false)
    #expect(try checkpoint["f"].tensor.array(Float.self) == [1, 1])
    let words = [
      "u2": "uint16, which tensors here cannot have; x.astype('int32')", "c8": "complex64", "texts": "dtype U1",
      "objects": "Python objects", "records": "V4",
    ]
    for (key, word) in words {
      let error = #expect(throws: CheckpointError.self) { try checkpoint[key].tensor }
      #expect(error?.kind == .unsupported && error?.reason.contains(word) == true, "\(key): \(error as Any)")
    }
    let date = try checkpoint["date"], type = try checkpoint["type"]
    #expect(date.kind == .object && type.className == "numpy.float64")
    #expect(throws: CheckpointError.self) { try checkpoint["long"].double }
  }

  private func compare(
    _ found: Checkpoint, _ wanted: [String: Any], _ storages: inout [Int: ObjectIdentifier], _ place: String
  ) throws {
    let (kind, value) = try #require(wanted.first)
    func number(_ any: Any) throws -> Double { try #require((any as? String).flatMap(Double.init)) }
    func list(_ items: [Checkpoint]) throws {
      let values = try #require(value as? [[String: Any]])
      try #require(items.count == values.count, "\(place)")
      for (i, (item, value)) in zip(items, values).enumerated() {
        try compare(item, value, &storages, "\(place)[\(i)]")
      }
    }
    switch kind {
    case "none": #expect(found.isNone, "\(place)")
    case "bool": #expect(try found.bool == (value as? Bool), "\(place)")
    case "int":
      let text = try #require(value as? String)
      if let number = Int(text) {
        #expect(try found.int == number, "\(place)")
      } else {
        #expect(try bigInt(found.bytes) == text, "\(place)")
        #expect(throws: CheckpointError.self) { try found.int }
      }
    case "double": #expect(try found.double.bitPattern == number(value).bitPattern, "\(place)")
    case "complex":
      let parts = try (try #require(value as? [String])).map(number)
      let complex = try found.complex
      #expect([complex.real, complex.imaginary] == parts)
    case "string": #expect(try found.string == (value as? String), "\(place)")
    case "bytes": #expect(try hex(found.bytes) == (value as? String), "\(place)")
    case "size": #expect(try found.kind == .size && found.shape == (value as? [Int]), "\(place)")
    case "device": #expect(try found.device.description == (value as? String), "\(place)")
    case "dtype":
      let text = try #require(value as? String)
      if text == "torch.complex64" {
        #expect(found.kind == .dtype && found.description == text)
        #expect(throws: CheckpointError.self) { try found.dtype }
      } else {
        #expect(try found.dtype.description == text, "\(place)")
      }
    case "list", "tuple", "set":
      #expect(found.kind.rawValue == kind, "\(place)")
      try list(found.list)
    case "dict":
      #expect(found.kind == .dictionary, "\(place)")
      let pairs = try #require(value as? [[[String: Any]]]), items = try found.items
      try #require(pairs.count == items.count, "\(place)")
      for (pair, item) in zip(pairs, items) {
        try compare(item.key, pair[0], &storages, "\(place) key")
        try compare(item.value, pair[1], &storages, "\(place)[\(item.key)]")
      }
    case "tensor": try compareTensor(found.tensor, try #require(value as? [String: Any]), &storages, place)
    default: Issue.record("\(place): the golden has a \(kind)")
    }
  }

  private func compareTensor(
    _ tensor: Tensor, _ wanted: [String: Any], _ storages: inout [Int: ObjectIdentifier], _ place: String
  ) throws {
    #expect(tensor.dtype.name == wanted["dtype"] as? String, "\(place)")
    #expect(Array(tensor.shape) == wanted["shape"] as? [Int], "\(place)")
    #expect(tensor.stride() == wanted["stride"] as? [Int], "\(place)")
    #expect(tensor.storageOffset() == wanted["offset"] as? Int, "\(place)")
    #expect(tensor.requiresGrad == wanted["grad"] as? Bool, "\(place)")
    #expect(tensor.isLeaf, "\(place)")
    #expect(hex(tensor.detach().contiguous().withUnsafeBytes { Array($0) }) == wanted["values"] as? String, "\(place)")
    let storage = try #require(wanted["storage"] as? Int), identity = ObjectIdentifier(tensor.storage)
    #expect(storages[storage, default: identity] == identity, "\(place): its memory is not shared as in torch")
    storages[storage] = identity
  }

  private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

  /// The decimal text of a two's complement number.
  private func bigInt(_ bytes: [UInt8]) -> String {
    let isNegative = bytes.last! >= 0x80
    var carry = isNegative ? 1 : 0
    var magnitude = bytes.map { byte -> Int in
      let sum = Int(isNegative ? ~byte : byte) + carry
      carry = sum >> 8
      return sum & 0xff
    }
    var digits = ""
    while magnitude.contains(where: { $0 != 0 }) {
      var rest = 0
      for i in magnitude.indices.reversed() {
        let value = rest << 8 | magnitude[i]
        (magnitude[i], rest) = (value / 10, value % 10)
      }
      digits = "\(rest)" + digits
    }
    return (isNegative ? "-" : "") + digits
  }

  @Test func sharedValuesStayShared() throws {
    let state = try load(Self.path("tensors"))
    #expect(try state["tied.a"].tensor === state["tied.b"].tensor)
    try state["base"].tensor[1, 2, 3] = -1
    #expect(try state["base.number"].double == -1)
  }

  @Test func inferenceModeReadsParametersToo() throws {
    let tensor = try inferenceMode { try load(Self.path("tensors"))["parameter"].tensor }
    #expect(tensor.shape == [2] && !tensor.requiresGrad)
  }

  @Test func accessNamesThePlace() throws {
    let checkpoint = try load(Self.path("training"))
    #expect(try checkpoint["epoch"].int == 7)
    #expect(try checkpoint["optimizer_state_dict"]["param_groups"][0]["lr"].double == 0.01)
    #expect(try checkpoint["optimizer_state_dict"]["state"][0]["step"].double == 2)
    #expect(try checkpoint.get("nothing") == nil)
    #expect(try checkpoint["model_state_dict"].state?["_metadata"][""]["version"].int == 1)
    func reason(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(reason { _ = try checkpoint["name"].int } == #"checkpoint["name"]: is a str, not an int"#)
    #expect(
      reason { _ = try checkpoint["Epoch"] }.hasPrefix(#"checkpoint: has no key "Epoch"; it has "epoch", "model_"#))
    #expect(
      reason { _ = try checkpoint["optimizer_state_dict"].stateDict() }.contains(#"["state"]: is a dict, not a tensor"#)
    )
    #expect(reason { _ = try checkpoint["optimizer_state_dict"]["param_groups"][1] }.contains("no index 1; it has 1"))
    #expect(reason { _ = try load("/nowhere.pth") }.hasPrefix("/nowhere.pth: cannot be read: "))
  }

  @Test(arguments: ["whole", "legacy-whole"])
  func wholeModelsAreDataAndGiveTheirState(_ name: String) throws {
    let file = try Self.file(name)
    let refused = #expect(throws: CheckpointError.self) { try load(bytes: file) }
    #expect(refused?.kind == .refused)
    #expect(refused?.reason.contains("GLOBAL") == true && refused?.reason.contains("torch.nn.modules") == true)
    let model = try load(bytes: file, weightsOnly: false)
    #expect(model.className == "torch.nn.modules.container.Sequential")
    #expect(try model.state?["training"].bool == true)
    let state = try model.stateDict()
    let expected = try #require(try Self.expected()[name]?["dict"] as? [[[String: Any]]])
    #expect(state.keys == expected.map { $0[0]["string"] as? String })
    for (key, pair) in zip(state.keys, expected) {
      let wanted = try #require(pair[1]["tensor"] as? [String: Any])
      let tensor = try #require(state[key])
      #expect(hex(tensor.contiguous().withUnsafeBytes { Array($0) }) == wanted["values"] as? String, "\(key)")
      #expect(!tensor.requiresGrad)
    }
  }

  @Test func otherFormatsAreNamed() throws {
    func error(_ bytes: [UInt8]) -> CheckpointError? {
      #expect(throws: CheckpointError.self) { try load(bytes: bytes) }
    }
    func tar(_ name: String) -> [UInt8] {
      var header = [UInt8](repeating: 0, count: 1024)
      header.replaceSubrange(0..<name.utf8.count, with: name.utf8)
      header.replaceSubrange(124..<135, with: "00000000010".utf8)
      header.replaceSubrange(257..<262, with: "ustar".utf8)
      return header
    }
    func archive(_ name: String) -> [UInt8] {
      var archive = ZipWriter(pickle: [])
      archive.entries = [.init(name: name, content: [])]
      return archive.bytes
    }
    let names: [([UInt8], String)] = [
      ([], "is empty"), (Array("hello, world".utf8), "no file of torch.save"),
      (Array("\n <!DOCTYPE html><html>".utf8), "page of the web"), (Array("<html>".utf8), "page of the web"),
      (Array("version https://git-lfs.github.com/spec/v1\noid".utf8), "git lfs pull"),
      ([0x93] + Array("NUMPY\u{1}\0".utf8), "NumPy.load"), ([0x1f, 0x8b, 8], "gzip -d"), (Array("BZh9".utf8), "bzip2"),
      (Array("{\"a\": 1}".utf8), "JSON"),
      (tar("sys_info"), "tar format of torch 0.1"), (tar("pickle") + [1], "tar format of torch 0.1"),
      (tar("model.pth"), "tar -xf"), ([0x80, 2] + Array("}.".utf8), "pickle that torch.save did not write"),
      (archive("x.npy"), "NumPy.load(archive:)"),
      (archive("model.pth"), "unpack it first"), (archive("a/b/data.pkl"), "no data.pkl in a folder"),
    ]
    for (bytes, words) in names {
      let found = error(bytes)
      #expect(found?.kind == .unsupported && found?.reason.contains(words) == true, "\(words): \(found as Any)")
    }
    // A dtype that is not known here spoils only the tensors that have it.
    let checkpoint = try load(Self.path("complex"))
    #expect(try checkpoint["f"].tensor.array(Double.self) == [1, 1])
    let complex = #expect(throws: CheckpointError.self) { try checkpoint["c"].tensor }
    #expect(complex?.kind == .unsupported && complex?.description.contains("torch.complex64") == true)
  }
}

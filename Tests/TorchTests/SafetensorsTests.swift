import Foundation
import Testing

import Torch

@Suite struct SafetensorsTests {
  private func path(_ name: String = #function) -> String {
    NSTemporaryDirectory() + "/safetensors-\(getpid())-\(name.prefix { $0.isLetter })-\(UInt32.random(in: 0 ... .max))"
  }

  /// A file of a header and some bytes, for as long as `body` runs.
  private func withFile<R>(_ header: String, bytes: Int = 0, _ body: (String) throws -> R) throws -> R {
    var content = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    content += Array(header.utf8) + Array(repeating: 1, count: bytes)
    return try withFile(content, body)
  }

  private func withFile<R>(_ content: [UInt8], _ body: (String) throws -> R) throws -> R {
    let path = path()
    try Data(content).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    return try body(path)
  }

  private func kind(_ header: String, bytes: Int = 0) throws -> SafetensorsError.Kind? {
    try withFile(header, bytes: bytes) { path -> SafetensorsError.Kind? in
      do {
        _ = try Safetensors.load(path)
        return nil
      } catch let error as SafetensorsError {
        #expect(error.description.hasPrefix(path + ": "))
        return error.kind
      }
    }
  }

  @Test func loadReadsThemToo() throws {
    let path = path()
    defer { unlink(path) }
    try Safetensors.save([("b", .arange(6).reshape([2, 3])), ("a", Tensor([1.5]))], to: path)
    for checkpoint in [try Torch.load(path), try Torch.load(bytes: [UInt8](Data(contentsOf: URL(filePath: path))))] {
      #expect(try Set(checkpoint.keys) == ["a", "b"])
      #expect(try checkpoint["b"].tensor.equal(.arange(6).reshape([2, 3])))
      #expect(try checkpoint.stateDict()["a"]?.item() == Float(1.5))
    }
    try withFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}}", bytes: 4) { path in
      let error = #expect(throws: CheckpointError.self) { try Torch.load(path) }
      #expect(error?.description.hasPrefix(path + ": is cut off") == true)
    }
  }

  @Test func everyDTypeComesBack() throws {
    let path = path()
    defer { unlink(path) }
    let base = Tensor([[0, 1, 2], [3, 4, 5]])
    var tensors = DType.allCases.map { ("a.\($0.name)", base.to($0)) }
    tensors += [("scalar", Tensor(2.5)), ("empty", Tensor.zeros(0, 3)), ("turned", base.t()), ("ключ \"q\"\n", base)]
    try Safetensors.save(tensors, to: path, metadata: ["format": "pt", "a\\b": "\u{1}"])
    let loaded = try Safetensors.load(path)
    #expect(loaded.count == tensors.count)
    for (name, tensor) in tensors {
      let other = try #require(loaded[name])
      #expect(other.dtype == tensor.dtype && other.shape == tensor.shape && other.isContiguous())
      #expect(other.array(Double.self) == tensor.array(Double.self))
    }
    #expect(try Safetensors.metadata(path) == ["format": "pt", "a\\b": "\u{1}"])
  }

  @Test func savingReplacesAndLeavesNothingBehind() throws {
    let folder = path()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/w.safetensors"
    try Safetensors.save(["w": Tensor([1.0])], to: path)
    try Safetensors.save(["w": Tensor([2.0])], to: path)
    #expect(try Safetensors.load(path)["w"]!.item() == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["w.safetensors"])
    #expect(throws: SafetensorsError.self) { try Safetensors.save(["w": Tensor([1.0])], to: folder + "/no/w") }
    #expect(throws: SafetensorsError.self) {
      try Safetensors.save([("w", Tensor([1.0])), ("w", Tensor([1.0]))], to: path)
    }
    #expect(try Safetensors.load(path)["w"]!.item() == 2)
  }

  @Test func hostileHeadersAreRefused() throws {
    func one(_ dtype: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]") -> String {
      "{\"a\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
    }
    #expect(try kind(one(), bytes: 8) == nil)
    #expect(try kind(one() + "   ", bytes: 8) == nil)
    #expect(try kind(one(), bytes: 7) == .truncated)
    #expect(try kind(one(), bytes: 9) == .badOffsets)
    #expect(try kind(one("F33"), bytes: 8) == .badDType)
    #expect(try kind(one("F32", "[3]"), bytes: 8) == .badOffsets)
    #expect(try kind(one("F32", "[-2]"), bytes: 8) == .badHeader)
    #expect(try kind(one("F32", "[2.0]"), bytes: 8) == .badHeader)
    #expect(try kind(one("F32", "[4611686018427387904,4]"), bytes: 8) == .badShape)
    #expect(try kind(one("F32", "[0,4611686018427387904,4]", "[0,0]")) == .badShape)
    #expect(try kind(one("F32", "[99999999999999999999]"), bytes: 8) == .badHeader)
    #expect(try kind(one("F32", "[2]", "[8,0]"), bytes: 8) == .badOffsets)
    #expect(try kind(one("F32", "[2]", "[8,16]"), bytes: 16) == .badOffsets)
    #expect(
      try kind(one("F32", "[\(Array(repeating: "1", count: 65).joined(separator: ","))]", "[0,4]"), bytes: 4)
        == .badShape)
    let entry = "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}"
    #expect(try kind("{\"a\":\(entry),\"a\":\(entry)}", bytes: 2) == .badHeader)
    #expect(try kind("{\"a\":\(entry),\"b\":\(entry)}", bytes: 2) == .badOffsets)
    #expect(try kind("[]") == .badHeader)
    #expect(try kind("{\"a\":1}") == .badHeader)
    #expect(try kind(" {\"__metadata__\":null}") == nil)
    #expect(try kind("{\"__metadata__\":{\"a\":1}}") == .badHeader)
    #expect(try kind(String(repeating: "{\"a\":", count: 100_000)) == .badHeader)
    #expect(try kind("{}") == nil)
    try withFile([1, 2, 3]) { path in
      let error = #expect(throws: SafetensorsError.self) { try Safetensors.load(path) }
      #expect(error?.kind == .truncated)
    }
    try withFile(Array(repeating: 0xff, count: 8)) { path in
      let error = #expect(throws: SafetensorsError.self) { try Safetensors.load(path) }
      #expect(error?.kind == .headerTooLarge)
    }
    let missing = #expect(throws: SafetensorsError.self) { try Safetensors.load("/no/such/file") }
    #expect(missing?.kind == .system && missing?.description.contains("/no/such/file") == true)
    #expect(throws: SafetensorsError.self) { try Safetensors.load("/") }
  }

  /// Files with a few bytes changed or cut off are read or refused, nothing else.
  @Test func mutatedFilesDoNoHarm() throws {
    let path = path()
    defer { unlink(path) }
    try Safetensors.save(
      ["w": Tensor([[1.0, 2.0], [3.0, 4.0]]), "b": Tensor([1, 2]), "m": Tensor([true, false])], to: path,
      metadata: ["format": "pt"])
    let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var state: UInt64 = 2026
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let spice = Array("{}[]\",:0123456789-.eE\\u\u{0}".utf8)
    var refused = 0
    for _ in 0..<2000 {
      var content = original
      for _ in 0...random(3) {
        switch random(4) {
        case 0: content[random(content.count)] = UInt8(random(256))
        case 1: content[random(content.count)] = spice[random(spice.count)]
        case 2: content.removeLast(random(min(content.count - 1, 20)))
        default: content.insert(spice[random(spice.count)], at: random(content.count))
        }
      }
      try withFile(content) { path in
        do {
          for (_, tensor) in try Safetensors.load(path) { #expect(tensor.array(Double.self).count == tensor.numel()) }
        } catch {
          refused += 1
        }
      }
    }
    #expect(refused > 1000)
  }

  @Test func jsonIsStrict() throws {
    func parse(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }
    #expect(
      try parse(" {\"a\" : [1, -2, 3.5e1, true, false, null, \"\\u00e9\\ud83d\\ude00\\n\"]} ")
        == .object([("a", .array([.int(1), .int(-2), .double(35), .bool(true), .bool(false), .null, .string("é😀\n")]))])
    )
    let wrong = [
      "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", ".5", "nul", "'a'", "\"a", "\"\\x\"", "\"\\ud800\"", "[1] 2",
      "\"\t\"", "{\"a\":1,\"a\":2}", "{a:1}", "NaN", "1e", "-",
    ]
    for text in wrong { #expect(throws: JSONError.self, "\(text)") { try parse(text) } }
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xff, 0x22]) }
  }
}

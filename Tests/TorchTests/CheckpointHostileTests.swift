import Foundation
import Testing

import Torch

/// Files that lie: each must give a typed error, or a value where the lie changes nothing that is read; never a trap.
@Suite struct CheckpointHostileTests {
  private func error(_ file: ZipWriter, weightsOnly: Bool = true) -> CheckpointError? {
    error(bytes: file.bytes, weightsOnly: weightsOnly)
  }

  private func error(bytes: [UInt8], weightsOnly: Bool = true) -> CheckpointError? {
    do {
      _ = try load(bytes: bytes, weightsOnly: weightsOnly)
      return nil
    } catch { return error }
  }

  /// The error of a pickle; bytes of it are given as they are, texts as ASCII.
  private func error(_ parts: [Piece], weightsOnly: Bool = true) -> CheckpointError? {
    error(ZipWriter(pickle: pickle(parts)), weightsOnly: weightsOnly)
  }

  private func pickle(_ parts: [Piece]) -> [UInt8] { [0x80, 2] + parts.flatMap(\.bytes) + Array(".".utf8) }

  /// Nobody writes to it, so that who waits for it waits for ever.
  @Test func aPipeIsAnError() throws {
    let path = NSTemporaryDirectory() + "pipe-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try #require(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let error = #expect(throws: CheckpointError.self) { try load(path) }
    #expect(error?.kind == .system && error?.source == path)
    #expect(throws: (any Error).self) { try Safetensors.load(path) }
    #expect(throws: (any Error).self) { try NumPy.load(path) }
  }

  // MARK: Pickles

  @Test func plainPickleIsRead() throws {
    let file = ZipWriter(pickle: pickle(["}", text("a"), "K", 7, "s"]))
    #expect(try load(bytes: file.bytes)["a"].int == 7)
  }

  @Test(arguments: [
    "os\nsystem", "posix\nsystem", "nt\nsystem", "sys\nexit", "subprocess\nPopen", "__builtin__\neval",
    "builtins\nexec", "builtins\n__import__", "os.path\njoin",
  ])
  func callsOfTheSystemAreRefusedAlways(_ name: String) {
    for weightsOnly in [true, false] {
      let found = error([Piece(Array("c\(name)\n".utf8)), text("rm"), [0x85], "R"], weightsOnly: weightsOnly)
      #expect(found?.kind == .refused)
      #expect(found?.reason.contains("GLOBAL at byte 2") == true && found?.reason.contains("refused always") == true)
    }
    // The same by the other opcode.
    let parts = name.split(separator: "\n").map(String.init)
    let found = error([text(parts[0]), text(parts[1]), [0x93]])
    #expect(found?.kind == .refused && found?.reason.contains("STACK_GLOBAL") == true)
  }

  @Test func unknownClassesAreRefusedOrKeptAsData() throws {
    let parts: [Piece] = ["cmy.code\nThing\n", text("x"), [0x85], "R", "}", text("k"), "K", 1, "s", "b"]
    let found = error(parts)
    #expect(found?.kind == .refused && found?.reason.contains("\"my.code.Thing\"") == true)
    let thing = try load(bytes: ZipWriter(pickle: pickle(parts)).bytes, weightsOnly: false)
    #expect(thing.kind == .object && thing.className == "my.code.Thing")
    #expect(try thing.arguments[0].string == "x")
    #expect(try thing.state?["k"].int == 1)
    #expect(throws: CheckpointError.self) { try thing.stateDict() }
    #expect(error(["K", 1, "}b"])?.kind == .refused)
  }

  @Test func depthAndCountsHaveLimits() {
    let deep = 2000
    #expect(error([.repeated("(", deep)])?.kind == .limit)
    #expect(error([")", Piece([UInt8](repeating: 0x85, count: deep))])?.kind == .limit)
    #expect(error([.repeated("]", deep), .repeated("a", deep - 1)])?.kind == .limit)
    // Each level holds the one below twice: small here, endless where it were copied.
    let level: [Piece] = [[0x86, 0x71, 0, 0x68, 0]]
    let bomb = (0..<500).flatMap { _ in level }
    #expect(error([")q", 0, "h", 0] + bomb + [[0x86]]) == nil)
    #expect(error([")q", 0, "h", 0] + bomb + bomb + [[0x86]])?.kind == .limit)
  }

  @Test func copiesAreCounted() {
    let long: [Piece] = ["X", .little(UInt32(100_000)), .repeated("a", 100_000), "q", 1]
    let once: [Piece] = ["h", 0, "h", 2, "R0"]
    let head: [Piece] = ["c_codecs\nencode\n", "q", 0, "0"] + long + [text("latin1"), [0x86], "q", 2, "0"]
    #expect(error(head + once + once + ["N"]) == nil)
    let found = error(head + (0..<5000).flatMap { _ in once } + ["N"])
    #expect(found?.kind == .limit && found?.reason.contains("copies") == true)
  }

  @Test func lyingLengthsAreRefused() {
    let huge = Piece.little(UInt32.max), huger = Piece.little(UInt64.max), high = Piece.little(Int64.max)
    let cases: [[Piece]] = [
      ["X", huge], ["B", huge], ["T", huge], [[0x8b], huge], [[0x8b], .little(Int32.max)], [[0x8d], huger],
      [[0x8d], high], [[0x8e], huger], [[0x8e], high], [[0x96], high], [[0x8a, 255]], [[0x8c, 255]], ["U", 255],
      ["C", 255], ["cos"], ["h", 9], ["j", huge], ["a"], ["s"], ["u"], ["t"], ["R"], ["b"], ["Q"], ["0"], ["1"], ["2"],
      ["NR"], ["NNR"], ["NNb"], ["NNa"], ["}NNs]Ns"], ["}]Ns"], ["(N}u"], ["N(NNe"], [[0x85]], ["N", [0x86]],
      [[0x92]], ["NNN", [0x92]], [[0x93]], ["NN", [0x93]], [[0x94]], ["NN"], ["(N"], ["I1x\n"], ["I"], ["I--1\n"],
      ["L1LL\n"], ["L\n"], ["F1.5.\n"], ["F0x1p3\n"], ["Sab\n"], ["S'a\n"], ["S'\\x4'\n"], ["S'\\'\n"], ["V\\u12\n"],
      ["V\\ud800\n"], ["g5\n"], ["g-1\n"], ["NpN\n"], ["P1\n"], ["inumpy\n"], ["o"], ["(o"], ["(iN\nN\n"],
      [[0x82, 1]], [[0x83, 1, 0]], [[0x97]], ["N", [0x98]],
      ["N", [0x80, 9]],
      ["ctorch\nSize\n", text("a"), [0x85], "R"], ["ctorch\nSize\n)R"], ["ctorch\ndevice\n)R"],
      ["c__builtin__\nset\nNR"], ["c__builtin__\nset\nK", 1, [0x85], "R"],
      ["ccollections\nOrderedDict\nK", 1, [0x85], "R"],
      ["ctorch._utils\n_rebuild_tensor_v2\n)R"], ["ctorch._utils\n_rebuild_parameter\nNNN", [0x87], "R"],
      ["ctorch._tensor\n_rebuild_from_type_v2\n)R]a"], ["NQ"], [")Q"], ["X", .little(UInt32(1)), [0xff]],
    ]
    for parts in cases {
      let found = error(parts)
      #expect(found != nil, "\(parts)")
      #expect(found?.reason.contains("pickle") == true, "\(parts): \(found?.reason ?? "")")
    }
    #expect(error(ZipWriter(pickle: []))?.kind == .damagedPickle)
  }

  /// Values that take far more memory than the bytes that describe them: lists, dictionaries, tuples in one another.
  @Test(arguments: [[0x5d], [0x7d], [0x29] + [UInt8](repeating: 0x85, count: 500) + [0x30]])
  func memoryHasALimit(_ part: [UInt8]) {
    let bomb = [UInt8](repeatElement(part, count: (3 << 20) / part.count).joined())
    let found = error([Piece(bomb)])
    #expect(found?.kind == .limit && found?.reason.contains("memory") == true, "\(found as Any)")
  }

  @Test func circlesAreHarmless() throws {
    // A list in itself, and a model whose child is itself.
    let list = try load(bytes: ZipWriter(pickle: pickle(["]q", 0, "h", 0, "a"])).bytes)
    #expect(try list[0][0][0].list.count == 1)
    let model = pickle([
      "cm\nNet\n)", [0x81], "q", 0, "}(", text("_parameters"), "}", text("_buffers"), "}", text("_modules"), "}",
      text("me"), "h", 0, "sub",
    ])
    let net = try load(bytes: ZipWriter(pickle: model).bytes, weightsOnly: false)
    let found = #expect(throws: CheckpointError.self) { try net.stateDict() }
    #expect(found?.kind == .limit)
  }

  @Test func equalKeysAreOne() throws {
    let parts: [Piece] = ["}", text("a"), "K", 1, "s", text("b"), "K", 2, "s", text("a"), "K", 3, "s"]
    let checkpoint = try load(bytes: ZipWriter(pickle: pickle(parts)).bytes)
    #expect(try checkpoint.keys == ["a", "b"])
    #expect(try checkpoint["a"].int == 3)
  }

  // MARK: Tensors

  private func tensor(
    offset: Int32 = 0, shape: [Int32] = [2], strides: [Int32] = [1], count: Int32 = 2, storage: String = "FloatStorage",
    grad: [UInt8] = [0x89], bytes: Int = 8, key: String = "0"
  ) -> CheckpointError? {
    func ints(_ values: [Int32]) -> Piece {
      Piece(Array("(".utf8) + values.flatMap { int($0).bytes } + Array("t".utf8))
    }
    func int(_ value: Int32) -> Piece { Piece(Array("J".utf8) + ZipWriter.little(value)) }
    let parts: [Piece] = [
      "ctorch._utils\n_rebuild_tensor_v2\n((", text("storage"), Piece(Array("ctorch\n\(storage)\n".utf8)), text(key),
      text("cpu"),
      int(count), "tQ", int(offset), ints(shape), ints(strides), Piece(grad), "ccollections\nOrderedDict\n)RtR",
    ]
    return error(ZipWriter(pickle: pickle(parts), storages: ["0": [UInt8](repeating: 0, count: bytes)]))
  }

  @Test func tensorsMustLieInTheirStorage() {
    #expect(tensor() == nil)
    #expect(tensor(offset: 1, shape: [1]) == nil)
    #expect(tensor(shape: [0, 5], strides: [.max, 1]) == nil)
    #expect(tensor(shape: [7], strides: [0]) == nil)
    let huge = [Int32](repeating: .max, count: 3)
    let bad = [
      tensor(offset: 1), tensor(offset: -1), tensor(shape: [3]), tensor(shape: [-1]), tensor(strides: [-1]),
      tensor(strides: [2]), tensor(strides: [.max]), tensor(shape: [2, 1]), tensor(shape: huge, strides: [0, 0, 0]),
      tensor(shape: huge + [0], strides: huge + [1]), tensor(count: 3), tensor(count: 1), tensor(bytes: 4),
      tensor(bytes: 0), tensor(storage: "DoubleStorage"), tensor(storage: "LongStorage", grad: [0x88], bytes: 16),
      tensor(key: "1"), tensor(key: "../version"), tensor(offset: .max, shape: [1]),
      tensor(shape: [Int32](repeating: 1, count: 65), strides: [Int32](repeating: 1, count: 65)),
    ]
    for (index, found) in bad.enumerated() { #expect(found?.kind == .badTensor, "case \(index): \(found as Any)") }
    #expect(tensor(count: -1)?.kind == .refused)
    #expect(tensor(storage: "Size")?.kind == .refused)
  }

  // MARK: Archives

  private static let none: [UInt8] = [0x80, 2] + Array("N.".utf8)

  @Test func archivesMustNotContradictThemselves() throws {
    typealias Entry = ZipWriter.Entry
    let plain = ZipWriter(pickle: Self.none)
    #expect(error(plain) == nil)
    var file = plain
    file.comment = Array("a comment".utf8)
    #expect(error(file) == nil)
    func with(_ entry: Entry) -> CheckpointError? { error(ZipWriter(pickle: Self.none, more: [entry])) }
    #expect(with(Entry(name: "a/x", content: [1])) == nil)
    #expect(with(Entry(name: "a/data.pkl", content: [1]))?.reason.contains("two entries") == true)
    for name in ["../x", "/x", "a/../../x", "a//x", "a/./x", "a\\x", "", "a/\0", "C:\\x"] {
      #expect(with(Entry(name: name, content: [1])) != nil, "\(name)")
    }
    #expect(with(Entry(name: "../x", content: [1]))?.kind == .refused)
    #expect(with(Entry(name: "a/x", content: [1], start: 0)) != nil)
    #expect(with(Entry(name: "a/x", content: [1], start: .max)) != nil)
    #expect(with(Entry(name: "a/x", content: [1], start: 1_000_000)) != nil)
    #expect(with(Entry(name: "a/x", content: [1], size: 2)) != nil)
    #expect(with(Entry(name: "a/x", content: [1], size: .max)) != nil)
    #expect(with(Entry(name: "a/x", content: [1], localName: "a/y")) != nil)
    #expect(with(Entry(name: "a/x", content: [1], method: 12))?.kind == .unsupported)
    #expect(with(Entry(name: "a/x", content: [1], flags: 1))?.kind == .unsupported)
    #expect(with(Entry(name: "a/x", content: [1], method: 8, size: 2_000_000))?.kind == .limit)
    #expect(
      with(Entry(name: "a/x", content: [1], size: .max, extra: [1, 0, 8, 0] + ZipWriter.little(UInt64.max))) != nil)
    #expect(with(Entry(name: "a/x", content: [1], size: .max, extra: [1, 0, 255, 0])) != nil)
    for count in [0, 2, 4, UInt16.max] {
      file = plain
      file.count = count
      #expect(error(file)?.kind == .damagedArchive)
    }
    for size in [0, 1, 1000, UInt32.max] {
      file = plain
      file.directorySize = size
      #expect(error(file)?.kind == .damagedArchive)
    }
    file = plain
    file.entries[0].checksum = 1
    #expect(error(file)?.reason.contains("wrong checksum of \"a/data.pkl\"") == true)
    file = plain
    file.entries[0].method = 8
    #expect(error(file)?.kind == .damagedArchive)
    file = plain
    file.entries[1].content = Array("middle".utf8)
    #expect(error(file)?.kind == .damagedArchive)
    file = plain
    file.entries[2].content = Array("99".utf8)
    #expect(error(file)?.kind == .unsupported)
    file = plain
    file.entries.append(Entry(name: "a/constants.pkl", content: [1]))
    #expect(error(file)?.kind == .unsupported)
  }

  /// Two directory entries over the same bytes, the old trick of zip bombs.
  @Test func overlapsAreRefused() {
    var file = ZipWriter(pickle: Self.none)
    let inner = ZipWriter.Entry(name: "a/inner", content: [1, 2, 3])
    var alone = file
    alone.entries = [inner]
    let local = Array(alone.bytes.prefix(30 + 7 + 3))
    file.entries.insert(.init(name: "a/outer", content: local), at: 0)
    #expect(error(file) == nil)
    var hidden = inner
    hidden.start = 30 + 7
    hidden.isHidden = true
    file.entries.append(hidden)
    #expect(error(file)?.reason.contains("overlap: \"a/outer\" and \"a/inner\"") == true)
  }

  // MARK: Damage

  /// Every how many-eth byte is damaged: each one, fewer where a sanitizer makes the code slow.
  static let step: Int = {
    let share = ProcessInfo.processInfo.environment["TORCH_TEST_SHARE"].flatMap { Int($0) } ?? 100
    return max(1, 100 / max(share, 1))
  }()

  static func places(_ file: [UInt8]) -> StrideTo<Int> { stride(from: 0, to: file.count, by: step) }

  @Test(arguments: ["bigendian", "deflated", "values", "whole"])
  func everyCutIsAnError(_ name: String) throws {
    let file = try CheckpointTests.file(name)
    for length in Self.places(file) {
      let found = error(bytes: Array(file[..<length]), weightsOnly: false)
      #expect(found?.kind == .damagedArchive || found?.kind == .unsupported, "\(length)")
    }
  }

  @Test(arguments: ["bigendian", "deflated", "complex"])
  func everyDamagedByteGivesAValueOrAnError(_ name: String) throws {
    let file = try CheckpointTests.file(name)
    var refused = 0
    for index in Self.places(file) {
      for bits: UInt8 in [0x01, 0x80, 0xff] {
        var damaged = file
        damaged[index] ^= bits
        do {
          Self.walk(try load(bytes: damaged, weightsOnly: false))
        } catch { refused += 1 }
      }
    }
    // What may change unseen: dates, versions, attributes and padding.
    #expect(refused > file.count / Self.step)
  }

  /// Pickles behind right checksums, so that the damage reaches the pickle reader itself.
  @Test(arguments: ["values", "training", "tensors", "protocol4", "whole"])
  func everyDamagedByteOfAPickleGivesAValueOrAnError(_ name: String) throws {
    let (pickle, storages) = try parts(of: name)
    #expect(error(ZipWriter(pickle: pickle, storages: storages), weightsOnly: false) == nil)
    for length in Self.places(pickle) {
      #expect(error(ZipWriter(pickle: Array(pickle[..<length]), storages: storages), weightsOnly: false) != nil)
    }
    var refused = 0
    var generator = SplitMix(state: 11)
    for index in Self.places(pickle) {
      for byte in [pickle[index] ^ 1, pickle[index] ^ 0x80, UInt8.random(in: 0 ... .max, using: &generator)] {
        var damaged = pickle
        damaged[index] = byte
        do {
          Self.walk(try load(bytes: ZipWriter(pickle: damaged, storages: storages).bytes, weightsOnly: false))
        } catch { refused += 1 }
      }
    }
    #expect(refused > pickle.count / 2 / Self.step)
  }

  /// The pickle and the storages of a fixture of stored entries, found by their local headers.
  private func parts(of name: String) throws -> (pickle: [UInt8], storages: [String: [UInt8]]) {
    let file = try CheckpointTests.file(name)
    func number(_ at: Int, _ count: Int) -> Int { file[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) } }
    var pickle: [UInt8] = [], storages: [String: [UInt8]] = [:]
    // By the directory: an end record without a comment is the last 22 bytes.
    var place = number(file.count - 6, 4)
    for _ in 0..<number(file.count - 12, 2) {
      let size = number(place + 20, 4), start = number(place + 42, 4), length = number(place + 28, 2)
      let entry = String(decoding: file[place + 46..<place + 46 + length], as: UTF8.self)
      let content = start + 30 + number(start + 26, 2) + number(start + 28, 2)
      let bytes = Array(file[content..<content + size])
      if entry.hasSuffix("/data.pkl") { pickle = bytes }
      if let range = entry.range(of: "/data/") { storages[String(entry[range.upperBound...])] = bytes }
      place += 46 + length + number(place + 30, 2) + number(place + 32, 2)
    }
    try #require(!pickle.isEmpty)
    return (pickle, storages)
  }

  /// Asks everything of a checkpoint that a program might.
  static func walk(_ checkpoint: Checkpoint, depth: Int = 0) {
    _ = (checkpoint.description, checkpoint.kind, checkpoint.className)
    _ = try? (checkpoint.int, checkpoint.double)
    _ = try? checkpoint.shape
    _ = try? checkpoint.stateDict()
    if let tensor = try? checkpoint.tensor, tensor.numel() < 10_000 { _ = tensor.detach().to(.float64).sum().item() }
    guard depth < 6 else { return }
    for part in (try? checkpoint.list) ?? [] { walk(part, depth: depth + 1) }
    for item in (try? checkpoint.items) ?? [] {
      walk(item.key, depth: depth + 1)
      walk(item.value, depth: depth + 1)
    }
    if let state = checkpoint.state { walk(state, depth: depth + 1) }
  }
}

/// A part of a pickle in a test: a text of opcodes, one byte, or bytes.
struct Piece: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(stringLiteral text: String) { bytes = Array(text.utf8) }
  init(integerLiteral byte: UInt8) { bytes = [byte] }
  init(arrayLiteral bytes: UInt8...) { self.bytes = bytes }

  static func little(_ value: some FixedWidthInteger) -> Piece { Piece(ZipWriter.little(value)) }
  static func repeated(_ text: String, _ count: Int) -> Piece {
    Piece(Array(String(repeating: text, count: count).utf8))
  }
}

/// The opcode of a text.
func text(_ value: String) -> Piece {
  Piece(Array("X".utf8) + ZipWriter.little(UInt32(value.utf8.count)) + Array(value.utf8))
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

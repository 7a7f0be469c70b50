import Foundation
import Testing

import Torch

/// Files that were made to run something or to exhaust the machine: refused by name, kept as inert data, or bounded.
@Suite struct CheckpointMaliceTests {
  private func pickle(_ parts: [Piece]) -> [UInt8] { [0x80, 4] + parts.flatMap(\.bytes) + Array(".".utf8) }

  private func error(_ parts: [Piece], weightsOnly: Bool = true) -> CheckpointError? {
    do {
      _ = try load(bytes: ZipWriter(pickle: pickle(parts)).bytes, weightsOnly: weightsOnly)
      return nil
    } catch { return error }
  }

  private func whole(_ parts: [Piece]) throws -> Checkpoint {
    try load(bytes: ZipWriter(pickle: pickle(parts)).bytes, weightsOnly: false)
  }

  // MARK: Running something

  @Test func noOpcodeReachesTheSystem() {
    let call = text("touch it")
    let ways: [[Piece]] = [
      ["cos\nsystem\n", call, [0x85], "R"],
      // The same name by texts, by texts that were remembered, by two makers and by keywords.
      [text("os"), text("system"), [0x93], call, [0x85], "R"],
      [text("os"), "q", 0, "0", text("system"), "q", 1, "0", "h", 0, "h", 1, [0x93], call, [0x85], "R"],
      ["cos\nsystem\n", call, [0x85], [0x81]],
      ["cos\nsystem\n)}", call, "N", "s", [0x92]],
      // Instances of protocol 0 and 1, extension codes and names of persistent things.
      ["(", call, "ios\nsystem\n"], ["(cos\nsystem\n", call, "o"], [[0x82, 1]], [[0x83, 1, 0]], [[0x84, 1, 0, 0, 0]],
      ["Pos.system\n"],
      // Hidden in what torch itself calls.
      ["ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nctorch\nTensor\n", call, [0x85], "NtR"],
      ["ccollections\nOrderedDict\n)Rcos\nsystem\nb"],
      ["ctorch._utils\n_rebuild_parameter\ncos\nsystem\n", [0x88], "N", [0x87], "R"],
    ]
    for (index, way) in ways.enumerated() {
      for weightsOnly in [true, false] {
        let found = error(way, weightsOnly: weightsOnly)
        #expect(found != nil, "way \(index)")
        // Codes of extensions and persistent texts name nothing that could be told.
        let isNamed = found?.reason.contains("\"os.system\"") == true
        let kinds: [CheckpointError.Kind?] = isNamed ? [.refused] : [.refused, .damagedPickle]
        #expect(kinds.contains(found?.kind), "way \(index): \(found as Any)")
      }
    }
  }

  /// Ways around a list of bad names: torch's own classes lead to everything, one attribute after the other.
  @Test func detoursAreRefusedAndInert() throws {
    let makers = [
      "builtins\ngetattr", "__builtin__\ngetattr", "operator\nattrgetter", "functools\npartial",
      "importlib\nimport_module",
      "torch.serialization\nos.system", "torch.utils.collect_env\nrun", "torch\nload", "torch.hub\nload",
      "pickle\nloads",
      "_pickle\nloads", "types\nFunctionType", "code\ninteract", "webbrowser\nopen", "ctypes\nCDLL",
      "torch._utils\n_import_dotted_name", "torch._C\n_jit_get_operation", "collections\nnamedtuple",
      "torch.storage\n_load_from_bytes", "copyreg\n__newobj__", "builtins\nobject", "posixpath\nos.system",
    ]
    for maker in makers {
      let parts: [Piece] = [
        Piece(Array("c\(maker)\n".utf8)), text("a"), text("b"), [0x86], "R", text("x"), [0x85], "R",
      ]
      let found = error(parts)
      #expect(found?.kind == .refused && found?.reason.contains("not among what files of weights") == true, "\(maker)")
      let object = try whole(parts)
      #expect(object.kind == .object, "\(maker)")
      #expect(throws: CheckpointError.self) { try object.stateDict() }
    }
  }

  @Test func statesAreGivenToPlainThingsOnly() {
    for target in ["ctorch\nSize\n", "ctorch\nFloatStorage\n", "ctorch.nn.parameter\nParameter\n", "N", ")", "K\u{1}"] {
      #expect(error([Piece(Array(target.utf8)), "}b"])?.kind == .refused, "\(target)")
    }
    // An allowed class that is made but not understood takes none either.
    #expect(error(["ctorch\nTensor\n)R}b"])?.kind == .refused)
    // A function within itself, without end.
    let inner: Piece = "ctorch._tensor\n_rebuild_from_type_v2\n"
    #expect(error([inner, "(", inner, inner, "]q\u{0}h\u{0}aNt0tR"]) != nil)
  }

  // MARK: Exhausting the machine

  /// A tree of modules that is small in the file and endless where it is walked.
  @Test func modulesThatDoubleHaveAnEnd() throws {
    func module(_ children: [Piece]) -> [Piece] {
      ["cm\nNet\n)", [0x81], "}(", text("_parameters"), "}", text("_buffers"), "}", text("_modules"), "}"]
        + children + ["ub"]
    }
    var parts = module([]) + ["q", 0, "0"]
    for _ in 0..<150 { parts += module([text("a"), "h", 0, "s", text("b"), "h", 0, "s"]) + ["q", 0, "0"] }
    let net = try whole(parts + ["h", 0])
    let clock = ContinuousClock().now
    let found = #expect(throws: CheckpointError.self) { try net.stateDict() }
    #expect(found?.kind == .limit && found?.reason.contains("again and again") == true)
    #expect(ContinuousClock().now - clock < .seconds(20))
  }

  /// One long name under many keys of an object: its text must not be copied for each.
  @Test func longNamesAreNotCopied() throws {
    let name = String(repeating: "n", count: 1_000_000)
    let entry: [Piece] = ["h", 0, "h", 0, "s"]
    let object = try whole(
      [text(name), "q", 0, "0", "cm\nNet\n)", [0x81]] + (0..<20_000).flatMap { _ in entry })
    let items = try object.items
    #expect(items.count == 20_000)
    #expect(items.reduce(0) { $0 + $1.value.description.utf8.count } < 20_000 * 300)
    do {
      _ = try items[0].value.int
    } catch { #expect(error.description.utf8.count < 1000 && error.source.hasPrefix("checkpoint[\"nnn")) }
    do {
      _ = try object["other"]
    } catch { #expect(error.description.utf8.count < 5000) }
  }

  /// Lists that got their content after they were put into others: no count of the depth sees them.
  @Test func aDeepChainIsFollowedStepByStep() throws {
    let depth = 100_000
    var bytes: [UInt8] = [0x80, 4, 0x5d, 0x94]
    for level in 1...depth {
      bytes += [0x5d, 0x94, 0x61, 0x30, 0x6a] + ZipWriter.little(UInt32(level))
    }
    bytes += Array("0h\u{0}.".utf8)
    var here = try load(bytes: ZipWriter(pickle: bytes).bytes)
    for _ in 0..<depth { here = try here[0] }
    let found = #expect(throws: CheckpointError.self) { try here.int }
    #expect(found?.source.hasPrefix("checkpoint...[0]") == true)
    #expect(try here.list.isEmpty)
  }

  @Test func millionsOfTuplesAreTooDeep() {
    #expect(error([")", Piece([UInt8](repeating: 0x85, count: 1_000_000))])?.kind == .limit)
  }

  /// A number of a megabyte is bytes, and no arithmetic is done with it.
  @Test func hugeNumbersAreBytes() throws {
    let digits = [UInt8](repeating: 0x7f, count: 1 << 20)
    let number = try whole([[0x8b], .little(Int32(digits.count)), Piece(digits)])
    #expect(number.kind == .int)
    #expect(try number.bytes == digits)
    #expect(throws: CheckpointError.self) { try number.int }
    #expect(error([[0x8b], .little(Int32(-1))]) != nil)
    // A torch.Size that no tensor can have prints as a count.
    let size = try whole(["ctorch\nSize\n(", .repeated("K\u{1}", 1000), "t", [0x85], "R"])
    #expect(size.description == "[1000 sizes]")
  }

  /// Numbers that collide in Python's dictionaries.
  @Test func collidingKeysAreFast() throws {
    var bytes: [UInt8] = [0x80, 4, 0x7d, 0x28]
    for i in 1...50_000 {
      bytes += [0x8a, 8] + ZipWriter.little(Int64(i) &* ((1 << 61) - 1) & .max) + [0x4e]
    }
    let clock = ContinuousClock().now
    let checkpoint = try load(bytes: ZipWriter(pickle: bytes + Array("u.".utf8)).bytes)
    #expect(try checkpoint.items.count > 10_000)
    #expect(ContinuousClock().now - clock < .seconds(10))
  }

  /// A packed entry that promises a thousand times its size: what all may take together has a limit.
  @Test func packedStoragesHaveALimit() {
    let one: [Piece] = [
      "ctorch._utils\n_rebuild_tensor_v2\n((", text("storage"), "ctorch\nByteStorage\n", text("0"), text("cpu"),
      Piece(Array("J".utf8)), .little(Int32(400_000_000)), "tQK\u{0}K\u{1}", [0x85], "K\u{1}", [0x85, 0x89],
      "ccollections\nOrderedDict\n)RtR",
    ]
    var file = ZipWriter(pickle: pickle(one))
    file.entries.append(
      .init(name: "a/data/0", content: [UInt8](repeating: 0, count: 400_000), method: 8, size: 400_000_000))
    let found = #expect(throws: CheckpointError.self) { try load(bytes: file.bytes) }
    #expect(found?.kind == .limit && found?.reason.contains("unpacks to far more") == true)
  }

  /// An archive in an archive is bytes of an entry that nothing names.
  @Test func archivesInArchivesAreLeftAlone() throws {
    var file = ZipWriter(pickle: pickle(["N"]))
    for level in 0..<20 {
      file = ZipWriter(pickle: pickle(["N"]), more: [.init(name: "a/x\(level)", content: file.bytes)])
    }
    #expect(try load(bytes: file.bytes).isNone)
  }
}

import Foundation
import Testing

import Torch

/// Files of NumPy against what NumPy and torch say of them; `Tools/goldens/numpy_files.py` records both.
@Suite struct NumPyTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
    path: "Goldens/numpy")

  private struct Case: Decodable {
    var file, dtype, values: String
    var shape, stride: [Int]
    var same: Bool
  }

  private static func cases() throws -> [String: Case] {
    try JSONDecoder().decode([String: Case].self, from: Data(contentsOf: folder.appending(path: "arrays.json")))
  }

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)!
    }
  }

  private func content(_ tensor: Tensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

  private func temporary(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)-\(name)").path
  }

  @Test func arraysAreTorchs() throws {
    let cases = try Self.cases()
    #expect(cases.count > 40)
    for (name, one) in cases {
      let file = bytes(one.file), tensor = try NumPy.load(bytes: file)
      #expect(tensor.dtype.name == one.dtype, "\(name)")
      #expect(Array(tensor.shape) == one.shape && tensor.stride() == one.stride, "\(name): \(tensor.stride())")
      #expect(content(tensor) == bytes(one.values) && tensor.storageOffset() == 0, "\(name)")
      #expect(tensor.storage.byteCount == bytes(one.values).count, "\(name)")
      let path = temporary("a.npy")
      defer { try? FileManager.default.removeItem(atPath: path) }
      try NumPy.save(tensor, to: path)
      let written = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      if one.same { #expect(written == file, "\(name)") }
      let again = try NumPy.load(path)
      #expect(content(again) == content(tensor), "\(name)")
      if one.same { #expect(again.stride() == one.stride, "\(name)") }
    }
  }

  @Test func stridesThatRunNoWayAreWrittenRowByRow() throws {
    let x = Tensor.arange(24).reshape(2, 3, 4).permute(1, 0, 2)
    let path = temporary("a.npy")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try NumPy.save(x, to: path)
    let again = try NumPy.load(path)
    #expect(again.isContiguous() && content(again) == content(x))
    try NumPy.save(Tensor.ones(2, 3, requiresGrad: true).t(), to: path)
    #expect(try NumPy.load(path).stride() == [1, 3])
  }

  @Test func archivesAreNumPys() throws {
    for name in ["stored", "packed"] {
      let state = try NumPy.load(archive: Self.folder.appending(path: "\(name).npz").path)
      let names = ["weight", "a/b", "flags", "number", "ключ"]
      #expect(state.keys.filter { $0 != "arr_0" } == names)
      #expect(try #require(state["weight"]).array(Float.self) == [0, 1, 2, 3, 4, 5])
      #expect(try #require(state["a/b"]).stride() == [1, 2])
      #expect(try #require(state["number"]).item() == 7.0 && state["ключ"]?.shape == [0])
      if name == "packed" { #expect(try #require(state["arr_0"]).sum().item() == 1000.0) }

      let path = temporary("a.npz")
      defer { try? FileManager.default.removeItem(atPath: path) }
      for compressed in [false, true] {
        try NumPy.save(archive: state, to: path, compressed: compressed)
        let again = try NumPy.load(archive: path)
        #expect(again.keys == state.keys)
        for (key, tensor) in state {
          let other = try #require(again[key])
          #expect(other.dtype == tensor.dtype && other.stride() == tensor.stride() && content(other) == content(tensor))
        }
      }
      let listed = try NumPy.contents(of: path)
      #expect(listed.map(\.name) == state.keys && listed.first { $0.name == "weight" }?.shape == [2, 3])
    }
    let path = temporary("a.npz")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try NumPy.save(archive: ["b": .zeros(2), "a": .ones(1)], to: path)
    #expect(try NumPy.load(archive: path).keys == ["a", "b"])
    #expect(try NumPy.contents(of: path).map(\.dtype) == ["float32", "float32"])
  }

  private func error(_ body: () throws -> Void) -> CheckpointError? {
    do { try body() } catch { return error as? CheckpointError }
    return nil
  }

  private func file(_ header: String, _ data: [UInt8] = [0, 0, 0, 0], version: UInt8 = 1) -> [UInt8] {
    let size = version == 1 ? ZipWriter.little(UInt16(header.utf8.count)) : ZipWriter.little(UInt32(header.utf8.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + data
  }

  @Test func filesThatLieAreRefused() throws {
    func header(_ descr: String = "'<f4'", _ order: String = "False", _ shape: String = "(1,)") -> [UInt8] {
      file("{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }")
    }
    #expect(error { _ = try NumPy.load(bytes: header()) } == nil)
    let damaged: [[UInt8]] = [
      header("'<f4'", "False", "(2,)"), header("'<f4'", "False", "(1)"), header("'<f4'", "False", "[1]"),
      header("'<f4'", "False", "(-1,)"), header("'<f4'", "False", "(1.0,)"), header("'<f4'", "False", "(,)"),
      header("'<f4'", "False", "(99999999999999999999,)"), header("'<f4'", "0"), header("'<f4'", "true"),
      header("'<f5'"), header("''"), header("f4"), header("'<f4"), header("'<f4\\x00'"), file("{}"), file(""),
      file("{'descr': '<f4', 'fortran_order': False}"), file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)"),
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}"),
      file("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"),
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + x"), Array(header()[..<11]),
      Array(header()[..<30]),
      file("{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}"),
    ]
    for bytes in damaged {
      let found = error { _ = try NumPy.load(bytes: bytes) }
      #expect(found?.kind == .damagedArray, "\(String(decoding: bytes, as: UTF8.self)): \(found as Any)")
    }
    let absurd = header("'<f4'", "False", "(4611686018427387904, 4)")
    #expect(error { _ = try NumPy.load(bytes: absurd) }?.kind == .badTensor)
    #expect(error { _ = try NumPy.load(bytes: header("'<f4'", "False", "(0, 9223372036854775807, 9)")) } != nil)
    #expect(error { _ = try NumPy.load(bytes: self.file(String(repeating: " ", count: 10_001))) }?.kind == .limit)
    let others: [(String, String)] = [
      ("'<u2'", "uint16"), ("'<u4'", "astype('int64')"), ("'<u8'", "uint64"), ("'<c8'", "complex64"),
      ("'<U3'", "<U3"), ("'|O'", "Python objects"), ("'<M8[ns]'", "<M8[ns]"), ("[('a', '<f4')]", "records"),
      ("'<f16'", "float128"),
    ]
    for (descr, words) in others {
      let found = error { _ = try NumPy.load(bytes: header(descr, "False", "(0,)")) }
      #expect(found?.kind == .unsupported && found?.reason.contains(words) == true, "\(descr): \(found as Any)")
    }
    for version: UInt8 in [0, 4, 255] {
      #expect(error { _ = try NumPy.load(bytes: self.file("{}", version: version)) }?.kind == .unsupported)
    }
    let npz = Self.folder.appending(path: "stored.npz").path
    #expect(error { _ = try NumPy.load(npz) }?.reason.contains("archive:") == true)
    #expect(error { _ = try NumPy.load(archiveBytes: header()) }?.reason.contains("without") == true)
    #expect(error { _ = try NumPy.load(bytes: []) }?.reason.contains("empty") == true)
    #expect(error { _ = try NumPy.load("/nowhere.npy") }?.description.hasPrefix("/nowhere.npy: cannot be read") == true)
  }

  @Test func everyDamagedByteGivesAnArrayOrAnError() throws {
    let npy = bytes(try #require(try Self.cases()["i4 fortran"]).file)
    for index in npy.indices {
      for bits: UInt8 in [1, 0x10, 0x80] {
        var damaged = npy
        damaged[index] ^= bits
        if let tensor = try? NumPy.load(bytes: damaged) { _ = tensor.to(.float64).sum().item() }
      }
      // Only the elements may be short of nothing.
      #expect(throws: CheckpointError.self) { try NumPy.load(bytes: Array(npy[..<index])) }
    }
    let npz = [UInt8](try Data(contentsOf: Self.folder.appending(path: "packed.npz")))
    for index in npz.indices {
      var damaged = npz
      damaged[index] ^= 0x41
      _ = try? NumPy.load(archiveBytes: damaged)
      #expect(throws: CheckpointError.self) { try NumPy.load(archiveBytes: Array(npz[..<index])) }
    }
  }

  @Test func whatCannotBeWrittenIsSaid() {
    let path = temporary("a")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let half = Tensor.ones(2, dtype: .bfloat16)
    #expect(error { try NumPy.save(half, to: path) }?.reason.contains(".to(.float32)") == true)
    #expect(error { try NumPy.save(archive: ["x": half], to: path) }?.reason.contains("\"x\" of bfloat16") == true)
    #expect(error { try NumPy.save(archive: [("x", .ones(1)), ("x", .ones(1))], to: path) }?.kind == .damagedArchive)
    #expect(error { try NumPy.save(archive: ["../x": .ones(1)], to: path) }?.kind == .refused)
    #expect(error { try NumPy.save(.ones(1), to: "/nowhere/x.npy") }?.kind == .system)
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}

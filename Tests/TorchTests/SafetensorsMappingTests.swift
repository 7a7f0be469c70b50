import Foundation
import Testing

import Torch

/// Mapped files: what touches which pages, who sees writes; and several files under one index.
@Suite(.serialized) struct SafetensorsMappingTests {
  private func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = NSTemporaryDirectory() + "/mapping-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder + "/")
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test func writesStayInTheProcess() throws {
    try withFolder { folder in
      let path = folder + "w.safetensors"
      try Safetensors.save(["w": .zeros(4), "v": .ones(4)], to: path)
      let before = try bytes(path)
      let file = try Safetensors.open(path)
      let w = try file["w"], again = try file["w"]
      w.fill_(7)
      #expect(again.array(Double.self) == [7, 7, 7, 7], "one name, one memory")
      #expect(try bytes(path) == before)
      #expect(try Safetensors.load(path)["w"]?.array(Double.self) == [0, 0, 0, 0])
      // Versions are a tensor's own: writing to one says nothing about another.
      let v = try file["v"]
      let y = (v * Tensor([1.0, 2, 3, 4], requiresGrad: true)).sum()
      w.add_(1)
      y.backward()
    }
  }

  @Test func tensorsOutliveTheFile() throws {
    try withFolder { folder in
      let path = folder + "w.safetensors"
      try Safetensors.save(["w": .arange(1000)], to: path)
      let w = try Safetensors.load(path)["w"]!
      // Replacing and removing a file leaves what was mapped of it.
      try Safetensors.save(["w": .zeros(1000)], to: path)
      unlink(path)
      #expect(w.sum().item() == 499_500)
    }
  }

  @Test func truthValuesAreCleaned() throws {
    try withFolder { folder in
      let path = folder + "b.safetensors"
      let header =
        #"{"b":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#
      var content = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
      content += Data(header.utf8) + Data([0, 1, 2, 255, 0, 1, 2, 255])
      try content.write(to: URL(fileURLWithPath: path))
      for mapped in [true, false] {
        let state = try Safetensors.load(path, mapped: mapped)
        #expect(state["b"]?.to(.uint8).array(Int.self) == [0, 1, 1, 1])
        #expect(state["b"]?.sum().item() == 3)
        #expect(state["u"]?.array(Int.self) == [0, 1, 2, 255])
      }
      #expect(try bytes(path) == content)
    }
  }

  /// Tensors of a mapped file lie wherever the header and those before them end, aligned to no more than an element.
  @Test func kernelsTakeAnyAlignment() throws {
    try withFolder { folder in
      let path = folder + "odd.safetensors"
      manualSeed(1)
      let sizes = [(65, 67), (1, 3), (33, 70), (7, 129), (128, 128), (1, 1), (64, 31)]
      let tensors = sizes.enumerated().map { ("w\($0)", Tensor.randn($1.0, $1.1)) }
      let halves = tensors.map { ("h\($0)", $1.to(.bfloat16)) }
      try Safetensors.save(tensors + halves, to: path)
      let state = try Safetensors.load(path)
      var places: Set<Int> = []
      for (name, original) in tensors + halves {
        let mapped = try #require(state[name])
        places.insert(mapped.withUnsafeBytes { Int(bitPattern: $0.baseAddress!) % 64 })
        let pairs = [
          (mapped.matmul(mapped.t()), original.matmul(original.t())), (mapped.exp(), original.exp()),
          (mapped.softmax(dim: 1), original.softmax(dim: 1)), (mapped.sum(dim: 0), original.sum(dim: 0)),
          (mapped.t().contiguous(), original.t().contiguous()), (mapped + 1, original + 1),
        ]
        for (found, wanted) in pairs { #expect(found.array(Double.self) == wanted.array(Double.self), "\(name)") }
      }
      #expect(places.count > 4, "the file was to have all kinds of places")
    }
  }

  /// Run with `SAFETENSORS_FILE=model.safetensors`: how long the first tensor of a large file takes.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SAFETENSORS_FILE"] != nil))
  func firstTensorOfALargeFile() throws {
    let path = try #require(ProcessInfo.processInfo.environment["SAFETENSORS_FILE"])
    let clock = ContinuousClock()
    var first = 0.0, all = 0.0
    let opening = try clock.measure {
      let file = try Safetensors.open(path)
      first = try file[file.keys[1]].sum().item()
    }
    let reading = try clock.measure { for (_, tensor) in try Safetensors.load(path) { all += tensor.sum().item() } }
    print("the first tensor (sum \(first)) after \(opening), all (sum \(all)) after \(reading)")
    #expect(opening < .milliseconds(20))
  }

  #if os(Linux)
    /// Pages of files that lie in this process's memory. What it allocates is counted apart.
    private func residentPages() throws -> Int {
      let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      return try #require(text.split(separator: " ").dropFirst(2).first.flatMap { Int($0) })
    }

    @Test func onlyTouchedPagesComeIntoMemory() throws {
      try withFolder { folder in
        let path = folder + "large.safetensors"
        // 64 MiB in 16 tensors.
        let names = (10..<26).map { "t\($0)" }
        try Safetensors.save(names.map { ($0, Tensor.ones(1 << 20)) }, to: path)
        let page = Int(sysconf(Int32(_SC_PAGESIZE))), tensorPages = (4 << 20) / page
        let before = try residentPages()
        let state = try Safetensors.load(path)
        // Other tests run beside this one: an allowance of half the file.
        #expect(state.count == 16)
        #expect(try residentPages() - before < 8 * tensorPages, "opening alone reads nothing")
        #expect(state["t12"]?.sum().item() == Double(1 << 20))
        #expect(try residentPages() - before < 8 * tensorPages, "one tensor brings its own pages")
        #expect(names.reduce(0) { $0 + state[$1]!.sum().item() } == Double(16 << 20))
        let after = try residentPages()
        // The mapping goes with the last use of its tensors.
        withExtendedLifetime(state) {}
        #expect(after - before > 12 * tensorPages, "the tensors are the file's pages")
      }
    }
  #endif

  private let state: StateDict = [
    "a": .arange(10), "b": .ones(3, 4), "c": .zeros(100), "d": Tensor([true, false]), "e": Tensor([2.5]),
  ]

  @Test func severalFilesAreOneState() throws {
    try withFolder { folder in
      let path = folder + "model.safetensors", index = path + ".index.json"
      try Safetensors.save(state, to: path, metadata: ["format": "pt"], maxShardSize: 130)
      #expect(
        try Set(FileManager.default.contentsOfDirectory(atPath: folder))
          == [
            "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
            "model.safetensors.index.json",
          ])
      let json = try #require(try JSONSerialization.jsonObject(with: bytes(index)) as? [String: Any])
      #expect((json["metadata"] as? [String: Int]) == ["total_size": 80 + 48 + 400 + 2 + 4])
      #expect((json["weight_map"] as? [String: String])?["c"] == "model-00001-of-00003.safetensors")
      let file = try Safetensors.open(index)
      #expect(file.metadata == ["format": "pt"])
      #expect(file.entries.first { $0.name == "c" }?.shard == "model-00001-of-00003.safetensors")
      let loaded = try Safetensors.load(index)
      #expect(Set(loaded.keys) == Set(state.keys))
      for (name, tensor) in state { #expect(loaded[name]?.array(Double.self) == tensor.array(Double.self)) }

      // What fits in one file is one file.
      try Safetensors.save(state, to: folder + "small.safetensors", maxShardSize: 1 << 20)
      #expect(try Safetensors.load(folder + "small.safetensors").count == 5)
      #expect(!FileManager.default.fileExists(atPath: folder + "small.safetensors.index.json"))
    }
  }

  @Test func brokenIndexesAreRefused() throws {
    try withFolder { folder in
      try Safetensors.save(["w": .ones(1)], to: folder + "one.safetensors")
      func reason(_ text: String) throws -> String {
        let path = folder + "x.index.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.load(path) }
        #expect(error?.kind == .badIndex)
        return error?.reason ?? ""
      }
      func index(_ map: String) -> String { "{\"metadata\": {}, \"weight_map\": {\(map)}}" }
      #expect(try reason(index(#""w": "../one.safetensors""#)).contains("no file in its own folder"))
      for file in ["/etc/passwd", "..", ".", "", "a/b", #"a\\b"#, #"a\u0000"#] {
        #expect(try reason(index("\"w\": \"\(file)\"")).contains("no file in its own folder"), "\(file)")
      }
      #expect(
        try reason(index(#""w": "one.safetensors", "v": "two.safetensors", "u": "three.safetensors""#))
          == "names files that are not there: \"two.safetensors\", \"three.safetensors\"")
      #expect(
        try reason(index(#""w": "one.safetensors", "v": "one.safetensors", "u": "one.safetensors""#))
          == "names tensors that the files do not have: \"v\", \"u\"")
      #expect(try reason(index(#""w": 1"#)).contains("no file's name for \"w\""))
      #expect(try reason("{\"weight_map\": []}").contains("no object \"weight_map\""))
      #expect(try reason("{\"weight_map\": ").contains("ends too early"))
    }
  }
}

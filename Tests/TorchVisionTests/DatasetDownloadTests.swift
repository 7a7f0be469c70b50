// Data sets from hosts on this machine: what comes, what goes wrong, and what is left on the disk then.

import Foundation
import Synchronization
import TestServer
import Testing
import Torch
import TorchHub
import TorchVision

@Suite(.serialized) struct DatasetDownloadTests {
  init() { Download.firstWait.withLock { $0 = 0.01 } }

  private func error(_ body: () throws -> Void) -> DatasetError? {
    do {
      try body()
      return nil
    } catch { return error as? DatasetError }
  }

  // MARK: MNIST

  /// The four files of a data set in MNIST's form, and their sums.
  private static let digits: [String: [UInt8]] = {
    func idx(_ sizes: [Int], _ bytes: [UInt8]) -> [UInt8] {
      gzipped([0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] } + bytes)
    }
    var files: [String: [UInt8]] = [:]
    for (part, count) in [("train", 100), ("t10k", 3)] {
      files["\(part)-images-idx3-ubyte.gz"] = idx(
        [count, 28, 28], (0..<count * 784).map { UInt8(truncatingIfNeeded: $0 * 7 + count) })
      files["\(part)-labels-idx1-ubyte.gz"] = idx([count], (0..<count).map { UInt8($0 % 10) })
    }
    return files
  }()
  private static let sums = digits.mapValues(md5)
  private static let names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]

  private func mnist(_ root: String, train: Bool = true, _ mirrors: String...) throws -> MNIST {
    try MNIST(root, train: train, mirrors: mirrors, sums: Self.sums)
  }

  @Test func mnistComesOnceAndIsUnpacked() throws {
    let server = TinyServer.files(Self.digits)
    try withFolder { root throws in
      let train = try mnist(root, server.url("mnist/"))
      #expect(train.count == 100 && train.targets[13] == 3)
      let last: Int = train.data[99, 27, 27].item()
      #expect(last == (78_399 * 7 + 100) % 256)
      // All four, as torchvision fetches and looks for them.
      #expect(server.requests.map(\.path) == Self.names.map { "/mnist/\($0)-ubyte.gz" })
      let wanted = Self.names.flatMap { ["MNIST/raw/\($0)-ubyte", "MNIST/raw/\($0)-ubyte.gz"] }
      #expect(files(below: root) == wanted.sorted())
      // From here on nobody is asked.
      #expect(try mnist(root, train: false, server.url("mnist")).targets == [0, 1, 2])
      #expect(try MNIST(root, download: true).count == 100 && MNIST(root).count == 100)
      #expect(server.requests.count == 4)
    }
    // Into a folder that is not there, from a folder of this machine; and FashionMNIST beside it.
    try withFolder { root throws in
      for (name, bytes) in Self.digits { try writeFile(bytes, "\(root)/mirror/\(name)") }
      #expect(try mnist("\(root)/a/b", URL(filePath: "\(root)/mirror").absoluteString).count == 100)
      let fashion = try FashionMNIST("\(root)/a/b", train: false, mirrors: ["\(root)/mirror"], sums: Self.sums)
      #expect(fashion.count == 3 && fashion.classes[0] == "T-shirt/top")
      #expect(FileManager.default.fileExists(atPath: "\(root)/a/b/FashionMNIST/raw/t10k-labels-idx1-ubyte"))
    }
  }

  @Test func theNextMirrorServes() throws {
    let server = TinyServer.files(Self.digits), empty = TinyServer.files([:])
    var closed: TinyServer? = TinyServer.files([:])
    let nobody = closed!.url("x")
    closed = nil
    try withFolder { root throws in
      #expect(try mnist(root, nobody, empty.url("a"), server.url("b")).count == 100)
      #expect(empty.requests.count == 4 && server.requests.count == 4)
    }
    try withFolder { root throws in
      let found = error { _ = try mnist(root, nobody, empty.url("a")) }
      #expect(found?.kind == .download && found?.dataset == "MNIST")
      let text = found?.description ?? ""
      #expect(text.contains("\(nobody)/train-images-idx3-ubyte.gz: 127.0.0.1 cannot be reached"), "\(text)")
      #expect(text.contains("HTTP 404"), "\(text)")
      #expect(
        text.contains(
          "put train-images-idx3-ubyte.gz from \(nobody)/train-images-idx3-ubyte.gz or "
            + "\(empty.url("a"))/train-images-idx3-ubyte.gz into \(root)/MNIST/raw by hand"), "\(text)")
      #expect(files(below: root) == [])
      #expect(error { _ = try MNIST(root, download: true, mirrors: []) }?.kind == .download)
    }
  }

  @Test func aBrokenDownloadGoesOn() throws {
    let server = TinyServer.files(Self.digits) { reply, number in if number < 2 { reply.cut = 30_000 } }
    try withFolder { root throws in
      #expect(try mnist(root, server.url("")).count == 100)
      let starts = server.requests.map { $0.headers["range"].flatMap(TinyServer.start) ?? 0 }
      #expect(starts.count == 6 && starts[2] > starts[1] && starts[1] > 0 && starts[3...].allSatisfy { $0 == 0 })
    }
    // In a later call too, and a host that is away in between does not spoil it.
    let weak = TinyServer.files(Self.digits) { reply, number in
      if number == 0 { reply.cut = 40_000 }
      if 1..<5 ~= number { reply = .init(status: 503) }
    }
    let empty = TinyServer.files([:])
    try withFolder { root throws in
      #expect(error { _ = try mnist(root, weak.url(""), empty.url("")) }?.kind == .download)
      let part = "\(root)/MNIST/raw/train-images-idx3-ubyte.gz.part"
      let there = try #require(content(part)?.count)
      #expect(there > 0 && there <= 40_000 && weak.requests.count == 5)
      #expect(try mnist(root, empty.url(""), weak.url("")).count == 100)
      #expect(weak.requests[5].headers["range"] == "bytes=\(there)-")
      #expect(!files(below: root).contains { $0.contains("part") })
    }
  }

  @Test func aWrongSumIsAnErrorAndLeavesNothing() throws {
    let name = "train-images-idx3-ubyte.gz"
    var wrong = Self.digits
    wrong[name]![500] ^= 1
    let server = TinyServer.files(wrong), right = TinyServer.files(Self.digits)
    try withFolder { root throws in
      let found = error { _ = try mnist(root, server.url("")) }
      #expect(found?.kind == .download)
      #expect(
        found?.description.contains("MD5 is \(md5(wrong[name]!)), it should be \(Self.sums[name]!)") == true,
        "\(found as Any)")
      #expect(files(below: root) == [])
      #expect(try mnist(root, server.url(""), right.url("")).count == 100)
      #expect(content("\(root)/MNIST/raw/\(name)") == Self.digits[name])
    }
    // What lies there already: whole it is unpacked without a request, damaged it is fetched anew.
    let asked = right.requests.count
    try withFolder { root throws in
      for (name, bytes) in Self.digits { try writeFile(bytes, "\(root)/MNIST/raw/\(name)") }
      #expect(try mnist(root, right.url("")).count == 100 && right.requests.count == asked)
      #expect(FileManager.default.fileExists(atPath: "\(root)/MNIST/raw/t10k-images-idx3-ubyte"))
    }
    try withFolder { root throws in
      for (name, bytes) in wrong { try writeFile(bytes, "\(root)/MNIST/raw/\(name)") }
      #expect(error { _ = try MNIST(root) }?.kind == .malformed)
      #expect(try mnist(root, right.url("")).count == 100 && right.requests.count == asked + 1)
    }
    // Packed files in the folder itself, as a person puts them.
    try withFolder { root throws in
      for (name, bytes) in Self.digits { try writeFile(bytes, "\(root)/\(name)") }
      #expect(try mnist(root, right.url("")).count == 100 && right.requests.count == asked + 1)
    }
  }

  @Test func whatTheSystemRefusesIsSaid() async throws {
    let server = TinyServer.files(Self.digits)
    try withFolder { root throws in
      try writeFile([1], "\(root)/MNIST")
      let found = error { _ = try mnist(root, server.url("")) }
      #expect(found?.kind == .system && found?.path == "\(root)/MNIST/raw", "\(found as Any)")
      #expect(server.requests.isEmpty && content("\(root)/MNIST") == [1])
    }
    try withFolder { root throws in
      // A folder where the file should be.
      try writeFile([1], "\(root)/MNIST/raw/train-images-idx3-ubyte.gz/x")
      let found = error { _ = try mnist(root, server.url("")) }
      #expect(found?.kind == .system, "\(found as Any)")
    }
    // No room on the disk, once for the download and once for what is unpacked.
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      func limit(_ bytes: UInt) {
        var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bitPattern: -1))
        #if canImport(Glibc)
          setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
          setrlimit(RLIMIT_FSIZE, &limit)
        #endif
      }
      let server = TinyServer.files(DatasetDownloadTests.digits), name = "cifar-10-python.tar.gz"
      let archive = try DatasetDownloadTests.packed(name)
      try withFolder { root throws in
        try writeFile(archive, "\(root)/\(name)")
        limit(50_000)
        let digits = #expect(throws: DatasetError.self) {
          try MNIST(root, mirrors: [server.url("")], sums: DatasetDownloadTests.sums)
        }
        #expect(digits?.kind == .system && digits?.description.contains("File too large") == true)
        #expect(!FileManager.default.fileExists(atPath: "\(root)/MNIST/raw/train-images-idx3-ubyte.gz"))
        limit(5_000)
        let photographs = #expect(throws: DatasetError.self) {
          try CIFAR10(root, mirrors: [], sums: [name: md5(archive)])
        }
        #expect(photographs?.kind == .system && photographs?.description.contains("File too large") == true)
        #expect(files(below: root).allSatisfy { !$0.contains("data_batch") })
      }
    }
  }

  // MARK: CIFAR

  /// An archive as Python's tarfile writes it.
  private static func packed(_ name: String) throws -> [UInt8] {
    try #require(content("\(DatasetTests.goldens)/\(name)"))
  }

  @Test func cifarComesForPython() throws {
    let name = "cifar-10-python.tar.gz", archive = try Self.packed(name)
    let server = TinyServer.files([name: archive]) { reply, number in if number == 0 { reply.cut = 1000 } }
    let wanted = try CIFAR10(DatasetTests.goldens)
    try withFolder { root throws in
      let found = try CIFAR10(root, mirrors: [server.url("kriz/")], sums: [name: md5(archive)])
      #expect(found.data.equal(wanted.data) && found.targets == wanted.targets && found.classes == wanted.classes)
      #expect(server.requests.map(\.path) == Array(repeating: "/kriz/\(name)", count: 2))
      let folder = "cifar-10-batches-py"
      let batches = (1...5).map { "\(folder)/data_batch_\($0)" }
      #expect(files(below: root) == ["\(folder)/batches.meta"] + batches + ["\(folder)/test_batch", name])
      #expect(try CIFAR10(root, train: false, download: true).count == 1)
      // What is damaged, or gone, is unpacked anew, without a request while the archive is whole.
      for damage in [[1, 2, 3], nil] as [[UInt8]?] {
        try FileManager.default.removeItem(atPath: "\(root)/\(batches[1])")
        if let damage { try writeFile(damage, "\(root)/\(batches[1])") }
        #expect(error { _ = try CIFAR10(root) } != nil)
        let again = try CIFAR10(root, mirrors: [server.url("kriz")], sums: [name: md5(archive)])
        #expect(again.data.equal(wanted.data))
      }
      #expect(server.requests.count == 2)
      try writeFile([9], "\(root)/\(name)")
      try FileManager.default.removeItem(atPath: "\(root)/\(folder)")
      #expect(try CIFAR10(root, mirrors: [server.url("kriz")], sums: [name: md5(archive)]).count == 10)
      #expect(server.requests.count == 3 && content("\(root)/\(name)") == archive)
    }
  }

  /// From a host that has the binary batches alone, and from an archive that a person has put there.
  @Test func cifarComesInBinary() throws {
    func record(_ labels: [UInt8], _ number: Int) -> [UInt8] {
      labels + (0..<3072).map { UInt8((31 * number + 7 * $0) % 256) }
    }
    let ten = "cifar-10-binary.tar.gz", hundred = "cifar-100-binary.tar.gz"
    var entries = [TarEntry(name: "cifar-10-batches-bin/", kind: "5")]
    for i in 1...5 {
      entries.append(TarEntry(name: "cifar-10-batches-bin/data_batch_\(i).bin", body: record([UInt8(i)], i)))
    }
    entries.append(TarEntry(name: "cifar-10-batches-bin/test_batch.bin", body: record([9], 0)))
    let names = (0..<10).map { "kind \($0)\n" }.joined()
    entries.append(TarEntry(name: "cifar-10-batches-bin/batches.meta.txt", body: Array((names + "\n").utf8)))
    let bodies = [
      ten: gzipped(tar(entries)),
      hundred: gzipped(
        tar([
          TarEntry(name: "./cifar-100-binary/train.bin", body: record([1, 42], 3)),
          TarEntry(name: "./cifar-100-binary/test.bin", body: record([1, 7], 4)),
        ])),
    ]
    let sums = bodies.mapValues(md5), server = TinyServer.files(bodies)
    try withFolder { root throws in
      let train = try CIFAR10(root, mirrors: [server.url("")], sums: sums)
      #expect(train.targets == [1, 2, 3, 4, 5] && train.classes[9] == "kind 9")
      let second: Int = train.data[2, 0, 1, 0].item()
      #expect(second == (31 * 3 + 7) % 256)
      #expect(try CIFAR10(root, train: false, download: true).targets == [9])
      #expect(server.requests.map(\.path) == ["/cifar-10-python.tar.gz", "/\(ten)"])
      try writeFile(bodies[hundred]!, "\(root)/\(hundred)")
      #expect(try CIFAR100(root, mirrors: [server.url("")], sums: sums).targets == [42])
      #expect(server.requests.count == 2)
    }
    try withFolder { root throws in
      // The error is that of the archive one would put there by hand.
      let found = error { _ = try CIFAR100(root, mirrors: [server.url("")], sums: [:]) }
      #expect(found?.kind == .download && found?.path == "\(root)/cifar-100-python.tar.gz")
      #expect(files(below: root) == [])
    }
  }

  // MARK: Hostile archives

  /// What unpacking an archive says, and what it leaves beside the archive, in the folder and around it.
  private func unpacking(_ archive: [UInt8]) throws -> (error: DatasetError?, left: [String]) {
    let name = "cifar-10-python.tar.gz"
    return try withFolder { root throws in
      try writeFile(archive, "\(root)/in/\(name)")
      let found = error { _ = try CIFAR10("\(root)/in", mirrors: [], sums: [name: md5(archive)]) }
      return (found, files(below: root).filter { $0 != "in/\(name)" })
    }
  }

  @Test func hostileArchivesAreRefused() throws {
    let plain = TarEntry(name: "cifar-10-batches-py/x", body: [1, 2, 3])
    let outside = "/tmp/swift-torch-escaped-\(getpid())"
    let pax = { (text: String) in TarEntry(name: "pax", body: Array(text.utf8), kind: "x") }
    let cases: [(String, [TarEntry])] = [
      ("leads out", [TarEntry(name: "../x", body: [1])]), ("leads out", [TarEntry(name: "a/../../x", body: [1])]),
      ("leads out", [TarEntry(name: outside, body: [1])]), ("leads out", [TarEntry(name: "", body: [1])]),
      ("leads out", [TarEntry(name: "a\\..\\x", body: [1])]), ("leads out", [TarEntry(name: "a//x", body: [1])]),
      ("leads out", [TarEntry(name: "././@LongLink", body: Array("../x\0".utf8), kind: "L"), plain]),
      ("leads out", [pax("13 path=../x\n"), plain]), ("damaged extended header", [pax("99 path=../x\n"), plain]),
      ("damaged extended header", [pax("path"), plain]), ("damaged extended header", [pax("10 size=x\n"), plain]),
      ("absurd size", [pax("19 size=8000000000\n"), plain]),
      ("symbolic link", [TarEntry(name: "a", kind: "2", link: "/etc")]),
      ("symbolic link", [TarEntry(name: "a", kind: "2", link: ".."), TarEntry(name: "a/x", body: [1])]),
      ("a link", [TarEntry(name: "a", kind: "1", link: "/etc/passwd")]),
      ("a device", [TarEntry(name: "a", kind: "3")]), ("a device", [TarEntry(name: "a", kind: "6")]),
      ("unknown kind", [TarEntry(name: "a", kind: "?")]),
      ("absurd size", [TarEntry(name: "a", size: "77777777777")]), ("absurd size", [TarEntry(name: "a", size: "-1")]),
      ("absurd size", [TarEntry(name: "a", size: "\u{1}\u{2}")]),
      ("absurd size", [plain, TarEntry(name: "a", size: "10000000000")]),
      ("is cut off", [TarEntry(name: "a", size: "00000100000")]),
      ("absurd length", [TarEntry(name: "n", kind: "L", size: "00004000000")]),
      ("neither of the folders", [TarEntry(name: "y", body: [1])]),
    ]
    for (index, (word, entries)) in cases.enumerated() {
      // Before it and after it stand files that are right: nothing at all is to be written.
      let isRight = word.hasPrefix("neither")
      let all = isRight ? entries : [TarEntry(name: "first", body: [7])] + entries + [TarEntry(name: "last", body: [8])]
      for bytes in [tar(all), gzipped(tar(all))] {
        let (found, left) = try unpacking(bytes)
        #expect(found?.kind == .malformed && found?.dataset == "CIFAR10", "\(index): \(found as Any)")
        #expect(found?.description.contains(word) == true, "\(index) \(word): \(found as Any)")
        #expect(left == (isRight ? ["in/y"] : []), "\(index): \(left)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: outside))
  }

  @Test func damagedArchivesAreRefused() throws {
    let entries = (0..<3).map { TarEntry(name: "f\($0)", body: (0..<700).map { UInt8(truncatingIfNeeded: $0) }) }
    let whole = tar(entries), packed = gzipped(whole)
    // Cut at every border of a block and in between.
    for count in stride(from: 0, to: whole.count - 1024, by: 256) {
      for bytes in [Array(whole[..<count]), gzipped(Array(whole[..<count]))] {
        let (found, left) = try unpacking(bytes)
        #expect(found?.kind == .malformed && left.isEmpty, "\(count): \(found as Any)")
      }
    }
    for count in [1, 5, 20, packed.count / 2, packed.count - 9, packed.count - 1] {
      let (found, left) = try unpacking(Array(packed[..<count]))
      #expect(found?.kind == .malformed && left.isEmpty, "\(count): \(found as Any)")
    }
    // A byte of a file, of a header, of the sum at the end.
    for place in [15 + 600, 15 + 30, packed.count - 6] {
      var bytes = packed
      bytes[place] ^= 0x10
      let (found, left) = try unpacking(bytes)
      #expect(found?.kind == .malformed && left.isEmpty, "\(place): \(found as Any)")
    }
    for bytes in [Array("<html>not here</html>".utf8), [UInt8](repeating: 65, count: 2000), []] {
      let (found, left) = try unpacking(bytes)
      #expect(found?.kind == .malformed && left.isEmpty, "\(found as Any)")
    }
  }

  /// Random damage: a typed error or files in the folder, never more.
  @Test func damageAtRandom() throws {
    let entries = [
      TarEntry(name: "d/", kind: "5"), TarEntry(name: "pax", body: Array("13 path=d/yy\n".utf8), kind: "x"),
      TarEntry(name: "d/y", body: [1, 2, 3]), TarEntry(name: "n", body: Array("d/long\0".utf8), kind: "L"),
      TarEntry(name: "z", body: [4]),
    ]
    let whole = tar(entries)
    #expect(try unpacking(whole).left == ["in/d/long", "in/d/yy"])
    var state: UInt64 = 7
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<60 {
      var bytes = whole
      for _ in 0...random(4) {
        let header = random(bytes.count / 512) * 512
        bytes[header + random(512)] = UInt8(random(256))
        // With the right sum the change is looked at.
        let sum =
          bytes[header..<header + 512].reduce(0) { $0 + Int($1) }
          - bytes[header + 148..<header + 156].reduce(0) { $0 + Int($1) } + 256
        let text = String(sum, radix: 8)
        for (i, byte) in (String(repeating: "0", count: 6 - text.count) + text + "\0 ").utf8.enumerated() {
          bytes[header + 148 + i] = byte
        }
      }
      let (found, left) = try unpacking(bytes)
      #expect(found != nil && left.allSatisfy { $0.hasPrefix("in/") }, "\(left)")
    }
  }
}

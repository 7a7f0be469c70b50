import Foundation
import TestServer
import Testing
import Torch
import TorchHub

/// Names, hashes and the cache.
@Suite struct HubTests {
  private func hex(_ bytes: [UInt8], parts: Int = 1) -> String {
    var sum = SHA256()
    bytes.withUnsafeBytes { raw in
      for start in stride(from: 0, to: raw.count, by: parts) {
        sum.update(UnsafeRawBufferPointer(rebasing: raw[start..<min(start + parts, raw.count)]))
      }
    }
    return sum.digest()
  }

  /// The examples of RFC 1321.
  @Test func md5IsThatOfTheStandard() {
    let known: [(String, String)] = [
      ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
      (
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a"
      ),
    ]
    for (text, wanted) in known {
      for parts in [1, 7, 64, 1000] {
        var sum = MD5()
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { raw in
          for start in stride(from: 0, to: raw.count, by: parts) {
            sum.update(UnsafeRawBufferPointer(rebasing: raw[start..<min(start + parts, raw.count)]))
          }
        }
        #expect(sum.digest() == wanted)
      }
    }
  }

  /// The examples of FIPS 180-4 and of NIST's byte-oriented test vectors.
  @Test func sumsAreThoseOfTheStandard() {
    let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    let longer =
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
    let known: [(String, String)] = [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (long, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
      (longer, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    ]
    for (text, sum) in known {
      for parts in [1, 3, 64, 1000] { #expect(hex(Array(text.utf8), parts: parts) == sum, "\(text) by \(parts)") }
    }
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    let sum = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(hex(million, parts: 1_000_000) == sum && hex(million, parts: 977) == sum)
    #expect(hex([0xbd], parts: 1) == "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b")
    // Around the end of a block, where the length needs one of its own.
    #expect(hex([UInt8](repeating: 0, count: 55)) == "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7")
    #expect(hex([UInt8](repeating: 0, count: 56)) == "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb")
    #expect(hex([UInt8](repeating: 0, count: 64)) == "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b")
  }

  /// As torch.hub.HASH_REGEX finds them.
  @Test func hashesStandInNames() {
    let names: [(String, String?)] = [
      ("resnet18-f37072fd.pth", "f37072fd"), ("a-b-c-5c106cde.tar.gz", "5c106cde"), ("vit_b-16.pth", "16"),
      ("x-F37072FD.pth", nil), ("x-.pth", ""), ("x.pth", nil), ("f37072fd", nil), ("x-f37072fd", nil),
      ("a-12.b-34.pth", "12"), ("a-zz-12.pth", "12"), ("--12.", "12"),
    ]
    for (name, hash) in names { #expect(Hub.hashPrefix(of: name) == hash, "\(name)") }
  }

  /// As Python's os.path.basename(urlparse(url).path).
  @Test func namesComeFromPaths() throws {
    let names = [
      ("https://h/a/b-12345678.pth", "b-12345678.pth"), ("http://h/x.pth?y=/z#w", "x.pth"), ("http://h", ""),
      ("http://h/", ""), ("http://h/a%20b.pth", "a%20b.pth"), ("http://h/a;b.pth", "a"), ("http://h?x=/y.pth", ""),
      ("file:///tmp/x.pth", "x.pth"),
    ]
    for (url, name) in names { #expect(HubLocation.name(of: url) == name, "\(url)") }
    for name in ["", ".", "..", "a/b", "a\\b", "a\0", "a\n", String(repeating: "a", count: 300)] {
      #expect(throws: HubError.self, "\(name)") { try HubLocation.checkedName(name, of: "http://h/") }
    }
    #expect(try HubLocation.checkedName("..a", of: "") == "..a")
  }

  /// Runs a body in an environment and with a choice of its own.
  private func with(_ variables: [String: String], _ body: () throws -> Void) rethrows {
    try Environment.$standIn.withValue(variables) { try Hub.$choice.withValue(Hub.Choice(), operation: body) }
  }

  @Test func theFolderIsTorchs() {
    with(["TORCH_HOME": "/t", "XDG_CACHE_HOME": "/x", "HOME": "/h"]) { #expect(Hub.dir == "/t/hub") }
    with(["TORCH_HOME": "~/t/", "HOME": "/h"]) { #expect(Hub.dir == "/h/t/hub") }
    with(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) { #expect(Hub.dir == "/x/torch/hub") }
    with(["HOME": "/h"]) { #expect(Hub.dir == "/h/.cache/torch/hub") }
    // What Python does with empty ones.
    with(["TORCH_HOME": ""]) { #expect(Hub.dir == "hub") }
    with(["XDG_CACHE_HOME": ""]) { #expect(Hub.dir == "torch/hub") }
    with(["TORCH_HOME": "/t", "HOME": "/h"]) {
      Hub.setDir("~/mine")
      #expect(Hub.dir == "/h/mine")
    }
  }

  // MARK: Loading

  private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "TorchTests/Goldens/checkpoints/tensors.pt").path

  private func fixture() throws -> [UInt8] { try #require(DownloadTests.content(Self.fixture)) }

  private func digest() throws -> String { hex(try fixture(), parts: 1 << 20) }

  @Test func weightsAreFetchedOnceAndThenFound() throws {
    let server = TinyServer.file(try fixture())
    let prefix = String(try digest().prefix(8))
    try DownloadTests.withPath { path in
      let home = (path as NSString).deletingLastPathComponent
      try with(["TORCH_HOME": home]) {
        let url = server.url("models/net-\(prefix).pth")
        for _ in 0..<2 {
          let state = try loadStateDictFromURL(url, checkHash: true)
          #expect(try state["base"].tensor.shape == [2, 3, 4])
        }
        #expect(server.requests.count == 1)
        #expect(DownloadTests.content("\(home)/hub/checkpoints/net-\(prefix).pth") == (try fixture()))
        // What Python has fetched is found without a host.
        let there = "\(home)/hub/checkpoints/there.pth"
        try Data(try fixture()).write(to: URL(fileURLWithPath: there))
        _ = try loadStateDictFromURL("http://no-such-host.invalid/there.pth")
        // Another folder, another name.
        _ = try loadStateDictFromURL(url, modelDir: "\(home)/a/b", fileName: "n.pth")
        #expect(FileManager.default.fileExists(atPath: "\(home)/a/b/n.pth") && server.requests.count == 2)
        #expect(throws: HubError.self) { try loadStateDictFromURL(url, fileName: "../n.pth") }
        #expect(throws: HubError.self) { try loadStateDictFromURL(server.url("")) }
      }
    }
  }

  @Test func wrongSumsAreRefused() throws {
    let server = TinyServer.file(try fixture())
    let sum = try digest()
    try DownloadTests.withPath { path throws in
      let folder = (path as NSString).deletingLastPathComponent + "/m"
      func load(_ name: String, checkHash: Bool = false, sha256: String? = nil) -> HubError? {
        do {
          _ = try loadStateDictFromURL(server.url(name), modelDir: folder, checkHash: checkHash, sha256: sha256)
          return nil
        } catch { return error as? HubError }
      }
      #expect(load("net-00000000.pth", checkHash: true)?.kind == .wrongHash)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
      #expect(load("net-00000000.pth") == nil)
      // As in torch, what is there is not checked again, unless a sum is given.
      #expect(load("net-00000000.pth", checkHash: true) == nil)
      #expect(load("net-00000000.pth", sha256: "0123456789")?.kind == .wrongHash)
      #expect(load("net-00000000.pth", sha256: sum.uppercased()) == nil)
      #expect(load("other.pth", sha256: "0123456789")?.kind == .wrongHash)
      #expect(load("other.pth", sha256: String(sum.prefix(8))) == nil)
      for bad in ["", "1234567", "0123456g", sum + "0"] { #expect(load("x.pth", sha256: bad)?.kind == .wrongHash) }
    }
  }

  @Test func filesAndPathsAreLoaded() throws {
    try DownloadTests.withPath { path throws in
      let folder = (path as NSString).deletingLastPathComponent + "/m"
      let url = URL(fileURLWithPath: Self.fixture).absoluteString
      #expect(try loadStateDictFromURL(url, modelDir: folder)["base"].tensor.shape == [2, 3, 4])
      #expect(FileManager.default.fileExists(atPath: folder + "/tensors.pt"))
      #expect(try loadStateDictFromURL(Self.fixture)["base"].tensor.shape == [2, 3, 4])
      let found = #expect(throws: CheckpointError.self) { try loadStateDictFromURL("/no/such.pth") }
      #expect(found?.kind == .system)
    }
  }

  /// A zip file around a file of torch.save, stored.
  @Test func filesInZipFilesAreUnwrapped() throws {
    let inner = try fixture()
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let sum = inner.reduce(UInt32.max) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
    let name = Array("net.pth".utf8)
    var fields = little(0, 8) + little(Int(~sum), 4) + little(inner.count, 4)
    fields += little(inner.count, 4) + little(name.count, 4)
    let local = little(0x0403_4b50, 4) + little(20, 2) + fields + name + inner
    let directory = little(0x0201_4b50, 4) + little(20, 2) + little(20, 2) + fields + little(0, 14) + name
    let end = little(0x0605_4b50, 4) + little(0, 4) + little(1, 2) + little(1, 2) + little(directory.count, 4)
    let file = local + directory + end + little(local.count, 4) + little(0, 2)
    try DownloadTests.withPath { path in
      try Data(file).write(to: URL(fileURLWithPath: path))
      #expect(try loadStateDictFromURL(path)["base"].tensor.shape == [2, 3, 4])
      #expect(throws: CheckpointError.self) { try load(path) }
    }
  }
}

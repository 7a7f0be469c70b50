import Foundation
import TestServer
import Testing
import TorchHub

/// Downloads from a server of this process, which breaks the rules on purpose.
@Suite struct DownloadTests {
  static let body: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

  /// Runs a body with a path in a folder of its own.
  static func withPath(_ body: (String) throws -> Void) throws {
    Download.firstWait.withLock { $0 = 0.01 }
    let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appending(path: "file.bin").path)
  }

  static func content(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

  /// What lies beside the file.
  private func neighbours(_ path: String) -> [String] {
    let folder = (path as NSString).deletingLastPathComponent
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private func error(_ body: () throws -> Void) -> HubError? {
    do {
      try body()
      return nil
    } catch { return error as? HubError }
  }

  @Test func aFileComesWhole() throws {
    let server = TinyServer.file(Self.body)
    try Self.withPath { path in
      try Hub.downloadURL(server.url("file.bin"), to: path)
      #expect(Self.content(path) == Self.body)
      #expect(neighbours(path) == ["file.bin"])
      #expect(server.requests.count == 1 && server.requests[0].headers["range"] == nil)
      #expect(server.requests[0].headers["accept-encoding"] == "identity")
      // What is there is replaced.
      try Data([1]).write(to: URL(fileURLWithPath: path))
      try Hub.downloadURL(server.url("file.bin"), to: path, progress: false)
      #expect(Self.content(path) == Self.body)
    }
  }

  @Test func anEmptyFileAndOneOfUnknownLengthCome() throws {
    let empty = TinyServer.file([])
    let unknown = TinyServer.file(Self.body) { reply, _ in reply.length = -1 }
    try Self.withPath { path in
      try Hub.downloadURL(empty.url("x"), to: path)
      #expect(Self.content(path) == [])
      try Hub.downloadURL(unknown.url("x"), to: path)
      #expect(Self.content(path) == Self.body)
    }
  }

  @Test func aDroppedConnectionGoesOnWhereItStopped() throws {
    let server = TinyServer.file(Self.body) { reply, number in if number < 2 { reply.cut = 100_000 } }
    try Self.withPath { path in
      try Hub.downloadURL(server.url("x"), to: path)
      #expect(Self.content(path) == Self.body)
      let starts = server.requests.map { $0.headers["range"].flatMap(TinyServer.start) ?? 0 }
      #expect(starts == starts.sorted() && starts.count == 3 && starts[2] > 0)
      #expect(server.requests[2].headers["if-range"] == "\"v1\"")
    }
  }

  @Test func aLaterCallGoesOnToo() throws {
    let server = TinyServer.file(Self.body) { reply, number in
      if number == 0 { reply.cut = 200_000 }
      if 1..<5 ~= number { reply.status = 500 }
    }
    try Self.withPath { path in
      let found = error { try Hub.downloadURL(server.url("x"), to: path) }
      #expect(found?.kind == .http && found?.status == 500)
      #expect(neighbours(path) == ["file.bin.part", "file.bin.part.from"])
      let there = try #require(Self.content(path + ".part")).count
      #expect(there > 0 && there <= 200_000)
      try Hub.downloadURL(server.url("x"), to: path)
      #expect(Self.content(path) == Self.body)
      #expect(server.requests.last?.headers["range"] == "bytes=\(there)-")
      #expect(neighbours(path) == ["file.bin"])
    }
  }

  @Test func aChangedFileStartsOver() throws {
    let other = Self.body.map { ~$0 }
    let server = TinyServer { request, number in
      number == 0
        ? .init(headers: ["ETag": "\"v1\""], body: Self.body, cut: 50_000)
        : .init(headers: ["ETag": "\"v2\""], body: other)
    }
    try Self.withPath { path in
      try Hub.downloadURL(server.url("x"), to: path)
      #expect(Self.content(path) == other)
      #expect(server.requests[1].headers["if-range"] == "\"v1\"")
    }
    // A part of another URL is no beginning.
    let same = TinyServer.file(Self.body)
    try Self.withPath { path in
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path + ".part"))
      try Data("http://elsewhere/x\n\"v1\"\n".utf8).write(to: URL(fileURLWithPath: path + ".part.from"))
      try Hub.downloadURL(same.url("x"), to: path)
      #expect(Self.content(path) == Self.body && same.requests[0].headers["range"] == nil)
    }
  }

  @Test func aHostWithoutTagsStartsOver() throws {
    let server = TinyServer.file(Self.body, tag: nil) { reply, number in if number == 0 { reply.cut = 50_000 } }
    try Self.withPath { path in
      try Hub.downloadURL(server.url("x"), to: path)
      #expect(Self.content(path) == Self.body)
      #expect(server.requests.count == 2 && server.requests[1].headers["range"] == nil)
    }
  }

  @Test func wrongPartsAreNotTaken() throws {
    // The second answer claims another place, the third that nothing is left; the fourth gives the whole.
    let server = TinyServer.file(Self.body) { reply, number in
      if number == 0 { reply.cut = 50_000 }
      if number == 1 { reply.headers["Content-Range"] = "bytes 0-\(Self.body.count - 1)/\(Self.body.count)" }
    }
    try Self.withPath { path in
      try Hub.downloadURL(server.url("x"), to: path)
      #expect(Self.content(path) == Self.body)
    }
    let short = TinyServer.file(Self.body) { reply, number in
      if number == 0 { reply.cut = 50_000 }
      if number == 1 { reply = .init(status: 416) }
    }
    try Self.withPath { path in
      try Hub.downloadURL(short.url("x"), to: path)
      #expect(Self.content(path) == Self.body && short.requests[2].headers["range"] == nil)
    }
  }

  @Test func wrongLengthsAreErrors() throws {
    let server = TinyServer.file(Self.body) { reply, _ in reply.length = Self.body.count + 10 }
    try Self.withPath { path in
      let found = error { try Hub.downloadURL(server.url("x"), to: path) }
      #expect(found?.kind == .wrongLength || found?.kind == .unreachable, "\(found as Any)")
      #expect(Self.content(path) == nil)
    }
  }

  @Test func absurdNumbersAreErrors() throws {
    for number in ["\(Int.max)", "99999999999999999999", "-5", "x"] {
      let server = TinyServer.file(Self.body) { reply, count in
        if count == 0 { reply.cut = 50_000 }
        if count > 0 { reply.headers["Content-Range"] = "bytes \(number)-\(number)/\(number)" }
        if count > 0 { reply.status = 206 }
      }
      try Self.withPath { path in
        #expect(error { try Hub.downloadURL(server.url("x"), to: path) }?.kind == .http)
      }
      let long = TinyServer.file([1, 2, 3]) { reply, _ in
        reply.length = -1
        // FoundationNetworking of Swift 6.3 itself traps at lengths that round to 2^63 as a double.
        reply.headers["Content-Length"] = number == "\(Int.max)" ? "\(Int.max / 2)" : number
      }
      try Self.withPath { path in
        // A length that is no number is none.
        if let found = error({ try Hub.downloadURL(long.url("x"), to: path) }) {
          #expect([.wrongLength, .unreachable].contains(found.kind), "\(number): \(found)")
        }
      }
    }
  }

  @Test func redirectsAreFollowed() throws {
    let server = TinyServer.file(Self.body)
    let port = server.port
    let first = TinyServer { request, _ in
      .init(status: 302, headers: ["Location": "http://127.0.0.1:\(port)\(request.path)?there"])
    }
    try Self.withPath { path in
      try Hub.downloadURL(first.url("x"), to: path)
      #expect(Self.content(path) == Self.body && server.requests[0].path == "/x?there")
    }
    let nowhere = TinyServer { _, _ in .init(status: 302, headers: ["Location": "file:///etc/passwd"]) }
    try Self.withPath { path in
      let found = error { try Hub.downloadURL(nowhere.url("x"), to: path) }
      #expect(found != nil && Self.content(path) == nil)
    }
  }

  @Test func answersThatAreNoFileAreErrors() throws {
    for (status, word) in [(404, "no such file"), (403, "refuses"), (418, "HTTP 418"), (204, "HTTP 204")] {
      let server = TinyServer { _, _ in .init(status: status, body: status == 204 ? [] : Array("<html>".utf8)) }
      try Self.withPath { path in
        let found = error { try Hub.downloadURL(server.url("m.pth"), to: path) }
        #expect(found?.kind == .http && found?.status == status && found?.url == server.url("m.pth"))
        #expect(found?.reason.contains(word) == true, "\(found?.reason ?? "")")
        #expect(server.requests.count == 1 && neighbours(path) == [])
      }
    }
    // What passes is tried again.
    let busy = TinyServer.file(Self.body) { reply, number in if number < 2 { reply = .init(status: 503) } }
    try Self.withPath { path in
      try Hub.downloadURL(busy.url("x"), to: path)
      #expect(Self.content(path) == Self.body && busy.requests.count == 3)
    }
  }

  @Test func hostsThatAreNotThereAreNamed() throws {
    var closed: TinyServer? = TinyServer.file([])
    let url = closed!.url("m.pth")
    closed = nil
    try Self.withPath { path in
      let found = error { try Hub.downloadURL(url, to: path) }
      #expect(found?.kind == .unreachable && found?.reason.contains("127.0.0.1 cannot be reached") == true)
      #expect(found?.reason.contains("put the file at \(path)") == true)
      let unknown = error { try Hub.downloadURL("http://no-such-host.invalid/m.pth", to: path) }
      #expect(unknown?.kind == .unreachable && unknown?.reason.contains("no-such-host.invalid") == true)
      #expect(neighbours(path) == [])
    }
  }

  @Test func hashesAreChecked() throws {
    let server = TinyServer.file(Array("abc".utf8))
    try Self.withPath { path in
      try Hub.downloadURL(server.url("x"), to: path, hashPrefix: "BA7816bf")
      #expect(Self.content(path) == Array("abc".utf8))
      let found = error { try Hub.downloadURL(server.url("x"), to: path, hashPrefix: "ba7816bf0") }
      #expect(found?.kind == .wrongHash && found?.reason.contains("is ba7816bf8f01cfea") == true)
      // The old file stays.
      #expect(Self.content(path) == Array("abc".utf8) && neighbours(path) == ["file.bin"])
    }
  }

  /// What an earlier run left was damaged meanwhile: the sum shows it, and the file is fetched whole.
  @Test func aDamagedPartStartsOver() throws {
    let server = TinyServer.file(Array("abc".utf8))
    try Self.withPath { path in
      try Data("xb".utf8).write(to: URL(fileURLWithPath: path + ".part"))
      try Data("\(server.url("x"))\n\"v1\"\n".utf8).write(to: URL(fileURLWithPath: path + ".part.from"))
      try Hub.downloadURL(server.url("x"), to: path, hashPrefix: "ba7816bf")
      #expect(
        Self.content(path) == Array("abc".utf8) && server.requests.map { $0.headers["range"] } == ["bytes=2-", nil])
    }
  }

  /// A host that always breaks off, and one that never lets go on.
  @Test func hopelessHostsHaveAnEnd() throws {
    for tag in ["\"v1\"", nil] {
      let server = TinyServer.file(Self.body, tag: tag) { reply, _ in
        reply.cut = tag == nil ? 1000 : 1
        if tag != nil, reply.status == 200 { reply.cut = 100 }
      }
      try Self.withPath { path in
        let found = error { try Hub.downloadURL(server.url("x"), to: path) }
        #expect(found?.kind == .unreachable || found?.kind == .wrongLength, "\(found as Any)")
        #expect(server.requests.count == (tag == nil ? 5 : 100))
      }
    }
  }

  @Test func filesOfThisMachineAreCopied() throws {
    try Self.withPath { path in
      let source = path + " ü.src"
      try Data(Self.body).write(to: URL(fileURLWithPath: source))
      for url in [URL(fileURLWithPath: source).absoluteString, source] {
        try Hub.downloadURL(url, to: path)
        #expect(Self.content(path) == Self.body)
      }
      for url in ["file:///no/such/file", "file://host/x", "ftp://h/x", "data:,x", "", "http:///x"] {
        let found = error { try Hub.downloadURL(url, to: path) }
        #expect(found?.kind == .badURL || found?.kind == .system, "\(url): \(found as Any)")
      }
      let missing = error { try Hub.downloadURL(source, to: path + "/no/folder") }
      #expect(missing?.kind == .system)
    }
  }

  /// Two at once: the second waits for the first and finds its file.
  @Test func twoAtOnceFetchOnce() throws {
    let server = TinyServer.file(Self.body) { reply, _ in reply.delay = 0.5 }
    try Self.withPath { path in
      let url = server.url("x")
      let group = DispatchGroup()
      for _ in 0..<4 {
        group.enter()
        Thread.detachNewThread {
          do { try Hub.downloadURL(url, to: path) } catch { Issue.record("\(error)") }
          group.leave()
        }
      }
      group.wait()
      #expect(Self.content(path) == Self.body)
      #expect(server.requests.count == 1 && neighbours(path) == ["file.bin"])
    }
  }
}

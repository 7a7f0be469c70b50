import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An HTTP server on a port of 127.0.0.1, for one test: each request is answered by a closure.
package final class TinyServer: @unchecked Sendable {
  package struct Request: Sendable {
    package var path: String
    /// By names in lower case.
    package var headers: [String: String]
  }

  package struct Reply: Sendable {
    package var status: Int
    package var headers: [String: String]
    package var body: [UInt8]
    /// How many bytes of the body are sent before the connection is cut; all where nil.
    package var cut: Int?
    /// What the head says of the length; the body's own where nil.
    package var length: Int?
    /// Seconds between the head and the body.
    package var delay: Double

    package init(
      status: Int = 200, headers: [String: String] = [:], body: [UInt8] = [], cut: Int? = nil, length: Int? = nil,
      delay: Double = 0
    ) {
      (self.status, self.headers, self.body) = (status, headers, body)
      (self.cut, self.length, self.delay) = (cut, length, delay)
    }
  }

  package let port: UInt16
  private let listener: CInt
  private let answer: @Sendable (Request, Int) -> Reply
  // Guarded by the lock.
  private var seen: [Request] = []
  private let lock = NSLock()

  /// Answers requests, which are numbered from 0, until the server goes.
  package init(_ answer: @escaping @Sendable (Request, Int) -> Reply) {
    self.answer = answer
    signal(SIGPIPE, SIG_IGN)
    #if canImport(Glibc)
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      listener = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        precondition(bind(listener, pointer, length) == 0 && listen(listener, 16) == 0)
        precondition(getsockname(listener, pointer, &length) == 0)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, self != nil else { return }
        Thread.detachNewThread { [weak self] in
          self?.serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  package var requests: [Request] { lock.withLock { seen } }

  package func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  private func serve(_ connection: CInt) {
    var head: [UInt8] = [], byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard read(connection, &byte, 1) == 1, head.count < 1 << 16 else { return }
      head.append(byte)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    var request = Request(path: lines[0].components(separatedBy: " ")[1], headers: [:])
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      request.headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .trimmingCharacters(in: .whitespaces)
    }
    let number = lock.withLock {
      seen.append(request)
      return seen.count - 1
    }
    let reply = answer(request, number)
    var text = "HTTP/1.1 \(reply.status) Answer\r\nConnection: close\r\n"
    if reply.length != -1 { text += "Content-Length: \(reply.length ?? reply.body.count)\r\n" }
    for (name, value) in reply.headers { text += "\(name): \(value)\r\n" }
    send(Array("\(text)\r\n".utf8), connection)
    if reply.delay > 0 { Thread.sleep(forTimeInterval: reply.delay) }
    send(Array(reply.body.prefix(reply.cut ?? reply.body.count)), connection)
    shutdown(connection, Int32(SHUT_WR))
    // The client's own end comes first, so that no reset eats what is still on its way.
    if reply.cut == nil { while read(connection, &byte, 1) > 0 {} }
  }

  private func send(_ bytes: [UInt8], _ connection: CInt) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(connection, $0.baseAddress! + done, bytes.count - done) }
      if count <= 0 { return }
      done += count
    }
  }
}

extension TinyServer {
  /// Serves a file as hosts of weights do: with a tag, and from any place on.
  package static func file(
    _ body: [UInt8], tag: String? = "\"v1\"", _ change: @escaping @Sendable (inout Reply, Int) -> Void = { _, _ in }
  ) -> TinyServer {
    TinyServer { request, number in
      var reply = part(of: body, tag, request)
      change(&reply, number)
      return reply
    }
  }

  /// Serves files by the last part of their path.
  package static func files(
    _ bodies: [String: [UInt8]], _ change: @escaping @Sendable (inout Reply, Int) -> Void = { _, _ in }
  ) -> TinyServer {
    TinyServer { request, number in
      let name = request.path.split(separator: "/").last.map(String.init) ?? ""
      var reply = bodies[name].map { part(of: $0, "\"\(name)\"", request) } ?? Reply(status: 404)
      change(&reply, number)
      return reply
    }
  }

  private static func part(of body: [UInt8], _ tag: String?, _ request: Request) -> Reply {
    var reply = Reply(body: body)
    reply.headers["ETag"] = tag
    if let range = request.headers["range"], request.headers["if-range"] == tag, let start = start(of: range) {
      guard start < body.count else { return Reply(status: 416) }
      reply.status = 206
      reply.headers["Content-Range"] = "bytes \(start)-\(body.count - 1)/\(body.count)"
      reply.body = Array(body[start...])
    }
    return reply
  }

  /// The 5 of `bytes=5-`.
  package static func start(of range: String) -> Int? {
    range.hasPrefix("bytes=") && range.hasSuffix("-") ? Int(range.dropFirst(6).dropLast()) : nil
  }
}
